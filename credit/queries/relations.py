"""The two halves of a customer's page as far as credit knows them: what sales promise, and what finance watches."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from accounts.models import RoleGrant
from credit import charter_words
from credit.models import CreditRequest, CustomerMargin, Hold
from credit.queries.charter import version_in_force
from credit.queries.charter_facts import known_about
from credit.queries.exposure import Exposure
from credit.queries.holds import live_holds
from credit.queries.lessons import SELLING
from credit.queries.requests import seen_requests
from credit.rules.charter import Kind, breaches
from credit.rules.relations import OF_SALES, SENSITIVE, VISIT
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import Customer, Order, OrderStage, TimelineEntry
from ledger.queries import home_and_rates

SHOWN = 3


def of_sales() -> Q:
    """Return the condition of a history's entries that are of the sales half: by what they tell, or by their author."""
    sells = RoleGrant.objects.filter(membership=OuterRef("author"), role__in=SELLING)
    return Q(text_code__in=OF_SALES) | Q(Exists(sells))


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Quotes and orders not invoiced yet, in the tenant's currency; `missing` are currencies without a rate."""

    quotes: Money
    orders: Money
    count: int
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Commerce:
    """What sales have with a customer: margin, pipeline, requests, the last visit, and the charter's words."""

    margin: CustomerMargin | None
    pipeline: Pipeline
    requests: tuple[CreditRequest, ...]
    visit: TimelineEntry | None
    broken: tuple[str, ...]
    charter: int | None


def commerce(customer: Customer, *, actor: Actor, today: date) -> Commerce:
    """Return the sales half of a customer; a fixed number of questions."""
    visits = TimelineEntry.objects.filter(customer=customer, text_code__in=(VISIT, SENSITIVE))
    version = version_in_force(today)
    home, rates = home_and_rates(today)
    broken = []
    if version is not None:
        standing = known_about(customer, kind=Kind.STANDING, currency=home, day=today)
        broken = [
            charter_words.quotation(one, version=version.number, currency=home)
            for one in breaches(standing, version.as_articles())
            if not one.missing
        ]
    return Commerce(
        margin=margin_on(customer.pk, today),
        pipeline=pipeline(customer, home, rates),
        requests=tuple(seen_requests(actor).filter(customer=customer).order_by("-pk")[:SHOWN]),
        visit=visits.select_related("author").order_by("-at").first(),
        broken=tuple(broken),
        charter=version.number if version else None,
    )


def margin_on(customer_id: UUID, day: date) -> CustomerMargin | None:
    """Return the margin known on a day; None where nobody entered one."""
    return (
        CustomerMargin.objects.filter(customer=customer_id, valid_from__lte=day)
        .order_by("-valid_from")
        .first()
    )


def pipeline(customer: Customer, home: str, rates: Mapping[str, Decimal]) -> Pipeline:
    """Return what a customer has on order, and in quotes, that no invoice bears yet; at `rates` into `home`."""
    sums = {True: Decimal(0), False: Decimal(0)}
    missing = set()
    orders = list(
        Order.objects.filter(
            customer=customer, stage__in=[OrderStage.QUOTE, OrderStage.ORDER, OrderStage.DELIVERED]
        )
    )
    for order in orders:
        left = max(order.ordered_amount - order.invoiced_amount, Decimal(0))
        if order.currency not in rates and order.currency != home:
            missing.add(order.currency)
            continue
        sums[order.stage == OrderStage.QUOTE] += left * rates.get(order.currency, Decimal(1))
    return Pipeline(
        Money(sums[True], home).rounded(),
        Money(sums[False], home).rounded(),
        len(orders),
        tuple(sorted(missing)),
    )


@dataclass(frozen=True, slots=True)
class Security:
    """What stands between a customer and a loss: his holds, and the guarantees that count."""

    holds: tuple[Hold, ...]
    guarantees: Money | None


def security(customer: Customer, exposure: Exposure) -> Security:
    """Return the holds of a customer and what his guarantees and deposits take off his exposure."""
    whole = exposure.whole
    secured = (
        None
        if whole.parts is None
        else Money(whole.parts.guarantees + whole.parts.deposits, whole.currency)
    )
    return Security(tuple(live_holds(customer.pk)), secured)
