"""What was owed on any day: documents issued up to it, less what had settled them by then (DOMAIN 3.0)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Case, DateField, F, Min, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.fields import DecimalField
from django.db.models.functions import Coalesce, Sign

from kernel.money import Money
from ledger.models import Allocation, Customer, Document, DocumentKind, DueLine, Perimeter, within

_MONEY: "DecimalField[Decimal, Decimal]" = DecimalField(max_digits=19, decimal_places=4)
_NOTHING = Decimal(0)


def _settled_after(day: date, side: str) -> Coalesce:
    """Return the sum that settled the outer line after `day`, through `side` of the allocations."""
    later = (
        Allocation.objects.filter(**{side: OuterRef("pk")}, effective_date__gt=day)
        .order_by()
        .values(side)
        .annotate(total=Sum("amount"))
        .values("total")
    )
    return Coalesce(Subquery(later, output_field=_MONEY), _NOTHING, output_field=_MONEY)


def lines_as_of(day: date | None) -> "QuerySet[DueLine]":
    """Return the due lines with `open_then`, what was open on `day` (signed); None is now, by the stored amounts.

    The stored amount is taken and what settled it after `day` is given back, so that a question about last month
    costs what has happened since. Lines not issued by then are absent; those settled by then are too.
    """
    if day is None:
        return DueLine.objects.filter(is_open=True).annotate(open_then=F("open_amount"))
    settled_later = Case(
        When(amount__gt=0, then=_settled_after(day, "debit_line")),
        default=_settled_after(day, "credit_line"),
        output_field=_MONEY,
    )
    return (
        DueLine.objects.filter(Q(is_open=True) | Q(cleared_date__gt=day), issue_date__lte=day)
        .annotate(open_then=F("open_amount") + Sign("amount") * settled_later)
        .exclude(open_then=0)
    )


def open_then(line: DueLine) -> Decimal:
    """Return what `lines_as_of` found open on a line, signed."""
    amount: Decimal = vars(line)["open_then"]
    return amount


def ageing_date() -> Case:
    """Return the date by which a line stands in a column of the aged balance; null for what settles nothing yet.

    A debt stands at its due date, a credit note linked to an invoice at that invoice's first one. Payments and
    unlinked credit notes stand in the column of what is unallocated (DOMAIN 3.6).
    """
    invoice_due = (
        DueLine.objects.filter(document=OuterRef("document__linked_document"))
        .order_by()
        .values("document")
        .annotate(first=Min("due_date"))
        .values("first")
    )
    return Case(
        When(amount__gt=0, then=F("due_date")),
        When(
            kind=DocumentKind.CREDIT_NOTE,
            document__linked_document__isnull=False,
            then=Subquery(invoice_due),
        ),
        default=None,
        output_field=DateField(null=True),
    )


@dataclass(frozen=True, slots=True)
class Balance:
    """What is owed in one currency, gross: `owed` by invoices, `credits` (0 or below) by what is not allocated."""

    owed: Money
    credits: Money

    @property
    def total(self) -> Money:
        """Return the balance of the account: what is owed less the credits."""
        return self.owed + self.credits


def balance_as_of(
    day: date,
    *,
    customer_id: UUID | None = None,
    scope_path: str = "/",
    customers: "QuerySet[Customer] | None" = None,
    perimeter: Perimeter | None = Perimeter.OPERATIONAL,
) -> dict[str, Balance]:
    """Return the balance per currency on `day`, that day included: of one customer, or of a node of the scope tree.

    `customers` narrows it to those a person may see. A `perimeter` of None counts every receivable. Currencies in
    which nothing was open are absent.
    """
    lines = lines_as_of(day).filter(**({} if perimeter is None else {"perimeter": perimeter}))
    if customer_id is not None:
        lines = lines.filter(customer=customer_id)
    if customers is not None:
        lines = lines.filter(customer__in=customers)
    if scope_path != "/":
        lines = lines.filter(customer__in=Customer.objects.filter(within(scope_path)))
    sums = (
        lines.order_by()
        .values("currency")
        .annotate(
            owed=Coalesce(Sum("open_then", filter=Q(amount__gt=0)), _NOTHING, output_field=_MONEY),
            credited=Coalesce(
                Sum("open_then", filter=Q(amount__lt=0)), _NOTHING, output_field=_MONEY
            ),
        )
    )
    return {
        row["currency"]: Balance(
            Money(row["owed"], row["currency"]), Money(row["credited"], row["currency"])
        )
        for row in sums
    }


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A line with something open on a day; `open_amount` is signed, `days_late` above zero once past its due date."""

    line_id: UUID
    document_id: UUID
    number: str
    kind: DocumentKind
    instalment: int
    issue_date: date
    due_date: date
    contractual_due_date: date
    is_estimated: bool
    amount: Money
    open_amount: Money
    days_late: int
    entity_id: UUID
    perimeter: Perimeter
    linked_document_id: UUID | None
    order_number: str

    @property
    def is_debt(self) -> bool:
        """Return whether the customer owes it, rather than has it on account."""
        return self.amount.amount > 0

    @property
    def is_overdue(self) -> bool:
        """Return whether it is a debt past its due date; due today is not late."""
        return self.is_debt and self.days_late > 0


