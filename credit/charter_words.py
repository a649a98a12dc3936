"""The words of the charter: an article as its reader reads it, a breach with its figures and its way out."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django.utils.translation import get_language, gettext_lazy, override, pgettext_lazy
from django.utils.translation import gettext as _

from credit.models.charter import ArticleEffect, CharterCheck
from credit.rules.charter import Article, Breach, Check, Effect, Fact
from credit.rules.charter_text import PARAMETERS, Type, filled
from kernel import formats
from kernel.money import Money
from ledger.models import TermsMethod

FACTS = MappingProxyType(
    {
        Fact.TERMS: pgettext_lazy("missing fact", "payment terms"),
        Fact.AMOUNT: pgettext_lazy("missing fact", "amount"),
        Fact.RATE: pgettext_lazy("missing fact", "exchange rate"),
        Fact.GRADE: pgettext_lazy("missing fact", "grade"),
        Fact.DEPOSIT: pgettext_lazy("missing fact", "deposit"),
        Fact.GUARANTEES: pgettext_lazy("missing fact", "guarantees"),
        Fact.INSURED: pgettext_lazy("missing fact", "insurer’s cover"),
        Fact.CURRENT_LIMIT: pgettext_lazy("missing fact", "current limit"),
        Fact.OVERDUE: pgettext_lazy("missing fact", "days overdue"),
        Fact.OVERDUE_AMOUNT: pgettext_lazy("missing fact", "amount overdue"),
        Fact.BLOCKED: pgettext_lazy("missing fact", "hold"),
        Fact.INSOLVENCY: pgettext_lazy("missing fact", "insolvency proceedings"),
        Fact.FINANCE_STEP: pgettext_lazy("missing fact", "step held by finance"),
        Fact.COMMITTEE: pgettext_lazy("missing fact", "committee’s decision"),
        Fact.MARGIN: pgettext_lazy("missing fact", "expected margin"),
    }
)

# What a parameter is called in the editor.
PARAMETER_NAMES = MappingProxyType(
    {
        "days": gettext_lazy("Days"),
        "method": gettext_lazy("Counted"),
        "grade": gettext_lazy("Grade"),
        "share": gettext_lazy("Share in %"),
        "amount": gettext_lazy("Amount"),
    }
)

_WAYS_OUT = MappingProxyType(
    {
        Check.MAXIMUM_TERM: gettext_lazy("Shorten the term."),
        Check.DEPOSIT_UNDER_GRADE: gettext_lazy("Add the deposit to the proposal."),
        Check.PREPAYMENT_FOR_GRADE: gettext_lazy("Propose payment in advance, without a limit."),
        Check.NO_DELIVERY_WHEN_BLOCKED: gettext_lazy(
            "Ask for the hold to be lifted, with its reason."
        ),
        Check.FINANCE_CLOSES_OPENINGS: gettext_lazy(
            "Send the opening through a circuit with a step of credit management."
        ),
        Check.MAXIMUM_UNINSURED: gettext_lazy("Lower the amount, or add cover or a guarantee."),
        Check.NO_RAISE_WHILE_OVERDUE: gettext_lazy("Have the overdue invoices paid first."),
        Check.NO_ORDER_WHILE_OVERDUE: gettext_lazy("Have the overdue invoices paid first."),
        Check.GUARANTEE_OVER: gettext_lazy("Lower the amount, or add a guarantee."),
        Check.COMMITTEE_OVER: gettext_lazy("Lower the amount, or put it before the committee."),
        Check.NO_CREDIT_IN_INSOLVENCY: gettext_lazy("Propose payment in advance."),
        Check.MARGIN_FLOOR: gettext_lazy("Say why it is worth it all the same."),
    }
)


@dataclass(frozen=True, slots=True)
class ReadArticle:
    """An article in the reader's language, its places filled; `binds` says what it checks and what a breach does."""

    number: int
    title: str
    text: str
    check: str
    effect: str
    binds: str


def language() -> str:
    """Return the language of the reader: French or English."""
    return "fr" if (get_language() or "en").startswith("fr") else "en"


def read(article: Article, currency: str, reader: str = "") -> ReadArticle:
    """Return `article` for a reader, in `reader`'s language or the one in use; amounts are in `currency`."""
    spoken = reader or language()
    with override(spoken):
        words = parameter_words(article, currency, spoken)
        label = str(CharterCheck(article.check).label)
        effect = str(ArticleEffect(article.effect).label)
    is_text = article.check is Check.TEXT_ONLY
    return ReadArticle(
        number=article.number,
        title=filled(article.title[spoken], words),
        text=filled(article.text[spoken], words),
        check=article.check.value,
        effect="" if is_text else article.effect.value,
        binds=label if is_text else f"{label} · {effect}",
    )


def parameter_words(article: Article, currency: str, reader: str = "") -> dict[str, str]:
    """Return the words for each parameter of an article, by its name."""
    spoken = reader or language()
    kinds = PARAMETERS[article.check]
    return {
        name: value_words(kinds[name], value, currency, spoken)
        for name, value in article.parameters.items()
    }


