"""Work on the agenda's pages: order and reasons, bulk confirmation, calls with and without a task, questions."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import AuditEvent, Membership, User
from disputes.models import Dispute
from dunning.models import AdviceOverride, ContactReport, FollowUp, Promise, Reminder
from dunning.rules.outbox import State
from dunning.services.learning import learn
from ledger.models import Contact, Customer, CustomerAssignment, TimelineEntry
from tests.cast import House
from tests.dunning.conftest import Chase

NOW = datetime.now(UTC)  # a page works on the day it is asked
TODAY = NOW.date()
AGENDA_QUERIES = 70  # the page, its frame and the work in hand


@pytest.fixture
def manager(house: House) -> Client:
    client = house.client("credit_manager")
    User.objects.update(language="en")
    return client


def call_of(chase: Chase, code: str = "C001", amount: str = "4000") -> Reminder:
    """Plan a call to a customer whose invoice is 22 days late."""
    customer = chase.customer(code)
    with chase.house.scope():
        Contact.objects.filter(customer=customer).update(phone="02 00 00 04 82")
    chase.line(customer, 22, amount, today=TODAY)
    chase.plan(TODAY, now=NOW)
    return next(row for row in chase.reminders() if row.customer_id == customer.pk)


def mails(chase: Chase, *amounts: str, currency: str = "EUR") -> list[Reminder]:
    """Plan e-mails that wait for a person."""
    for number, amount in enumerate(amounts):
        customer = chase.customer(f"M{currency}{number}")
        chase.line(customer, 12, amount, today=TODAY, currency=currency)
    chase.plan(TODAY, now=NOW)
    found = [row for row in chase.reminders() if row.channel == "email"]
    return sorted(found, key=lambda row: row.customer.code)


def text_of(client: Client, url: str) -> str:
    page = client.get(url)
    assert page.status_code == 200, page.content[:500]
    return page.content.decode()


def outcome(**facts: object) -> dict[str, object]:
    return {"outcome": "done", "cause": "payment_run", "words": "", **facts}


def test_every_row_says_why_it_stands_there(chase: Chase, manager: Client) -> None:
    call_of(chase)
    mails(chase, "900")
    text = text_of(manager, "/agenda")
    reasons = re.findall(r'<p class="why">([^<]*)</p>', text)
    assert len(reasons) == 2
    assert all(len(why.split(" · ")) >= 2 for why in reasons), reasons
    assert "22\xa0days overdue" in text
    assert "Priority" in text


def test_a_call_shows_number_script_items_and_form(chase: Chase, manager: Client) -> None:
    text = text_of(manager, f"/agenda/{call_of(chase).pk}")
    assert 'href="tel:0200000482"' in text
    assert 'class="script"' in text
    assert 'name="due_line"' in text
    assert 'name="cause"' in text
    assert "data-submit-key" in text


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("no_budget", "three payments: €2,000.00"),
        ("not_received", "To which address shall I send"),
        ("quality", "Take the complaint down"),
        ("already_paid", "advice of the transfer"),
    ],
)
def test_the_script_answers_the_cause_they_name(
    chase: Chase, manager: Client, cause: str, words: str
) -> None:
    """R31: "no budget" leads to a script with the offer of a payment plan."""
    text = text_of(manager, f"/agenda/{call_of(chase).pk}?cause={cause}")
    assert words in text
    assert f'<option value="{cause}" selected' in text


def test_a_call_is_saved_and_the_next_one_follows(
    house: House, chase: Chase, manager: Client
) -> None:
    first, second = call_of(chase), call_of(chase, "C002", "2000")
    answer = manager.post(f"/agenda/{first.pk}/call", outcome(words="Run on Friday"))
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/agenda/{second.pk}")
    with house.scope():
        assert Reminder.objects.get(pk=first.pk).state == State.DONE
        assert ContactReport.objects.get().cause == "payment_run"


def lines_of(house: House, reminder: Reminder) -> list[str]:
    with house.scope():
        return [str(each) for each in reminder.lines.values_list("due_line", flat=True)]


def test_a_promise_is_taken_down_with_its_lines(
    house: House, chase: Chase, manager: Client
) -> None:
    call = call_of(chase)
    typed = outcome(
        outcome="promise", cause="cash_shortage", promised_date="+7", promised_amount="1,500",
        due_line=lines_of(house, call),
    )  # fmt: skip
    assert manager.post(f"/agenda/{call.pk}/call", typed).status_code == 302
    with house.scope():
        promise = Promise.objects.get()
        assert (promise.amount, promise.promised_date) == (1500, TODAY + timedelta(days=7))


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"outcome": ""}, "Choose what came of the call"),
        ({"cause": ""}, "Say why it was not paid"),
        ({"outcome": "promise", "promised_date": ""}, "Write the day they promised to pay"),
        ({"outcome": "promise", "promised_date": "31/02"}, "is not a date of the calendar"),
        ({"outcome": "promise", "promised_date": "+90"}, "A promise reaches from"),
        ({"outcome": "promise", "promised_date": "+3", "promised_amount": "a lot"}, "cannot be read as an amount"),
        ({"outcome": "promise", "promised_date": "+3", "promised_amount": "90000"}, "is too much"),
        ({"outcome": "promise", "promised_date": "+3", "due_line": []}, "Choose the invoices"),
        ({"outcome": "dispute", "cause": "forgotten"}, "contests: the price"),
        ({"outcome": "dispute", "cause": "price", "disputed_amount": "9000"}, "is too much"),
        ({"outcome": "call_back", "back_date": ""}, "Write the day on which they want to be called"),
        ({"outcome": "call_back", "back_date": "+1", "back_time": "tea"}, "is not an hour"),
        ({"outcome": "call_back", "back_date": "-3"}, "lies ahead"),
    ],
)  # fmt: skip
def test_what_is_refused_comes_back_in_a_sentence_with_all_that_was_typed(
    house: House, chase: Chase, manager: Client, typed: dict[str, object], sentence: str
) -> None:
    call = call_of(chase)
    sent = outcome(words="Word for word, 4 %", due_line=lines_of(house, call)) | typed
    answer = manager.post(f"/agenda/{call.pk}/call", sent)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in text
    assert "Word for word, 4 %" in text
    for name in ("promised_date", "promised_amount", "disputed_amount", "back_time"):
        if typed.get(name):
            assert f'value="{typed[name]}"' in text
    with house.scope():
        assert Reminder.objects.get(pk=call.pk).state == State.PLANNED
        assert not ContactReport.objects.exists(), "nothing of a refused call is kept"


def test_nobody_answers_and_the_row_says_when_to_try_again(
    house: House, chase: Chase, manager: Client
) -> None:
    call, other = call_of(chase, amount="9000"), call_of(chase, "C002", "100")
    manager.post(f"/agenda/{call.pk}/call", {"outcome": "unreachable"})
    text = text_of(manager, "/agenda")
    assert "1 call in vain, again at" in text
    assert text.index("Client C002") < text.index("Client C001"), "it waits behind the others"
    with house.scope():
        assert Reminder.objects.get(pk=call.pk).state == State.PLANNED
        assert Reminder.objects.get(pk=other.pk).state == State.PLANNED


def test_a_call_back_stands_on_the_agenda_of_its_day(
    house: House, chase: Chase, manager: Client
) -> None:
    call = call_of(chase)
    manager.post(
        f"/agenda/{call.pk}/call",
        outcome(outcome="call_back", back_date="+3", back_time="14 h 30", words="Ask for Ana"),
    )
    assert "Ask for Ana" not in re.sub(
        r"(?s)<ol class=.timeline.*?</ol>", "", text_of(manager, "/agenda")
    )
    text = text_of(manager, "/agenda?view=week")
    assert "Call back asked for" in text
    with house.scope():
        follow_up = FollowUp.objects.get()
    local = follow_up.due_at.astimezone()
    assert local.minute == 30
    answer = manager.post(f"/agenda/follow-ups/{follow_up.pk}", outcome(cause="forgotten"))
    assert answer.status_code == 302
    with house.scope():
        assert not FollowUp.objects.still_open().exists()
    assert manager.get(f"/agenda/follow-ups/{follow_up.pk}").status_code == 404


def test_a_call_without_a_task_is_logged(house: House, chase: Chase, manager: Client) -> None:
    customer = chase.customer("FREE")
    line = chase.line(customer, 2, "300", today=TODAY)
    assert "Client FREE" in text_of(manager, "/agenda/calls?q=free")
    assert "No customer of yours" in text_of(manager, "/agenda/calls?q=nobody")
    assert line.document.number in text_of(manager, "/agenda/calls/FREE")
    typed = outcome(outcome="dispute", cause="price", due_line=[str(line.pk)], words="Too dear")
    assert manager.post("/agenda/calls/FREE", typed).status_code == 302
    with house.scope():
        assert Dispute.objects.get().type == "price"
        assert TimelineEntry.objects.filter(text_code="dunning.call_logged").exists()


def test_a_call_is_not_closed_past_its_form(house: House, chase: Chase, manager: Client) -> None:
    call = call_of(chase)
    refused = manager.post(f"/agenda/{call.pk}/close", {"outcome": "done"})
    assert refused.status_code == 422
    assert 'data-refusal="call_without_cause"' in refused.content.decode()
    with house.scope():
        assert Reminder.objects.get(pk=call.pk).state == State.PLANNED


def ticked(*reminders: Reminder) -> list[str]:
    return [f"{row.pk}:{row.amount}" for row in reminders]


def confirmed(house: House) -> set[UUID]:
    with house.scope():
        return set(Reminder.objects.filter(state=State.READY).values_list("pk", flat=True))


def test_ticked_reminders_leave_with_one_event_and_their_totals_by_currency(
    house: House, chase: Chase, manager: Client
) -> None:
    rows = [*mails(chase, "900", "1200")]
    rows = mails(chase, "500", currency="USD")
    assert len(rows) == 3
    page = manager.post("/agenda/confirm", {"reminder": ticked(*rows)}, follow=True)
    text = page.content.decode()
    assert "3 reminders confirmed. €2,100.00, $500.00" in text
    assert confirmed(house) == {row.pk for row in rows}
    with house.scope():
        assert AuditEvent.objects.filter(action="dunning.confirm_reminders").count() == 1


def test_what_changed_since_it_was_shown_is_not_confirmed(
    house: House, chase: Chase, manager: Client
) -> None:
    same, changed, gone = mails(chase, "900", "1200", "700")
    shown = ticked(same, changed, gone)
    with house.scope():
        Reminder.objects.filter(pk=changed.pk).update(amount=200)
        Reminder.objects.filter(pk=gone.pk).update(state=State.HELD, held_reason="by_person")
    text = manager.post("/agenda/confirm", {"reminder": shown}, follow=True).content.decode()
    assert confirmed(house) == {same.pk}
    assert "1 reminder confirmed." in text
    assert f"{changed.customer.name} now asks for €200.00 instead of €1,200.00" in text
    assert f"{gone.customer.name} no longer waits" in text


def test_all_of_one_step_are_confirmed_as_they_were_seen(
    house: House, chase: Chase, manager: Client
) -> None:
    late = mails(chase, "900", "1200")
    chase.line(chase.customer("EARLY"), 5, "800", today=TODAY)
    chase.plan(TODAY, now=NOW)
    text = text_of(manager, "/agenda")
    steps = re.findall(r'name="step" value="([^"]+)"', text)
    assert len(steps) == 2
    of_late = next(step for step in steps if step.startswith(str(late[0].step_id)))
    manager.post("/agenda/confirm", {"step": of_late})
    assert confirmed(house) == {row.pk for row in late}
    refused = manager.post("/agenda/confirm", {"step": of_late})
    assert refused.status_code == 422
    assert 'data-refusal="list_changed"' in refused.content.decode()


def test_a_yes_to_all_holds_for_what_was_shown(house: House, chase: Chase, manager: Client) -> None:
    mails(chase, "900", "1200")
    every = re.findall(r'name="every" value="([^"]+)"', text_of(manager, "/agenda"))[0]
    with house.scope():
        Reminder.objects.filter(amount=900).update(amount=950)
    refused = manager.post("/agenda/confirm", {"every": every})
    assert refused.status_code == 422
    assert "€2,150.00" in refused.content.decode() or "2150" in refused.content.decode()
    assert confirmed(house) == set()
    every = re.findall(r'name="every" value="([^"]+)"', text_of(manager, "/agenda"))[0]
    manager.post("/agenda/confirm", {"every": every})
    assert len(confirmed(house)) == 2


@pytest.mark.parametrize(
    "value", ["", "x", "not-an-id:12", "00000000-0000-0000-0000-000000000000:1"]
)
def test_nonsense_ticked_confirms_nothing(
    house: House, chase: Chase, manager: Client, value: str
) -> None:
    mails(chase, "900")
    assert manager.post("/agenda/confirm", {"reminder": value}).status_code == 302
    assert manager.post("/agenda/confirm", {"step": value or "x"}).status_code == 422
    assert confirmed(house) == set()


def test_somebody_does_otherwise_than_advised_and_says_why(
    house: House, chase: Chase, manager: Client
) -> None:
    call = call_of(chase)
    text = text_of(manager, f"/agenda/{call.pk}")
    assert "Advised: Call" in text
    assert "It is the step of the scenario" in text
    refused = manager.post(f"/agenda/{call.pk}/override", {"chosen": "email", "cause": ""})
    assert refused.status_code == 422
    refused = manager.post(f"/agenda/{call.pk}/override", {"chosen": "email", "cause": "other"})
    assert "for another one write it in the note" in refused.content.decode()
    manager.post(
        f"/agenda/{call.pk}/override", {"chosen": "email", "cause": "relationship", "words": "Fair"}
    )
    with house.scope():
        override = AdviceOverride.objects.get()
        assert (override.advised, override.chosen, override.cause) == (
            "call",
            "email",
            "relationship",
        )
        assert Reminder.objects.get(pk=call.pk).state == State.PLANNED, "advice sends nothing"
        assert TimelineEntry.objects.filter(text_code="dunning.otherwise_relationship").exists()
    assert "The relationship asks for another tone" in text_of(manager, f"/agenda/{call.pk}")


def test_a_number_is_asked_for_where_none_is_known(chase: Chase, manager: Client) -> None:
    call = call_of(chase)
    with chase.house.scope():
        Contact.objects.update(phone="")
    text = text_of(manager, f"/agenda/{call.pk}")
    assert "No telephone number is known" in text
    assert "Add a telephone number" in text


def test_sales_is_asked_and_answers(house: House, chase: Chase, manager: Client) -> None:
    call = call_of(chase)
    rep = house.client("sales_rep")
    User.objects.update(language="en")
    refused = manager.post("/agenda/calls/C001/ask", {"words": "What was agreed?"})
    assert "no sales representative" in refused.content.decode()
    with house.scope():
        Customer.objects.update(sales_rep=house.member_known("sales_rep"))
    assert manager.post("/agenda/calls/C001/ask", {"words": " "}).status_code == 422
    manager.post("/agenda/calls/C001/ask", {"words": "What was agreed?"})
    assert manager.post("/agenda/calls/C001/ask", {"words": "Again"}).status_code == 422
    assert "What was agreed?" in text_of(rep, "/questions")
    assert "What was agreed?" not in text_of(manager, "/questions")
    with house.scope():
        question = FollowUp.objects.get()
        assert question.due_at - question.opened_at == timedelta(hours=48)
    assert manager.post(f"/questions/{question.pk}", {"words": "I"}).status_code == 404
    assert rep.post(f"/questions/{question.pk}", {"words": ""}).status_code == 422
    rep.post(f"/questions/{question.pk}", {"words": "Sixty days, by letter"})
    assert "Sixty days, by letter" in text_of(manager, f"/agenda/{call.pk}")
    assert "No question waits" in text_of(rep, "/questions")


def test_a_question_nobody_answers_reaches_the_manager_of_the_rep(
    house: House, chase: Chase, manager: Client
) -> None:
    call_of(chase)
    house.client("sales_rep")
    director = house.client("sales_director")
    User.objects.update(language="en")
    with house.scope():
        rep = house.member_known("sales_rep")
        Membership.objects.filter(pk=rep).update(manager=house.member_known("sales_director"))
        Customer.objects.update(sales_rep=rep)
    manager.post("/agenda/calls/C001/ask", {"words": "What was agreed?"})
    assert "What was agreed?" not in text_of(director, "/questions")
    with house.scope():
        FollowUp.objects.update(due_at=NOW - timedelta(hours=1))
    assert "What was agreed?" in text_of(director, "/questions")


@pytest.mark.parametrize("role", ["sales_rep", "executive", "cash_accountant", "dispute_resolver"])
def test_who_may_not_chase_takes_no_call_down(house: House, chase: Chase, role: str) -> None:
    """Rows 17 and 19 of the matrix."""
    call = call_of(chase)
    client = house.client(role)
    for url in ("/agenda", f"/agenda/{call.pk}", "/agenda/calls", "/agenda/calls/C001"):
        assert client.get(url).status_code == 403
    for url in (f"/agenda/{call.pk}/call", "/agenda/calls/C001", f"/agenda/{call.pk}/override"):
        assert client.post(url, outcome()).status_code == 403
    assert client.post("/agenda/calls/C001/ask", {"words": "x"}).status_code == 403


def test_a_collector_works_on_his_own_portfolio_only(house: House, chase: Chase) -> None:
    call = call_of(chase)
    mine = call_of(chase, "MINE")
    client = house.client("collector")
    with house.scope():
        Customer.objects.filter(code="MINE").update(collector=house.member_known("collector"))
    text = text_of(client, "/agenda?view=all")
    assert "Client MINE" in text
    assert "Client C001" not in text
    for url in ("/agenda/calls/C001", f"/agenda/{call.pk}"):
        assert client.get(url).status_code == 404
    for url in (f"/agenda/{call.pk}/call", "/agenda/calls/C001", f"/agenda/{call.pk}/override"):
        assert client.post(url, outcome()).status_code == 404
    assert client.post(f"/agenda/{mine.pk}/call", outcome()).status_code == 302


def test_an_agency_sees_no_payment_behaviour(house: House, chase: Chase, manager: Client) -> None:
    """Row 2: the agency calls whom it was given, and reads neither class nor chances nor advice."""
    call = call_of(chase)
    agency = house.client("agency")
    User.objects.update(language="en")
    with house.scope():
        Customer.objects.update(risk_class="D")
        CustomerAssignment.objects.create(
            customer_id=call.customer_id, membership_id=house.member_known("agency")
        )
        learn(today=TODAY)
    seen, own = text_of(agency, f"/agenda/{call.pk}"), text_of(manager, f"/agenda/{call.pk}")
    assert "Client C001" in seen
    for words in ("class D", "Advised:", "Pays within 30 days", "Show the calculation"):
        assert words in own
        assert words not in seen


def test_another_tenant_finds_none_of_it(house: House, other_house: House, chase: Chase) -> None:
    call = call_of(chase)
    manager = house.client("credit_manager")
    manager.post(
        f"/agenda/{call.pk}/call",
        outcome(outcome="call_back", back_date="+1", back_time="9:00"),
    )
    with house.scope():
        follow_up = FollowUp.objects.get()
    client = other_house.client("credit_manager")
    assert "Client C001" not in text_of(client, "/agenda?view=all")
    for url in (f"/agenda/{call.pk}", "/agenda/calls/C001", f"/agenda/follow-ups/{follow_up.pk}"):
        assert client.get(url).status_code == 404
    for url in (
        f"/agenda/{call.pk}/call",
        "/agenda/calls/C001",
        f"/agenda/follow-ups/{follow_up.pk}",
    ):
        assert client.post(url, outcome()).status_code == 404


def test_causes_of_non_payment_are_counted_beside_the_aim(
    house: House, chase: Chase, manager: Client
) -> None:
    for code, cause in (("A", "cash_shortage"), ("B", "cash_shortage"), ("C", "unknown")):
        call = call_of(chase, code)
        manager.post(f"/agenda/{call.pk}/call", outcome(cause=cause))
    text = text_of(manager, "/agenda")
    assert "Short of cash" in text
    assert "67%" in text
    assert 'class="small warn"' in text, "a third of the contacts named no cause"


def test_promises_of_these_days_stand_below(house: House, chase: Chase, manager: Client) -> None:
    call = call_of(chase)
    typed = outcome(outcome="promise", promised_date="+2", due_line=lines_of(house, call))
    manager.post(f"/agenda/{call.pk}/call", typed)
    with house.scope():
        broken = Promise.objects.get()
    text = text_of(manager, "/agenda")
    assert "1 expected · 0 kept · 0 broken" in text
    with house.scope():
        Promise.objects.filter(pk=broken.pk).update(
            made_date=TODAY - timedelta(days=9),
            promised_date=TODAY - timedelta(days=6),
            deadline=TODAY - timedelta(days=2),
        )
    assert "0 expected · 0 kept · 1 broken" in text_of(manager, "/agenda")
    text = text_of(manager, "/agenda/calls/C001")
    assert "We expected €4,000.00 by" in text, "the call begins with the broken word"


def test_the_agenda_asks_the_same_number_of_questions_whatever_its_length(
    chase: Chase, manager: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    call_of(chase)
    mails(chase, "900")
    manager.get("/agenda")
    with django_assert_max_num_queries(AGENDA_QUERIES) as few:
        manager.get("/agenda?view=all")
    for number in range(9):
        chase.line(chase.customer(f"N{number}"), 22, "800", today=TODAY)
        chase.line(chase.customer(f"P{number}"), 12, "800", today=TODAY)
    chase.plan(TODAY, now=NOW)
    with django_assert_max_num_queries(AGENDA_QUERIES) as many:
        text = manager.get("/agenda?view=all").content.decode()
    assert text.count("data-row") == 20
    assert len(many) == len(few)
