"""The cast: two tenants of fictional companies with their people, used by every test that needs somebody."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from uuid import UUID

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client

from accounts.models import Membership, MembershipState, RoleGrant, Scope, ScopeKind, User
from accounts.queries import actor_of
from accounts.services.tenants import NewTenant, open_tenant
from kernel.permissions import Actor
from kernel.tenancy import tenant_scope
from ledger.models import Contact, Customer, Entity

NOW = datetime(2026, 10, 31, 9, 0, tzinfo=UTC)
TODAY = date(2026, 10, 31)


CustomerMaker = Callable[..., Customer]


@cache
def password_hash() -> str:
    """Return what is kept of everybody's password: a slow hash, as it must be, and therefore made once."""
    return make_password("correct horse battery")


@dataclass(frozen=True)
class House:
    """A tenant with one entity, one portfolio and one person per role asked for."""

    slug: str
    tenant_id: UUID
    entity_id: UUID
    portfolio_id: UUID

    def scope(self) -> AbstractContextManager[None]:
        """Open this tenant's scope."""
        return tenant_scope(self.tenant_id)

    def member(self, role: str, *, path: str = "/", email: str = "") -> UUID:
        """Return the membership of a person who holds `role`; made at the first call, outside any scope."""
        address = email or f"{role.replace('_', '.')}@{self.slug}.example"
        with self.scope():
            known = Membership.objects.filter(email=address).first()
            if known:
                return known.pk
            user = User.objects.create(
                email=address, password=password_hash(), name=role.replace("_", " ").title()
            )
            membership = Membership.objects.create(
                user=user,
                email=address,
                name=user.name,
                state=MembershipState.ACTIVE,
                joined_at=NOW,
            )
            RoleGrant.objects.create(
                membership=membership, role=role, scope=Scope.objects.get(path=path)
            )
            return membership.pk

    def member_known(self, role: str) -> UUID:
        """Return the membership of the person who holds `role` and was made before; inside this tenant's scope."""
        return Membership.objects.get(email=f"{role.replace('_', '.')}@{self.slug}.example").pk

    def actor(self, role: str, *, path: str = "/") -> Actor:
        """Return the actor of a person who holds `role`."""
        membership_id = self.member(role, path=path)
        with self.scope():
            actor = actor_of(membership_id)
        assert actor is not None
        return actor

    def client(self, role: str, *, path: str = "/") -> Client:
        """Return a browser in which the person who holds `role` is signed in."""
        membership_id = self.member(role, path=path)
        with self.scope():
            user = Membership.objects.select_related("user").get(pk=membership_id).user
        assert user is not None
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        session = client.session
        session["tenant"] = str(self.tenant_id)
        session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()
        return client


def make_house(slug: str, name: str, *, country: str = "FR") -> House:
    """Open a tenant with an entity `<SLUG>` and a portfolio below it."""
    opened = open_tenant(
        NewTenant(slug=slug, name=name, country=country),
        admin_email=f"tenant.admin@{slug}.example",
        now=NOW,
    )
    code = slug.upper()
    with tenant_scope(opened.tenant_id):
        root = Scope.objects.get(path="/")
        land = Scope.objects.create(
            parent=root, kind=ScopeKind.COUNTRY, code=country, name=country, path=f"/{country}/"
        )
        entity_scope = Scope.objects.create(
            parent=land, kind=ScopeKind.ENTITY, code=code, name=name, path=f"/{country}/{code}/"
        )
        portfolio = Scope.objects.create(
            parent=entity_scope,
            kind=ScopeKind.PORTFOLIO,
            code="NORD",
            name="Nord",
            path=f"/{country}/{code}/NORD/",
        )
        entity = Entity.objects.create(
            scope=entity_scope,
            code=code,
            name=name,
            country=country,
            iban="FR7630006000011234567890189",
            bic="AGRIFRPP",
            account_holder=name,
        )
    return House(slug, opened.tenant_id, entity.pk, portfolio.pk)


@pytest.fixture
def house(db: None) -> House:
    """Return the tenant most tests are about."""
    return make_house("atelier", "Atelier Fictif SA")


@pytest.fixture
def other_house(db: None) -> House:
    """Return a tenant whose rows nobody of `house` may ever see."""
    return make_house("voisin", "Voisin Fictif SAS")


@pytest.fixture
def make_customer() -> CustomerMaker:
    """Return a maker of customers in a house's portfolio, with one accounts-payable contact; opens no scope."""

    def make(
        house: House, code: str = "C001", name: str = "Client Fictif", **fields: object
    ) -> Customer:
        customer = Customer.objects.create(
            code=code,
            name=name,
            sort_name=name.casefold(),
            portfolio_id=house.portfolio_id,
            **fields,
        )
        Contact.objects.create(
            customer=customer,
            name="Comptabilité",
            email=f"compta@{code.lower()}.example",
            is_primary=True,
        )
        return customer

    return make