def open_lines(
    customer_id: UUID, as_of: date, *, perimeter: Perimeter | None = None
) -> list[OpenLine]:
    """Return every line of a customer with something open at the end of `as_of`, oldest due date first."""
    lines = lines_as_of(as_of).filter(customer=customer_id)
    if perimeter is not None:
        lines = lines.filter(perimeter=perimeter)
    found = lines.select_related("document").order_by("due_date", "document__number", "number")
    return [_open_line(line, as_of) for line in found]


def _open_line(line: DueLine, as_of: date) -> OpenLine:
    return OpenLine(
        line_id=line.pk,
        document_id=line.document_id,
        number=line.document.number,
        kind=DocumentKind(line.kind),
        instalment=line.number,
        issue_date=line.issue_date,
        due_date=line.due_date,
        contractual_due_date=line.contractual_due_date,
        is_estimated=line.is_estimated,
        amount=Money(line.amount, line.currency),
        open_amount=Money(open_then(line), line.currency),
        days_late=(as_of - line.due_date).days,
        entity_id=line.entity_id,
        perimeter=Perimeter(line.perimeter),
        linked_document_id=line.document.linked_document_id,
        order_number=line.document.order_number,
    )


@dataclass(frozen=True, slots=True)
class Position:
    """Where a customer stands in one currency on a day. `unallocated` is 0 or below; the rest sum to `balance`."""

    currency: str
    not_due: Money
    overdue: Money
    unallocated: Money
    doubtful: Money
    open_lines: int
    overdue_lines: int
    oldest_due_date: date | None
    most_days_late: int

    @property
    def balance(self) -> Money:
        """Return what is owed less what is on account, doubtful receivables included."""
        return self.not_due + self.overdue + self.unallocated + self.doubtful


def customer_position(customer_id: UUID, as_of: date) -> dict[str, Position]:
    """Return a customer's position per currency at the end of `as_of`; linked credit notes are netted by invoice.

    Doubtful receivables (416) stand apart; accruals and deposits are no receivables and are left out.
    """
    lines = (
        lines_as_of(as_of)
        .filter(customer=customer_id, perimeter__in=[Perimeter.OPERATIONAL, Perimeter.DOUBTFUL])
        .annotate(ageing_date=ageing_date())
        .order_by()
    )
    rows = list(lines.values_list("currency", "perimeter", "amount", "open_then", "ageing_date"))
    currencies = sorted({row[0] for row in rows})
    return {
        currency: _position(currency, [row[1:] for row in rows if row[0] == currency], as_of)
        for currency in currencies
    }


def _position(
    currency: str, rows: Sequence[tuple[str, Decimal, Decimal, date | None]], as_of: date
) -> Position:
    sums = dict.fromkeys(("not_due", "overdue", "unallocated", "doubtful"), _NOTHING)
    overdue_dates: list[date] = []
    for perimeter, amount, open_then, ageing in rows:
        is_overdue = ageing is not None and ageing < as_of
        place = "unallocated" if ageing is None else "overdue" if is_overdue else "not_due"
        is_doubtful = perimeter == Perimeter.DOUBTFUL
        sums["doubtful" if is_doubtful else place] += open_then
        if ageing is not None and is_overdue and amount > 0 and not is_doubtful:
            overdue_dates.append(ageing)
    oldest = min(overdue_dates, default=None)
    return Position(
        currency=currency,
        **{name: Money(amount, currency) for name, amount in sums.items()},
        open_lines=sum(1 for row in rows if row[1] > 0),
        overdue_lines=len(overdue_dates),
        oldest_due_date=oldest,
        most_days_late=(as_of - oldest).days if oldest else 0,
    )


def latest_document_date(customer_id: UUID) -> date | None:
    """Return the date of the customer's latest invoice; None when he has none."""
    documents = Document.objects.filter(customer=customer_id, kind=DocumentKind.INVOICE)
    return documents.order_by("-issue_date").values_list("issue_date", flat=True).first()
