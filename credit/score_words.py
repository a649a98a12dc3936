"""Scores in words: criteria, facts, bands and what is wrong with a card."""

from decimal import Decimal
from typing import Any

from django.utils.translation import get_language, gettext, ngettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from credit.rules.scorecard import UNITS, Band, Criterion, Fact, Problem, Unit, Weighed
from kernel import formats

CRITERIA = {
    Criterion.DAYS_LATE: _("Average days late, 6 months"),
    Criterion.SHARE_OVERDUE: _("Share of open items overdue"),
    Criterion.BROKEN_PROMISES: _("Promises broken, 12 months"),
    Criterion.EQUITY_RATIO: _("Equity by total assets"),
    Criterion.CURRENT_RATIO: _("Current assets by short-term debts"),
    Criterion.EBITDA_TO_DEBT: _("EBITDA by financial debt"),
    Criterion.ALTMAN: _("Altman Z''"),
    Criterion.COMPANY_AGE: _("Age of the company"),
    Criterion.LEGAL_EVENT: _("Insolvency proceedings"),
    Criterion.INSURER: _("Insurer's opinion"),
    Criterion.SECTOR: _("Sector"),
}
CODES = {
    "none": pgettext_lazy("proceedings", "None"),
    "safeguard": _("Safeguard (sauvegarde)"),
    "receivership": _("Receivership (redressement judiciaire)"),
    "liquidation": _("Liquidation (liquidation judiciaire)"),
    "covered": pgettext_lazy("insurer", "Covered"),
    "reduced": pgettext_lazy("insurer", "Cover reduced"),
    "refused": pgettext_lazy("insurer", "Cover refused"),
}
SOURCES = {
    "ledger": _("our ledger"),
    "promises": _("promises recorded"),
    "insolvencies": _("insolvencies recorded"),
    "person": _("entered by a colleague"),
    "bodacc": "BODACC",
}
LIGHTS = {"A": "ok", "B": "ok", "C": "warn", "D": "late", "E": "late"}


def language() -> str:
    """Return the reader's language."""
    return (get_language() or "en")[:2]


def figure(criterion: Criterion, value: Decimal | str | None) -> str:
    """Return a fact as people read it."""
    if value is None:
        return pgettext("fact", "unknown")
    if isinstance(value, str):
        return str(CODES.get(value, value))
    unit, said = UNITS[criterion], language()
    if unit is Unit.SHARE:
        return formats.percent(value, said)
    if unit is Unit.DAYS:
        return formats.days(value, said, decimals=0 if value == int(value) else 1)
    if unit is Unit.YEARS:
        years = formats.number(value, said, decimals=0 if value == int(value) else 1)
        return ngettext("%(years)s year", "%(years)s years", int(value)) % {"years": years}
    return formats.number(value, said, decimals=0 if unit is Unit.COUNT else 2)


def source_words(fact: Fact) -> str:
    """Return who says a fact, and of which day."""
    source = str(SOURCES.get(fact.source, fact.source))
    if not fact.day:
        return source
    day = formats.day(fact.day, language())
    return f"{source}, {day}" if source else day


def band_words(weighed: Weighed, band: Band) -> str:
    """Return what a band covers."""
    if band.code:
        return str(CODES.get(band.code, band.code))
    if band.up_to is None:
        return gettext("above") if len(weighed.bands) > 1 else gettext("any")
    return gettext("up to %(bound)s") % {"bound": figure(weighed.criterion, band.up_to)}


def problem_words(problem: Problem) -> str:
    """Return what is wrong with a card, and what to do."""
    name = str(CRITERIA[problem.criterion]) if problem.criterion else ""
    facts: dict[str, Any] = {"criterion": name, **problem.figures}
    return {
        "empty": gettext("A scorecard without criteria scores nobody. Keep at least one."),
        "thresholds": gettext(
            "Grades A to D each begin at fewer points than the one before, between 1 and 100. Correct them."
        ),
        "classes": gettext(
            "Each grade stands for a risk class from A to D, and a worse grade never for a better class. Correct them."
        ),
        "weight": gettext("“%(criterion)s” needs a weight from 1 to 100."),
        "points": gettext("“%(criterion)s” gives points from 0 to 100. Correct its bands."),
        "bands": gettext("“%(criterion)s” needs between 1 and %(most)s bands."),
        "codes": gettext(
            "“%(criterion)s” names a word twice or leaves one empty. Correct its bands."
        ),
        "order": gettext(
            "The bands of “%(criterion)s” rise from one to the next, and the last one is open. Put them in order."
        ),
    }[problem.code] % facts
