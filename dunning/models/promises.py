"""Tables of what a customer said he would do: promises, payment plans, and what came of each contact with him.

Amounts are tax included, in the row's one currency. Whether a promise was kept is derived from the ledger.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from dunning.models.outbox import Reminder
from dunning.rules.causes import Cause as CauseRule
from dunning.rules.promises import PromiseSource as SourceRule
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique
from ledger.models import Contact, Customer, DueLine, Entity


class PromiseSource(models.TextChoices):
    """By which way a promise came."""

    CALL = SourceRule.CALL.value, _("On the telephone")
    REPLY = SourceRule.REPLY.value, _("In a reply")
    PORTAL = SourceRule.PORTAL.value, _("On the customer's page")
    SALES = SourceRule.SALES.value, _("Told to sales")
    LETTER = SourceRule.LETTER.value, _("By letter")


class Cause(models.TextChoices):
    """A cause of non-payment (R62)."""

    FORGOTTEN = CauseRule.FORGOTTEN.value, _("Forgotten")
    PAYMENT_RUN = CauseRule.PAYMENT_RUN.value, _("Waits for the payment run")
    APPROVAL_PENDING = CauseRule.APPROVAL_PENDING.value, _("Waits for an approval in the house")
    NOT_RECEIVED = CauseRule.NOT_RECEIVED.value, _("Invoice not received")
    CASH_SHORTAGE = CauseRule.CASH_SHORTAGE.value, _("Short of cash")
    NO_BUDGET = CauseRule.NO_BUDGET.value, _("No budget")
    PRICE = CauseRule.PRICE.value, _("Price contested")
    DELIVERY = CauseRule.DELIVERY.value, _("Delivery contested")
    QUALITY = CauseRule.QUALITY.value, _("Quality contested")
    ADMINISTRATIVE = CauseRule.ADMINISTRATIVE.value, _("Something wrong on the invoice")
    ALREADY_PAID = CauseRule.ALREADY_PAID.value, _("Says it is paid")
    WRONG_CONTACT = CauseRule.WRONG_CONTACT.value, _("Wrong person")
    UNKNOWN = CauseRule.UNKNOWN.value, _("Not said")


class Ruling(models.TextChoices):
    """What was decided about a promise or a plan that needed a second person."""

    NOT_NEEDED = "", _("Not needed")
    PENDING = "pending", _("To approve")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")


class Promise(TenantModel):
    """A customer's word that an amount is paid by a day. It holds its lines out of the chase until `deadline`."""

    customer = TenantForeignKey(Customer, related_name="promises")
    entity = TenantForeignKey(Entity, related_name="+")
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    promised_date = models.DateField()
    deadline = models.DateField()  # the last day on which the money may arrive
    made_date = models.DateField()
    source = models.CharField(max_length=10, choices=PromiseSource.choices)
    words = models.CharField(max_length=500, blank=True)
    reminder = TenantForeignKey(Reminder, null=True, blank=True, related_name="promises")
    recorded_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    ruling = models.CharField(max_length=10, choices=Ruling.choices, blank=True)
    ruled_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    ruled_date = models.DateField(null=True, blank=True)
    ended_date = models.DateField(null=True, blank=True)  # withdrawn or replaced on this day
    replaced_by = TenantForeignKey("self", null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-made_date", "-created_at")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="promise_amount_positive"),
            models.CheckConstraint(
                condition=Q(promised_date__gte=F("made_date"), deadline__gte=F("promised_date")),
                name="promise_dates_in_order",
            ),
            models.CheckConstraint(
                condition=Q(ruled_by=None) | ~Q(ruled_by=F("recorded_by")),
                name="promise_s1_two_people",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "customer"], name="promise_by_customer"),
            models.Index(fields=["tenant_id", "promised_date"], name="promise_by_date"),
            models.Index(fields=["tenant_id", "deadline"], name="promise_by_deadline"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} {self.promised_date}"


