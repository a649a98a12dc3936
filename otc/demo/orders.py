"""Orders of a demo company, two guarantees, a hold that is announced and a release that waits."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.queries import actor_of
from credit.models import CheckOrigin, GuaranteeKind
from credit.queries.limits import limits_on
from credit.services import guarantees, holds
from credit.services.order_checks import Asked, check_order
from credit.services.requests import entity_of
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import Customer, Entity, OrderStage
from ledger.services.orders import NewOrder, take_in_order
from otc.demo.storage import Made

HELD = "88214"
HELD_AMOUNT = Decimal(18_400)
_WORDS = {
    "fr": (
        "Acompte de 30 % reçu ce matin.",
        "Deux promesses rompues en un mois.",
        "Banque du Vexin",
    ),
    "en": (
        "Deposit of 30 % came in this morning.",
        "Two promises broken in a month.",
        "Vexin Bank",
    ),
}


def take_orders(made: Made) -> None:
    """Take in orders of customers with a limit, hold the one that goes beyond, and let a rep ask for its release."""
    served = list(
        Customer.objects.filter(group=None, sales_rep__isnull=False)
        .select_related("portfolio")
        .order_by("code")[:200]
    )
    limits = limits_on([one.pk for one in served], made.today)
    limited = [one for one in served if one.pk in limits][:8]
    if len(limited) < 4:  # noqa: PLR2004  nothing to show
        return
    now = timezone.now()
    analyst, manager = _actor(made, "credit_analyst"), _actor(made, "credit_manager")
    why, broken, bank = _WORDS[made.company.language]
    for number, customer in enumerate(limited):
        entity = _entity(customer)
        take_in_order(
            NewOrder(
                entity,
                customer,
                str(88_200 + number),
                made.today - timedelta(days=6),
                Money(Decimal(2_400 + 850 * number), limits[customer.pk].amount.currency),
                OrderStage.ORDER if number % 2 else OrderStage.DELIVERED,
                made.today - timedelta(days=number % 5),
                invoiced=Decimal(0),
                expected_delivery_date=made.today + timedelta(days=3 + number),
            ),
            actor=analyst,
            now=now,
            today=made.today,
        )
    policy = guarantees.write_policy(
        entity=None,
        stage="order",
        beyond="no",
        notice_days=3,
        tells_customer=True,
        actor=analyst,
        now=now,
    )
    guarantees.approve_policy(policy=policy, actor=manager, now=now)
    _hold_one(made, limited[0], why=why, asked_by=analyst, analyst=analyst)
    holds.place_hold(holds.Wanted(limited[1], broken), actor=analyst, now=now, today=made.today)
    for customer, kind in ((limited[2], GuaranteeKind.BANK), (limited[3], GuaranteeKind.PARENT)):
        row = guarantees.add_guarantee(
            guarantees.NewGuarantee(
                customer,
                kind,
                Money(Decimal(15_000), limits[customer.pk].amount.currency),
                made.today - timedelta(days=90),
                made.today + timedelta(days=275),
                bank,
                f"GAR-{customer.code}",
            ),
            actor=analyst,
            now=now,
        )
        if kind == GuaranteeKind.BANK:
            guarantees.accept_guarantee(guarantee=row, actor=manager, today=made.today)


def _hold_one(made: Made, customer: Customer, *, why: str, asked_by: Actor, analyst: Actor) -> None:
    """Check an order beyond its customer's limit, and ask for its release."""
    entity = _entity(customer)
    limit = limits_on([customer.pk], made.today)[customer.pk]
    check = check_order(
        Asked(
            entity,
            customer,
            HELD,
            Money(HELD_AMOUNT + limit.amount.amount * 2, limit.amount.currency),
            OrderStage.ORDER,
        ),
        origin=CheckOrigin.API,
        actor=analyst,
        now=timezone.now(),
        today=made.today,
    )
    if check.hold is None:
        return
    holds.ask_release(
        hold=check.hold,
        reason=why,
        until=made.today + timedelta(days=8),
        ceiling=Money(HELD_AMOUNT, limit.amount.currency),
        actor=asked_by,
        now=timezone.now(),
        today=made.today,
    )


def _actor(made: Made, role: str) -> Actor:
    actor = actor_of(made.staff.by_role[role].pk)
    if actor is None:
        raise LookupError(role)
    return actor


def _entity(customer: Customer) -> Entity:
    return entity_of(customer.portfolio)
