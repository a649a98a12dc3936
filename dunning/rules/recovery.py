"""How fast what fell due is recovered, and from which day on little more comes in (DOMAIN R61).

The share still owed is that of Kaplan and Meier (1958): a line still open counts among those who could pay up to today,
and says nothing about later days. Left out altogether, or taken for lost, it would bend the curve.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

OUTLOOK_DAYS = 30
POOR_OUTLOOK = Decimal("0.25")
"""Of what is owed on a day: where less comes within `OUTLOOK_DAYS`, amicable reminders have done their work."""
ENOUGH_LINES = 30
"""Still open on a day: fewer say nothing about those to come."""
FIRST_LOOK, LAST_LOOK, LOOK_EVERY = 15, 150, 5
AHEAD_DAYS = 10
"""A stage begins so long before the day from which little comes, for a formal notice takes some days to work."""
WORTH_MOVING_DAYS = 5


@dataclass(frozen=True, slots=True)
class Aged:
    """Lines of one age: `recovered` were settled so many days after their due date, `left` are that old and open.

    Each is a number of lines, or what they amount to.
    """

    day: int
    recovered: Decimal
    left: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Point:
    """From `day` on, the share `recovered`, a fraction; `at_risk` was open when the day began."""

    day: int
    at_risk: Decimal
    recovered: Decimal


@dataclass(frozen=True)
class Curve:
    """The share recovered by day after the due date; what was settled before it counts on day 0."""

    points: Sequence[Point]
    longest: int | None

    @cached_property
    def _days(self) -> list[int]:
        return [each.day for each in self.points]

    def recovered(self, day: int) -> Decimal | None:
        """Return the share recovered up to `day`, included, a fraction; None on days no line has lived through."""
        if self.longest is None or day > self.longest:
            return None
        place = bisect_right(self._days, day)
        return self.points[place - 1].recovered if place else Decimal(0)

    def outlook(self, day: int) -> Decimal | None:
        """Return which share of what is owed after `day` comes within `OUTLOOK_DAYS`; None when nobody can know."""
        now, later = self.recovered(day), self.recovered(day + OUTLOOK_DAYS)
        if now is None or later is None or now == 1:
            return None
        return (later - now) / (1 - now)


def survival(ages: Iterable[Aged]) -> Curve:
    """Return the curve of lines of these ages, given once each or several times; those of one day are settled first."""
    merged: dict[int, tuple[Decimal, Decimal]] = {}
    for each in ages:
        day = max(each.day, 0)
        recovered, left = merged.get(day, (Decimal(0), Decimal(0)))
        merged[day] = (recovered + each.recovered, left + each.left)
    at_risk = sum((recovered + left for recovered, left in merged.values()), Decimal(0))
    owed, points = Decimal(1), []
    for day, (recovered, left) in sorted(merged.items()):
        if at_risk <= 0:
            break
        owed *= 1 - recovered / at_risk
        points.append(Point(day, at_risk, 1 - owed))
        at_risk -= recovered + left
    return Curve(points, _longest(points, merged))


def _longest(points: Sequence[Point], merged: dict[int, tuple[Decimal, Decimal]]) -> int | None:
    """Return the last day that may be told: any, once everything is recovered."""
    if not points:
        return None
    everything = points[-1].recovered == 1
    return 10**6 if everything else max(merged)


@dataclass(frozen=True, slots=True)
class Turning:
    """The day after which little more comes: what was recovered by then, and what comes within thirty days after."""

    day: int
    recovered: Decimal
    outlook: Decimal
    open_lines: int


def open_after(ages: Iterable[Aged], day: int) -> int:
    """Return how many lines lived longer than `day` unpaid; `ages` count lines."""
    return int(sum((each.recovered + each.left for each in ages if each.day > day), Decimal(0)))


def turning_point(amounts: Curve, lines: Sequence[Aged]) -> Turning | None:
    """Return the first day, of every fifth, from which on the outlook of amounts stays poor.

    A lull before many pay at once is none. Days on which fewer than `ENOUGH_LINES` are still open say nothing; None
    when no other is left, or the outlook is still good on the last.
    """
    found = None
    for day in range(FIRST_LOOK, LAST_LOOK + 1, LOOK_EVERY):
        open_lines = open_after(lines, day)
        recovered, outlook = amounts.recovered(day), amounts.outlook(day)
        if open_lines < ENOUGH_LINES or recovered is None or outlook is None:
            break
        if outlook >= POOR_OUTLOOK:
            found = None
        elif found is None:
            found = Turning(day, recovered, outlook, open_lines)
    return found


def suggested_day(turning: Turning, present: int | None) -> int | None:
    """Return the day after due on which pre-litigation had better begin; None where `present` is as good."""
    day = turning.day - AHEAD_DAYS
    if present is not None and abs(present - day) < WORTH_MOVING_DAYS:
        return None
    return day
