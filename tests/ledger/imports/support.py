"""Files on the fly and the ledger as the tests of imports look at it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db.models import Sum

from kernel.permissions import system_actor
from ledger.imports.reader import ColumnChoice
from ledger.imports.rows import FileKind
from ledger.imports.services import ImportRequest, ImportResult, run_import
from ledger.models import Allocation, Document, DueLine
from tests.cast import House

TODAY = date(2026, 11, 19)
NOW = datetime(2026, 11, 19, 8, 0, tzinfo=UTC)

FEC_HEADER = (
    "JournalCode|JournalLib|EcritureNum|EcritureDate|CompteNum|CompteLib|CompAuxNum|CompAuxLib|"
    "PieceRef|PieceDate|EcritureLib|Debit|Credit|EcritureLet|DateLet|ValidDate|Montantdevise|Idevise"
)


def import_path(house: House, path: Path, *, today: date = TODAY, **asked: Any) -> ImportResult:
    request = ImportRequest(path=path, name=asked.pop("name", path.name), **asked)
    return run_import(
        request,
        tenant_id=house.tenant_id,
        actor=system_actor(house.tenant_id),
        today=today,
        now=lambda: NOW,
    )


@dataclass
class Desk:
    """A tenant and a folder: texts become files and are imported."""

    house: House
    folder: Path
    count: int = 0

    def take(self, content: str | bytes, *, name: str = "", **asked: Any) -> ImportResult:
        self.count += 1
        path = self.folder / (name or f"file-{self.count}.csv")
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return import_path(self.house, path, **asked)

    def open_by_number(self, day: date | None = None) -> dict[str, Decimal]:
        with self.house.scope():
            return open_by_number(day)

    def balance(self, day: date | None = None) -> Decimal:
        return sum(self.open_by_number(day).values(), Decimal(0))


def open_by_number(day: date | None = None) -> dict[str, Decimal]:
    """Return what is open of each document: today as stored, on another day from the entries."""
    if day is None:
        lines = DueLine.objects.filter(is_open=True).values_list("document__number", "open_amount")
        found: dict[str, Decimal] = {}
        for number, amount in lines:
            found[number] = found.get(number, Decimal(0)) + amount
        return found
    result: dict[str, Decimal] = {}
    for line in DueLine.objects.filter(issue_date__lte=day).select_related("document"):
        mine = Allocation.objects.filter(effective_date__lte=day)
        mine = mine.filter(debit_line=line) if line.amount > 0 else mine.filter(credit_line=line)
        settled = mine.aggregate(total=Sum("amount"))["total"] or Decimal(0)
        left = line.amount - settled if line.amount > 0 else line.amount + settled
        if left:
            number = line.document.number
            result[number] = result.get(number, Decimal(0)) + left
    return result


def csv(
    *rows: str, header: str = "code client;nom client;n° pièce;date pièce;échéance;montant TTC"
) -> str:
    return "\n".join([header, *rows]) + "\n"


def fec(*rows: Iterable[str] | str) -> str:
    return (
        "\n".join([FEC_HEADER, *(row if isinstance(row, str) else "|".join(row) for row in rows)])
        + "\n"
    )


def codes(result: ImportResult) -> list[str]:
    """Return what was told of rows."""
    return [str(problem["code"]) for problem in result.problems if problem["row"]]


def notices(result: ImportResult) -> list[str]:
    """Return what was told of the file as a whole."""
    return [str(problem["code"]) for problem in result.problems if not problem["row"]]


__all__ = [
    "ColumnChoice",
    "Desk",
    "Document",
    "FileKind",
    "codes",
    "csv",
    "fec",
    "import_path",
    "notices",
]
