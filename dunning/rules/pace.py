"""The same scenario at another pace: its days closer to the due date, for customers at risk. Source: DOMAIN 5.2."""

from collections.abc import Collection, Mapping
from decimal import ROUND_HALF_UP, Decimal

SLOWEST, FASTEST = Decimal(1), Decimal("0.25")
USUAL = SLOWEST


def paced(days: Collection[int], pace: Decimal) -> Mapping[int, int]:
    """Return the day on which each of the written `days` falls at `pace`, 1 being as written.

    Rounded to whole days, half away from the due date; the order is kept, no two fall on one day, none on the due date.
    """
    after = _one_side(sorted(day for day in days if day > 0), pace)
    before = _one_side(sorted(-day for day in days if day < 0), pace)
    return {**after, **{-day: -found for day, found in before.items()}}


def _one_side(days: Collection[int], pace: Decimal) -> dict[int, int]:
    found: dict[int, int] = {}
    last = 0
    for day in days:
        rounded = int((day * pace).quantize(Decimal(1), rounding=ROUND_HALF_UP))
        last = found[day] = max(last + 1, rounded)
    return found
