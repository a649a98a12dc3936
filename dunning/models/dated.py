"""Rows that hold from a day to a day, and may be lifted early."""

from datetime import date
from typing import Self, TypeVar

from django.db import models
from django.db.models import Q

Row = TypeVar("Row", bound=models.Model)


class DatedQuerySet(models.QuerySet[Row]):
    """Chainable filters of what has `from_date`, `until_date` (included) and `ended_date` (that day counts no more)."""

    def in_force(self, day: date) -> Self:
        """Return what holds on `day`."""
        return self.not_over(day).filter(from_date__lte=day)

    def not_over(self, day: date) -> Self:
        """Return what holds on `day` or will later."""
        return self.filter(Q(ended_date=None) | Q(ended_date__gt=day), until_date__gte=day)
