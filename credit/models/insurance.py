"""Credit insurance: policies as parameters, covers with their history, insurers' files, and what was declared."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from accounts.models import Membership
from credit.rules.covers import CoverWord
from credit.rules.insurance import Clauses, StopRule
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique
from ledger.models import Customer, Document


class PremiumBase(models.TextChoices):
    """What the premium is counted on."""

    TURNOVER = "turnover", pgettext_lazy("premium", "Sales")
    OUTSTANDING = "outstanding", pgettext_lazy("premium", "Outstanding")


class StopAnswer(models.TextChoices):
    """What an order is answered while the cover of later deliveries has stopped."""

    REVIEW = "review", pgettext_lazy("stop cover", "A person looks at it")
    NO = "no", pgettext_lazy("stop cover", "No delivery")


STOP_RULES = [
    (
        StopRule.MAXIMUM_PERIOD.value,
        pgettext_lazy("stop cover", "An invoice passes the maximum credit period"),
    ),
    (
        StopRule.DECLARATION.value,
        pgettext_lazy("stop cover", "An invoice passes its day of declaration"),
    ),
    (StopRule.NEVER.value, pgettext_lazy("stop cover", "Never")),
]


class InsurerPolicy(TenantModel):
    """A policy as parameters (DOMAIN 4.9): written by one person, in force once another confirmed it (S10)."""

    number = models.CharField(max_length=60)
    insurer = models.CharField(max_length=120)
    currency = models.CharField(max_length=3)
    other_currencies = models.CharField(max_length=120, blank=True)  # codes with blanks between
    insured_share = models.DecimalField(max_digits=5, decimal_places=4)  # a fraction
    blind_limit = models.DecimalField(
        max_digits=19, decimal_places=4, default=0
    )  # without a request
    deductible = models.DecimalField(max_digits=19, decimal_places=4, default=0)  # of each claim
    domestic_days = models.PositiveSmallIntegerField(default=120)
    export_days = models.PositiveSmallIntegerField(default=180)
    extension_days = models.PositiveSmallIntegerField(default=60)  # the longest extension
    declaration_days = models.PositiveSmallIntegerField(default=30)
    intervention_days = models.PositiveSmallIntegerField(default=60)
    threshold = models.DecimalField(max_digits=19, decimal_places=4, default=300)  # tax included
    stop_rule = models.CharField(
        max_length=14,
        choices=STOP_RULES,
    )
    stop_answer = models.CharField(
        max_length=6, choices=StopAnswer.choices, default=StopAnswer.REVIEW
    )
    premium_base = models.CharField(
        max_length=11, choices=PremiumBase.choices, default=PremiumBase.TURNOVER
    )
    premium_rate = models.DecimalField(max_digits=7, decimal_places=6, default=0)  # of the base
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)  # the last day, included
    written_by = TenantForeignKey(Membership, related_name="+")
    written_at = models.DateTimeField()
    confirmed_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-valid_from", "-written_at")
        verbose_name_plural = "insurance policies"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(confirmed_by=F("written_by")), name="policy_s10_two_people"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="policy_confirmed_whole",
            ),
            models.CheckConstraint(
                condition=Q(insured_share__gt=0, insured_share__lte=1),
                name="policy_share_a_fraction",
            ),
            models.CheckConstraint(
                condition=Q(blind_limit__gte=0, deductible__gte=0, threshold__gte=0),
                name="policy_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(domestic_days__gte=1, export_days__gte=1, declaration_days__gte=1),
                name="policy_counts_days",
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="policy_days_in_order",
            ),
            TenantUnique(
                fields=["number", "valid_from"],
                name="policy_one_each_day",
                condition=Q(confirmed_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.insurer} {self.number}"

    @property
    def clauses(self) -> Clauses:
        """Return what the clocks count by."""
        return Clauses(
            self.domestic_days,
            self.export_days,
            self.extension_days,
            self.declaration_days,
            self.intervention_days,
            self.threshold,
            StopRule(self.stop_rule),
        )

    @property
    def currencies(self) -> frozenset[str]:
        """Return the currencies in which covers are taken in."""
        return frozenset({self.currency, *self.other_currencies.split()})


class CoverOrigin(models.TextChoices):
    """How a cover came in."""

    FILE = "file", pgettext_lazy("cover", "The insurer's file")
    SYNC = "sync", pgettext_lazy("cover", "The insurer's system")


class ImportState(models.TextChoices):
    """Where an insurer's file or a sync stands."""

    PREVIEWED = "previewed", pgettext_lazy("cover import", "To be checked")
    APPLIED = "applied", pgettext_lazy("cover import", "Taken in")
    UNDONE = "undone", pgettext_lazy("cover import", "Undone")
    FAILED = "failed", pgettext_lazy("cover import", "Failed")


