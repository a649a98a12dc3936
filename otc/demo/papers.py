"""The papers of a demo company, what settled what, and what was contested: plain values, not yet stored."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from ledger.models import DocumentKind, Perimeter
from otc.demo.customers import Client

CENT = Decimal("0.01")

# Parts of an amount per tax rate: (rate as a fraction, amount without tax, tax).
Tax = tuple[tuple[Decimal, Decimal, Decimal], ...]


@dataclass(slots=True)
class Line:
    """An instalment: what is left of it for payments is `rest`."""

    due: date
    amount: Decimal
    rest: Decimal


@dataclass(slots=True)
class Paper:
    """A document of a client; `amount` has the ledger's sign. `number` is given when all papers are known."""

    client: Client
    kind: DocumentKind
    firm: str
    day: date
    amount: Decimal
    excl_tax: Decimal | None = None
    tax: Tax = ()
    lines: list[Line] = field(default_factory=list)
    linked: "Paper | None" = None
    perimeter: Perimeter = Perimeter.OPERATIONAL
    order_number: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """Part of an instalment of `debit` settled by `credit`, counting from `day`."""

    debit: Paper
    instalment: int
    credit: Paper
    amount: Decimal
    day: date


@dataclass(frozen=True, slots=True)
class Contest:
    """A contested part of an instalment; `closed` None while nobody has decided."""

    paper: Paper
    instalment: int
    amount: Decimal
    family: str
    opened: date
    closed: date | None
    outcome: str


@dataclass(slots=True)
class Due:
    """What somebody means to pay: an amount of an instalment on a day."""

    paper: Paper
    instalment: int
    amount: Decimal
    day: date


@dataclass
class Book:
    """Everything that happened."""

    papers: list[Paper] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    contests: list[Contest] = field(default_factory=list)


def cents(amount: Decimal) -> Decimal:
    """Round an amount as invoices do."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def working_day(day: date) -> date:
    """Return `day`, or the Monday after a weekend."""
    return day + timedelta(days=(0, 0, 0, 0, 0, 2, 1)[day.weekday()])
