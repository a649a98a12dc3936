"""The exposure of many customers: over the limit first, cut, filtered and sorted in SQL; the heat table beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connection

from credit.permissions import SEE_OPINIONS
from credit.queries.exposure import parts_sql
from credit.queries.insurance import insured_on, splits
from credit.rules.exposure import Parts
from credit.rules.insurance import Split
from kernel.money import Money
from kernel.permissions import Actor
from kernel.tenancy import current_tenant_id
from ledger.models import Customer
from ledger.queries.paging import Page

PAGE_SIZE = 50
NO_GRADE = "–"


class ExposureView(StrEnum):
    """Which customers the list keeps."""

    ALL = "all"
    OVER = "over"
    HELD = "held"
    WITHOUT_LIMIT = "without_limit"
    WITHOUT_RATE = "without_rate"


class Segment(StrEnum):
    """What kind of customer it is."""

    PUBLIC = "public"
    KEY_ACCOUNT = "key_account"
    GROUP = "group"
    COMPANY = "company"


@dataclass(frozen=True, slots=True)
class ExposureRow:
    """A customer and his exposure in the currency of his limit, the tenant's own without one.

    `parts`, `left` and `used` are None while a currency has no rate, which `missing` names.
    """

    id: UUID
    code: str
    name: str
    grade: str
    portfolio: str
    currency: str
    parts: Parts | None
    limit: Money | None
    is_held: bool
    missing: tuple[str, ...]
    split: Split | None = (
        None  # what an insurer would pay of it; None where nobody insures the customer
    )

    @property
    def total(self) -> Money | None:
        """Return the exposure."""
        return None if self.parts is None else Money(self.parts.total, self.currency)

    @property
    def left(self) -> Money | None:
        """Return the headroom, below zero where the limit is overrun."""
        return None if self.limit is None or self.total is None else self.limit - self.total

    @property
    def is_over(self) -> bool:
        """Return whether more stands at risk than allowed."""
        return self.left is not None and self.left.amount < 0

    @property
    def used(self) -> Decimal | None:
        """Return the part of the limit in use."""
        return None if self.limit is None or self.total is None else self.total.share_of(self.limit)

    @property
    def invoiced(self) -> Money | None:
        """Return the open items."""
        return self.money("invoiced")

    @property
    def delivered(self) -> Money | None:
        """Return what waits for its invoice."""
        return self.money("delivered")

    @property
    def ordered(self) -> Money | None:
        """Return what is on order."""
        return self.money("ordered")

    @property
    def secured(self) -> Money | None:
        """Return deposits and guarantees, which are deducted."""
        if self.parts is None:
            return None
        return Money(self.parts.deposits + self.parts.guarantees, self.currency)

    @property
    def missing_words(self) -> str:
        """Return the currencies without a rate, as a list."""
        return ", ".join(self.missing)

    def money(self, name: str) -> Money | None:
        """Return one part as money."""
        return None if self.parts is None else Money(getattr(self.parts, name), self.currency)


@dataclass(frozen=True, slots=True)
class HeatCell:
    """The exposure of a grade in a segment, in the tenant's currency; `level` 0 to 4 is how hot it is drawn."""

    segment: str
    amount: Money
    count: int
    over: int
    level: int


@dataclass(frozen=True, slots=True)
class Filter:
    """How the list is narrowed: a view, a grade, a segment, words in the name or the code."""

    view: ExposureView = ExposureView.ALL
    grade: str = ""
    segment: str = ""
    words: str = ""


_VIEWS = {
    ExposureView.ALL: "TRUE",
    ExposureView.OVER: "headroom < 0",
    ExposureView.HELD: "is_held",
    ExposureView.WITHOUT_LIMIT: "limit_amount IS NULL AND exposure > 0",
    ExposureView.WITHOUT_RATE: "missing IS NOT NULL",
}

