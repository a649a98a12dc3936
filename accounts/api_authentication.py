"""How an API client is known and what it may do."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, MethodNotAllowed, NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts import look_ups
from accounts.models import ApiToken, Tenant
from accounts.queries import actor_of
from kernel.permissions import Actor, Cell, Grant, Held, Reach, Verb
from kernel.tenancy import tenant_scope


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer …`: the token's owner acts, within the token's scopes and the API column (S12)."""

    def authenticate(self, request: Request) -> tuple[Actor, Tenant] | None:
        """Return the actor and his tenant; None when no token is given."""
        kept: tuple[Actor, Tenant] | None = getattr(request._request, "api_caller", None)  # noqa: SLF001
        if kept is not None:
            return kept  # the tenant scope was opened for this caller
        header = request.headers.get("Authorization", "")
        if not header.startswith("Bearer "):
            return None
        found = look_ups.tenant_of_secret("token", header.removeprefix("Bearer ").strip())
        if found is None:
            raise AuthenticationFailed
        tenant_id, token_id = found
        with tenant_scope(tenant_id):
            now = datetime.now(UTC)
            token = ApiToken.objects.get(pk=token_id)
            owner = actor_of(token.owner_id)
            if owner is None or token.revoked_at is not None or token.expires_at <= now:
                raise AuthenticationFailed
            ApiToken.objects.filter(pk=token_id).update(last_used_at=now)
            return client_actor(token, owner), Tenant.objects.get(pk=tenant_id)

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002
        """Return the challenge of a 401 answer."""
        return "Bearer"


def client_actor(token: ApiToken, owner: Actor) -> Actor:
    """Return the actor of a token: what its scopes, the API column of the matrix and its owner all allow."""
    roles: Any = __import__(settings.OTC_ROLES, fromlist=["CELLS"])
    permissions: dict[str, tuple[Held, ...]] = {}
    for action in token.scopes:
        cell = roles.CELLS.get((roles.API_CLIENT, action))
        if cell is None:
            continue
        held = tuple(
            Held(Cell(_weaker(cell.verb, mine.cell.verb), mine.reach), mine.scope_path)
            for mine in owner.held(action)
        )
        if held:
            permissions[action] = held
    return replace(
        owner,
        name=token.name,
        grants=(Grant(roles.API_CLIENT, "/", Reach.SCOPED),),
        permissions=permissions,
        token_id=token.pk,
        kind="api",
    )


_STRENGTH = {Verb.READ: 0, Verb.PROPOSE: 1, Verb.DO: 2, Verb.APPROVE: 2}


def _weaker(ours: Verb, theirs: Verb) -> Verb:
    return ours if _STRENGTH[ours] <= _STRENGTH[theirs] else theirs


class HoldsPermission(BasePermission):
    """Demand the permission that the endpoint declares in `permissions_by_action`."""

    def has_permission(self, request: Request, view: Any) -> bool:  # noqa: ANN401  any endpoint
        """Return whether the token holds what this method needs; no token is a 401, no such method a 405."""
        if request.user is None:
            raise NotAuthenticated
        if view.action is None:
            raise MethodNotAllowed(request.method or "")
        needed: tuple[str, tuple[Verb, ...]] = view.needed(request.method)
        actor: Actor = request.user  # type: ignore[assignment]  # TokenAuthentication answers with an Actor
        if actor.can(needed[0], *needed[1]):
            return True
        # The scope of a refused call is rolled back: the middleware records the refusal after it.
        request._request.denied = (actor, needed[0])  # type: ignore[attr-defined]  # noqa: SLF001
        return False
