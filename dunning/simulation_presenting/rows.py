"""The rows of a simulation's tables: its days, what changes, what each customer hears and who hears twice."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from dunning import scenario_words as words
from dunning.rules.findings import CustomerFindings, FoundChange, FoundStep, Side
from dunning.rules.simulated import Sums
from dunning.rules.simulation_changes import ChangeKind
from dunning.scenario_presenting import icon_of
from dunning.simulation_presenting.naming import amounts, message_words, step_words
from kernel import formats
from kernel.money import Money


@dataclass(frozen=True, slots=True)
class DayRow:
    """What one day asks for on each side: the numbers as texts, the amounts by currency."""

    day: date
    sides: tuple[tuple[str, str, Sequence[Money]], ...]
    is_over: bool


def day_rows(sides: Sequence[Side], *, calls: int) -> list[DayRow]:
    """Return the days on which something is done on any side; the sides tell the same days."""
    rows = []
    for days in zip(*(each.days for each in sides), strict=True):
        if not any(_is_busy(each.sums) for each in days):
            continue
        rows.append(
            DayRow(
                day=days[0].day,
                sides=tuple(
                    (message_words(each.sums), f"{each.sums.calls}", amounts(each.sums))
                    for each in days
                ),
                is_over=any(each.sums.calls > calls for each in days),
            )
        )
    return rows


def _is_busy(sums: Sums) -> bool:
    return bool(sums.message_count or sums.calls or sums.decisions)


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


def change_rows(changed: Iterable[tuple[str, str, FoundChange]]) -> list[ChangeRow]:
    """Return the changes of customers, each given with code and name."""
    return [_change_row(change, code, name) for code, name, change in changed]


def _change_row(change: FoundChange, code: str, name: str) -> ChangeRow:
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


def _dated(step: FoundStep | None) -> str:
    if step is None:
        return ""
    facts = {"day": formats.day(step.day, words.language()), "what": step_words(step)}
    return _("%(day)s: %(what)s") % facts


def change_counts(counted: Mapping[ChangeKind, int]) -> str:
    """Return in words how many steps are added, removed, moved and altered."""
    counted = dict.fromkeys(ChangeKind, 0) | dict(counted)
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


def customer_row(code: str, name: str, found: CustomerFindings) -> CustomerRow:
    """Return what one customer hears on each side."""
    return CustomerRow(
        code, name, tuple([_dated_step(step) for step in side] for side in found.sides)
    )


def _dated_step(step: FoundStep) -> DatedStep:
    is_contact = step.channel.is_contact
    return DatedStep(
        day=step.day,
        what=step_words(step),
        icon=icon_of(step.channel),
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


def collision_rows(code: str, name: str, found: CustomerFindings, side: int) -> list[CollisionRow]:
    """Return the days on which a customer hears twice on one side."""
    return [
        CollisionRow(code, name, earlier, later, (later - earlier).days)
        for earlier, later in found.collisions[side]
    ]
