"""One reminder from plan to mailbox, and everything that may stop it on the way."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, transaction
from pytest_django import Settings

from accounts.models import AuditEvent
from disputes.models import Dispute
from dunning.channels import OutcomeUnknownError, OutgoingMail
from dunning.models import (
    Reminder,
    RenderedMessage,
    Run,
    Scenario,
    SendAttempt,
    SendingEpoch,
    SwitchScope,
)
from dunning.rules.outbox import LEASE, MAX_LAPSES, State
from dunning.services import barriers, people
from dunning.services.plan import plan_reminders
from dunning.services.sending import Sender
from dunning.services.settling import settle
from dunning.services.worker import work_for
from integrations.smtp.client import Relay, SmtpChannel
from integrations.smtp.evidence import FolderEvidence
from kernel.permissions import system_actor
from ledger.models import Contact, Customer, DueLine, TimelineEntry
from otc.embedded.mailbox import MailCatcher, acceptances, list_messages
from tests.dunning.conftest import NOW, TODAY, Chase
from tests.dunning.plain import compose_plainly


def relay_of(catcher: MailCatcher) -> Relay:
    return Relay("localhost", catcher.port, "", "", is_starttls=True, is_tls=False,
                 authority_file=str(catcher.authority_file), timeout=5)  # fmt: skip


@dataclass
class Post:
    """A mailbox, a worker with its own clock, and a ledger."""

    chase: Chase
    catcher: MailCatcher
    now: datetime = NOW
    answer: str = ""
    senders: list[Sender] = field(default_factory=list)

    def sender(self, worker: str = "w1") -> Sender:
        sender = Sender(
            worker=worker,
            channel=SmtpChannel(relay_of(self.catcher)),
            evidence=FolderEvidence(self.catcher.folder),
            clock=lambda: self.now,
            compose=compose_plainly,
        )
        self.senders.append(sender)
        return sender

    @property
    def tenant_id(self) -> UUID:
        return self.chase.house.tenant_id

    def confirm(self, **criteria: Any) -> int:
        with self.chase.house.scope():
            actor = system_actor(self.tenant_id)
            waiting = Reminder.objects.filter(**criteria)
            return len(
                people.confirm_reminders(
                    reminders=waiting, actor=actor, now=self.now, opens_now=True
                )
            )

    def send(self) -> int:
        return self.sender().send_ready(self.tenant_id).sent

    def settle(self) -> None:
        settle(self.tenant_id, evidence=FolderEvidence(self.catcher.folder), now=self.now)

    def only(self) -> Reminder:
        (reminder,) = self.chase.reminders()
        return reminder

    def inbox(self) -> list[str]:
        return [str(message.content["Subject"]) for message in list_messages(self.catcher.folder)]


@pytest.fixture
def post(chase: Chase, tmp_path: Path) -> Iterator[Post]:
    holder: list[Post] = []
    with MailCatcher(tmp_path / "mail", answer=lambda _: holder[0].answer) as catcher:
        holder.append(Post(chase, catcher))
        yield holder[0]
        for sender in holder[0].senders:
            sender.channel.close()


def planned(
    post: Post, days_late: int = 12, amount: str = "1000", code: str = "C001", **fields: Any
) -> DueLine:
    """Plan and confirm one reminder and return the line it is about."""
    line = post.chase.line(post.chase.customer(code, **fields), days_late, amount)
    post.chase.plan()
    post.confirm()
    return line


# --- the way out ----------------------------------------------------------------------------------------------------


def test_a_confirmed_reminder_leaves_once_and_leaves_its_trace(post: Post) -> None:
    planned(post)
    assert post.send() == 1
    assert post.send() == 0
    reminder = post.only()
    assert post.inbox() == ["Client C001: 1000.0000"]
    assert (reminder.state, reminder.sent_at, reminder.attempt) == ("sent", NOW, 1)
    assert acceptances(reminder.message_id, post.catcher.folder) == 1
    with post.chase.house.scope():
        assert RenderedMessage.objects.get().recipient == "compta@c001.example"
        assert TimelineEntry.objects.filter(text_code="dunning.reminder_sent").count() == 1
        assert AuditEvent.objects.filter(action="dunning.send_reminder").count() == 1
        assert SendAttempt.objects.get().outcome == "sent"


def test_an_unconfirmed_reminder_stays(post: Post) -> None:
    post.chase.line(post.chase.customer(), 12)
    post.chase.plan()
    assert post.send() == 0
    assert post.only().state == "planned"


def test_what_leaves_by_itself_waits_for_its_hour(post: Post) -> None:
    planned(post, days_late=3)
    post.send()
    post.now = NOW + timedelta(days=8)
    with post.chase.house.scope():
        plan_reminders(today=post.now.date(), now=post.now, actor=system_actor(post.tenant_id))
    work_for(post.tenant_id, sender=post.sender())
    assert len(post.inbox()) == 1, "Friday"
    post.now = NOW + timedelta(days=12)
    work_for(post.tenant_id, sender=post.sender())
    assert post.inbox()[0] == "Client C001: 1000.0000"
    assert len(post.inbox()) == 1 + 1


# --- the rule is asked again ----------------------------------------------------------------------------------------


def test_what_was_paid_in_between_is_not_sent(post: Post) -> None:
    line = planned(post)
    post.chase.pay(line)
    assert post.send() == 0
    assert (post.only().state, post.only().cancel_reason) == ("cancelled", "paid")


def test_what_was_credited_in_between_is_not_sent(post: Post) -> None:
    line = planned(post)
    post.chase.line(line.customer, 1, "-1000", kind="credit_note")
    assert post.send() == 0
    assert (post.only().state, post.only().cancel_reason) == ("cancelled", "held_back")


def test_what_was_disputed_in_between_is_not_sent(post: Post) -> None:
    line = planned(post)
    with post.chase.house.scope():
        Dispute.objects.create(
            number=1,
            due_line=line,
            customer=line.customer,
            amount=1000,
            currency="EUR",
            type="price",
            opened_date=TODAY,
        )
    assert post.send() == 0
    assert (post.only().state, post.only().cancel_reason) == ("cancelled", "excluded")


def test_a_pause_in_between_stops_it(post: Post) -> None:
    line = planned(post)
    post.chase.pause(line.customer)
    assert post.send() == 0
    assert (post.only().state, post.only().cancel_reason) == ("cancelled", "excluded")


def test_a_lower_step_in_between_stops_it(post: Post) -> None:
    customer = post.chase.customer()
    old = post.chase.line(customer, 31)
    post.chase.line(customer, 5)
    post.chase.plan()
    post.confirm()
    post.chase.pay(old)
    assert post.send() == 0
    assert post.only().cancel_reason == "superseded"


def test_a_changed_amount_is_confirmed_again(post: Post) -> None:
    line = planned(post)
    post.chase.pay(line, "400")
    assert post.send() == 0
    reminder = post.only()
    assert (reminder.state, reminder.amount, reminder.confirmed_at) == (
        "planned",
        Decimal(600),
        None,
    )
    assert "1000.00 EUR → 600.00 EUR" in reminder.problem
    post.confirm()
    assert post.send() == 1
    assert post.inbox() == ["Client C001: 600.0000"]


def test_an_automatic_reminder_takes_the_new_amount(post: Post) -> None:
    line = planned(post)
    with post.chase.house.scope():
        Reminder.objects.update(mode="auto")
    post.chase.pay(line, "400")
    assert post.send() == 1
    assert post.inbox() == ["Client C001: 600.0000"]


def test_a_contact_who_is_gone_is_never_written_to(post: Post) -> None:
    planned(post)
    with post.chase.house.scope():
        Contact.objects.update(is_opted_out=True)
    assert post.send() == 0
    assert post.only().cancel_reason == "held_back"


# --- refusals -------------------------------------------------------------------------------------------------------


def test_a_refusal_for_now_is_tried_again_with_a_growing_wait(post: Post) -> None:
    planned(post)
    post.answer = "451 4.7.1 Later"
    assert post.send() == 0
    reminder = post.only()
    assert (reminder.state, reminder.leaves_at - NOW) == ("ready", timedelta(seconds=30))
    assert "451" in reminder.problem
    assert post.send() == 0
    post.answer = ""
    post.now += timedelta(minutes=1)
    assert post.send() == 1
    assert len(post.inbox()) == 1


def test_a_refusal_for_good_is_a_task_for_a_person(post: Post) -> None:
    planned(post)
    post.answer = "550 5.1.1 No such user"
    post.send()
    reminder = post.only()
    assert (reminder.state, "No such user" in reminder.problem) == ("failed", True)
    with post.chase.house.scope():
        assert Contact.objects.get().is_undeliverable
        Contact.objects.update(is_undeliverable=False)
        people.retry_reminder(reminder=reminder, actor=system_actor(post.tenant_id), now=post.now)
    post.answer = ""
    assert post.send() == 1


def test_a_row_that_cannot_be_composed_is_set_aside_and_blocks_nobody(post: Post) -> None:
    customer = post.chase.customer("C666")
    with post.chase.house.scope():
        Customer.objects.filter(pk=customer.pk).update(name="Unprintable")
    post.chase.line(customer, 12)
    post.chase.line(post.chase.customer("C001"), 12)
    post.chase.plan()
    post.confirm()
    for _ in range(5):
        post.send()
        post.now += timedelta(hours=1)
    poison = post.chase.reminders(customer=customer)[0]
    assert (poison.state, poison.failures) == ("failed", 3)
    assert "cannot be written" in poison.problem
    assert post.inbox() == ["Client C001: 1000.0000"]


def test_a_dead_relay_loses_nothing(post: Post) -> None:
    planned(post)
    sender = post.sender()
    sender.channel.relay = replace(relay_of(post.catcher), port=1)  # type: ignore[attr-defined]
    result = sender.send_ready(post.tenant_id)
    assert result.is_relay_gone
    reminder = post.only()
    assert (reminder.state, "does not answer" in reminder.problem) == ("ready", True)
    post.now += timedelta(minutes=1)
    assert post.send() == 1


# --- deaths ---------------------------------------------------------------------------------------------------------


class DyingError(BaseException):
    """A worker is gone: no handler of ours sees it."""


@dataclass
class DeadlyChannel(SmtpChannel):
    """Dies where it is told to; the relay may have accepted the message."""

    inner: SmtpChannel
    moment: str

    def hand_over(self, mail: OutgoingMail, *, before_last_dot: Callable[[], None]) -> None:
        if self.moment == "before":
            raise DyingError
        if self.moment == "at the dot":
            before_last_dot()
            raise DyingError
        self.inner.hand_over(mail, before_last_dot=before_last_dot)
        raise DyingError


def die(post: Post, moment: str) -> None:
    sender = post.sender()
    assert isinstance(sender.channel, SmtpChannel)
    deadly = replace(sender, channel=DeadlyChannel(sender.channel, moment))
    with pytest.raises(DyingError):
        deadly.send_ready(post.tenant_id)


@pytest.mark.parametrize("moment", ["before", "at the dot", "after"])
def test_a_worker_that_dies_leaves_exactly_one_message(post: Post, moment: str) -> None:
    planned(post)
    die(post, moment)
    state = post.only().state
    assert state == ("claimed" if moment == "before" else "handing")
    post.settle()
    assert post.only().state == state, "the lease still runs"
    post.now += LEASE + timedelta(seconds=10)
    post.settle()
    post.send()
    assert (post.only().state, len(post.inbox())) == ("sent", 1)


def test_without_evidence_a_person_decides(post: Post) -> None:
    planned(post)
    die(post, "after")
    post.now += LEASE + timedelta(days=2)
    settle(post.tenant_id, evidence=FolderEvidence(""), now=post.now)
    reminder = post.only()
    assert reminder.state == "unknown"
    assert post.send() == 0
    with post.chase.house.scope():
        people.settle_by_person(
            reminder=reminder, actor=system_actor(post.tenant_id), was_sent=True, now=post.now
        )
    assert post.only().state == "sent"


def test_a_slow_worker_cannot_send_what_another_took_over(post: Post) -> None:
    planned(post)
    slow = post.sender("slow")
    overtaken: list[int] = []

    class Slow(SmtpChannel):
        def hand_over(self, mail: OutgoingMail, *, before_last_dot: Callable[[], None]) -> None:
            post.now += LEASE + timedelta(seconds=1)
            post.settle()
            overtaken.append(post.send())
            super().hand_over(mail, before_last_dot=before_last_dot)

    late = replace(slow, channel=Slow(relay_of(post.catcher)))
    result = late.send_ready(post.tenant_id)
    assert (overtaken, result.sent) == ([1], 0)
    assert len(post.inbox()) == 1
    assert post.only().state == "sent"


def test_a_row_that_kills_its_worker_again_and_again_is_set_aside(post: Post) -> None:
    planned(post)
    for _ in range(MAX_LAPSES):
        die(post, "before")
        post.now += LEASE + timedelta(seconds=1)
        post.settle()
    assert post.only().state == "failed"
    assert f"{MAX_LAPSES} times" in post.only().problem


def test_silence_after_the_dot_is_unknown_at_once(post: Post) -> None:
    planned(post)

    class Silent(SmtpChannel):
        def hand_over(self, mail: OutgoingMail, *, before_last_dot: Callable[[], None]) -> None:
            before_last_dot()
            raise OutcomeUnknownError(f"the relay went away with {mail.message_id}")

    replace(post.sender(), channel=Silent(relay_of(post.catcher))).send_ready(post.tenant_id)
    assert post.only().state == "unknown"
    post.settle()
    assert post.only().state == "unknown", "the relay may still be writing its log"
    post.now += timedelta(seconds=6)
    post.settle()
    assert post.send() == 1


# --- red buttons ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", [SwitchScope.HOUSE, SwitchScope.TENANT, SwitchScope.SCENARIO])
def test_a_red_button_stops_what_is_queued(post: Post, scope: SwitchScope) -> None:
    planned(post)
    actor = system_actor(post.tenant_id)
    with post.chase.house.scope():
        scenario = Scenario.objects.get(is_default=True) if scope is SwitchScope.SCENARIO else None
        barriers.stop_sending(
            actor=actor, reason="wrong logo", now=NOW, scope=scope, scenario=scenario
        )
    assert post.send() == 0
    with post.chase.house.scope():
        barriers.resume_sending(
            actor=actor, now=NOW, scope=scope, scenario=scenario, reason="Corrected"
        )
    assert post.send() == 1


def test_a_red_button_stops_a_message_before_its_last_dot(post: Post) -> None:
    planned(post)

    class Pressed(SmtpChannel):
        def hand_over(self, mail: OutgoingMail, *, before_last_dot: Callable[[], None]) -> None:
            with post.chase.house.scope():
                barriers.stop_sending(actor=system_actor(post.tenant_id), reason="now", now=NOW)
            super().hand_over(mail, before_last_dot=before_last_dot)

    replace(post.sender(), channel=Pressed(relay_of(post.catcher))).send_ready(post.tenant_id)
    assert (post.only().state, post.inbox()) == ("ready", [])


def test_a_restored_database_sends_nothing_until_it_is_reconciled(
    post: Post, settings: Settings
) -> None:
    """The message left, then the database lost that: after the restore it does not leave again."""
    planned(post)
    post.send()
    with post.chase.house.scope():
        former = Reminder.objects.get()
        SendAttempt.objects.all().delete()
        RenderedMessage.objects.all().delete()
        former.lines.all().delete()
        former.delete()
    settings.OTC_SENDING_EPOCH = "after the restore"
    post.chase.plan()
    post.confirm()
    assert post.send() == 0
    with post.chase.house.scope():
        result = barriers.reconcile_outbox(
            actor=system_actor(post.tenant_id),
            evidence=FolderEvidence(post.catcher.folder),
            now=post.now,
        )
        assert (result.looked_up, result.found_sent) == (1, 1)
        assert SendingEpoch.objects.get().epoch == "after the restore"
    assert post.send() == 0
    assert (post.only().state, len(post.inbox())) == ("sent", 1)


def test_what_is_planned_anew_after_a_restore_is_looked_up_before_it_leaves(
    post: Post, settings: Settings
) -> None:
    planned(post)
    post.send()
    with post.chase.house.scope():
        former = Reminder.objects.get()
        for related in (SendAttempt, RenderedMessage):
            related.objects.all().delete()
        former.lines.all().delete()
        former.delete()
    settings.OTC_SENDING_EPOCH = "after the restore"
    with post.chase.house.scope():
        barriers.reconcile_outbox(
            actor=system_actor(post.tenant_id),
            evidence=FolderEvidence(post.catcher.folder),
            now=post.now,
        )
    post.chase.plan()
    post.confirm()
    post.send()
    assert (post.only().state, len(post.inbox())) == ("sent", 1)


def test_a_reconciliation_without_evidence_is_refused(post: Post, settings: Settings) -> None:
    planned(post)
    post.send()
    post.chase.line(post.chase.customer("C002"), 12)
    post.chase.plan()
    settings.OTC_SENDING_EPOCH = "after the restore"
    with post.chase.house.scope(), pytest.raises(barriers.NoEvidence, match="1 reminders"):
        barriers.reconcile_outbox(
            actor=system_actor(post.tenant_id), evidence=FolderEvidence(""), now=post.now
        )


# --- the database holds the states ----------------------------------------------------------------------------------


def test_no_statement_sends_what_was_sent(post: Post) -> None:
    planned(post)
    post.send()
    with (
        post.chase.house.scope(),
        pytest.raises(DatabaseError, match="cannot become ready"),
        transaction.atomic(),
    ):
        Reminder.objects.update(state=State.READY)


def test_the_volume_breaker_needs_a_named_person(post: Post) -> None:
    with post.chase.house.scope():
        Run.objects.create(
            run_date=TODAY - timedelta(days=2), messages=2, planned=2, started_at=NOW
        )
    customers = [post.chase.customer(f"C{n:02d}") for n in range(22)]
    with post.chase.house.scope():
        for customer in customers:
            post.chase.add_line(customer, 12)
    post.chase.plan()
    assert post.confirm() == 0
    assert post.send() == 0
    manager = post.chase.house.actor("credit_manager")
    with post.chase.house.scope():
        run = Run.objects.get(is_held=True)
        with pytest.raises(people.ReleaseByAPerson):
            people.release_run(run=run, actor=system_actor(post.tenant_id), now=NOW)
        assert people.release_run(run=run, actor=manager, now=NOW) == 22
    assert post.confirm() == 22
    assert post.send() == 22
