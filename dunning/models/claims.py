"""What is claimed beside the invoices: late interest and fixed charges, and the formal notices that claim them.

An issued invoice never changes (DOMAIN 2.1): a penalty is a claim of its own, with its own number and its own life,
which outlives the payment of the principal.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Membership
from dunning.models.outbox import Reminder
from dunning.rules.interest_claims import ClaimState, MovementKind
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique
from ledger.models import Customer, Document, Entity


class ContractRate(TenantModel):
    """The yearly rate of late interest agreed with a customer from a day on; the legal floor stays above it."""

    customer = TenantForeignKey(Customer, related_name="contract_rates")
    valid_from = models.DateField()
    rate = models.DecimalField(max_digits=7, decimal_places=5)  # a fraction: 0.12150
    source = models.CharField(max_length=200)  # the clause, the terms of sale it stands in
    entered_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-valid_from",)
        constraints: ClassVar = [
            TenantUnique(fields=["customer", "valid_from"], name="contract_rate_once_per_day"),
            models.CheckConstraint(
                condition=Q(rate__gt=0, rate__lt=1), name="contract_rate_is_a_fraction"
            ),
            models.CheckConstraint(condition=~Q(source=""), name="contract_rate_with_source"),
        ]

    def __str__(self) -> str:
        return f"{self.rate}"


class EnteredRate(TenantModel):
    """A half-year's rate that was published after the product, entered by a person with where he read it."""

    country = models.CharField(max_length=2)
    kind = models.CharField(max_length=40)  # as in `ledger.rules.reference`
    half_year_start = models.DateField()
    rate = models.DecimalField(max_digits=7, decimal_places=5)  # a fraction
    source = models.CharField(max_length=200)
    entered_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-half_year_start", "kind")
        constraints: ClassVar = [
            TenantUnique(
                fields=["country", "kind", "half_year_start"], name="entered_rate_once_per_half"
            ),
            models.CheckConstraint(
                condition=Q(rate__gte=0, rate__lt=1), name="entered_rate_is_a_fraction"
            ),
            models.CheckConstraint(condition=~Q(source=""), name="entered_rate_with_source"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.half_year_start}"


class FormalNotice(TenantModel):
    """A formal notice as it was issued: its number, what it says as data, and its bytes. It never changes again."""

    year = models.PositiveSmallIntegerField()
    sequence = models.PositiveIntegerField()
    reminder = TenantForeignKey(Reminder, related_name="formal_notices")
    customer = TenantForeignKey(Customer, related_name="formal_notices")
    entity = TenantForeignKey(Entity, related_name="+")
    currency = models.CharField(max_length=3)
    language = models.CharField(max_length=2)
    issued_date = models.DateField()
    issued_at = models.DateTimeField()
    issued_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    deadline_date = models.DateField()  # counted from the day of issue, the earliest it can be
    principal = models.DecimalField(max_digits=19, decimal_places=4)
    interest = models.DecimalField(max_digits=19, decimal_places=4)
    fixed_charge = models.DecimalField(max_digits=19, decimal_places=4)
    snapshot = models.JSONField(default=dict)  # every fact the letter was written from
    file_name = models.CharField(max_length=120, blank=True)
    pdf = models.BinaryField(
        null=True, blank=True
    )  # empty until the letter is drawn, then for good
    digest = models.CharField(max_length=64, blank=True)  # SHA-256 of the bytes

    class Meta:
        ordering = ("-year", "-sequence")
        constraints: ClassVar = [
            TenantUnique(fields=["year", "sequence"], name="formal_notice_number_unique"),
            TenantUnique(fields=["reminder"], name="formal_notice_once_per_reminder"),
            models.CheckConstraint(
                condition=Q(interest__gte=0, fixed_charge__gte=0),
                name="formal_notice_claims_something",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "customer"], name="formal_notice_by_customer")
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number people quote, `MD-2026-0009`."""
        prefix = "MD" if self.language == "fr" else "FN"
        return f"{prefix}-{self.year}-{self.sequence:04d}"


class InterestClaim(TenantModel):
    """Late interest and the fixed charge of one invoice: computed, claimed, then paid, waived or barred.

    `interest` and `fixed_charge` are what is due by `computed_until`; what was paid or given up of them are rows of
    `ClaimMovement`, repeated here as sums. The state follows from these (`dunning.rules.interest_claims`).
    """

    year = models.PositiveSmallIntegerField()
    sequence = models.PositiveIntegerField()
    document = TenantForeignKey(Document, related_name="interest_claims")
    customer = TenantForeignKey(Customer, related_name="interest_claims")
    entity = TenantForeignKey(Entity, related_name="+")
    currency = models.CharField(max_length=3)
    state = models.CharField(
        max_length=10,
        choices=[
            (ClaimState.COMPUTED.value, _("Computed")),
            (ClaimState.CLAIMED.value, _("Claimed")),
            (ClaimState.PAID.value, _("Paid")),
            (ClaimState.WAIVED.value, _("Waived")),
            (ClaimState.BARRED.value, _("Barred by insolvency")),
        ],
        default=ClaimState.COMPUTED.value,
    )
    interest = models.DecimalField(max_digits=19, decimal_places=4)
    fixed_charge = models.DecimalField(max_digits=19, decimal_places=4)
    paid_interest = models.DecimalField(default=0, max_digits=19, decimal_places=4)
    paid_charge = models.DecimalField(default=0, max_digits=19, decimal_places=4)
    waived_interest = models.DecimalField(default=0, max_digits=19, decimal_places=4)
    waived_charge = models.DecimalField(default=0, max_digits=19, decimal_places=4)
    computed_until = models.DateField()
    sheet = models.JSONField(default=list)  # the periods: from, to, days, principal, rate, source
    first_computed_date = models.DateField()
    claimed_date = models.DateField(null=True, blank=True)
    notice = TenantForeignKey(
        FormalNotice, null=True, blank=True, related_name="claims"
    )  # that claimed it first
    frozen_date = models.DateField(
        null=True, blank=True
    )  # given up as a whole, or barred: it grows no more
    is_barred = models.BooleanField(default=False)
    problem = models.CharField(max_length=400, blank=True)  # why it could not be brought up to date

    class Meta:
        ordering = ("-year", "-sequence")
        constraints: ClassVar = [
            TenantUnique(fields=["year", "sequence"], name="interest_claim_number_unique"),
            TenantUnique(fields=["document"], name="interest_claim_once_per_document"),
            models.CheckConstraint(
                condition=Q(
                    interest__gte=0,
                    fixed_charge__gte=0,
                    paid_interest__gte=0,
                    paid_charge__gte=0,
                    waived_interest__gte=0,
                    waived_charge__gte=0,
                ),
                name="interest_claim_never_negative",
            ),
            models.CheckConstraint(
                condition=~Q(state="claimed") | Q(claimed_date__isnull=False),
                name="interest_claim_claimed_on_a_day",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "customer"], name="interest_claim_by_customer")
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number people quote, `PR-2026-0042`."""
        return f"PR-{self.year}-{self.sequence:04d}"


class WaiverLimit(TenantModel):
    """Up to how much of a claim one person gives up alone, from a day on; above it a second one decides."""

    valid_from = models.DateField()
    amount = models.DecimalField(max_digits=19, decimal_places=4)  # in the tenant's currency
    entered_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-valid_from",)
        constraints: ClassVar = [
            TenantUnique(fields=["valid_from"], name="waiver_limit_once_per_day"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="waiver_limit_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.amount}"


class WaiverState(models.TextChoices):
    """Where a proposal to give up a penalty stands."""

    PROPOSED = "proposed", pgettext_lazy("waiver", "Waiting for a second person")
    APPROVED = "approved", pgettext_lazy("waiver", "Given up")
    REFUSED = "refused", pgettext_lazy("waiver", "Refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("waiver", "Withdrawn")


class WaiverRequest(TenantModel):
    """Somebody asks that a penalty be given up; another person says yes or no (RELIABILITY S1, rows 24 and 25)."""

    claim = TenantForeignKey(InterestClaim, related_name="waiver_requests")
    interest = models.DecimalField(max_digits=19, decimal_places=4)
    fixed_charge = models.DecimalField(max_digits=19, decimal_places=4)
    reason = models.CharField(max_length=300)
    state = models.CharField(
        max_length=10, choices=WaiverState.choices, default=WaiverState.PROPOSED
    )
    proposed_by = TenantForeignKey(Membership, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-proposed_at",)
        constraints: ClassVar = [
            TenantUnique(
                fields=["claim"], name="waiver_request_one_open", condition=Q(state="proposed")
            ),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "withdrawn"])
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("proposed_by"))),
                name="waiver_request_s1_two_people",
            ),
            models.CheckConstraint(
                condition=Q(state="proposed") ^ Q(decided_at__isnull=False),
                name="waiver_request_decided_at_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(reason="") & Q(interest__gte=0, fixed_charge__gte=0),
                name="waiver_request_says_what_and_why",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "claim"],
                name="waiver_request_waiting",
                condition=Q(state="proposed"),
            )
        ]

    def __str__(self) -> str:
        return self.reason


class ClaimMovement(TenantModel):
    """Something that happened to a claim: claimed, paid, waived, barred, freed again. Added, never edited."""

    claim = TenantForeignKey(InterestClaim, related_name="movements")
    kind = models.CharField(
        max_length=10,
        choices=[
            (MovementKind.COMPUTED.value, _("Computed")),
            (MovementKind.CLAIMED.value, _("Claimed")),
            (MovementKind.PAID.value, _("Paid")),
            (MovementKind.WAIVED.value, _("Waived")),
            (MovementKind.BARRED.value, _("Barred by insolvency")),
            (MovementKind.FREED.value, _("No longer barred")),
        ],
    )
    interest = models.DecimalField(max_digits=19, decimal_places=4)
    fixed_charge = models.DecimalField(max_digits=19, decimal_places=4)
    day = models.DateField()
    author = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ("at",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(interest__gte=0, fixed_charge__gte=0),
                name="claim_movement_never_negative",
            ),
            models.CheckConstraint(
                condition=~Q(kind="waived") | (~Q(reason="") & Q(author__isnull=False)),
                name="claim_waived_by_somebody_with_reason",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "claim"], name="claim_movement_by_claim")
        ]

    def __str__(self) -> str:
        return self.kind
