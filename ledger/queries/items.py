"""The list of items: due lines and credits that a person may see, filtered, sorted and cut in SQL."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum

from kernel.money import Money
from kernel.permissions import Actor
from ledger import permissions
from ledger.models import Customer, Document, DocumentKind, DueLine, Perimeter, within
from ledger.queries.balances import ageing_date, lines_as_of, open_then
from ledger.queries.paging import Page, bounds
from ledger.queries.visible import line_condition
from ledger.rules.names import sort_key

# Annotated rows: `open_then`, and `ageing_date` where it is asked about.
Lines: TypeAlias = "QuerySet[Any]"

NOBODY = "nobody"  # the owner of customers without one


class ItemState(StrEnum):
    """Which items a list shows. OVERDUE and NOT_DUE hold linked credit notes of their invoices, as the figures do."""

    OPEN = "open"
    OVERDUE = "overdue"
    NOT_DUE = "not_due"
    UNALLOCATED = "unallocated"
    CLEARED = "cleared"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """What a list of items is narrowed to; everything empty is every open item of the operational perimeter.

    `as_of` None is now; a past day shows what was open at its end. `late_from` and `late_to` are days late, both
    included: 1 to 30 is the first column of the aged balance. `words` begin a document number, a customer's name
    or his code. `collector` and `sales_rep` are e-mail addresses, NOBODY for customers who have none.
    """

    as_of: date | None = None
    state: ItemState = ItemState.OPEN
    customer_code: str = ""
    scope_path: str = "/"
    entity_code: str = ""
    group_code: str = ""
    country: str = ""
    collector: str = ""
    sales_rep: str = ""
    kind: DocumentKind | None = None
    currency: str = ""
    late_from: int | None = None
    late_to: int | None = None
    issued_from: date | None = None
    issued_to: date | None = None
    least_amount: Decimal | None = None
    words: str = ""
    perimeter: Perimeter | None = Perimeter.OPERATIONAL
    line_ids: tuple[UUID, ...] = field(default_factory=tuple)


# How a list may be sorted; a minus before the key turns it round. The line's id makes every order total.
SORTS: dict[str, tuple[str, ...]] = {
    "due_date": ("due_date", "customer__sort_name"),
    "issue_date": ("issue_date",),
    "number": ("document__number",),
    "customer": ("customer__sort_name", "due_date"),
    "amount": ("amount",),
    "open_amount": ("open_then",),
    "cleared_date": ("cleared_date",),
}


@dataclass(frozen=True, slots=True)
class Item:
    """A row of the list. Amounts are signed: what adds to the debt is above zero."""

    line_id: UUID
    document_id: UUID
    number: str
    kind: DocumentKind
    instalment: int
    customer_id: UUID
    customer_code: str
    customer_name: str
    entity_code: str
    issue_date: date
    due_date: date
    contractual_due_date: date
    is_estimated: bool
    amount: Money
    open_amount: Money
    days_late: int
    cleared_date: date | None
    collector: str
    order_number: str
    linked_number: str
    perimeter: Perimeter

    @property
    def is_redated(self) -> bool:
        """Return whether its due date was moved by agreement."""
        return self.due_date != self.contractual_due_date

    @property
    def is_overdue(self) -> bool:
        """Return whether it is an open debt past its due date."""
        return self.amount.amount > 0 and bool(self.open_amount) and self.days_late > 0


@dataclass(frozen=True, slots=True)
class ItemTotal:
    """What the whole filter sums to in one currency, not only the page shown."""

    currency: str
    count: int
    amount: Money
    open_amount: Money


@dataclass(frozen=True, slots=True)
class ItemList:
    """A page of items and the totals of the whole filter, one per currency."""

    page: Page[Item]
    totals: tuple[ItemTotal, ...]


def items_list(
    asked: ItemFilter,
    *,
    actor: Actor | None,
    today: date,
    sort: str = "due_date",
    page: int = 1,
    page_size: int = 50,
) -> ItemList:
    """Return the items of the filter that `actor` may see; None is the system, which sees all.

    Two queries whatever the number of rows. An unknown `sort` key is the due date; a page beyond the last is the last.
    """
    lines = filtered_items(asked, actor=actor, today=today)
    totals = _totals(lines)
    number, rows = bounds(page, page_size, sum(total.count for total in totals))
    found = _with_names(lines).order_by(*_order(sort))[rows]
    items = [_item(line, asked.as_of or today) for line in found]
    return ItemList(
        Page(items, number, page_size, sum(total.count for total in totals)), tuple(totals)
    )


def items_stream(
    asked: ItemFilter, *, actor: Actor | None, today: date, sort: str = "due_date"
) -> Iterator[Item]:
    """Give every item of the filter in order, for an export; one query."""
    lines = _with_names(filtered_items(asked, actor=actor, today=today)).order_by(*_order(sort))
    for line in lines.iterator(chunk_size=2000):
        yield _item(line, asked.as_of or today)


def filtered_items(asked: ItemFilter, *, actor: Actor | None, today: date) -> Lines:
    """Return the due lines of the filter with `open_then` (signed) and, where it is asked about, `ageing_date`."""
    lines = _in_state(asked, today)
    if actor is not None:
        lines = lines.filter(_visible(actor))
    return lines.filter(_customer_condition(asked), _line_condition(asked))


def newly_overdue(actor: Actor, *, today: date, days: int = 7) -> int:
    """Return how many debts the actor sees became overdue in the last `days`, today's own due dates left out."""
    since = today - timedelta(days=days)
    lines = DueLine.objects.filter(
        is_open=True, amount__gt=0, due_date__gte=since, due_date__lt=today
    )
    return lines.filter(_visible(actor)).count()


