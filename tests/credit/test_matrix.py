"""The rows of the permission matrix that credit lives by, cell by cell, through the pages and through the API (P11).

What is expected is read from the table itself (`otc.roles`, held against RELIABILITY 2.1 by the guards): who, over
whose customers, and whether it takes effect or waits for another person.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership
from credit.models import CreditLimit, CreditRequest, Hold, HoldRelease, RequestState
from credit.permissions import (
    APPROVE_LIMIT,
    PROPOSE_LIMIT,
    PUT_ON_HOLD,
    RELEASE_ORDER,
    SEE_OPINIONS,
)
from credit.services import holds
from kernel.permissions import Cell, Reach, Verb
from ledger.models import Customer, CustomerAssignment, Entity
from ledger.permissions import SEE_CUSTOMERS
from otc import roles
from tests.cast import NOW, CustomerMaker, House
from tests.credit.asking import Cast, cast_of, open_step, to_decision
from tests.ledger.test_api import Api

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

WHOSE = ("own", "team", "assigned", "other")
REACHED = {
    Reach.ALL: set(WHOSE),
    Reach.OWN: {"own"},
    Reach.TEAM: {"own", "team"},
    Reach.ASSIGNED: {"assigned"},
}
NOTHING = "nothing"


@dataclass(frozen=True)
class Desk:
    """One person with his browser, and one customer of each kind: his, his team's, entrusted to him, of nobody."""

    cast: Cast
    role: str
    browser: Client
    customers: dict[str, Customer]

    @property
    def house(self) -> House:
        return self.cast.house


def cell_of(role: str, action: str) -> Cell | None:
    return roles.CELLS[(role, action)]


def expected(role: str, action: str, whose: str) -> str:
    """Return the letter the table holds for these customers, or that there is nothing."""
    cell = cell_of(role, action)
    if cell is None or whose not in REACHED[cell.reach]:
        return NOTHING
    return cell.verb.value


def seats(house: House, make_customer: CustomerMaker, cast: Cast, role: str) -> Desk:
    """Give a role its person and his four customers."""
    browser = house.client(role)
    with house.scope():
        person = Membership.objects.get(pk=house.member_known(role))
        colleague = Membership.objects.create(
            email=f"team.{role}@atelier.example", name="Team", manager=person, state="active"
        )
        customers = {
            whose: make_customer(house, f"{role}-{whose}".upper().replace("_", "-"))
            for whose in WHOSE
        }
        for customer in customers.values():
            CreditLimit.objects.create(
                customer=customer,
                amount=5000,
                currency="EUR",
                valid_from=NOW.date(),
                reason="Start",
            )
        keeper = "collector" if role == "collector" else "sales_rep"
        Customer.objects.filter(pk=customers["own"].pk).update(**{keeper: person})
        Customer.objects.filter(pk=customers["team"].pk).update(**{keeper: colleague})
        CustomerAssignment.objects.create(customer=customers["assigned"], membership=person)
    return Desk(cast, role, browser, customers)


def sees(desk: Desk, customer: Customer) -> str:
    found = desk.browser.get(f"/customers/{customer.code}").status_code == 200
    return Verb.READ.value if found else NOTHING


def reads_opinions(desk: Desk, customer: Customer) -> str:
    page = desk.browser.get("/credit/limits", {"q": customer.code})
    found = page.status_code == 200 and f"/customers/{customer.code}" in page.content.decode()
    return Verb.READ.value if found else NOTHING


def asks(desk: Desk, customer: Customer) -> str:
    until = timezone.localdate() + timedelta(days=60)
    desk.browser.post(
        f"/credit/requests/raise/{customer.code}",
        {"more": "2000", "until": until.isoformat(), "words": "Site"},
    )
    with desk.house.scope():
        found = CreditRequest.objects.filter(customer=customer).first()
        if found is None:
            return NOTHING
        assert found.state == RequestState.IN_CIRCUIT, "what is proposed takes no effect by itself"
    return Verb.PROPOSE.value


def holds_one(desk: Desk, customer: Customer) -> str:
    desk.browser.post(f"/credit/holds/place/{customer.pk}", {"reason": "Silence"})
    with desk.house.scope():
        hold = Hold.objects.filter(customer=customer).first()
    if hold is None:
        return NOTHING
    return Verb.PROPOSE.value if hold.state == "proposed" else Verb.DO.value


def releases(desk: Desk, customer: Customer) -> str:
    """Ask for a release; then try to grant one that somebody else asked for."""
    now, today = timezone.now(), timezone.localdate()
    manager, other = desk.cast.other_manager, desk.cast.analyst
    with desk.house.scope():
        Hold.objects.filter(customer=customer).delete()
        hold = holds.place_hold(
            holds.Wanted(customer, "Silence", falls_on=today), actor=manager, now=now, today=today
        )
    until = today + timedelta(days=5)
    said = {"reason": "Paid tomorrow", "until": until.isoformat()}
    desk.browser.post(f"/credit/holds/{hold.pk}/release", said)
    with desk.house.scope():
        asked = HoldRelease.objects.filter(hold=hold).exists()
        HoldRelease.objects.filter(hold=hold).delete()
        wanted = holds.ask_release(
            hold=hold, reason="Paid tomorrow", until=until, ceiling=None, is_final=False,
            actor=other if other.membership_id != desk.house.member_known(desk.role) else manager,
            now=now, today=today,
        )  # fmt: skip
    desk.browser.post(f"/credit/releases/{wanted.pk}", {"outcome": "grant", "words": "Agreed"})
    with desk.house.scope():
        wanted.refresh_from_db()
    if wanted.state == "granted":
        return Verb.APPROVE.value
    return Verb.PROPOSE.value if asked else NOTHING


