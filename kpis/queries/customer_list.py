"""The list of customers with what each owes, how late, and how much of his limit it takes; cut and sorted in SQL."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from credit.permissions import SEE_OPINIONS
from dunning.models import Reminder
from dunning.queries.scenario_pages import follows
from dunning.rules.outbox import LEAVING_STATES, OPEN_STATES
from kernel.money import Money
from kernel.permissions import Actor
from kpis.queries.aged import PAGE_SIZE
from kpis.queries.limit_use import limit_use
from kpis.queries.scope import FigureScope, fetch, filter_of
from kpis.queries.sums import (
    DISPUTED,
    HAS_MOVED,
    RATES,
    converted,
    currencies,
    has_no_rate,
    lines_stored,
    lines_then,
)
from kpis.rules.ageing import DEFAULT_BUCKETS, UNALLOCATED
from kpis.rules.figures import ZERO
from ledger.models import Customer
from ledger.permissions import SEE_CUSTOMERS
from ledger.queries.customers import CustomerFilter, filtered_customers
from ledger.queries.paging import Page


class CustomerView(StrEnum):
    """Which customers a list keeps; the keys of the aged balance keep those with something in that column."""

    ALL = "all"
    OVERDUE = "overdue"
    OVER_LIMIT = "over_limit"
    DISPUTED = "disputed"
    OVER_60 = "over_60"
    WITHOUT_CONTACT = "without_contact"
    ILLEGAL_TERMS = "illegal_terms"
    NOT_DUE = "not_due"
    DAYS_1_30 = "1_30"
    DAYS_31_60 = "31_60"
    DAYS_61_90 = "61_90"
    DAYS_91_PLUS = "91_plus"
    UNALLOCATED = "unallocated"


@dataclass(frozen=True, slots=True)
class CustomerFigures:
    """A customer and his figures, tax included, in the tenant's currency; `columns` sum to `receivables`.

    `limit` is in its own currency; it and `used` (exposure / limit) are None without a limit or without the right
    to see it. Amounts in a currency without a rate are left out and the currency is named.
    """

    id: UUID
    code: str
    name: str
    siren: str
    portfolio: str
    terms: str
    has_illegal_terms: bool
    collector: str
    sales_rep: str
    columns: Mapping[str, Money]
    disputed: Money
    oldest_days_late: int | None
    limit: Money | None
    used: Decimal | None
    currencies_without_rate: frozenset[str]

    @property
    def receivables(self) -> Money:
        """What the customer owes, unallocated cash deducted."""
        return _sum(self.columns.values(), self.disputed.currency)

    @property
    def overdue(self) -> Money:
        """What is past its due date, unallocated cash not deducted."""
        return _sum(_late_columns(self.columns), self.disputed.currency)

    @property
    def ageing(self) -> list[Decimal]:
        """The five columns of the ageing bar, not yet due first."""
        return [self.columns[bucket.key].amount for bucket in DEFAULT_BUCKETS]

    @property
    def is_over_limit(self) -> bool:
        """Return whether more is owed than allowed."""
        return self.used is not None and self.used > 1


@dataclass(frozen=True, slots=True)
class CustomerFiguresList:
    """A page of customers and what the whole filter sums to."""

    page: Page[CustomerFigures]
    columns: Mapping[str, Money]
    disputed: Money
    currency: str
    currencies_without_rate: frozenset[str] = field(default_factory=frozenset)

    @property
    def receivables(self) -> Money:
        """What all of them owe, unallocated cash deducted."""
        return _sum(self.columns.values(), self.currency)

    @property
    def overdue(self) -> Money:
        """What all of them owe past its due date."""
        return _sum(_late_columns(self.columns), self.currency)

    @property
    def ageing(self) -> list[Decimal]:
        """The five columns of the ageing bar, not yet due first."""
        return [self.columns[bucket.key].amount for bucket in DEFAULT_BUCKETS]


def _sum(amounts: Iterable[Money], currency: str) -> Money:
    return sum(amounts, start=Money.zero(currency))


def _late_columns(columns: Mapping[str, Money]) -> list[Money]:
    return [columns[bucket.key] for bucket in DEFAULT_BUCKETS[1:]]


_KEYS = [*(bucket.key for bucket in DEFAULT_BUCKETS), UNALLOCATED]
_PLACES = {key: f"c{place}" for place, key in enumerate(_KEYS)}
_OVERDUE = f"({' + '.join(_PLACES[bucket.key] for bucket in DEFAULT_BUCKETS[1:])})"
_RECEIVABLES = f"({' + '.join(_PLACES.values())})"

SORTS = {
    "name": "sort_name",
    "code": "code",
    "portfolio": "portfolio",
    "collector": "collector",
    "receivables": _RECEIVABLES,
    "overdue": _OVERDUE,
    "disputed": "disputed",
    "oldest": "coalesce(oldest, 0)",
    "limit": "limit_amount",
    "used": "used",
    **_PLACES,
}
DEFAULT_SORT = "-overdue"
_ASKED = "(%(is_every_customer)s OR {id} = ANY(%(customer_ids)s::uuid[]))"

_REACHABLE = """EXISTS (SELECT FROM ledger_contact contact WHERE contact.customer_id = listed.id
    AND contact.email <> '' AND NOT contact.is_opted_out AND NOT contact.is_undeliverable)"""

_VIEWS = {
    CustomerView.ALL: "TRUE",
    CustomerView.OVERDUE: f"{_OVERDUE} <> 0",
    CustomerView.OVER_LIMIT: "used > 1",
    CustomerView.DISPUTED: "disputed > 0",
    CustomerView.OVER_60: f"{_PLACES['61_90']} + {_PLACES['91_plus']} <> 0",
    CustomerView.WITHOUT_CONTACT: f"NOT {_REACHABLE}",
    CustomerView.ILLEGAL_TERMS: "is_illegal",
    **{CustomerView(key): f"{place} <> 0" for key, place in _PLACES.items()},
}

_CONTESTED = "least(coalesce(disputed.amount, 0), greatest(placed.open_then, 0))"

# What each customer owes on the day.
_SPLIT = f"""
valued AS (
    SELECT placed.customer_id, placed.perimeter = ANY(%(perimeters)s) AS is_counted,
        %(as_of)s - placed.ageing_date AS days, placed.amount > 0 AS is_debt,
        placed.currency, {has_no_rate("placed.currency")} AS has_no_rate,
        {converted("placed.open_then", "placed.currency")} AS value,
        {converted(_CONTESTED, "placed.currency")} AS contested
    FROM placed LEFT JOIN disputed ON disputed.due_line_id = placed.id
    WHERE placed.open_then <> 0
),
split AS (
    SELECT customer_id, max(days) FILTER (WHERE is_counted AND days > 0 AND is_debt) AS oldest,
        %(columns)s,
        coalesce(sum(contested) FILTER (WHERE is_counted), 0) AS disputed,
        string_agg(currency, ',') FILTER (WHERE is_counted AND has_no_rate) AS without_rate
    FROM valued GROUP BY customer_id
)"""  # noqa: S608  the parts are this module's own text


def _columns() -> str:
    parts = []
    for place, bucket in enumerate(DEFAULT_BUCKETS):
        bounds = ["is_counted"]
        bounds += [f"days >= {bucket.first}"] if bucket.first is not None else []
        bounds += [f"days <= {bucket.last}"] if bucket.last is not None else []
        parts.append(f"coalesce(sum(value) FILTER (WHERE {' AND '.join(bounds)}), 0) AS c{place}")
    loose = f"c{len(DEFAULT_BUCKETS)}"
    parts.append(f"coalesce(sum(value) FILTER (WHERE is_counted AND days IS NULL), 0) AS {loose}")
    return ", ".join(parts)


_LISTED = f"""
granted AS (
    SELECT DISTINCT ON (customer_id) customer_id, amount, currency FROM credit_creditlimit
    WHERE valid_from <= %(as_of)s AND (valid_until IS NULL OR valid_until >= %(as_of)s) AND undone_at IS NULL
        AND (%(sees_all_limits)s OR customer_id = ANY(%(limit_customer_ids)s::uuid[]))
    ORDER BY customer_id, valid_from DESC, is_temporary DESC
),
listed AS (
    SELECT customer.id, customer.code, customer.name, customer.sort_name, customer.siren,
        portfolio.name AS portfolio, coalesce(terms.label, '') AS terms,
        coalesce(terms.is_illegal, FALSE) AS is_illegal,
        coalesce(collector.name, '') AS collector, coalesce(sales_rep.name, '') AS sales_rep,
        {", ".join(f"coalesce(split.{place}, 0) AS {place}" for place in _PLACES.values())},
        coalesce(split.disputed, 0) AS disputed, split.oldest, split.without_rate,
        granted.amount AS limit_amount, granted.currency AS limit_currency
    FROM ledger_customer customer
    JOIN accounts_scope portfolio ON portfolio.id = customer.portfolio_id
    LEFT JOIN ledger_paymentterms terms ON terms.id = customer.terms_id
    LEFT JOIN accounts_membership collector ON collector.id = customer.collector_id
    LEFT JOIN accounts_membership sales_rep ON sales_rep.id = customer.sales_rep_id
    LEFT JOIN split ON split.customer_id = customer.id
    LEFT JOIN granted ON granted.customer_id = customer.id
    WHERE %(is_every_customer)s OR customer.id = ANY(%(customer_ids)s::uuid[])
)"""  # noqa: S608  the parts are this module's own text


def customer_figures(
    asked: CustomerFilter,
    view: CustomerView = CustomerView.ALL,
    *,
    actor: Actor,
    today: date,
    sort: str = DEFAULT_SORT,
    page: int = 1,
    page_size: int | None = PAGE_SIZE,
    only: Sequence[UUID] | None = None,
    scenario: str = "",
) -> CustomerFiguresList:
    """Return the customers of the filter that `actor` may see, with their figures at the end of `today`.

    `sort` is a key of `SORTS`, a minus for the largest first; another one is `DEFAULT_SORT`. `page_size` None is
    everybody; a page past the last shows the first. `only` narrows to some customers, `scenario` to who follows the
    one with this code. Limits are there where the actor may see opinions.
    """
    parameters = _parameters(asked, actor, today, only, scenario)
    rows = _rows(view, sort, _cut(parameters, page, page_size))
    if not rows and page > 1:
        page = 1
        rows = _rows(view, sort, _cut(parameters, page, page_size))
    home = str(parameters["home"])
    first: Mapping[str, Any] = rows[0] if rows else {}
    found = [_figures(row, home) for row in rows]
    return CustomerFiguresList(
        page=Page(found, page, page_size or max(len(found), 1), first.get("customers") or 0),
        columns={key: Money(first.get(f"t{place}") or ZERO, home) for key, place in _numbered()},
        disputed=Money(first.get("total_disputed") or ZERO, home),
        currency=home,
        currencies_without_rate=currencies(first.get("all_without_rate")),
    )


def _numbered() -> list[tuple[str, int]]:
    return [(key, place) for place, key in enumerate(_KEYS)]


def _parameters(
    asked: CustomerFilter,
    actor: Actor,
    today: date,
    only: Sequence[UUID] | None,
    scenario: str,
) -> dict[str, object]:
    is_narrowed = only is not None or bool(scenario) or asked != CustomerFilter()
    is_everybody = not is_narrowed and sees_everybody(actor, SEE_CUSTOMERS)
    customers = None if is_everybody else filtered_customers(asked, actor=actor)
    if customers is not None and only is not None:
        customers = customers.filter(pk__in=only)
    if customers is not None and scenario:
        customers = customers.filter(follows(scenario))
    sees_all_limits = sees_everybody(actor, SEE_OPINIONS)
    judged = Customer.objects.visible_to(actor, SEE_OPINIONS)
    filtered = filter_of(FigureScope(today, customers=customers))
    return {
        "customer_ids": [],
        **filtered.parameters,
        "month_start": today + timedelta(days=1),  # only what was open on the day is asked
        "is_every_customer": is_everybody,
        "sees_all_limits": sees_all_limits,
        "limit_customer_ids": [] if sees_all_limits else _ids(judged),
    }


def sees_everybody(actor: Actor, permission: str) -> bool:
    """Return whether the actor holds `permission` over every customer of the tenant."""
    held = actor.held(permission)
    return any(way.scope_path == "/" and not way.reach.value for way in held)


def _ids(customers: "QuerySet[Customer]") -> list[str]:
    return [str(pk) for pk in customers.order_by().values_list("pk", flat=True)]


def _cut(parameters: Mapping[str, object], page: int, size: int | None) -> dict[str, object]:
    return {**parameters, "limit": size, "offset": 0 if size is None else (page - 1) * size}


def _rows(view: CustomerView, sort: str, parameters: Mapping[str, object]) -> list[dict[str, Any]]:
    """Ask by the stored amounts, and anew by what has moved where they are not those of the day."""
    is_everybody = parameters["is_every_customer"]
    condition = "TRUE" if is_everybody else "{line}.customer_id = ANY(%(customer_ids)s::uuid[])"
    rows = fetch(_sql(lines_stored(condition), view, sort), parameters)
    if rows and not rows[0]["has_moved"]:
        return rows
    return fetch(_sql(lines_then(condition), view, sort), parameters)


def _sql(lines: str, view: CustomerView, sort: str) -> str:
    totals = ", ".join(f"sum({place}) AS t{n}" for n, place in enumerate(_PLACES.values()))
    order = f"{_order(sort)}, sort_name, id"
    page = f"ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s"
    if view is CustomerView.OVER_LIMIT or _sort_name(sort).removeprefix("-") == "used":
        chosen = f"""{limit_use(_ASKED)},
