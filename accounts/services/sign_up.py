"""Signing up: a person opens a company and starts to work in it at once."""

from datetime import datetime
from uuid import UUID

from django.utils.text import slugify

from accounts.models import Scope, ScopeKind, Tenant
from accounts.ports import role_page
from accounts.services.scopes import add_scope
from accounts.services.tenants import NewTenant, OpenedTenant, free_slug, open_tenant
from kernel.permissions import system_actor
from kernel.tenancy import tenant_scope

ADMIN = "tenant_admin"
MANAGER = "credit_manager"

# What a visitor may say he is; the words are on the page.
OFFERED_ROLES = (MANAGER, "collector", "executive", "sales_rep")


def starting_roles(role: str, *, is_solo: bool) -> tuple[str, ...]:
    """Return the roles of a company's first person, the one he chose first.

    Alone (S14) he is also credit manager, for somebody has to import and decide, and administrator. With
    colleagues to come he is administrator, and keeps the chosen role only where the rules let one person hold both.
    """
    if is_solo:
        return tuple(dict.fromkeys((role, MANAGER, ADMIN)))
    if role_page().conflict(frozenset({role, ADMIN})):
        return (ADMIN,)
    return (role, ADMIN)


def sign_up(
    *,
    company: str,
    name: str,
    email: str,
    password: str | None,
    role: str,
    is_solo: bool,
    language: str,
    now: datetime,
) -> OpenedTenant:
    """Open a company for its first person; `password` None is for somebody who already has an account."""
    return open_tenant(
        NewTenant(slug=free_slug(company), name=company, language=language, is_solo=is_solo),
        admin_email=email,
        admin_name=name,
        password=password,
        roles=starting_roles(role, is_solo=is_solo),
        now=now,
    )


def open_first_entity(tenant_id: UUID) -> None:
    """Give a new company the legal entity that issues its invoices, under its own name; opens its own scope.

    Without one the very first import is refused. A group renames it and adds the others under Administration.
    """
    with tenant_scope(tenant_id):
        tenant = Tenant.objects.get(pk=tenant_id)
        add_scope(
            parent=Scope.objects.get(path="/"),
            kind=ScopeKind.ENTITY,
            code=slugify(tenant.name).split("-")[0][:20] or "MAIN",
            name=tenant.name,
            currency=tenant.currency,
            actor=system_actor(tenant_id),
        )
