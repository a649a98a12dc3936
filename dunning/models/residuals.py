"""Remainders of invoices: proposed to be written off, accepted by a person, told to accounting in a file."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique
from ledger.models import Customer, DueLine


class ResidualState(models.TextChoices):
    """How far a proposal is."""

    PROPOSED = "proposed", _("Proposed")
    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused")
    EXPORTED = "exported", _("Told to accounting")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    LAPSED = "lapsed", _("No longer owed as proposed")


STANDING = (ResidualState.PROPOSED, ResidualState.ACCEPTED, ResidualState.EXPORTED)
"""A line has one of these at most."""


class ResidualExport(TenantModel):
    """A file told to accounting, as it was made."""

    number = models.PositiveIntegerField()
    made_by = TenantForeignKey(Membership, related_name="+")
    made_at = models.DateTimeField()
    file_name = models.CharField(max_length=80)
    file = models.BinaryField()
    file_digest = models.CharField(max_length=64)  # SHA-256 of it

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar = [
            TenantUnique(fields=["number"], name="residual_export_number_unique")
        ]

    def __str__(self) -> str:
        return self.file_name


class Residual(TenantModel):
    """What is left of one due line, proposed to be written off; `amount` is what it owed then, tax included."""

    due_line = TenantForeignKey(DueLine, related_name="residuals")
    customer = TenantForeignKey(Customer, related_name="+")
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    state = models.CharField(
        max_length=10, choices=ResidualState.choices, default=ResidualState.PROPOSED
    )
    proposed_date = models.DateField()
    decided_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    export = TenantForeignKey(ResidualExport, null=True, blank=True, related_name="residuals")
    withdrawn_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    withdrawn_reason = models.CharField(max_length=250, blank=True)

    class Meta:
        ordering = ("proposed_date", "id")
        constraints: ClassVar = [
            TenantUnique(
                fields=["due_line"], name="residual_one_standing", condition=Q(state__in=STANDING)
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="residual_amount_positive"),
            models.CheckConstraint(
                condition=~Q(state__in=["accepted", "refused", "exported", "withdrawn"])
                | Q(decided_by__isnull=False),
                name="residual_decided_by_somebody",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["tenant_id", "state"], name="residual_by_state")]

    def __str__(self) -> str:
        return f"{self.due_line_id} {self.amount}"
