"""Questions about imports: which a person may see, for which entities he may import, which rows were rejected."""

from collections.abc import Mapping
from typing import Any, Final

from django.db.models import Q, QuerySet

from kernel.permissions import Actor
from ledger import permissions
from ledger.models import BatchState, Entity, ImportBatch, StagedRow

# A file that stands in one of these keeps its twin out.
STANDING: Final = (
    BatchState.RECEIVED,
    BatchState.READING,
    BatchState.MAPPING_NEEDED,
    BatchState.STAGED,
    BatchState.APPLYING,
    BatchState.APPLIED,
)
WITH_A_WORKER: Final = (BatchState.RECEIVED, BatchState.READING, BatchState.APPLYING)


def entities_for(actor: Actor) -> QuerySet[Entity]:
    """Return the legal entities into whose books `actor` may import, by code."""
    condition = Q(pk__in=[])
    for held in actor.held(permissions.IMPORT_LEDGER):
        condition |= Q(scope__path__startswith=held.scope_path)
    return Entity.objects.filter(condition).select_related("scope").order_by("code")


def batches_for(actor: Actor) -> QuerySet[ImportBatch]:
    """Return the imports `actor` may open, latest first: all, or his own and those of his entities."""
    found = ImportBatch.objects.select_related("entity", "imported_by", "undoes")
    if any(held.scope_path == "/" for held in actor.held(permissions.IMPORT_LEDGER)):
        return found
    return found.filter(Q(entity__in=entities_for(actor)) | Q(imported_by=actor.membership_id))


def standing_twin(batch: ImportBatch) -> ImportBatch | None:
    """Return the earlier import of the very same bytes that still stands, written or waiting; else None."""
    return (
        ImportBatch.objects.filter(file_digest=batch.file_digest, state__in=STANDING, undoes=None)
        .exclude(pk=batch.pk)
        .order_by("created_at")
        .first()
    )


def rejected_rows(batch: ImportBatch) -> tuple[list[str], list[list[str | int]]]:
    """Return the headings of the file and, for each rejected row, its number, its faults and its cells as read.

    Of a row that the ledger refused, and not the reader, the cells are not kept.
    """
    headings = [str(header) for header in batch.mapping.get("headers", ())]
    staged = StagedRow.objects.filter(batch=batch, is_accepted=False).order_by("row")
    rows: list[list[str | int]] = [
        [each.row, _faults(each.problems), *(str(cell) for cell in each.raw.get("cells", ()))]
        for each in staged.iterator()
    ]
    width = max((len(row) for row in rows), default=2) - 2
    headings += [""] * (width - len(headings))
    return headings[:width], rows


def _faults(problems: list[Mapping[str, Any]]) -> str:
    return " ".join(problem["message"] for problem in problems)
