"""Pages of an administrator about the company: settings, scope tree and API keys."""

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts import permissions
from accounts.forms.company import DEFAULT_LIFE, CompanyForm, ScopeForm, TokenForm, TransferForm
from accounts.labels import permission_label
from accounts.models import ApiToken, Scope
from accounts.queries.scope_tree import scope_history, scope_tree
from accounts.services import company as services
from accounts.services import scopes as tree
from accounts.services import tokens
from accounts.step_up import step_up
from accounts.views.answers import status_of, tried
from accounts.views.trail import told
from kernel.http import TenantRequest, edits, reads, writes
from kernel.permissions import Verb


@reads(permissions.MANAGE_USERS, Verb.DO)
def administration(request: TenantRequest) -> HttpResponse:  # noqa: ARG001
    """Open the first page of the administration."""
    return redirect("company")


@edits(permissions.MANAGE_USERS, Verb.DO)
@step_up
def company(request: TenantRequest) -> HttpResponse:
    """Show and change the settings of the company."""
    shown = {field: getattr(request.tenant, field) for field in services.SETTABLE}
    form = CompanyForm(request.POST or None, initial=shown)
    if request.method == "POST" and form.is_valid():
        changed = tried(
            form, lambda: services.change_company(actor=request.actor, **form.cleaned_data)
        )
        if changed is not None:
            messages.success(request, _("The settings of the company are saved."))
            return redirect("company")
    return render(request, "accounts/company.html", {"form": form}, status=status_of(form))


@reads(permissions.MANAGE_USERS, Verb.DO)
def scopes(request: TenantRequest) -> HttpResponse:
    """Show the scope tree with its history."""
    return _tree(request, ScopeForm(currency=request.tenant.currency), TransferForm())


def _tree(request: TenantRequest, form: ScopeForm, transfer: TransferForm) -> HttpResponse:
    context = {
        "nodes": scope_tree(),
        "form": form,
        "transfer": transfer,
        "events": told(scope_history()),
    }
    status = max(status_of(form), status_of(transfer))
    return render(request, "accounts/scopes.html", context, status=status)


@writes(permissions.MANAGE_USERS, Verb.DO)
@step_up
def add_scope(request: TenantRequest) -> HttpResponse:
    """Add a node to the scope tree."""
    form = ScopeForm(request.POST, currency=request.tenant.currency)
    if form.is_valid():
        scope = tried(form, lambda: tree.add_scope(actor=request.actor, **form.cleaned_data))
        if scope is not None:
            messages.success(request, _("“%(name)s” is added.") % {"name": scope.name})
            return redirect("scopes")
    return _tree(request, form, TransferForm())


@writes(permissions.MANAGE_USERS, Verb.DO)
@step_up
def transfer_portfolios(request: TenantRequest) -> HttpResponse:
    """Move every portfolio of one part of the company to another."""
    form = TransferForm(request.POST)
    if form.is_valid():
        moved = tried(form, lambda: tree.move_portfolios(actor=request.actor, **form.cleaned_data))
        if moved:
            names = ", ".join(portfolio.name for portfolio in moved)
            messages.success(request, _("Moved: %(names)s.") % {"names": names})
            return redirect("scopes")
    return _tree(request, ScopeForm(currency=request.tenant.currency), form)


@writes(permissions.MANAGE_USERS, Verb.DO)
@step_up
def move_scope(request: TenantRequest, scope_id: UUID) -> HttpResponse:
    """Move a node with everything below it."""
    scope = get_object_or_404(Scope, pk=scope_id)
    parent = get_object_or_404(Scope, path=request.POST.get("parent", ""))
    tree.move_scope(scope=scope, parent=parent, actor=request.actor)
    messages.success(
        request,
        _("“%(name)s” now lies below “%(parent)s”.") % {"name": scope.name, "parent": parent.name},
    )
    return redirect("scopes")


@writes(permissions.MANAGE_USERS, Verb.DO)
@step_up
def rename_scope(request: TenantRequest, scope_id: UUID) -> HttpResponse:
    """Give a node another name."""
    scope = get_object_or_404(Scope, pk=scope_id)
    name = request.POST.get("name", "").strip()[:200]
    if name:
        tree.rename_scope(scope=scope, name=name, actor=request.actor)
        messages.success(request, _("The node is now called “%(name)s”.") % {"name": name})
    return redirect("scopes")


@writes(permissions.MANAGE_USERS, Verb.DO)
@step_up
def remove_scope(request: TenantRequest, scope_id: UUID) -> HttpResponse:
    """Remove an empty node."""
    scope = get_object_or_404(Scope, pk=scope_id)
    name = scope.name
    tree.remove_scope(scope=scope, actor=request.actor)
    messages.success(request, _("“%(name)s” is removed.") % {"name": name})
    return redirect("scopes")


@edits(permissions.MANAGE_KEYS, Verb.DO)
@step_up
def keys(request: TenantRequest) -> HttpResponse:
    """List the API keys and issue a new one; its secret is shown once."""
    form = TokenForm(
        request.POST or None,
        initial={
            "owner": request.actor.membership_id,
            "expires_on": request.today + DEFAULT_LIFE,
        },
    )
    if request.method == "POST" and form.is_valid():
        issued = tried(
            form,
            lambda: tokens.issue_token(actor=request.actor, now=request.now, **form.cleaned_data),
        )
        if issued is not None:
            token, secret = issued
            return render(request, "accounts/key_shown.html", {"token": token, "secret": secret})
    listed = ApiToken.objects.select_related("owner").order_by("-created_at")
    context = {
        "form": form,
        "rows": [
            (
                token,
                [permission_label(scope) for scope in token.scopes],
                token.expires_at - request.now < timedelta(0),
            )
            for token in listed
        ],
    }
    return render(request, "accounts/keys.html", context, status=status_of(form))


@writes(permissions.MANAGE_KEYS, Verb.DO)
@step_up
def revoke_key(request: TenantRequest, token_id: UUID) -> HttpResponse:
    """End an API key."""
    token = get_object_or_404(ApiToken, pk=token_id)
    tokens.revoke_token(token=token, actor=request.actor, now=request.now)
    messages.success(request, _("The key “%(name)s” has ended.") % {"name": token.name})
    return redirect("keys")
