"""People who write texts, and customers to show them on."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from dunning.models import MessageText
from dunning.services import templates
from ledger.models import Customer, DocumentKind
from tests.cast import House
from tests.dunning.conftest import Chase

OURS: dict[str, Any] = {
    "subject": "Rappel : {{ total }}, {{ creditor.name }}",
    "preview": "{{ total }} à régler",
    "body": "<p>Bonjour {{ customer.name }},</p>\n{{ blocks.amount }}\n{{ blocks.items }}\n{{ blocks.signature }}",
    "blocks": ["button", "answers", "transfer", "code"],
}
"""A text that passes every check, as the form sends it."""


@dataclass
class Desk:
    """A house with an author, a publisher and a ledger."""

    chase: Chase
    author: Client
    publisher: Client
    customers: dict[str, Customer] = field(default_factory=dict)

    @property
    def house(self) -> House:
        return self.chase.house

    def seen(self, register: str = "courteous", language: str = "fr") -> str:
        with self.house.scope():
            return templates.stamp(self.draft(register, language))

    @staticmethod
    def draft(register: str = "courteous", language: str = "fr") -> MessageText:
        """Return the draft, inside an open scope."""
        return MessageText.objects.get(register=register, language=language, is_draft=True)

    def write(self, register: str = "courteous", language: str = "fr", **changes: Any) -> Any:  # noqa: ANN401  the answer of a test client
        """Open the draft and save these words in it, as the author; return the answer."""
        self.author.post(f"/templates/{register}/{language}/draft")
        data = {**OURS, **changes, "seen": self.seen(register, language)}
        return self.author.post(f"/templates/{register}/{language}", data)

    def show(self, register: str = "courteous", language: str = "fr") -> Any:  # noqa: ANN401  the answer of a test client
        return self.author.post(f"/templates/{register}/{language}/show")

    def publish(self, register: str = "courteous", language: str = "fr") -> Any:  # noqa: ANN401  the answer of a test client
        """Publish the draft as the second person; return the answer."""
        data = {"seen": self.seen(register, language)}
        return self.publisher.post(f"/templates/{register}/{language}/publish", data)

    def in_force(self, register: str = "courteous", language: str = "fr", **changes: Any) -> None:
        """Write, show and publish a text."""
        self.write(register, language, **changes)
        self.show(register, language)
        self.publish(register, language)


@pytest.fixture
def desk(chase: Chase) -> Desk:
    """Return a desk whose people read English, in a house whose customers owe: one with a credit note to net,
    one with several lines, one in pounds, one who reads English and two of one line."""
    author, publisher = chase.house.client("credit_analyst"), chase.house.client("credit_manager")
    User.objects.update(language="en")
    desk = Desk(chase, author, publisher)
    today = timezone.now().date()

    def owing(code: str, *lines: tuple[int, str], **fields: object) -> Customer:
        currency = str(fields.pop("currency", "EUR"))
        customer = chase.customer(code, **fields)
        for days_late, amount in lines:
            chase.line(customer, days_late, amount, currency=currency, today=today)
        desk.customers[code] = customer
        return customer

    owing("A-ONE", (12, "300"))
    credited = owing("B-CREDIT", (15, "900"))
    chase.line(credited, 10, "-100", kind=DocumentKind.CREDIT_NOTE, today=today)
    owing("C-MANY", (11, "400"), (13, "500"), (20, "600"))
    owing("D-POUNDS", (14, "700"), currency="GBP")
    owing("E-ENGLISH", (16, "800"), language="en")
    return desk
