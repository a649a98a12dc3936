"""Say how many calls a day one person of the team makes."""

from datetime import datetime
from typing import ClassVar

from django.utils.translation import gettext as _

from accounts.services import audit
from dunning.models import TeamCapacity
from dunning.queries.capacity import calls_a_person
from kernel.errors import Refused
from kernel.permissions import Actor

MOST_CALLS = 200


class CapacityRefused(Refused):
    """No person makes so many calls, or none at all."""

    code: ClassVar[str] = "capacity_refused"


def set_capacity(*, calls: int, actor: Actor, now: datetime) -> None:
    """Keep how many calls a day one person makes. Raises CapacityRefused."""
    if not 1 <= calls <= MOST_CALLS:
        raise CapacityRefused(
            _(
                "%(calls)s calls a day cannot be what one person makes: write 1 to %(most)s. "
                "Where nobody calls, take the calls out of the scenarios."
            )
            % {"calls": calls, "most": MOST_CALLS},
            calls=calls,
            most=MOST_CALLS,
        )
    before = calls_a_person()
    TeamCapacity.objects.update_or_create(
        defaults={
            "calls_a_day": calls,
            "changed_by_id": actor.membership_id,
            "changed_at": now,
        }
    )
    audit.record(
        actor=actor, action="dunning.set_capacity", object_kind="team", before=before, after=calls
    )
