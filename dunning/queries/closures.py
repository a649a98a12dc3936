"""The sender's own days off, as the calendar asks for them."""

from datetime import date, timedelta

from dunning.models import Closure


def closed_days(*, since: date) -> frozenset[date]:
    """Return every day from `since` on, included, on which the company is closed."""
    rows = Closure.objects.filter(last_date__gte=since).values_list("first_date", "last_date")
    return frozenset(
        first + timedelta(days=number)
        for first, last in rows
        for number in range((last - first).days + 1)
    )
