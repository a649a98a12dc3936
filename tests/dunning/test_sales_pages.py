"""Pages of sales: what is about to leave, who is late, questions passed on, and who may ask for care."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import AuditEvent, Membership
from disputes.models import Dispute
from dunning.models import (
    ContactRule,
    DepartureNotice,
    FollowUp,
    Pause,
    Promise,
    Ruling,
    SideMail,
    SideMailKind,
)
from dunning.queries.questions import questions_asked, questions_for
from dunning.services.follow_ups import ask_sales, chase_questions, take_back_question
from ledger.models import Customer, TimelineEntry
from tests.cast import House
from tests.dunning.conftest import NOW, Chase
from tests.dunning.test_sales_notices import Sales, sales

__all__ = ["sales"]  # the fixture, made for the notices

HOURS = timedelta(hours=1)


def told(sales: Sales) -> str:
    sales.work()
    return str(sales.notice().pk)


# --- what is about to leave -----------------------------------------------------------------------------------------


def test_the_representative_sees_the_words_that_would_leave(sales: Sales) -> None:
    told(sales)
    page = sales.house.client("sales_rep").get("/departures")
    assert page.status_code == 200
    words = page.content.decode()
    assert "Client C001" in words
    assert "F-00001" in words


def test_the_representative_objects_and_the_collector_decides(sales: Sales) -> None:
    notice = told(sales)
    rep, collector = sales.house.client("sales_rep"), sales.house.client("collector")
    refused = rep.post(f"/departures/{notice}/object", {"words": " "})
    assert refused.status_code == 422
    assert rep.post(f"/departures/{notice}/object", {"words": "Contract"}).status_code == 302
    assert sales.reminder().held_reason == "sales_objection"
    agenda = collector.get("/agenda").content.decode()
    assert "Contract" in agenda
    panel = collector.get(f"/agenda/{sales.reminder().pk}").content.decode()
    assert "/objection" in panel
    url = f"/agenda/{sales.reminder().pk}/objection"
    assert collector.post(url, {"ruling": "maybe", "words": "x"}).status_code == 422
    assert collector.post(url, {"ruling": "cancelled", "words": "Fair"}).status_code == 302
    assert "Fair" in rep.get("/departures").content.decode()


def test_one_click_lets_it_go(sales: Sales) -> None:
    notice = told(sales)
    assert sales.house.client("sales_rep").post(f"/departures/{notice}/fine").status_code == 302
    assert sales.notice().answer == "fine"


def test_nobody_else_answers_for_a_representative(sales: Sales, other_house: House) -> None:
    notice = told(sales)
    for browser in (
        sales.house.client("collector"),
        sales.house.client("executive"),
        other_house.client("sales_rep"),
    ):
        assert browser.post(f"/departures/{notice}/fine").status_code in {403, 404}
    rep = sales.house.client("sales_rep")
    assert rep.post(f"/departures/{uuid4()}/fine").status_code == 404
    assert (
        rep.post(f"/agenda/{sales.reminder().pk}/objection", {"ruling": "let_go"}).status_code
        == 403
    )
    assert "Client C001" not in other_house.client("sales_rep").get("/departures").content.decode()


# --- care -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "status", "ruling"),
    [
        ("credit_manager", 302, Ruling.NOT_NEEDED),
        ("credit_analyst", 302, Ruling.NOT_NEEDED),
        ("collector", 302, Ruling.NOT_NEEDED),
        ("sales_rep", 302, Ruling.PENDING),
        ("sales_director", 403, None),
        ("cash_accountant", 403, None),
        ("executive", 403, None),
    ],
)
def test_finance_marks_and_sales_propose(
    chase: Chase, role: str, status: int, ruling: str | None
) -> None:
    rep, collector = chase.person("sales_rep"), chase.person("collector")
    customer = chase.customer(sales_rep_id=rep.membership_id, collector_id=collector.membership_id)
    browser = chase.house.client(role)
    given = {"kind": "delicate", "reason": "Careful", "until": ""}
    assert browser.post(f"/care/{customer.pk}", given).status_code == status
    with chase.house.scope():
        assert list(ContactRule.objects.values_list("ruling", flat=True)) == (
            [] if ruling is None else [ruling]
        )


def test_what_sales_propose_is_agreed_to_on_the_customers_page(chase: Chase) -> None:
    rep = chase.person("sales_rep")
    customer = chase.customer(sales_rep_id=rep.membership_id)
    chase.house.client("sales_rep").post(
        f"/care/{customer.pk}", {"kind": "protected", "reason": "Mine"}
    )
    manager = chase.house.client("credit_manager")
    page = manager.get(f"/customers/{customer.code}?tab=contacts").content.decode()
    assert "Mine" in page
    with chase.house.scope():
        rule = ContactRule.objects.get().pk
    url = f"/care/{customer.pk}/{rule}"
    assert manager.post(f"{url}/rule", {"answer": "yes"}).status_code == 302
    assert manager.post(f"{url}/end").status_code == 302
    with chase.house.scope():
        assert ContactRule.objects.get().ended_date is not None


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "rude", "reason": "x"},
        {"kind": "protected", "reason": ""},
        {"kind": "protected", "reason": "x", "until": "the day after"},
    ],
)
def test_care_that_means_nothing_is_refused(chase: Chase, given: dict[str, str]) -> None:
    customer = chase.customer()
    answer = chase.house.client("credit_manager").post(f"/care/{customer.pk}", given)
    assert answer.status_code == 422


# --- late customers -------------------------------------------------------------------------------------------------


@pytest.fixture
def late(chase: Chase) -> Customer:
    rep = chase.person("sales_rep")
    customer = chase.customer(sales_rep_id=rep.membership_id)
    chase.line(customer, 12)
    chase.line(chase.customer("C002"), 40)
    return customer


def day_ahead(browser: Client) -> str:
    page = browser.get("/late")
    return str(page.context["taps"][0].isoformat())


def test_a_representative_sees_his_late_customers_alone(chase: Chase, late: Customer) -> None:
    words = chase.house.client("sales_rep").get("/late").content.decode()
    assert "Client C001" in words
    assert "Client C002" not in words


def test_one_tap_proposes_a_promise_and_rests_the_chase(chase: Chase, late: Customer) -> None:
    rep = chase.house.client("sales_rep")
    assert rep.post(f"/late/{late.pk}/promised", {"tap": day_ahead(rep)}).status_code == 302
    with chase.house.scope():
        promise = Promise.objects.get()
        assert (promise.ruling, promise.source) == (Ruling.PENDING, "sales")
        assert Pause.objects.get().exclusion == "promised"


def test_a_call_is_noted_and_told(chase: Chase, late: Customer) -> None:
    rep = chase.house.client("sales_rep")
    assert rep.post(f"/late/{late.pk}/called", {"words": "They pay soon"}).status_code == 302
    with chase.house.scope():
        entry = TimelineEntry.objects.get(text_code="dunning.called_by_sales")
        assert entry.words == "They pay soon"
        assert AuditEvent.objects.filter(action="dunning.report_call_of_sales").exists()


def test_an_invoice_is_contested_in_one_tap(chase: Chase, late: Customer) -> None:
    rep = chase.house.client("sales_rep")
    line = str(rep.get("/late").context["rows"][0].lines[0].pk)
    url = f"/late/{late.pk}/contested"
    given = {"line": line, "type": "price", "words": "Too much"}
    assert rep.post(url, {**given, "line": "nonsense"}).status_code == 422
    assert rep.post(url, given).status_code == 302
    assert rep.post(f"/late/{late.pk}/promised", {"tap": day_ahead(rep)}).status_code == 422
    with chase.house.scope():
        assert Dispute.objects.get().amount == 1000


def test_other_roles_and_other_customers_are_refused(
    chase: Chase, late: Customer, other_house: House
) -> None:
    with chase.house.scope():
        other = Customer.objects.get(code="C002")
    rep = chase.house.client("sales_rep")
    assert rep.post(f"/late/{other.pk}/called").status_code == 404
    assert chase.house.client("executive").post(f"/late/{late.pk}/called").status_code == 403
    assert other_house.client("sales_rep").post(f"/late/{late.pk}/called").status_code == 404


# --- questions ------------------------------------------------------------------------------------------------------


@pytest.fixture
def question(chase: Chase) -> FollowUp:
    rep, collector = chase.person("sales_rep"), chase.person("collector")
    customer = chase.customer(sales_rep_id=rep.membership_id, collector_id=collector.membership_id)
    with chase.house.scope():
        return ask_sales(customer=customer, words="Is the site open?", actor=collector, now=NOW)


def kinds(chase: Chase) -> list[str]:
    with chase.house.scope():
        return sorted(SideMail.objects.values_list("kind", flat=True))


def test_a_question_goes_to_the_manager_then_back_to_the_collector(
    chase: Chase, question: FollowUp
) -> None:
    boss, collector = chase.person("sales_director"), chase.person("collector")
    with chase.house.scope():
        assert question.owner is not None
        Membership.objects.filter(pk=question.owner.pk).update(manager=boss.membership_id)
        assert chase_questions(now=NOW + 47 * HOURS) == 0
        assert chase_questions(now=NOW + 48 * HOURS) == 1
        assert chase_questions(now=NOW + 48 * HOURS) == 0
        assert questions_for(boss, now=NOW + 48 * HOURS).count() == 1
        assert chase_questions(now=NOW + 71 * HOURS) == 0
        assert chase_questions(now=NOW + 72 * HOURS) == 1
        assert chase_questions(now=NOW + 90 * HOURS) == 0
        (back,) = questions_asked(collector, now=NOW + 90 * HOURS)
        assert back.returned_at == NOW + 72 * HOURS
        take_back_question(question=back, words="I go there", actor=collector, now=NOW)
    assert kinds(chase) == sorted(
        [SideMailKind.QUESTION, SideMailKind.QUESTION_LATE, SideMailKind.QUESTION_BACK]
    )


def test_without_a_manager_it_comes_back_at_once(chase: Chase, question: FollowUp) -> None:
    with chase.house.scope():
        assert chase_questions(now=NOW + 48 * HOURS) == 1
        assert FollowUp.objects.get().returned_at is not None
    assert kinds(chase) == sorted([SideMailKind.QUESTION, SideMailKind.QUESTION_BACK])


def test_an_answer_ends_it_and_is_told_by_mail(chase: Chase, question: FollowUp) -> None:
    rep = chase.house.client("sales_rep")
    assert rep.post(f"/questions/{question.pk}", {"words": "Yes"}).status_code == 302
    with chase.house.scope():
        assert chase_questions(now=NOW + 100 * HOURS) == 0
    assert kinds(chase) == sorted([SideMailKind.QUESTION, SideMailKind.ANSWER])


def test_care_and_notices_stay_in_their_house(sales: Sales, other_house: House) -> None:
    told(sales)
    with other_house.scope():
        assert not ContactRule.objects.exists()
        assert not DepartureNotice.objects.exists()
        assert not SideMail.objects.exists()
