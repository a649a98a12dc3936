"""What the pages of a simulation are handed: sums beside one another, charts, changes and dates as rows of words."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from dunning import scenario_words as words
from dunning.models import Channel as ChannelModel
from dunning.models import ScenarioVersion
from dunning.rules.simulated import SimulatedDay, SimulatedStep, Simulation, Sums
from dunning.rules.simulation_changes import Change, ChangeKind
from dunning.rules.steps import Channel
from dunning.scenario_presenting import icon_of
from kernel import charts, formats
from kernel.money import Money

DAYS_SHOWN_SINGLY = 16  # more are drawn by the week
DAYS_SHOWN_BY_WEEK = 62  # more are drawn by the month
SATURDAY = 5
THOUSAND = 1000

Names = Mapping[UUID, tuple[str, str]]


def version_name(version: ScenarioVersion) -> str:
    """Return what a version is called where two stand beside one another."""
    facts = {"name": version.scenario.name, "number": version.number}
    if version.is_draft:
        return _("%(name)s, version %(number)s (draft)") % facts
    return _("%(name)s, version %(number)s") % facts


def channel_word(channel: Channel) -> str:
    """Return the name of a channel."""
    return str(ChannelModel(channel.value).label)


def step_words(step: SimulatedStep) -> str:
    """Return what a step is: its channel and its level."""
    if step.step.channel is Channel.DECISION:
        return channel_word(step.step.channel)
    facts = {"channel": channel_word(step.step.channel), "level": step.step.level}
    return _("%(channel)s, level %(level)s") % facts


@dataclass(frozen=True, slots=True)
class Line:
    """A figure of each side: `values` in the order of the sides, `difference` of the first from the second."""

    label: str
    icon: str
    values: tuple[str, ...]
    difference: int | None = None
    is_late: tuple[bool, ...] = ()


def sums_beside(simulations: Sequence[Simulation], *, calls: int) -> list[Line]:
    """Return the figures of the simulations side by side; `calls` is what the team makes a day."""
    totals = [each.totals for each in simulations]
    channels = sorted({one for total in totals for one in total.messages})
    lines = [
        _line(
            channel_word(channel),
            icon_of(channel),
            [one.messages.get(channel, 0) for one in totals],
        )
        for channel in channels
    ]
    lines.append(_line(_("Calls"), "phone", [one.calls for one in totals]))
    over = [len(each.days_over(calls)) for each in simulations]
    lines.append(_line(_("Days with more calls than the team makes"), "alert", over, is_bad=True))
    lines.append(_line(_("Decisions"), "gavel", [one.decisions for one in totals]))
    lines.append(
        _line(_("Customers touched"), "users", [len(each.by_customer) for each in simulations])
    )
    twice = [len(touched_twice(each)) for each in simulations]
    lines.append(_line(_("Customers touched twice within five days"), "alert", twice, is_bad=True))
    return lines


def _line(label: str, icon: str, numbers: Sequence[int], *, is_bad: bool = False) -> Line:
    return Line(
        label=label,
        icon=icon,
        values=tuple(formats.number(one, words.language()) for one in numbers),
        difference=numbers[0] - numbers[1] if len(numbers) > 1 else None,
        is_late=tuple(is_bad and one > 0 for one in numbers),
    )


def touched_twice(simulation: Simulation) -> set[UUID]:
    """Return the customers who hear twice within five days."""
    return {each.customer_id for each in simulation.collisions}


def amounts(sums: Sums) -> list[Money]:
    """Return what is asked for, tax included, by currency."""
    return [Money(amount, currency) for currency, amount in sums.amounts.items()]


@dataclass(frozen=True, slots=True)
class KindCount:
    """How many steps of one kind there are, beside how many there were."""

    label: str
    icon: str
    count: int
    before: int


def by_kind(before: Simulation, after: Simulation) -> list[KindCount]:
    """Return the steps by channel and level, messages before calls and decisions."""
    kinds: dict[tuple[int, int, str], SimulatedStep] = {}
    counted: list[dict[tuple[int, int, str], int]] = [{}, {}]
    for counts, simulation in zip(counted, (before, after), strict=True):
        for step in simulation.steps:
            key = (0 if step.is_message else 1, step.step.level, step.step.channel.value)
            kinds.setdefault(key, step)
            counts[key] = counts.get(key, 0) + 1
    return [
        KindCount(
            step_words(step),
            icon_of(step.step.channel),
            counted[1].get(key, 0),
            counted[0].get(key, 0),
        )
        for key, step in sorted(kinds.items())
    ]


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


def slots(simulation: Simulation) -> list[Slot]:
    """Return the columns of a chart: days where there are few, else weeks or months; idle weekends are left out."""
    count = len(simulation.days)
    if count <= DAYS_SHOWN_SINGLY:
        busy = [
            each
            for each in simulation.days
            if each.day.weekday() < SATURDAY or each.sums.message_count or each.sums.calls
        ]
        return [Slot(f"{each.day.day}", (each,)) for each in busy]
    start = _monday if count <= DAYS_SHOWN_BY_WEEK else _first
    grouped: dict[date, list[SimulatedDay]] = {}
    for each in simulation.days:
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
    simulation: Simulation, *, calls: int, today: date, side: str = ""
) -> list[tuple[str, charts.Columns]]:
    """Return a chart for each channel that is used, with the calls the team can make; each with an id of its own.

    `side` names the version where another stands beside it.
    """
    columns = slots(simulation)
    is_past = simulation.last_day < today
    found = [
        (
            channel.value,
            _columns(
                _titled(channel_word(channel), side),
                columns,
                _counter(channel),
                is_past=is_past,
            ),
        )
        for channel in simulation.totals.messages
    ]
    if simulation.totals.calls:
        chart = _columns(
            _titled(_("Calls, beside what the team makes"), side),
            columns,
            lambda sums: sums.calls,
            is_past=is_past,
            calls=calls,
        )
        found.append((Channel.CALL.value, chart))
    return found


def _titled(title: str, side: str) -> str:
    return f"{title} · {side}" if side else title


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


@dataclass(frozen=True, slots=True)
class DayRow:
    """What one day asks for on each side: the numbers as texts, the amounts by currency."""

    day: date
    sides: tuple[tuple[str, str, list[Money]], ...]
    is_over: bool


def day_rows(simulations: Sequence[Simulation], *, calls: int) -> list[DayRow]:
    """Return the days on which something is done on any side; the sides tell the same days."""
    rows = []
    for days in zip(*(each.days for each in simulations), strict=True):
        if not any(_is_busy(each.sums) for each in days):
            continue
        rows.append(
            DayRow(
                day=days[0].day,
                sides=tuple(
                    (_messages(each.sums), f"{each.sums.calls}", amounts(each.sums))
                    for each in days
                ),
                is_over=any(each.sums.calls > calls for each in days),
            )
        )
    return rows


def _is_busy(sums: Sums) -> bool:
    return bool(sums.message_count or sums.calls or sums.decisions)


def _messages(sums: Sums) -> str:
    return ", ".join(
        f"{channel_word(channel)} {formats.number(count, words.language())}"
        for channel, count in sums.messages.items()
    )


CHANGE_BADGES = {
    ChangeKind.ADDED: ("ok", "plus"),
    ChangeKind.REMOVED: ("late", "minus"),
    ChangeKind.MOVED: ("info", "calendar"),
    ChangeKind.ALTERED: ("warn", "pen"),
}


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One change for one customer: what was, what will be, and by how much the claim differs."""

    word: str
    status: str
    icon: str
    code: str
    name: str
    before: str
    after: str
    amount: Money


