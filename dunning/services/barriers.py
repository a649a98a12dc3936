"""What keeps everything from leaving: the red buttons, and the epoch that a restored database no longer has."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.services import audit
from dunning.channels import Carrier, MailEvidence, NotAcceptedYetError, UnreachableError
from dunning.models import Reminder, Scenario, SendingEpoch, SendingSwitch, SwitchScope
from dunning.queries.gate import gate
from dunning.rules.outbox import State
from dunning.rules.steps import Channel
from dunning.services.identity import message_id_of
from kernel.errors import Refused
from kernel.permissions import Actor

WATCHED = timedelta(days=30)
"""For this long after a reconciliation each message is looked up before it leaves: the plan may make anew what
the lost part of the database had already sent."""


LONGEST_REASON = 250


class ReasonMissing(Refused):
    """A red button was pressed without saying why."""

    code: ClassVar[str] = "reason_missing"


class NoEvidence(Refused):
    """The outbox cannot be reconciled because nothing tells what the mail server accepted."""

    code: ClassVar[str] = "no_evidence"


def stop_sending(
    *,
    actor: Actor,
    reason: str,
    now: datetime,
    scope: SwitchScope = SwitchScope.TENANT,
    scenario: Scenario | None = None,
) -> None:
    """Press a red button: nothing under it leaves from now on, what is queued included. Raises ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing(
            _("Say why nothing may leave; whoever lets it go again will want to know.")
        )
    _turn(actor=actor, scope=scope, scenario=scenario, is_stopped=True, reason=reason, now=now)


def resume_sending(
    *,
    actor: Actor,
    now: datetime,
    scope: SwitchScope = SwitchScope.TENANT,
    scenario: Scenario | None = None,
    reason: str = "",
) -> None:
    """Let go what a red button stopped. That of one scenario wants a reason: raises ReasonMissing without."""
    if scenario is not None and not reason.strip():
        raise ReasonMissing(
            _("Say why “%(name)s” is taken up again; the page keeps it.") % {"name": scenario.name}
        )
    _turn(actor=actor, scope=scope, scenario=scenario, is_stopped=False, reason=reason, now=now)


def _turn(
    *,
    actor: Actor,
    scope: SwitchScope,
    scenario: Scenario | None,
    is_stopped: bool,
    reason: str,
    now: datetime,
) -> None:
    scope = SwitchScope.SCENARIO if scenario else scope
    SendingSwitch.objects.update_or_create(
        scope=scope,
        scenario=scenario,
        defaults={
            "is_stopped": is_stopped,
            "reason": reason.strip()[:LONGEST_REASON],
            "changed_by_id": actor.membership_id,
            "changed_at": now,
        },
    )
    audit.record(
        actor=actor,
        action="dunning.stop_sending" if is_stopped else "dunning.resume_sending",
        object_kind="scenario" if scenario else "tenant",
        object_id=scenario.pk if scenario else None,
        scope=scope,
    )


@dataclass(frozen=True, slots=True)
class Barrier:
    """What stands in the way of this tenant's messages; `has_domain`: a domain of its own proved good."""

    is_closed: bool
    reason: str = ""
    stopped_scenarios: frozenset[UUID] = frozenset()
    asks_evidence: bool = False
    has_domain: bool = False


