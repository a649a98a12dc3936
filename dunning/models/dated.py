"""Rows that hold from a day to a day, and may be lifted early."""

from datetime import date
from typing import Self, TypeVar

from django.db import models
from django.db.models import Q

Row = TypeVar("Row", bound=models.Model)


class DatedQuerySet(models.QuerySet[Row]):
    """Chainable filters of what has `from_date`, `until_date` and `ended_date`.

    The first two are included, an empty `until_date` has no end; the day of `ended_date` counts no more.
    """

    def in_force(self, day: date) -> Self:
        """Return what holds on `day`."""
        return self.not_over(day).filter(from_date__lte=day)

    def not_over(self, day: date) -> Self:
        """Return what holds on `day` or will later."""
        is_lifted = Q(ended_date__isnull=False, ended_date__lte=day)
        return self.exclude(is_lifted).filter(Q(until_date=None) | Q(until_date__gte=day))
