"""The ledger over HTTP."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.look_ups import hashed
from accounts.models import ApiToken
from kernel.tenancy import tenant_scope
from ledger import permissions
from ledger.models import Customer, Document
from tests.cast import NOW, CustomerMaker, House, make_house

ALL = [permissions.SEE_CUSTOMERS, permissions.EDIT_CUSTOMER, permissions.IMPORT_LEDGER]
INVOICE = {
    "customer": "C001",
    "kind": "invoice",
    "number": "F-1",
    "issue_date": "2026-09-01",
    "amount": "120.00",
    "due_lines": [{"due_date": "2026-10-01", "amount": "120.00"}],
}


Answer = Any  # Django's test response


class Api:
    """A client of the API with a token of one owner."""

    def __init__(self, house: House, *scopes: str, role: str = "credit_manager") -> None:
        self.secret = f"secret-of-{house.slug}-{role}-{len(scopes)}"
        owner_id = house.member(role)
        with house.scope():
            ApiToken.objects.create(
                name="Books",
                owner_id=owner_id,
                prefix="books",
                secret_hash=hashed(self.secret),
                scopes=list(scopes),
                expires_at=NOW + timedelta(days=300),
            )

    def get(self, path: str, **query: str) -> Answer:
        return Client().get(f"/api/v1/{path}", query, headers=self.headers())

    def post(self, path: str, body: dict[str, Any], key: str = "") -> Answer:
        return Client().post(
            f"/api/v1/{path}",
            json.dumps(body),
            content_type="application/json",
            headers=self.headers(key),
        )

    def headers(self, key: str = "") -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.secret}",
            **({"Idempotency-Key": key} if key else {}),
        }


@pytest.fixture
def api(house: House) -> Api:
    return Api(house, *ALL)


@pytest.fixture
def customer(house: House, make_customer: CustomerMaker) -> Customer:
    with house.scope():
        return make_customer(house)


def test_a_call_without_a_token_is_told_to_bring_one(house: House) -> None:
    answer = Client().get("/api/v1/customers")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["code"] == "not_authenticated"


def test_a_tokens_tenant_is_the_only_one_it_sees(
    api: Api, customer: Customer, other_house: House, make_customer: CustomerMaker
) -> None:
    with other_house.scope():
        make_customer(other_house, code="X9", name="Somebody else's")
    assert [row["code"] for row in api.get("customers").json()["results"]] == ["C001"]
    assert api.get("customers/X9").status_code == 404
    assert api.get("customers/NONE").json() == api.get("customers/X9").json()


def test_a_document_and_its_payment_are_recorded_and_allocated(
    api: Api, customer: Customer, house: House
) -> None:
    body = {**INVOICE, "entity": house.slug.upper()}
    assert api.post("documents", body).status_code == 201
    payment = {
        "entity": body["entity"],
        "customer": "C001",
        "kind": "payment",
        "number": "P-1",
        "issue_date": "2026-10-05",
        "amount": "50.00",
        "linked_document": "F-1",
    }
    answer = api.post("documents", payment)
    assert answer.status_code == 201, answer.content
    assert answer.json()["amount"] == "-50.00"
    invoice = api.get("documents", number="F-1").json()["results"][0]
    assert invoice["due_lines"][0]["open_amount"] == "70.00"
    (allocation,) = api.get("allocations").json()["results"]
    assert (allocation["debit"], allocation["amount"], allocation["effective_date"]) == (
        "F-1",
        "50.00",
        "2026-10-05",
    )


def test_a_refusal_is_a_problem_document_and_leaves_nothing(
    api: Api, customer: Customer, house: House
) -> None:
    body = {**INVOICE, "entity": house.slug.upper(), "amount": "100.00"}
    answer = api.post("documents", body)
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "document_refused"
    with house.scope():
        assert not Document.objects.exists()


def test_a_token_without_the_scope_is_refused(house: House, customer: Customer) -> None:
    reader = Api(house, permissions.SEE_CUSTOMERS)
    assert reader.post("documents", {**INVOICE, "entity": house.slug.upper()}).status_code == 403


def test_a_token_never_holds_more_than_its_owner(house: House, customer: Customer) -> None:
    rep = Api(house, *ALL, role="sales_rep")
    assert rep.get("customers").json()["results"] == []
    assert rep.post("documents", {**INVOICE, "entity": house.slug.upper()}).status_code == 403


def test_the_same_key_gets_the_same_answer(api: Api, customer: Customer, house: House) -> None:
    body = {**INVOICE, "entity": house.slug.upper()}
    first = api.post("documents", body, key="k-1")
    again = api.post("documents", body, key="k-1")
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    other = api.post("documents", {**body, "number": "F-2"}, key="k-1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


@pytest.mark.django_db(transaction=True)
def test_sixteen_requests_at_once_make_one_document(make_customer: CustomerMaker) -> None:
    house = make_house("foule", "Foule Fictive SA")
    api = Api(house, *ALL)
    with tenant_scope(house.tenant_id):
        make_customer(house)
    body = {**INVOICE, "entity": "FOULE"}

    def send(_: int) -> tuple[int, str]:
        try:
            answer = api.post("documents", body, key="crowd")
            return answer.status_code, answer.json()["id"]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        answers = set(threads.map(send, range(16)))
    assert len(answers) == 1
    with tenant_scope(house.tenant_id):
        assert Document.objects.count() == 1


def test_a_list_pages_by_cursor(api: Api, house: House, make_customer: CustomerMaker) -> None:
    with house.scope():
        for number in range(5):
            make_customer(house, code=f"C{number}", name=f"Client {number}")
    first = api.get("customers", page_size="2").json()
    assert len(first["results"]) == 2
    assert "cursor=" in first["next"]
