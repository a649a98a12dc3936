"""A small ledger to chase: customers with lines, in the house of the cast."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from accounts.models import Tenant
from dunning.models import Pause, Reminder
from dunning.services.plan import PlanResult, plan_reminders
from kernel.permissions import Actor, system_actor
from ledger.models import Customer, Document, DocumentKind, DueLine
from tests.cast import House

TODAY = date(2026, 10, 29)  # a Thursday
NOW = datetime(2026, 10, 29, 8, 30, tzinfo=UTC)  # 9:30 in Paris, inside the send window


@dataclass
class Chase:
    """A house with documents to chase; every method opens the scope it needs."""

    house: House
    make_customer: Callable[..., Customer]

    def __post_init__(self) -> None:
        self._numbers = count(1)
        self._people: dict[str, Actor] = {}

    def person(self, role: str) -> Actor:
        """Return the person who holds `role`; the first call is made outside any scope."""
        if role not in self._people:
            self._people[role] = self.house.actor(role)
        return self._people[role]

    def settle_in(self) -> None:
        """Let the tenant be older than its first thirty days."""
        with self.house.scope():
            Tenant.objects.update(created_at=datetime(2025, 1, 1, tzinfo=UTC))

    def customer(self, code: str = "C001", **fields: Any) -> Customer:
        with self.house.scope():
            return self.make_customer(self.house, code=code, name=f"Client {code}", **fields)

    def line(
        self,
        customer: Customer,
        days_late: int,
        amount: str = "1000",
        *,
        kind: str = DocumentKind.INVOICE,
        currency: str = "EUR",
        today: date = TODAY,
        **fields: Any,
    ) -> DueLine:
        with self.house.scope():
            return self.add_line(
                customer, days_late, amount, kind=kind, currency=currency, today=today, **fields
            )

    def add_line(
        self,
        customer: Customer,
        days_late: int,
        amount: str = "1000",
        *,
        kind: str = DocumentKind.INVOICE,
        currency: str = "EUR",
        today: date = TODAY,
        **fields: Any,
    ) -> DueLine:
        """Add a document with one line, inside an open scope."""
        due_date = today - timedelta(days=days_late)
        document = Document.objects.create(
            entity_id=self.house.entity_id,
            customer=customer,
            kind=kind,
            number=f"F-{next(self._numbers):05d}",
            issue_date=due_date - timedelta(days=30),
            currency=currency,
            amount=Decimal(amount),
        )
        return DueLine.objects.create(
            document=document,
            due_date=due_date,
            contractual_due_date=due_date,
            amount=Decimal(amount),
            open_amount=Decimal(amount),
            entity_id=self.house.entity_id,
            customer=customer,
            kind=kind,
            issue_date=document.issue_date,
            currency=currency,
            **fields,
        )

    def plan(
        self, today: date = TODAY, *, opens_now: bool = True, now: datetime = NOW
    ) -> PlanResult:
        with self.house.scope():
            return plan_reminders(
                today=today, now=now, actor=system_actor(self.house.tenant_id), opens_now=opens_now
            )

    def reminders(self, **criteria: Any) -> list[Reminder]:
        with self.house.scope():
            return list(
                Reminder.objects.filter(**criteria)
                .select_related("step", "customer")
                .order_by("created_at", "id")
            )

    def pause(self, customer: Customer, days: int = 3) -> None:
        with self.house.scope():
            Pause.objects.create(
                customer=customer,
                reason="Inventory",
                from_date=TODAY,
                until_date=TODAY + timedelta(days=days),
            )

    def pay(self, line: DueLine, amount: str | None = None) -> None:
        with self.house.scope():
            row = DueLine.objects.get(pk=line.pk)
            row.open_amount -= Decimal(amount) if amount else row.open_amount
            row.is_open = bool(row.open_amount)
            row.save()


@pytest.fixture
def chase(house: House, make_customer: Callable[..., Customer]) -> Chase:
    """Return a house that has been at it for years, with a ledger to fill."""
    chase = Chase(house, make_customer)
    chase.settle_in()
    return chase
