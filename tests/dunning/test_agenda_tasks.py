"""What the agenda shows of each kind of task: a call its script, a letter its text, a decision its facts."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from credit.models import CreditLimit
from dunning.documents import engine_problem
from dunning.models import Reminder, ReminderState
from dunning.rules.outbox import State
from dunning.rules.steps import Channel
from tests.cast import House
from tests.dunning.conftest import Chase

NOW = datetime.now(UTC)  # a page works on the day it is asked
TODAY = NOW.date()
SCRIPT = 'class="script"'


def task(chase: Chase, days_late: int) -> Reminder:
    """Plan the one task of a customer whose line is `days_late`."""
    chase.line(
        chase.customer(address="1 rue des Tests\n44000 Nantes"), days_late, "4000", today=TODAY
    )
    chase.plan(TODAY, now=NOW)
    (reminder,) = chase.reminders()
    return reminder


def shown(house: House, reminder: Reminder) -> str:
    page = house.client("credit_manager").get(f"/agenda/{reminder.pk}")
    assert page.status_code == 200
    return page.content.decode()


def test_a_call_shows_its_script_and_how_it_can_end(house: House, chase: Chase) -> None:
    call = task(chase, 22)
    assert call.channel == Channel.CALL
    text = shown(house, call)
    assert SCRIPT in text
    assert 'value="call_back"' in text
    assert "letter.pdf" not in text


def test_a_letter_shows_what_it_claims_and_no_script(house: House, chase: Chase) -> None:
    letter = task(chase, 47)
    assert letter.channel == Channel.REGISTERED_LETTER
    text = shown(house, letter)
    assert SCRIPT not in text
    assert f"/agenda/{letter.pk}/letter.pdf" in text
    assert "1 rue des Tests, 44000 Nantes" in text
    assert "Pénalités et indemnités" in text
    assert 'value="call_back"' not in text
    assert ">Postée<" in text


@pytest.mark.skipif(bool(engine_problem()), reason="the libraries of PDF are not on this machine")
def test_the_letter_opens_as_a_pdf_while_it_waits(house: House, chase: Chase) -> None:
    letter = task(chase, 47)
    client = house.client("credit_manager")
    answer = client.get(f"/agenda/{letter.pk}/letter.pdf")
    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF-")
    assert "mise-en-demeure" in answer.headers["Content-Disposition"]
    client.post(f"/agenda/{letter.pk}/close", {"outcome": "already_paid"})
    assert client.get(f"/agenda/{letter.pk}/letter.pdf").status_code == 404


@pytest.mark.skipif(bool(engine_problem()), reason="the libraries of PDF are not on this machine")
def test_a_formal_notice_is_issued_before_it_is_said_to_be_posted(
    house: House, chase: Chase
) -> None:
    letter = task(chase, 47)
    client = house.client("credit_manager")
    refused = client.post(f"/agenda/{letter.pk}/close", {"outcome": "done"})
    assert refused.status_code == 422
    assert "mise en demeure" in refused.content.decode()
    client.post(f"/agenda/{letter.pk}/notice")
    client.post(f"/agenda/{letter.pk}/close", {"outcome": "done"})
    (closed,) = chase.reminders()
    assert (closed.state, closed.outcome) == (State.DONE, "done")


def test_only_a_letter_opens_as_a_letter(house: House, chase: Chase) -> None:
    call = task(chase, 22)
    client = house.client("credit_manager")
    assert client.get(f"/agenda/{call.pk}/letter.pdf").status_code == 404


def test_another_tenant_reads_no_letter(house: House, other_house: House, chase: Chase) -> None:
    letter = task(chase, 47)
    client = other_house.client("credit_manager")
    assert client.get(f"/agenda/{letter.pk}/letter.pdf").status_code == 404


def test_a_decision_shows_the_facts_and_what_may_be_decided(house: House, chase: Chase) -> None:
    decision = task(chase, 70)
    assert decision.channel == Channel.DECISION
    with house.scope():
        CreditLimit.objects.create(
            customer_id=decision.customer_id,
            amount=Decimal(9000),
            currency="EUR",
            valid_from=TODAY,
        )
    text = shown(house, decision).replace("\xa0", " ").replace("\u202f", " ")
    assert SCRIPT not in text
    assert "Ce qui est à décider" in text
    assert re.search(r"À décider</dt><dd>[^<]*[1-9]", text)
    assert "échue depuis 70 jours" in text
    assert "9 000,00 €" in text
    assert 'value="hand_over"' in text
    assert 'value="call_back"' not in text


def test_a_decision_is_not_closed_as_a_call(house: House, chase: Chase) -> None:
    decision = task(chase, 70)
    client = house.client("credit_manager")
    refused = client.post(f"/agenda/{decision.pk}/close", {"outcome": "call_back"})
    assert refused.status_code == 422
    assert 'data-refusal="outcome_missing"' in refused.content.decode()
    client.post(f"/agenda/{decision.pk}/close", {"outcome": "hand_over", "words": "Maître Exemple"})
    with house.scope():
        decided = Reminder.objects.get(pk=decision.pk)
        assert (decided.state, decided.outcome) == (ReminderState.DONE, "hand_over")
        assert decided.state == State.DONE