_BASE = """
WITH {parts},
rate AS (
    SELECT currency, 1::numeric AS value FROM accounts_tenant WHERE id = %(tenant)s
    UNION ALL (
        SELECT DISTINCT ON (currency) currency, rate FROM ledger_exchangerate
        WHERE valid_from <= %(day)s AND currency <> (SELECT currency FROM accounts_tenant WHERE id = %(tenant)s)
        ORDER BY currency, valid_from DESC)
),
granted AS (
    SELECT DISTINCT ON (customer_id) customer_id, amount, currency FROM credit_creditlimit
    WHERE valid_from <= %(day)s AND (valid_until IS NULL OR valid_until >= %(day)s) AND undone_at IS NULL
    ORDER BY customer_id, valid_from DESC, is_temporary DESC
),
held AS (
    SELECT DISTINCT hold.customer_id FROM credit_hold hold
    WHERE hold.order_number = '' AND (
        (hold.state IN ('announced', 'in_force') AND hold.falls_on <= %(day)s)
        OR (hold.state = 'released' AND NOT EXISTS (
            SELECT FROM credit_holdrelease release WHERE release.hold_id = hold.id
                AND release.state = 'granted' AND release.until_date >= %(day)s)))
),
by_customer AS (
    SELECT customer.id, customer.code, customer.name, customer.sort_name, customer.risk_class AS grade,
        customer.portfolio_id,
        CASE WHEN customer.is_public_buyer THEN 'public' WHEN customer.is_vip THEN 'key_account'
            WHEN customer.group_id IS NOT NULL THEN 'group' ELSE 'company' END AS segment,
        granted.amount AS limit_amount,
        coalesce(granted.currency, (SELECT currency FROM accounts_tenant WHERE id = %(tenant)s)) AS currency,
        held.customer_id IS NOT NULL AS is_held
    FROM ledger_customer customer
    LEFT JOIN granted ON granted.customer_id = customer.id
    LEFT JOIN held ON held.customer_id = customer.id
    WHERE {customers}
),
told AS (
    SELECT part.customer_id,
        {sums},
        string_agg(DISTINCT part.currency, ',') FILTER (WHERE {unknown}) AS missing
    FROM part JOIN by_customer ON by_customer.id = part.customer_id
    LEFT JOIN rate its ON its.currency = part.currency
    LEFT JOIN rate wanted ON wanted.currency = by_customer.currency
    WHERE (part.invoiced, part.delivered, part.ordered, part.deposits, part.guarantees) <> (0, 0, 0, 0, 0)
    GROUP BY part.customer_id
),
listed AS (
    SELECT by_customer.*, {coalesced}, told.missing,
        CASE WHEN told.missing IS NULL THEN {total} END AS exposure
    FROM by_customer LEFT JOIN told ON told.customer_id = by_customer.id
),
ranked AS (SELECT listed.*, listed.limit_amount - listed.exposure AS headroom FROM listed)
"""
_NAMES = ("invoiced", "delivered", "ordered", "deposits", "guarantees")
_UNKNOWN = "part.currency <> by_customer.currency AND (its.value IS NULL OR wanted.value IS NULL)"
_RATE = "CASE WHEN part.currency = by_customer.currency THEN 1 ELSE its.value / wanted.value END"
_FILTERED = """
WHERE {view} AND (%(grade)s = '' OR grade = %(grade)s) AND (%(segment)s = '' OR segment = %(segment)s)
    AND (%(words)s = '' OR strpos(sort_name, %(words)s) > 0 OR upper(code) = upper(%(words)s))
    AND (limit_amount IS NOT NULL OR exposure <> 0 OR missing IS NOT NULL OR is_held)
"""


