"""The domain a tenant's own messages leave from."""

from typing import ClassVar

from django.db import models

from accounts.models import Membership
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique


class SendingDomain(TenantModel):
    """The tenant's domain with the key that signs in its name; used once its records were found in the DNS."""

    domain = models.CharField(max_length=253)
    selector = models.CharField(max_length=63)
    private_key = models.TextField()  # encrypted; see `dunning.services.sealing`
    public_key = models.TextField()  # base 64, as the DNS record carries it
    findings = models.JSONField(default=dict)  # spf, dkim, dmarc: {ok, found}
    created_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)  # empty: leaves from the house's

    class Meta:
        constraints: ClassVar = [TenantUnique(fields=[], name="sending_domain_once")]

    def __str__(self) -> str:
        return self.domain
