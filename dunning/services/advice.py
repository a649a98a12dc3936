"""Do otherwise than advised, and say why: kept for the customer's history and for what the advice may learn."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from django.utils.translation import gettext as _

from accounts.services import audit
from dunning.models import AdviceOverride, OverrideCause, Reminder
from dunning.rules.advice import ADVISABLE, Ground
from dunning.rules.steps import Channel
from kernel.errors import Refused
from kernel.permissions import Actor
from ledger.models import TimelineKind
from ledger.services.history import note


class OverrideWithoutCause(Refused):
    """Somebody does otherwise than advised and does not say why, or does not do otherwise."""

    code: ClassVar[str] = "override_without_cause"


def override_advice(
    *,
    reminder: Reminder,
    advised: Channel,
    grounds: Sequence[Ground],
    chosen: str,
    cause: str,
    words: str,
    actor: Actor,
    now: datetime,
) -> AdviceOverride:
    """Take down that `chosen` is done instead of `advised`, whose `grounds` were shown. Nothing is sent by it.

    Raises OverrideWithoutCause.
    """
    facts = {"customer": reminder.customer.name}
    if chosen not in {each.value for each in ADVISABLE} or chosen == advised.value:
        raise OverrideWithoutCause(
            _("Choose what you do instead for %(customer)s: another channel than the advised one.")
            % facts
        )
    said = words.strip()[:250]
    if cause not in set(OverrideCause.values) or (cause == OverrideCause.OTHER and not said):
        raise OverrideWithoutCause(
            _(
                "Say why you do otherwise for %(customer)s: choose a cause, and for another one write it in the note."
            )
            % facts
        )
    override = AdviceOverride.objects.create(
        customer_id=reminder.customer_id,
        reminder=reminder,
        advised=advised,
        chosen=chosen,
        grounds=[ground.value for ground in grounds],
        cause=cause,
        words=said,
        decided_by_id=actor.membership_id,
        decided_at=now,
    )
    note(
        customer=reminder.customer_id,
        kind=TimelineKind.NOTE,
        text_code=f"dunning.otherwise_{cause}",
        actor=actor,
        words=said,
        at=now,
        object_id=override.pk,
        facts={"advised": advised.value, "chosen": chosen, "cause": cause},
    )
    audit.record(
        actor=actor,
        action="dunning.override_advice",
        object_kind="reminder",
        object_id=reminder.pk,
        advised=advised.value,
        chosen=chosen,
        cause=cause,
    )
    return override
