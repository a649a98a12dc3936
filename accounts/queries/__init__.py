"""Questions about who acts."""

from importlib import import_module
from uuid import UUID

from django.conf import settings
from django.db import connection

from accounts.models import MembershipState
from kernel.permissions import Actor, Grant, Reach

# Every request asks this, so it is one question, written out.
_ACTOR = """
SELECT member.tenant_id, coalesce(nullif(member.name, ''), person.name), person.id, person.email, person.language,
       (SELECT coalesce(json_agg(json_build_array(held.role, node.path, held.reach)
                                 ORDER BY held.granted_at, held.id), '[]')
        FROM accounts_rolegrant held JOIN accounts_scope node ON node.id = held.scope_id
        WHERE held.membership_id = member.id)
FROM accounts_membership member JOIN accounts_user person ON person.id = member.user_id
WHERE member.id = %s AND member.state = %s AND person.is_active
"""


def actor_of(membership_id: UUID) -> Actor | None:
    """Return the actor of an active membership of the current tenant; None when it is not active any more.

    Roles are read anew at each request, so that a change or a deactivation holds at once; each with the node of the
    scope tree where it is held.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ACTOR, [membership_id, MembershipState.ACTIVE.value])
        row = cursor.fetchone()
    if row is None:
        return None
    tenant_id, name, user_id, email, language, held = row
    grants = tuple(
        Grant(role, path, None if reach is None else Reach(reach)) for role, path, reach in held
    )
    return Actor(
        tenant_id=tenant_id,
        membership_id=membership_id,
        user_id=user_id,
        name=name,
        email=email,
        language=language,
        grants=grants,
        permissions=import_module(settings.OTC_ROLES).permissions_of(grants),
    )