class CoverImport(TenantModel):
    """One file or one sync: what came in, what became of each row, who took it in and who undid it."""

    insurer = models.CharField(max_length=120)
    policy_number = models.CharField(max_length=60)
    origin = models.CharField(max_length=4, choices=CoverOrigin.choices)
    state = models.CharField(max_length=9, choices=ImportState.choices)
    file_name = models.CharField(max_length=250, blank=True)
    file_digest = models.CharField(max_length=64, blank=True)
    headers = models.JSONField(default=list)
    columns = models.JSONField(default=dict)  # field: heading
    rows = models.JSONField(default=list)  # [number, cells]; emptied when the file is forgotten
    counts = models.JSONField(default=dict)  # by credit.rules.covers.Change
    problem = models.CharField(max_length=300, blank=True)
    taken_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)
    undone_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-received_at",)
        constraints: ClassVar = [
            TenantUnique(
                fields=["policy_number", "file_digest"],
                name="cover_file_once",
                condition=Q(state="applied") & ~Q(file_digest=""),
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "-received_at"], name="cover_import_newest")
        ]

    def __str__(self) -> str:
        return self.file_name or self.insurer


class InsurerColumns(TenantModel):
    """The columns of an insurer's file as a person once named them."""

    insurer = models.CharField(max_length=120)
    signature = models.CharField(max_length=64)
    columns = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            TenantUnique(fields=["insurer", "signature"], name="insurer_columns_once")
        ]

    def __str__(self) -> str:
        return self.insurer


class Cover(TenantModel):
    """What an insurer said about a customer from a day on. Never changed: later words are later rows."""

    customer = TenantForeignKey(Customer, related_name="covers")
    policy_number = models.CharField(max_length=60)
    state = models.CharField(
        max_length=9,
        choices=[
            (CoverWord.REQUESTED.value, pgettext_lazy("cover", "Requested")),
            (CoverWord.GRANTED.value, pgettext_lazy("cover", "Granted")),
            (CoverWord.REDUCED.value, pgettext_lazy("cover", "Reduced")),
            (CoverWord.REFUSED.value, pgettext_lazy("cover", "Refused")),
            (CoverWord.CANCELLED.value, pgettext_lazy("cover", "Cancelled")),
            (CoverWord.UNKNOWN.value, pgettext_lazy("cover", "Unknown")),
        ],
    )
    amount = models.DecimalField(
        max_digits=19, decimal_places=4
    )  # nothing unless granted or reduced
    requested_amount = models.DecimalField(null=True, blank=True, max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)  # the last day, included
    reference = models.CharField(max_length=80, blank=True)  # the insurer's own
    reason = models.CharField(max_length=300, blank=True)
    came_with = TenantForeignKey(CoverImport, related_name="covers")
    recorded_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)  # never was, as far as any day goes

    class Meta:
        ordering = ("-valid_from", "-recorded_at")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="cover_not_negative"),
            models.CheckConstraint(
                condition=Q(state__in=["granted", "reduced"]) | Q(amount=0),
                name="cover_worth_nothing_unless_granted",
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="cover_days_in_order",
            ),
            TenantUnique(fields=["came_with", "customer"], name="cover_once_in_a_file"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "customer", "-valid_from", "-recorded_at"],
                name="cover_newest_first",
                condition=Q(undone_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.amount} {self.currency}"


class DeclarationKind(models.TextChoices):
    """What an insurer is told."""

    OVERDUE = "overdue", pgettext_lazy("declaration", "Overdue declared")
    EXTENSION = "extension", pgettext_lazy("declaration", "Extension asked for")
    INTERVENTION = "intervention", pgettext_lazy("declaration", "Intervention asked for")


class InsuranceDeclaration(TenantModel):
    """What was told to an insurer about chosen invoices, with the file as it left."""

    number = models.CharField(max_length=20)  # DI-YYMM-NNN
    kind = models.CharField(max_length=12, choices=DeclarationKind.choices)
    policy_number = models.CharField(max_length=60)
    insurer = models.CharField(max_length=120)
    language = models.CharField(max_length=2)
    csv = models.TextField()
    csv_digest = models.CharField(max_length=64)
    made_by = TenantForeignKey(Membership, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("-made_at",)
        constraints: ClassVar = [TenantUnique(fields=["number"], name="declaration_number_once")]

    def __str__(self) -> str:
        return self.number


class DeclaredInvoice(TenantModel):
    """An invoice in a declaration, as it stood that day."""

    declaration = TenantForeignKey(InsuranceDeclaration, related_name="invoices")
    document = TenantForeignKey(Document, related_name="+")
    customer = TenantForeignKey(Customer, related_name="declared_invoices")
    kind = models.CharField(max_length=12, choices=DeclarationKind.choices)
    open_amount = models.DecimalField(max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3)
    maximum_date = models.DateField()
    declare_by = models.DateField()

    class Meta:
        ordering = ("declare_by", "document")
        constraints: ClassVar = [
            TenantUnique(fields=["document", "kind"], name="invoice_declared_once_each_way")
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "customer"], name="declared_by_customer")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.document_id}"
