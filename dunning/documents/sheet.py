"""The statement as a spreadsheet, for accounts too long for a PDF or machines without one."""

import io
from collections.abc import Iterator

from dunning.documents.view import MessageView, clean
from dunning.rules.content import ContentLine
from kernel.money import Money
from kernel.tables_export import Row, write_xlsx


def statement_xlsx(view: MessageView) -> bytes:
    """Return every line of the account as XLSX, one row a line, amounts typed."""
    labels = view.labels
    headings = [
        labels.document,
        labels.issued,
        labels.due,
        labels.days_late,
        labels.currency,
        labels.original,
        labels.open,
        labels.disputed_not_claimed,
    ]
    stream = io.BytesIO()
    write_xlsx(stream, headings, _rows(view), sheet_name=labels.statement)
    return stream.getvalue()


def _rows(view: MessageView) -> Iterator[Row]:
    currency = view.content.currency
    for line in view.content.lines:
        yield _row(line, currency)


def _row(line: ContentLine, currency: str) -> Row:
    return (
        clean(line.document_number),
        line.issue_date,
        line.due_date,
        max(line.days_late, 0),
        currency,
        Money(line.original_amount, currency),
        Money(line.open_amount, currency),
        Money(line.disputed_amount, currency),
    )
