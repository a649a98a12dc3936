"""Sales answer before a message leaves to their protected customer; finance decides about an objection (R43)."""

from datetime import date, datetime
from typing import ClassVar

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.services import audit
from dunning.models import DepartureNotice, ObjectionRuling, Reminder, RepAnswer, SideMailKind
from dunning.rules.outbox import CancelReason, State
from dunning.rules.sales import SALES_OBJECTION
from dunning.rules.steps import Channel, Mode
from dunning.services.pauses import pause_reminders
from dunning.services.people import cancel_reminder, confirm_reminders
from dunning.services.sales_notices import depart
from dunning.services.side_mails import language_of, tell_member
from dunning.services.stages import refuse_pre_litigation
from kernel.errors import Refused
from kernel.permissions import Actor
from ledger.models import TimelineKind
from ledger.services.history import note

LONGEST = 500


class ObjectionNotPossible(Refused):
    """An objection without a reason, too late, or made twice."""

    code: ClassVar[str] = "objection_not_possible"


class DecisionNotPossible(Refused):
    """A decision about an objection without a reason, by the wrong person, or made already."""

    code: ClassVar[str] = "decision_not_possible"


def agree_to_departure(*, notice: DepartureNotice, actor: Actor, now: datetime) -> None:
    """Take down that sales are fine with a message: it no longer waits for them. Raises ObjectionNotPossible."""
    locked, reminder = _locked(notice)
    _refuse_answer(locked, reminder)
    _answer(locked, RepAnswer.FINE, "", actor=actor, now=now)
    if reminder.channel == Channel.LETTER:
        if reminder.leaves_at == locked.deadline:
            # Nothing but this deadline kept it out of a batch.
            reminder.leaves_at = now
            reminder.save(update_fields=["leaves_at"])
    elif reminder.state == State.READY or (
        reminder.state == State.PLANNED and reminder.mode == Mode.AUTO
    ):
        depart(reminder, after=now)


def object_to_departure(
    *, notice: DepartureNotice, words: str, actor: Actor, now: datetime
) -> None:
    """Hold a message because sales object, with a reason, until finance decides. Raises ObjectionNotPossible.

    As long as the message is in the house it is not too late, even after the deadline.
    """
    locked, reminder = _locked(notice)
    facts = {"customer": reminder.customer.name}
    if not words.strip():
        raise ObjectionNotPossible(
            _("Say why the message to %(customer)s should not leave: finance decides by it.")
            % facts
        )
    _refuse_answer(locked, reminder)
    _answer(locked, RepAnswer.OBJECTED, words.strip()[:LONGEST], actor=actor, now=now)
    if reminder.state in {State.PLANNED, State.READY} or reminder.held_reason == "by_person":
        reminder.state, reminder.state_at = State.HELD, now
        reminder.held_reason = SALES_OBJECTION
        reminder.save(update_fields=["state", "state_at", "held_reason"])
    _tell_finance(locked, reminder, actor, now=now)


def _refuse_answer(notice: DepartureNotice, reminder: Reminder) -> None:
    facts = {"customer": reminder.customer.name}
    if notice.decision:
        raise ObjectionNotPossible(
            _(
                "%(name)s has decided about the objection to this message: “%(words)s”. Talk to each other if it "
                "should be otherwise."
            )
            % {
                "name": notice.decided_by.name if notice.decided_by else "",
                "words": notice.decision_words,
            }
        )
    if notice.answer == RepAnswer.OBJECTED:
        raise ObjectionNotPossible(
            _("The objection to this message is noted already: “%(words)s”. Finance decides.")
            % {"words": notice.words}
        )
    if reminder.state == State.CANCELLED:
        raise ObjectionNotPossible(
            _(
                "This message to %(customer)s does not leave any more: there is nothing to object to."
            )
            % facts
        )
    if reminder.state not in {State.PLANNED, State.READY, State.HELD}:
        raise ObjectionNotPossible(
            _(
                "The message to %(customer)s has left or is leaving this minute. Tell the collector, who can speak to "
                "the customer."
            )
            % facts
        )


def _answer(
    notice: DepartureNotice, answer: RepAnswer, words: str, *, actor: Actor, now: datetime
) -> None:
    notice.answer, notice.words = answer, words
    notice.answered_by_id, notice.answered_at = actor.membership_id, now
    notice.save(update_fields=["answer", "words", "answered_by", "answered_at"])
    note(
        customer=notice.customer_id,
        kind=TimelineKind.NOTE,
        text_code=f"dunning.sales_{answer}",
        actor=actor,
        words=words,
        at=now,
        object_id=notice.pk,
    )
    _record(actor, "dunning.answer_departure", notice, answer=str(answer))


def decide_objection(
    *,
    notice: DepartureNotice,
    ruling: ObjectionRuling,
    words: str,
    actor: Actor,
    today: date,
    now: datetime,
    until: date | None = None,
) -> None:
    """Let finance decide about an objection: the message leaves all the same, does not, or the customer is paused.

    A pause lasts until `until`, included. Raises DecisionNotPossible, PauseNotPossible, and PreLitigationReserved where
    only a credit manager lets the message go.
    """
    locked, reminder = _locked(notice)
    _refuse_decision(locked, words, actor)
    if ruling is ObjectionRuling.LET_GO:
        refuse_pre_litigation([reminder], actor=actor)
    locked.decision, locked.decision_words = ruling, words.strip()[:LONGEST]
    locked.decided_by_id, locked.decided_at = actor.membership_id, now
    locked.save(update_fields=["decision", "decision_words", "decided_by", "decided_at"])
    is_waiting = reminder.state == State.HELD and reminder.held_reason == SALES_OBJECTION
    if ruling is ObjectionRuling.PAUSED:
        pause_reminders(
            customer=reminder.customer,
            actor=actor,
            reason=words[:250],
            today=today,
            until=until or today,
            now=now,
        )
    if is_waiting:
        _carry_out(reminder, ruling, words, actor=actor, now=now)
    note(
        customer=locked.customer_id,
        kind=TimelineKind.NOTE,
        text_code=f"dunning.objection_{ruling}",
        actor=actor,
        words=locked.decision_words,
        at=now,
        object_id=locked.pk,
    )
    _record(actor, "dunning.decide_objection", locked, decision=str(ruling))
    _tell_sales(locked, reminder, actor, now=now)


