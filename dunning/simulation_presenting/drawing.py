"""The charts of a simulation: one for each channel, and the calls beside what the team makes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from dunning import scenario_words as words
from dunning.rules.findings import Side
from dunning.rules.simulated import SimulatedDay, Sums
from dunning.rules.steps import Channel
from dunning.simulation_presenting.naming import channel_word
from kernel import charts, formats

DAYS_SHOWN_SINGLY = 16  # more are drawn by the week
DAYS_SHOWN_BY_WEEK = 62  # more are drawn by the month
SATURDAY = 5
THOUSAND = 1000


@dataclass(frozen=True, slots=True)
class Slot:
    """Days drawn as one column."""

    label: str
    days: tuple[SimulatedDay, ...]

    def sum_of(self, count: Callable[[Sums], int]) -> int:
        """Return what is counted over all its days."""
        return sum(count(each.sums) for each in self.days)

    @property
    def working_days(self) -> int:
        """Return its days from Monday to Friday."""
        return sum(each.day.weekday() < SATURDAY for each in self.days)


def slots(side: Side) -> list[Slot]:
    """Return the columns of a chart: days where there are few, else weeks or months; idle weekends are left out."""
    count = len(side.days)
    if count <= DAYS_SHOWN_SINGLY:
        busy = [
            each
            for each in side.days
            if each.day.weekday() < SATURDAY or each.sums.message_count or each.sums.calls
        ]
        return [Slot(f"{each.day.day}", (each,)) for each in busy]
    start = _monday if count <= DAYS_SHOWN_BY_WEEK else _first
    grouped: dict[date, list[SimulatedDay]] = {}
    for each in side.days:
        grouped.setdefault(start(each.day), []).append(each)
    return [
        Slot(_label(days[0].day, by_month=start is _first), tuple(days))
        for days in grouped.values()
    ]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _first(day: date) -> date:
    return day.replace(day=1)


def _label(day: date, *, by_month: bool) -> str:
    if by_month:
        return formats.month_short(day, words.language()).removesuffix(".")
    return formats.day_short(day, words.language())


def charts_of(
    side: Side, *, calls: int, today: date, title: str = ""
) -> list[tuple[str, charts.Columns]]:
    """Return a chart for each channel that is used, with the calls the team can make; each with an id of its own.

    `title` names the version where another stands beside it.
    """
    columns = slots(side)
    is_past = side.last_day < today
    found = [
        (
            channel.value,
            _columns(
                _titled(channel_word(channel), title),
                columns,
                _counter(channel),
                is_past=is_past,
            ),
        )
        for channel in side.totals.messages
    ]
    if side.totals.calls:
        chart = _columns(
            _titled(_("Calls, beside what the team makes"), title),
            columns,
            lambda sums: sums.calls,
            is_past=is_past,
            calls=calls,
        )
        found.append((Channel.CALL.value, chart))
    return found


def _titled(question: str, title: str) -> str:
    return f"{question} · {title}" if title else question


def _counter(channel: Channel) -> Callable[[Sums], int]:
    return lambda sums: sums.messages.get(channel, 0)


def _columns(
    question: str,
    columns: Sequence[Slot],
    count: Callable[[Sums], int],
    *,
    is_past: bool,
    calls: int | None = None,
) -> charts.Columns:
    language = words.language()
    numbers = [column.sum_of(count) for column in columns]
    most = max(numbers, default=0)
    busiest = columns[numbers.index(most)].days[0].day if columns else None
    return charts.Columns(
        question=question,
        finding=_("%(total)s in all; the highest column, %(most)s, begins on %(day)s.")
        % {
            "total": formats.number(sum(numbers), language),
            "most": formats.number(most, language),
            "day": formats.day(busiest, language) if busiest else "—",
        },
        columns=[
            charts.PlannedColumn(
                label=column.label,
                shown=_short(number),
                actual=number if is_past else None,
                forecast=None if is_past else number,
                plan=None if calls is None else calls * column.working_days,
                plan_shown=""
                if calls is None
                else formats.number(calls * column.working_days, language),
            )
            for column, number in zip(columns, numbers, strict=True)
        ],
        heading=pgettext("column", "From"),
        value_heading=pgettext("column", "Number"),
        plan_heading=_("What the team makes"),
    )


def _short(number: int) -> str:
    if number < THOUSAND:
        return f"{number}"
    return f"{formats.number(Decimal(number) / THOUSAND, words.language(), decimals=1)} k"
