"""Who says what about a request, and in which order. What was published is kept as versions."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from accounts.models import Membership
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique


class StepKind(models.TextChoices):
    """What a step of a circuit is for."""

    COMPLETENESS = "completeness", pgettext_lazy("credit step", "File complete")
    ANALYSIS = "analysis", pgettext_lazy("credit step", "Analysis")
    DECISION = "decision", pgettext_lazy("credit step", "Decision")
    COMMITTEE = "committee", pgettext_lazy("credit step", "Credit committee")
    ARBITRATION = "arbitration", pgettext_lazy("credit step", "Arbitration")
    EXPORT = "export", pgettext_lazy("credit step", "Opening")


class Circuit(TenantModel):
    """A way that requests of some kinds take; the first that fits a request, in order of position, is followed."""

    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)
    position = models.PositiveSmallIntegerField(default=0)
    kinds = models.JSONField(default=list)  # kinds of request; empty: every kind
    countries = models.JSONField(default=list)  # of the customer; empty: every country
    entities = models.JSONField(default=list)  # codes of our entities; empty: every entity
    is_archived = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("position", "name")
        constraints: ClassVar = [TenantUnique(fields=["code"], name="circuit_code_unique")]

    def __str__(self) -> str:
        return self.name


class CircuitVersion(TenantModel):
    """A version of a circuit: a draft until another person publishes it, then never changed (S10)."""

    circuit = TenantForeignKey(Circuit, related_name="versions")
    number = models.PositiveSmallIntegerField(default=1)
    is_draft = models.BooleanField(default=True)
    revision = models.PositiveIntegerField(default=1)  # counts the edits of a draft: stale forms
    is_archival = models.BooleanField(
        default=False, db_default=False
    )  # published, it takes the circuit out of use
    place = models.PositiveSmallIntegerField(
        null=True, blank=True
    )  # from the top, 1 the first: taken when published
    written_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    authors = models.JSONField(default=list)  # everybody who wrote in the draft: none may publish
    published_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar = [
            TenantUnique(fields=["circuit", "number"], name="circuit_version_number_unique"),
            TenantUnique(fields=["circuit"], name="circuit_one_draft", condition=Q(is_draft=True)),
            models.CheckConstraint(
                condition=Q(is_draft=False) | Q(published_at=None, published_by=None),
                name="circuit_draft_is_unpublished",
            ),
            models.CheckConstraint(
                condition=~Q(published_by=F("written_by")), name="circuit_s10_two_people"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.circuit_id} {self.number}"


class CircuitStep(TenantModel):
    """One step of a version; steps of the same number run side by side. Empty conditions always hold."""

    version = TenantForeignKey(CircuitVersion, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=StepKind.choices)
    label = models.CharField(max_length=80, blank=True)
    role = models.CharField(max_length=30, blank=True)  # who takes it, unless a person is named
    person = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    substitute = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    escalates_to = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    above = models.DecimalField(
        max_digits=19, decimal_places=4, null=True, blank=True
    )  # taken only above this amount, itself excluded
    up_to = models.DecimalField(
        max_digits=19, decimal_places=4, null=True, blank=True
    )  # and only up to this one, included
    currency = models.CharField(max_length=3, default="EUR")
    grades = models.JSONField(default=list)  # letters A to E
    countries = models.JSONField(default=list)
    entities = models.JSONField(default=list)  # codes
    kinds = models.JSONField(default=list)
    deadline_hours = models.PositiveSmallIntegerField(default=9)  # working hours
    reminder_hours = models.PositiveSmallIntegerField(
        default=3
    )  # working hours before the deadline; 0: no reminder

    class Meta:
        ordering = ("number", "position")
        constraints: ClassVar = [
            TenantUnique(fields=["version", "position"], name="circuit_step_position_unique"),
            models.CheckConstraint(
                condition=Q(above=None) | Q(up_to=None) | Q(up_to__gt=F("above")),
                name="circuit_step_amounts_in_order",
            ),
        ]

    def __str__(self) -> str:
        return self.label or str(StepKind(self.kind).label)


class ApprovalCeiling(TenantModel):
    """Up to which amount a person may grant a kind of request alone (S7). Set by somebody else."""

    membership = TenantForeignKey(Membership, related_name="+")
    kind = models.CharField(max_length=10, blank=True)  # of request; empty: every kind
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3)
    set_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        ordering = ("membership", "kind")
        constraints: ClassVar = [
            TenantUnique(fields=["membership", "kind"], name="approval_ceiling_once"),
            models.CheckConstraint(
                condition=Q(amount__gte=0), name="approval_ceiling_not_below_zero"
            ),
            models.CheckConstraint(
                condition=~Q(set_by=F("membership")), name="approval_ceiling_s1_not_ones_own"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


class Delegation(TenantModel):
    """One person's steps, taken by a named other for a time (S13)."""

    delegator = TenantForeignKey(Membership, related_name="+")
    delegate = TenantForeignKey(Membership, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField()  # the last day, included
    reason = models.CharField(max_length=250)
    made_by = TenantForeignKey(Membership, related_name="+")
    made_at = models.DateTimeField()
    revoked_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-starts_on",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(delegate=F("delegator")), name="delegation_to_somebody_else"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="delegation_days_in_order"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "delegate", "ends_on"],
                name="delegation_in_force",
                condition=Q(revoked_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.delegator_id} → {self.delegate_id}"


class CountryTag(TenantModel):
    """A country whose companies a colleague knows how to judge (R17)."""

    membership = TenantForeignKey(Membership, related_name="+")
    country = models.CharField(max_length=2)
    language = models.CharField(max_length=2, blank=True)
    set_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        ordering = ("country",)
        constraints: ClassVar = [
            TenantUnique(fields=["membership", "country"], name="country_tag_once"),
            models.CheckConstraint(
                condition=~Q(set_by=F("membership")), name="country_tag_s1_not_ones_own"
            ),
        ]

    def __str__(self) -> str:
        return self.country
