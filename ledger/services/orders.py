"""Taking in orders: facts of the sales system, repeated as often as it likes, kept with their history."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from babel.numbers import is_currency
from django.utils.translation import gettext as _

from accounts.services import audit
from kernel.errors import Refused
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import Customer, Entity, Order, OrderStage, OrderState

COMPARED = ("order_date", "currency", "ordered_amount", "delivered_amount", "invoiced_amount", "stage",
            "expected_delivery_date", "expected_invoice_date")  # fmt: skip


class OrderRefused(Refused):
    """The order cannot be taken in so."""

    code: ClassVar[str] = "order_refused"


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What the sales system says of an order; amounts are tax included, in the currency of `ordered`.

    Without `delivered` and `invoiced` the stage says them: all of it once delivered, or invoiced. `as_of` is the day
    since which it is so.
    """

    entity: Entity
    customer: Customer
    number: str
    order_date: date
    ordered: Money
    stage: OrderStage
    as_of: date
    delivered: Decimal | None = None
    invoiced: Decimal | None = None
    expected_delivery_date: date | None = None
    expected_invoice_date: date | None = None

    @property
    def delivered_amount(self) -> Decimal:
        """Return what was delivered."""
        if self.delivered is not None:
            return self.delivered
        is_done = self.stage in {OrderStage.DELIVERED, OrderStage.INVOICED}
        return self.ordered.amount if is_done else Decimal(0)

    @property
    def invoiced_amount(self) -> Decimal:
        """Return what was invoiced."""
        if self.invoiced is not None:
            return self.invoiced
        return self.ordered.amount if self.stage == OrderStage.INVOICED else Decimal(0)


def take_in_order(new: NewOrder, *, actor: Actor, now: datetime, today: date) -> tuple[Order, bool]:
    """Keep an order as it stands since a day; return it and whether anything changed. Raises OrderRefused.

    The same facts again change nothing. News older than what is known fills the history and leaves the order alone.
    """
    _refuse(new, today=today)
    number = new.number.strip()
    known = Order.objects.select_for_update().filter(entity=new.entity, number=number).first()
    if known is not None and known.customer_id != new.customer.pk:
        raise OrderRefused(
            _(
                "Order %(number)s of %(entity)s belongs to another customer: an order does not change hands. "
                "Cancel it and send a new one."
            )
            % {"number": number, "entity": new.entity.code},
            number=number,
        )
    facts = _facts(new)
    if known is not None and all(getattr(known, name) == facts[name] for name in COMPARED):
        return known, False
    order = known or Order(entity=new.entity, customer=new.customer, number=number)
    if known is None or known.as_of_date <= new.as_of:
        for name, value in facts.items():
            setattr(order, name, value)
        order.as_of_date = new.as_of
        order.changed_at = now
        order.save(force_insert=known is None)
    OrderState.objects.update_or_create(
        order=order,
        from_date=new.as_of,
        defaults={
            "customer": new.customer,
            "entity": new.entity,
            "currency": new.ordered.currency,
            "ordered_amount": new.ordered.amount,
            "delivered_amount": new.delivered_amount,
            "invoiced_amount": new.invoiced_amount,
            "stage": new.stage,
        },
    )
    audit.record(
        actor=actor,
        action="ledger.take_in_order",
        object_kind="order",
        object_id=order.pk,
        stage=str(new.stage),
        amount=str(new.ordered.amount),
        currency=new.ordered.currency,
        since=new.as_of.isoformat(),
    )
    return order, True


def _facts(new: NewOrder) -> dict[str, object]:
    return {
        "order_date": new.order_date,
        "currency": new.ordered.currency,
        "ordered_amount": new.ordered.amount,
        "delivered_amount": new.delivered_amount,
        "invoiced_amount": new.invoiced_amount,
        "stage": str(new.stage),
        "expected_delivery_date": new.expected_delivery_date,
        "expected_invoice_date": new.expected_invoice_date,
    }


def _refuse(new: NewOrder, *, today: date) -> None:
    facts = {"number": new.number, "amount": new.ordered, "day": new.as_of}
    if not new.number.strip():
        raise OrderRefused(_("An order needs its number."))
    if not is_currency(new.ordered.currency):
        raise OrderRefused(
            _("“%(currency)s” is no currency. Write its three letters (ISO 4217), such as EUR.")
            % {"currency": new.ordered.currency}
        )
    amounts = (new.ordered.amount, new.delivered_amount, new.invoiced_amount)
    if min(amounts) < 0 or any(one != one.quantize(Decimal("0.01")) for one in amounts):
        raise OrderRefused(
            _(
                "Order %(number)s of %(amount)s: no amount is below zero or has parts of a cent; correct the amounts."
            )
            % facts
        )
    if new.as_of > today:
        raise OrderRefused(
            _("Order %(number)s cannot stand so since %(day)s, a day to come.") % facts
        )
