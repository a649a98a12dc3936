"""Tables of what is contested. A dispute takes its amount out of the chase and is shown apart in the figures."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from kernel.tenancy import TenantForeignKey, TenantModel
from ledger.models import Customer, DueLine, ImportBatch


class DisputeType(models.TextChoices):
    """The four families of causes (R73)."""

    PRICE = "price", _("Price")
    DELIVERY = "delivery", _("Delivery")
    QUALITY = "quality", _("Quality")
    ADMINISTRATIVE = "administrative", _("Administrative")


class DisputeOutcome(models.TextChoices):
    """How a dispute ended."""

    CREDIT_NOTE = "credit_note", _("Justified, credit note")
    UNJUSTIFIED = "unjustified", _("Not justified, to be paid")
    WITHDRAWN = "withdrawn", _("Withdrawn by the customer")
    UNDONE = "undone", _("Taken back with its import")

    @classmethod
    def decisions(cls) -> list[tuple[str, Any]]:
        """Return what a person may decide, as the choices of a form."""
        return [choice for choice in cls.choices if choice[0] != cls.UNDONE]


class Dispute(TenantModel):
    """A contested part of one due line, from the day it was declared to the day it was decided."""

    number = models.PositiveIntegerField()  # counts per tenant
    due_line = TenantForeignKey(DueLine, related_name="disputes")
    customer = TenantForeignKey(Customer, related_name="disputes")
    amount = models.DecimalField(
        max_digits=19, decimal_places=4
    )  # tax included, at most what the line owes when it is declared
    currency = models.CharField(max_length=3)
    type = models.CharField(max_length=15, choices=DisputeType.choices)
    reason = models.CharField(max_length=250, blank=True)
    opened_date = models.DateField()
    opened_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    closed_date = models.DateField(null=True, blank=True)
    closed_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    outcome = models.CharField(max_length=12, choices=DisputeOutcome.choices, blank=True)
    batch = TenantForeignKey(ImportBatch, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-opened_date", "-number")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "number"], name="dispute_number_unique"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="dispute_amount_positive"),
            models.CheckConstraint(
                condition=Q(closed_date=None, outcome="")
                | (Q(closed_date__gte=F("opened_date")) & ~Q(outcome="")),
                name="dispute_closed_with_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(outcome=DisputeOutcome.CREDIT_NOTE)
                | Q(closed_by=None)
                | Q(opened_by=None)
                | ~Q(closed_by=F("opened_by")),
                name="dispute_s9_opener_is_not_resolver",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "due_line"],
                name="dispute_by_line",
                include=["amount", "opened_date", "closed_date"],
            ),
            models.Index(fields=["tenant_id", "customer"], name="dispute_by_customer"),
        ]

    def __str__(self) -> str:
        return str(self.number)
