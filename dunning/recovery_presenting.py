"""The curve of recovery in words and as a chart: how fast money comes, and when a firmer stage had better begin."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from dunning import scenario_words as words
from dunning.queries.recovery import EVERYBODY, SegmentAges
from dunning.rules.assignment import Typology
from dunning.rules.recovery import (
    ENOUGH_LINES,
    OUTLOOK_DAYS,
    Curve,
    Turning,
    open_after,
    suggested_day,
    survival,
    turning_point,
)
from dunning.rules.steps import Stage, StepRule
from kernel import charts, formats

SEGMENTS = MappingProxyType(
    {
        EVERYBODY: gettext_lazy("All customers"),
        Typology.PUBLIC_BUYER.value: gettext_lazy("Public buyers"),
        Typology.KEY_ACCOUNT.value: gettext_lazy("Key accounts"),
        Typology.GROUP.value: gettext_lazy("Customers of a group"),
        Typology.COMPANY.value: gettext_lazy("Single companies"),
    }
)
TOLD_DAYS = (0, 15, 30, 45, 60, 90, 120)
DRAWN_DAYS = range(0, 181, 10)


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """One kind of customer: its lines, the share recovered by each of `TOLD_DAYS`, and where it turns."""

    key: str
    label: str
    lines: str
    shares: Sequence[str]
    turning: str
    is_shown: bool


@dataclass(frozen=True, slots=True)
class Recovery:
    """What the block tells: rows, the chart of the one shown, the finding and what follows from it."""

    rows: list[SegmentRow]
    chart: charts.Trend | None
    finding: str
    suggestion: str
    is_enough: bool


def segment_label(key: str) -> str:
    """Return what a kind of customer is called."""
    return str(SEGMENTS[key])


def recovery(found: Mapping[str, SegmentAges], shown: str, steps: Sequence[StepRule]) -> Recovery:
    """Return what is told of the segment `shown`; `steps` are those of the scenario beside it."""
    ages = found[shown]
    amounts, turning = survival(ages.amounts), None
    if ages.count:
        turning = turning_point(amounts, ages.lines)
    return Recovery(
        rows=[_row(key, each, is_shown=key == shown) for key, each in sorted(found.items())],
        chart=_chart(amounts, survival(ages.lines)) if ages.count else None,
        finding=_finding(turning, ages),
        suggestion=_suggestion(turning, steps) if turning else "",
        is_enough=turning is not None,
    )


def _row(key: str, ages: SegmentAges, *, is_shown: bool) -> SegmentRow:
    curve = survival(ages.amounts)
    turning = turning_point(curve, ages.lines)
    language = words.language()
    return SegmentRow(
        key=key,
        label=segment_label(key),
        lines=formats.number(ages.count, language),
        shares=[_share(curve.recovered(day)) for day in TOLD_DAYS],
        turning=formats.day_offset(turning.day, language) if turning else "",
        is_shown=is_shown,
    )


def _share(share: Decimal | None) -> str:
    return "—" if share is None else formats.percent(share, words.language(), decimals=0)


def _chart(amounts: Curve, lines: Curve) -> charts.Trend:
    language = words.language()
    days = [day for day in DRAWN_DAYS if amounts.recovered(day) is not None]
    last = days[-1] if days else 0
    return charts.Trend(
        question=_("How much of what fell due has come in?"),
        finding=_("%(share)s of the amounts by %(day)s.")
        % {
            "share": _share(amounts.recovered(last)),
            "day": formats.day_offset(last, language),
        },
        labels=[formats.day_offset(day, language) for day in days],
        actual=_series(_("Share of amounts"), amounts, days),
        reference=_series(_("Share of lines"), lines, days),
        heading=pgettext("column", "Day"),
    )


def _series(name: str, curve: Curve, days: Sequence[int]) -> charts.Series:
    shares = [curve.recovered(day) for day in days]
    return charts.Series(
        name,
        [None if share is None else float(100 * share) for share in shares],
        [_share(share) for share in shares],
        _share(shares[-1]) if shares else "",
    )


def _finding(turning: Turning | None, ages: SegmentAges) -> str:
    language = words.language()
    if turning is None:
        after = open_after(ages.lines, TOLD_DAYS[2])
        few = ngettext(
            "%(count)s line was still open after thirty days",
            "%(count)s lines were still open after thirty days",
            after,
        ) % {"count": formats.number(after, language)}
        return _(
            "No day can be named after which little comes: %(few)s, and at least %(enough)s must be left on such a day."
        ) % {"few": few, "enough": ENOUGH_LINES}
    return _(
        "After %(day)s you have recovered %(share)s; of what is owed then, %(outlook)s comes within %(days)s days "
        "(%(lines)s lines seen)."
    ) % {
        "day": formats.day_offset(turning.day, language),
        "share": _share(turning.recovered),
        "outlook": _share(turning.outlook),
        "days": OUTLOOK_DAYS,
        "lines": formats.number(turning.open_lines, language),
    }


def pre_litigation_day(steps: Sequence[StepRule]) -> int | None:
    """Return the day after due on which the first step before court is taken; None when there is none."""
    days = [each.offset_days for each in steps if each.stage is Stage.PRE_LITIGATION]
    return min(days, default=None)


def _suggestion(turning: Turning, steps: Sequence[StepRule]) -> str:
    present = pre_litigation_day(steps)
    day = suggested_day(turning, present)
    language = words.language()
    if day is None:
        return _("Pre-litigation begins on a good day.")
    facts = {"day": formats.day_offset(day, language)}
    if present is None:
        return _("Pre-litigation on %(day)s is suggested; this scenario has no such step.") % facts
    facts["present"] = formats.day_offset(present, language)
    return _("Pre-litigation on %(day)s is suggested, instead of %(present)s.") % facts
