"""A person's own pages: profile, colours, language, and which of his companies he works in."""

from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms.people import ProfileForm
from accounts.middleware import LANGUAGE_COOKIE
from accounts.models import ApiToken, Language, Membership, Theme
from accounts.ports import role_label
from accounts.rules.scopes import ROOT
from accounts.services import tokens
from accounts.step_up import step_up
from accounts.views.answers import back_to, done, status_of
from kernel.http import TenantRequest, public, signed_in, writes
from kernel.permissions import ANY_MEMBER, Actor, Grant
from kernel.tenancy import tenant_scope

THEME_COOKIE = "theme"
A_YEAR = 365 * 24 * 3600  # seconds


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Show and change how the pages look and speak to one person."""
    user: Any = request.user
    shown = {
        field: getattr(user, field) for field in ("name", "language", "theme", "has_shortcuts")
    }
    form = ProfileForm(request.POST or None, initial=shown)
    if request.method == "POST" and form.is_valid():
        for field, value in form.cleaned_data.items():
            setattr(user, field, value)
        user.save(update_fields=list(form.cleaned_data))
        _rename_colleague(request, user.name)
        messages.success(request, _("Your profile is saved."))
        response = redirect("profile")
        _remember(response, LANGUAGE_COOKIE, user.language)
        _remember(response, THEME_COOKIE, user.theme)
        return response
    context = {"form": form, **_around(request)}
    return render(request, "accounts/profile.html", context, status=status_of(form))


def _around(request: HttpRequest) -> dict[str, Any]:
    """Return what else a person sees of himself: second factors, roles, keys that act for him."""
    actor: Actor | None = getattr(request, "actor", None)
    user: Any = request.user
    factors = Authenticator.objects.filter(user=user)
    context: dict[str, Any] = {
        "has_app": factors.filter(type=Authenticator.Type.TOTP).exists(),
        "passkeys": factors.filter(type=Authenticator.Type.WEBAUTHN).count(),
        "roles": [],
        "keys": [],
    }
    if actor is not None:
        with tenant_scope(actor.tenant_id):
            context["keys"] = list(
                ApiToken.objects.filter(owner=actor.membership_id, revoked_at=None)
            )
        context["roles"] = [_held(grant) for grant in actor.grants]
    return context


def _held(grant: Grant) -> str:
    """Return a role with where it is held, unless that is the whole company."""
    where = "" if grant.scope_path == ROOT else f" ({grant.scope_path})"
    return f"{role_label(grant.role)}{where}"


def _rename_colleague(request: HttpRequest, name: str) -> None:
    actor: Actor | None = getattr(request, "actor", None)
    if actor is not None and actor.membership_id is not None:
        with tenant_scope(actor.tenant_id):
            Membership.objects.filter(pk=actor.membership_id).update(name=name)


@public
@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Keep the colours chosen: in a cookie, and in the profile of somebody signed in."""
    theme = request.POST.get("theme", "")
    if theme not in Theme.values:
        raise Http404
    _keep(request, "theme", theme)
    response = done(request, "/")
    _remember(response, THEME_COOKIE, theme)
    return response


@public
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Keep the language chosen: in a cookie, and in the profile of somebody signed in."""
    language = request.POST.get("language", "")
    if language not in Language.values:
        raise Http404
    _keep(request, "language", language)
    response = back_to(request, "/")
    _remember(response, LANGUAGE_COOKIE, language)
    return response


def _keep(request: HttpRequest, field: str, value: str) -> None:
    user: Any = request.user
    if user.is_authenticated:
        setattr(user, field, value)
        user.save(update_fields=[field])


def _remember(response: HttpResponse, name: str, value: str) -> None:
    """Keep a choice for a year; the script that switches the theme at once has to be able to change it."""
    response.set_cookie(name, value, max_age=A_YEAR, samesite="Lax")


@signed_in
@require_POST
def switch_tenant(request: HttpRequest) -> HttpResponse:
    """Work in another of one's companies from now on."""
    wanted = request.POST.get("tenant", "")
    seats: list[Any] = getattr(request, "seats", [])
    seat = next((seat for seat in seats if seat.slug == wanted), None)
    if seat is None:
        raise Http404
    request.session.cycle_key()
    request.session["tenant"] = str(seat.tenant_id)
    return back_to(request, "/")


@writes(ANY_MEMBER)
@step_up
def collect_key(request: TenantRequest, token_id: UUID) -> HttpResponse:
    """Show the secret of a key that acts for this person, once."""
    token = get_object_or_404(ApiToken, pk=token_id, owner=request.actor.membership_id)
    secret = tokens.collect_token(token=token, actor=request.actor, now=request.now)
    return render(request, "accounts/key_shown.html", {"token": token, "secret": secret})
