"""Exposure of any day: open items, deliveries without an invoice, orders, less deposits and guarantees (R42).

One statement for one customer, a page of them or all: nothing here is asked customer by customer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.db.models import Q

from credit.models import GroupLimit
from credit.queries.limits import Limit, limit_on
from credit.rules.exposure import Headroom, Parts, in_currency, together
from credit.rules.exposure import headroom as headroom_under
from kernel.money import Money
from ledger.models import Customer, CustomerGroup, Entity
from ledger.queries import home_and_rates

# What was open at the end of a day is what is open now, less what was issued since, plus what was settled since.
# A delivery may be known twice, as an accrual of the books (418) and as an order: the greater of the two counts, for
# each entity. Deposits are advances of the books (4191) and deposits received as a guarantee. `{chosen}` narrows
# every part to the customers asked about, by its column of the customer's id.
PARTS = """
moved AS (
    SELECT line.customer_id, line.entity_id, line.currency, line.perimeter, line.open_amount AS amount
    FROM ledger_dueline line WHERE line.is_open AND line.issue_date <= %(day)s AND {line}
    UNION ALL
    SELECT line.customer_id, line.entity_id, line.currency, line.perimeter, later.amount
    FROM ledger_allocation later JOIN ledger_dueline line ON line.id = later.debit_line_id
    WHERE later.effective_date > %(day)s AND line.issue_date <= %(day)s AND {line}
    UNION ALL
    SELECT line.customer_id, line.entity_id, line.currency, line.perimeter, -later.amount
    FROM ledger_allocation later JOIN ledger_dueline line ON line.id = later.credit_line_id
    WHERE later.effective_date > %(day)s AND line.issue_date <= %(day)s AND {line}
),
stood AS (
    SELECT DISTINCT ON (state.order_id) state.customer_id, state.entity_id, state.currency, state.stage,
        state.ordered_amount, state.delivered_amount, state.invoiced_amount
    FROM ledger_orderstate state WHERE state.from_date <= %(day)s AND {state}
    ORDER BY state.order_id, state.from_date DESC
),
gathered AS (
    SELECT customer_id, entity_id, currency,
        sum(amount) FILTER (WHERE perimeter IN ('operational', 'doubtful')) AS invoiced,
        sum(amount) FILTER (WHERE perimeter = 'accrual') AS accrued,
        -sum(amount) FILTER (WHERE perimeter = 'deposit') AS deposits,
        NULL::numeric AS unbilled, NULL::numeric AS ordered, NULL::numeric AS guarantees
    FROM moved GROUP BY customer_id, entity_id, currency
    UNION ALL
    SELECT customer_id, entity_id, currency, NULL, NULL, NULL,
        sum(greatest(delivered_amount - invoiced_amount, 0)) FILTER (WHERE stage NOT IN ('quote', 'invoiced')),
        sum(greatest(ordered_amount - greatest(delivered_amount, invoiced_amount), 0))
            FILTER (WHERE stage IN ('order', 'delivered')),
        NULL
    FROM stood GROUP BY customer_id, entity_id, currency
    UNION ALL
    SELECT customer_id, NULL, currency, NULL, NULL,
        sum(amount) FILTER (WHERE kind = 'deposit'), NULL, NULL, sum(amount) FILTER (WHERE kind <> 'deposit')
    FROM credit_guarantee guarantee
    WHERE accepted_date <= %(day)s AND valid_from <= %(day)s AND (valid_until IS NULL OR valid_until >= %(day)s)
        AND (released_date IS NULL OR released_date > %(day)s) AND {guarantee}
    GROUP BY customer_id, currency
),
part AS (
    SELECT customer_id, entity_id, currency,
        coalesce(sum(invoiced), 0) AS invoiced,
        greatest(coalesce(sum(accrued), 0), coalesce(sum(unbilled), 0)) AS delivered,
        coalesce(sum(ordered), 0) AS ordered,
        coalesce(sum(deposits), 0) AS deposits,
        coalesce(sum(guarantees), 0) AS guarantees
    FROM gathered GROUP BY customer_id, entity_id, currency
)"""

_SOURCES = ("line", "state", "guarantee")


def parts_sql(condition: str) -> str:
    """Return the parts for the customers that `condition` keeps; `{id}` in it is the column of a customer's id."""
    return PARTS.format(
        **{source: condition.format(id=f"{source}.customer_id") for source in _SOURCES}
    )


def exposure_by_entity(
    customer_ids: Iterable[UUID], day: date
) -> dict[UUID, dict[UUID | None, dict[str, Parts]]]:
    """Return the parts of customers' exposures at the end of `day`, by entity and currency, tax included.

    Guarantees stand under None: they secure the customer towards the whole house. Who owes nothing is absent.
    """
    statement = f"WITH {parts_sql('{id} = ANY(%(ids)s::uuid[])')} SELECT * FROM part"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, {"day": day, "ids": list(customer_ids)})
        rows = cursor.fetchall()
    found: dict[UUID, dict[UUID | None, dict[str, Parts]]] = {}
    for customer_id, entity_id, currency, *amounts in rows:
        found.setdefault(customer_id, {}).setdefault(entity_id, {})[currency] = Parts(*amounts)
    return found


