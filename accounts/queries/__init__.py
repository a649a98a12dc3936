"""Questions about who acts."""

from importlib import import_module
from uuid import UUID

from django.conf import settings

from accounts.models import Membership, MembershipState, RoleGrant
from kernel.permissions import Actor, Grant, Reach


def actor_of(membership_id: UUID) -> Actor | None:
    """Return the actor of an active membership of the current tenant; None when it is not active any more.

    Roles are read anew at each request, so that a change or a deactivation holds at once.
    """
    membership = (
        Membership.objects.filter(pk=membership_id, state=MembershipState.ACTIVE)
        .select_related("user")
        .first()
    )
    if membership is None or membership.user is None or not membership.user.is_active:
        return None
    grants = grants_of(membership_id)
    return Actor(
        tenant_id=membership.tenant_id,
        membership_id=membership.pk,
        user_id=membership.user.pk,
        name=membership.name or membership.user.name,
        email=membership.user.email,
        language=membership.user.language,
        grants=grants,
        permissions=import_module(settings.OTC_ROLES).permissions_of(grants),
    )


def grants_of(membership_id: UUID) -> tuple[Grant, ...]:
    """Return the roles of a colleague with the node of the scope tree where each is held."""
    rows = RoleGrant.objects.filter(membership=membership_id).order_by("granted_at", "pk")
    return tuple(
        Grant(role, path, None if reach is None else Reach(reach))
        for role, path, reach in rows.values_list("role", "scope__path", "reach")
    )
