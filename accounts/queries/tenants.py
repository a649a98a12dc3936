"""Finding a tenant, or a person in it, by the name a command was given."""

from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from accounts import look_ups
from accounts.models import Membership
from accounts.queries import actor_of
from kernel.errors import Refused
from kernel.permissions import Actor


class UnknownTenant(Refused):
    """No tenant has this short name."""

    code: ClassVar[str] = "unknown_tenant"
    status: ClassVar[int] = 404


class UnknownColleague(Refused):
    """Nobody at work in the tenant has this address."""

    code: ClassVar[str] = "unknown_colleague"
    status: ClassVar[int] = 404


def tenant_named(slug: str) -> UUID:
    """Return the tenant with this short name. Raises UnknownTenant."""
    tenant_id = look_ups.tenant_of_slug(slug)
    if tenant_id is None:
        raise UnknownTenant(
            _("There is no tenant “%(slug)s”. Open one with create_tenant, or check the spelling.")
            % {"slug": slug},
            tenant=slug,
        )
    return tenant_id


def actor_with_address(email: str) -> Actor:
    """Return the actor of the colleague of the current tenant with this address. Raises UnknownColleague."""
    member = Membership.objects.filter(email__iexact=email).first()
    actor = actor_of(member.pk) if member else None
    if actor is None:
        raise UnknownColleague(
            _("Nobody at work in this tenant has the address %(email)s.") % {"email": email}
        )
    return actor
