"""Settle what was left behind: leases of workers that never came back, and outcomes nobody saw."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext as _

from accounts.services import audit
from dunning.channels import Carrier, MailEvidence
from dunning.models import Reminder, SendAttempt
from dunning.rules.outbox import (
    CARRIER_EVIDENCE_WAIT,
    EVIDENCE_WAIT,
    MAX_LAPSES,
    Evidence,
    State,
    settled_state,
)
from dunning.rules.steps import Channel
from dunning.services.attempts import tell_failed, tell_sent
from kernel.permissions import system_actor
from kernel.tenancy import current_tenant_id, tenant_scope

BATCH = 500


@dataclass(frozen=True, slots=True)
class Settled:
    """What a sweep did. `open_unknown` outcomes wait for evidence or for a person."""

    given_back: int
    set_aside: int
    found_sent: int
    found_unsent: int
    open_unknown: int


def settle(
    tenant_id: UUID,
    *,
    evidence: MailEvidence,
    now: datetime,
    carriers: Mapping[Channel, Carrier] | None = None,
) -> Settled:
    """Take back lapsed claims and ask for evidence about unknown outcomes; opens its own scopes.

    What left through a provider is asked about at the provider; without one here a person decides.
    """
    with tenant_scope(tenant_id):
        given_back, set_aside = _take_back(now=now)
        _make_unknown(now=now)
        unknown = list(
            Reminder.objects.filter(state=State.UNKNOWN).values_list("pk", "message_id", "channel")[
                :BATCH
            ]
        )
    # The look into the relay's log may be slow: no transaction is open meanwhile.
    asked = {channel.value: carrier for channel, carrier in (carriers or {}).items()}
    answers = {
        pk: _evidence(evidence if channel == Channel.EMAIL else asked.get(channel), message_id)
        for pk, message_id, channel in unknown
    }
    found_sent = found_unsent = 0
    if answers:
        with tenant_scope(tenant_id):
            for pk, answer in answers.items():
                state = _settle_one(pk, answer, now=now)
                found_sent += state is State.SENT
                found_unsent += state is State.READY
    still_open = len(answers) - found_sent - found_unsent
    return Settled(given_back, set_aside, found_sent, found_unsent, still_open)


def _take_back(*, now: datetime) -> tuple[int, int]:
    """Return claims whose worker never came back to the queue; those that keep killing workers are set aside."""
    lapsed = Reminder.objects.filter(state=State.CLAIMED, lease_until__lte=now)
    poison = list(lapsed.filter(lapses__gte=MAX_LAPSES - 1).select_for_update(skip_locked=True))
    for reminder in poison:
        reminder.state = State.FAILED
        reminder.state_at = now
        reminder.lease_until = None
        reminder.lapses += 1
        reminder.problem = _("The worker stopped %(count)s times while preparing this message.") % {
            "count": reminder.lapses
        }
        reminder.save()
        tell_failed(reminder, now=now)
    pks = list(
        lapsed.exclude(pk__in=[reminder.pk for reminder in poison])
        .select_for_update(skip_locked=True)
        .values_list("pk", flat=True)
    )
    SendAttempt.objects.filter(reminder__in=pks, ended_at=None).update(
        ended_at=now, outcome=State.READY, detail="lapsed"
    )
    given_back = Reminder.objects.filter(pk__in=pks, state=State.CLAIMED).update(
        state=State.READY, state_at=now, lease_until=None, lapses=F("lapses") + 1
    )
    return given_back, len(poison)


def _make_unknown(*, now: datetime) -> None:
    """Admit that nobody knows what became of a message whose worker died at the last dot."""
    lapsed = Reminder.objects.filter(state=State.HANDING, lease_until__lte=now)
    pks = list(lapsed.select_for_update(skip_locked=True).values_list("pk", flat=True))
    SendAttempt.objects.filter(reminder__in=pks, ended_at=None).update(
        ended_at=now, outcome=State.UNKNOWN, detail="lapsed"
    )
    Reminder.objects.filter(pk__in=pks, state=State.HANDING).update(
        state=State.UNKNOWN, state_at=now, lease_until=None
    )


def _evidence(asked: MailEvidence | Carrier | None, message_id: str) -> Evidence:
    answer = asked.was_accepted(message_id) if asked else None
    if answer is None:
        return Evidence.NONE
    return Evidence.ACCEPTED if answer else Evidence.NOT_ACCEPTED


def _settle_one(reminder_id: UUID, evidence: Evidence, *, now: datetime) -> State | None:
    """Settle one unknown outcome by what was found; None when it stays unknown or somebody else settled it."""
    reminder = (
        Reminder.objects.filter(pk=reminder_id, state=State.UNKNOWN)
        .select_for_update(skip_locked=True)
        .first()
    )
    if reminder is None:
        return None
    handed_at = reminder.handed_at or reminder.state_at
    is_mail = reminder.channel == Channel.EMAIL
    wait = EVIDENCE_WAIT if is_mail else CARRIER_EVIDENCE_WAIT
    state = settled_state(evidence, handed_at=handed_at, now=now, wait=wait)
    if state is None:
        return None
    reminder.state = state
    reminder.state_at = now
    if state is State.SENT:
        reminder.sent_at = reminder.handed_at
    reminder.save()
    SendAttempt.objects.filter(reminder=reminder, number=reminder.attempt).update(
        outcome=state, detail="evidence"
    )
    if state is State.SENT:
        tell_sent(reminder, now=now)
    audit.record(
        actor=system_actor(current_tenant_id()),
        action="dunning.settle_outcome",
        object_kind="reminder",
        object_id=reminder.pk,
        evidence=evidence,
        state=state,
    )
    return state
