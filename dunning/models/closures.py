"""The days on which the company itself is closed: nothing leaves and nobody calls."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from accounts.models import Membership
from kernel.tenancy import TenantForeignKey, TenantModel


class Closure(TenantModel):
    """Some days off of the sender's own, first and last included, beside the holidays of each recipient's country."""

    first_date = models.DateField()
    last_date = models.DateField()
    name = models.CharField(max_length=80)
    opened_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("first_date", "last_date")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(last_date__gte=F("first_date")), name="closure_last_after_first"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="closure_with_name"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "last_date"], name="closure_by_last_date")
        ]

    def __str__(self) -> str:
        return self.name
