"""Pages of visitors: signing in, signing up, accepting an invitation."""

from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.account.forms import LoginForm
from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from allauth.account.views import LoginView
from allauth.core.internal import ratelimit
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import look_ups
from accounts.forms.entrance import AcceptForm, CompanyFields, SignUpForm
from accounts.models import Invitation, Tenant, User
from accounts.ports import sample_loader
from accounts.queries.people import demo_sign_ins
from accounts.services.invitations import (
    InvitationForSomebodyElse,
    accept_invitation,
    open_invitation,
    user_for_invitation,
)
from accounts.services.sign_up import open_first_entity
from accounts.services.sign_up import sign_up as open_company
from accounts.services.tenants import OpenedTenant
from accounts.views.answers import UNPROCESSABLE, status_of
from kernel.errors import Refused
from kernel.http import public
from kernel.tenancy import tenant_scope

# A whole office behind one address may sign up in an hour, a script may not fill the database.
LIMITS = {"sign_up": "30/h/ip", "invitation": "60/h/ip", "demo": "600/h/ip"}


class SignInForm(LoginForm):  # type: ignore[misc]  # allauth ships no types
    """The library's form, told to browsers as what it is; labels stand above the fields, so nothing stands in them."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, purpose in (("login", "username"), ("password", "current-password")):
            attributes = self.fields[name].widget.attrs
            attributes.pop("placeholder", None)
            attributes["autocomplete"] = purpose


class SignInView(LoginView):  # type: ignore[misc]  # allauth ships no types
    """E-mail and password, passkey, and on a demo one sign-in per role."""

    form_class = SignInForm

    def get_context_data(self, **options: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**options)
        return {**context, "demo_people": demo_sign_ins()}


sign_in = public(SignInView.as_view())


@public
@require_POST
def sign_in_demo(request: HttpRequest, membership_id: UUID) -> HttpResponse:
    """Sign in as one of the people of a demo tenant; there is no such address elsewhere."""
    person = next((one for one in demo_sign_ins() if one.membership_id == membership_id), None)
    if person is None or not _within_limit(request, "demo"):
        raise Http404
    if request.user.is_authenticated:
        logout(request)
    return _enter(request, User.objects.get(pk=person.user_id), person.tenant_id, method="demo")


@public
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Open a company: with an account made here, or for somebody who is signed in already."""
    user: Any = request.user
    kind = CompanyFields if user.is_authenticated else SignUpForm
    form = kind(request.POST or None, offers_sample_data=sample_loader() is not None)
    if request.method == "POST" and form.is_valid():
        if not _within_limit(request, "sign_up"):
            form.add_error(
                None, _("Too many companies were opened from your network. Try again in an hour.")
            )
        else:
            return _open(request, form)
    return render(request, "accounts/sign_up.html", {"form": form}, status=status_of(form))


def _open(request: HttpRequest, form: CompanyFields) -> HttpResponse:
    user: Any = request.user
    now = timezone.now()
    chosen = form.cleaned_data
    opened = open_company(
        company=chosen["company"],
        name=user.name if user.is_authenticated else form.name,  # type: ignore[attr-defined]
        email=user.email if user.is_authenticated else chosen["email"],
        password=chosen.get("password"),
        role=chosen["role"],
        is_solo=chosen["is_solo"],
        language=translation.get_language() or "en",
        now=now,
    )
    if chosen.get("has_sample_data"):
        _load_sample(opened, now)
    else:
        open_first_entity(opened.tenant_id)
    next_page = "/" if chosen.get("has_sample_data") or not chosen["is_solo"] else "/imports"
    if user.is_authenticated:
        request.session["tenant"] = str(opened.tenant_id)
        return redirect(next_page)
    return _enter(request, opened.user, opened.tenant_id, is_new=True, next_page=next_page)


def _load_sample(opened: OpenedTenant, now: datetime) -> None:
    loader = sample_loader()
    if loader is not None:
        loader(opened.tenant_id, now)


@public
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Show an invitation, and let the invited person in on POST; only the secret in the address finds it."""
    if not _within_limit(request, "invitation"):
        raise Http404
    found = look_ups.tenant_of_secret("invitation", secret)
    if found is None:
        message = _(
            "This invitation is not known. Open the link exactly as it was sent, or ask for a new one."
        )
        return render(request, "accounts/invitation_over.html", {"message": message}, status=404)
    try:
        with tenant_scope(found[0]):
            answer = _invited(request, open_invitation(found[1], now=timezone.now()))
    except Refused as refused:
        context = {
            "message": refused.message,
            "is_other": isinstance(refused, InvitationForSomebodyElse),
        }
        return render(request, "accounts/invitation_over.html", context, status=UNPROCESSABLE)
    if isinstance(answer, User):
        if request.user.is_authenticated:
            request.session["tenant"] = str(found[0])
            return redirect("/")
        return _enter(request, answer, found[0])
    return answer


def _invited(request: HttpRequest, invited: Invitation) -> HttpResponse | User:
    """Return the page of an open invitation, or the user who has just accepted it."""
    user: Any = request.user
    now = timezone.now()
    account = User.objects.filter(email=invited.membership.email.lower()).first()
    has_account = account is not None and account.has_usable_password()
    form = AcceptForm(
        request.POST or None,
        email=invited.membership.email,
        initial={"name": invited.membership.name},
    )
    if request.method == "POST" and user.is_authenticated:
        accept_invitation(invitation=invited, user=user, now=now)
        return User.objects.get(pk=user.pk)
    if request.method == "POST" and not has_account and form.is_valid():
        person = user_for_invitation(invited, **form.cleaned_data)
        accept_invitation(invitation=invited, user=person, now=now)
        return person
    context = {
        "form": form,
        "tenant": Tenant.objects.get(),
        "member": invited.membership,
        "inviter": invited.invited_by,
        "has_account": has_account,
    }
    return render(request, "accounts/invitation.html", context, status=status_of(form))


def _enter(
    request: HttpRequest,
    user: User,
    tenant_id: UUID,
    *,
    is_new: bool = False,
    method: str = "password",
    next_page: str = "/",
) -> HttpResponse:
    """Sign a person in who has just shown who he is, and open the company; a second factor is still asked for."""
    record_authentication(request, user, method=method)
    verification = "optional" if is_new else "none"
    response: HttpResponse = perform_login(
        request, user, email_verification=verification, redirect_url=next_page, signup=is_new
    )
    request.session["tenant"] = str(tenant_id)
    return response


def _within_limit(request: HttpRequest, action: str) -> bool:
    return ratelimit.consume(request, app="accounts", action=action, config=LIMITS) is not None