def value_words(kind: Type, value: Any, currency: str, reader: str) -> str:  # noqa: ANN401  typed by its kind
    """Return the words for one parameter."""
    match kind:
        case Type.DAYS:
            return _days(value)
        case Type.METHOD:
            return str(TermsMethod(value).label).lower()
        case Type.SHARE:
            is_whole = (value * 100) % 1 == 0
            return formats.percent(value, reader, decimals=0 if is_whole else 1)
        case Type.AMOUNT:
            return formats.money_whole(Money(value, currency), reader)
        case Type.GRADE:
            return str(value)


def _days(number: int) -> str:
    return (
        _("%(number)s days") % {"number": number}
        if number > 1
        else _("%(number)s day") % {"number": number}
    )


def missing_words(missing: tuple[Fact, ...]) -> str:
    """Return the names of the facts that were missing, one after another."""
    return ", ".join(str(FACTS[fact]) for fact in missing)


def quotation(breach: Breach, *, version: int, currency: str) -> str:
    """Return the whole answer of the charter: the article with its number and text, the figures, the way out."""
    article = read(breach.article, currency)
    facts = {
        "number": article.number,
        "version": version,
        "title": article.title,
        "text": article.text,
    }
    quoted = (
        _("Article %(number)s of the charter (version %(version)s), “%(title)s”: %(text)s") % facts
    )
    return " ".join(part for part in (quoted, figures_sentence(breach), way_out(breach)) if part)


def way_out(breach: Breach) -> str:
    """Return what to do about a breach."""
    if breach.is_unknown:
        return _("Fill it in, or let the decision be taken higher up.")
    way = _WAYS_OUT.get(breach.article.check, "")
    if breach.effect is Effect.ESCALATE:
        return _("%(way)s Otherwise it goes to a higher decision.") % {"way": way}
    return str(way)


def figures_sentence(breach: Breach) -> str:
    """Return what the proposal says beside what the article allows; what was missing where it cannot be judged."""
    if breach.is_unknown:
        return _("It cannot be judged yet. Not known: %(facts)s.") % {
            "facts": missing_words(breach.missing)
        }
    return _figures(breach.article.check, breach.article.parameters, breach.figures)


def _figures(check: Check, parameters: Mapping[str, Any], figures: Mapping[str, Any]) -> str:  # noqa: C901, PLR0911, PLR0912  one sentence per check
    spoken = language()
    match check:
        case Check.MAXIMUM_TERM:
            return _("Proposed: %(days)s, %(method)s, up to %(over)s beyond.") % {
                "days": _days(figures["asked_days"]),
                "method": str(TermsMethod(figures["asked_method"]).label).lower(),
                "over": _days(figures["days_over"]),
            }
        case Check.DEPOSIT_UNDER_GRADE:
            return _("Grade %(grade)s, deposit offered: %(offered)s; asked for: %(asked)s.") % {
                "grade": figures["asked_grade"],
                "offered": formats.percent(_number(figures["offered_share"]), spoken),
                "asked": formats.percent(_number(parameters["share"]), spoken),
            }
        case Check.PREPAYMENT_FOR_GRADE:
            return _("Grade %(grade)s.") % {"grade": figures["asked_grade"]}
        case Check.NO_DELIVERY_WHEN_BLOCKED:
            return _("The account is on hold.")
        case Check.FINANCE_CLOSES_OPENINGS:
            return _("No step of credit management is planned.")
        case Check.MAXIMUM_UNINSURED:
            return _("Without cover: %(amount)s.") % {
                "amount": _amount(figures["uninsured"], figures["currency"], spoken)
            }
        case Check.NO_RAISE_WHILE_OVERDUE:
            return _("The oldest invoice has been overdue for %(days)s.") % {
                "days": _days(figures["overdue_days"])
            }
        case Check.NO_ORDER_WHILE_OVERDUE:
            return _("%(amount)s overdue, the oldest invoice for %(days)s.") % {
                "amount": _amount(figures["overdue_amount"], figures["currency"], spoken),
                "days": _days(figures["overdue_days"]),
            }
        case Check.GUARANTEE_OVER:
            return _("Asked for: %(amount)s, guaranteed: %(guaranteed)s, needed: %(needed)s.") % {
                "amount": _amount(figures["asked_amount"], figures["currency"], spoken),
                "guaranteed": _amount(figures["guaranteed"], figures["currency"], spoken),
                "needed": _amount(figures["needed"], figures["currency"], spoken),
            }
        case Check.COMMITTEE_OVER:
            return _("Asked for: %(amount)s, without a committee.") % {
                "amount": _amount(figures["asked_amount"], figures["currency"], spoken)
            }
        case Check.NO_CREDIT_IN_INSOLVENCY:
            return _("The company is in insolvency proceedings.")
        case Check.MARGIN_FLOOR:
            return _("Expected margin: %(margin)s.") % {
                "margin": formats.percent(_number(figures["margin"]), spoken)
            }
        case Check.TEXT_ONLY:
            return ""


def _amount(amount: Any, currency: str, reader: str) -> str:  # noqa: ANN401  a Decimal, or its text once stored
    return formats.money(Money(_number(amount), currency), reader)


def _number(value: Any) -> Decimal:  # noqa: ANN401  as above
    return Decimal(value)
