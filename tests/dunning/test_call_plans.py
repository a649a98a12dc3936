"""A payment plan offered from the panel of a call: proposed by one person, over what is ticked, agreed by another."""

import pytest
from django.utils import timezone

from dunning.models import Instalment, PaymentPlan, Ruling
from ledger.models import Customer
from tests.dunning.conftest import Chase

pytestmark = pytest.mark.django_db

OFFER = {
    "plan_number": "3",
    "plan_rhythm": "fortnight",
    "plan_reason": "No budget before the year ends",
    "cause": "no_budget",
    "words": "He calls back on Monday",
}


def today() -> str:
    return timezone.localdate().isoformat()


def test_no_budget_opens_the_offer_beside_the_script(chase: Chase) -> None:
    chase.line(chase.customer(), 20)
    client = chase.house.client("credit_analyst")
    assert "<details open>" not in offer_of(client.get("/agenda/calls/C001").content.decode())
    page = client.get("/agenda/calls/C001?cause=no_budget").content.decode()
    assert "<details open>" in offer_of(page)
    assert 'formaction="/agenda/calls/C001/plan"' in page


def offer_of(page: str) -> str:
    return page.split('id="plan-offer"')[1].split("</details>", maxsplit=1)[0]


def test_the_ticked_items_are_proposed_in_instalments_for_another_to_agree(chase: Chase) -> None:
    customer = chase.customer()
    line, _other = chase.line(customer, 20, "1000"), chase.line(customer, 25, "55")
    client = chase.house.client("credit_analyst")
    given = OFFER | {"plan_first_date": today(), "due_line": str(line.pk)}
    answer = client.post("/agenda/calls/C001/plan", given)
    assert (answer.status_code, answer["Location"]) == (302, "/agenda/calls/C001?cause=no_budget")
    with chase.house.scope():
        plan = PaymentPlan.objects.get()
        assert (plan.amount, plan.ruling) == (1000, Ruling.PENDING)
        assert Instalment.objects.filter(plan=plan).count() == 3
    assert client.post("/agenda/calls/C001/plan", given).status_code == 422


@pytest.mark.parametrize(
    "wrong",
    [
        {"plan_number": "0"},
        {"plan_number": "x"},
        {"plan_first_date": "2031-02-31"},
        {"plan_first_date": "2031-01-01"},
        {"plan_reason": ""},
        {"due_line": ""},
        {"due_line": "nonsense"},
    ],
)
def test_a_wrong_offer_comes_back_with_what_was_typed(chase: Chase, wrong: dict[str, str]) -> None:
    line = chase.line(chase.customer(), 20)
    client = chase.house.client("credit_analyst")
    given = OFFER | {"plan_first_date": today(), "due_line": str(line.pk)} | wrong
    answer = client.post("/agenda/calls/C001/plan", given)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "He calls back on Monday" in page
    assert "<details open>" in offer_of(page)
    with chase.house.scope():
        assert not PaymentPlan.objects.exists()


def test_whoever_may_not_propose_plans_has_no_offer(chase: Chase) -> None:
    line = chase.line(chase.customer(), 20)
    given = OFFER | {"plan_first_date": today(), "due_line": str(line.pk)}
    for role in ("sales_rep", "cash_accountant", "executive"):
        answer = chase.house.client(role).post("/agenda/calls/C001/plan", given)
        assert answer.status_code in {403, 404}
    with chase.house.scope():
        assert Customer.objects.exists()
        assert not PaymentPlan.objects.exists()


def test_every_key_of_the_agenda_is_on_its_page(chase: Chase) -> None:
    chase.line(chase.customer(), 20)
    page = chase.house.client("credit_analyst").get("/agenda/calls/C001").content.decode()
    for key in "plnrdiem":
        assert f'data-key="{key}"' in page, key
