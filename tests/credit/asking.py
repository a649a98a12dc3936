"""A small cast for requests: a rep who asks, an analyst, two credit managers, and the steps between them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from accounts.models import Membership, Scope
from accounts.queries import actor_of
from credit.models import CreditRequest, RequestStep
from credit.services import requests
from credit.services.circuits import complete_step
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import Customer, Entity, PaymentTerms
from tests.cast import House

NOW = datetime(2026, 11, 17, 9, 0, tzinfo=UTC)  # a Tuesday
TODAY = date(2026, 11, 17)
SIREN = "732829320"


def euros(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


@dataclass(frozen=True)
class Cast:
    """The people of a house who ask for credit and decide about it."""

    house: House
    rep: Actor
    analyst: Actor
    manager: Actor
    other_manager: Actor


def cast_of(house: House) -> Cast:
    """Return the people, made outside any scope."""
    return Cast(
        house,
        house.actor("sales_rep"),
        house.actor("credit_analyst"),
        house.actor("credit_manager"),
        person(house, "credit_manager", "second.manager@atelier.example"),
    )


def person(house: House, role: str, email: str, *, path: str = "/") -> Actor:
    """Return another person who holds a role."""
    ident = house.member(role, email=email, path=path)
    with house.scope():
        actor = actor_of(ident)
    assert actor is not None
    return actor


def terms(code: str = "30FDM", days: int = 30, method: str = "then_end_of_month") -> PaymentTerms:
    """Return payment terms, made at the first call."""
    found, _is_new = PaymentTerms.objects.get_or_create(
        code=code, defaults={"label": code, "days": days, "method": method}
    )
    return found


def ask(house: House, **changes: Any) -> requests.Ask:
    """Return an account opening for a joinery company, 80,000 EUR; inside the house's scope."""
    values: dict[str, Any] = {
        "kind": "opening",
        "entity": Entity.objects.get(pk=house.entity_id),
        "portfolio": Scope.objects.get(pk=house.portfolio_id),
        "asked_amount": Decimal(80_000),
        "currency": "EUR",
        "name": "Menuiserie Kerlann",
        "siren": SIREN,
        "asked_terms": terms(),
        "words": "Signed quote, first delivery next week.",
        "grade": "C",
    }
    return requests.Ask(**{**values, **changes})


def asked(cast: Cast, actor: Actor | None = None, **changes: Any) -> CreditRequest:
    """Return a request that was sent into its circuit."""
    who = actor or cast.rep
    request = requests.draft(
        ask(cast.house, **changes),
        actor=who,
        now=NOW,
        today=TODAY,
        follows=changes.pop("follows", None),
    )
    return requests.submit(request=request, actor=who, now=NOW, today=TODAY)


def open_step(request: CreditRequest) -> RequestStep:
    """Return the first open step."""
    return request.steps.filter(state="open").order_by("number", "position")[0]


def end(request: CreditRequest, actor: Actor, outcome: str, **said: Any) -> CreditRequest:
    """End the request's first open step."""
    said.setdefault("now", NOW + timedelta(hours=1))
    return complete_step(step=open_step(request), outcome=outcome, actor=actor, today=TODAY, **said)


def to_decision(cast: Cast, **changes: Any) -> CreditRequest:
    """Return a request whose decision is open: the file is complete and analysed."""
    request = asked(cast, **changes)
    request = end(request, cast.analyst, "complete", words="All there but the bank details.")
    return end(
        request,
        cast.analyst,
        "favourable",
        amount=euros("60000"),
        words="Sound, cash is tight at the end of the year.",
    )


def member(actor: Actor) -> Membership:
    return Membership.objects.get(pk=ident(actor))


def customer_of(request: CreditRequest) -> Customer:
    request.refresh_from_db()
    customer: Customer | None = request.customer
    assert customer is not None
    return customer


def ident(actor: Actor) -> UUID:
    assert actor.membership_id is not None
    return actor.membership_id
