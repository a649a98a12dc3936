"""Requests for credit over HTTP: a program asks, a person decides."""

import pytest

from credit.models import CreditRequest
from credit.permissions import APPROVE_LIMIT, PROPOSE_LIMIT
from ledger.permissions import SEE_CUSTOMERS
from tests.cast import House
from tests.credit.asking import SIREN, asked, cast_of, terms
from tests.ledger.test_api import Api

pytestmark = pytest.mark.django_db


def body(**changes: object) -> dict[str, object]:
    return {
        "kind": "opening",
        "name": "Menuiserie Kerlann",
        "siren": SIREN,
        "scope": "/FR/ATELIER/NORD/",
        "amount": "80000.00",
        "terms": "30FDM",
        "words": "Asked by the web shop",
        **changes,
    }


def test_a_program_asks_and_reads_where_it_stands(house: House) -> None:
    api = Api(house, PROPOSE_LIMIT)
    with house.scope():
        terms()
    made = api.post("credit-requests", body())
    assert made.status_code == 201, made.content
    found = api.get(f"credit-requests/{made.json()['number']}").json()
    assert (found["state"], found["asked_amount"]) == ("in_circuit", "80000.00")
    assert [step["state"] for step in found["steps"]][:2] == ["open", "waiting"]
    assert found["requested_by"] == "credit.manager@atelier.example"
    assert len(api.get("credit-requests").json()["results"]) == 1


def test_the_same_request_twice_is_made_once(house: House) -> None:
    api = Api(house, PROPOSE_LIMIT)
    with house.scope():
        terms()
    first = api.post("credit-requests", body(), key="shop-1")
    again = api.post("credit-requests", body(), key="shop-1")
    assert first.json()["number"] == again.json()["number"]
    with house.scope():
        assert CreditRequest.objects.count() == 1


def test_no_token_decides(house: House) -> None:
    api = Api(house, PROPOSE_LIMIT, APPROVE_LIMIT)
    cast = cast_of(house)
    with house.scope():
        request = asked(cast)
    for path in (f"credit-requests/{request.number}/decide", f"credit-requests/{request.number}"):
        assert api.post(path, {"outcome": "as_asked"}).status_code in {403, 404, 405}


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("credit_manager", 201),
        ("credit_analyst", 201),
        ("sales_rep", 201),
        ("sales_director", 201),
        ("collector", 403),
        ("cash_accountant", 403),
        ("dispute_resolver", 403),
        ("executive", 403),
        ("tenant_admin", 403),
        ("agency", 403),
    ],
)
def test_who_may_propose_by_the_api(house: House, role: str, status: int) -> None:
    with house.scope():
        terms()
    assert (
        Api(house, PROPOSE_LIMIT, role=role).post("credit-requests", body()).status_code == status
    )


def test_without_the_scope_nothing_is_asked(house: House) -> None:
    assert Api(house, SEE_CUSTOMERS).post("credit-requests", body()).status_code == 403


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"siren": "732829321"}, "request_refused"),
        ({"currency": "USD"}, "request_refused"),
        ({"kind": "temporary"}, "request_refused"),
        ({"amount": "0"}, "request_refused"),
        ({"name": ""}, "invalid_request"),
        ({"kind": "review"}, "invalid_request"),
    ],
)
def test_bad_input_is_refused_in_words(house: House, changes: dict[str, str], code: str) -> None:
    with house.scope():
        terms()
    answer = Api(house, PROPOSE_LIMIT).post("credit-requests", body(**changes))
    assert answer.json()["code"] == code
    with house.scope():
        assert not CreditRequest.objects.exists()
