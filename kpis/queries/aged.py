"""The aged balance customer by customer, and the lines behind every amount; both add up to the figures exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from kernel.periods import month_start
from kpis.queries.scope import FigureScope, Filter, fetch, fetch_rows, filter_of
from kpis.queries.sums import (
    DISPUTED,
    HAS_MOVED,
    converted,
    currencies,
    has_no_rate,
    lines_stored,
    lines_then,
)
from kpis.rules.ageing import DEFAULT_BUCKETS, UNALLOCATED, Bucket
from kpis.rules.figures import ZERO

PAGE_SIZE = 50


class AgedRow(NamedTuple):
    """One customer's aged balance: `columns` by key, in order, sum to `receivables`; signed, tax included.

    Amounts in a currency without a rate are left out and the currency is named. A tuple, with the id as text: whole
    lists hold thousands of them.
    """

    customer_id: str
    code: str
    name: str
    columns: Mapping[str, Decimal]
    oldest_days_late: int | None
    currencies_without_rate: frozenset[str]

    @property
    def receivables(self) -> Decimal:
        """What the customer owes, unallocated cash deducted."""
        return sum(self.columns.values(), ZERO)


@dataclass(frozen=True, slots=True)
class AgedBalance:
    """A page of the aged balance, with the totals and the number of customers of the whole filter."""

    rows: Sequence[AgedRow]
    totals: Mapping[str, Decimal]
    customers: int
    currencies_without_rate: frozenset[str]

    @property
    def receivables(self) -> Decimal:
        """What all of them owe, unallocated cash deducted."""
        return sum(self.totals.values(), ZERO)


def aged_balance(
    scope: FigureScope,
    *,
    buckets: Sequence[Bucket] = DEFAULT_BUCKETS,
    only: str = "",
    sort: str = "-receivables",
    page: int = 1,
    page_size: int | None = PAGE_SIZE,
) -> AgedBalance:
    """Return what each customer owes by column on a day, cut and sorted in SQL.

    `only` keeps customers with something in one column, or `overdue`. `sort` is `name`, `code`, `receivables`,
    `overdue`, `oldest` or a column's key, with a minus for the largest first. `page_size` None returns everybody.
    Raises KeyError on a column that is not there.
    """
    filtered = filter_of(scope)
    keys = [*(bucket.key for bucket in buckets), UNALLOCATED]
    expressions = _expressions(keys)
    where = f"WHERE {expressions[only]} <> 0" if only else ""
    order = _order(expressions, sort)
    parameters = _just_the_day(filtered, scope.as_of) | {
        "limit": page_size,
        "offset": 0 if page_size is None else (page - 1) * page_size,
    }
    (first, *rows) = fetch_rows(
        _aged(lines_stored(filtered.condition), buckets, where, order), parameters
    )
    if first[_HAS_MOVED] == "true":
        (first, *rows) = fetch_rows(
            _aged(lines_then(filtered.condition), buckets, where, order), parameters
        )
    if not rows and page > 1:
        return aged_balance(
            scope, buckets=buckets, only=only, sort=sort, page=1, page_size=page_size
        )
    totals = [total or ZERO for total in first[_FIRST_COLUMN:]]
    return AgedBalance(
        rows=[_aged_row(row, keys) for row in rows],
        totals=dict(zip(keys, totals, strict=True)),
        customers=first[_CUSTOMERS],
        currencies_without_rate=currencies(first[_WITHOUT_RATE]),
    )


# The first row holds the totals; places in it, and from which one the columns of the aged balance stand in all rows.
_HAS_MOVED, _CUSTOMERS, _WITHOUT_RATE, _FIRST_COLUMN = 0, 3, 4, 5


def _aged(lines: str, buckets: Sequence[Bucket], where: str, order: str) -> str:
    """Ask for the totals in one row, then for the page in its order."""
    columns = [f"c{place}" for place in range(len(buckets) + 1)]
    return f"""
