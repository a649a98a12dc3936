"""What a parser hands over: typed lines, settlements and problems, whatever the file looked like.

Amounts carry the ledger's sign: what adds to the customer's debt is positive, what takes from it is
negative; gross, tax included. An absent value is None.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

Cell: TypeAlias = str | int | float | bool | date | None


class FileKind(StrEnum):
    """What a file can be; `auto` asks the reader to tell from the header line."""

    AUTO = "auto"
    FEC = "fec"
    RECEIVABLES = "receivables"
    CUSTOMERS = "customers"
    PAYMENTS = "payments"
    BANK_STATEMENT = "bank_statement"
    E_INVOICE = "e_invoice"


class DocumentKind(StrEnum):
    """What a line is about."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"


class Channel:
    """The blocks a parser emits: lines and settlements for COPY, rejected rows as JSON lines."""

    LINES = 0
    SETTLEMENTS = 1
    REJECTED = 2


class Line(NamedTuple):
    """One due line of one document, then what its row says about the customer and the contact.

    `settled_amount` (0 or more) is how much of the line was settled by `settled_date`, None for the
    day the file describes; None when the file does not say. `is_opening` marks what is no sale of
    the period: brought forward, or moved between accounts.
    """

    row: int
    kind: str
    number: str
    issue_date: str
    due_date: str | None
    due_from: str | None  # where an estimated due date starts counting, when not the issue date
    currency: str | None
    amount: Decimal
    amount_excl_tax: Decimal | None
    settled_amount: Decimal | None
    settled_date: str | None
    has_paid_columns: bool
    linked_document: str | None
    disputed_amount: Decimal | None
    dispute_reason: str | None
    order_number: str | None
    label: str | None
    perimeter: str
    is_opening: bool
    original_amount: Decimal | None
    original_currency: str | None
    entity: str | None
    customer_code: str
    customer_name: str | None
    siren: str | None = None
    vat_number: str | None = None
    country: str | None = None
    language: str | None = None
    email: str | None = None
    contact_name: str | None = None
    phone: str | None = None
    sales_rep: str | None = None
    collector: str | None = None


class Settlement(NamedTuple):
    """A part of a debit document that a credit document settled, as the books lettered it."""

    customer_code: str
    debit_kind: str
    debit_number: str
    credit_kind: str
    credit_number: str
    amount: Decimal
    effective_date: str


class Problem(NamedTuple):
    """Something to tell about one cell: `code` and `facts` are put into words in the reader's language.

    `row` is the line in the file, its header included; 0 speaks of the whole file. A problem that
    `rejects` keeps its row out; any other is told and the row is taken.
    """

    row: int
    column: str
    code: str
    facts: dict[str, Any]
    rejects: bool = True


def copy_text(values: Iterable[object]) -> str:
    """Return one line in the text format of PostgreSQL's COPY, without its end of line.

    None becomes NULL, truth values t and f; a backslash or a control character cannot start a new
    column or row.
    """
    return "\t".join([copy_cell(value) for value in values])


def copy_cell(value: object) -> str:
    """Return one value of such a line."""
    if value is None:
        return "\\N"
    if value is True:
        return "t"
    if value is False:
        return "f"
    text = str(value)
    if text.isprintable() and "\\" not in text:
        return text
    text = text.replace("\\", "\\\\")
    return text.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r").replace("\0", "")
