"""Who must still set up a second factor, and until when."""

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import connection

from accounts.models import Tenant
from accounts.rules.people import must_use_second_factor, second_factor_deadline
from kernel.permissions import Actor

# Asked at each request of whoever holds a role that owes one, so it is written out.
_FACTOR = """
SELECT EXISTS (SELECT FROM mfa_authenticator WHERE user_id = %s AND type = ANY(%s)), joined_at,
       (SELECT min(granted_at) FROM accounts_rolegrant WHERE membership_id = member.id)
FROM accounts_membership member WHERE id = %s
"""

EXPORT = "ledger.export"  # the permission's name; ledger itself is left of accounts


@dataclass(frozen=True, slots=True)
class SecondFactorDue:
    """A second factor is owed from `deadline` on; `is_over` once it has passed."""

    deadline: datetime
    is_over: bool


def second_factor_due(actor: Actor, tenant: Tenant, *, now: datetime) -> SecondFactorDue | None:
    """Return until when the actor may still work with a password alone; None when he owes nothing.

    Source: RELIABILITY D14. Nothing is owed in a tenant that does not ask for it.
    """
    if not tenant.is_second_factor_required or actor.membership_id is None:
        return None
    if not must_use_second_factor(frozenset(actor.roles), may_export=actor.can(EXPORT)):
        return None
    factors = [Authenticator.Type.TOTP.value, Authenticator.Type.WEBAUTHN.value]
    with connection.cursor() as cursor:
        cursor.execute(_FACTOR, [actor.user_id, factors, actor.membership_id])
        has_factor, joined_at, granted_at = cursor.fetchone()
    if has_factor:
        return None
    deadline = second_factor_deadline(
        joined_at=joined_at,
        granted_at=granted_at or now,
        grace_days=tenant.second_factor_grace_days,
    )
    return SecondFactorDue(deadline, now >= deadline)
