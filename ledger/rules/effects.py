"""From which day an allocation counts, so that what was open on every past day stays exact."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Settling:
    """An allocation already there: `amount` is above zero, or below for the reversal of one."""

    effective_date: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class SettledLine:
    """A due line and what has settled it: `amount` without its sign, above zero, tax included."""

    amount: Decimal
    settlings: tuple[Settling, ...]

    def least_open_from(self, day: date) -> Decimal:
        """Return the least that is open on `day` or on any later day."""
        open_amount, least = self.amount, None
        for effective_date, same_day in _by_day(self.settlings):
            if effective_date > day:
                least = open_amount if least is None else min(least, open_amount)
            open_amount -= sum((settling.amount for settling in same_day), start=Decimal(0))
        return open_amount if least is None else min(least, open_amount)


def _by_day(settlings: Iterable[Settling]) -> Iterable[tuple[date, Iterable[Settling]]]:
    in_order = sorted(settlings, key=lambda settling: settling.effective_date)
    return groupby(in_order, key=lambda settling: settling.effective_date)


def first_day_with_room(
    amount: Decimal, *, earliest: date, lines: tuple[SettledLine, ...]
) -> date | None:
    """Return the first day from which every line has `amount` open on each day; None when it never has.

    `earliest` is the later of the two documents' dates, and the answer whenever nothing was reversed. After a
    reversal the part set free is open only from the day of the reversal: until then the books showed it settled,
    and what was reported of those days must not change.
    """
    days = {earliest}
    for line in lines:
        days |= {
            settling.effective_date
            for settling in line.settlings
            if settling.effective_date > earliest
        }
    return next(
        (day for day in sorted(days) if all(line.least_open_from(day) >= amount for line in lines)),
        None,
    )


def cleared_date(line: SettledLine) -> date | None:
    """Return the day the line reached zero for good; None while something is open.

    A reversal and its replacement on one day leave the date as it was.
    """
    open_amount, cleared = line.amount, None
    for day, same_day in _by_day(line.settlings):
        net = sum((settling.amount for settling in same_day), start=Decimal(0))
        open_amount -= net
        if net:
            cleared = None if open_amount else day
    return cleared
