"""Sales are told before a message leaves to a customer of theirs who is protected, and have until an hour to object.

Source: DOMAIN 1, R43 ("reminder leaves tomorrow 10:00, object by 18:00") and R24.
"""

from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from dunning.rules.calendar import is_working_day


class Care(StrEnum):
    """What is asked of whoever writes to a customer."""

    PROTECTED = "protected"
    DELICATE = "delicate"


SALES_OBJECTION = "sales_objection"
"""Why a message is held that sales object to."""

OBJECT_BY = time(18, 0)
TOLD_BY = time(12, 0)
"""Whoever is told later than this has until the evening of the next working day: half a day at least."""

ONE_DAY = timedelta(days=1)


def objection_deadline(told_at: datetime, *, zone: tzinfo, country: str) -> datetime:
    """Return until when sales may object to a message they are told of at `told_at`: 18:00 of a working day.

    `zone` and `country` are those of the people told, the tenant's.
    """
    local = told_at.astimezone(zone)
    day = local.date()
    if local.time() > TOLD_BY:
        day += ONE_DAY
    return datetime.combine(_working(day, country), OBJECT_BY, tzinfo=zone)


def _working(day: date, country: str) -> date:
    while not is_working_day(day, country=country):
        day += ONE_DAY
    return day


ESCALATION_HOURS = 24
"""So long has a manager to answer what his representative did not; then the question goes back to who asked."""


class Waiting(StrEnum):
    """With whom a question to sales lies."""

    REPRESENTATIVE = "representative"
    MANAGER = "manager"
    ASKER = "asker"


def waits_for(*, due_at: datetime, escalated_at: datetime | None, now: datetime) -> Waiting:
    """Return with whom an unanswered question should lie at `now`; `escalated_at` is when the manager got it.

    Its 48 hours over it goes to the manager, and after ESCALATION_HOURS of his back to the asker (R24).
    """
    if now < due_at:
        return Waiting.REPRESENTATIVE
    if escalated_at is None or now < escalated_at + timedelta(hours=ESCALATION_HOURS):
        return Waiting.MANAGER
    return Waiting.ASKER
