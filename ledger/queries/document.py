"""Everything about one document: its lines, what settled it, what it is linked to."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from kernel.money import Money
from ledger.models import Allocation, Document, DueLine


@dataclass(frozen=True, slots=True)
class Settlement:
    """Something that settled part of the document, or was settled by it; `amount` below zero takes one back."""

    document_id: UUID
    number: str
    kind: str
    amount: Money
    effective_date: date
    is_reversal: bool


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """A document with its lines in order, its settlements oldest first, and the documents that name it."""

    document: Document
    amount: Money
    amount_excl_tax: Money | None
    open_amount: Money
    lines: list[DueLine]
    settlements: list[Settlement]
    linked_by: list[Document]


def document_page(document: Document) -> DocumentPage:
    """Return what the page of a document shows; three queries whatever the number of lines."""
    lines = list(document.due_lines.order_by("number"))
    currency = document.currency
    return DocumentPage(
        document=document,
        amount=Money(document.amount, currency),
        amount_excl_tax=None
        if document.amount_excl_tax is None
        else Money(document.amount_excl_tax, currency),
        open_amount=Money(
            sum((line.open_amount for line in lines), start=document.amount * 0), currency
        ),
        lines=lines,
        settlements=_settlements(lines, currency),
        linked_by=list(
            Document.objects.filter(linked_document=document).order_by("issue_date", "number")
        ),
    )


def _settlements(lines: list[DueLine], currency: str) -> list[Settlement]:
    mine = [line.pk for line in lines]
    as_debit = Allocation.objects.filter(debit_line__in=mine).select_related(
        "credit_line__document"
    )
    as_credit = Allocation.objects.filter(credit_line__in=mine).select_related(
        "debit_line__document"
    )
    found = [(allocation, allocation.credit_line.document) for allocation in as_debit]
    found += [(allocation, allocation.debit_line.document) for allocation in as_credit]
    return sorted(
        (
            Settlement(
                document_id=other.pk,
                number=other.number,
                kind=other.get_kind_display(),
                amount=Money(allocation.amount, currency),
                effective_date=allocation.effective_date,
                is_reversal=allocation.reverses_id is not None,
            )
            for allocation, other in found
        ),
        key=lambda settlement: settlement.effective_date,
    )
