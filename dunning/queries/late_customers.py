"""A representative's customers who pay late, each with what can be said about them in one tap (R54)."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Min, Q, QuerySet, Sum

from disputes.models import Dispute
from dunning.models import Promise, Ruling
from dunning.rules.calendar import is_working_day
from kernel.money import Money
from kernel.permissions import Actor, Verb
from ledger.models import Customer, DocumentKind, DueLine, Perimeter, TimelineEntry, owned, within
from ledger.queries import home_and_rates

SHOWN = 100
LINES_SHOWN = 12
CALLED_LATELY = timedelta(days=7)


def customers_with(actor: Actor, permission: str, *verbs: Verb) -> QuerySet[Customer]:
    """Return the customers over whom `actor` holds `permission` with one of `verbs`."""
    condition = Q(pk__in=[])
    for held in actor.held(permission):
        if held.cell.verb in verbs:
            condition |= within(held.scope_path) & owned(held.reach, actor.membership_id)
    return Customer.objects.filter(condition)


@dataclass(frozen=True, slots=True)
class LateCustomer:
    """A customer with overdue invoices: sums per currency, tax included, before credit notes.

    `worth` is the sum in the tenant's currency, to sort by; a currency without a rate counts nothing there.
    """

    customer: Customer
    sums: tuple[Money, ...]
    worth: Decimal
    invoices: int
    days_late: int
    lines: tuple[DueLine, ...]
    promise: Promise | None
    disputes: int
    called: TimelineEntry | None


def late_lines(customers: QuerySet[Customer], *, today: date) -> QuerySet[DueLine]:
    """Return the overdue invoices of these customers, the oldest due first."""
    return DueLine.objects.filter(
        customer__in=customers,
        is_open=True,
        kind=DocumentKind.INVOICE,
        perimeter=Perimeter.OPERATIONAL,
        open_amount__gt=0,
        due_date__lt=today,
    ).order_by("due_date", "document__number", "id")


def late_customers(actor: Actor, *, today: date) -> list[LateCustomer]:
    """Return the late customers the actor sells to, or sees in his team, the largest amount first."""
    customers = Customer.objects.visible_to(actor)
    _home, rates = home_and_rates(today)
    sums: dict[UUID, list[Money]] = {}
    worth: dict[UUID, Decimal] = {}
    late: dict[UUID, tuple[int, int]] = {}
    rows = (
        late_lines(customers, today=today)
        .order_by()
        .values_list("customer", "currency")
        .annotate(total=Sum("open_amount"), oldest=Min("due_date"), number=Count("id"))
    )
    for customer_id, currency, total, oldest, number in rows:
        sums.setdefault(customer_id, []).append(Money(total, currency))
        worth[customer_id] = worth.get(customer_id, Decimal(0)) + total * rates.get(
            currency, Decimal(0)
        )
        count, days = late.get(customer_id, (0, 0))
        late[customer_id] = (count + number, max(days, (today - oldest).days))
    largest = sorted(worth, key=lambda each: (-worth[each], str(each)))[:SHOWN]
    names = Customer.objects.select_related("collector").in_bulk(largest)
    lines = _lines(largest, today=today)
    promises, disputes, called = (
        _promises(largest, today),
        _disputes(largest),
        _calls(largest, today),
    )
    return [
        LateCustomer(
            customer=names[key],
            sums=tuple(sorted(sums[key], key=lambda each: each.currency)),
            worth=worth[key],
            invoices=late[key][0],
            days_late=late[key][1],
            lines=tuple(lines.get(key, ())),
            promise=promises.get(key),
            disputes=disputes.get(key, 0),
            called=called.get(key),
        )
        for key in largest
    ]


def _lines(customers: list[UUID], *, today: date) -> dict[UUID, list[DueLine]]:
    found: dict[UUID, list[DueLine]] = {}
    among = Customer.objects.filter(pk__in=customers)
    for line in late_lines(among, today=today).select_related("document"):
        theirs = found.setdefault(line.customer_id, [])
        if len(theirs) < LINES_SHOWN:
            theirs.append(line)
    return found


def _promises(customers: list[UUID], today: date) -> dict[UUID, Promise]:
    standing = Promise.objects.filter(
        customer__in=customers, ended_date=None, deadline__gte=today
    ).exclude(ruling=Ruling.REFUSED)
    return {each.customer_id: each for each in standing.order_by("-promised_date")}


def _disputes(customers: list[UUID]) -> dict[UUID, int]:
    standing = Dispute.objects.filter(customer__in=customers, closed_date=None).order_by()
    return dict(standing.values_list("customer").annotate(number=Count("id")))


def _calls(customers: list[UUID], today: date) -> dict[UUID, TimelineEntry]:
    calls = TimelineEntry.objects.filter(
        customer__in=customers,
        text_code="dunning.called_by_sales",
        at__date__gte=today - CALLED_LATELY,
    )
    return {each.customer_id: each for each in calls.order_by("at")}


TAPS = (3, 5, 10)


def next_working_days(today: date, *, country: str) -> tuple[date, ...]:
    """Return the days most often promised: the third, fifth and tenth working day from `today`."""
    days: list[date] = []
    day, count = today, 0
    while len(days) < len(TAPS):
        day += timedelta(days=1)
        count += is_working_day(day, country=country)
        if is_working_day(day, country=country) and count in TAPS:
            days.append(day)
    return tuple(days)
