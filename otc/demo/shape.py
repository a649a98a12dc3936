"""What the two demo companies are like: entities, portfolios, people, terms and the habits of their customers."""

from dataclasses import dataclass
from decimal import Decimal

from accounts.models import ScopeKind
from ledger.models import TermsMethod


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the scope tree below the root."""

    kind: ScopeKind
    code: str
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Firm:
    """A legal entity: `prefix` begins its invoice numbers."""

    code: str
    name: str
    path: str
    prefix: str
    siren: str
    vat_number: str
    address: str
    iban: str
    bic: str


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Customers followed together: how many, who they are, how large, and how many buy abroad in which currency."""

    path: str
    firm: str
    customers: int
    activities: tuple[str, ...]
    countries: tuple[tuple[str, str, int], ...]  # (country, currency, weight)
    median_amount: int  # without tax, in the invoice's currency
    terms: tuple[tuple[str, int], ...]  # (code, weight)
    habits: tuple[tuple[str, int], ...]  # (profile, weight)
    invoices_a_month: float
    is_public: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """Payment terms a company agrees."""

    code: str
    label: str
    method: TermsMethod
    days: int


@dataclass(frozen=True, slots=True)
class Person:
    """A colleague; `role` is empty for one who is named on accounts and has no sign-in."""

    name: str
    email: str
    role: str
    seat: str = ""  # collector, sales_rep or risk_owner of customers
    paths: tuple[str, ...] = ()  # the portfolios he looks after


@dataclass(frozen=True, slots=True)
class Company:
    """A demo tenant."""

    slug: str
    name: str
    country: str
    currency: str
    language: str
    time_zone: str
    seed: str
    months: int  # whole months of history before the running one
    code_prefix: str
    payment_prefix: str
    credit_prefix: str
    domain: str
    nodes: tuple[Node, ...]
    firms: tuple[Firm, ...]
    portfolios: tuple[Portfolio, ...]
    terms: tuple[Term, ...]
    people: tuple[Person, ...]
    groups: tuple[str, ...]
    rates: tuple[tuple[str, Decimal], ...]  # worth of one unit at the start of the history
    tax_rates: tuple[tuple[Decimal, int], ...]  # (rate, weight) for customers at home


@dataclass(frozen=True, slots=True)
class Habit:
    """How a payer profile pays: the share of lines on time, and the lateness of the others, in days."""

    on_time: float
    typical: float
    spread: float
    mislaid: float  # the share of lines that lie somewhere for months
    earliest: int = 0


# The bands of DOMAIN 3.9, tuned so that about half of all lines are paid on time and the mean lateness is 12 to 13
# days, as Altares measured for French companies (DOMAIN 4.11).
HABITS: dict[str, Habit] = {
    "excellent": Habit(0.95, 3, 1, 0.002, earliest=-4),
    "good": Habit(0.65, 8, 4, 0.008, earliest=-2),
    "medium": Habit(0.26, 15, 7, 0.028),
    "late": Habit(0.08, 31, 11, 0.06),
    "bad": Habit(0.03, 54, 20, 0.13),
}
