"""The legal clock's rows: rights that lapse, and the insolvencies that stop the chase."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from dunning.rules.legal_clock import DeadlineKind
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique
from ledger.models import Customer, Document


class Procedure(models.TextChoices):
    """What a court opened."""

    SAFEGUARD = "safeguard", _("Safeguard (sauvegarde)")
    RECEIVERSHIP = "receivership", _("Receivership (redressement judiciaire)")
    LIQUIDATION = "liquidation", _("Liquidation (liquidation judiciaire)")


class Insolvency(TenantModel):
    """A customer's insolvency: debts from before the judgment are asked no more, and the claim is to be filed."""

    customer = TenantForeignKey(Customer, related_name="insolvencies")
    procedure = models.CharField(max_length=15, choices=Procedure.choices)
    judgment_date = models.DateField()  # documents issued up to this day are frozen
    published_date = models.DateField(
        null=True, blank=True
    )  # in the BODACC; the clock runs from it
    from_date = models.DateField()  # the day we froze
    ended_date = models.DateField(null=True, blank=True)  # from this day on the chase may go on
    end_reason = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=20)  # bodacc or person
    notice_id = models.CharField(max_length=60, blank=True)  # the publication's own number
    court = models.CharField(max_length=150, blank=True)
    recorded_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ("-judgment_date",)
        verbose_name_plural = "insolvencies"
        constraints: ClassVar = [
            TenantUnique(
                fields=["customer", "notice_id"],
                name="insolvency_notice_once",
                condition=~Q(notice_id=""),
            ),
            TenantUnique(
                fields=["customer"],
                name="insolvency_one_in_force",
                condition=Q(ended_date=None),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "customer"], name="insolvency_by_customer")
        ]

    def __str__(self) -> str:
        return f"{self.procedure} {self.judgment_date}"


class LegalDeadline(TenantModel):
    """A right with its last day, its owner and, in the end, the proof that it was used."""

    customer = TenantForeignKey(Customer, related_name="legal_deadlines")
    kind = models.CharField(
        max_length=20,
        choices=[
            (DeadlineKind.FORMAL_NOTICE.value, _("Answer to the formal notice")),
            (DeadlineKind.PRESCRIPTION.value, _("Prescription")),
            (DeadlineKind.INJUNCTION_SERVICE.value, _("Service of the payment order")),
            (DeadlineKind.OPPOSITION.value, _("Opposition to the payment order")),
            (DeadlineKind.CLAIM_FILING.value, _("Filing of the claim")),
            (DeadlineKind.RELIEF.value, _("Request for relief from foreclosure")),
            (DeadlineKind.INSURER_MAXIMUM.value, _("Maximum credit period of the insurer")),
            (DeadlineKind.INSURER_DECLARATION.value, _("Declaration to the insurer")),
        ],
    )
    variant = models.CharField(max_length=12, blank=True)
    start_date = models.DateField()
    due_date = models.DateField()  # the last day to act
    source = models.CharField(max_length=200)  # of the length, as it stood when the clock started
    subject = models.UUIDField()  # what it is about: a document, a notice, an insolvency, an order
    document = TenantForeignKey(Document, null=True, blank=True, related_name="+")
    label = models.CharField(max_length=120, blank=True)  # the number people know the subject by
    owner = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    alerted_days = models.PositiveSmallIntegerField(
        null=True, blank=True
    )  # the last alert given: 30, 15 or 5 days before
    done_date = models.DateField(null=True, blank=True)
    done_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    proof = models.CharField(max_length=300, blank=True)
    is_void = models.BooleanField(default=False)  # its reason went away: paid, the procedure ended
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("due_date", "kind")
        constraints: ClassVar = [
            TenantUnique(fields=["kind", "subject", "start_date"], name="legal_deadline_once"),
            models.CheckConstraint(
                condition=Q(due_date__gte=F("start_date")), name="legal_deadline_after_start"
            ),
            models.CheckConstraint(
                condition=Q(done_date=None) | ~Q(proof=""), name="legal_deadline_done_with_proof"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "due_date"],
                name="legal_deadline_running",
                condition=Q(done_date=None, is_void=False),
            ),
            models.Index(fields=["tenant_id", "customer"], name="legal_deadline_by_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.due_date}"


class InsurancePolicy(TenantModel):
    """The clauses of the credit insurance policy that the clock counts by, from a day on."""

    valid_from = models.DateField()
    insurer = models.CharField(max_length=120)
    domestic_days = models.PositiveSmallIntegerField(default=120)
    export_days = models.PositiveSmallIntegerField(default=180)
    declaration_days = models.PositiveSmallIntegerField(default=30)
    threshold = models.DecimalField(max_digits=19, decimal_places=4, default=300)  # tax included
    entered_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-valid_from",)
        verbose_name_plural = "insurance policies"
        constraints: ClassVar = [
            TenantUnique(fields=["valid_from"], name="insurance_policy_once_per_day"),
            models.CheckConstraint(
                condition=Q(domestic_days__gte=1, export_days__gte=1, declaration_days__gte=1),
                name="insurance_policy_counts_days",
            ),
        ]

    def __str__(self) -> str:
        return self.insurer
