"""Documents for tests, recorded as a person would; amounts are given above zero and get the ledger's sign."""

from datetime import date
from decimal import Decimal
from typing import Any

from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import Allocation, Customer, Document, DocumentKind, DueLine, Entity
from ledger.services import NewDocument, NewLine, allocate, record_document
from tests.cast import TODAY, House


class Books:
    """The books of a house, open in its scope."""

    def __init__(self, house: House, actor: Actor) -> None:
        self.house = house
        self.actor = actor

    def record(
        self,
        customer: Customer,
        kind: DocumentKind,
        number: str,
        day: date,
        amount: Money,
        **more: Any,
    ) -> Document:
        new = NewDocument(
            entity=Entity.objects.get(pk=self.house.entity_id),
            customer=customer,
            kind=kind,
            number=number,
            issue_date=day,
            amount=amount,
            **more,
        )
        return record_document(new, actor=self.actor, today=TODAY)

    def invoice(
        self,
        customer: Customer,
        number: str,
        day: date,
        amount: str,
        *dues: date,
        currency: str = "EUR",
        **more: Any,
    ) -> DueLine:
        """Record an invoice with an equal instalment on each of `dues`; return its first line."""
        part = Decimal(amount) / max(1, len(dues))
        lines = tuple(NewLine(due, part) for due in dues)
        document = self.record(
            customer,
            DocumentKind.INVOICE,
            number,
            day,
            Money(Decimal(amount), currency),
            lines=lines,
            **more,
        )
        return first_line(document)

    def payment(
        self,
        customer: Customer,
        number: str,
        day: date,
        amount: str,
        *,
        currency: str = "EUR",
        **more: Any,
    ) -> DueLine:
        money = Money(-Decimal(amount), currency)
        return first_line(self.record(customer, DocumentKind.PAYMENT, number, day, money, **more))

    def credit_note(
        self, customer: Customer, number: str, day: date, amount: str, **more: Any
    ) -> DueLine:
        money = Money(-Decimal(amount), "EUR")
        return first_line(
            self.record(customer, DocumentKind.CREDIT_NOTE, number, day, money, **more)
        )

    def settle(
        self, debit: DueLine, credit: DueLine, amount: str, *, on: date = TODAY
    ) -> Allocation:
        money = Money(Decimal(amount), debit.currency)
        return allocate(
            debit_line=debit, credit_line=credit, amount=money, actor=self.actor, today=on
        )


def first_line(document: Document) -> DueLine:
    line: DueLine = document.due_lines.get(number=1)
    return line
