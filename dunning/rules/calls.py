"""What follows a call: who was reached, when to try again, how a broken promise or a missing budget is answered."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import ROUND_UP, Decimal
from enum import StrEnum

from dunning.rules.calendar import is_working_day, zone_of

MINUTES_PER_CALL = 10
"""What a call takes, its note included: for the hours left on the agenda."""
MAX_TRIES = 3
"""After so many calls in vain the task is closed and the scenario goes on in writing."""
TRY_AGAIN_AT = (time(10, 0), time(14, 0))
"""When people are at their desks, in the customer's time."""
SHORTEST_WAIT = timedelta(hours=2)
ANSWER_HOURS = 48
"""How long a colleague has to answer a question about a customer (R24)."""


class CallOutcome(StrEnum):
    """How a call can end."""

    PROMISE = "promise"
    DISPUTE = "dispute"
    NOT_RECEIVED = "not_received"
    CALL_BACK = "call_back"
    ALREADY_PAID = "already_paid"
    UNREACHABLE = "unreachable"
    DONE = "done"

    @property
    def has_reached(self) -> bool:
        """Whether somebody answered: then the cause of non-payment is known or was asked for (R62)."""
        return self is not CallOutcome.UNREACHABLE


def try_again_at(now: datetime, *, country: str) -> datetime:
    """Return when to call again after nobody answered: the next 10:00 or 14:00 of a working day, two hours off."""
    zone = zone_of(country)
    earliest = (now + SHORTEST_WAIT).astimezone(zone)
    day = earliest.date()
    while True:
        if is_working_day(day, country=country):
            for hour in TRY_AGAIN_AT:
                moment = datetime.combine(day, hour, tzinfo=zone)
                if moment >= earliest:
                    return moment
        day += timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Offer:
    """A payment plan to propose on the telephone: so much at once, then two equal payments. Sums to what is asked."""

    first: Decimal
    then: tuple[Decimal, Decimal]


def three_payments(amount: Decimal) -> Offer:
    """Return half of `amount` at once and the rest in two equal parts, in whole cents; the first takes the odd ones."""
    cent = Decimal("0.01")
    later = (amount / 4).quantize(cent)
    first = (amount - 2 * later).quantize(cent, rounding=ROUND_UP)
    return Offer(first, (later, amount - first - later))