def has_documents() -> bool:
    """Return whether the ledger holds anything yet."""
    return Document.objects.exists()


def _visible(actor: Actor) -> Q:
    """Return the rows of customers the actor may see; nothing to ask where he sees all of them."""
    held = actor.held(permissions.SEE_CUSTOMERS)
    if any(way.scope_path == "/" and not way.reach.value for way in held):
        return Q()
    return line_condition(actor)


def _in_state(asked: ItemFilter, today: date) -> Lines:
    day = asked.as_of or today
    if asked.state in {ItemState.CLEARED, ItemState.ALL}:
        lines: Lines = DueLine.objects.filter(issue_date__lte=day)
        lines = lines.annotate(open_then=F("open_amount"))
        if asked.state is ItemState.CLEARED:
            lines = lines.filter(is_open=False, cleared_date__lte=day)
        return _late(lines, asked, day)
    lines = lines_as_of(asked.as_of)
    if asked.state is ItemState.OPEN:
        return _late(lines, asked, day)
    lines = lines.annotate(ageing_date=ageing_date())
    condition = {
        ItemState.OVERDUE: Q(ageing_date__lt=day),
        ItemState.NOT_DUE: Q(ageing_date__gte=day),
        ItemState.UNALLOCATED: Q(ageing_date__isnull=True),
    }[asked.state]
    return _late(lines.filter(condition), asked, day)


def _late(lines: Lines, asked: ItemFilter, day: date) -> Lines:
    if asked.late_from is None and asked.late_to is None:
        return lines
    if "ageing_date" not in lines.query.annotations:
        lines = lines.annotate(ageing_date=ageing_date())
    if asked.late_from is not None:
        lines = lines.filter(ageing_date__lte=day - timedelta(days=asked.late_from))
    if asked.late_to is not None:
        lines = lines.filter(ageing_date__gte=day - timedelta(days=asked.late_to))
    return lines


def _customer_condition(asked: ItemFilter) -> Q:
    condition = Q()
    if asked.customer_code:
        condition &= Q(customer__code=asked.customer_code)
    if asked.scope_path != "/":
        condition &= Q(customer__in=Customer.objects.filter(within(asked.scope_path)))
    if asked.group_code:
        condition &= Q(customer__group__code=asked.group_code)
    if asked.country:
        condition &= Q(customer__country=asked.country)
    for seat in ("collector", "sales_rep"):
        email = getattr(asked, seat)
        if email == NOBODY:
            condition &= Q(**{f"customer__{seat}__isnull": True})
        elif email:
            condition &= Q(**{f"customer__{seat}__email": email}) | Q(
                **{f"customer__{seat}__email": "", f"customer__{seat}__name": email}
            )
    return condition


def _line_condition(asked: ItemFilter) -> Q:
    exact: dict[str, Any] = {
        "perimeter": asked.perimeter,
        "kind": asked.kind,
        "currency": asked.currency,
        "entity__code": asked.entity_code,
        "issue_date__gte": asked.issued_from,
        "issue_date__lte": asked.issued_to,
    }
    condition = Q(**{name: value for name, value in exact.items() if value})
    if asked.line_ids:
        condition &= Q(pk__in=asked.line_ids)
    if asked.least_amount is not None:
        condition &= Q(open_then__gte=asked.least_amount) | Q(open_then__lte=-asked.least_amount)
    if asked.words.strip():
        words = asked.words.strip()
        condition &= (
            Q(document__number__startswith=words)
            | Q(customer__sort_name__startswith=sort_key(words))
            | Q(customer__code__istartswith=words)
        )
    return condition


def _order(sort: str) -> list[Any]:
    is_descending = sort.startswith("-")
    fields = SORTS.get(sort.removeprefix("-"), SORTS["due_date"])
    ordered = [
        F(name).desc(nulls_last=True) if is_descending else F(name).asc(nulls_last=True)
        for name in fields
    ]
    return [*ordered, F("pk").asc()]


def _totals(lines: Lines) -> list[ItemTotal]:
    sums = (
        lines.order_by()
        .values("currency")
        .annotate(lines=Count("pk"), gross=Sum("amount"), still_open=Sum("open_then"))
        .order_by("currency")
    )
    return [
        ItemTotal(
            row["currency"],
            row["lines"],
            Money(row["gross"], row["currency"]),
            Money(row["still_open"], row["currency"]),
        )
        for row in sums
    ]


def _with_names(lines: Lines) -> Lines:
    return lines.select_related(
        "document", "document__linked_document", "customer", "customer__collector", "entity"
    )


def _item(line: DueLine, day: date) -> Item:
    linked = line.document.linked_document
    return Item(
        line_id=line.pk,
        document_id=line.document_id,
        number=line.document.number,
        kind=DocumentKind(line.kind),
        instalment=line.number,
        customer_id=line.customer_id,
        customer_code=line.customer.code,
        customer_name=line.customer.name,
        entity_code=line.entity.code,
        issue_date=line.issue_date,
        due_date=line.due_date,
        contractual_due_date=line.contractual_due_date,
        is_estimated=line.is_estimated,
        amount=Money(line.amount, line.currency),
        open_amount=Money(open_then(line), line.currency),
        days_late=(day - line.due_date).days,
        cleared_date=line.cleared_date,
        collector=line.customer.collector.name if line.customer.collector_id else "",
        order_number=line.document.order_number,
        linked_number=linked.number if linked else "",
        perimeter=Perimeter(line.perimeter),
    )
