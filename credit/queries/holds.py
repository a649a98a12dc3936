"""Which holds stand, and what waits to be released."""

from datetime import date
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from credit.models import Hold, HoldRelease, HoldState, ReleaseState
from credit.permissions import PUT_ON_HOLD, RELEASE_ORDER, SEE_OPINIONS
from kernel.permissions import Actor, Verb

OPEN_RELEASES = (ReleaseState.WAITING, ReleaseState.GRANTED)


def open_release(hold: Hold, state: ReleaseState) -> HoldRelease | None:
    """Return the hold's release in that state; None without one. Uses what was fetched with the hold."""
    return next((one for one in hold.releases.all() if one.state == state), None)


def live_holds(customer_id: UUID) -> list[Hold]:
    """Return the customer's holds that have not ended, each with its open releases."""
    return list(with_releases(Hold.objects.live().filter(customer=customer_id)))


def with_releases(holds: "QuerySet[Hold]") -> "QuerySet[Hold]":
    """Return the holds with their releases that wait or are in force, in two questions for all."""
    releases = HoldRelease.objects.filter(state__in=OPEN_RELEASES).select_related(
        "asked_by", "decided_by"
    )
    return holds.prefetch_related(Prefetch("releases", queryset=releases))


def is_in_force(hold: Hold, today: date) -> bool:
    """Return whether a hold holds on `today`; a release that ended counts no more, whether or not the round ran."""
    if hold.state in {HoldState.ANNOUNCED, HoldState.IN_FORCE}:
        return hold.falls_on <= today
    return hold.state == HoldState.RELEASED and release_in_force(hold, today) is None


def release_in_force(hold: Hold, today: date) -> HoldRelease | None:
    """Return the release under which the hold does not hold on `today`; its last day is included."""
    granted = open_release(hold, ReleaseState.GRANTED)
    return granted if granted is not None and granted.until_date >= today else None


def is_customer_held(customer_id: UUID, today: date) -> bool:
    """Return whether nothing may be delivered to the customer on `today`."""
    return any(is_in_force(one, today) for one in live_holds(customer_id) if not one.order_number)


def holds_for(actor: Actor) -> "QuerySet[Hold]":
    """Return the holds this person may see, the newest first, with what their list shows."""
    return with_releases(
        Hold.objects.live()
        .visible_to(actor, SEE_OPINIONS, PUT_ON_HOLD, RELEASE_ORDER)
        .select_related("customer", "entity", "placed_by", "proposed_by")
        .order_by("-created_at")
    )


def releases_to_decide(actor: Actor) -> "QuerySet[HoldRelease]":
    """Return the releases that wait for this person's word, the soonest to end first.

    Asked by another, of customers in his perimeter; none for who may not grant.
    """
    if not actor.can(RELEASE_ORDER, Verb.APPROVE):
        return HoldRelease.objects.none()
    return (
        HoldRelease.objects.filter(
            state=ReleaseState.WAITING, hold__in=Hold.objects.visible_to(actor, RELEASE_ORDER)
        )
        .exclude(asked_by=actor.membership_id)
        .select_related("hold__customer", "asked_by")
        .order_by("until_date", "asked_at")
    )


def count_to_release(actor: Actor) -> int:
    """Return how many releases wait for this person's word."""
    return releases_to_decide(actor).count()