def exposure_list(
    asked: Filter, *, actor: Actor, day: date, page: int | None = 1
) -> Page[ExposureRow]:
    """Return a page of customers with their exposure, the largest overrun first; every one of them without a page.

    A fixed number of statements, whatever the number of customers: the page, how many there are, and the policies of
    insurance in force; where there are any, four more for what is insured.
    """
    base, parameters = _base(actor, day)
    where = _FILTERED.format(view=_VIEWS[asked.view])
    parameters |= {
        "grade": asked.grade,
        "segment": asked.segment,
        "words": asked.words.strip().casefold(),
    }
    (count,) = _fetch(f"{base} SELECT count(*) FROM ranked {where}", parameters)[0]  # noqa: S608
    pages = max(1, -(-count // PAGE_SIZE))
    number = min(max(1, page or 1), pages)
    cut = "" if page is None else f"LIMIT {PAGE_SIZE} OFFSET {(number - 1) * PAGE_SIZE}"
    statement = f"""{base} SELECT id, code, name, grade,
        (SELECT scope.name FROM accounts_scope scope WHERE scope.id = ranked.portfolio_id), currency,
        invoiced, delivered, ordered, deposits, guarantees, limit_amount, is_held, missing
        FROM ranked {where}
        ORDER BY (headroom < 0) DESC NULLS LAST, CASE WHEN headroom < 0 THEN headroom END, exposure DESC NULLS LAST,
            sort_name, id {cut}"""  # noqa: S608  the parts are this module's own text
    rows = _with_insurance([_row(row) for row in _fetch(statement, parameters)], day)
    return Page(rows, number, PAGE_SIZE if page is not None else max(1, count), count)


def _with_insurance(rows: list[ExposureRow], day: date) -> list[ExposureRow]:
    insured = insured_on([row.id for row in rows], day)
    if not insured:
        return rows
    totals = {row.id: row.total for row in rows if row.total is not None and row.id in insured}
    parts = splits(totals, day, insured)
    return [replace(row, split=parts.get(row.id)) for row in rows]


def heat_table(*, actor: Actor, day: date) -> list[tuple[str, list[HeatCell]]]:
    """Return the exposure by grade and segment, in the tenant's currency; customers without a figure are left out."""
    base, parameters = _base(actor, day)
    rows = _fetch(
        f"""{base} SELECT grade, segment, sum(exposure * rate.value), count(*), count(*) FILTER (WHERE headroom < 0)
        FROM ranked JOIN rate ON rate.currency = ranked.currency WHERE exposure <> 0 GROUP BY grade, segment""",  # noqa: S608
        parameters,
    )
    home = _fetch("SELECT currency FROM accounts_tenant WHERE id = %(tenant)s", parameters)[0][0]
    found = {(grade or NO_GRADE, segment): tuple(rest) for grade, segment, *rest in rows}
    hottest = max((abs(amount) for amount, _count, _over in found.values()), default=Decimal(0))
    grades = sorted({grade for grade, _segment in found})
    return [
        (grade, [_cell(found.get((grade, one.value)), one.value, home, hottest) for one in Segment])
        for grade in grades
    ]


def _cell(found: tuple[Any, ...] | None, segment: str, currency: str, hottest: Decimal) -> HeatCell:
    amount, count, over = found or (Decimal(0), 0, 0)
    level = 0 if not hottest or amount <= 0 else min(4, 1 + int(3 * amount / hottest))
    return HeatCell(segment, Money(amount, currency).rounded(), count, over, level)


def _base(actor: Actor, day: date) -> tuple[str, dict[str, Any]]:
    """Return the statement's first half with its parameters, over the customers whose credit the actor sees."""
    parameters: dict[str, Any] = {"day": day, "tenant": current_tenant_id()}
    condition = "TRUE"
    if not any(held.scope_path == "/" and not held.reach for held in actor.held(SEE_OPINIONS)):
        parameters["ids"] = list(
            Customer.objects.visible_to(actor, SEE_OPINIONS).values_list("pk", flat=True)
        )
        condition = "{id} = ANY(%(ids)s::uuid[])"
    base = _BASE.format(
        parts=parts_sql(condition),
        customers=condition.format(id="customer.id"),
        unknown=_UNKNOWN,
        sums=", ".join(f"sum(part.{name} * {_RATE}) AS {name}" for name in _NAMES),
        coalesced=", ".join(f"round(coalesce(told.{name}, 0), 2) AS {name}" for name in _NAMES),
        total=" ".join(
            f"{sign} round(coalesce(told.{name}, 0), 2)"
            for sign, name in zip(("", "+", "+", "-", "-"), _NAMES, strict=True)
        ),
    )
    return base, parameters


def _fetch(statement: str, parameters: dict[str, Any]) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _row(row: tuple[Any, ...]) -> ExposureRow:
    ident, code, name, grade, portfolio, currency, *amounts, limit, is_held, missing = row
    return ExposureRow(
        id=ident,
        code=code,
        name=name,
        grade=grade,
        portfolio=portfolio or "",
        currency=currency,
        parts=None if missing else Parts(*amounts),
        limit=None if limit is None else Money(limit, currency),
        is_held=is_held,
        missing=tuple(missing.split(",")) if missing else (),
    )
