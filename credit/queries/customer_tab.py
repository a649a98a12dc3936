"""What a customer's credit tab shows beside his limits: exposure by part, guarantees, holds and orders."""

from dataclasses import dataclass
from datetime import date

from credit.models import Guarantee, Hold, HoldOrigin
from credit.permissions import APPROVE_LIMIT, PROPOSE_LIMIT, PUT_ON_HOLD
from credit.queries.exposure import Exposure
from credit.queries.holds import live_holds
from credit.queries.insurance_page import InsuranceCard, insurance_card
from kernel.money import Money
from kernel.permissions import Actor, Verb
from ledger.models import Customer, Order, OrderStage

ORDERS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class CreditTab:
    """A customer's exposure with what makes it, and what may be done about it."""

    exposure: Exposure
    parts: tuple[tuple[str, Money], ...]
    guarantees: list[tuple[Guarantee, Money]]
    holds: list[tuple[Hold, str]]
    orders: list[tuple[Order, Money]]
    can_hold: bool
    can_accept: bool
    code: str
    can_secure: bool
    insurance: InsuranceCard | None = None


def credit_tab(customer: Customer, found: Exposure, *, actor: Actor, today: date) -> CreditTab:
    """Return what the tab shows; amounts in the limit's currency, guarantees and orders in their own."""
    whole = found.whole
    names = ("invoiced", "delivered", "ordered", "deposits", "guarantees")
    parts = (
        ()
        if whole.parts is None
        else tuple((name, Money(getattr(whole.parts, name), whole.currency)) for name in names)
    )
    guarantees = Guarantee.objects.filter(customer=customer, released_date=None)
    orders = Order.objects.filter(
        customer=customer, stage__in=[OrderStage.QUOTE, OrderStage.ORDER, OrderStage.DELIVERED]
    )[:ORDERS_SHOWN]
    holds = live_holds(customer.pk)
    is_held = any(not one.order_number for one in holds)
    return CreditTab(
        exposure=found,
        parts=parts,
        guarantees=[
            (one, Money(one.amount, one.currency))
            for one in guarantees.select_related("accepted_by")
        ],
        holds=[(one, "" if one.origin == HoldOrigin.CHECK else one.reason) for one in holds],
        orders=[(one, Money(one.ordered_amount, one.currency)) for one in orders],
        can_hold=actor.can(PUT_ON_HOLD) and not is_held,
        can_accept=actor.can(APPROVE_LIMIT, Verb.APPROVE),
        insurance=insurance_card(customer, today),
        code=customer.code,
        can_secure=actor.can(PROPOSE_LIMIT)
        and Customer.objects.visible_to(actor, PROPOSE_LIMIT).filter(pk=customer.pk).exists(),
    )
