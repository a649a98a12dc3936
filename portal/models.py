"""The one table of the customer's page: links, known by the hash of their secret alone."""

from datetime import datetime
from typing import ClassVar, Self

from django.db import models

from accounts.models import Membership
from kernel.tenancy import TenantForeignKey, TenantModel
from ledger.models import Customer


class PortalLinkQuerySet(models.QuerySet["PortalLink"]):
    """Chainable filters of links."""

    def open_at(self, now: datetime) -> Self:
        """Return the links that still open a page at `now`."""
        return self.filter(revoked_at=None, expires_at__gt=now)


class PortalLink(TenantModel):
    """A capability: whoever holds the secret sees the statement of one customer, until it expires (D14)."""

    customer = TenantForeignKey(Customer, related_name="portal_links")
    token_hash = models.CharField(max_length=64)  # SHA-256 of 256 random bits, in hexadecimal
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = PortalLinkQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)
        indexes: ClassVar = [
            # The page is found by the hash before any tenant is known.
            models.Index(fields=["token_hash"], name="portal_link_by_token"),
            models.Index(fields=["tenant_id", "customer"], name="portal_link_by_customer"),
        ]
