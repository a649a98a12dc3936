"""The last file that came into a demo tenant: its own freshest invoices, through the door every file takes.

The history is written straight into the tables, as years of imports would take minutes. One real import at the end
says how fresh the figures are, and gives the page of imports something to show.
"""

import csv
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from django.db.models import F

from kernel.permissions import system_actor
from kernel.tenancy import tenant_scope
from ledger.imports.services import ImportRequest, ImportResult, run_import
from ledger.models import DocumentKind, DueLine, Perimeter

MOST_ROWS = 40

HEADERS = {
    "fr": (
        "Code client", "Raison sociale", "Société", "N° facture", "Date facture", "Échéance",
        "Montant TTC", "Reste dû", "Devise",
    ),
    "en": (
        "Customer code", "Customer name", "Entity", "Invoice number", "Issue date", "Due date",
        "Amount", "Open amount", "Currency",
    ),
}  # fmt: skip


def import_freshest(
    tenant_id: UUID, *, language: str, now: datetime, today: date
) -> ImportResult | None:
    """Import the tenant's youngest open invoices from a file and return what came of it; None without any.

    They are in the books already, so nothing changes. Opens the tenant's scopes itself.
    """
    with tenant_scope(tenant_id):
        rows = _rows()
    if not rows:
        return None
    word = "creances" if language == "fr" else "receivables"
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{word}-{today:%Y-%m-%d}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=";")
            writer.writerow(HEADERS.get(language, HEADERS["en"]))
            writer.writerows(rows)
        return run_import(
            ImportRequest(path=path, name=path.name),
            tenant_id=tenant_id,
            actor=system_actor(tenant_id),
            today=today,
            now=lambda: now,
        )


def _rows() -> list[tuple[str, ...]]:
    """Return the youngest invoices of which nothing is paid, payable at once, as a file holds them."""
    lines = (
        DueLine.objects.filter(
            kind=DocumentKind.INVOICE,
            is_open=True,
            open_amount=F("amount"),
            amount=F("document__amount"),
            perimeter=Perimeter.OPERATIONAL,
        )
        .select_related("customer", "entity", "document")
        .order_by("-issue_date", "document__number")[:MOST_ROWS]
    )
    return [
        (
            line.customer.code,
            line.customer.name,
            line.entity.code,
            line.document.number,
            line.issue_date.isoformat(),
            line.due_date.isoformat(),
            f"{line.amount:.2f}",
            f"{line.open_amount:.2f}",
            line.currency,
        )
        for line in lines
    ]