class PromiseLine(TenantModel):
    """What a promise says about one due line, and what that line owed then."""

    promise = TenantForeignKey(Promise, on_delete=models.CASCADE, related_name="lines")
    due_line = TenantForeignKey(DueLine, related_name="promise_lines")
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    open_before = models.DecimalField(max_digits=19, decimal_places=4)

    class Meta:
        constraints: ClassVar = [
            TenantUnique(fields=["promise", "due_line"], name="promise_line_once"),
            models.CheckConstraint(
                condition=Q(amount__gte=0, open_before__gte=F("amount")),
                name="promise_line_within_its_debt",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "due_line"], name="promise_line_by_due_line")
        ]

    def __str__(self) -> str:
        return f"{self.due_line_id} {self.amount}"


class PaymentPlan(TenantModel):
    """An agreement to pay some lines in instalments; proposed by one person, agreed by another (row 20, S1)."""

    number = models.PositiveIntegerField()  # counts per tenant
    customer = TenantForeignKey(Customer, related_name="payment_plans")
    entity = TenantForeignKey(Entity, related_name="+")
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    reason = models.CharField(max_length=250)
    proposed_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    proposed_date = models.DateField()
    ruling = models.CharField(max_length=10, choices=Ruling.choices, default=Ruling.PENDING)
    ruled_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    ruled_date = models.DateField(null=True, blank=True)
    ended_date = models.DateField(null=True, blank=True)  # void, kept or called off on this day
    is_void = models.BooleanField(default=False)  # ended because an instalment was missed
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-proposed_date", "-number")
        constraints: ClassVar = [
            TenantUnique(fields=["number"], name="payment_plan_number_unique"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_plan_amount_positive"),
            models.CheckConstraint(
                condition=Q(ruled_by=None) | ~Q(ruled_by=F("proposed_by")),
                name="payment_plan_s1_two_people",
            ),
            models.CheckConstraint(
                condition=Q(is_void=False) | Q(ended_date__isnull=False),
                name="payment_plan_void_on_a_day",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "customer"], name="payment_plan_by_customer"),
            models.Index(
                fields=["tenant_id", "ruling"],
                name="payment_plan_running",
                condition=Q(ended_date=None),
            ),
        ]

    def __str__(self) -> str:
        return str(self.number)


class PlanLine(TenantModel):
    """A due line a plan is about, and what of it was owed then."""

    plan = TenantForeignKey(PaymentPlan, on_delete=models.CASCADE, related_name="lines")
    due_line = TenantForeignKey(DueLine, related_name="plan_lines")
    open_before = models.DecimalField(max_digits=19, decimal_places=4)

    class Meta:
        constraints: ClassVar = [TenantUnique(fields=["plan", "due_line"], name="plan_line_once")]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "due_line"], name="plan_line_by_due_line")
        ]

    def __str__(self) -> str:
        return f"{self.due_line_id}"


class Instalment(TenantModel):
    """One amount of a plan and the day by which it is paid."""

    plan = TenantForeignKey(PaymentPlan, on_delete=models.CASCADE, related_name="instalments")
    due_date = models.DateField()
    amount = models.DecimalField(max_digits=19, decimal_places=4)

    class Meta:
        ordering = ("due_date",)
        constraints: ClassVar = [
            TenantUnique(fields=["plan", "due_date"], name="instalment_once_a_day"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="instalment_amount_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.due_date} {self.amount}"


class ContactReport(TenantModel):
    """What came of one contact with a customer, whoever began it, and why he had not paid (R48, R62)."""

    customer = TenantForeignKey(Customer, related_name="contact_reports")
    contact = TenantForeignKey(Contact, null=True, blank=True, related_name="+")
    reminder = TenantForeignKey(Reminder, null=True, blank=True, related_name="reports")
    channel = models.CharField(max_length=20)
    outcome = models.CharField(max_length=20)
    has_reached = models.BooleanField(default=True)  # somebody answered
    cause = models.CharField(max_length=20, choices=Cause.choices, blank=True)
    words = models.TextField(blank=True)
    amount = models.DecimalField(max_digits=19, decimal_places=4, default=0)  # what was asked for
    currency = models.CharField(max_length=3, blank=True)
    report_date = models.DateField()
    reported_at = models.DateTimeField()
    reported_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ("-reported_at",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(has_reached=False) | ~Q(cause=""),
                name="contact_report_cause_when_reached",
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "customer", "-report_date"],
                name="contact_report_by_customer",
            ),
            models.Index(
                fields=["tenant_id", "report_date"],
                name="contact_report_by_date",
                include=["cause"],
            ),
        ]

    def __str__(self) -> str:
        return self.outcome
