"""Scorecards, what they made of each customer, what people said against it, and the accounts it rests on."""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Membership
from credit.rules.scorecard import GRADES, Card, card_of
from credit.rules.statements import FIGURES, Statement
from credit.rules.watch import Alert
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique
from ledger.models import Customer

GRADE_CHOICES = [(grade, grade) for grade in GRADES]


class ScorecardVersion(TenantModel):
    """A version of the scorecard: a draft until somebody who wrote nothing in it publishes it, frozen from then on."""

    number = models.PositiveSmallIntegerField()
    is_draft = models.BooleanField(default=True)
    content = models.JSONField()  # rules.scorecard.as_stored
    written_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    authors = models.JSONField(default=list)  # everybody who wrote in the draft: none may publish
    published_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    published_date = models.DateField(null=True, blank=True)  # scores from this day on
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar = [
            TenantUnique(fields=["number"], name="scorecard_number_unique"),
            TenantUnique(
                fields=["is_draft"], name="scorecard_one_draft", condition=Q(is_draft=True)
            ),
            models.CheckConstraint(
                condition=Q(
                    is_draft=True, published_by=None, published_at=None, published_date=None
                )
                | Q(
                    is_draft=False,
                    published_by__isnull=False,
                    published_at__isnull=False,
                    published_date__isnull=False,
                ),
                name="scorecard_published_whole",
            ),
            models.CheckConstraint(
                condition=~Q(published_by=F("written_by")), name="scorecard_s10_two_people"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}"

    def as_card(self) -> Card:
        """Return the card as the rules work on it."""
        return card_of(self.content)


class Score(TenantModel):
    """What a card made of a customer from a day on, line by line; a row for each day on which something changed."""

    customer = TenantForeignKey(Customer, related_name="scores")
    day = models.DateField()
    version = TenantForeignKey(ScorecardVersion, related_name="+")
    points = models.DecimalField(max_digits=5, decimal_places=2)
    grade = models.CharField(max_length=1, choices=GRADE_CHOICES)
    lines = models.JSONField()  # services.rescoring: criterion, value, source, day, points, most
    used = models.DecimalField(
        max_digits=9, decimal_places=4, null=True, blank=True
    )  # part of the limit
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-day",)
        constraints: ClassVar = [
            TenantUnique(fields=["customer", "day"], name="score_one_each_day"),
            models.CheckConstraint(
                condition=Q(points__gte=0, points__lte=100), name="score_of_a_hundred"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.grade}"


class ScoringRun(TenantModel):
    """A night's re-scoring: one a day, and what it changed."""

    day = models.DateField()
    version = TenantForeignKey(ScorecardVersion, related_name="+")
    customers = models.PositiveIntegerField()
    changed = models.PositiveIntegerField()
    reclassed = models.PositiveIntegerField()
    alerts = models.PositiveIntegerField()
    finished_at = models.DateTimeField()

    class Meta:
        ordering = ("-day",)
        constraints: ClassVar = [TenantUnique(fields=["day"], name="scoring_run_once_a_day")]

    def __str__(self) -> str:
        return f"{self.day}"


class HeldClass(TenantModel):
    """Who gave a customer his risk class: the class the score wrote last, and until when a person's own one stands."""

    customer = TenantForeignKey(Customer, related_name="+")
    written = models.CharField(max_length=1, blank=True)  # by the score; empty: never
    by_hand = models.CharField(max_length=1, blank=True)  # the class a person set meanwhile
    held_until = models.DateField(null=True, blank=True)  # its last day, included

    class Meta:
        constraints: ClassVar = [TenantUnique(fields=["customer"], name="held_class_once")]

    def __str__(self) -> str:
        return self.by_hand or self.written


class OverrideState(models.TextChoices):
    """Where an override stands."""

    WAITING = "waiting", _("Waits for a second person")
    IN_FORCE = "in_force", pgettext_lazy("override", "In force")
    REFUSED = "refused", pgettext_lazy("override", "Refused")
    ENDED = "ended", pgettext_lazy("override", "Ended")


class ScoreOverride(TenantModel):
    """A person's grade in place of the card's, with the reason and the last day."""

    customer = TenantForeignKey(Customer, related_name="+")
    grade = models.CharField(max_length=1, choices=GRADE_CHOICES)
    card_grade = models.CharField(max_length=1, choices=GRADE_CHOICES)  # what it stands against
    reason = models.CharField(max_length=500)
    from_date = models.DateField()
    until_date = models.DateField()  # included
    state = models.CharField(max_length=10, choices=OverrideState.choices)
    made_by = TenantForeignKey(Membership, related_name="+")
    made_at = models.DateTimeField()
    decided_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-made_at",)
        constraints: ClassVar = [
            TenantUnique(
                fields=["customer"],
                name="score_override_one_open",
                condition=Q(state__in=["waiting", "in_force"]),
            ),
            models.CheckConstraint(
                condition=Q(until_date__gte=F("from_date")) & ~Q(reason=""),
                name="score_override_reasoned",
            ),
            models.CheckConstraint(
                condition=~Q(decided_by=F("made_by")) | Q(state=OverrideState.ENDED),
                name="score_override_s1_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grade} {self.until_date}"


def _figure() -> "models.DecimalField[Decimal | None, Decimal | None]":
    return models.DecimalField(max_digits=19, decimal_places=2, null=True, blank=True)


class FinancialStatement(TenantModel):
    """A company's accounts of one year as somebody entered them; a correction is a new row in place of the old."""

    siren = models.CharField(max_length=9, blank=True)
    customer = TenantForeignKey(Customer, null=True, blank=True, related_name="+")
    year_end = models.DateField()
    currency = models.CharField(max_length=3)
    total_assets = _figure()
    current_assets = _figure()
    inventories = _figure()
    receivables = _figure()
    equity = _figure()
    retained_earnings = _figure()
    liabilities = _figure()
    short_term_liabilities = _figure()
    debt = _figure()
    cash = _figure()
    sales = _figure()
    ebit = _figure()
    depreciation = _figure()
    financial_expenses = _figure()
    net_profit = _figure()
    source = models.CharField(max_length=120)
    entered_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    entered_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-year_end",)
        constraints: ClassVar = [
            TenantUnique(
                fields=["customer", "year_end"],
                name="financial_statement_one_a_year",
                condition=Q(replaced_at=None, customer__isnull=False),
            ),
            models.CheckConstraint(
                condition=Q(customer__isnull=False) | ~Q(siren=""),
                name="financial_statement_of_somebody",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "siren"], name="financial_statement_by_siren")
        ]

    def __str__(self) -> str:
        return f"{self.siren} {self.year_end}"

    def as_rule(self) -> Statement:
        """Return the figures as the rules read them."""
        return Statement(self.year_end, **{name: getattr(self, name) for name in FIGURES})


class CompanyProfile(TenantModel):
    """When a customer's company was founded and what it does, as a register or a colleague said."""

    customer = TenantForeignKey(Customer, related_name="+")
    founded_date = models.DateField(null=True, blank=True)
    sector = models.CharField(
        max_length=6, blank=True
    )  # NAF division or class, as the card names it
    source = models.CharField(max_length=120)
    entered_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [TenantUnique(fields=["customer"], name="company_profile_once")]

    def __str__(self) -> str:
        return self.sector


class AlertKind(models.TextChoices):
    """Why a customer is watched."""

    GRADE_FELL = Alert.GRADE_FELL.value, _("Grade fell")
    LEGAL_EVENT = Alert.LEGAL_EVENT.value, _("Legal event")
    DAYS_LATE = Alert.DAYS_LATE.value, _("Pays later than before")
    COVER_REDUCED = Alert.COVER_REDUCED.value, _("Insurer covers less")
    LIMIT_USED = Alert.LIMIT_USED.value, _("Limit nearly used up")


class WatchAlert(TenantModel):
    """Something about a customer that his risk owner should look at, until somebody says a word about it."""

    customer = TenantForeignKey(Customer, related_name="+")
    kind = models.CharField(max_length=15, choices=AlertKind.choices)
    day = models.DateField()
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    seen_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    seen_at = models.DateTimeField(null=True, blank=True)
    words = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("-day", "-created_at")
        constraints: ClassVar = [
            TenantUnique(fields=["customer", "kind", "day"], name="watch_alert_once"),
            models.CheckConstraint(
                condition=Q(seen_by=None, seen_at=None, words="")
                | (Q(seen_by__isnull=False, seen_at__isnull=False) & ~Q(words="")),
                name="watch_alert_seen_with_a_word",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "day"], name="watch_alert_open", condition=Q(seen_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.kind}"


class ScoreContest(TenantModel):
    """A customer who contests his score (GDPR art. 22): what he says, and what a person answered."""

    customer = TenantForeignKey(Customer, related_name="+")
    received_date = models.DateField()
    grade = models.CharField(max_length=1, blank=True)  # as it stood
    words = models.TextField()
    recorded_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    recorded_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-received_date", "-recorded_at")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(answered_by=None, answered_at=None, answer="")
                | (Q(answered_by__isnull=False, answered_at__isnull=False) & ~Q(answer="")),
                name="score_contest_answered_whole",
            )
        ]

    def __str__(self) -> str:
        return f"{self.received_date}"


class ScoreSettings(TenantModel):
    """What a house assumes and when it wants to be told. One row, made when something differs from the defaults."""

    failing = models.JSONField(
        default=dict
    )  # by grade, a fraction a year as text; empty: ready ones
    lost = models.DecimalField(max_digits=5, decimal_places=4, default=Decimal("0.6"))
    financing = models.DecimalField(max_digits=5, decimal_places=4, default=Decimal("0.05"))
    margin_rate = models.DecimalField(max_digits=5, decimal_places=4, default=Decimal("0.2"))
    watch_grades = models.PositiveSmallIntegerField(default=1)
    watch_days = models.PositiveSmallIntegerField(default=10)
    watch_used = models.DecimalField(max_digits=4, decimal_places=3, default=Decimal("0.9"))
    class_months = models.PositiveSmallIntegerField(default=6)  # a class set by hand stands so long
    changed_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    changed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "score settings"
        constraints: ClassVar = [
            TenantUnique(fields=[], name="score_settings_once"),
            models.CheckConstraint(
                condition=Q(lost__gte=0, lost__lte=1, financing__gte=0, financing__lte=1)
                & Q(watch_used__gt=0, watch_grades__gte=1, class_months__gte=1),
                name="score_settings_possible",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.financing}"
