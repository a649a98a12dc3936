"""The first hour at which a message may leave: the recipient's window, his working days, the gap to other contacts."""

from collections.abc import Collection
from datetime import date, datetime

from dunning.rules.calendar import next_opening, zone_of
from dunning.rules.decision import next_free_date
from dunning.rules.policy import Policy


def departure(
    after: datetime,
    *,
    country: str,
    contact_dates: Collection[date],
    policy: Policy,
    closures: Collection[date] = (),
) -> tuple[datetime, date]:
    """Return the first instant from `after` at which a message may leave, in UTC, and the recipient's day then.

    It lies in the window, on a working day of `country` that is no day off of the sender (`closures`), and neither gap
    nor cap of contacts is broken.
    """
    zone = zone_of(country)
    leaves_at = next_opening(after, country=country, window=policy.window, closures=closures)
    while True:
        day = leaves_at.astimezone(zone).date()
        free = next_free_date(contact_dates, today=day, policy=policy)
        if free <= day:
            return leaves_at, day
        start_of_day = datetime.combine(free, policy.window.opens_at, tzinfo=zone)
        leaves_at = next_opening(
            start_of_day, country=country, window=policy.window, closures=closures
        )
