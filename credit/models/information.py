"""Information about companies: its sources with price and budget, every look-up, and events of the law."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from accounts.models import Membership
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique


class Source(models.TextChoices):
    """Who answers about companies."""

    REGISTER = "register", pgettext_lazy("information", "Public company register")
    COMMERCIAL = "commercial", pgettext_lazy("information", "Commercial provider")
    BODACC = "bodacc", pgettext_lazy("information", "BODACC, legal notices")
    URSSAF = "urssaf", pgettext_lazy("information", "URSSAF, insolvency files")
    SIRENE = "sirene", pgettext_lazy("information", "Sirene files")


class LookUpState(models.TextChoices):
    """Where a look-up stands."""

    ASKED = "asked", pgettext_lazy("look-up", "Asked")
    RUNNING = "running", pgettext_lazy("look-up", "Under way")
    FOUND = "found", pgettext_lazy("look-up", "Answered")
    NOT_FOUND = "not_found", pgettext_lazy("look-up", "Company not known")
    DEGRADED = "degraded", pgettext_lazy("look-up", "Answered in part")
    FAILED = "failed", pgettext_lazy("look-up", "No usable answer")


class InformationSource(TenantModel):
    """How a tenant uses a source: price of a call, budget of a month, how long an answer is kept, and its circuit."""

    source = models.CharField(max_length=10, choices=Source.choices)
    is_on = models.BooleanField(default=False)
    price = models.DecimalField(max_digits=9, decimal_places=4, default=0)  # of one call
    monthly_budget = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    currency = models.CharField(max_length=3, default="EUR")
    kept_days = models.PositiveSmallIntegerField(
        default=30
    )  # an answer as old as that is used again
    failures = models.PositiveSmallIntegerField(default=0)  # one after the other
    closed_until = models.DateTimeField(
        null=True, blank=True
    )  # not asked before: the circuit is open
    last_ok_at = models.DateTimeField(null=True, blank=True)
    last_problem = models.CharField(max_length=300, blank=True)
    last_problem_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("source",)
        constraints: ClassVar = [
            TenantUnique(fields=["source"], name="information_source_once"),
            models.CheckConstraint(
                condition=Q(price__gte=0, monthly_budget__gte=0),
                name="information_costs_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.source


class LookUp(TenantModel):
    """One question about a company: who asked, what it cost, what came back. Kept: it is the audit and the cache."""

    source = models.CharField(max_length=10, choices=Source.choices)
    siren = models.CharField(max_length=9)
    state = models.CharField(max_length=9, choices=LookUpState.choices)
    price = models.DecimalField(max_digits=9, decimal_places=4, default=0)
    currency = models.CharField(max_length=3, default="EUR")
    attempts = models.PositiveSmallIntegerField(default=0)
    facts = models.JSONField(default=dict)  # credit.rules.company_facts.Company as plain JSON
    problems = models.JSONField(default=list)  # codes of what could not be used
    problem = models.CharField(max_length=300, blank=True)  # technical words of a failure
    asked_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField()
    not_before = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-asked_at",)
        constraints: ClassVar = [
            TenantUnique(
                fields=["source", "siren"],
                name="look_up_one_under_way",
                condition=Q(state__in=["asked", "running"]),
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "siren", "-asked_at"], name="look_up_by_company"),
            models.Index(fields=["tenant_id", "-asked_at"], name="look_up_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.siren}"


class LegalEventKind(models.TextChoices):
    """What the law published about a company."""

    SAFEGUARD = "safeguard", pgettext_lazy("legal event", "Safeguard (sauvegarde)")
    RECEIVERSHIP = (
        "receivership",
        pgettext_lazy("legal event", "Receivership (redressement judiciaire)"),
    )
    LIQUIDATION = (
        "liquidation",
        pgettext_lazy("legal event", "Liquidation (liquidation judiciaire)"),
    )
    STRUCK_OFF = "struck_off", pgettext_lazy("legal event", "Struck off the register")
    ACCOUNTS = "accounts", pgettext_lazy("legal event", "Accounts filed")
    ENDED = "ended", pgettext_lazy("legal event", "Procedure ended")


class LegalEvent(TenantModel):
    """Something the law published about a company; scores read it."""

    siren = models.CharField(max_length=9)
    kind = models.CharField(max_length=12, choices=LegalEventKind.choices)
    event_date = models.DateField()
    source = models.CharField(max_length=10, choices=Source.choices)
    notice_id = models.CharField(max_length=80)  # the publication's own
    stage = models.CharField(max_length=60, blank=True)  # as the source words it
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ("-event_date",)
        constraints: ClassVar = [
            TenantUnique(fields=["source", "siren", "notice_id"], name="legal_event_once")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "siren", "-event_date"], name="legal_event_by_company"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_date}"