def barrier(*, now: datetime) -> Barrier:
    """Return what stands in the way now; the first look at a new tenant writes its epoch down."""
    found = gate()
    if found is None:
        SendingEpoch.objects.get_or_create(
            defaults={"epoch": settings.OTC_SENDING_EPOCH, "changed_at": now}
        )
        return barrier(now=now)
    if found.epoch != settings.OTC_SENDING_EPOCH:
        return Barrier(is_closed=True, reason="epoch")
    if found.is_volume_held:
        # A ledger in which far too much is due may be a wrong one: what was confirmed before waits with the rest.
        return Barrier(is_closed=True, reason="volume")
    if found.stop_reason is not None:
        return Barrier(is_closed=True, reason=found.stop_reason)
    restored_at = found.reconciled_at
    return Barrier(
        is_closed=False,
        stopped_scenarios=found.stopped_scenarios,
        asks_evidence=restored_at is not None and now - restored_at < WATCHED,
        has_domain=found.has_domain,
    )


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What a reconciliation found among the reminders that had not left as far as the database knew."""

    looked_up: int
    found_sent: int
    unanswered: int = 0


def reconcile_outbox(
    *,
    actor: Actor,
    evidence: MailEvidence,
    now: datetime,
    carriers: Mapping[Channel, Carrier] | None = None,
) -> Reconciliation:
    """Compare the outbox with what the mail server and the providers accepted and take over the deployment's epoch.

    Reminders found to have left are marked sent; afterwards the rest may leave. Text messages and e-letters are asked
    about at their provider; where it does not answer now (`unanswered`) they are asked about again before they leave.
    Raises NoEvidence when nothing can be found out about e-mails: then a person must settle them first.
    """
    asked = {channel.value: carrier for channel, carrier in (carriers or {}).items()}
    waiting = Reminder.objects.filter(
        channel__in=[Channel.EMAIL.value, *asked],
        state__in=[
            State.PLANNED,
            State.HELD,
            State.READY,
            State.CLAIMED,
            State.HANDING,
            State.UNKNOWN,
        ],
    )
    accepted = []
    unanswered = 0
    for reminder in waiting.select_for_update(of=("self",)):
        carrier = asked.get(reminder.channel)
        if carrier is not None:
            answer = _asked(carrier, reminder)
            unanswered += answer is None
        else:
            answer = evidence.was_accepted(message_id_of(reminder))
        if answer is None and carrier is None:
            raise NoEvidence(
                _(
                    "Nothing tells what the mail server accepted, so %(count)s reminders cannot be compared with it. "
                    "Set OTC_MAIL_EVIDENCE_DIR to the relay's log folder, or cancel these reminders, then try again."
                )
                % {"count": waiting.count()},
                reminders=waiting.count(),
            )
        if answer:
            accepted.append(reminder)
    for reminder in accepted:
        walk_to_sent(reminder, now=now)
    SendingEpoch.objects.update(epoch=settings.OTC_SENDING_EPOCH, changed_at=now, reconciled_at=now)
    audit.record(
        actor=actor,
        action="dunning.reconcile_outbox",
        looked_up=waiting.count() + len(accepted),
        found_sent=len(accepted),
    )
    return Reconciliation(
        looked_up=waiting.count() + len(accepted),
        found_sent=len(accepted),
        unanswered=unanswered,
    )


def _asked(carrier: Carrier, reminder: Reminder) -> bool | None:
    """Return what a provider says of a parcel; None where it is out of reach, which is no answer."""
    try:
        return carrier.was_accepted(message_id_of(reminder))
    except (UnreachableError, NotAcceptedYetError):
        return None


_WAY_TO_SENT = {
    State.PLANNED: [State.READY, State.CLAIMED, State.HANDING, State.SENT],
    State.HELD: [State.READY, State.CLAIMED, State.HANDING, State.SENT],
    State.READY: [State.CLAIMED, State.HANDING, State.SENT],
    State.CLAIMED: [State.HANDING, State.SENT],
    State.HANDING: [State.SENT],
    State.UNKNOWN: [State.SENT],
}


def walk_to_sent(reminder: Reminder, *, now: datetime) -> None:
    """Bring a reminder that had left, as it turned out, to sent by the states in between."""
    for state in _WAY_TO_SENT[State(reminder.state)]:
        is_held = state in {State.CLAIMED, State.HANDING}
        reminder.state = state
        reminder.lease_until = now if is_held else None
        reminder.held_reason = ""
        reminder.state_at = now
        if state is State.SENT:
            reminder.sent_at = reminder.handed_at or now
            reminder.message_id = message_id_of(reminder)
        reminder.save()