def exposure_parts(customer_ids: Iterable[UUID], day: date) -> dict[UUID, dict[str, Parts]]:
    """Return what customers' exposures are made of at the end of `day`, per currency, over all entities."""
    by_entity = exposure_by_entity(customer_ids, day)
    return {customer_id: together(entities.values()) for customer_id, entities in by_entity.items()}


def exposure(customer_id: UUID, day: date) -> dict[str, Money]:
    """Return all that a customer is worth to lose at the end of `day`, per currency, tax included.

    Open items of every perimeter, deliveries not invoiced and orders, less deposits and guarantees (R42).
    """
    parts = exposure_parts([customer_id], day).get(customer_id, {})
    return {currency: Money(one.total, currency) for currency, one in parts.items()}


def headroom(customer_id: UUID, day: date) -> Headroom | None:
    """Return what a customer may still buy on credit, in his limit's currency, at the rates of `day`.

    None when he has no limit.
    """
    limit = limit_on(customer_id, day)
    if limit is None:
        return None
    _home, rates = home_and_rates(day)
    return headroom_under(limit.amount, exposure(customer_id, day), rates)


def group_limits_on(group_ids: Iterable[UUID], day: date) -> dict[UUID, Limit]:
    """Return each group's limit in force on `day`; a group without one is absent."""
    rows = (
        GroupLimit.objects.filter(
            Q(valid_until=None) | Q(valid_until__gte=day),
            group__in=list(group_ids),
            valid_from__lte=day,
            approved_by__isnull=False,
        )
        .order_by("group_id", "-valid_from")
        .distinct("group_id")
        .select_related("approved_by")
    )
    return {
        row.group_id: Limit(
            amount=Money(row.amount, row.currency),
            insured=Money.zero(row.currency),
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            approved_by=row.approved_by.name if row.approved_by else "",
            reason=row.reason,
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class View:
    """An exposure in one currency with its parts; None where `missing` names currencies without a rate."""

    currency: str
    parts: Parts | None
    missing: tuple[str, ...] = ()
    limit: Limit | None = None

    @property
    def total(self) -> Money | None:
        """Return the whole exposure."""
        return None if self.parts is None else Money(self.parts.total, self.currency)

    @property
    def left(self) -> Money | None:
        """Return the headroom, below zero where the limit is overrun; None without a limit or a figure."""
        return None if self.limit is None or self.total is None else self.limit.amount - self.total


@dataclass(frozen=True, slots=True)
class EntityView:
    """What one of our entities stands to lose with a customer; guarantees are not split among entities."""

    entity: Entity
    view: View


@dataclass(frozen=True, slots=True)
class Exposure:
    """A customer's exposure, seen as a whole, by entity and with his group."""

    whole: View
    by_currency: Mapping[str, Parts] = field(default_factory=dict)
    entities: tuple[EntityView, ...] = ()
    group: CustomerGroup | None = None
    group_view: View | None = None
    members: tuple[Customer, ...] = ()


def view_of(
    by_currency: Mapping[str, Parts],
    currency: str,
    rates: Mapping[str, Decimal],
    limit: Limit | None = None,
) -> View:
    """Return an exposure in `currency` at `rates`, under a limit of that currency."""
    told = in_currency(by_currency, currency, rates)
    if isinstance(told, Parts):
        return View(currency, told, (), limit)
    return View(currency, None, told, limit)


def customer_exposure(customer: Customer, day: date) -> Exposure:
    """Return a customer's exposure on `day` in the currency of his limit, the tenant's own without one."""
    members = (
        tuple(Customer.objects.filter(group=customer.group_id))
        if customer.group_id
        else (customer,)
    )
    home, rates = home_and_rates(day)
    by_entity = exposure_by_entity([one.pk for one in members], day)
    own = by_entity.get(customer.pk, {})
    limit = limit_on(customer.pk, day)
    currency = limit.amount.currency if limit else home
    entities = {one.pk: one for one in Entity.objects.filter(pk__in=[one for one in own if one])}
    whole = together(own.values())
    group_view = None
    if customer.group is not None:
        shared = group_limits_on([customer.group.pk], day).get(customer.group.pk)
        everything = together(parts for one in by_entity.values() for parts in one.values())
        group_view = view_of(
            everything, shared.amount.currency if shared else currency, rates, shared
        )
    return Exposure(
        whole=view_of(whole, currency, rates, limit),
        by_currency=whole,
        entities=tuple(
            EntityView(entities[ident], view_of(parts, currency, rates))
            for ident, parts in own.items()
            if ident is not None and ident in entities
        ),
        group=customer.group,
        group_view=group_view,
        members=members,
    )
