"""Who in the house is told how late a customer is, besides the steps of his scenario. Source: DOMAIN 5.2, escalation.

What is told is told once: on the day a customer's oldest claimed line gets so late, or on the next day anything ran.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

SALES_DAYS = 20
SALES_ABOVE = Decimal(5000)
"""Sales are asked for help with what is claimed above this many euros."""
MANAGER_DAYS = 40
DIRECTOR_DAYS = 60


@dataclass(frozen=True, slots=True)
class LateClaim:
    """What is claimed of a customer: since when its oldest line is due, and how much in euros, tax included."""

    due_date: date
    amount: Decimal


def is_for_sales(claim: LateClaim, *, today: date, last_run: date) -> bool:
    """Say whether sales are told today: it has become twenty days late since the last run, and is large."""
    return claim.amount > SALES_ABOVE and _got(SALES_DAYS, claim, today=today, last_run=last_run)


def is_for_manager(claim: LateClaim, *, today: date, last_run: date) -> bool:
    """Say whether credit managers are told today: it has become forty days late since the last run."""
    return _got(MANAGER_DAYS, claim, today=today, last_run=last_run)


def is_for_director(claim: LateClaim, *, today: date) -> bool:
    """Say whether it stands in the digest of the week: more than sixty days late."""
    return (today - claim.due_date).days > DIRECTOR_DAYS


def is_digest_due(*, today: date, last_run: date) -> bool:
    """Say whether the digest of the week is written today: it is the first run of its week, Monday to Sunday."""
    return last_run < today - timedelta(days=today.weekday())


def _got(days: int, claim: LateClaim, *, today: date, last_run: date) -> bool:
    reached = claim.due_date + timedelta(days=days)
    return last_run < reached <= today
