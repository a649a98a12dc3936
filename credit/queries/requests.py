"""Questions about requests: which ones a person sees, which ones wait for him."""

from datetime import date
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from credit.models import CreditRequest, RequestStep, StepKind, StepState
from credit.permissions import PROPOSE_LIMIT, SEE_OPINIONS
from credit.queries.authority import delegations_to, grants_with_stand_in
from kernel.permissions import Actor, Verb


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
    steps = RequestStep.objects.filter(request=OuterRef("pk"), state=StepState.OPEN).exclude(
        kind=StepKind.COMMITTEE
    )
    condition = _named([actor.membership_id])
    for role, path in grants_with_stand_in(actor):
        condition |= _of_role(role, path)
    delegators = [one.delegator_id for one in delegations_to(actor.membership_id, today)]
    if delegators:
        condition |= _named(delegators)
    return (
        CreditRequest.objects.running()
        .filter(Exists(steps.filter(condition)), waiting_since=None)
        .exclude(requested_by=actor.membership_id)
        .exclude(first_requester=actor.membership_id)
        .order_by("decide_before", "number")
    )


def _named(people: list[UUID]) -> Q:
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


def questions_to(actor: Actor) -> QuerySet[CreditRequest]:
    """Return the requests about which the actor was asked something and did not answer."""
    return own_requests(actor).running().filter(waiting_since__isnull=False)  # type: ignore[attr-defined]


def count_waiting(actor: Actor, *, today: date) -> int:
    """Return how many requests wait for a person, questions to him included."""
    return waiting_for(actor, today=today).count() + questions_to(actor).count()


def sees_opinions(actor: Actor) -> bool:
    """Say whether a person may read advice and scores (matrix row 2)."""
    return actor.can(SEE_OPINIONS, Verb.READ)