WITH {lines},
valued AS (
    SELECT customer_id, currency, %(as_of)s - ageing_date AS days, amount > 0 AS is_debt,
        {converted("open_then", "currency")} AS value
    FROM placed WHERE open_then <> 0
),
split AS (
    SELECT customer_id, max(days) FILTER (WHERE days > 0 AND is_debt) AS oldest,
        string_agg(currency, ',') FILTER (WHERE {has_no_rate("currency")}) AS without_rate,
        {", ".join(_column(place, bucket) for place, bucket in enumerate(buckets))},
        coalesce(sum(value) FILTER (WHERE days IS NULL), 0) AS c{len(buckets)}
    FROM valued GROUP BY customer_id
),
kept AS MATERIALIZED (SELECT * FROM split {where})
SELECT {HAS_MOVED}::text, '' AS code, '' AS name, count(*), string_agg(without_rate, ','),
    {", ".join(f"sum({column})" for column in columns)}
FROM kept
UNION ALL (
    SELECT kept.customer_id::text, customer.code, customer.name, oldest, without_rate, {", ".join(columns)}
    FROM kept JOIN ledger_customer customer ON customer.id = kept.customer_id
    ORDER BY {order}, customer.sort_name, customer.id LIMIT %(limit)s OFFSET %(offset)s
)
"""  # noqa: S608  the parts are this module's own text


def _column(place: int, bucket: Bucket) -> str:
    bounds = [f"days >= {bucket.first}"] if bucket.first is not None else []
    bounds += [f"days <= {bucket.last}"] if bucket.last is not None else []
    return f"coalesce(sum(value) FILTER (WHERE {' AND '.join(bounds)}), 0) AS c{place}"


def _expressions(keys: Sequence[str]) -> dict[str, str]:
    """Return what can be sorted and filtered by, in terms of the columns c0, c1 and so on."""
    columns = {key: f"c{place}" for place, key in enumerate(keys)}
    overdue = [columns[key] for key in keys[1:-1]]
    return columns | {
        "overdue": f"({' + '.join(overdue)})",
        "receivables": f"({' + '.join(columns.values())})",
        "oldest": "coalesce(oldest, 0)",
        "name": "customer.sort_name",
        "code": "customer.code",
    }


def _order(expressions: Mapping[str, str], sort: str) -> str:
    return f"{expressions[sort.removeprefix('-')]} {'DESC' if sort.startswith('-') else 'ASC'}"


def _aged_row(row: tuple[Any, ...], keys: Sequence[str]) -> AgedRow:
    customer_id, code, name, oldest, without_rate = row[:5]
    columns = dict(zip(keys, row[5:], strict=True))
    return AgedRow(customer_id, code, name, columns, oldest, currencies(without_rate))


def _just_the_day(filtered: Filter, as_of: date) -> dict[str, object]:
    """Return the parameters of a question that only asks what was open on the day, not what the month moved."""
    return {**filtered.parameters, "month_start": as_of + timedelta(days=1)}


# Figure: what a line adds to it, and which lines do; in the terms of `placed`, `days` and `disputed`.
_OPEN = ("placed.open_then", "placed.open_then <> 0")
_DISPUTED = (
    "least(disputed.amount, greatest(placed.open_then, 0))",
    "disputed.amount > 0 AND placed.open_then > 0",
)
_FALLEN_DUE = "placed.amount > 0 AND placed.due_date <= %(as_of)s"
_BASE = "CASE WHEN placed.issue_date < %(month_start)s THEN placed.opening ELSE placed.amount END"
_FIGURES = {
    "receivables": _OPEN,
    "open_items": (_OPEN[0], f"{_OPEN[1]} AND days IS NOT NULL"),
    "not_due": (_OPEN[0], f"{_OPEN[1]} AND days <= 0"),
    "overdue": (_OPEN[0], f"{_OPEN[1]} AND days > 0"),
    "unallocated": (_OPEN[0], f"{_OPEN[1]} AND days IS NULL"),
    "disputed": _DISPUTED,
    "disputed_overdue": (_DISPUTED[0], f"{_DISPUTED[1]} AND days > 0"),
    "opening_receivables": ("placed.opening", "placed.opening <> 0"),
    "collectable": (_BASE, f"{_FALLEN_DUE} AND {_BASE} <> 0"),
    "credited": ("placed.credited", f"{_FALLEN_DUE} AND placed.credited <> 0"),
    "collected": ("placed.collected", f"{_FALLEN_DUE} AND placed.collected <> 0"),
}
LINE_FIGURES = tuple(_FIGURES)


@dataclass(frozen=True, slots=True)
class FigureLine:
    """A due line and what it adds to a figure: `amount` in its own currency, `value` in that of the figure.

    `value` is None where a rate is missing. `days_late` is None for what is allocated to nothing.
    """

    line_id: UUID
    document_id: UUID
    document_number: str
    line_number: int
    kind: str
    customer_id: UUID
    customer_code: str
    customer_name: str
    issue_date: date
    due_date: date
    is_estimated: bool
    days_late: int | None
    currency: str
    amount: Decimal
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class FigureLines:
    """A page of the lines behind a figure, the latest first; `total` and `count` are of all of them."""

    rows: Sequence[FigureLine]
    total: Decimal
    count: int


def lines_of(
    scope: FigureScope,
    figure: str,
    *,
    bucket: Bucket | None = None,
    page: int = 1,
    page_size: int | None = PAGE_SIZE,
) -> FigureLines:
    """Return the due lines that add up to a figure (`LINE_FIGURES`), narrowed to one column of the aged balance.

    Collectable, credited and collected are those of the month to date. Raises KeyError on any other figure.
    """
    amount, condition = _FIGURES[figure]
    filtered = filter_of(scope)
    parameters: dict[str, object] = {
        **filtered.parameters,
        "month_start": month_start(scope.as_of),
        "first": None if bucket is None else bucket.first,
        "last": None if bucket is None else bucket.last,
        "limit": page_size,
        "offset": 0 if page_size is None else (page - 1) * page_size,
    }
    bounds = "" if bucket is None else _BOUNDS
    sql = f"""
