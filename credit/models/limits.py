"""One dated limit per customer; what is beyond it is a decision of people."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from accounts.models import Membership
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique
from ledger.models import Customer


class CreditLimit(TenantModel):
    """How much a customer may owe from a day on. Own risk and insured part are kept apart."""

    customer = TenantForeignKey(Customer, related_name="credit_limits")
    amount = models.DecimalField(
        max_digits=19, decimal_places=4
    )  # the whole limit, insured part included
    insured_amount = models.DecimalField(default=0, max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3)
    valid_from = models.DateField()
    valid_until = models.DateField(
        null=True, blank=True
    )  # the last day, included; empty: until the next one
    is_temporary = models.BooleanField(
        default=False, db_default=False
    )  # steps in front of the limit before it, and gives way to it again
    undone_at = models.DateTimeField(null=True, blank=True)  # never was, as far as any day goes
    reason = models.CharField(max_length=250, blank=True)
    requested_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    approved_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-valid_from",)
        constraints: ClassVar = [
            TenantUnique(
                fields=["customer", "valid_from", "is_temporary"],
                name="credit_limit_one_each_day",
                condition=Q(undone_at=None),
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0, insured_amount__gte=0), name="credit_limit_positive"
            ),
            models.CheckConstraint(
                condition=Q(insured_amount__lte=F("amount")), name="credit_limit_insured_within"
            ),
            models.CheckConstraint(
                condition=~Q(approved_by=F("requested_by")), name="credit_limit_s7_two_people"
            ),
        ]
