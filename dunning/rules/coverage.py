"""No overdue line slips through: each is in exactly one state, and the sums say so.

Sources: DOMAIN R60, 5.5 (invariants 2 and 13).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from dunning.rules.decision import Verdict, VerdictKind
from dunning.rules.grouping import LineStanding


@dataclass(frozen=True, slots=True)
class LineCoverage:
    """The one state of an overdue line.

    `state` is "reminder" (named in one that is planned, leaving or asks for a person), "next_action"
    (waits for a dated step), or the reason it is left out or held back. `chased` and the parts left out,
    each with its reason, sum to what the line owes.
    """

    state: str
    chased: Decimal
    left_out: tuple[tuple[str, Decimal], ...] = ()


REMINDER = "reminder"
NEXT_ACTION = "next_action"
CHASED_STATES = frozenset({REMINDER, NEXT_ACTION})


def line_coverage(standing: LineStanding, verdict: Verdict) -> LineCoverage:
    """Return the state of an overdue line, given the verdict on its group.

    A line left out as a whole keeps its own reason; any other shares the fate of its group.
    """
    parts: tuple[tuple[str, Decimal], ...] = ()
    if standing.reason is not None:
        parts = ((standing.reason.value, standing.left_out),)
        if not standing.is_claimed:
            return LineCoverage(standing.reason.value, Decimal(0), parts)
    if verdict.kind is VerdictKind.REMIND:
        return LineCoverage(REMINDER, standing.claimed, parts)
    if verdict.kind is VerdictKind.WAIT:
        return LineCoverage(NEXT_ACTION, standing.claimed, parts)
    if verdict.reason is None:
        message = f"a group with late lines needs a reason to be left alone: {verdict}"
        raise ValueError(message)
    held = verdict.reason.value
    return LineCoverage(held, Decimal(0), (*parts, (held, standing.claimed)))


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over overdue lines of one currency; `chased` plus the `left_out` parts equals `overdue`."""

    overdue: Decimal
    chased: Decimal
    left_out: Mapping[str, Decimal]


def tally(coverages: Iterable[LineCoverage]) -> Tally:
    """Add up the coverage of overdue lines of one currency."""
    overdue = Decimal(0)
    chased = Decimal(0)
    left_out: dict[str, Decimal] = {}
    for each in coverages:
        chased += each.chased
        overdue += each.chased
        for reason, amount in each.left_out:
            overdue += amount
            left_out[reason] = left_out.get(reason, Decimal(0)) + amount
    return Tally(overdue, chased, left_out)
