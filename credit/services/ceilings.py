"""Up to which amount each person grants alone, and who stands above (S7)."""

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Membership, MembershipState
from accounts.queries import actor_of
from accounts.services import audit
from credit.models import ApprovalCeiling, RequestKind, RequestStep
from credit.permissions import APPROVE_LIMIT
from credit.queries.authority import can_end, ceilings_of, house_has_ceilings
from credit.rules.authority import ceiling_for, is_within
from kernel.errors import Refused
from kernel.money import Money
from kernel.permissions import Actor, Verb
from ledger.queries import home_and_rates


class CeilingRefused(Refused):
    """The ceiling cannot be set so."""

    code: ClassVar[str] = "ceiling_refused"


def ceiling_of(membership_id: UUID | None, kind: str) -> Money | None:
    """Return up to which amount a person grants requests of a kind alone; None where the house sets no ceilings.

    In a house that sets some, whoever has none grants nothing alone.
    """
    if membership_id is None or not house_has_ceilings():
        return None
    found = ceiling_for(ceilings_of(membership_id), kind)
    return found or Money.zero(_home())


def _home() -> str:
    home, _rates = home_and_rates(date.max)
    return home


def above(
    step: RequestStep, amount: Money, *, besides: UUID | None, today: date
) -> Membership | None:
    """Return who may grant `amount` instead: the lowest ceiling that reaches it; None when nobody may."""
    _home_currency, rates = home_and_rates(today)
    found: list[tuple[Decimal, str, Membership]] = []
    for person in Membership.objects.filter(
        state=MembershipState.ACTIVE,
        pk__in=ApprovalCeiling.objects.values("membership"),
    ).exclude(pk__in=[besides] if besides else []):
        ceiling = ceiling_for(ceilings_of(person.pk), step.request.kind)
        if ceiling is None or not is_within(amount, ceiling, rates):
            continue
        if _may_decide(person, step, today):
            worth = ceiling.amount * rates.get(ceiling.currency, Decimal(1))
            found.append((worth, person.name, person))
    return min(found, key=lambda each: each[:2])[2] if found else None


def _may_decide(person: Membership, step: RequestStep, today: date) -> bool:
    actor = actor_of(person.pk)
    if actor is None:
        return False
    seat = RequestStep(
        request=step.request, kind=step.kind, person=person, requested_by_id=step.requested_by_id
    )
    return can_end(seat, actor, today=today)


def set_ceiling(
    *, member: Membership, kind: str, amount: Money, actor: Actor, now: datetime
) -> ApprovalCeiling:
    """Say up to which amount a colleague grants a kind of request alone; never one's own. Raises CeilingRefused."""
    if actor.kind != "person" or actor.membership_id is None:
        raise CeilingRefused(_("A ceiling is set by a person, never by a machine (S12)."))
    if member.pk == actor.membership_id:
        raise CeilingRefused(
            _("Nobody sets his own ceiling (S1): ask another administrator to set yours.")
        )
    if kind not in {"", *RequestKind.values} or amount.amount < 0:
        raise CeilingRefused(_("A ceiling is an amount of zero or more, for a kind of request."))
    held = actor_of(member.pk)
    if held is None or not held.can(APPROVE_LIMIT, Verb.APPROVE):
        raise CeilingRefused(
            _("%(name)s does not approve limits: give the role first, then the ceiling.")
            % {"name": member.name}
        )
    row, _is_new = ApprovalCeiling.objects.update_or_create(
        membership=member,
        kind=kind,
        defaults={
            "amount": amount.amount,
            "currency": amount.currency,
            "set_by_id": actor.membership_id,
            "set_at": now,
        },
    )
    audit.record(
        actor=actor,
        action="credit.set_ceiling",
        object_kind="membership",
        object_id=member.pk,
        kind=kind,
        amount=str(amount.amount),
        currency=amount.currency,
    )
    return row


def remove_ceiling(*, ceiling: ApprovalCeiling, actor: Actor) -> None:
    """Take a ceiling away; in a house that sets others, its holder grants nothing alone any more."""
    if ceiling.membership_id == actor.membership_id:
        raise CeilingRefused(
            _("Nobody sets his own ceiling (S1): ask another administrator to set yours.")
        )
    audit.record(
        actor=actor,
        action="credit.remove_ceiling",
        object_kind="membership",
        object_id=ceiling.membership_id,
        kind=ceiling.kind,
    )
    ceiling.delete()
