"""Links to a customer's page: issue, revoke. The secret leaves once, in the address; only its hash is kept."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Subquery

from accounts.look_ups import hashed
from accounts.models import Tenant
from accounts.services import audit
from kernel.permissions import Actor
from kernel.tenancy import current_tenant_id
from ledger.models import Customer
from portal.models import PortalLink, PortalLinkQuerySet

LINK_DAYS = 60
"""A link opens the page on the day it is made and the sixty that follow (RELIABILITY D14)."""

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class IssuedLink:
    """A link as it is handed on; the address is not to be had a second time."""

    link_id: UUID
    url: str
    expires_at: datetime


def issue_link(*, customer: Customer, actor: Actor, today: date) -> IssuedLink:
    """Make a link to the page of `customer`, and say in the audit trail who did."""
    issued = _issue(customer_id=customer.pk, created_by=actor.membership_id, today=today)
    audit.record(
        actor=actor,
        action="portal.issue_link",
        object_kind="portal_link",
        object_id=issued.link_id,
        customer=customer.pk,
    )
    return issued


def link_for_reminder(customer_id: UUID, today: date) -> str:
    """Return the address of the customer's page for a message written on `today`; fills dunning's port.

    Each message has a link of its own, valid `LINK_DAYS` days more: the secret of an earlier one is not
    known any more. The message itself is in the audit trail.
    """
    return _issue(customer_id=customer_id, created_by=None, today=today).url


def revoke_link(*, link: PortalLink, actor: Actor, now: datetime) -> None:
    """Close one link from `now` on; a link already closed stays as it was."""
    _revoke(PortalLink.objects.filter(pk=link.pk), actor=actor, now=now)


def revoke_links_of(*, customer: Customer, actor: Actor, now: datetime) -> int:
    """Close every open link of a customer, after a forwarded message say, and return how many there were."""
    return _revoke(PortalLink.objects.filter(customer=customer), actor=actor, now=now)


def _revoke(links: PortalLinkQuerySet, *, actor: Actor, now: datetime) -> int:
    open_ids = list(links.open_at(now).select_for_update().values_list("pk", flat=True))
    PortalLink.objects.filter(pk__in=open_ids).update(revoked_at=now)
    for link_id in open_ids:
        audit.record(
            actor=actor,
            action="portal.revoke_link",
            object_kind="portal_link",
            object_id=link_id,
        )
    return len(open_ids)


def _issue(*, customer_id: UUID, created_by: UUID | None, today: date) -> IssuedLink:
    token = secrets.token_urlsafe(SECRET_BYTES)
    # The customer is loaded before he is pointed to, and the tenant's zone comes with him: one question a message.
    tenant = Tenant.objects.filter(pk=current_tenant_id())
    zones = Customer.objects.annotate(zone=Subquery(tenant.values("time_zone")))
    loaded_id, zone = zones.values_list("pk", "zone").get(pk=customer_id)
    link = PortalLink.objects.create(
        customer_id=loaded_id,
        token_hash=hashed(token),
        created_by_id=created_by,
        expires_at=_end_of(today + timedelta(days=LINK_DAYS), ZoneInfo(zone)),
    )
    return IssuedLink(link.pk, f"{settings.OTC_PORTAL_URL}/r/{token}", link.expires_at)


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which `day` is over in the tenant's calendar."""
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone)
