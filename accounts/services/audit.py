"""The audit trail: one call appends a link to the tenant's hash chain (RELIABILITY D19)."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from kernel.identifiers import uuid7
from kernel.permissions import Actor


@dataclass(frozen=True, slots=True)
class ChainVerdict:
    """How many events a tenant's chain has, and the first sequence number at which it does not hold."""

    events: int
    first_broken: int | None


def record(
    *,
    actor: Actor,
    action: str,
    object_kind: str = "",
    object_id: UUID | str | None = None,
    **details: Any,
) -> int:
    """Append an event and return its sequence number in the tenant.

    `action` is `<app>.<verb>_<object>`. `details` hold ids, codes and figures, never personal data, since an event
    can never be erased. What solo mode let pass is marked as under single control (S14).
    """
    if actor.is_single_control:
        details["single_control"] = True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sec.append_audit(%s, %s, %s, %s, %s, %s)",
            [
                uuid7(),
                signature(actor),
                action,
                object_kind,
                str(object_id or ""),
                json.dumps(details, default=str),
            ],
        )
        (sequence,) = cursor.fetchone()
    return int(sequence)


def signature(actor: Actor) -> str:
    """Return how the trail names an actor: by id, never by name or address."""
    if actor.token_id is not None:
        return f"token:{actor.token_id}"
    return str(actor.membership_id or actor.kind)


def verify_chain() -> ChainVerdict:
    """Recompute the current tenant's chain and say where it first does not hold."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM sec.verify_audit()")
        events, first_broken = cursor.fetchone()
    return ChainVerdict(int(events), first_broken)
