"""When a source may be asked: its circuit, its retries and the money of the month; values in, a word out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

MOST_ATTEMPTS = 3
WAITS = (timedelta(minutes=1), timedelta(minutes=10))
FAILURES_ALLOWED = 5
CLOSED_FOR = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Spending:
    """The money of a month, in one currency: the budget, what was spent, and what one more call costs."""

    budget: Decimal
    spent: Decimal
    price: Decimal

    @property
    def left(self) -> Decimal:
        """Return what may still be spent this month."""
        return max(self.budget - self.spent, Decimal(0))

    @property
    def calls_left(self) -> int | None:
        """Return how many calls the rest pays for; None where a call costs nothing."""
        return int(self.left // self.price) if self.price else None

    @property
    def share(self) -> Decimal | None:
        """Return the part of the budget that is used, as a fraction; None without a budget."""
        return self.spent / self.budget if self.budget else None

    @property
    def is_enough(self) -> bool:
        """Return whether one more call stays within the budget; a free call always does."""
        return not self.price or self.spent + self.price <= self.budget


def retry_at(attempts: int, *, is_lasting: bool, now: datetime) -> datetime | None:
    """Return when to ask again after `attempts` failures, None when no more: at most three times in all."""
    if is_lasting or attempts >= MOST_ATTEMPTS:
        return None
    return now + WAITS[min(attempts, len(WAITS)) - 1]


def closes_circuit(failures: int, *, now: datetime) -> datetime | None:
    """Return until when a source is left alone after so many failures in a row; None: it may be asked."""
    return now + CLOSED_FOR if failures >= FAILURES_ALLOWED else None
