"""An agency sees the lines entrusted to it and nothing else of their customer, whichever way it asks."""

from typing import Any

import pytest
from django.test import Client

from accounts.look_ups import hashed
from accounts.models import ApiToken
from dunning.models import AgencyMandate
from dunning.services.hand_overs import end_hand_over
from dunning.services.legal_round import run_legal_round
from kernel.permissions import Actor, system_actor
from ledger import permissions
from ledger.models import (
    CustomerAssignment,
    DocumentFile,
    DocumentFileKind,
    DueLine,
    LineAssignment,
)
from ledger.services.document_files import add_file
from tests.cast import House
from tests.dunning.conftest import NOW, TODAY, Chase
from tests.dunning.test_hand_overs import agent, collector, entrusted, manager, mandate, people
from tests.ledger.files import pdf

__all__ = ["agent", "collector", "manager", "mandate", "people"]


def kept_file(house: House, line: DueLine) -> DocumentFile:
    with house.scope():
        return add_file(
            document=line.document, name="x.pdf", content=pdf(str(line.pk)), kind=DocumentFileKind.COPY,
            actor=system_actor(house.tenant_id), now=NOW,
        )  # fmt: skip


def api(house: House, agent: Actor) -> Client:
    with house.scope():
        ApiToken.objects.create(
            name="k", owner_id=agent.membership_id or "", prefix="k", secret_hash=hashed("s"),
            scopes=[permissions.SEE_CUSTOMERS], expires_at=NOW.replace(year=NOW.year + 1),
        )  # fmt: skip
    return Client(headers={"Authorization": "Bearer s"})


def told(answer: Any) -> str:  # noqa: ANN401  Django's test response
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return str(content.decode())


def test_every_way_to_ask_shows_the_entrusted_line_and_not_its_neighbour(
    house: House,
    chase: Chase,
    mandate: AgencyMandate,
    people: tuple[Actor, Actor],
    agent: Actor,
) -> None:
    customer = chase.customer("C1")
    given, kept = chase.line(customer, 70, "5000"), chase.line(customer, 50, "654.32")
    hand_over = entrusted(house, customer, given, people, mandate)
    files = {line.pk: kept_file(house, line) for line in (given, kept)}
    numbers = (given.document.number, kept.document.number)
    client, machine = house.client("agency"), api(house, agent)
    lists = {
        "/items": client, "/items?state=all": client, "/items?format=csv": client,
        "/customers": client, "/customers?format=csv": client, f"/palette?q={numbers[1]}": client,
        "/palette?q=C1": client, "/agenda": client, "/agency": client, f"/agency/{hand_over.pk}": client,
        "/api/v1/documents": machine, "/api/v1/customers": machine, "/api/v1/document-files": machine,
        "/api/v1/allocations": machine,
    }  # fmt: skip
    for address, asks in lists.items():
        text = told(asks.get(address)).replace("\u202f", " ")
        assert numbers[1] not in text.replace(address, ""), address
        for total in ("654", "5654", "5 654", "5,654"):
            assert total not in text, f"{address} shows {total}"
    assert numbers[0] in told(client.get("/items"))
    assert numbers[0] in told(machine.get("/api/v1/documents"))
    for line, status in ((given, 200), (kept, 404)):
        assert client.get(f"/items/{line.document_id}").status_code == status
        assert client.get(f"/items/files/{files[line.pk].pk}").status_code == status
        assert machine.get(f"/api/v1/documents/{line.document_id}").status_code == status
    for address in ("", "?tab=history", "/statement.pdf"):
        assert client.get(f"/customers/C1{address}").status_code == 404
    with house.scope():
        end_hand_over(
            hand_over=hand_over, reason="Term over", actor=people[1], today=TODAY, now=NOW
        )
        assert not LineAssignment.objects.exists()
    assert client.get(f"/items/{given.document_id}").status_code == 404


def test_an_assignment_from_before_is_narrowed_by_the_nightly_round(
    house: House, chase: Chase, mandate: AgencyMandate, people: tuple[Actor, Actor]
) -> None:
    customer = chase.customer("C1")
    given, kept = chase.line(customer, 70, "5000"), chase.line(customer, 50, "600")
    entrusted(house, customer, given, people, mandate)
    with house.scope():
        LineAssignment.objects.all().delete()
        CustomerAssignment.objects.update(is_whole=True)
    assert house.client("agency").get(f"/items/{kept.document_id}").status_code == 200
    with house.scope():
        run_legal_round(today=TODAY, now=NOW)
    client = house.client("agency")
    assert client.get(f"/items/{kept.document_id}").status_code == 404
    assert client.get(f"/items/{given.document_id}").status_code == 200


@pytest.mark.parametrize("role", ["dispute_resolver"])
def test_a_resolver_still_sees_whole_customers(house: House, chase: Chase, role: str) -> None:
    line = chase.line(chase.customer("C1"), 50, "600")
    member = house.member(role)
    with house.scope():
        CustomerAssignment.objects.create(customer=line.customer, membership_id=member)
    assert house.client(role).get(f"/items/{line.document_id}").status_code == 200
