"""Colleagues leave, come back, and have a manager."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import ApiToken, Invitation, Membership, MembershipState, RoleGrant
from accounts.services import audit
from accounts.services.roles import ADMIN, lock_people, refuse_last_admin
from accounts.services.solo import end_with_a_third
from kernel.errors import Refused
from kernel.permissions import Actor


class ManagerLoop(Refused):
    """A colleague would be, through others, his own manager."""

    code: ClassVar[str] = "manager_loop"


class MemberNeverJoined(Refused):
    """Only who has worked here can be let in again without a new invitation."""

    code: ClassVar[str] = "member_never_joined"


def deactivate_member(*, member: Membership, actor: Actor, now: datetime) -> None:
    """Close the company to a colleague from his next request on; his API keys and invitations end too.

    Raises LastAdmin. His name stays in the history.
    """
    lock_people()
    if RoleGrant.objects.filter(membership=member, role=ADMIN).exists():
        refuse_last_admin(member)
    member.state = MembershipState.LEFT
    member.left_at = now
    member.save(update_fields=["state", "left_at"])
    Invitation.objects.filter(membership=member, accepted_at=None).update(expires_at=now)
    ended = ApiToken.objects.filter(owner=member, revoked_at=None).update(revoked_at=now)
    audit.record(
        actor=actor,
        action="accounts.deactivate_member",
        object_kind="membership",
        object_id=member.pk,
        keys_ended=ended,
    )


def reactivate_member(*, member: Membership, actor: Actor, now: datetime) -> None:
    """Open the company again to a colleague who had left, with the roles he held. Raises MemberNeverJoined."""
    lock_people()
    if member.user_id is None or member.joined_at is None:
        raise MemberNeverJoined(
            _("%(name)s has never signed in here. Send an invitation instead.")
            % {"name": member.name}
        )
    member.state = MembershipState.ACTIVE
    member.left_at = None
    member.save(update_fields=["state", "left_at"])
    audit.record(
        actor=actor,
        action="accounts.reactivate_member",
        object_kind="membership",
        object_id=member.pk,
    )
    end_with_a_third(actor=actor, now=now)


def set_manager(*, member: Membership, manager: Membership | None, actor: Actor) -> None:
    """Say whose team a colleague is in; a reach of "team" follows it. Raises ManagerLoop."""
    if manager is not None and member.pk in _line_above(manager):
        raise ManagerLoop(
            _("%(manager)s already reports to %(name)s. Choose somebody outside that team.")
            % {"manager": manager.name, "name": member.name}
        )
    member.manager = manager
    member.save(update_fields=["manager"])
    audit.record(
        actor=actor,
        action="accounts.set_manager",
        object_kind="membership",
        object_id=member.pk,
        manager=manager.pk if manager else None,
    )


def _line_above(member: Membership) -> set[UUID]:
    """Return the member and everybody above him."""
    managers = dict(Membership.objects.values_list("pk", "manager_id"))
    line: set[UUID] = set()
    current: UUID | None = member.pk
    while current is not None and current not in line:
        line.add(current)
        current = managers.get(current)
    return line
