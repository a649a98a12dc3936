"""Three queues ahead of trouble (R39): before signature, invoicing and due date; and the preventive share."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from credit.models import CreditRequest, Hold, RequestKind
from credit.permissions import SEE_OPINIONS
from credit.queries.exposure_list import ExposureView, Filter, exposure_list
from kernel.permissions import Actor
from ledger.models import (
    Customer,
    DocumentKind,
    DueLine,
    Order,
    OrderStage,
    TimelineEntry,
    TimelineKind,
)

DAYS_AHEAD = timedelta(days=14)
COUNTED = timedelta(days=30)
SHOWN = 30
WEAK = ("C", "D", "E")
CURATIVE = (TimelineKind.REMINDER, TimelineKind.CALL, TimelineKind.DISPUTE)


@dataclass(frozen=True, slots=True)
class Ahead:
    """The three queues, their lengths, and which share of what people did in thirty days came before trouble."""

    requests: list[CreditRequest]
    request_count: int
    orders: list[Order]
    order_count: int
    lines: list[DueLine]
    line_count: int
    preventive: int
    curative: int

    @property
    def share(self) -> Decimal | None:
        """Return preventive / all actions, None when nobody did anything."""
        done = self.preventive + self.curative
        return Decimal(self.preventive) / done if done else None


def ahead(actor: Actor, *, now: datetime, today: date) -> Ahead:
    """Return what can still be prevented, of the customers whose credit the actor sees; twelve statements at most."""
    seen = Customer.objects.visible_to(actor, SEE_OPINIONS)
    requests = CreditRequest.objects.visible_to(actor, SEE_OPINIONS).running()
    before_signature = requests.filter(kind__in=[RequestKind.ADVICE, RequestKind.OPENING])
    orders = _before_invoicing(seen, actor, today)
    lines = _before_due(seen, today)
    entries = TimelineEntry.objects.filter(
        customer__in=seen, at__gte=now - COUNTED, author__isnull=False
    )
    return Ahead(
        requests=list(
            before_signature.select_related("requested_by").order_by("submitted_at")[:SHOWN]
        ),
        request_count=before_signature.count(),
        orders=list(orders.select_related("customer", "entity")[:SHOWN]),
        order_count=orders.count(),
        lines=list(lines.select_related("customer", "document")[:SHOWN]),
        line_count=lines.count(),
        preventive=entries.filter(text_code__startswith="credit.").count(),
        curative=entries.filter(kind__in=CURATIVE).count(),
    )


def _before_invoicing(seen: "QuerySet[Customer]", actor: Actor, today: date) -> "QuerySet[Order]":
    """Return orders still to be delivered or invoiced whose customer is over his limit, held or without terms."""
    over = [
        row.id
        for row in exposure_list(Filter(ExposureView.OVER), actor=actor, day=today, page=None).rows
    ]
    held = Hold.objects.live().filter(
        Q(order_number="") | Q(order_number=OuterRef("number"), entity=OuterRef("entity")),
        customer=OuterRef("customer"),
    )
    return (
        Order.objects.filter(
            Q(customer__in=over) | Q(customer__terms=None) | Exists(held),
            customer__in=seen,
            stage__in=[OrderStage.ORDER, OrderStage.DELIVERED],
        )
        .annotate(is_held=Exists(held))
        .order_by(F("expected_delivery_date").asc(nulls_last=True), "order_date", "number")
    )


def _before_due(seen: "QuerySet[Customer]", today: date) -> "QuerySet[DueLine]":
    """Return invoices due within two weeks of customers who are weak or late with another one, the largest first."""
    late = DueLine.objects.filter(
        customer=OuterRef("customer"),
        is_open=True,
        kind=DocumentKind.INVOICE,
        due_date__lt=today,
        open_amount__gt=0,
    )
    return (
        DueLine.objects.filter(
            Q(customer__risk_class__in=WEAK) | Exists(late),
            customer__in=seen,
            is_open=True,
            kind=DocumentKind.INVOICE,
            due_date__gte=today,
            due_date__lte=today + DAYS_AHEAD,
        )
        .annotate(is_late_payer=Exists(late))
        .order_by("-open_amount", "due_date")
    )
