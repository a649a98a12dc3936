"""Letters to protected customers wait for sales like every message, and what the post brings back is acted upon."""

from datetime import timedelta

import pytest

from accounts.models import AuditEvent, User
from dunning.models import Care, DeliveryEvent, DepartureNotice, MailTask, Reminder, SideMail
from dunning.queries.letters import can_be_addressed, letters_to_post
from dunning.rules.outbox import State
from dunning.services.contact_rules import ask_for_care
from dunning.services.letters import NothingToPost
from dunning.services.objections import agree_to_departure, object_to_departure
from dunning.services.returned_letters import NotReturned, take_letter_back
from dunning.services.sales_notices import tell_sales
from ledger.models import Customer
from tests.dunning.conftest import TODAY, Chase
from tests.dunning.letters import Letters

pytestmark = pytest.mark.django_db(transaction=True)

OTHER_STREET = "8 place du Marché\n69004 Villemodèle"


@pytest.fixture
def letters(chase: Chase) -> Letters:
    found = Letters(chase)
    chase.person("sales_rep")
    return found


def protected(letters: Letters) -> Customer:
    """Add a customer of whom sales are told before anything leaves."""
    rep = letters.chase.person("sales_rep")
    customer = letters.customer("C001", sales_rep_id=rep.membership_id)
    protect(letters, customer)
    return customer


def protect(letters: Letters, customer: Customer) -> None:
    with letters.chase.house.scope():
        ask_for_care(
            customer=customer, kind=Care.PROTECTED, reason="Key account",
            actor=letters.manager, today=letters.today, now=letters.now,
        )  # fmt: skip


def tell(letters: Letters) -> DepartureNotice:
    with letters.chase.house.scope():
        tell_sales(now=letters.now)
        return DepartureNotice.objects.select_related("told").get()


def test_a_letter_to_a_protected_customer_waits_for_the_deadline_of_sales(letters: Letters) -> None:
    protected(letters)
    letters.plan()
    letters.confirm()
    notice = tell(letters)
    assert letters.reminder().leaves_at == notice.deadline
    letters.now = notice.deadline - timedelta(minutes=1)
    with pytest.raises(NothingToPost):
        letters.prepare()
    letters.now = notice.deadline
    letters.prepare()


def test_confirming_a_letter_in_a_hurry_does_not_overtake_sales(letters: Letters) -> None:
    protected(letters)
    letters.plan()
    notice = tell(letters)
    letters.confirm()
    assert letters.reminder().leaves_at == notice.deadline
    with pytest.raises(NothingToPost):
        letters.prepare()


def test_a_plan_that_brings_a_letter_forward_does_not_overtake_sales(letters: Letters) -> None:
    protected(letters)
    letters.plan()
    letters.confirm()
    tell(letters)
    with letters.chase.house.scope():
        Reminder.objects.update(leaves_at=letters.now)
        assert not letters_to_post(letters.manager, now=letters.now).exists()


def test_a_letter_sales_agree_to_goes_into_the_next_batch(letters: Letters) -> None:
    protected(letters)
    letters.plan()
    letters.confirm()
    notice = tell(letters)
    rep = letters.chase.person("sales_rep")
    with letters.chase.house.scope():
        agree_to_departure(notice=notice, actor=rep, now=letters.now)
    letters.prepare()


def test_a_letter_sales_object_to_is_in_no_batch(letters: Letters) -> None:
    protected(letters)
    letters.plan()
    letters.confirm()
    notice = tell(letters)
    with letters.chase.house.scope():
        object_to_departure(
            notice=notice, words="We sign on Friday", actor=letters.chase.person("sales_rep"),
            now=letters.now,
        )  # fmt: skip
    letters.next_day(7)
    with pytest.raises(NothingToPost):
        letters.prepare()
    assert letters.reminder().state == State.HELD


def test_a_letter_drawn_before_its_customer_was_protected_is_not_posted(letters: Letters) -> None:
    rep = letters.chase.person("sales_rep")
    customer = letters.customer("C001", sales_rep_id=rep.membership_id)
    letters.plan()
    letters.confirm()
    batch = letters.prepare()
    while letters.work():
        pass
    protect(letters, customer)
    letters.post(batch)
    (letter,) = letters.letters()
    assert (letter.state, letter.why_out) == ("voided", "held")
    assert letter.words
    assert letters.reminder().state == State.PLANNED
    with letters.chase.house.scope():
        assert DepartureNotice.objects.get().told_id == rep.membership_id


def test_whoever_takes_a_customer_over_is_told_what_waits_and_has_his_own_time(
    letters: Letters,
) -> None:
    customer = protected(letters)
    letters.plan()
    letters.confirm()
    first = tell(letters)
    successor = letters.chase.house.member("sales_rep", email="new.rep@atelier.example")
    with letters.chase.house.scope():
        Customer.objects.filter(pk=customer.pk).update(sales_rep=successor)
    letters.next_day()
    notice = tell(letters)
    tell(letters)
    assert notice.told_id == successor
    assert notice.deadline > first.deadline
    assert letters.reminder().leaves_at == notice.deadline
    with letters.chase.house.scope():
        told = SideMail.objects.filter(kind="departure").values_list("recipient", flat=True)
        assert sorted(told) == ["new.rep@atelier.example", "sales.rep@atelier.example"]


def test_a_letter_that_came_back_is_a_task_and_its_address_is_not_used_again(
    letters: Letters,
) -> None:
    batch = letters.batch()
    letters.post(batch, day=TODAY)
    (letter,) = letters.letters()
    client = letters.chase.house.client("credit_manager")
    User.objects.update(language="en")
    assert "came back" not in client.get(f"/agenda/letters/{batch.pk}").content.decode()
    address = f"/agenda/letters/one/{letter.pk}/returned"
    assert client.post(address, {"words": "Unknown at this address"}).status_code == 302
    assert client.post(address).status_code == 422
    assert "came back" in client.get(f"/agenda/letters/{batch.pk}").content.decode()
    assert letters.reminder().state == State.BOUNCED
    with letters.chase.house.scope():
        assert MailTask.objects.get().detail == "Unknown at this address"
        assert DeliveryEvent.objects.count() == 1
        assert AuditEvent.objects.filter(action="dunning.take_letter_back").count() == 1
        customer = Customer.objects.get(code="C001")
        assert not can_be_addressed(customer, letter.entity)
        customer.address = OTHER_STREET
        assert can_be_addressed(customer, letter.entity)


def test_a_letter_that_was_never_posted_cannot_come_back(letters: Letters) -> None:
    letters.batch()
    (letter,) = letters.letters()
    with letters.chase.house.scope(), pytest.raises(NotReturned, match="never posted"):
        take_letter_back(letter=letter, actor=letters.manager, words="", now=letters.now)
