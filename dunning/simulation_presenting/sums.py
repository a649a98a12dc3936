"""The figures of the sides beside one another, and the steps of a draft by kind."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dunning import scenario_words as words
from dunning.rules.findings import FoundStep, Side
from dunning.scenario_presenting import icon_of
from dunning.simulation_presenting.naming import channel_word, step_words
from kernel import formats


@dataclass(frozen=True, slots=True)
class Line:
    """A figure of each side: `values` in the order of the sides, `difference` of the first from the second."""

    label: str
    icon: str
    values: tuple[str, ...]
    difference: int | None = None
    is_late: tuple[bool, ...] = ()


def sums_beside(sides: Sequence[Side], *, calls: int) -> list[Line]:
    """Return the figures of the sides beside one another; `calls` is what the team makes a day."""
    totals = [each.totals for each in sides]
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
    over = [len(each.days_over(calls)) for each in sides]
    lines.append(_line(_("Days with more calls than the team makes"), "alert", over, is_bad=True))
    lines.append(_line(_("Decisions"), "gavel", [one.decisions for one in totals]))
    lines.append(_line(_("Customers touched"), "users", [each.touched for each in sides]))
    twice = [each.twice for each in sides]
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


@dataclass(frozen=True, slots=True)
class KindCount:
    """How many steps of one kind there are, beside how many there were."""

    label: str
    icon: str
    count: int
    before: int


def by_kind(before: Iterable[FoundStep], after: Iterable[FoundStep]) -> list[KindCount]:
    """Return the steps by channel and level, messages before calls and decisions."""
    kinds: dict[tuple[int, int, str], FoundStep] = {}
    counted: list[dict[tuple[int, int, str], int]] = [{}, {}]
    for counts, steps in zip(counted, (before, after), strict=True):
        for step in steps:
            key = (0 if step.is_message else 1, step.level, step.channel.value)
            kinds.setdefault(key, step)
            counts[key] = counts.get(key, 0) + 1
    return [
        KindCount(
            step_words(step),
            icon_of(step.channel),
            counted[1].get(key, 0),
            counted[0].get(key, 0),
        )
        for key, step in sorted(kinds.items())
    ]
