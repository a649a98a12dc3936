"""Who asks: language, tenant and actor of a request."""

import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.translation import ngettext

from accounts import look_ups
from accounts.models import Tenant
from accounts.queries import actor_of
from accounts.queries.second_factor import SecondFactorDue, second_factor_due
from accounts.sign_in_events import record_denial
from kernel.permissions import Actor
from kernel.tenancy import tenant_scope

NOTE_SECONDS = 60  # a session's use is written down once a minute, not once a request
IDLE_SECONDS = 1800
LONGEST_SECONDS = 12 * 3600  # from signing in, however busy
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


class SessionsSeenMiddleware:
    """Note where a person is signed in: once a minute, and at once when a session is new or comes from elsewhere."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let allauth write its note when it would say something new."""
        session = request.session
        if session.session_key and request.user.is_authenticated:
            now = int(time.time())
            place = f"{session.session_key} {request.META.get('REMOTE_ADDR')} {request.headers.get('User-Agent')}"
            digest = sha256(place.encode()).hexdigest()
            noted_at, noted_place = session.get("noted", (0, ""))
            if noted_place != digest or now - noted_at >= NOTE_SECONDS:
                session["noted"] = (now, digest)
                UserSession.objects.create_from_request(request)
        return self.get_response(request)


class ActorMiddleware:
    """Find the actor and the tenant of a signed-in person; both are None for everybody else."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set `request.actor`, `request.tenant` and `request.seats`, and end a session left idle."""
        request.actor = None  # type: ignore[attr-defined]
        request.tenant = None  # type: ignore[attr-defined]
        request.seats = []  # type: ignore[attr-defined]
        request.second_factor_due = None  # type: ignore[attr-defined]
        if request.user.is_authenticated:
            self._find_actor(request)
        due: SecondFactorDue | None = request.second_factor_due  # type: ignore[attr-defined]
        if due is not None and due.is_over and not _is_open_without_second_factor(request.path):
            return redirect("mfa_index")
        response = self.get_response(request)
        _record_denial(request)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Note a refusal of a permission, to be recorded when the answer is ready."""
        actor: Actor | None = getattr(request, "actor", None)
        if isinstance(exception, PermissionDenied) and actor is not None:
            request.denied = (actor, str(exception))  # type: ignore[attr-defined]

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
            due = second_factor_due(actor, tenant, now=timezone.now()) if actor else None
        if actor is None:
            return
        if _is_over(request, actor):
            logout(request)
            request.seats = []  # type: ignore[attr-defined]
            return
        request.second_factor_due = due  # type: ignore[attr-defined]
        request.actor = actor  # type: ignore[attr-defined]
        request.tenant = tenant  # type: ignore[attr-defined]
        translation.activate(actor.language)
        request.LANGUAGE_CODE = actor.language


def _record_denial(request: HttpRequest) -> None:
    """Record in the tenant's audit trail that somebody, or a key, asked for what he may not (P11)."""
    denied: tuple[Actor, str] | None = getattr(request, "denied", None)
    if denied is not None:
        match = request.resolver_match
        record_denial(
            denied[0],
            permission=denied[1],
            route=match.view_name if match else "",
            method=request.method or "",
        )


def _is_over(request: HttpRequest, actor: Actor) -> bool:
    """Return whether the session was left alone too long or is too old, and note that it is used now."""
    now = int(time.time())
    limit = IDLE_SECONDS_SENSITIVE if SENSITIVE_ROLES & set(actor.roles) else IDLE_SECONDS
    seen = request.session.get("seen", now)
    if now - seen > limit:
        messages.info(
            request,
            ngettext(
                "You were signed out after %(count)d minute without activity.",
                "You were signed out after %(count)d minutes without activity.",
                limit // 60,
            )
            % {"count": limit // 60},
        )
        return True
    if now - request.session.setdefault("since", now) > LONGEST_SECONDS:
        return True
    if now - seen > NOTE_SECONDS or "seen" not in request.session:
        request.session["seen"] = now
    return False


def _is_open_without_second_factor(path: str) -> bool:
    """Return whether a page stays open to who still owes a second factor: where he sets it up, and the way out."""
    return path.startswith(("/me/", "/static/")) or path in {"/logout", "/switch", "/healthz"}