def _refuse_decision(notice: DepartureNotice, words: str, actor: Actor) -> None:
    if actor.kind != "person" or actor.membership_id is None:
        raise DecisionNotPossible(
            _(
                "A person who signs in decides about an objection; a program cannot answer for it (S12)."
            )
        )
    if notice.answer != RepAnswer.OBJECTED:
        raise DecisionNotPossible(_("Nobody objects to this message; there is nothing to decide."))
    if notice.decision:
        raise DecisionNotPossible(
            _("%(name)s decided meanwhile: “%(words)s”. Reload the page.")
            % {
                "name": notice.decided_by.name if notice.decided_by else "",
                "words": notice.decision_words,
            }
        )
    if actor.membership_id == notice.answered_by_id:
        raise DecisionNotPossible(
            _("You objected yourself: another person decides about it (S1).")
        ).by_another()
    if not words.strip():
        raise DecisionNotPossible(_("Say why; whoever objected reads it."))


def _carry_out(
    reminder: Reminder, ruling: ObjectionRuling, words: str, *, actor: Actor, now: datetime
) -> None:
    """Move a held message on. What is let go leaves as confirmed by the actor: changed data ask him again."""
    if ruling is ObjectionRuling.CANCELLED:
        cancel_reminder(reminder=reminder, actor=actor, reason=words, now=now)
        return
    if ruling is ObjectionRuling.PAUSED:
        # The step is not taken: after the pause the plan asks for it anew, and sales are told anew.
        reminder.state, reminder.cancel_reason = State.CANCELLED, CancelReason.EXCLUDED
    else:
        reminder.state, reminder.mode = State.PLANNED, Mode.CONFIRM
    reminder.state_at, reminder.held_reason = now, ""
    reminder.save(update_fields=["state", "state_at", "held_reason", "cancel_reason", "mode"])
    if ruling is ObjectionRuling.LET_GO:
        confirm_reminders(reminders=Reminder.objects.filter(pk=reminder.pk), actor=actor, now=now)


def _locked(notice: DepartureNotice) -> tuple[DepartureNotice, Reminder]:
    """Return a notice and its message, both locked, as they are now."""
    reminder = (
        Reminder.objects.select_related("customer__collector__user", "scenario_version")
        .select_for_update(of=("self",))
        .get(pk=notice.reminder_id)
    )
    locked = (
        DepartureNotice.objects.select_related("told__user", "decided_by", "answered_by__user")
        .select_for_update(of=("self",))
        .get(pk=notice.pk)
    )
    return locked, reminder


def _tell_finance(
    notice: DepartureNotice, reminder: Reminder, actor: Actor, *, now: datetime
) -> None:
    """Write to whoever chases the customer; where nobody does, the agenda shows it to all of finance."""
    collector: Membership | None = reminder.customer.collector
    if collector is None:
        return
    with language_of(collector):
        facts = {
            "name": collector.name,
            "rep": actor.name,
            "customer": reminder.customer.name,
            "words": notice.words,
            "url": f"{settings.OTC_PUBLIC_URL}{reverse('reminder', args=[reminder.pk])}",
        }
        subject = _("%(rep)s objects to the reminder to %(customer)s") % facts
        text = (
            _(
                "Hello %(name)s,\n\n%(rep)s objects to the reminder to %(customer)s:\n\n“%(words)s”\n\n"
                "It is held until you decide: let it go, drop it, or pause: %(url)s"
            )
            % facts
        )
    tell_member(
        member=collector,
        kind=SideMailKind.OBJECTION,
        key=f"objection:{notice.pk}",
        customer=notice.customer_id,
        object_id=notice.pk,
        subject=subject,
        text=text,
        now=now,
    )


def _tell_sales(
    notice: DepartureNotice, reminder: Reminder, actor: Actor, *, now: datetime
) -> None:
    person: Membership | None = notice.answered_by
    if person is None:
        return
    with language_of(person):
        facts = {
            "name": person.name,
            "decider": actor.name,
            "customer": reminder.customer.name,
            "decision": ObjectionRuling(notice.decision).label,
            "words": notice.decision_words,
        }
        subject = _("%(customer)s: %(decision)s") % facts
        text = (
            _(
                "Hello %(name)s,\n\n%(decider)s decided about your objection to the reminder to %(customer)s: "
                "%(decision)s.\n\n“%(words)s”"
            )
            % facts
        )
    tell_member(
        member=person,
        kind=SideMailKind.DECISION,
        key=f"decision:{notice.pk}",
        customer=notice.customer_id,
        object_id=notice.pk,
        subject=subject,
        text=text,
        now=now,
    )


def _record(actor: Actor, action: str, notice: DepartureNotice, **details: object) -> None:
    audit.record(
        actor=actor, action=action, object_kind="reminder", object_id=notice.reminder_id, **details
    )
