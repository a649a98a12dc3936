"""What the pages of imports show: where each stands, what is wrong and how to put it right."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from ledger.imports.messages import field_label
from ledger.imports.parsers.headers import RECEIVABLES_FIELDS, REQUIRED
from ledger.imports.undo import UNDO_WITHIN
from ledger.models import BatchState, ImportBatch, StagedRow

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
EXAMPLES: Final = 3


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is; `share` is a fraction of the rows, None while their number is unknown."""

    state: str
    rows_done: int
    rows: int
    share: float | None
    is_running: bool


@dataclass(frozen=True, slots=True)
class Correction:
    """Rows that one and the same correction puts right, most frequent first on the page."""

    code: str
    column: str
    column_label: str
    rows: tuple[int, ...]
    is_rejected: bool
    example: str


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """One field of a receivables file and the header that holds it; empty when none does."""

    field: str
    label: str
    header: str
    is_required: bool
    is_sure: bool


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that was not taken: its line in the file, its cells, and the sentences."""

    row: int
    cells: tuple[str, ...]
    problems: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class ImportEntry:
    """One import in the list; `can_undo` says whether the button is offered."""

    id: UUID
    file_name: str
    kind: str
    state: str
    state_label: str
    created_at: datetime
    rows: int
    rejected: int
    can_undo: bool


def imports_list(*, now: datetime, limit: int = 50) -> tuple[ImportEntry, ...]:
    """Return the last imports, newest first, compensating ones left out."""
    batches = ImportBatch.objects.filter(undoes=None).order_by("-created_at")[:limit]
    last = ImportBatch.objects.filter(state=BatchState.APPLIED, undoes=None).order_by("-applied_at")
    newest = last.values_list("pk", flat=True).first()
    return tuple(
        ImportEntry(
            batch.pk,
            batch.file_name,
            batch.kind,
            batch.state,
            batch.get_state_display(),
            batch.created_at,
            batch.rows,
            batch.rejected,
            batch.pk == newest and is_recent(batch, now),
        )
        for batch in batches
    )


def is_recent(batch: ImportBatch, now: datetime) -> bool:
    """Return whether an import can still be undone as far as time goes: 24 hours."""
    return batch.applied_at is not None and now - batch.applied_at <= UNDO_WITHIN


def progress(batch: ImportBatch) -> Progress:
    """Return how far an import is, for a page that asks every second."""
    running = {BatchState.RECEIVED, BatchState.READING, BatchState.APPLYING}
    share = min(batch.rows_done / batch.rows, 1.0) if batch.rows else None
    return Progress(batch.state, batch.rows_done, batch.rows, share, batch.state in running)


def corrections(batch: ImportBatch) -> tuple[Correction, ...]:
    """Return the problems of an import grouped by what puts them right, rejecting ones first."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for problem in batch.problems:
        groups.setdefault((problem["code"], problem["column"]), []).append(problem)
    found = [
        Correction(
            code=code,
            column=column,
            column_label=field_label(column) if column else "",
            rows=tuple(problem["row"] for problem in problems),
            is_rejected=any(problem["rejected"] for problem in problems),
            example=problems[0]["message"],
        )
        for (code, column), problems in groups.items()
    ]
    return tuple(sorted(found, key=lambda each: (not each.is_rejected, -len(each.rows))))


def columns(batch: ImportBatch) -> tuple[ColumnRow, ...]:
    """Return every field with the header recognised or named for it, required ones first."""
    named = batch.mapping.get("columns", {})
    unsure = set(batch.mapping.get("unsure", []))
    rows = [
        ColumnRow(
            name, field_label(name), named.get(name, ""), name in REQUIRED, name not in unsure
        )
        for name in RECEIVABLES_FIELDS
    ]
    return tuple(sorted(rows, key=lambda row: not row.is_required))


def rejected_rows(batch: ImportBatch, *, limit: int = 200) -> tuple[RejectedRow, ...]:
    """Return the first rejected rows of an import, in the order of the file."""
    kept = StagedRow.objects.filter(batch=batch, is_accepted=False).order_by("row")[:limit]
    return tuple(
        RejectedRow(each.row, tuple(each.raw.get("cells", [])), tuple(each.problems))
        for each in kept
    )


def rejected_file(batch: ImportBatch) -> str:
    """Return the rejected rows as CSV: the line, the cells as they came, the reasons.

    Semicolons and a byte order mark, for French spreadsheets; no cell is a formula.
    """
    target = io.StringIO()
    writer = csv.writer(target, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    headers = list(batch.mapping.get("headers", []))
    writer.writerow(_safe(["row", *headers, "problems"]))
    for row in _all_rejected(batch):
        cells = [*row.cells, *[""] * (len(headers) - len(row.cells))]
        reasons = " ".join(problem["message"] for problem in row.problems)
        writer.writerow(_safe([str(row.row), *cells, reasons]))
    return "\ufeff" + target.getvalue()


def _all_rejected(batch: ImportBatch) -> Iterator[RejectedRow]:
    for each in StagedRow.objects.filter(batch=batch, is_accepted=False).order_by("row"):
        yield RejectedRow(each.row, tuple(each.raw.get("cells", [])), tuple(each.problems))


def _safe(cells: Sequence[str]) -> list[str]:
    """Return cells that no spreadsheet takes for formulas (RELIABILITY P16)."""
    return [f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell for cell in cells]
