"""A customer's history, latest first."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from ledger.models import TimelineEntry, TimelineKind
from ledger.timeline import sentence


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """Something that happened; `sentence` is in the reader's language, `words` are quoted as they were said.

    Those of a sensitive comment are left out: whoever may reads them on their own page, and the trail tells it.
    """

    id: UUID
    at: datetime
    kind: TimelineKind
    author: str
    sentence: str
    words: str
    object_id: UUID | None
    facts: dict[str, Any] = field(default_factory=dict)


def timeline(
    customer_id: UUID,
    *,
    kinds: tuple[TimelineKind, ...] = (),
    before: datetime | None = None,
    limit: int = 50,
    among: Q | None = None,
) -> list[HistoryEntry]:
    """Return the latest entries of a customer's history, older than `before` if given, of all `kinds` if none is.

    `among` narrows them further, by the columns of TimelineEntry.
    """
    entries = TimelineEntry.objects.filter(customer=customer_id).select_related("author")
    if among is not None:
        entries = entries.filter(among)
    if kinds:
        entries = entries.filter(kind__in=kinds)
    if before is not None:
        entries = entries.filter(at__lt=before)
    return [
        HistoryEntry(
            id=entry.pk,
            at=entry.at,
            kind=TimelineKind(entry.kind),
            author=entry.author.name if entry.author_id else "",
            sentence=sentence(entry.text_code, entry.facts),
            words=entry.open_words,
            object_id=entry.object_id,
            facts=entry.facts,
        )
        for entry in entries.order_by("-at", "-pk")[:limit]
    ]
