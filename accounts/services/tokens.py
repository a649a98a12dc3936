"""Keys to the API: issued by an administrator, collected by their owner, for twelve months at most (S12)."""

import secrets
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.look_ups import hashed
from accounts.models import ApiToken, Membership, MembershipState, Tenant
from accounts.ports import role_page
from accounts.services import audit
from kernel.errors import Refused
from kernel.permissions import Actor

LONGEST = timedelta(days=366)
PREFIX = "otc_"
NOT_COLLECTED = ""  # the prefix of a key whose secret nobody has seen yet


class TokenRefused(Refused):
    """The key would live too long, hold too much or belong to nobody."""

    code: ClassVar[str] = "token_refused"


def grantable_scopes() -> tuple[str, ...]:
    """Return the permissions an API client can hold: the API column of the matrix."""
    page = role_page()
    return tuple(
        action for action in page.ACTIONS if page.CELLS.get((page.API_CLIENT, action)) is not None
    )


def issue_token(
    *,
    name: str,
    owner: Membership,
    scopes: Sequence[str],
    expires_on: date,
    actor: Actor,
    now: datetime,
) -> tuple[ApiToken, str]:
    """Issue a key that acts for `owner` with at most his rights; returns it and its secret, which is not kept.

    The secret is empty when the owner is somebody else: he collects it from his profile, so that an administrator
    never holds a key with rights he does not have himself (S6). `expires_on` is the last day, in the tenant's
    calendar. Raises TokenRefused.
    """
    if actor.kind != "person":
        raise TokenRefused(_("A key cannot make keys (rule S12). Sign in to make one."), rule="S12")
    if owner.state != MembershipState.ACTIVE:
        raise TokenRefused(
            _("%(name)s does not work here any more. Choose an active colleague as owner.")
            % {"name": owner.name}
        )
    unknown = sorted(set(scopes) - set(grantable_scopes()))
    if unknown or not scopes:
        raise TokenRefused(
            _("Choose at least one right of the list; no key can hold: %(unknown)s.")
            % {"unknown": ", ".join(unknown) or "–"}
        )
    expires_at = _end_of(expires_on)
    if not now < expires_at <= now + LONGEST:
        raise TokenRefused(
            _(
                "A key lives at most twelve months (rule S12): choose a day from tomorrow to %(last)s."
            )
            % {"last": (now + LONGEST).date().isoformat()},
            rule="S12",
        )
    is_own = owner.pk == actor.membership_id
    secret = _new_secret()
    token = ApiToken.objects.create(
        name=name,
        owner=owner,
        prefix=_shown(secret) if is_own else NOT_COLLECTED,
        secret_hash=hashed(secret),
        scopes=sorted(scopes),
        expires_at=expires_at,
    )
    audit.record(
        actor=actor,
        action="accounts.issue_token",
        object_kind="token",
        object_id=token.pk,
        owner=owner.pk,
        scopes=sorted(scopes),
        expires_at=expires_at,
    )
    return token, secret if is_own else ""


def collect_token(*, token: ApiToken, actor: Actor, now: datetime) -> str:
    """Return a new secret of a key to its owner, once. Raises TokenRefused."""
    if token.owner_id != actor.membership_id or token.revoked_at or token.expires_at <= now:
        raise TokenRefused(
            _(
                "The key “%(name)s” is not waiting for you: it belongs to somebody else or has ended."
            )
            % {"name": token.name}
        )
    if token.prefix != NOT_COLLECTED:
        raise TokenRefused(
            _("The secret of “%(name)s” was already shown. Ask for a new key and revoke this one.")
            % {"name": token.name}
        )
    secret = _new_secret()
    token.prefix = _shown(secret)
    token.secret_hash = hashed(secret)
    token.save(update_fields=["prefix", "secret_hash"])
    audit.record(
        actor=actor, action="accounts.collect_token", object_kind="token", object_id=token.pk
    )
    return secret


def revoke_token(*, token: ApiToken, actor: Actor, now: datetime) -> None:
    """End a key from its next request on."""
    if token.revoked_at is None:
        token.revoked_at = now
        token.save(update_fields=["revoked_at"])
        audit.record(
            actor=actor, action="accounts.revoke_token", object_kind="token", object_id=token.pk
        )


def _new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def _shown(secret: str) -> str:
    return secret[: len(PREFIX) + 6]


def _end_of(day: date) -> datetime:
    """Return the instant at which a day ends in the tenant's calendar."""
    zone = ZoneInfo(Tenant.objects.get().time_zone)
    return datetime.combine(day + timedelta(days=1), time(), zone)