WITH {lines_then(filtered.condition)}, {DISPUTED},
chosen AS (
    SELECT placed.*, {amount} AS counted, {converted(amount, "placed.currency")} AS value, days
    FROM placed
    CROSS JOIN LATERAL (SELECT %(as_of)s - placed.ageing_date AS days) late
    LEFT JOIN disputed ON disputed.due_line_id = placed.id
    WHERE {condition} {bounds}
)
SELECT chosen.*, document.number AS document_number, customer.code, customer.name,
    count(*) OVER () AS lines, sum(value) OVER () AS total
FROM chosen
JOIN ledger_document document ON document.id = chosen.document_id
JOIN ledger_customer customer ON customer.id = chosen.customer_id
ORDER BY days DESC NULLS LAST, value DESC, chosen.id LIMIT %(limit)s OFFSET %(offset)s
"""  # noqa: S608  the parts are this module's own text
    rows = fetch(sql, parameters)
    if not rows and page > 1:
        return lines_of(scope, figure, bucket=bucket, page=1, page_size=page_size)
    first = rows[0] if rows else {}
    return FigureLines(
        [_figure_line(row) for row in rows], first.get("total") or ZERO, first.get("lines") or 0
    )


_BOUNDS = """AND days IS NOT NULL AND (%(first)s::int IS NULL OR days >= %(first)s::int)
    AND (%(last)s::int IS NULL OR days <= %(last)s::int)"""


def _figure_line(row: Mapping[str, Any]) -> FigureLine:
    return FigureLine(
        line_id=row["id"],
        document_id=row["document_id"],
        document_number=row["document_number"],
        line_number=row["number"],
        kind=row["kind"],
        customer_id=row["customer_id"],
        customer_code=row["code"],
        customer_name=row["name"],
        issue_date=row["issue_date"],
        due_date=row["due_date"],
        is_estimated=row["is_estimated"],
        days_late=row["days"],
        currency=row["currency"],
        amount=row["counted"],
        value=row["value"],
    )


def customer_ageing(scope: FigureScope, customer_id: UUID) -> AgedRow | None:
    """Return one customer's aged balance; None when nothing is open."""
    found = aged_balance(replace(scope, customer_id=customer_id), page_size=1)
    return found.rows[0] if found.rows else None
