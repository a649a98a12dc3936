"""When a message leaves: inside the window of its recipient's country, and far enough from his other contacts."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from dunning.models import Reminder
from dunning.queries.closures import closed_days
from dunning.queries.facts import HEARD_STATES
from dunning.rules.calendar import next_opening, zone_of
from dunning.rules.departure import departure
from dunning.rules.policy import Policy
from dunning.rules.steps import Channel


def set_departure(
    reminder: Reminder,
    contacts: Sequence[date],
    *,
    now: datetime,
    policy: Policy,
    opens_now: bool = False,
    closures: Collection[date] | None = None,
) -> None:
    """Set when a reminder leaves and when its customer hears of it; `contacts` are the days of his others.

    `closures` are the sender's own days off, read anew when they are None.

    With `opens_now` a person answers for the hour: it leaves at once.
    """
    country = reminder.customer.country
    reminder.leaves_any_hour = opens_now
    if opens_now:
        reminder.leaves_at = now
        reminder.contact_date = reminder.business_date or now.astimezone(zone_of(country)).date()
        return
    reminder.leaves_at, reminder.contact_date = departure(
        now,
        country=country,
        contact_dates=contacts,
        policy=policy,
        closures=closed_days(since=_day_before(now)) if closures is None else closures,
    )


def _day_before(now: datetime) -> date:
    """Return a day that is over everywhere."""
    return now.date() - timedelta(days=1)


def is_out_of_hours(
    reminder: Reminder, *, now: datetime, policy: Policy, closures: Collection[date] = ()
) -> bool:
    """Say whether the window has closed on a message nobody let go at any hour: it rolls to the next opening."""
    if reminder.leaves_any_hour:
        return False
    country = reminder.customer.country
    return next_opening(now, country=country, window=policy.window, closures=closures) > now


def contact_dates(
    customers: Collection[UUID], *, except_reminder: UUID | None = None
) -> dict[UUID, list[date]]:
    """Return the days on which each customer heard, or will hear, of something."""
    rows = (
        Reminder.objects.filter(customer__in=customers, state__in=sorted(HEARD_STATES))
        .exclude(channel=Channel.DECISION)
        .values_list("customer_id", "contact_date", "pk")
    )
    found: dict[UUID, list[date]] = {}
    for customer_id, day, reminder_id in rows:
        if reminder_id != except_reminder:
            found.setdefault(customer_id, []).append(day)
    return found
