"""What secures a customer, what his group may owe, and the policies by which orders are checked."""

from dataclasses import dataclass
from datetime import date, timedelta

from credit.models import GroupLimit, Guarantee, OrderPolicy
from credit.permissions import APPROVE_LIMIT, PUBLISH_CIRCUITS
from credit.queries.order_policy import Effective, effective_policy
from kernel.money import Money
from kernel.permissions import Actor, Verb
from ledger.models import Customer, CustomerGroup, Entity

SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class GuaranteeShown:
    """A guarantee on a day: `state` is waiting, to_come, counts, ends_soon, ended or released."""

    row: Guarantee
    amount: Money
    state: str
    can_accept: bool

    @property
    def is_live(self) -> bool:
        """Return whether it may still be given back."""
        return self.state != "released"


def guarantees_of(customer: Customer, *, actor: Actor, day: date) -> list[GuaranteeShown]:
    """Return every guarantee of a customer, the latest first, as it stands on `day`."""
    rows = Guarantee.objects.filter(customer=customer).select_related(
        "entered_by", "accepted_by", "released_by"
    )
    accepts = actor.can(APPROVE_LIMIT, Verb.APPROVE)
    return [
        GuaranteeShown(
            row,
            Money(row.amount, row.currency),
            guarantee_state(row, day),
            accepts and row.entered_by_id != actor.membership_id,
        )
        for row in rows
    ]


def guarantee_state(row: Guarantee, day: date) -> str:
    """Return where a guarantee stands at the end of `day`; it counts on its last day, not on that of its release."""
    if row.released_date is not None and row.released_date <= day:
        return "released"
    if row.accepted_by_id is None:
        return "waiting"
    if row.valid_until is not None and row.valid_until < day:
        return "ended"
    if row.valid_from > day:
        return "to_come"
    is_ending = row.valid_until is not None and row.valid_until <= day + SOON
    return "ends_soon" if is_ending else "counts"


@dataclass(frozen=True, slots=True)
class GroupLimitShown:
    """A limit of a group, asked for or granted."""

    row: GroupLimit
    amount: Money
    can_grant: bool


def limits_of_group(group: CustomerGroup, *, actor: Actor) -> list[GroupLimitShown]:
    """Return the limits of a group that were asked for or granted, the latest first."""
    rows = GroupLimit.objects.filter(group=group).select_related("requested_by", "approved_by")
    grants = actor.can(APPROVE_LIMIT, Verb.APPROVE)
    return [
        GroupLimitShown(
            row,
            Money(row.amount, row.currency),
            grants and row.approved_by_id is None and row.requested_by_id != actor.membership_id,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class PolicyShown:
    """What holds for one entity, or for all others where `entity` is None."""

    entity: Entity | None
    effective: Effective


def policies_in_force() -> list[PolicyShown]:
    """Return how orders are checked: for the tenant first, then for each entity."""
    shown = [PolicyShown(None, effective_policy(None))]
    return shown + [
        PolicyShown(one, effective_policy(one.pk)) for one in Entity.objects.order_by("code")
    ]


def policies_waiting(actor: Actor) -> list[tuple[OrderPolicy, bool]]:
    """Return the policies nobody approved yet, each with whether `actor` may; newer ones of its entity replace it."""
    rows = OrderPolicy.objects.filter(approved_by=None).select_related("entity", "written_by")
    may = actor.can(PUBLISH_CIRCUITS, Verb.APPROVE)
    newest: dict[object, OrderPolicy] = {}
    for row in rows:
        newest.setdefault(row.entity_id, row)
    taken = {
        one.entity_id: one.written_at
        for one in OrderPolicy.objects.filter(approved_by__isnull=False).order_by("written_at")
    }
    return [
        (row, may and row.written_by_id != actor.membership_id)
        for row in newest.values()
        if row.entity_id not in taken or taken[row.entity_id] < row.written_at
    ]
