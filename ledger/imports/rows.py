"""What a parser hands over: typed lines, settlements and problems, whatever the file looked like.

Amounts carry the ledger's sign: what adds to the customer's debt is positive, what takes from it is
negative; gross, tax included. An absent value is None.
"""

from decimal import Decimal
from enum import StrEnum
from json.encoder import encode_basestring
from typing import Any, Final, NamedTuple

# Text as JSON, in C; a million lines are not worth an object each.
quoted: Final = encode_basestring


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
    """The blocks a parser emits, each of JSON values one a line."""

    LINES = 0
    SETTLEMENTS = 1
    REJECTED = 2
    PARTIES = 3


# The columns of a line: name, key in its JSON (a million keys are read again and again), SQL type.
LINE_COLUMNS: Final = (
    ("row", "r", "integer"),
    ("party", "p", "integer"),
    ("kind", "k", "text"),
    ("number", "n", "text"),
    ("issue_date", "i", "date"),
    ("due_date", "d", "date"),
    ("due_from", "f", "date"),
    ("currency", "c", "text"),
    ("amount", "a", "numeric(19,4)"),
    ("amount_excl_tax", "x", "numeric(19,4)"),
    ("settled_amount", "s", "numeric(19,4)"),
    ("settled_date", "t", "date"),
    ("has_paid_columns", "w", "boolean"),
    ("linked_number", "l", "text"),
    ("disputed_amount", "g", "numeric(19,4)"),
    ("dispute_reason", "h", "text"),
    ("order_number", "o", "text"),
    ("label", "b", "text"),
    ("perimeter", "q", "text"),
    ("is_opening", "z", "boolean"),
    ("is_brought_forward", "u", "boolean"),
    ("original_amount", "v", "numeric(19,4)"),
    ("original_currency", "y", "text"),
)


class Line(NamedTuple):
    """One due line of one document; `party` is the number of its `Party` in the same file.

    `settled_amount` (0 or more) is how much of the line was settled by `settled_date`, None for the
    day the file describes; None when the file does not say. `is_opening` marks what is no sale of
    the period: moved between accounts, or brought forward (then `is_brought_forward` too).
    """

    row: int
    party: int
    kind: str
    number: str
    issue_date: str
    amount: Decimal
    due_date: str | None = None
    due_from: str | None = None  # where an estimated due date starts counting, if not at the issue
    currency: str | None = None
    amount_excl_tax: Decimal | None = None
    settled_amount: Decimal | None = None
    settled_date: str | None = None
    has_paid_columns: bool | None = None
    linked_number: str | None = None
    disputed_amount: Decimal | None = None
    dispute_reason: str | None = None
    order_number: str | None = None
    label: str | None = None
    perimeter: str | None = None  # None: operational
    is_opening: bool | None = None
    is_brought_forward: bool | None = None
    original_amount: Decimal | None = None
    original_currency: str | None = None

    def as_json(self) -> str:
        """Return the line as a JSON object without what is absent."""
        given = [
            (key, getattr(self, name))
            for name, key, _type in LINE_COLUMNS
            if getattr(self, name) is not None
        ]
        return "{" + ",".join(f'"{key}":{json_value(value)}' for key, value in given) + "}"


def json_value(value: object) -> str:
    """Return a value as JSON; a Decimal is a bare number with all its digits."""
    if isinstance(value, str):
        return quoted(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


class Party(NamedTuple):
    """What rows say about a customer, his contact and the entity that he owes; absent is None."""

    number: int
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
    """A part of a debit document that a credit document settled, as the books lettered it.

    The amount is text, as JSON has it; both documents are of the same customer.
    """

    customer_code: str
    debit_kind: str
    debit_number: str
    credit_kind: str
    credit_number: str
    amount: str
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
