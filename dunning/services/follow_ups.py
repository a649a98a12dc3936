"""What somebody has yet to do about a customer: call back at an hour, answer a question to sales (R24)."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.utils.translation import gettext as _

from accounts.services import audit
from dunning.models import FollowUp, FollowUpKind, Reminder
from dunning.rules.calls import ANSWER_HOURS
from kernel.errors import Refused
from kernel.permissions import Actor
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
    audit.record(
        actor=actor,
        action="dunning.answer_question",
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
