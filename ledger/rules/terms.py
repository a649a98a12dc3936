"""When an invoice falls due, and whether the term behind that date is legal. Source: C. com. L441-10 ff."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from kernel.periods import ONE_DAY, days_in_month, month_end

LAST_TEN_DAY_START = 21
TEN_DAYS = 10


class TermKind(StrEnum):
    """How the days of a payment term are counted; PERIODIC is net days of a summary invoice over a period."""

    NET = "net"
    THEN_END_OF_MONTH = "then_end_of_month"
    END_OF_MONTH_THEN = "end_of_month_then"
    PERIODIC = "periodic"
    END_OF_TEN_DAYS = "end_of_ten_days"


@dataclass(frozen=True, slots=True)
class Terms:
    """A payment term: so many days, counted one of four ways, then on a fixed day of the month if one is set.

    `day_of_month` is a day of the month (1 to 31): the due date moves on to the next such day, or to the last of
    a month that has none.
    """

    kind: TermKind
    days: int
    day_of_month: int | None = None

    def __post_init__(self) -> None:
        if self.days < 0:
            raise ValueError(f"a payment term has 0 days or more, not {self.days}")
        if self.day_of_month is not None and not 1 <= self.day_of_month <= 31:  # noqa: PLR2004
            raise ValueError(f"the day of the month of a term is 1 to 31, not {self.day_of_month}")


# Without an agreed term the law says 30 days from receipt; the invoice date stands in for the receipt.
DEFAULT_TERMS = Terms(TermKind.NET, 30)


def due_date(invoice_date: date, terms: Terms = DEFAULT_TERMS) -> date:
    """Return the day an invoice falls due; a day nobody works on stays due, since the law does not roll it."""
    return _on_day_of_month(_counted(invoice_date, terms), terms.day_of_month)


def _counted(invoice_date: date, terms: Terms) -> date:
    days = timedelta(days=terms.days)
    match terms.kind:
        case TermKind.NET | TermKind.PERIODIC:
            return invoice_date + days
        case TermKind.THEN_END_OF_MONTH:
            return month_end(invoice_date + days)
        case TermKind.END_OF_MONTH_THEN:
            return month_end(invoice_date) + days
        case TermKind.END_OF_TEN_DAYS:
            return end_of_ten_days(invoice_date) + days


def _on_day_of_month(day: date, day_of_month: int | None) -> date:
    if day_of_month is None:
        return day
    this_month = day.replace(day=min(day_of_month, days_in_month(day)))
    if this_month >= day:
        return this_month
    next_month = month_end(day) + ONE_DAY
    return next_month.replace(day=min(day_of_month, days_in_month(next_month)))


def end_of_ten_days(day: date) -> date:
    """Return the last day of the ten-day period of `day`: the 10th, the 20th or the last of the month."""
    if day.day >= LAST_TEN_DAY_START:
        return month_end(day)
    return day.replace(day=TEN_DAYS if day.day <= TEN_DAYS else 2 * TEN_DAYS)


class Buyer(StrEnum):
    """Who buys, where the law caps terms differently."""

    PRIVATE = "private"
    PUBLIC = "public"


class CapBasis(StrEnum):
    """What a cap is about, and so which terms it is compared with.

    END_OF_MONTH is a choice beside NET, for terms counted to the end of a month; AFTER_TEN_DAYS and AFTER_MONTH
    (days after the end of the ten-day period, or of the month, of delivery) bind every term of their sector.
    """

    WITHOUT_AGREEMENT = "without_agreement"
    NET = "net"
    END_OF_MONTH = "end_of_month"
    PERIODIC = "periodic"
    AFTER_TEN_DAYS = "after_ten_days"
    AFTER_MONTH = "after_month"


@dataclass(frozen=True, slots=True)
class TermCap:
    """The longest legal term of one kind: a row of `ledger/reference/payment_term_caps.csv`.

    Holds from `valid_from`, included, to `valid_to`, excluded (None: still in force). `sector` is empty for
    the general rule; a sector's own rows replace it.
    """

    country: str
    buyer: Buyer
    sector: str
    basis: CapBasis
    days: int
    valid_from: date
    valid_to: date | None
    source: str

    def holds_on(self, day: date) -> bool:
        """Say whether the rule is in force on `day`."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


class TermFlag(StrEnum):
    """What is wrong with a term; stored beside it, never a reason to refuse the row."""

    ILLEGAL_TERM = "illegal_term"
    NO_LEGAL_REFERENCE = "no_legal_reference"


@dataclass(frozen=True, slots=True)
class TermReview:
    """What the law makes of a term on an invoice's date.

    The overdue clock keeps the agreed due date; `legal_due_date` is for the compliance report, None when no
    rule is known for that country and day. `source` names the rule.
    """

    due_date: date
    legal_due_date: date | None
    days_over: int
    flags: tuple[TermFlag, ...]
    source: str = ""

    @property
    def is_legal(self) -> bool:
        """Say whether no cap is exceeded, as far as a rule is known."""
        return TermFlag.ILLEGAL_TERM not in self.flags


def review_terms(
    invoice_date: date,
    terms: Terms,
    caps: Iterable[TermCap],
    *,
    country: str = "FR",
    sector: str = "",
    buyer: Buyer = Buyer.PRIVATE,
) -> TermReview:
    """Return whether the agreed due date exceeds what the law allows for an invoice of that day.

    A term counted to the end of a month is held against the end-of-month cap, by its own way of counting; if
    the law has none, and for every other term, the net cap counts. A sector's own cap replaces the general one.
    """
    agreed = due_date(invoice_date, terms)
    in_force = [
        cap
        for cap in caps
        if cap.holds_on(invoice_date) and cap.country == country and cap.buyer == buyer
    ]
    own = [cap for cap in in_force if cap.sector == sector] if sector else []
    cap = _applicable(terms, own) or _applicable(terms, [cap for cap in in_force if not cap.sector])
    if cap is None:
        return TermReview(agreed, None, 0, (TermFlag.NO_LEGAL_REFERENCE,))
    latest = due_date(invoice_date, _at_the_cap(terms, cap))
    over = max(0, (agreed - latest).days)
    return TermReview(agreed, latest, over, (TermFlag.ILLEGAL_TERM,) if over else (), cap.source)


_COUNTED_FROM_DELIVERY = {
    CapBasis.AFTER_TEN_DAYS: TermKind.END_OF_TEN_DAYS,
    CapBasis.AFTER_MONTH: TermKind.END_OF_MONTH_THEN,
}
_END_OF_MONTH = (TermKind.THEN_END_OF_MONTH, TermKind.END_OF_MONTH_THEN)


def _applicable(terms: Terms, caps: list[TermCap]) -> TermCap | None:
    """Return the cap to hold a term against: the strictest rule that speaks of its kind, else the net one."""
    by_basis = {cap.basis: cap for cap in caps}
    if terms.kind is TermKind.PERIODIC and CapBasis.PERIODIC in by_basis:
        return by_basis[CapBasis.PERIODIC]
    for basis in _COUNTED_FROM_DELIVERY:
        if basis in by_basis:
            return by_basis[basis]
    if terms.kind in _END_OF_MONTH and CapBasis.END_OF_MONTH in by_basis:
        return by_basis[CapBasis.END_OF_MONTH]
    return by_basis.get(CapBasis.NET)


def _at_the_cap(terms: Terms, cap: TermCap) -> Terms:
    if cap.basis is CapBasis.END_OF_MONTH:
        return Terms(terms.kind, cap.days)
    return Terms(_COUNTED_FROM_DELIVERY.get(cap.basis, TermKind.NET), cap.days)
