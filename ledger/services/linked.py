"""What a payment or credit note that names its invoice settles."""

from datetime import date

from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import Allocation, Document, DueLine
from ledger.rules.allocation import OpenLine
from ledger.rules.allocation import allocate as shares_of
from ledger.services.allocations import allocate


def settle_linked(*, document: Document, actor: Actor, today: date) -> list[Allocation]:
    """Settle the open lines of the invoice that `document` names, oldest first; the rest stays unallocated.

    Returns the allocations made; none when the document names no invoice.
    """
    if document.linked_document is None:
        return []
    credit_line = document.due_lines.get()
    debit_lines = {
        line.pk: line
        for line in DueLine.objects.filter(document=document.linked_document, is_open=True)
    }
    owed = [OpenLine(line.pk, line.due_date, line.open_amount) for line in debit_lines.values()]
    return [
        allocate(
            debit_line=debit_lines[share.key],
            credit_line=credit_line,
            amount=Money(share.amount, document.currency),
            actor=actor,
            today=today,
        )
        for share in shares_of(-credit_line.open_amount, owed).shares
    ]
