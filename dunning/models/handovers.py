"""Files handed over to a lawyer, a court or an agency, and the mandates that agencies act under."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique
from ledger.models import Customer, DueLine, Entity


class HandOverTarget(models.TextChoices):
    """To whom a file goes."""

    LAWYER = "lawyer", _("Lawyer")
    COURT = "court", _("Payment-order procedure")
    AGENCY = "agency", _("Collection agency")


class HandOverState(models.TextChoices):
    """Where a hand-over is."""

    PROPOSED = "proposed", _("Proposed")
    APPROVED = "approved", _("Handed over")
    REFUSED = "refused", _("Refused")
    ENDED = "ended", _("Taken back")


class AgencyMandate(TenantModel):
    """The written mandate of a collection agency (CPCE R.124-3): who, from when, over what, for which fee."""

    number = models.CharField(max_length=40)
    agency_name = models.CharField(max_length=200)
    agency_address = models.TextField()
    membership = TenantForeignKey(Membership, related_name="+")  # who signs in for the agency
    signed_date = models.DateField()
    from_date = models.DateField()
    until_date = models.DateField(null=True, blank=True)  # included; empty: until it is ended
    scope_words = models.CharField(max_length=500)  # which debts it covers, in words
    fee_rate = models.DecimalField(
        max_digits=6, decimal_places=5
    )  # a fraction of what is recovered
    insurance = models.CharField(
        max_length=200
    )  # professional liability: insurer and policy number
    iban = models.CharField(max_length=34)  # the account kept for what is collected for others
    created_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("number",)
        constraints: ClassVar = [
            TenantUnique(fields=["number"], name="agency_mandate_number_unique"),
            models.CheckConstraint(
                condition=Q(fee_rate__gte=0, fee_rate__lt=1),
                name="agency_mandate_fee_is_a_fraction",
            ),
            models.CheckConstraint(
                condition=Q(until_date=None) | Q(until_date__gte=F("from_date")),
                name="agency_mandate_until_after_from",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agency_name} {self.number}"


class HandOver(TenantModel):
    """Lines of one customer, entity and currency that leave the chase for good, by the word of two people."""

    number = models.PositiveIntegerField()
    customer = TenantForeignKey(Customer, related_name="hand_overs")
    entity = TenantForeignKey(Entity, related_name="+")
    currency = models.CharField(max_length=3)
    target = models.CharField(max_length=10, choices=HandOverTarget.choices)
    recipient = models.CharField(max_length=200)
    mandate = TenantForeignKey(AgencyMandate, null=True, blank=True, related_name="hand_overs")
    reason = models.CharField(max_length=500)
    state = models.CharField(
        max_length=10, choices=HandOverState.choices, default=HandOverState.PROPOSED
    )
    principal = models.DecimalField(max_digits=19, decimal_places=4)
    proposed_by = TenantForeignKey(Membership, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_words = models.CharField(max_length=500, blank=True)
    from_date = models.DateField(null=True, blank=True)
    ended_date = models.DateField(null=True, blank=True)
    end_reason = models.CharField(max_length=500, blank=True)
    order_date = models.DateField(null=True, blank=True)  # of the payment order, where one was made
    file_name = models.CharField(max_length=120, blank=True)
    file = models.BinaryField(null=True, blank=True)  # the ZIP as it was built, once
    file_digest = models.CharField(max_length=64, blank=True)  # SHA-256 of it

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar = [
            TenantUnique(fields=["number"], name="hand_over_number_unique"),
            models.CheckConstraint(
                condition=~Q(decided_by=F("proposed_by")), name="hand_over_s1_two_people"
            ),
            models.CheckConstraint(
                condition=Q(state="proposed") | Q(decided_by__isnull=False),
                name="hand_over_decided_by_somebody",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="hand_over_with_reason"),
            models.CheckConstraint(
                condition=Q(target="agency", mandate__isnull=False)
                | (~Q(target="agency") & Q(mandate=None)),
                name="hand_over_to_agency_has_mandate",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "customer"], name="hand_over_by_customer")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What people call the file, `D-0007`."""
        return f"D-{self.number:04d}"


class HandOverLine(TenantModel):
    """A due line in a file; out of our own chase from `from_date` until the day before `ended_date`."""

    hand_over = TenantForeignKey(HandOver, on_delete=models.CASCADE, related_name="lines")
    due_line = TenantForeignKey(DueLine, related_name="hand_over_lines")
    open_amount = models.DecimalField(max_digits=19, decimal_places=4)  # when it was proposed
    from_date = models.DateField(null=True, blank=True)  # empty until a second person agreed
    ended_date = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("due_line__due_date",)
        constraints: ClassVar = [
            TenantUnique(
                fields=["due_line"],
                name="hand_over_line_in_one_file",
                condition=Q(ended_date=None),
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "due_line"], name="hand_over_line_by_due_line"),
            models.Index(fields=["tenant_id", "hand_over"], name="hand_over_line_by_file"),
        ]


class AgencyReportKind(models.TextChoices):
    """What an agency tells about a file."""

    CONTACT = "contact", _("Contact with the debtor")
    PROMISE = "promise", _("Promise to pay")
    PAYMENT = "payment", _("Payment received")
    DISPUTE = "dispute", _("Debtor contests")
    CLOSED = "closed", _("No chance of recovery")


class AgencyReport(TenantModel):
    """What an agency reported: words, and money it received, on which its fee is counted. Never edited."""

    hand_over = TenantForeignKey(HandOver, related_name="reports")
    kind = models.CharField(max_length=10, choices=AgencyReportKind.choices)
    day = models.DateField()
    amount = models.DecimalField(null=True, blank=True, max_digits=19, decimal_places=4)
    fee = models.DecimalField(null=True, blank=True, max_digits=19, decimal_places=4)
    words = models.TextField(blank=True)
    reference = models.CharField(max_length=120, blank=True)
    reported_by = TenantForeignKey(Membership, related_name="+")
    reported_at = models.DateTimeField()

    class Meta:
        ordering = ("-reported_at",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(kind="payment") | Q(amount__gt=0, fee__gte=0),
                name="agency_report_payment_with_fee",
            ),
            TenantUnique(
                fields=["hand_over", "reference"],
                name="agency_report_payment_once",
                condition=Q(kind="payment") & ~Q(reference=""),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "hand_over"], name="agency_report_by_file")
        ]
