"""Questions put to sales about customers: whom they wait for, and who sees them when nobody answers (R24)."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from dunning.models import FollowUp
from dunning.permissions import SEND_REMINDER
from kernel.permissions import Actor
from ledger.models import Customer

ANSWERS_SHOWN_DAYS = 14


def questions_for(actor: Actor, *, now: datetime) -> QuerySet[FollowUp]:
    """Return the open questions this person answers: his own, and his people's once they are late."""
    mine = Q(owner=actor.membership_id)
    of_my_people = Q(owner__manager=actor.membership_id, due_at__lte=now)
    passed_on = Q(escalated_to=actor.membership_id)
    found = FollowUp.objects.still_open().questions().filter(mine | of_my_people | passed_on)
    return found.select_related("customer", "owner", "opened_by").order_by("due_at", "id")


def questions_asked(actor: Actor, *, now: datetime) -> QuerySet[FollowUp]:
    """Return the questions about customers the actor chases: those that wait, and answers of the last two weeks."""
    customers = Customer.objects.visible_to(actor, SEND_REMINDER)
    since = now - timedelta(days=ANSWERS_SHOWN_DAYS)
    found = FollowUp.objects.questions().filter(
        Q(closed_at=None) | Q(closed_at__gte=since), customer__in=customers
    )
    return found.select_related("customer", "owner", "closed_by").order_by("-opened_at", "id")
