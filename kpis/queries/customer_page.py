"""What a customer's page asks: his position, how he pays, his room under the limit, where the chase stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet

from credit.queries import Limit
from credit.queries.exposure import Exposure
from credit.rules import Headroom
from disputes.models import Dispute
from disputes.queries import disputed_amounts
from disputes.rules import contested
from dunning.models import (
    Exclusion,
    HeldBack,
    LineOverride,
    Pause,
    Reminder,
    RenderedMessage,
    Stage,
)
from dunning.queries.stages import LineStage, line_stages
from dunning.rules.outbox import LEAVING_STATES, OPEN_STATES, State
from kernel.money import Money
from kernel.periods import MONTHS_IN_YEAR, month_start, months_back
from kernel.permissions import Actor, Verb
from kpis.queries.scope import FigureScope, fetch, filter_of
from kpis.queries.sums import converted, indicator_inputs
from kpis.rules.dso import MonthSales
from kpis.rules.figures import Figure
from kpis.rules.indicators import Indicators, Part, indicators
from ledger.models import Customer, DocumentKind, DueLine, Perimeter, owned, within
from ledger.queries import Item, ItemFilter, items_list
from ledger.queries.paging import Page
from ledger.rules.payers import PayerProfile, payer_profile

NO_LINE = (UUID(int=0),)  # what a list is narrowed to when nothing is left
REMINDERS_SHOWN = 4
SENT_SHOWN = 50


def customers_for(actor: Actor, permission: str, *verbs: Verb) -> "QuerySet[Customer]":
    """Return the customers over whom `actor` holds `permission` with one of `verbs`."""
    condition = Q(pk__in=[])
    for held in actor.held(permission):
        if held.cell.verb in verbs:
            condition |= within(held.scope_path) & owned(held.reach, actor.membership_id)
    return Customer.objects.filter(condition)


@dataclass(frozen=True, slots=True)
class CustomerStanding:
    """A customer's figures at the end of a day, in the tenant's currency, tax included.

    `claimable` is what is overdue and not disputed, None while a currency has no exchange rate. `profile` is None
    while too few invoices were paid to tell. `sales` are net, newest month first.
    """

    figures: Indicators
    claimable: Decimal | None
    profile: PayerProfile | None
    currencies_without_rate: frozenset[str]
    sales: Sequence[MonthSales] = ()


def customer_standing(customer: Customer, *, today: date) -> CustomerStanding:
    """Return the figures of one customer; the same as those of his scope anywhere else."""
    inputs = indicator_inputs(FigureScope(today, customer_id=customer.pk))
    figures = indicators(inputs)
    late: Figure = figures["average_days_late_6m"]
    without = inputs.currencies_without_rate
    missing = without.get(Part.OPEN, frozenset()) | without.get(Part.DISPUTED, frozenset())
    return CustomerStanding(
        figures=figures,
        claimable=None if missing else inputs.ageing.overdue - inputs.disputed_overdue,
        profile=None if late.value is None else payer_profile(late.value),
        currencies_without_rate=frozenset(missing),
        sales=inputs.sales,
    )


@dataclass(frozen=True, slots=True)
class MonthPaid:
    """How late the payments of a month were: mean days weighted by amount, None when nobody paid."""

    month: date
    days: Decimal | None


def months_paid(customer: Customer, *, today: date) -> list[MonthPaid]:
    """Return the mean lateness of the customer's payments in each of the last twelve months, the oldest first.

    A payment counts in the month it settled an invoice, whether or not it settled the whole.
    """
    filtered = filter_of(FigureScope(today, customer_id=customer.pk))
    first = month_start(months_back(today, MONTHS_IN_YEAR - 1))
    rows = fetch(_MONTHS_PAID, {**filtered.parameters, "first": first})
    found: Mapping[date, Decimal] = {row["month"]: row["days"] for row in rows}
    months = [month_start(months_back(today, back)) for back in range(MONTHS_IN_YEAR - 1, -1, -1)]
    return [MonthPaid(month, found.get(month)) for month in months]


_MONTHS_PAID = f"""
WITH paid AS (
    SELECT date_trunc('month', allocation.effective_date::timestamp)::date AS month,
        allocation.effective_date - line.due_date AS days, {converted("allocation.amount", "line.currency")} AS value
    FROM ledger_dueline line
    JOIN ledger_allocation allocation ON allocation.debit_line_id = line.id
    JOIN ledger_dueline credit ON credit.id = allocation.credit_line_id AND credit.kind = 'payment'
    WHERE line.customer_id = %(customer_id)s AND line.kind = 'invoice' AND line.perimeter = ANY(%(perimeters)s)
        AND allocation.effective_date BETWEEN %(first)s AND %(as_of)s
)
SELECT month, sum(value * days) / nullif(sum(value), 0) AS days FROM paid GROUP BY month HAVING sum(value) > 0
"""  # noqa: S608  the parts are this module's own text


@dataclass(frozen=True, slots=True)
class Room:
    """What a customer may owe and owes, in the limit's currency; `delivered` is the part not invoiced yet."""

    limit: Limit
    headroom: Headroom
    delivered: Money | None

    @property
    def beyond(self) -> Money | None:
        """Return what is owed beyond the limit, above zero; None when nothing is."""
        left = self.headroom.left
        return -left if left is not None and left.amount < 0 else None


