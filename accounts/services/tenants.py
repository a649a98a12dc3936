"""Opening a tenant: its row, the root of its scope tree and its first administrator."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from allauth.account.models import EmailAddress
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts import look_ups
from accounts.models import Membership, MembershipState, RoleGrant, Scope, ScopeKind, Tenant, User
from accounts.services import audit
from accounts.services.roles import check_conflict
from kernel.errors import Refused
from kernel.identifiers import uuid7
from kernel.permissions import system_actor
from kernel.tenancy import tenant_scope


class SlugTaken(Refused):
    """Another tenant has this slug."""

    code: ClassVar[str] = "slug_taken"


@dataclass(frozen=True, slots=True)
class NewTenant:
    """What is said of a tenant when it is opened."""

    slug: str
    name: str
    country: str = "FR"
    currency: str = "EUR"
    language: str = "fr"
    is_solo: bool = False
    is_demo: bool = False


@dataclass(frozen=True, slots=True)
class OpenedTenant:
    """A tenant and its first administrator."""

    tenant_id: UUID
    membership_id: UUID
    user: User
    is_new_user: bool


def open_tenant(
    new: NewTenant,
    *,
    admin_email: str,
    admin_name: str = "",
    password: str | None = None,
    roles: tuple[str, ...] = ("tenant_admin",),
    is_address_proven: bool = False,
    now: datetime,
) -> OpenedTenant:
    """Open a tenant whose first colleague holds `roles` at the root; opens its own tenant scope.

    The administrator of a tenant of one person may hold roles that the segregation rules keep apart only in solo
    mode (`is_solo`, S14), which marks every such entry in the audit trail. `password` is for a new account, an
    existing one keeps its own. Raises SlugTaken and RoleConflict.
    """
    refuse_taken_slug(new.slug)
    tenant_id = uuid7()
    with tenant_scope(tenant_id):
        tenant = Tenant.objects.create(
            id=tenant_id,
            is_second_factor_required=not new.is_demo,
            **{field: getattr(new, field) for field in new.__slots__},
        )
        root = Scope.objects.create(kind=ScopeKind.GROUP, code="", name=tenant.name, path="/")
        user = User.objects.filter(email=admin_email.lower()).first()
        is_new_user = user is None
        if user is None:
            user = _new_user(
                admin_email,
                name=admin_name,
                password=password,
                language=new.language,
                is_address_proven=is_address_proven,
            )
        membership = Membership.objects.create(
            user=user,
            email=user.email,
            name=admin_name or user.name or user.email,
            state=MembershipState.ACTIVE,
            joined_at=now,
        )
        rule = check_conflict(frozenset(roles), tenant=tenant, name=membership.name)
        for role in roles:
            RoleGrant.objects.create(membership=membership, role=role, scope=root)
        audit.record(
            actor=system_actor(tenant_id),
            action="accounts.open_tenant",
            object_kind="membership",
            object_id=membership.pk,
            roles=list(roles),
            **({"single_control": True, "rule": rule} if rule else {}),
        )
    return OpenedTenant(tenant_id, membership.pk, user, is_new_user)


def refuse_taken_slug(slug: str) -> None:
    """Raise SlugTaken when another tenant has this short name."""
    if look_ups.tenant_of_slug(slug):
        raise SlugTaken(
            _("The short name “%(slug)s” is taken. Choose another, for example “%(slug)s-2”.")
            % {"slug": slug},
            slug=slug,
        )


def free_slug(name: str) -> str:
    """Return a short name for addresses and commands made of a company's name, numbered when it is taken."""
    stem = slugify(name)[:50].strip("-") or "company"
    candidate, number = stem, 1
    while look_ups.tenant_of_slug(candidate):
        number += 1
        candidate = f"{stem}-{number}"
    return candidate


def _new_user(
    email: str, *, name: str, password: str | None, language: str, is_address_proven: bool
) -> User:
    user = User.objects.create_user(email, password, name=name, language=language)
    EmailAddress.objects.create(
        user=user, email=user.email, verified=is_address_proven, primary=True
    )
    return user
