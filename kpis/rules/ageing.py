"""How late a line is, and in which column of the aged balance it stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from kpis.rules.figures import ZERO


@dataclass(frozen=True, slots=True)
class Bucket:
    """A column of the aged balance: lines `first` to `last` days late, both included.

    `first` None is the column of what is not due (0 days late or fewer); `last` None is open ended.
    """

    key: str
    first: int | None
    last: int | None

    def holds(self, days: int) -> bool:
        """Say whether a line that many days late stands in this column."""
        return (self.first is None or days >= self.first) and (
            self.last is None or days <= self.last
        )

    def due_dates(self, as_of: date) -> tuple[date | None, date | None]:
        """Return the first and the last due date of the lines that stand in this column; None is open ended."""
        return (
            None if self.last is None else as_of - timedelta(days=self.last),
            None if self.first is None else as_of - timedelta(days=self.first),
        )


def buckets_after(*last_days: int) -> tuple[Bucket, ...]:
    """Return the columns cut after the days given: `buckets_after(30, 60, 90)` is the default scheme."""
    bounds = (0, *last_days)
    if any(low >= high for low, high in pairwise(bounds)):
        raise ValueError(f"the last days of the columns rise from 1 on, unlike {last_days}")
    middle = tuple(Bucket(f"{low + 1}_{high}", low + 1, high) for low, high in pairwise(bounds))
    return (NOT_DUE, *middle, Bucket(f"{bounds[-1] + 1}_plus", bounds[-1] + 1, None))


NOT_DUE = Bucket("not_due", None, 0)
UNALLOCATED = "unallocated"

# The bounds of the statutory table (Code de commerce, D.441-6), hence the default everywhere.
DEFAULT_BUCKETS = buckets_after(30, 60, 90)
FIRST_WEEK_BUCKETS = buckets_after(7, 30, 60, 90)
LONG_BUCKETS = buckets_after(30, 60, 90, 120, 180)
FINEST_BUCKETS = buckets_after(7, 30, 60, 90, 120, 180)


def days_late(due_date: date, as_of: date) -> int:
    """Return how many days past its due date a line is; due today is 0 and not late, negative is ahead."""
    return (as_of - due_date).days


def bucket_of(days: int, buckets: Sequence[Bucket] = DEFAULT_BUCKETS) -> Bucket:
    """Return the column of a line that many days late; every number of days has exactly one."""
    return next(bucket for bucket in buckets if bucket.holds(days))


@dataclass(frozen=True, slots=True)
class Ageing:
    """The aged balance in the five default columns, tax included, plus what is allocated to nothing.

    Open linked credit notes are netted in the column of their invoice; `unallocated` holds payments and
    credit notes that settle nothing yet, so it is zero or negative.
    """

    not_due: Decimal = ZERO
    days_1_30: Decimal = ZERO
    days_31_60: Decimal = ZERO
    days_61_90: Decimal = ZERO
    days_91_plus: Decimal = ZERO
    unallocated: Decimal = ZERO

    @property
    def overdue(self) -> Decimal:
        """What is past its due date, unallocated cash not deducted."""
        return self.days_1_30 + self.days_31_60 + self.days_61_90 + self.days_91_plus

    @property
    def over_60(self) -> Decimal:
        """What is more than 60 days past its due date."""
        return self.days_61_90 + self.days_91_plus

    @property
    def open_items(self) -> Decimal:
        """Everything still owed line by line: not due and overdue, unallocated cash not deducted."""
        return self.not_due + self.overdue

    @property
    def receivables(self) -> Decimal:
        """The balance of the ledger: open items with unallocated cash deducted."""
        return self.open_items + self.unallocated

    def as_dict(self) -> dict[str, Decimal]:
        """Return the columns by their public keys, in order; they sum to `receivables`."""
        return {
            NOT_DUE.key: self.not_due,
            "1_30": self.days_1_30,
            "31_60": self.days_31_60,
            "61_90": self.days_61_90,
            "91_plus": self.days_91_plus,
            UNALLOCATED: self.unallocated,
        }


def spread(
    lines: Iterable[tuple[date, Decimal]], as_of: date, buckets: Sequence[Bucket] = DEFAULT_BUCKETS
) -> dict[str, Decimal]:
    """Return what stands in each column, all columns present, from (due date, open amount) pairs."""
    columns = {bucket.key: ZERO for bucket in buckets}
    for due_date, amount in lines:
        columns[bucket_of(days_late(due_date, as_of), buckets).key] += amount
    return columns
