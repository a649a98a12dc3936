"""What is wrong with an import, by what puts it right."""

from dataclasses import dataclass
from typing import Any

from ledger.imports.messages import field_label
from ledger.models import ImportBatch


@dataclass(frozen=True, slots=True)
class Correction:
    """Rows that one and the same correction puts right, most frequent first on the page."""

    code: str
    column: str
    column_label: str
    rows: tuple[int, ...]
    is_rejected: bool
    example: str


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
