"""Questions about requests: which ones a person sees, which ones wait for him."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Avg, Exists, OuterRef, Q, QuerySet

from accounts.models import RoleGrant
from credit.models import (
    DECIDED,
    CreditRequest,
    Delegation,
    RequestState,
    RequestStep,
    StepKind,
    StepState,
)
from credit.permissions import PROPOSE_LIMIT, SEE_OPINIONS
from credit.queries import headroom
from credit.queries.authority import ANALYST, MANAGER
from credit.queries.limits import LimitsTogether, limits_of_group
from credit.rules.need import orders_left
from kernel.money import Money
from kernel.permissions import Actor, Verb
from ledger.models import Customer, Document, DocumentKind

OVER = frozenset({*DECIDED, RequestState.WITHDRAWN, RequestState.LAPSED})
SHOWN = 5
YEAR = 365


def seen_requests(actor: Actor) -> QuerySet[CreditRequest]:
    """Return the requests a person sees: his own, those he has a part in, and those of his perimeter."""
    return CreditRequest.objects.visible_to(actor, PROPOSE_LIMIT, SEE_OPINIONS)


def waiting_for(actor: Actor, *, today: date) -> QuerySet[CreditRequest]:
    """Return the requests of which the actor may end a step, the most urgent first; never his own.

    A step of a role counts for whoever holds it where the request is followed; the finer rules (S1 by address or
    phone, S7, R17) are asked when he opens it.
    """
    if actor.membership_id is None:
        return CreditRequest.objects.none()
    found = CreditRequest.objects.running().filter(_waits_for(actor, today))
    return found.order_by("decide_before", "number")


def _waits_for(actor: Actor, today: date) -> Q:
    """Return the filter of running requests of which the actor may end a step, without a question of its own."""
    steps = RequestStep.objects.filter(request=OuterRef("pk"), state=StepState.OPEN).exclude(
        kind=StepKind.COMMITTEE
    )
    delegators = Delegation.objects.filter(
        delegate=actor.membership_id, starts_on__lte=today, ends_on__gte=today, revoked_at=None
    ).values("delegator")
    condition = _named([actor.membership_id]) | _named(delegators)
    for grant in actor.grants:
        condition |= _of_role(grant.role, grant.scope_path)
        if grant.role == MANAGER:  # in a house without analysts he is one
            analysts = RoleGrant.objects.filter(role=ANALYST)
            condition |= _of_role(ANALYST, grant.scope_path) & ~Q(Exists(analysts))
    return (
        Q(Exists(steps.filter(condition)), waiting_since=None)
        & ~Q(requested_by=actor.membership_id)
        & ~Q(first_requester=actor.membership_id)
    )


def _named(people: object) -> Q:
    return (
        Q(person__in=people)
        | Q(substitute__in=people)
        | Q(escalates_to__in=people, escalated_at__isnull=False)
    )


def _of_role(role: str, path: str) -> Q:
    mine = Q(person=None, role=role)
    return mine if path == "/" else mine & Q(request__portfolio__path__startswith=path)


def own_requests(actor: Actor) -> QuerySet[CreditRequest]:
    """Return the requests a person made."""
    if actor.membership_id is None:
        return CreditRequest.objects.none()
    return CreditRequest.objects.filter(requested_by=actor.membership_id)


def count_waiting(actor: Actor, *, today: date) -> int:
    """Return how many requests wait for a person, questions to him included."""
    if actor.membership_id is None:
        return 0
    asked = Q(requested_by=actor.membership_id, waiting_since__isnull=False)
    return CreditRequest.objects.running().filter(_waits_for(actor, today) | asked).count()


def sees_opinions(actor: Actor) -> bool:
    """Say whether a person may read advice and scores (matrix row 2)."""
    return actor.can(SEE_OPINIONS, Verb.READ)


@dataclass(frozen=True, slots=True)
class CreditOfCustomer:
    """What a customer's page says of his credit: whether the reader may ask, what runs, and what is left.

    `left` is None without a limit or where it is not the reader's to see; `orders` how many usual orders fit in it,
    None where there is no order to compare with.
    """

    can_ask: bool
    running: tuple[CreditRequest, ...]
    left: Money | None
    orders: int | None
    group: LimitsTogether | None = (
        None  # of the whole group; None without one, or without the right
    )


def credit_of_customer(customer: Customer, actor: Actor, *, today: date) -> CreditOfCustomer:
    """Return what a customer's page says of his credit to `actor`."""
    can_ask = (
        actor.can(PROPOSE_LIMIT)
        and Customer.objects.visible_to(actor, PROPOSE_LIMIT).filter(pk=customer.pk).exists()
    )
    running = seen_requests(actor).filter(customer=customer).exclude(state__in=OVER)
    room = headroom(customer.pk, today) if can_ask or sees_opinions(actor) else None
    left = room.left if room else None
    orders = None
    if left is not None:
        orders = orders_left(left, usual_order(customer, left.currency, today))
    group = None
    if customer.group_id is not None and sees_opinions(actor):
        group = limits_of_group(customer.group_id, today)
    return CreditOfCustomer(can_ask, tuple(running[:SHOWN]), left, orders, group)


def usual_order(customer: Customer, currency: str, today: date) -> Money | None:
    """Return the average invoice of the last twelve months in a currency, tax included; None without any."""
    average = Document.objects.filter(
        customer=customer,
        kind=DocumentKind.INVOICE,
        currency=currency,
        issue_date__gt=today - timedelta(days=YEAR),
        issue_date__lte=today,
    ).aggregate(average=Avg("amount"))["average"]
    return None if not average else Money(average, currency).rounded()
