"""Late-payment interest and the fixed indemnity, half-year by half-year.

The rate of a half-year is the one in force on its first day; a half-year without a known rate is refused,
never guessed. Sources: C. com. L.441-10 and D.441-5, DOMAIN 4.2.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

DAYS_OF_A_YEAR = 365  # actual days over a fixed year
FIXED_INDEMNITY = Decimal(40)  # euros per invoice paid late, between companies
JULY = 7
CENT = Decimal("0.01")


class RateMissingError(LookupError):
    """No rate is known for a half-year that the interest runs through."""

    def __init__(self, half_year: date) -> None:
        """Keep the first day of the half-year."""
        super().__init__(f"no late-payment rate is known from {half_year}")
        self.half_year = half_year


@dataclass(frozen=True, slots=True)
class InterestPeriod:
    """A stretch of days with one principal and one rate; `to_date` is excluded, `rate` a fraction a year."""

    from_date: date
    to_date: date
    principal: Decimal
    rate: Decimal

    @property
    def days(self) -> int:
        """How many days interest runs."""
        return (self.to_date - self.from_date).days


def half_year_start(day: date) -> date:
    """Return the first day of the half-year of `day`."""
    return date(day.year, JULY if day.month >= JULY else 1, 1)


def interest_periods(
    *,
    principal: Decimal,
    due_date: date,
    until: date,
    payments: Sequence[tuple[date, Decimal]],
    rates: Mapping[date, Decimal],
) -> tuple[InterestPeriod, ...]:
    """Split the days from `due_date` to `until` wherever the rate or the principal changes.

    As many days count as lie between the two dates. `payments` are (value date, amount reduced); one made
    up to the due date lowers the principal from the start. `rates` are keyed by the first day of their
    half-year. Raises RateMissingError.
    """
    changes = {day for day, _ in payments if due_date < day < until}
    starts = {
        date(year, month, 1) for year in range(due_date.year, until.year + 1) for month in (1, JULY)
    }
    changes |= {day for day in starts if due_date < day < until}
    bounds = [due_date, *sorted(changes), until]
    periods = []
    for start, end in pairwise(bounds):
        owed = principal - sum((amount for day, amount in payments if day <= start), Decimal(0))
        if owed <= 0 or end <= start:
            continue
        half_year = half_year_start(start)
        if half_year not in rates:
            raise RateMissingError(half_year)
        periods.append(InterestPeriod(start, end, owed, rates[half_year]))
    return tuple(periods)


def interest_of(periods: Sequence[InterestPeriod]) -> Decimal:
    """Return the interest of all periods, rounded once, to the cent, half away from zero."""
    exact = sum(
        (period.principal * period.rate * period.days / DAYS_OF_A_YEAR for period in periods),
        Decimal(0),
    )
    return exact.quantize(CENT, rounding=ROUND_HALF_UP)
