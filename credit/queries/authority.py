"""What the rules of authority need to know: who asked, who sells, who stands for whom, who knows a country."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import Q

from accounts.models import Membership, MembershipState, RoleGrant, Tenant
from accounts.queries import actor_of
from credit.models import (
    ApprovalCeiling,
    CountryTag,
    CreditRequest,
    Delegation,
    RequestStep,
    StepKind,
)
from credit.permissions import APPROVE_LIMIT, SEE_OPINIONS
from credit.rules.authority import (
    Ceiling,
    Person,
    Seat,
    Taker,
    Verdict,
    is_same_person,
    may_end,
)
from kernel.money import Money
from kernel.permissions import Actor, Verb

MOST_FOLLOWED = 20  # a chain of requests is short; the bound keeps a broken one from looping
MOST_LEVELS = 10
DECIDING = frozenset({StepKind.DECISION, StepKind.COMMITTEE, StepKind.ARBITRATION})
JUDGING = frozenset({StepKind.ANALYSIS, StepKind.DECISION})  # needs to know the country (R17)
MANAGER, ANALYST = "credit_manager", "credit_analyst"
_SELLING = ("sales_rep", "sales_director")


def person_of(member: Membership) -> Person:
    """Return a colleague as segregation sees him: his addresses and his phone."""
    addresses = {member.email, member.user.email if member.user else ""}
    return Person(
        member.pk, frozenset(addresses - {""}), frozenset({member.phone} - {""}), frozenset()
    )


def is_same_account(asker: Membership, actor: Actor) -> bool:
    """Return whether the actor is who asked, also through a second account (S1); a machine is nobody."""
    if actor.membership_id is None or asker.pk == actor.membership_id:
        return actor.membership_id is not None
    other = Membership.objects.select_related("user").get(pk=actor.membership_id)
    return is_same_person(person_of(asker), person_of(other))


def requesters_of(request: CreditRequest) -> list[Membership]:
    """Return everybody who asked for this request or for one it follows."""
    idents: set[UUID] = set()
    one: CreditRequest | None = request
    for _count in range(MOST_FOLLOWED):
        if one is None:
            break
        idents |= {ident for ident in (one.requested_by_id, one.first_requester_id) if ident}
        one = one.follows
    return list(Membership.objects.filter(pk__in=idents).select_related("user"))


def sales_line(request: CreditRequest) -> set[UUID]:
    """Return who sells to the customer and everybody above; for a prospect, the seller who asks counts."""
    start = request.customer.sales_rep if request.customer else None
    asker = request.requested_by
    if start is None and asker is not None and _sells(asker):
        start = asker
    return line_above(start)


def line_above(start: Membership | None) -> set[UUID]:
    """Return a seller and everybody above; nobody without one."""
    line: set[UUID] = set()
    for _count in range(MOST_LEVELS):
        if start is None or start.pk in line:
            break
        line.add(start.pk)
        start = start.manager
    return line


def _sells(member: Membership) -> bool:
    return RoleGrant.objects.filter(membership=member, role__in=_SELLING).exists()


def covers(scope_path: str, portfolio_path: str) -> bool:
    """Say whether a right held at one node of the scope tree reaches another."""
    return portfolio_path.startswith(scope_path)


def delegations_to(membership_id: UUID, day: date) -> list[Delegation]:
    """Return the delegations that a colleague holds on `day`."""
    return list(
        Delegation.objects.filter(
            delegate=membership_id, starts_on__lte=day, ends_on__gte=day, revoked_at=None
        ).select_related("delegator")
    )


def grants_with_stand_in(actor: Actor) -> list[tuple[str, str]]:
    """Return the roles an actor holds with their nodes; in a house without analysts a credit manager is one."""
    held = [(grant.role, grant.scope_path) for grant in actor.grants]
    managed = [path for role, path in held if role == MANAGER]
    if managed and not RoleGrant.objects.filter(role=ANALYST).exists():
        held += [(ANALYST, path) for path in managed]
    return held


def roles_at(actor: Actor, path: str) -> frozenset[str]:
    """Return the roles that an actor holds at or above a node of the scope tree."""
    return frozenset(role for role, where in grants_with_stand_in(actor) if covers(where, path))


def taker_of(actor: Actor, step: RequestStep, *, today: date) -> Taker | None:
    """Return who wants to end a step, as the rules see him; None for an actor who is no colleague at work."""
    if actor.membership_id is None:
        return None
    member = (
        Membership.objects.filter(pk=actor.membership_id, state=MembershipState.ACTIVE)
        .select_related("user")
        .first()
    )
    if member is None:
        return None
    path = step.request.portfolio.path
    stands_for = {}
    for delegation in delegations_to(member.pk, today):
        delegator = actor_of(delegation.delegator_id)
        # A delegation gives nothing that its giver does not hold any more.
        if delegator is not None:
            stands_for[delegation.delegator_id] = roles_at(delegator, path)
    countries = CountryTag.objects.filter(membership=member).values_list("country", flat=True)
    return Taker(
        person=person_of(member),
        is_person=actor.kind == "person",
        roles=roles_at(actor, path),
        has_right=has_right(actor, step),
        countries=frozenset(countries),
        stands_for=stands_for,
    )


def has_right(actor: Actor, step: RequestStep) -> bool:
    """Say whether the permission matrix lets an actor end steps of this kind, in this place."""
    path = step.request.portfolio.path
    if step.kind in DECIDING:
        return _holds(actor, APPROVE_LIMIT, path, Verb.APPROVE)
    if step.kind == StepKind.ANALYSIS:
        return _holds(actor, SEE_OPINIONS, path)
    return True


def _holds(actor: Actor, permission: str, path: str, *verbs: Verb) -> bool:
    return any(
        covers(held.scope_path, path) and (not verbs or held.cell.verb in verbs)
        for held in actor.held(permission)
    )


def seat_of(step: RequestStep) -> Seat:
    """Return a step as the rules of authority see it."""
    also = {ident for ident in (step.substitute_id,) if ident}
    if step.escalated_at is not None and step.escalates_to_id:
        also.add(step.escalates_to_id)
    return Seat(
        is_deciding=step.kind in DECIDING,
        role=step.role,
        named=step.person_id,
        also=frozenset(also),
        named_suffices=step.kind == StepKind.ARBITRATION,
        needs_country=needed_country(step),
    )


def needed_country(step: RequestStep) -> str:
    """Return the country that whoever ends a step has to know; empty when the house does not say who knows which."""
    if step.kind not in JUDGING:
        return ""
    country = step.request.country
    tagged = set(CountryTag.objects.values_list("country", flat=True).distinct())
    if not tagged:
        return ""
    home = Tenant.objects.values_list("country", flat=True).get()
    return country if country in tagged or country != home else ""


def verdict_on(step: RequestStep, actor: Actor, *, today: date) -> Verdict:
    """Return whether `actor` may end a step now, by the rules of segregation."""
    taker = taker_of(actor, step, today=today)
    if taker is None:
        taker = Taker(Person(UUID(int=0)), is_person=False)
    return may_end(
        seat_of(step),
        taker,
        requesters=[person_of(one) for one in requesters_of(step.request)],
        sales_line=sales_line(step.request),
    )


def can_end(step: RequestStep, actor: Actor, *, today: date) -> bool:
    """Say whether `actor` may end a step."""
    return verdict_on(step, actor, today=today).denial is None


def candidates(step: RequestStep, *, today: date) -> list[Membership]:
    """Return the colleagues who may end a step, by name: those to tell that it waits for them."""
    people = Membership.objects.filter(state=MembershipState.ACTIVE, user__isnull=False)
    meant = Q(pk=step.person_id) | Q(pk=step.substitute_id)
    if step.escalated_at is not None:
        meant |= Q(pk=step.escalates_to_id)
    if step.person_id is None and step.role:
        roles = [step.role]
        if step.role == ANALYST and not RoleGrant.objects.filter(role=ANALYST).exists():
            roles.append(MANAGER)
        meant |= Q(grants__role__in=roles)
    delegates = Delegation.objects.filter(
        starts_on__lte=today,
        ends_on__gte=today,
        revoked_at=None,
        delegator__in=people.filter(meant),
    ).values("delegate")
    found = people.filter(meant | Q(pk__in=delegates)).distinct().order_by("name")
    return [one for one in found if _may(one, step, today)]


def _may(member: Membership, step: RequestStep, today: date) -> bool:
    actor = actor_of(member.pk)
    return actor is not None and can_end(step, actor, today=today)


def ceilings_of(membership_id: UUID) -> list[Ceiling]:
    """Return up to which amounts a colleague grants alone."""
    return [
        Ceiling(row.kind, Money(row.amount, row.currency))
        for row in ApprovalCeiling.objects.filter(membership=membership_id)
    ]


def house_has_ceilings() -> bool:
    """Say whether ceilings are used: then whoever has none grants nothing alone."""
    return ApprovalCeiling.objects.exists()


def with_ceilings(idents: Iterable[UUID]) -> dict[UUID, list[Ceiling]]:
    """Return the ceilings of several colleagues."""
    found: dict[UUID, list[Ceiling]] = {ident: [] for ident in idents}
    for row in ApprovalCeiling.objects.filter(membership__in=found):
        found[row.membership_id].append(Ceiling(row.kind, Money(row.amount, row.currency)))
    return found
