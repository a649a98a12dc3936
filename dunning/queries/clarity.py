"""How clear reminders were to those who read them, by step of a scenario and by register."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Q

from dunning.models import Clarity, Register

DAYS = 365


@dataclass(frozen=True, slots=True)
class ClearRate:
    """How many readers found it clear; `rate` is a fraction, None while nobody answered."""

    label: str
    offset_days: int
    answers: int
    clear: int

    @property
    def rate(self) -> Decimal | None:
        """The share of those who found it clear."""
        return Decimal(self.clear) / self.answers if self.answers else None


def clear_rates_of(scenario_id: UUID, *, today: date) -> tuple[ClearRate, ...]:
    """Return the answers of the last year to each written step of a scenario, in the order of its days."""
    rows = (
        Clarity.objects.filter(
            reminder__scenario_version__scenario=scenario_id,
            answered_at__date__gt=today - timedelta(days=DAYS),
        )
        .order_by()
        .values_list("reminder__step__offset_days", "reminder__step__register")
        .annotate(answers=Count("id"), clear=Count("id", filter=Q(is_clear=True)))
    )
    return _rates(rows)


def clear_rates_by_register(*, today: date) -> tuple[ClearRate, ...]:
    """Return the answers of the last year by register, over all scenarios."""
    rows = (
        Clarity.objects.filter(answered_at__date__gt=today - timedelta(days=DAYS))
        .order_by()
        .values_list("reminder__step__register")
        .annotate(answers=Count("id"), clear=Count("id", filter=Q(is_clear=True)))
    )
    return _rates((0, *row) for row in rows)


def _rates(rows: Iterable[tuple[int, str, int, int]]) -> tuple[ClearRate, ...]:
    labels = dict(Register.choices)
    found = (
        ClearRate(str(labels.get(register, register)), day, answers, clear)
        for day, register, answers, clear in rows
    )
    return tuple(sorted(found, key=lambda each: (each.offset_days, each.label)))
