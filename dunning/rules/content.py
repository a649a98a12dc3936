"""What one message is made from: plain values, no object that could be asked for more.

This is the interface between the engine and the writer of messages. The engine fills a `ReminderContent`
when a worker claims the reminder, hands it to `dunning.messages.compose`, and stores the
`ComposedMessage` it gets back; every later attempt sends those same bytes. Composing therefore must be a
pure function of the content: no clock, no query, no random value.

Sign: amounts are what they add to the customer's debt, tax included. An invoice line is positive, a
credit note and unallocated cash are negative. One message holds one currency; nothing is converted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Register(StrEnum):
    """How a message speaks; one text per register and language."""

    BEFORE_DUE = "before_due"
    COURTEOUS = "courteous"
    FIRM = "firm"
    FORMAL = "formal"
    FORMAL_NOTICE = "formal_notice"
    PROMISE = "promise"


SHIPPED_LANGUAGES = frozenset({"fr", "en"})
"""The languages in which a text of every register comes with the product."""


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """What a step says in one language: three Liquid texts; `body` may hold simple HTML.

    `preview` is the line that mail programs show beside the subject. `blocks` names the optional blocks that are
    switched on, wherever the text names them; None leaves that to the text, as ours do. `version_id` and `number` say
    which version of a tenant's own text it is; empty and 0 for a text we ship.
    """

    subject: str
    preview: str
    body: str
    blocks: tuple[str, ...] | None = None
    version_id: str = ""
    number: int = 0


STEP_REGISTERS = tuple(each for each in Register if each is not Register.PROMISE)
"""What a step of a scenario may speak in: the recap of a promise is no step."""


class LineKind(StrEnum):
    """What the document behind a line is."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"


class Section(StrEnum):
    """Under which heading a line is shown.

    LATE lines are claimed. DISPUTED ones are listed apart and not claimed: a line disputed in part is
    shown under LATE with its `disputed` amount and claims the rest. CREDIT lines are netted.
    """

    LATE = "late"
    DISPUTED = "disputed"
    NOT_DUE = "not_due"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address as it is printed, line by line; `country` is ISO 3166 alpha-2."""

    lines: tuple[str, ...] = ()
    country: str = ""


@dataclass(frozen=True, slots=True)
class Creditor:
    """The tenant and the legal entity that claims; there is no logo, nothing is ever fetched.

    `legal_ids` are printed pairs such as ("SIREN", "552 100 554"). An empty `iban` means that no bank
    details and no QR code are shown. `account_holder` is the name the bank knows, which the payer's bank
    compares (verification of payee); empty means the entity's name.
    """

    tenant_name: str
    entity_code: str
    entity_name: str
    address: Address
    legal_ids: tuple[tuple[str, str], ...]
    iban: str
    bic: str
    account_holder: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """The person who signs; `phone` may be empty."""

    name: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """The contact who reads; `name` may be empty."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Debtor:
    """The customer who owes."""

    code: str
    name: str
    address: Address


@dataclass(frozen=True, slots=True)
class ContentLine:
    """One due line. `days_late` is 0 on the due date and negative before it.

    `open_amount` is what the line still owes, the disputed part included; `open_amount - disputed_amount`
    is what this message claims of it. `level` is the highest step level this line has reached, 0 for none.
    `interest` and `fixed_charge` are its share of the penalties, None where the message computes none; the
    fixed charge of an invoice stands on its first line alone.
    """

    document_number: str
    order_number: str
    issue_date: date
    due_date: date
    days_late: int
    original_amount: Decimal
    open_amount: Decimal
    disputed_amount: Decimal
    kind: LineKind
    section: Section
    level: int = 0
    is_due_date_estimated: bool = False
    interest: Decimal | None = None
    fixed_charge: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums shown. `due` is undisputed and late, `credits` zero or negative; `net = due + credits`.

    Before the due date (register BEFORE_DUE) nothing is late and `net` is the amount about to fall due.
    """

    due: Decimal
    not_due: Decimal
    disputed: Decimal
    credits: Decimal
    net: Decimal


@dataclass(frozen=True, slots=True)
class Penalties:
    """Late interest and fixed indemnity, in the message's currency.

    Mentioned from level 2 ("may apply": both amounts None), computed at level 3, claimed at the formal
    notice (`is_claimed`). They are never part of `Totals`: a penalty is a claim of its own.
    """

    is_claimed: bool = False
    interest: Decimal | None = None
    fixed_indemnity: Decimal | None = None
    rates: tuple[tuple[date, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class StepInfo:
    """Which step of which scenario this message is."""

    scenario_name: str
    scenario_version: int
    step_number: int
    offset_days: int
    level: int
    register: Register
    has_statement: bool
    """Whether the PDF statement is attached."""
    previous_message_date: date | None = None
    """When the customer was last written to; "despite our message of ..." needs it."""


@dataclass(frozen=True, slots=True)
class IssuedLetter:
    """A formal notice with its number and its bytes, which never change again."""

    number: str
    file_name: str
    pdf: bytes


@dataclass(frozen=True, slots=True)
class InvoiceCopy:
    """A copy of an overdue invoice. Its bytes are empty until the message is written: the digest stands for them."""

    file_id: str
    filename: str
    size: int
    digest: str
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class ReminderContent:
    """Everything one reminder says, as of one day."""

    reminder_id: str
    language: str
    creditor: Creditor
    sender: Sender
    recipient: Recipient
    customer: Debtor
    currency: str
    as_of_date: date
    lines: tuple[ContentLine, ...]
    totals: Totals
    step: StepInfo
    penalties: Penalties | None
    portal_url: str
    portal_valid_until: date | None
    payment_reference: str
    words: MessageTemplate | None = None
    """The tenant's own text in `language`; None for the one we ship."""
    notice: IssuedLetter | None = None
    """The formal notice as it was issued; None while it is a draft, and in every other message."""
    promised_date: date | None = None
    """By when the lines are promised; in the recap of a promise alone."""
    clarity_url: str = ""
    """Where the reader says whether the message was clear; empty while it has no name yet."""
    copies: tuple[InvoiceCopy, ...] = ()
    """Copies of the overdue invoices, where the step encloses them; `copies_may_travel` says whether they do."""
    in_copy: Recipient | None = None
    """Our own sales representative, who gets the message in copy from some level on; None in any other."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that travels with the message."""

    filename: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class ComposedMessage:
    """What the writer gives back. `qr_png` is sent inline as `cid:epc-qr`; None when there is no IBAN.

    `subject` holds no CR or LF. `html` refers to no remote address but links. `facts` are the values the text was
    filled with, as they were written; the link to the customer's page is a key to it and is left out.
    """

    subject: str
    html: str
    text: str
    qr_png: bytes | None
    attachments: tuple[Attachment, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