chosen AS MATERIALIZED (
    SELECT listed.*, used.used FROM listed LEFT JOIN used ON used.customer_id = listed.id WHERE {_VIEWS[view]}),
paged AS (SELECT * FROM chosen {page})"""  # noqa: S608  the parts are this module's own text
    else:
        chosen = f"""
chosen AS MATERIALIZED (SELECT * FROM listed WHERE {_VIEWS[view]}),
shown AS MATERIALIZED (SELECT * FROM chosen {page}),
{limit_use("{id} IN (SELECT id FROM shown)")},
paged AS (SELECT shown.*, used.used FROM shown LEFT JOIN used ON used.customer_id = shown.id)"""  # noqa: S608  ditto
    return f"""
WITH {RATES}, {lines}, {DISPUTED}, {_SPLIT.replace("%(columns)s", _columns())}, {_LISTED},
{chosen},
totals AS (
    SELECT count(*) AS customers, sum(disputed) AS total_disputed, {totals},
        string_agg(DISTINCT without_rate, ',') AS all_without_rate
    FROM chosen
)
SELECT paged.*, totals.*, {HAS_MOVED} AS has_moved FROM paged CROSS JOIN totals ORDER BY {order}
"""  # noqa: S608  the parts are this module's own text


def _sort_name(sort: str) -> str:
    return sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT


def _order(sort: str) -> str:
    name = _sort_name(sort)
    direction = "DESC" if name.startswith("-") else "ASC"
    return f"{SORTS[name.removeprefix('-')]} {direction} NULLS LAST"


def _figures(row: Mapping[str, Any], home: str) -> CustomerFigures:
    limit = row["limit_amount"]
    return CustomerFigures(
        id=row["id"],
        code=row["code"],
        name=row["name"],
        siren=row["siren"],
        portfolio=row["portfolio"],
        terms=row["terms"],
        has_illegal_terms=row["is_illegal"],
        collector=row["collector"],
        sales_rep=row["sales_rep"],
        columns={key: Money(row[f"c{place}"], home) for key, place in _numbered()},
        disputed=Money(row["disputed"], home),
        oldest_days_late=row["oldest"],
        limit=None if limit is None else Money(limit, row["limit_currency"]),
        used=row["used"],
        currencies_without_rate=currencies(row["without_rate"]),
    )


@dataclass(frozen=True, slots=True)
class NextAction:
    """The next step of the chase with a customer: a reminder planned, held, or on its way."""

    reminder_id: UUID
    channel: str
    channel_label: str
    level: int
    planned_date: date
    state: str
    state_label: str
    is_to_confirm: bool


def next_actions(customer_ids: Sequence[UUID]) -> dict[UUID, NextAction]:
    """Return the earliest reminder of each customer that is planned, held or on its way; one query."""
    waiting = Reminder.objects.filter(
        customer__in=customer_ids, state__in=sorted(OPEN_STATES | LEAVING_STATES)
    ).order_by("customer_id", "planned_date", "-level", "pk")
    return {row.customer_id: next_action(row) for row in waiting.distinct("customer_id")}


def next_action(reminder: Reminder) -> NextAction:
    """Return a reminder as lists show it."""
    return NextAction(
        reminder_id=reminder.pk,
        channel=reminder.channel,
        channel_label=reminder.get_channel_display(),
        level=reminder.level,
        planned_date=reminder.planned_date,
        state=reminder.state,
        state_label=reminder.get_state_display(),
        is_to_confirm=reminder.state == "planned",
    )
