"""The pages of requests: who sees what, who may send what, and nothing typed is lost."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from credit.models import CharterJudgement, CreditRequest, RequestState
from credit.services import charter_drafts
from ledger.models import Customer
from tests.cast import CustomerMaker, House
from tests.credit.asking import (
    NOW,
    SIREN,
    TODAY,
    Cast,
    asked,
    cast_of,
    end,
    open_step,
    terms,
    to_decision,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(house: House) -> Cast:
    cast = cast_of(house)
    User.objects.update(language="en")  # the words below are those of the source
    return cast


def typed(house: House, **changes: object) -> dict[str, object]:
    with house.scope():
        known = terms()
    return {
        "kind": "opening",
        "name": "Menuiserie Kerlann",
        "siren": SIREN,
        "country": "FR",
        "portfolio": str(house.portfolio_id),
        "asked_amount": "80 000",
        "currency": "EUR",
        "asked_terms": str(known.pk),
        "words": "Devis signé",
        **changes,
    }


def test_a_rep_asks_and_follows_every_step(cast: Cast) -> None:
    browser = cast.house.client("sales_rep")
    assert browser.get(reverse("new_credit_request")).status_code == 200
    sent = browser.post(reverse("new_credit_request"), typed(cast.house))
    with cast.house.scope():
        found = CreditRequest.objects.get()
        assert found.state == RequestState.IN_CIRCUIT, sent.content.decode()[:3000]
        assert found.asked_amount == Decimal(80_000)
    page = browser.get(sent.headers["Location"])
    assert page.status_code == 200
    assert "Menuiserie Kerlann" in page.content.decode()
    assert browser.get(reverse("credit_requests")).status_code == 200


def test_a_siren_that_does_not_check_is_refused_with_all_that_was_typed(cast: Cast) -> None:
    browser = cast.house.client("sales_rep")
    answer = browser.post(reverse("new_credit_request"), typed(cast.house, siren="732829321"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "732829321" in page
    assert "Devis signé" in page
    assert "errsum" in page


def test_a_company_known_by_its_siren_is_opened_twice_only_on_purpose(
    cast: Cast, make_customer: CustomerMaker
) -> None:
    with cast.house.scope():
        make_customer(cast.house, "C001", "Kerlann Menuiserie", siren=SIREN)
    browser = cast.house.client("sales_rep")
    answer = browser.post(reverse("new_credit_request"), typed(cast.house))
    assert answer.status_code == 422
    assert "same SIREN" in answer.content.decode()
    again = browser.post(reverse("new_credit_request"), typed(cast.house, is_other_account="on"))
    assert again.status_code == 302


def test_the_rep_reads_no_opinion_and_the_analyst_does(cast: Cast) -> None:
    with cast.house.scope():
        request = to_decision(cast)
    url = reverse("credit_request", args=[request.number])
    assert "cash is tight" not in cast.house.client("sales_rep").get(url).content.decode()
    assert "cash is tight" in cast.house.client("credit_analyst").get(url).content.decode()


def test_the_credit_manager_decides_on_the_page_and_takes_it_back(cast: Cast) -> None:
    with cast.house.scope():
        request = to_decision(cast)
        step = open_step(request)
    browser = cast.house.client("credit_manager")
    url = reverse("credit_request", args=[request.number])
    page = browser.get(url).content.decode()
    assert "Record the decision" in page
    answer = browser.post(
        reverse("end_request_step", args=[request.number, step.position]),
        {
            "outcome": "conditions",
            "amount": "60 000",
            "words": "Prudence",
            "seen": request.revision,
        },
    )
    assert answer.status_code == 302, answer.content.decode()
    with cast.house.scope():
        request.refresh_from_db()
        assert request.state == RequestState.GRANTED
    browser.post(reverse("undo_request", args=[request.number]))
    with cast.house.scope():
        request.refresh_from_db()
        assert request.state == RequestState.IN_CIRCUIT


def test_a_stale_form_is_refused_without_losing_a_word(cast: Cast) -> None:
    with cast.house.scope():
        request = to_decision(cast)
        step = open_step(request)
    browser = cast.house.client("credit_manager")
    answer = browser.post(
        reverse("end_request_step", args=[request.number, step.position]),
        {"outcome": "refuse", "words": "Trop tendu en fin d’année", "seen": request.revision - 1},
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Trop tendu en fin d’année" in page
    assert "changed since" in page


def test_a_refused_decision_leaves_nothing_half_done(
    cast: Cast, make_customer: CustomerMaker
) -> None:
    with cast.house.scope():
        request = to_decision(cast, customer_code="C-77")
        step = open_step(request)
        make_customer(cast.house, "C-77", "Taken meanwhile")
    answer = cast.house.client("credit_manager").post(
        reverse("end_request_step", args=[request.number, step.position]),
        {"outcome": "as_asked", "words": "Fine", "seen": request.revision},
    )
    assert answer.status_code == 422
    with cast.house.scope():
        request.refresh_from_db()
        assert request.state == RequestState.IN_CIRCUIT
        assert open_step(request).pk == step.pk


def test_what_the_charter_refuses_stays_a_draft_with_its_article(cast: Cast) -> None:
    with cast.house.scope():
        long_terms = terms("90N", 90, "net")
        charter_in_force(cast)
    answer = cast.house.client("sales_rep").post(
        reverse("new_credit_request"),
        typed(cast.house, asked_terms=str(long_terms.pk)),
        follow=True,
    )
    page = answer.content.decode()
    assert "45" in page
    with cast.house.scope():
        assert CreditRequest.objects.get().state == RequestState.DRAFT
        assert CharterJudgement.objects.get().outcome == "refused"


def charter_in_force(cast: Cast) -> None:
    draft = charter_drafts.open_draft(actor=cast.analyst)
    charter_drafts.publish(
        seen=charter_drafts.stamp(draft), actor=cast.manager, today=TODAY, now=NOW
    )


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("tenant_admin", 404),
        ("credit_manager", 302),
        ("credit_analyst", 403),
        ("collector", 404),
        ("cash_accountant", 404),
        ("sales_rep", 403),
        ("sales_director", 404),
        ("dispute_resolver", 404),
        ("executive", 403),
        ("agency", 404),
    ],
)
def test_only_a_credit_manager_decides_by_the_form(cast: Cast, role: str, status: int) -> None:
    with cast.house.scope():
        request = to_decision(cast)
        step = open_step(request)
    answer = cast.house.client(role).post(
        reverse("end_request_step", args=[request.number, step.position]),
        {"outcome": "as_asked", "words": "x", "seen": request.revision},
    )
    assert answer.status_code == status, answer.content.decode()[:2000]


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("tenant_admin", 403),
        ("credit_manager", 302),
        ("credit_analyst", 302),
        ("collector", 403),
        ("cash_accountant", 403),
        ("sales_rep", 302),
        ("sales_director", 302),
        ("dispute_resolver", 403),
        ("executive", 403),
        ("agency", 403),
    ],
)
def test_who_may_propose_a_limit_by_the_form(house: House, role: str, status: int) -> None:
    answer = house.client(role).post(reverse("new_credit_request"), typed(house))
    assert answer.status_code == status


def test_the_other_tenant_sees_nothing(cast: Cast, other_house: House) -> None:
    with cast.house.scope():
        request = asked(cast)
    browser = other_house.client("credit_manager")
    assert browser.get(reverse("credit_request", args=[request.number])).status_code == 404


def test_a_rep_asks_for_his_own_customers_only(cast: Cast, make_customer: CustomerMaker) -> None:
    with cast.house.scope():
        customer = make_customer(cast.house)
        Customer.objects.filter(pk=customer.pk).update(sales_rep=cast.rep.membership_id)
        stranger = make_customer(cast.house, "C002", "Autre")
    browser = cast.house.client("sales_rep")
    url = reverse("new_credit_request")
    assert browser.get(f"{url}?customer={customer.code}").status_code == 200
    assert browser.get(f"{url}?customer={stranger.code}").status_code == 404


def raise_fields() -> dict[str, str]:
    return {"more": "20 000", "until": "2099-01-31", "words": "Chantier"}


def test_a_question_stops_the_clock_on_the_page(cast: Cast) -> None:
    with cast.house.scope():
        request = to_decision(cast)
    manager = cast.house.client("credit_manager")
    said = reverse("say_in_request", args=[request.number])
    manager.post(said, {"as": "question", "words": "Which site?"})
    rep: Client = cast.house.client("sales_rep")
    page = rep.get(reverse("credit_request", args=[request.number])).content.decode()
    assert "The clock stands still" in page
    rep.post(said, {"as": "answer", "words": "Brest"})
    with cast.house.scope():
        request.refresh_from_db()
        assert request.waiting_since is None
        assert [one.kind for one in request.messages.all()] == ["question", "answer"]


def test_every_page_opens(cast: Cast) -> None:
    browser = cast.house.client("credit_manager")
    for name in ("credit_requests", "circuits", "credit_authority", "new_credit_request"):
        assert browser.get(reverse(name)).status_code == 200, name
    browser.post(reverse("install_circuits"))
    assert browser.get(reverse("circuits")).status_code == 200
    assert browser.get(reverse("circuit", args=["openings"])).status_code == 200
    browser.post(reverse("open_circuit_draft", args=["openings"]))
    assert "Add a step" in browser.get(reverse("circuit", args=["openings"])).content.decode()
    admin = cast.house.client("tenant_admin")
    assert admin.get(reverse("credit_authority")).status_code == 200


def test_the_analysis_is_given_on_the_page(cast: Cast) -> None:
    with cast.house.scope():
        request = asked(cast)
        request = end(request, cast.analyst, "complete", words="x")
        step = open_step(request)
        revision = request.revision
    cast.house.client("credit_analyst").post(
        reverse("end_request_step", args=[request.number, step.position]),
        {
            "outcome": "favourable",
            "amount": "60 000",
            "insured": "50 000",
            "insured_quota": "90",
            "words": "Saine",
            "seen": revision,
        },
    )
    with cast.house.scope():
        request.refresh_from_db()
        assert (request.insured_amount, request.insured_quota) == (Decimal(50_000), Decimal("0.9"))
        assert open_step(request).kind == "decision"
