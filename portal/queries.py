"""What a customer's page shows, and whether a link still opens it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dunning.queries.statement import (
    CustomerStatement,
    PortalLine,
    StatementPart,
    customer_statement,
)
from ledger.models import Customer, DocumentFile, DocumentFileKind
from ledger.queries.document_files import content_of
from portal.models import PortalLink

__all__ = [
    "CustomerStatement",
    "PortalLine",
    "StatementPart",
    "customer_statement",
    "link_open_at",
]


@dataclass(frozen=True, slots=True)
class PortalCopy:
    """A copy of an invoice or credit note that its customer may download; `content` is empty in a list."""

    id: UUID
    name: str
    content: bytes = b""


def copies_of_lines(statement: CustomerStatement) -> Mapping[UUID, list[PortalCopy]]:
    """Return the copies there are of what a statement lists, by line; one query."""
    lines = [line.id for part in statement.parts for line in part.lines]
    found: dict[UUID, list[PortalCopy]] = {}
    rows = (
        DocumentFile.objects.present()
        .filter(kind=DocumentFileKind.COPY, document__due_lines__in=lines)
        .values_list("document__due_lines", "pk", "name")
    )
    for line, file_id, name in rows:
        found.setdefault(line, []).append(PortalCopy(file_id, name))
    return found


def copy_of_customer(customer: Customer, file_id: UUID) -> PortalCopy | None:
    """Return a copy with its bytes when it belongs to a document of this very customer, else None."""
    file = (
        DocumentFile.objects.present()
        .filter(pk=file_id, kind=DocumentFileKind.COPY, document__customer=customer)
        .first()
    )
    return PortalCopy(file.pk, file.name, content_of(file)) if file else None


def link_open_at(link_id: UUID, now: datetime) -> PortalLink | None:
    """Return the link with its customer when it still opens a page at `now`, else None."""
    return (
        PortalLink.objects.open_at(now)
        .filter(pk=link_id)
        .select_related("customer", "customer__collector")
        .first()
    )
