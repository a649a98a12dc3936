"""A message to a protected customer leaves once sales could object; an objection holds it until finance decides."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes
from email.policy import default
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import MultipleObjectsReturned
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import AuditEvent, Membership, MembershipState
from dunning.channels import MailToCompose, OutgoingMail
from dunning.models import (
    Care,
    ContactRule,
    DepartureNotice,
    ObjectionRuling,
    Pause,
    Reminder,
    SideMail,
    SideMailKind,
    SideMailState,
    Stage,
)
from dunning.rules.calendar import is_working_day
from dunning.rules.outbox import State
from dunning.rules.sales import Waiting, objection_deadline, waits_for
from dunning.services.contact_rules import CareNotPossible, ask_for_care, end_care, rule_on_care
from dunning.services.objections import (
    DecisionNotPossible,
    ObjectionNotPossible,
    agree_to_departure,
    decide_objection,
    object_to_departure,
)
from dunning.services.pauses import PauseNotPossible
from dunning.services.people import ObjectionOpen, confirm_reminders, release_reminder
from dunning.services.sending import Sender
from dunning.services.stages import PreLitigationReserved
from dunning.services.worker import work_for
from integrations.smtp.client import encode
from kernel.errors import Refused
from ledger.models import Contact, Customer, DueLine, TimelineEntry
from tests.cast import House
from tests.dunning.conftest import NOW, TODAY, Chase
from tests.dunning.plain import compose_plainly

PARIS = ZoneInfo("Europe/Paris")
DEADLINE = datetime(2026, 10, 29, 18, 0, tzinfo=PARIS)  # told at 9:30 on a Thursday
NEXT_WINDOW = datetime(2026, 11, 3, 9, 0, tzinfo=PARIS)  # the Tuesday after
HOUR = timedelta(hours=1)


@dataclass
class Post:
    """A mail server that takes everything, and remembers when."""

    now: datetime = NOW
    left: list[tuple[datetime, OutgoingMail]] = field(default_factory=list)

    def encode(self, mail: MailToCompose) -> bytes:
        return encode(mail)

    def hand_over(self, mail: OutgoingMail, *, before_last_dot: Callable[[], None]) -> None:
        before_last_dot()
        self.left.append((self.now, mail))

    def close(self) -> None:
        """Nothing is open."""

    def was_accepted(self, message_id: str) -> bool | None:
        return any(mail.message_id == message_id for _now, mail in self.left)

    def to(self, address: str) -> list[tuple[datetime, str]]:
        """Return when mails left to an address, with their subjects."""
        return [
            (now, str(message_from_bytes(mail.raw, policy=default)["Subject"]))
            for now, mail in self.left
            if mail.recipient == address
        ]


@dataclass
class Sales:
    """A protected customer with a reminder planned, his representative, and a clock."""

    chase: Chase
    customer: Customer
    post: Post = field(default_factory=Post)

    @property
    def house(self) -> House:
        return self.chase.house

    def work(self, at: datetime | None = None) -> None:
        """Let a worker do its round."""
        self.post.now = at or self.post.now
        sender = Sender(
            worker="w1",
            channel=self.post,
            evidence=self.post,
            clock=lambda: self.post.now,
            compose=compose_plainly,
        )
        work_for(self.house.tenant_id, sender=sender)

    def confirm(self, *, opens_now: bool = True) -> None:
        actor = self.chase.person("collector")
        with self.house.scope():
            confirm_reminders(
                reminders=Reminder.objects.all(),
                actor=actor,
                now=self.post.now,
                opens_now=opens_now,
            )

    def notice(self) -> DepartureNotice:
        with self.house.scope():
            return DepartureNotice.objects.select_related("reminder").get()

    def object(self, words: str = "We sign a contract on Friday") -> None:
        actor = self.chase.person("sales_rep")
        with self.house.scope():
            object_to_departure(
                notice=DepartureNotice.objects.get(), words=words, actor=actor, now=self.post.now
            )

    def agree(self) -> None:
        actor = self.chase.person("sales_rep")
        with self.house.scope():
            agree_to_departure(notice=DepartureNotice.objects.get(), actor=actor, now=self.post.now)

    def decide(
        self,
        ruling: ObjectionRuling,
        words: str = "The contract is signed",
        *,
        role: str = "collector",
        until: date | None = None,
    ) -> None:
        actor = self.chase.person(role)
        with self.house.scope():
            decide_objection(
                notice=DepartureNotice.objects.get(),
                ruling=ruling,
                words=words,
                actor=actor,
                today=self.post.now.date(),
                now=self.post.now,
                until=until,
            )

    def reminder(self) -> Reminder:
        (found,) = self.chase.reminders()
        return found

    @property
    def chased(self) -> list[datetime]:
        """When reminders left to the customer."""
        return [now for now, _subject in self.post.to("compta@c001.example")]


@pytest.fixture
def sales(chase: Chase) -> Sales:
    rep, collector = chase.person("sales_rep"), chase.person("collector")
    chase.person("credit_manager")
    customer = chase.customer(sales_rep_id=rep.membership_id, collector_id=collector.membership_id)
    found = Sales(chase, customer)
    protect(found)
    chase.line(customer, 12)
    chase.plan(opens_now=False)
    return found


def protect(sales: Sales, kind: Care = Care.PROTECTED, **fields: Any) -> ContactRule:
    actor = sales.chase.person("credit_manager")
    with sales.house.scope():
        return ask_for_care(
            customer=sales.customer,
            kind=kind,
            reason="Key account",
            actor=actor,
            today=TODAY,
            now=NOW,
            **fields,
        )


def local(year: int, month: int, day: int, hour: int, minute: int) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=PARIS)


# --- the rule -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told_at", "deadline"),
    [
        (local(2026, 11, 23, 4, 10), local(2026, 11, 23, 18, 0)),  # a Monday, in the night
        (local(2026, 11, 23, 12, 0), local(2026, 11, 23, 18, 0)),
        (local(2026, 11, 23, 12, 1), local(2026, 11, 24, 18, 0)),
        (local(2026, 11, 27, 15, 0), local(2026, 11, 30, 18, 0)),  # a Friday
        (local(2026, 11, 28, 9, 0), local(2026, 11, 30, 18, 0)),  # a Saturday
        (local(2026, 11, 10, 13, 0), local(2026, 11, 12, 18, 0)),  # the 11th is a holiday
        (local(2027, 3, 27, 10, 0), local(2027, 3, 30, 18, 0)),  # clocks change, Easter
    ],
)
def test_sales_have_half_a_working_day_at_least(told_at: datetime, deadline: datetime) -> None:
    assert objection_deadline(told_at, zone=PARIS, country="FR") == deadline


@given(st.integers(0, 6 * 365 * 24 * 60), st.sampled_from(["FR", "DE", "US"]))
def test_the_deadline_is_an_evening_of_work_six_hours_away_or_more(
    minutes: int, country: str
) -> None:
    told_at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    deadline = objection_deadline(told_at, zone=PARIS, country=country)
    assert deadline.timetz() == time(18, 0, tzinfo=PARIS)
    assert is_working_day(deadline.date(), country=country)
    assert deadline - told_at >= timedelta(hours=6) - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("hours", "escalated", "expected"),
    [
        (-1, None, Waiting.REPRESENTATIVE),
        (0, None, Waiting.MANAGER),
        (23, 0, Waiting.MANAGER),
        (24, 0, Waiting.ASKER),
        (30, 10, Waiting.MANAGER),
    ],
)
def test_a_question_goes_from_the_representative_to_his_manager_and_back(
    hours: int, escalated: int | None, expected: Waiting
) -> None:
    passed_on = None if escalated is None else NOW + escalated * HOUR
    assert waits_for(due_at=NOW, escalated_at=passed_on, now=NOW + hours * HOUR) is expected


# --- told before it leaves ------------------------------------------------------------------------------------------


def test_the_representative_is_told_once_with_the_words_that_would_leave(sales: Sales) -> None:
    sales.work()
    sales.work(NOW + HOUR)
    notice = sales.notice()
    assert notice.deadline == DEADLINE
    ((when, subject),) = sales.post.to("sales.rep@atelier.example")
    assert when == NOW
    assert "Client C001" in subject
    with sales.house.scope():
        mail = SideMail.objects.get()
        assert (mail.kind, mail.state) == (SideMailKind.DEPARTURE, SideMailState.SENT)
        assert "F-00001" in mail.text
        assert AuditEvent.objects.filter(action="dunning.tell_sales").count() == 1


def test_a_message_confirmed_in_a_hurry_still_waits_for_sales(sales: Sales) -> None:
    sales.work()
    sales.confirm(opens_now=True)
    for hour in range(24 * 4):
        sales.work(NOW + hour * HOUR)
        assert not sales.chased or sales.post.now >= DEADLINE
    assert not sales.chased
    sales.work(NEXT_WINDOW)
    assert sales.chased == [NEXT_WINDOW]


def test_a_message_confirmed_before_anybody_told_sales_waits_too(sales: Sales) -> None:
    with sales.house.scope():
        ContactRule.objects.all().update(from_date=TODAY + timedelta(days=1))
    sales.confirm(opens_now=True)
    with sales.house.scope():
        ContactRule.objects.all().update(from_date=TODAY)
    sales.work()
    assert not sales.chased
    assert sales.notice().told_id is not None
    assert sales.reminder().leaves_at == NEXT_WINDOW


def test_the_plan_itself_gives_the_hour_after_the_deadline(sales: Sales) -> None:
    assert sales.reminder().leaves_at == NEXT_WINDOW
    assert sales.reminder().contact_date == NEXT_WINDOW.date()


def test_a_word_of_sales_lets_it_go_at_its_usual_hour(sales: Sales) -> None:
    sales.work()
    sales.agree()
    sales.confirm(opens_now=True)
    sales.work()
    assert sales.chased == [NOW]


def test_a_customer_nobody_protects_is_written_to_as_ever(chase: Chase) -> None:
    sales = Sales(chase, chase.customer())
    chase.line(sales.customer, 12)
    chase.plan()
    sales.confirm()
    sales.work()
    assert sales.chased == [NOW]
    with chase.house.scope():
        assert not DepartureNotice.objects.exists()


def test_a_protected_contact_protects_messages_to_him_alone(chase: Chase) -> None:
    rep = chase.person("sales_rep")
    chase.person("collector")
    sales = Sales(chase, chase.customer(sales_rep_id=rep.membership_id))
    with chase.house.scope():
        other = Contact.objects.create(
            customer=sales.customer, name="Directrice", email="dir@c001.example", role="executive"
        )
    protect(sales, contact=other)
    chase.line(sales.customer, 12)
    chase.plan()
    sales.confirm()
    sales.work()
    assert sales.chased == [NOW]
    with chase.house.scope():
        Reminder.objects.all().delete()
        Contact.objects.exclude(pk=other.pk).update(is_undeliverable=True)
    chase.plan()
    sales.confirm()
    sales.work()
    assert not sales.post.to("dir@c001.example")
    sales.work(NEXT_WINDOW)
    assert [now for now, _ in sales.post.to("dir@c001.example")] == [NEXT_WINDOW]


# --- nobody to tell -------------------------------------------------------------------------------------------------


def test_the_manager_stands_in_for_a_representative_who_left(sales: Sales) -> None:
    boss = sales.house.member("sales_director")
    with sales.house.scope():
        rep = Membership.objects.filter(email="sales.rep@atelier.example")
        rep.update(state=MembershipState.LEFT, manager=boss)
    sales.work()
    notice = sales.notice()
    assert (notice.told_id, notice.is_stand_in) == (boss, True)
    assert sales.post.to("sales.director@atelier.example")


def test_with_nobody_in_sales_a_person_of_finance_answers_for_it(chase: Chase) -> None:
    chase.person("collector")
    sales = Sales(chase, chase.customer())
    protect(sales)
    chase.line(sales.customer, 12)
    chase.plan()
    sales.work()
    assert not sales.chased
    assert sales.reminder().mode == "confirm"
    assert "nobody_told" in sales.reminder().confirm_reasons
    sales.confirm()
    sales.work()
    assert sales.chased == [NOW]
    with chase.house.scope():
        assert TimelineEntry.objects.filter(text_code="dunning.sales_not_told").count() == 1


# --- objections -----------------------------------------------------------------------------------------------------


def test_an_objection_holds_the_message_and_tells_the_collector(sales: Sales) -> None:
    sales.work()
    sales.confirm()
    sales.object()
    held = sales.reminder()
    assert (held.state, held.held_reason) == (State.HELD, "sales_objection")
    sales.work(NEXT_WINDOW)
    assert not sales.chased
    assert sales.post.to("collector@atelier.example")
    with sales.house.scope(), pytest.raises(ObjectionOpen, match="Client C001"):
        release_reminder(reminder=held, actor=sales.chase.person("collector"), now=NOW)


def test_an_objection_needs_a_reason_and_is_made_once(sales: Sales) -> None:
    sales.work()
    with pytest.raises(ObjectionNotPossible, match="Say why"):
        sales.object("  ")
    sales.object()
    with pytest.raises(ObjectionNotPossible, match="noted already"):
        sales.object("again")
    with pytest.raises(ObjectionNotPossible, match="noted already"):
        sales.agree()


def test_sales_may_object_as_long_as_the_message_is_in_the_house(sales: Sales) -> None:
    sales.work()
    sales.confirm()
    sales.post.now = DEADLINE + HOUR
    sales.object()
    assert sales.reminder().state == State.HELD


def test_nobody_objects_to_what_has_left(sales: Sales) -> None:
    sales.work()
    sales.confirm()
    sales.work(NEXT_WINDOW)
    with pytest.raises(ObjectionNotPossible, match="has left"):
        sales.object()


def test_finance_lets_it_go_all_the_same_and_sales_read_why(sales: Sales) -> None:
    sales.work()
    sales.object()
    sales.decide(ObjectionRuling.LET_GO)
    assert sales.reminder().state == State.READY
    sales.work(NEXT_WINDOW)
    assert sales.chased == [NEXT_WINDOW]
    subjects = [subject for _now, subject in sales.post.to("sales.rep@atelier.example")]
    assert len(subjects) == 2
    with pytest.raises(ObjectionNotPossible, match="The contract is signed"):
        sales.object("once more")


def test_only_a_credit_manager_lets_a_formal_notice_go_all_the_same(sales: Sales) -> None:
    sales.work()
    sales.object()
    with sales.house.scope():
        Reminder.objects.update(stage=Stage.PRE_LITIGATION)
    with pytest.raises(PreLitigationReserved, match=sales.customer.name):
        sales.decide(ObjectionRuling.LET_GO)
    assert (sales.reminder().state, sales.notice().decision) == (State.HELD, "")
    sales.decide(ObjectionRuling.LET_GO, role="credit_manager")
    assert sales.reminder().state == State.READY


def test_what_was_let_go_after_an_objection_asks_again_when_it_changed(sales: Sales) -> None:
    sales.work()
    sales.object()
    sales.decide(ObjectionRuling.LET_GO)
    with sales.house.scope():
        line = DueLine.objects.get()
    sales.chase.pay(line, "400")
    sales.work(NEXT_WINDOW)
    assert not sales.chased
    assert sales.reminder().state == State.PLANNED


def test_finance_may_drop_it(sales: Sales) -> None:
    sales.work()
    sales.object()
    sales.decide(ObjectionRuling.CANCELLED)
    assert (sales.reminder().state, sales.reminder().cancel_reason) == ("cancelled", "by_person")


def test_finance_may_pause_and_the_step_comes_back_afterwards(sales: Sales) -> None:
    sales.work()
    sales.object()
    with pytest.raises(PauseNotPossible):
        sales.decide(ObjectionRuling.PAUSED, until=TODAY + timedelta(days=90))
    sales.decide(ObjectionRuling.PAUSED, until=TODAY + timedelta(days=5))
    assert sales.reminder().cancel_reason == "excluded"
    with sales.house.scope():
        assert Pause.objects.get().until_date == TODAY + timedelta(days=5)
    later = NOW + timedelta(days=6)
    sales.chase.plan(later.date(), opens_now=False, now=later)
    assert [each.state for each in sales.chase.reminders()] == ["cancelled", "planned"]


def test_a_decision_needs_words_and_another_person(sales: Sales) -> None:
    sales.work()
    with pytest.raises(DecisionNotPossible, match="Nobody objects"):
        sales.decide(ObjectionRuling.LET_GO)
    sales.object()
    with pytest.raises(DecisionNotPossible, match="Say why"):
        sales.decide(ObjectionRuling.LET_GO, "")
    with pytest.raises(DecisionNotPossible, match="S1"):
        sales.decide(ObjectionRuling.LET_GO, role="sales_rep")
    sales.decide(ObjectionRuling.CANCELLED)
    with pytest.raises(DecisionNotPossible, match="decided meanwhile"):
        sales.decide(ObjectionRuling.LET_GO)


@pytest.mark.parametrize("seed", range(10))
def test_whatever_happens_it_leaves_neither_early_nor_against_an_objection(
    sales: Sales, seed: int
) -> None:
    dice = Random(seed)  # noqa: S311  invents hours, no secrets
    acts: list[Callable[[], object]] = [
        sales.agree,
        sales.object,
        sales.confirm,
        lambda: sales.confirm(opens_now=False),
        lambda: sales.decide(dice.choice([ObjectionRuling.LET_GO, ObjectionRuling.CANCELLED])),
        lambda: sales.chase.plan(sales.post.now.date(), opens_now=False, now=sales.post.now),
    ]
    for _turn in range(40):
        sales.post.now += dice.randrange(1, 14) * HOUR
        with suppress(Refused, DepartureNotice.DoesNotExist, MultipleObjectsReturned):
            dice.choice(acts)()
        sales.work()
        with sales.house.scope():
            for notice in DepartureNotice.objects.select_related("reminder"):
                if notice.reminder.sent_at is None:
                    continue
                spoken = notice.answer == "fine" and notice.answered_at <= notice.reminder.sent_at
                decided = notice.decision == "let_go"
                assert spoken or decided or notice.reminder.sent_at >= notice.deadline
                assert notice.answer != "objected" or decided


# --- who may mark a customer ----------------------------------------------------------------------------------------


def test_what_sales_propose_protects_once_finance_agrees(chase: Chase) -> None:
    rep, manager = chase.person("sales_rep"), chase.person("credit_manager")
    customer = chase.customer(sales_rep_id=rep.membership_id)
    given: dict[str, Any] = {"today": TODAY, "now": NOW}
    with chase.house.scope():
        rule = ask_for_care(
            customer=customer,
            kind=Care.PROTECTED,
            reason="Mine",
            actor=rep,
            is_proposal=True,
            **given,
        )
        assert not ContactRule.objects.agreed().exists()
        with pytest.raises(CareNotPossible, match="S1"):
            rule_on_care(rule=rule, is_approved=True, actor=rep, **given)
        rule_on_care(rule=rule, is_approved=True, actor=manager, **given)
        assert ContactRule.objects.agreed().in_force(TODAY).count() == 1
        with pytest.raises(CareNotPossible, match="decided meanwhile"):
            rule_on_care(rule=rule, is_approved=False, actor=manager, **given)
        end_care(rule=rule, actor=manager, **given)
        assert not ContactRule.objects.agreed().in_force(TODAY).exists()


@pytest.mark.parametrize(
    ("reason", "until", "words"),
    [(" ", None, "Say why"), ("Key", TODAY - timedelta(days=1), "has passed")],
)
def test_care_needs_a_reason_and_days_ahead(
    chase: Chase, reason: str, until: date | None, words: str
) -> None:
    actor = chase.person("credit_manager")
    customer = chase.customer()
    with chase.house.scope(), pytest.raises(CareNotPossible, match=words):
        ask_for_care(
            customer=customer, kind=Care.DELICATE, reason=reason, actor=actor, today=TODAY, now=NOW,
            until=until,
        )  # fmt: skip


def test_a_delicate_relationship_makes_a_person_look(chase: Chase) -> None:
    chase.person("collector")
    sales = Sales(chase, chase.customer())
    protect(sales, Care.DELICATE)
    chase.line(sales.customer, 12)
    chase.plan()
    assert "delicate" in sales.reminder().confirm_reasons
    with chase.house.scope():
        assert not DepartureNotice.objects.exists()