PAGES: dict[str, Callable[[Desk, Customer], str]] = {
    SEE_CUSTOMERS: sees,
    SEE_OPINIONS: reads_opinions,
    PROPOSE_LIMIT: asks,
    PUT_ON_HOLD: holds_one,
    RELEASE_ORDER: releases,
}


def faults_on_pages(desk: Desk) -> Iterator[str]:
    for action, probe in PAGES.items():
        for whose, customer in desk.customers.items():
            found, wanted = probe(desk, customer), expected(desk.role, action, whose)
            if found != wanted:
                yield f"{desk.role} {action} {whose}: {found}, the table says {wanted}"


def test_every_cell_of_credit_holds_on_the_pages(
    house: House, make_customer: CustomerMaker
) -> None:
    cast = cast_of(house)
    faults = [
        fault
        for role in roles.COLLEAGUES
        for fault in faults_on_pages(seats(house, make_customer, cast, role))
    ]
    assert not faults, "\n".join(faults)


def test_only_who_approves_decides_about_a_limit(house: House) -> None:
    cast = cast_of(house)
    with house.scope():
        request = to_decision(cast)
        address = f"/credit/requests/{request.number}/steps/{open_step(request).position}"
    form = {"outcome": "as_asked", "words": "Agreed", "seen": request.revision}
    may = [role for role in roles.COLLEAGUES if cell_of(role, APPROVE_LIMIT)]
    assert Client().post(address, form).headers["Location"].startswith("/login")
    for role in sorted(roles.COLLEAGUES, key=lambda role: role in may):
        assert (house.client(role).post(address, form).status_code == 302) is (role in may), role
    with house.scope():
        request.refresh_from_db()
        assert request.state == RequestState.GRANTED


def test_who_is_no_colleague_meets_the_door(house: House, make_customer: CustomerMaker) -> None:
    with house.scope():
        customer = make_customer(house)
    for path in (
        f"/customers/{customer.code}", "/credit/limits", "/credit/requests", "/credit/holds", "/credit/ahead",
    ):  # fmt: skip
        assert Client().get(path).headers["Location"].startswith("/login")
    for path in (f"/credit/requests/raise/{customer.code}", f"/credit/holds/place/{customer.pk}"):
        assert Client().post(path, {}).headers["Location"].startswith("/login")


def api_letter(api: Api, action: str, customer: Customer, entity: str) -> str:
    """Return what a key does with a customer: the letter of the act, or nothing."""
    if action == SEE_CUSTOMERS:
        return "R" if api.get(f"customers/{customer.code}").status_code == 200 else NOTHING
    if action == SEE_OPINIONS:
        return "R" if api.get("credit-checks").status_code == 200 else NOTHING
    if action == PROPOSE_LIMIT:
        body = {"kind": "temporary", "customer": customer.code, "amount": "2000.00", "words": "Shop",
                "until": (timezone.localdate() + timedelta(days=60)).isoformat()}  # fmt: skip
        return "P" if api.post("credit-requests", body).status_code == 201 else NOTHING
    order = {"order_number": f"O-{customer.code}", "customer": customer.code, "entity": entity,
             "amount": "10.00", "stage": "order"}  # fmt: skip
    return "P" if api.post("credit-checks", order).status_code in {200, 201} else NOTHING


def test_every_cell_of_credit_holds_over_the_api(
    house: House, make_customer: CustomerMaker
) -> None:
    cast = cast_of(house)
    with house.scope():
        entity = Entity.objects.get(pk=house.entity_id).code
    faults = []
    for role in roles.COLLEAGUES:
        desk = seats(house, make_customer, cast, role)
        scopes = (SEE_CUSTOMERS, SEE_OPINIONS, PROPOSE_LIMIT, PUT_ON_HOLD)
        keyed, bare = Api(house, *scopes, role=role), Api(house, RELEASE_ORDER, role=role)
        for action in scopes:
            for whose, customer in desk.customers.items():
                wanted = expected(role, action, whose)
                if action == SEE_OPINIONS:  # a list: empty for who sees nobody's
                    wanted = "R" if cell_of(role, action) else NOTHING
                if wanted in "WA":
                    wanted = "P"  # a key causes, and takes no decision (S12)
                found = api_letter(keyed, action, customer, entity)
                if found != wanted:
                    faults.append(f"{role} {action} {whose}: {found}, the table says {wanted}")
                if api_letter(bare, action, customer, entity) != NOTHING:
                    faults.append(f"{role} {action} {whose}: done by a key without that scope")
    assert not faults, "\n".join(faults)