def customer_room(exposure: Exposure) -> Room | None:
    """Return the room under the customer's limit; None when he has none."""
    whole = exposure.whole
    if whole.limit is None:
        return None
    delivered = None if whole.parts is None else Money(whole.parts.delivered, whole.currency)
    return Room(
        limit=whole.limit,
        headroom=Headroom(whole.limit.amount, whole.total, whole.missing),
        delivered=delivered,
    )


@dataclass(frozen=True, slots=True)
class StandingItem:
    """An open item, what of it is contested, and what keeps it out of the chase by hand; `state` names a badge.

    `override` is the scenario somebody chose for it alone; `stage`, how far the matter has gone, is None for credits.
    """

    item: Item
    disputed: Money
    pause: Pause | None = None
    override: LineOverride | None = None
    stage: LineStage | None = None

    @property
    def state(self) -> str:
        """Return where the item stands."""
        item = self.item
        if item.amount.amount < 0:
            return "payment" if item.kind.value == "payment" else "credit_note"
        if self.disputed:
            return "dispute"
        if item.open_amount != item.amount:
            return "partial"
        return "overdue" if item.is_overdue else "not_due"


def open_items(
    customer: Customer,
    *,
    actor: Actor,
    today: date,
    stages: Mapping[UUID, LineStage],
    page: int = 1,
    stage: Stage | None = None,
) -> Page[StandingItem]:
    """Return a page of the customer's open items, the oldest due first, with what is contested; of one `stage` only.

    `stages` are those of `item_stages`.
    """
    asked = ItemFilter(customer_code=customer.code)
    if stage is not None:
        of_stage = tuple(line for line, each in stages.items() if each.stage == stage)
        asked = replace(asked, line_ids=of_stage or NO_LINE)
    found = items_list(asked, actor=actor, today=today, page=page).page
    line_ids = [item.line_id for item in found.rows]
    disputes = disputed_amounts(today, line_ids=line_ids)
    pauses = Pause.objects.in_force(today).filter(due_line__in=line_ids, exclusion=Exclusion.PAUSED)
    paused = {pause.due_line_id: pause for pause in pauses.order_by("until_date")}
    chosen = LineOverride.objects.in_force(today).filter(due_line__in=line_ids)
    overrides = {each.due_line_id: each for each in chosen.select_related("scenario")}
    rows = [
        StandingItem(
            item,
            Money(
                contested(item.open_amount.amount, disputes.get(item.line_id, Decimal(0))),
                item.open_amount.currency,
            ),
            paused.get(item.line_id),
            overrides.get(item.line_id),
            stages.get(item.line_id),
        )
        for item in found.rows
    ]
    return Page(rows, found.number, found.size, found.count)


