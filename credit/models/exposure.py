"""What secures a customer's debt, the limit of a group, how orders are checked, and what every check answered."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from accounts.models import Membership
from credit.models.holds import Hold
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique
from ledger.models import Customer, CustomerGroup, Entity


class GuaranteeKind(models.TextChoices):
    """What stands behind a customer's debt."""

    BANK = "bank", pgettext_lazy("guarantee", "Bank guarantee")
    PARENT = "parent", pgettext_lazy("guarantee", "Parent company's guarantee")
    PLEDGE = "pledge", pgettext_lazy("guarantee", "Pledge")
    DEPOSIT = "deposit", pgettext_lazy("guarantee", "Deposit received")


class Guarantee(TenantModel):
    """A guarantee: it counts from the day another person accepted it, while it is valid and until it is released."""

    customer = TenantForeignKey(Customer, related_name="guarantees")
    kind = models.CharField(max_length=7, choices=GuaranteeKind.choices)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)  # the last day, included
    given_by = models.CharField(max_length=200)  # the bank, the parent company
    reference = models.CharField(max_length=80)  # of the document that proves it
    entered_by = TenantForeignKey(Membership, related_name="+")
    entered_at = models.DateTimeField()
    accepted_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    accepted_date = models.DateField(null=True, blank=True)
    released_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    released_date = models.DateField(null=True, blank=True)  # the first day it no longer counts
    release_reason = models.CharField(max_length=250, blank=True)

    class Meta:
        ordering = ("-valid_from",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="guarantee_positive"),
            models.CheckConstraint(
                condition=~Q(accepted_by=F("entered_by")), name="guarantee_s1_two_people"
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="guarantee_days_in_order",
            ),
            TenantUnique(
                fields=["customer", "kind", "reference"],
                name="guarantee_document_once",
                condition=Q(released_date=None),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "customer"], name="guarantee_by_customer")
        ]

    def __str__(self) -> str:
        return self.reference


class GroupLimit(TenantModel):
    """How much the companies of a group may owe together from a day on; asked by one person, granted by another."""

    group = TenantForeignKey(CustomerGroup, related_name="limits")
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)  # the last day, included
    reason = models.CharField(max_length=250)
    requested_by = TenantForeignKey(Membership, related_name="+")
    requested_at = models.DateTimeField()
    approved_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-valid_from",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="group_limit_positive"),
            models.CheckConstraint(
                condition=~Q(approved_by=F("requested_by")), name="group_limit_s7_two_people"
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="group_limit_days_in_order",
            ),
            TenantUnique(
                fields=["group", "valid_from"],
                name="group_limit_one_each_day",
                condition=Q(approved_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


class CheckStage(models.TextChoices):
    """When an order is held against the limit."""

    QUOTE = "quote", pgettext_lazy("credit check", "At the quote")
    ORDER = "order", pgettext_lazy("credit check", "At the order")
    DELIVERY = "delivery", pgettext_lazy("credit check", "Before delivery")
    INVOICE = "invoice", pgettext_lazy("credit check", "Before invoicing")


class Answer(models.TextChoices):
    """What an order is answered."""

    YES = "yes", pgettext_lazy("credit check", "Yes")
    NO = "no", pgettext_lazy("credit check", "No")
    REVIEW = "review", pgettext_lazy("credit check", "To be looked at")


class OrderPolicy(TenantModel):
    """How orders are checked: of an entity, else of the whole tenant. Written by one person, approved by another."""

    entity = TenantForeignKey(Entity, null=True, blank=True, related_name="+")  # empty: the tenant
    stage = models.CharField(max_length=8, choices=CheckStage.choices)
    beyond = models.CharField(max_length=6, choices=Answer.choices)  # the answer over the limit
    notice_days = models.PositiveSmallIntegerField(default=3)  # between the news and the hold
    tells_customer = models.BooleanField(default=False)
    written_by = TenantForeignKey(Membership, related_name="+")
    written_at = models.DateTimeField()
    approved_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-written_at",)
        verbose_name_plural = "order policies"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(approved_by=F("written_by")), name="order_policy_s10_two_people"
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None, approved_at=None)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="order_policy_approved_whole",
            ),
            models.CheckConstraint(
                condition=Q(beyond__in=["no", "review"]), name="order_policy_never_yes"
            ),
            models.CheckConstraint(
                condition=Q(notice_days__lte=30), name="order_policy_notice_in_a_month"
            ),
        ]

    def __str__(self) -> str:
        return self.stage


class CheckOrigin(models.TextChoices):
    """What asked for a check."""

    API = "api", pgettext_lazy("credit check", "Another system")
    PERSON = "person", pgettext_lazy("credit check", "A colleague")
    ROUND = "round", pgettext_lazy("credit check", "The scheduled round")


class CreditCheck(TenantModel):
    """What an order was answered, by which rule and on which figures; never changed afterwards."""

    customer = TenantForeignKey(Customer, related_name="credit_checks")
    entity = TenantForeignKey(Entity, related_name="+")
    order_number = models.CharField(max_length=80)
    stage = models.CharField(max_length=9)  # ledger.models.OrderStage, as the order stood
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3)
    answer = models.CharField(max_length=6, choices=Answer.choices)
    rule = models.CharField(max_length=20)  # credit.rules.order_check.Rule
    facts = models.JSONField(default=dict)  # what the rule is quoted with
    exposure = models.DecimalField(null=True, blank=True, max_digits=19, decimal_places=4)
    headroom = models.DecimalField(null=True, blank=True, max_digits=19, decimal_places=4)
    limit_amount = models.DecimalField(null=True, blank=True, max_digits=19, decimal_places=4)
    limit_currency = models.CharField(max_length=3, blank=True)
    limit_origin = models.CharField(max_length=8, blank=True)  # customer or group
    hold = TenantForeignKey(Hold, null=True, blank=True, related_name="checks")
    origin = models.CharField(max_length=6, choices=CheckOrigin.choices)
    checked_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    checked_at = models.DateTimeField()

    class Meta:
        ordering = ("-checked_at",)
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "entity", "order_number", "-checked_at"],
                name="credit_check_by_order",
            ),
            models.Index(
                fields=["tenant_id", "customer", "-checked_at"], name="credit_check_by_customer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_number}: {self.answer}"
