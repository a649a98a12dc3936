"""What a figure is about: a node of the scope tree, a day, a perimeter, the customers a person may see."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from babel import Locale
from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Membership, Scope, Tenant
from kernel.errors import Refused
from kernel.tenancy import current_tenant_id
from ledger.models import Customer, Entity, Perimeter, within
from ledger.queries import home_and_rates


class FigurePerimeter(StrEnum):
    """Which receivables count; accruals and deposits never do."""

    OPERATIONAL = "operational"
    WITH_DOUBTFUL = "with_doubtful"

    @property
    def stored(self) -> list[str]:
        """The perimeters of due lines it takes in."""
        doubtful = [Perimeter.DOUBTFUL.value] if self is FigurePerimeter.WITH_DOUBTFUL else []
        return [Perimeter.OPERATIONAL.value, *doubtful]


class ScopeUnknown(Refused):
    """No node of the scope tree has this path."""

    code: ClassVar[str] = "scope_unknown"


@dataclass(frozen=True, slots=True)
class FigureScope:
    """What a figure is about. `as_of` is a day, its end included; `path` a node of the scope tree.

    A node holds the customers followed at or below it. `customers` narrows them to those a person may see, and
    `customer_id` or `entity_id` to one; `home` is the currency of the figures.
    """

    as_of: date
    path: str = "/"
    perimeter: FigurePerimeter = FigurePerimeter.OPERATIONAL
    customers: "QuerySet[Customer] | None" = None
    customer_id: UUID | None = None
    entity_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """A scope in the terms of SQL: conditions on `{line}`, and the parameters every question shares."""

    condition: str
    parameters: Mapping[str, object]
    home: str
    rates: Mapping[str, Decimal] = field(default_factory=dict)


def checked_scope(path: str) -> Scope:
    """Return the node of a path; raises ScopeUnknown, naming the nodes there are."""
    scope = Scope.objects.filter(path=path).first()
    if scope is None:
        known = list(Scope.objects.values_list("path", flat=True)[:20])
        raise ScopeUnknown(
            _("There is no scope %(path)s. Choose one of: %(known)s.")
            % {"path": path, "known": ", ".join(known)},
            path=path,
            known=known,
        )
    return scope


def home_currency() -> str:
    """Return the currency of the tenant's books, in which figures are given."""
    return Tenant.objects.values_list("currency", flat=True).get(pk=current_tenant_id())


def filter_of(scope: FigureScope) -> Filter:
    """Return the scope in the terms of SQL; asks for the tenant's currency and the rates of the day."""
    home, rates = home_and_rates(scope.as_of)
    # The wall lets no other tenant's row through. Saying the tenant once more lets the planner know how many rows that
    # is: without it a small company beside a large one has the large one's table read from end to end.
    conditions = ["{line}.tenant_id = %(tenant)s", "{line}.perimeter = ANY(%(perimeters)s)"]
    parameters: dict[str, object] = {"tenant": current_tenant_id()}
    if scope.customer_id:
        conditions.append("{line}.customer_id = %(customer_id)s")
        parameters["customer_id"] = scope.customer_id
    if scope.entity_id:
        conditions.append("{line}.entity_id = %(entity_id)s")
        parameters["entity_id"] = scope.entity_id
    if scope.path != "/" or scope.customers is not None:
        conditions.append("{line}.customer_id = ANY(%(customer_ids)s::uuid[])")
        parameters["customer_ids"] = _customer_ids(scope)
    parameters |= {
        "perimeters": scope.perimeter.stored,
        "as_of": scope.as_of,
        "home": home,
        "currencies": list(rates),
        "rates": list(rates.values()),
    }
    return Filter(" AND ".join(conditions), parameters, home, rates)


def _customer_ids(scope: FigureScope) -> list[str]:
    """Return the customers meant, looked up first: an array is what the planner estimates best behind the wall."""
    customers = Customer.objects.all() if scope.customers is None else scope.customers
    return [
        str(pk)
        for pk in customers.filter(within(scope.path)).order_by().values_list("pk", flat=True)
    ]


class Grouping(StrEnum):
    """By what figures can be split."""

    CUSTOMER = "customer"
    SALES_REP = "sales_rep"
    COLLECTOR = "collector"
    ENTITY = "entity"
    COUNTRY = "country"
    PORTFOLIO = "portfolio"

    @property
    def column(self) -> str:
        """The SQL expression, as text, over a row `{line}` and its `customer`."""
        return {
            Grouping.CUSTOMER: "{line}.customer_id::text",
            Grouping.SALES_REP: "coalesce(customer.sales_rep_id::text, '')",
            Grouping.COLLECTOR: "coalesce(customer.collector_id::text, '')",
            Grouping.ENTITY: "{line}.entity_id::text",
            Grouping.COUNTRY: "customer.country",
            Grouping.PORTFOLIO: "customer.portfolio_id::text",
        }[self]


@dataclass(frozen=True, slots=True, order=True)
class GroupName:
    """How a group is called: the public key (code, e-mail or ISO code) and what people read."""

    key: str
    label: str


def group_names(grouping: Grouping, found: list[str]) -> dict[str, GroupName]:
    """Return the names of the groups that a question found; customers of nobody have an empty key."""
    if grouping is Grouping.COUNTRY:
        return {code: GroupName(code, _country_name(code)) for code in found}
    if grouping in {Grouping.SALES_REP, Grouping.COLLECTOR}:
        people = Membership.objects.filter(pk__in=[pk for pk in found if pk])
        names = {str(person.pk): GroupName(person.key, person.name) for person in people}
        return names | {"": GroupName("", _("Nobody"))}
    if grouping is Grouping.PORTFOLIO:
        nodes = Scope.objects.filter(pk__in=found)
        return {str(node.pk): GroupName(node.path, node.name) for node in nodes}
    table: type[Customer | Entity] = Customer if grouping is Grouping.CUSTOMER else Entity
    rows = table._default_manager.filter(pk__in=found).values_list("pk", "code", "name")
    return {str(pk): GroupName(code, name) for pk, code, name in rows}


def _country_name(code: str) -> str:
    language = get_language() or "en"
    name: str | None = Locale.parse(language, sep="-").territories.get(code)
    return name or code


def fetch_rows(sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run one question and return its rows as the driver gives them: the quickest way for long lists."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def fetch(sql: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Run one question and return its rows by column name."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