def item_stages(customer: Customer, *, today: date) -> Mapping[UUID, LineStage]:
    """Return how far the matter has gone for each due line that the customer owes, by the line's id."""
    owed = DueLine.objects.filter(
        customer=customer,
        is_open=True,
        kind=DocumentKind.INVOICE,
        perimeter=Perimeter.OPERATIONAL,
        issue_date__lte=today,
    )
    return line_stages(owed, today=today)


@dataclass(frozen=True, slots=True)
class ChasePosition:
    """Where the chase stands: the last steps taken, oldest first, those to come, and what stops it."""

    scenario: str
    taken: list[Reminder]
    to_come: list[Reminder]
    held_back: list[HeldBack]
    pause: Pause | None

    @property
    def waiting(self) -> Reminder | None:
        """Return the reminder a person must look at first."""
        return next((one for one in self.to_come if one.state in OPEN_STATES), None)


def chase_position(customer: Customer, *, today: date) -> ChasePosition:
    """Return the customer's place in his scenario; cancelled steps are left out."""
    reminders = Reminder.objects.filter(customer=customer).select_related(
        "step", "scenario_version__scenario"
    )
    ahead = OPEN_STATES | LEAVING_STATES
    to_come = list(
        reminders.filter(state__in=sorted(ahead)).order_by("planned_date", "-level", "pk")
    )
    taken = list(
        reminders.exclude(state__in=sorted(ahead | {State.CANCELLED})).order_by(
            "-planned_date", "-level", "pk"
        )[:REMINDERS_SHOWN]
    )[::-1]
    latest = next(iter([*to_come, *taken[::-1]]), None)
    pauses = Pause.objects.in_force(today).filter(
        customer=customer, due_line=None, exclusion=Exclusion.PAUSED
    )
    return ChasePosition(
        scenario=latest.scenario_version.scenario.name if latest else "",
        taken=taken,
        to_come=to_come[:REMINDERS_SHOWN],
        held_back=list(HeldBack.objects.filter(customer=customer)),
        pause=pauses.order_by("-until_date").first(),
    )


def disputes_of(customer: Customer) -> list[Dispute]:
    """Return every dispute of the customer, the open ones first, then the latest."""
    found = Dispute.objects.filter(customer=customer).select_related(
        "due_line__document", "opened_by", "closed_by"
    )
    return sorted(found.order_by("-opened_date", "-number"), key=lambda one: bool(one.closed_date))


def chased_lines(customer: Customer) -> "QuerySet[DueLine]":
    """Return the invoices of which something is left to pay, the oldest due first: what may follow a scenario."""
    return (
        DueLine.objects.filter(
            customer=customer, is_open=True, open_amount__gt=0, kind=DocumentKind.INVOICE
        )
        .select_related("document")
        .order_by("due_date", "document__number")
    )


def contestable_lines(customer: Customer) -> "QuerySet[DueLine]":
    """Return the debts of which something may be contested, the oldest due first."""
    return (
        DueLine.objects.filter(customer=customer, is_open=True, amount__gt=0)
        .select_related("document")
        .order_by("due_date", "document__number")
    )


def messages_sent(customer: Customer) -> list[RenderedMessage]:
    """Return the latest messages written to the customer, without their bytes."""
    return list(
        RenderedMessage.objects.filter(reminder__customer=customer)
        .select_related("reminder")
        .only("subject", "recipient", "composed_at", "reminder__state", "reminder__level")
        .order_by("-composed_at")[:SENT_SHOWN]
    )


def is_unreachable(customer: Customer) -> bool:
    """Return whether nobody at the customer can be written to."""
    usable = customer.contacts.filter(is_opted_out=False, is_undeliverable=False).exclude(email="")
    return not usable.exists()


def statement_groups(customer_id: UUID) -> list[tuple[str, str, str]]:
    """Return the parts a statement of account has: code and name of the entity, and the currency."""
    lines = DueLine.objects.filter(
        customer=customer_id, is_open=True, perimeter=Perimeter.OPERATIONAL
    )
    return list(
        lines.order_by("entity__code", "currency")
        .values_list("entity__code", "entity__name", "currency")
        .distinct()
    )
