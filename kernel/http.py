"""The edge of every page: permission, tenant, transaction and refusals, declared in one line above the view."""

from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.timezone import override as in_zone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from kernel.errors import Refused, needs_another
from kernel.permissions import Actor, Verb
from kernel.tenancy import tenant_scope

P = ParamSpec("P")

UNPROCESSABLE = 422
CHANGING = (Verb.DO, Verb.APPROVE)
ASKING = (Verb.DO, Verb.APPROVE, Verb.PROPOSE)


class TenantRequest(HttpRequest):
    """A request inside a tenant: `actor`, the `tenant` row, and the clock read once."""

    actor: Actor
    tenant: Any
    now: datetime
    today: date


View = Callable[Concatenate[TenantRequest, P], HttpResponse]
AnyView = Callable[..., HttpResponse]


def public(view: AnyView) -> AnyView:
    """Declare that anybody may open `view`: it reads no tenant's rows, or finds the tenant by a secret."""
    view.permission = None  # type: ignore[attr-defined]
    view.is_public = True  # type: ignore[attr-defined]
    return view


def signed_in(view: AnyView) -> AnyView:
    """Declare that a person who signed in may open `view`, even without a tenant: his own account."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return never_cache(view)(request, *args, **kwargs)

    wrapped.permission = "signed_in"  # type: ignore[attr-defined]
    return wrapped


def reads(permission: str, *verbs: Verb) -> Callable[[View[P]], AnyView]:
    """Declare that `view` only reads, inside the actor's tenant, and needs `permission` (any of `verbs`)."""

    def decorate(view: View[P]) -> AnyView:
        return require_safe(_guarded(view, permission, verbs, is_writing=False))

    return decorate


def writes(permission: str, *verbs: Verb) -> Callable[[View[P]], AnyView]:
    """Declare that `view` changes something by POST and needs `permission`; to do or approve unless `verbs` say."""

    def decorate(view: View[P]) -> AnyView:
        return require_POST(_guarded(view, permission, verbs or CHANGING, is_writing=True))

    return decorate


def edits(permission: str, *verbs: Verb) -> Callable[[View[P]], AnyView]:
    """Declare that `view` shows a form on GET and changes something on POST, both under `permission`."""

    def decorate(view: View[P]) -> AnyView:
        return _guarded(view, permission, verbs or CHANGING, is_writing=True)

    return decorate


def _guarded(
    view: View[P], permission: str, verbs: tuple[Verb, ...], *, is_writing: bool
) -> AnyView:
    @wraps(view)
    @never_cache
    def wrapped(request: TenantRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        actor: Actor | None = getattr(request, "actor", None)
        if actor is None:
            return redirect_to_login(request.get_full_path())
        if not actor.can(permission, *verbs):
            raise PermissionDenied(permission)
        needs_another.set(None)
        try:
            with tenant_scope(actor.tenant_id):
                set_clock(request)
                with in_zone(ZoneInfo(request.tenant.time_zone)):
                    response = view(request, *args, **kwargs)
                if response.status_code >= 500:  # noqa: PLR2004  what failed half-way must not be kept
                    transaction.set_rollback(True)
            return _alone(request, response)
        except Refused as refused:
            if not is_writing and request.method not in {"GET", "HEAD"}:
                raise
            return refusal(request, refused)

    wrapped.permission = permission  # type: ignore[attr-defined]
    wrapped.verbs = verbs  # type: ignore[attr-defined]
    return wrapped


def _alone(request: TenantRequest, response: HttpResponse) -> HttpResponse:
    """Return what a page answered; where it showed a refusal that another person would lift, what solo mode says."""
    if response.status_code != UNPROCESSABLE:
        return response
    return _kept_for_another(request) or response


def _kept_for_another(request: HttpRequest) -> HttpResponse | None:
    """Let solo mode keep the act for the legal representative (S14); None where the house is not in that mode."""
    refused, door = needs_another.get(), settings.OTC_SOLO_DOOR
    tenant: Any = getattr(request, "tenant", None)
    actor: Actor | None = getattr(request, "actor", None)
    is_open = refused is not None and door and request.method == "POST" and not request.FILES
    if not is_open or tenant is None or not tenant.is_solo or actor is None:
        return None
    keep: Callable[[HttpRequest, Refused | None], HttpResponse | None] = import_string(door)
    return None if actor.is_single_control else keep(request, refused)


def set_clock(request: TenantRequest) -> None:
    """Read the clock once for this request: the instant, and the day in the tenant's calendar."""
    request.now = timezone.now()
    request.today = request.now.astimezone(ZoneInfo(request.tenant.time_zone)).date()


def mark_refused(request: HttpRequest) -> None:
    """Say that the answer is a refusal: its frame then counts nothing that waits."""
    request.is_refused = True  # type: ignore[attr-defined]


def refusal(request: HttpRequest, refused: Refused) -> HttpResponse:
    """Return the page that shows a refusal as it is, with the way back."""
    mark_refused(request)
    context = {"refused": refused, "back": request.headers.get("referer", "")}
    if (kept := _kept_for_another(request)) is not None:
        return kept
    template = "refused.html#sentence" if getattr(request, "htmx", False) else "refused.html"
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None:
        return render(request, template, context, status=refused.status)
    with tenant_scope(actor.tenant_id):
        refused.keep_trace()
        return render(request, template, context, status=refused.status)


class DeclaredPermissionMiddleware:
    """Refuse every view that declares neither a permission nor that it is public: an unlisted URL is closed (P10)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; the check is made once its view is known."""
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: AnyView,
        args: tuple[Any, ...],  # noqa: ARG002
        kwargs: dict[str, Any],  # noqa: ARG002
    ) -> None:
        """Let a declared view pass, and views of libraries that the settings list by route."""
        if is_declared(view, request):
            return
        raise PermissionDenied(request.path)


def is_declared(view: AnyView, request: HttpRequest) -> bool:
    """Return whether the view says who may open it, itself, by its class, or by its route in otc/urls.py."""
    declared = hasattr(view, "permission") or hasattr(
        getattr(view, "view_class", None), "permission"
    )
    if declared or hasattr(getattr(view, "cls", None), "permission"):
        return True
    match = request.resolver_match
    return match is not None and match.view_name in settings_routes()


def settings_routes() -> frozenset[str]:
    """Return the names of routes whose views come from libraries and guard themselves."""
    return frozenset(getattr(settings, "OTC_LIBRARY_ROUTES", ()))