def change_rows(changes: Iterable[Change], names: Names) -> list[ChangeRow]:
    """Return the changes of the customers who may be seen."""
    return [
        _change_row(each, *names[each.customer_id]) for each in changes if each.customer_id in names
    ]


def _change_row(change: Change, code: str, name: str) -> ChangeRow:
    status, icon = CHANGE_BADGES[change.kind]
    return ChangeRow(
        word=change_word(change.kind),
        status=status,
        icon=icon,
        code=code,
        name=name,
        before=_dated(change.before),
        after=_dated(change.after),
        amount=Money(change.step.amount, change.step.currency),
    )


def change_word(kind: ChangeKind) -> str:
    """Return the word of a change's badge."""
    return {
        ChangeKind.ADDED: pgettext("step of a customer", "Added"),
        ChangeKind.REMOVED: pgettext("step of a customer", "Removed"),
        ChangeKind.MOVED: pgettext("step of a customer", "Moved"),
        ChangeKind.ALTERED: pgettext("step of a customer", "Altered"),
    }[kind]


def _dated(step: SimulatedStep | None) -> str:
    if step is None:
        return ""
    facts = {"day": formats.day(step.day, words.language()), "what": step_words(step)}
    return _("%(day)s: %(what)s") % facts


def change_counts(changes: Iterable[Change]) -> str:
    """Return in words how many steps are added, removed, moved and altered."""
    counted = dict.fromkeys(ChangeKind, 0)
    for each in changes:
        counted[each.kind] += 1
    texts = {
        ChangeKind.ADDED: ngettext("%(count)s added", "%(count)s added", counted[ChangeKind.ADDED]),
        ChangeKind.REMOVED: ngettext(
            "%(count)s removed", "%(count)s removed", counted[ChangeKind.REMOVED]
        ),
        ChangeKind.MOVED: ngettext("%(count)s moved", "%(count)s moved", counted[ChangeKind.MOVED]),
        ChangeKind.ALTERED: ngettext(
            "%(count)s altered", "%(count)s altered", counted[ChangeKind.ALTERED]
        ),
    }
    said = [texts[kind] % {"count": count} for kind, count in counted.items() if count]
    return ", ".join(said)


@dataclass(frozen=True, slots=True)
class DatedStep:
    """A step on its day, in words, with what it asks for."""

    day: date
    what: str
    icon: str
    amount: Money | None


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """The dates of one customer on each side."""

    code: str
    name: str
    sides: tuple[list[DatedStep], ...]


def customer_row(customer_id: UUID, simulations: Sequence[Simulation], names: Names) -> CustomerRow:
    """Return what one customer hears on each side."""
    code, name = names[customer_id]
    return CustomerRow(
        code,
        name,
        tuple(
            [_dated_step(step) for step in each.by_customer.get(customer_id, ())]
            for each in simulations
        ),
    )


def _dated_step(step: SimulatedStep) -> DatedStep:
    is_contact = step.step.channel.is_contact
    return DatedStep(
        day=step.day,
        what=step_words(step),
        icon=icon_of(step.step.channel),
        amount=Money(step.amount, step.currency) if is_contact else None,
    )


@dataclass(frozen=True, slots=True)
class CollisionRow:
    """A customer who hears twice within five days."""

    code: str
    name: str
    earlier: date
    later: date
    days_apart: int


def collision_rows(simulation: Simulation, names: Names) -> list[CollisionRow]:
    """Return the collisions of the customers who may be seen."""
    return [
        CollisionRow(*names[each.customer_id], each.earlier, each.later, each.days_apart)
        for each in simulation.collisions
        if each.customer_id in names
    ]
