"""Keep a customer or some of his lines out of the chase while a fact stands, and take them back in when it is over."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from dunning.models import Exclusion, Pause
from kernel.permissions import Actor
from ledger.models import Customer


def keep_out(
    *,
    customer: Customer,
    exclusion: Exclusion,
    reason: str,
    today: date,
    object_id: UUID,
    actor: Actor,
    due_lines: Sequence[UUID] | None = None,
    until: date | None = None,
) -> None:
    """Keep a customer, or only some of his lines, out of the chase from `today` to `until`, included.

    Without `until` that lasts until `take_back_in` is called with the same `object_id`. What is queued already does not
    leave either: a message asks again before it goes.
    """
    Pause.objects.bulk_create(
        Pause(
            customer=customer,
            due_line_id=line_id,
            exclusion=exclusion,
            reason=reason.strip()[:250],
            object_id=object_id,
            from_date=today,
            until_date=until,
            opened_by_id=actor.membership_id,
        )
        for line_id in (due_lines if due_lines is not None else [None])
    )


def take_back_in(*, object_id: UUID, today: date) -> int:
    """Chase again from `today` what the object with this id kept out; return how many rows that ends."""
    return Pause.objects.not_over(today).filter(object_id=object_id).update(ended_date=today)
