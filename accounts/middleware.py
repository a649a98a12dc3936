"""Who asks: language, tenant and actor of a request."""

import time
from collections.abc import Callable
from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from accounts import look_ups
from accounts.models import Tenant
from accounts.queries import actor_of
from kernel.permissions import Actor
from kernel.tenancy import tenant_scope

IDLE_SECONDS = 1800
IDLE_SECONDS_SENSITIVE = 600  # for roles that move money or people (RELIABILITY D20)
SENSITIVE_ROLES = frozenset({"cash_accountant", "tenant_admin"})
LANGUAGE_COOKIE = "language"

GetResponse = Callable[[HttpRequest], HttpResponse]


class LanguageMiddleware:
    """Speak the language chosen in the profile, else in the cookie, else asked for by the browser."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Activate the language for this request alone."""
        language = request.COOKIES.get(LANGUAGE_COOKIE) or translation.get_language_from_request(
            request
        )
        with translation.override(language if language in {"fr", "en"} else "en"):
            request.LANGUAGE_CODE = translation.get_language() or "en"
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or "en")
        return response


class ActorMiddleware:
    """Find the actor and the tenant of a signed-in person; both are None for everybody else."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set `request.actor`, `request.tenant` and `request.seats`, and end a session left idle."""
        request.actor = None  # type: ignore[attr-defined]
        request.tenant = None  # type: ignore[attr-defined]
        request.seats = []  # type: ignore[attr-defined]
        if request.user.is_authenticated:
            self._find_actor(request)
        return self.get_response(request)

    def _find_actor(self, request: HttpRequest) -> None:
        user: Any = request.user
        seats = look_ups.seats_of(user.pk)
        request.seats = seats  # type: ignore[attr-defined]
        chosen = request.session.get("tenant")
        seat = next(
            (seat for seat in seats if str(seat.tenant_id) == chosen), seats[0] if seats else None
        )
        if seat is None:
            return
        with tenant_scope(seat.tenant_id):
            actor = actor_of(seat.membership_id)
            tenant = Tenant.objects.get(pk=seat.tenant_id)
        if actor is None:
            return
        if _is_idle(request, actor):
            logout(request)
            request.seats = []  # type: ignore[attr-defined]
            return
        request.actor = actor  # type: ignore[attr-defined]
        request.tenant = tenant  # type: ignore[attr-defined]
        translation.activate(actor.language)
        request.LANGUAGE_CODE = actor.language


def _is_idle(request: HttpRequest, actor: Actor) -> bool:
    """Return whether the session was left alone too long, and note that it is used now (once a minute)."""
    now = int(time.time())
    limit = IDLE_SECONDS_SENSITIVE if SENSITIVE_ROLES & set(actor.roles) else IDLE_SECONDS
    seen = request.session.get("seen", now)
    if now - seen > limit:
        return True
    if now - seen > 60 or "seen" not in request.session:  # noqa: PLR2004  a write a minute, not one a request
        request.session["seen"] = now
    return False
