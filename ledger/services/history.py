"""The customer's history: entries are added, never edited (R64)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models.functions import Now

from kernel.permissions import Actor
from ledger.models import Customer, TimelineEntry, TimelineKind


def note(
    *,
    customer: Customer | UUID,
    kind: TimelineKind,
    text_code: str,
    actor: Actor | None = None,
    words: str = "",
    object_id: UUID | None = None,
    at: datetime | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry to a customer's history.

    `text_code` is `<app>.<sentence>`, a key of that app's `timeline.SENTENCES`; `facts` are plain JSON values put
    into the sentence in the reader's language, dates as ISO 8601 and amounts as `{"amount", "currency"}`. `words`
    are quoted as they were said. Without `at` the database's clock counts.
    """
    TimelineEntry.objects.create(
        customer_id=customer.pk if isinstance(customer, Customer) else customer,
        kind=kind,
        at=at or Now(),
        author_id=actor.membership_id if actor else None,
        text_code=text_code,
        facts=dict(facts or {}),
        words=words,
        object_id=object_id,
    )


def note_each(
    facts: Mapping[UUID, Mapping[str, Any]],
    *,
    kind: TimelineKind,
    text_code: str,
    actor: Actor | None = None,
) -> None:
    """Add the same entry to many customers' histories, each with facts of its own, as `note` does to one."""
    TimelineEntry.objects.bulk_create(
        (
            TimelineEntry(
                customer_id=customer_id,
                kind=kind,
                at=Now(),
                author_id=actor.membership_id if actor else None,
                text_code=text_code,
                facts=dict(its_facts),
            )
            for customer_id, its_facts in facts.items()
        ),
        batch_size=1000,
    )
