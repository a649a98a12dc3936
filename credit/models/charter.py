"""The charter of a tenant: versions with their articles, who signed them, and what was held against them."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Membership
from credit.rules.charter import Article, Check, Effect, Kind
from credit.rules.charter_text import article_of
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique
from ledger.models import Customer


class CharterCheck(models.TextChoices):
    """What an article is bound to."""

    MAXIMUM_TERM = Check.MAXIMUM_TERM.value, _("Longest payment term")
    DEPOSIT_UNDER_GRADE = Check.DEPOSIT_UNDER_GRADE.value, _("Deposit from a grade on")
    PREPAYMENT_FOR_GRADE = Check.PREPAYMENT_FOR_GRADE.value, _("Payment in advance from a grade on")
    NO_DELIVERY_WHEN_BLOCKED = (
        Check.NO_DELIVERY_WHEN_BLOCKED.value,
        _("No delivery to a customer on hold"),
    )
    FINANCE_CLOSES_OPENINGS = (
        Check.FINANCE_CLOSES_OPENINGS.value,
        _("Finance closes every opening"),
    )
    MAXIMUM_UNINSURED = Check.MAXIMUM_UNINSURED.value, _("Largest amount without cover")
    NO_RAISE_WHILE_OVERDUE = Check.NO_RAISE_WHILE_OVERDUE.value, _("No raise while overdue")
    NO_ORDER_WHILE_OVERDUE = Check.NO_ORDER_WHILE_OVERDUE.value, _("No order while overdue")
    GUARANTEE_OVER = Check.GUARANTEE_OVER.value, _("Guarantee above an amount")
    COMMITTEE_OVER = Check.COMMITTEE_OVER.value, _("Committee above an amount")
    NO_CREDIT_IN_INSOLVENCY = (
        Check.NO_CREDIT_IN_INSOLVENCY.value,
        _("No credit in insolvency proceedings"),
    )
    MARGIN_FLOOR = Check.MARGIN_FLOOR.value, _("Lowest margin")
    TEXT_ONLY = Check.TEXT_ONLY.value, _("Text only, no check")


class ArticleEffect(models.TextChoices):
    """What a breach of an article does."""

    REFUSE = Effect.REFUSE.value, _("Refuses")
    ESCALATE = Effect.ESCALATE.value, _("Asks for a higher decision")
    WARN = Effect.WARN.value, _("Warns")


class ProposalKind(models.TextChoices):
    """What was held against the charter."""

    ADVICE = Kind.ADVICE.value, _("Advice")
    OPENING = Kind.OPENING.value, _("Account opening")
    LIMIT = Kind.LIMIT.value, _("Credit limit")
    TEMPORARY = Kind.TEMPORARY.value, _("Temporary limit")
    REVIEW = Kind.REVIEW.value, _("Review of a limit")
    TERMS = Kind.TERMS.value, _("Payment terms")
    ORDER = Kind.ORDER.value, _("Order")
    DELIVERY = Kind.DELIVERY.value, _("Delivery")
    STANDING = Kind.STANDING.value, _("Existing customer")


class CharterOutcome(models.TextChoices):
    """What became of a proposal that was held against the charter."""

    CLEAN = "clean", pgettext_lazy("charter", "Within the charter")
    WARNED = "warned", pgettext_lazy("charter", "Passed with a warning")
    ESCALATED = "escalated", pgettext_lazy("charter", "Sent to a higher decision")
    GRANTED = "granted", pgettext_lazy("charter", "Granted all the same")
    REFUSED = "refused", pgettext_lazy("charter", "Form refused")


class CharterVersion(TenantModel):
    """A version of the charter: a draft until somebody else publishes it, frozen from then on."""

    number = models.PositiveSmallIntegerField()
    is_draft = models.BooleanField(default=True)
    written_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    authors = models.JSONField(default=list)  # everybody who wrote in the draft: none may publish
    published_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    published_date = models.DateField(null=True, blank=True)  # in force from this day on
    digest = models.CharField(max_length=64, blank=True)  # SHA-256: rules.charter_text.digest
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar = [
            TenantUnique(fields=["number"], name="charter_version_number_unique"),
            TenantUnique(
                fields=["is_draft"], name="charter_version_one_draft", condition=Q(is_draft=True)
            ),
            models.CheckConstraint(
                condition=Q(
                    is_draft=True,
                    published_by=None,
                    published_at=None,
                    published_date=None,
                    digest="",
                )
                | (
                    Q(
                        is_draft=False,
                        published_by__isnull=False,
                        published_at__isnull=False,
                        published_date__isnull=False,
                    )
                    & ~Q(digest="")
                ),
                name="charter_version_published_whole",
            ),
            models.CheckConstraint(
                condition=~Q(published_by=F("written_by")), name="charter_version_s10_two_people"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}"

    def as_articles(self) -> tuple[Article, ...]:
        """Return the articles as the values the rules work on, in the order of their numbers."""
        return tuple(article.as_rule() for article in self.articles.all())


class CharterArticle(TenantModel):
    """A numbered article in both languages, bound to a check with its parameters."""

    version = TenantForeignKey(CharterVersion, on_delete=models.CASCADE, related_name="articles")
    number = models.PositiveSmallIntegerField()
    check_code = models.CharField(max_length=30, choices=CharterCheck.choices)
    parameters = models.JSONField(default=dict)
    effect = models.CharField(max_length=10, choices=ArticleEffect.choices)
    title_fr = models.CharField(max_length=120)
    title_en = models.CharField(max_length=120)
    text_fr = models.TextField()
    text_en = models.TextField()

    class Meta:
        ordering = ("number",)
        constraints: ClassVar = [
            TenantUnique(fields=["version", "number"], name="charter_article_number_unique"),
            models.CheckConstraint(
                condition=~Q(title_fr="") & ~Q(title_en="") & ~Q(text_fr="") & ~Q(text_en=""),
                name="charter_article_in_both_languages",
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1), name="charter_article_numbered_from_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}"

    def as_rule(self) -> Article:
        """Return this article as the value the rules work on."""
        return article_of(
            self.number,
            self.check_code,
            self.parameters,
            self.effect,
            {"fr": (self.title_fr, self.text_fr), "en": (self.title_en, self.text_en)},
        )


class CharterSignature(TenantModel):
    """A colleague's signature under one version: his name then, the instant and what he signed."""

    version = TenantForeignKey(CharterVersion, related_name="signatures")
    membership = TenantForeignKey(Membership, related_name="+")
    name = models.CharField(max_length=150)
    signed_at = models.DateTimeField()
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ("signed_at",)
        constraints: ClassVar = [
            TenantUnique(fields=["version", "membership"], name="charter_signature_once"),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(digest=""), name="charter_signature_named"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CharterJudgement(TenantModel):
    """A proposal that was held against a version: what came of it. A judgement without a breach is kept too."""

    version = TenantForeignKey(CharterVersion, related_name="judgements")
    kind = models.CharField(max_length=10, choices=ProposalKind.choices)
    outcome = models.CharField(max_length=10, choices=CharterOutcome.choices)
    day = models.DateField()
    judged_at = models.DateTimeField(auto_now_add=True)
    customer = TenantForeignKey(Customer, null=True, blank=True, related_name="+")
    subject = models.CharField(max_length=250, blank=True)  # a prospect who is no customer yet
    object_id = models.UUIDField(null=True, blank=True)  # the request or order
    proposed_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    granted_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    granted_day = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)  # why it was granted all the same

    class Meta:
        ordering = ("-day", "-judged_at")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    outcome=CharterOutcome.GRANTED,
                    granted_by__isnull=False,
                    granted_day__isnull=False,
                )
                & ~Q(reason="")
                | (
                    ~Q(outcome=CharterOutcome.GRANTED)
                    & Q(granted_by=None, granted_day=None, reason="")
                ),
                name="charter_judgement_granted_whole",
            ),
            models.CheckConstraint(
                condition=~Q(granted_by=F("proposed_by")), name="charter_judgement_s1_two_people"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "day"], name="charter_judgement_by_day"),
            models.Index(
                fields=["tenant_id", "object_id"],
                name="charter_judgement_by_object",
                condition=Q(object_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.kind}"


class CharterBreach(TenantModel):
    """An article that a judged proposal broke, with the figures, or could not be judged for, with what was missing."""

    judgement = TenantForeignKey(
        CharterJudgement, on_delete=models.CASCADE, related_name="breaches"
    )
    article_number = models.PositiveSmallIntegerField()
    check_code = models.CharField(max_length=30, choices=CharterCheck.choices)
    effect = models.CharField(max_length=10, choices=ArticleEffect.choices)
    figures = models.JSONField(default=dict)
    missing = models.JSONField(default=list)

    class Meta:
        ordering = ("article_number",)
        constraints: ClassVar = [
            TenantUnique(fields=["judgement", "article_number"], name="charter_breach_once")
        ]

    def __str__(self) -> str:
        return f"{self.article_number}"
