"""What somebody has yet to do about a customer: call back at an hour, answer a question to sales (R24)."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.utils.translation import gettext as _

from accounts.models import MembershipState
from accounts.services import audit
from dunning.models import FollowUp, FollowUpKind, Reminder
from dunning.rules.calls import ANSWER_HOURS
from dunning.rules.sales import Waiting, waits_for
from dunning.services.question_mails import (
    write_of_answer,
    write_of_lateness,
    write_of_question,
    write_of_return,
)
from kernel.errors import Refused
from kernel.permissions import Actor, system_actor
from ledger.models import Customer, TimelineKind
from ledger.services.history import note

FURTHEST = timedelta(days=90)


class FollowUpNotPossible(Refused):
    """A call back in the past, a question to nobody, or an answer that says nothing."""

    code: ClassVar[str] = "follow_up_not_possible"


def call_back(
    *,
    customer: Customer,
    at: datetime,
    words: str,
    actor: Actor,
    now: datetime,
    reminder: Reminder | None = None,
) -> FollowUp:
    """Take down that the customer is called at an hour, by the same person. Raises FollowUpNotPossible."""
    if not now <= at <= now + FURTHEST:
        raise FollowUpNotPossible(
            _(
                "A call back to %(customer)s lies ahead, within %(days)s days. Choose another day or hour."
            )
            % {"customer": customer.name, "days": FURTHEST.days}
        )
    return _open(
        FollowUp(
            customer=customer,
            kind=FollowUpKind.CALL_BACK,
            due_at=at,
            words=words.strip()[:500],
            reminder=reminder,
            owner_id=actor.membership_id,
        ),
        actor=actor,
        now=now,
    )


def _open(follow_up: FollowUp, *, actor: Actor, now: datetime) -> FollowUp:
    follow_up.opened_by_id, follow_up.opened_at = actor.membership_id, now
    follow_up.save()
    audit.record(
        actor=actor,
        action=f"dunning.open_{follow_up.kind}",
        object_kind="customer",
        object_id=follow_up.customer_id,
        due_at=follow_up.due_at.isoformat(),
    )
    return follow_up


def ask_sales(*, customer: Customer, words: str, actor: Actor, now: datetime) -> FollowUp:
    """Ask the customer's sales representative, who has 48 hours; then his manager sees it too.

    Raises FollowUpNotPossible.
    """
    facts = {"customer": customer.name}
    if customer.sales_rep_id is None:
        raise FollowUpNotPossible(
            _(
                "%(customer)s has no sales representative to ask. Name one on the customer's page first."
            )
            % facts
        )
    if not words.strip():
        raise FollowUpNotPossible(
            _("Write what you want to know about %(customer)s: the question is the task.") % facts
        )
    standing = FollowUp.objects.still_open().questions().filter(customer=customer).first()
    if standing is not None:
        raise FollowUpNotPossible(
            _("A question about %(customer)s already waits for an answer: “%(words)s”.")
            % {**facts, "words": standing.words}
        )
    question = _open(
        FollowUp(
            customer=customer,
            kind=FollowUpKind.ASK_SALES,
            due_at=now + timedelta(hours=ANSWER_HOURS),
            words=words.strip()[:500],
            owner_id=customer.sales_rep_id,
        ),
        actor=actor,
        now=now,
    )
    _tell(question, "dunning.sales_asked", question.words, actor, now)
    write_of_question(question, now=now)
    return question


def answer_question(*, question: FollowUp, words: str, actor: Actor, now: datetime) -> None:
    """Let the colleague who was asked answer, or who manages him. Raises FollowUpNotPossible."""
    locked = FollowUp.objects.select_for_update(of=("self",)).get(pk=question.pk)
    if locked.closed_at is not None:
        raise FollowUpNotPossible(
            _("This question was answered meanwhile: “%(words)s”.") % {"words": locked.answer}
        )
    if not words.strip():
        raise FollowUpNotPossible(_("Write the answer; an empty one helps nobody."))
    locked.answer = words.strip()[:500]
    close(locked, actor=actor, now=now)
    _tell(locked, "dunning.sales_answered", locked.answer, actor, now)
    write_of_answer(locked, now=now)
    audit.record(
        actor=actor,
        action="dunning.answer_question",
        object_kind="customer",
        object_id=locked.customer_id,
    )


def chase_questions(*, now: datetime) -> int:
    """Pass on what sales did not answer in time: to the manager, then back to whoever asked; return how many moved.

    Without a manager at work the question comes back at once (R24). Running it again moves nothing more.
    """
    late = (
        FollowUp.objects.still_open()
        .questions()
        .filter(due_at__lte=now, returned_at=None)
        .select_related("owner__manager__user", "opened_by__user", "customer__collector__user")
        .select_for_update(of=("self",), skip_locked=True)
    )
    return sum(_pass_on(question, now=now) for question in late)


def _pass_on(question: FollowUp, *, now: datetime) -> bool:
    boss = question.owner.manager if question.owner else None
    is_there = boss is not None and boss.state == MembershipState.ACTIVE
    waiting = waits_for(due_at=question.due_at, escalated_at=question.escalated_at, now=now)
    if question.escalated_at is None and boss is not None and is_there:
        question.escalated_at, question.escalated_to = now, boss
        question.save(update_fields=["escalated_at", "escalated_to"])
        write_of_lateness(question, now=now)
        code = "dunning.sales_late"
    elif waiting is Waiting.ASKER or not is_there:
        question.returned_at = now
        question.save(update_fields=["returned_at"])
        write_of_return(question, now=now)
        code = "dunning.sales_silent"
    else:
        return False
    actor = system_actor(question.tenant_id)
    _tell(question, code, question.words, actor, now)
    audit.record(
        actor=actor,
        action="dunning.pass_on_question",
        object_kind="customer",
        object_id=question.customer_id,
        is_returned=question.returned_at is not None,
    )
    return True


def take_back_question(*, question: FollowUp, words: str, actor: Actor, now: datetime) -> None:
    """Close a question that nobody in sales answered, saying what is done instead. Raises FollowUpNotPossible."""
    locked = FollowUp.objects.select_for_update(of=("self",)).get(pk=question.pk)
    if locked.closed_at is not None:
        raise FollowUpNotPossible(
            _("This question was answered meanwhile: “%(words)s”.") % {"words": locked.answer}
        )
    if not words.strip():
        raise FollowUpNotPossible(_("Say what you do instead of waiting for sales."))
    locked.answer = words.strip()[:500]
    close(locked, actor=actor, now=now)
    _tell(locked, "dunning.sales_not_waited_for", locked.answer, actor, now)
    audit.record(
        actor=actor,
        action="dunning.take_back_question",
        object_kind="customer",
        object_id=locked.customer_id,
    )


def close(follow_up: FollowUp, *, actor: Actor, now: datetime) -> None:
    """Take a follow-up off the agenda: it was done."""
    follow_up.closed_at, follow_up.closed_by_id = now, actor.membership_id
    follow_up.save(update_fields=["closed_at", "closed_by", "answer"])


def _tell(question: FollowUp, text_code: str, words: str, actor: Actor, now: datetime) -> None:
    note(
        customer=question.customer_id,
        kind=TimelineKind.NOTE,
        text_code=text_code,
        actor=actor,
        words=words,
        at=now,
        object_id=question.pk,
    )
