"""What stands between a tenant's queue and the mail server, in one question: it is asked twice for each message."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from dunning.models import SwitchScope
from dunning.rules.decision import HoldReason
from dunning.rules.outbox import State

_GATE = """
SELECT epoch.epoch, epoch.reconciled_at,
       EXISTS (SELECT FROM dunning_reminder WHERE state = %(held)s AND held_reason = %(volume)s),
       (SELECT min(reason) FROM dunning_sendingswitch WHERE is_stopped AND scope <> %(scenario)s),
       ARRAY(SELECT scenario_id FROM dunning_sendingswitch WHERE is_stopped AND scope = %(scenario)s),
       EXISTS (SELECT FROM dunning_sendingdomain WHERE verified_at IS NOT NULL)
FROM dunning_sendingepoch epoch
"""


@dataclass(frozen=True, slots=True)
class Gate:
    """The epoch the outbox was written under, what is pressed, and whether the tenant has a domain to send from.

    `stop_reason` is None while no button for the whole tenant is pressed.
    """

    epoch: str
    reconciled_at: datetime | None
    is_volume_held: bool
    stop_reason: str | None
    stopped_scenarios: frozenset[UUID]
    has_domain: bool


def gate() -> Gate | None:
    """Return what stands in the way; None for a tenant whose epoch was never written down."""
    parameters = {
        "held": State.HELD.value,
        "volume": HoldReason.VOLUME.value,
        "scenario": SwitchScope.SCENARIO.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(_GATE, parameters)
        row = cursor.fetchone()
    if row is None:
        return None
    epoch, reconciled_at, is_volume_held, stop_reason, scenarios, has_domain = row
    return Gate(epoch, reconciled_at, is_volume_held, stop_reason, frozenset(scenarios), has_domain)
