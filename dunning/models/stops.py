"""What keeps reminders in the house: pauses of a customer or a line, and the switches that stop all sending."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from dunning.models.dated import DatedQuerySet
from dunning.models.scenarios import Scenario
from dunning.rules.grouping import Exclusion as ExclusionRule
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique
from ledger.models import Customer, DueLine


class Exclusion(models.TextChoices):
    """Why a customer or a line is kept out of the chase."""

    PAUSED = ExclusionRule.PAUSED.value, _("Paused")
    PROMISED = ExclusionRule.PROMISED.value, _("Promised")
    PAYMENT_PLAN = ExclusionRule.PAYMENT_PLAN.value, _("In a payment plan")
    BILL_IN_HAND = ExclusionRule.BILL_IN_HAND.value, _("Bill or cheque in hand")
    ASSIGNED_TO_FACTOR = ExclusionRule.ASSIGNED_TO_FACTOR.value, _("Assigned to a factor")
    INVOICE_NOT_RECEIVED = ExclusionRule.INVOICE_NOT_RECEIVED.value, _("Invoice not received")
    WRITE_OFF = ExclusionRule.WRITE_OFF.value, _("Written off, accounting is told")
    ENTRUSTED = ExclusionRule.ENTRUSTED.value, _("Entrusted to an agency")
    LEGAL = ExclusionRule.LEGAL.value, _("At court")
    INSOLVENCY = ExclusionRule.INSOLVENCY.value, _("Insolvency")


class Pause(TenantModel):
    """A customer, or one of his lines, kept out of the chase from a day to a day, with a reason and an owner.

    `exclusion` says in one word why; what a person stops by hand has an end, what a fact stops lasts until it is over.
    """

    customer = TenantForeignKey(Customer, related_name="pauses")
    due_line = TenantForeignKey(DueLine, null=True, blank=True, related_name="pauses")
    reason = models.CharField(max_length=250)
    from_date = models.DateField()
    until_date = models.DateField(null=True, blank=True)  # included; empty: until it is lifted
    exclusion = models.CharField(
        max_length=25, choices=Exclusion.choices, default=Exclusion.PAUSED, db_default="paused"
    )
    object_id = models.UUIDField(
        null=True, blank=True
    )  # the promise, plan or file that keeps it out
    opened_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    ended_date = models.DateField(null=True, blank=True)  # lifted early: this day counts no more
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DatedQuerySet["Pause"].as_manager()

    class Meta:
        ordering = ("-from_date",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(until_date__gte=F("from_date")), name="pause_until_after_from"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="pause_with_reason"),
            models.CheckConstraint(
                condition=~Q(exclusion="paused") | Q(until_date__isnull=False),
                name="pause_by_hand_ends",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "customer"], name="pause_by_customer"),
            models.Index(
                fields=["tenant_id", "object_id"],
                name="pause_by_object",
                condition=Q(object_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.reason


class SwitchScope(models.TextChoices):
    """What a switch stops."""

    HOUSE = "house", _("Every tenant")
    TENANT = "tenant", _("This tenant")
    SCENARIO = "scenario", _("One scenario")


class SendingSwitch(TenantModel):
    """A red button: while it is stopped nothing under it leaves, what is queued included."""

    scope = models.CharField(max_length=10, choices=SwitchScope.choices)
    scenario = TenantForeignKey(Scenario, null=True, blank=True, related_name="+")
    is_stopped = models.BooleanField(default=False)
    reason = models.CharField(max_length=250, blank=True)
    changed_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            TenantUnique(fields=["scope"], name="sending_switch_once", condition=Q(scenario=None)),
            TenantUnique(
                fields=["scope", "scenario"],
                name="sending_switch_once_per_scenario",
                condition=~Q(scenario=None),
            ),
            models.CheckConstraint(
                condition=Q(scope="scenario", scenario__isnull=False)
                | (~Q(scope="scenario") & Q(scenario=None)),
                name="sending_switch_names_its_scenario",
            ),
        ]

    def __str__(self) -> str:
        return self.scope


class SendingEpoch(TenantModel):
    """The epoch this tenant's outbox was written under.

    The deployment keeps the same word outside the database. After a restore the two differ, and nothing leaves
    until what the mail server already accepted has been reconciled.
    """

    epoch = models.CharField(max_length=60)
    changed_at = models.DateTimeField()
    reconciled_at = models.DateTimeField(
        null=True, blank=True
    )  # after a restore; empty: never restored

    class Meta:
        constraints: ClassVar = [TenantUnique(fields=[], name="sending_epoch_once")]

    def __str__(self) -> str:
        return self.epoch
