"""What somebody has yet to do about a customer besides the steps of his scenario: call back, answer a question."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from dunning.models.outbox import Reminder
from kernel.tenancy import TenantForeignKey, TenantModel
from ledger.models import Customer


class FollowUpKind(models.TextChoices):
    """What is to be done."""

    CALL_BACK = "call_back", _("Call back")
    ASK_SALES = "ask_sales", _("Question to sales")


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    """Chainable filters of what is to be done."""

    def still_open(self) -> Self:
        """Return what nobody has closed."""
        return self.filter(closed_at=None)

    def calls(self) -> Self:
        """Return the calls somebody asked for."""
        return self.filter(kind=FollowUpKind.CALL_BACK)

    def questions(self) -> Self:
        """Return the questions put to sales."""
        return self.filter(kind=FollowUpKind.ASK_SALES)


class FollowUp(TenantModel):
    """A call at an hour the customer named, or a question a colleague answers by an hour (R24)."""

    customer = TenantForeignKey(Customer, related_name="follow_ups")
    kind = models.CharField(max_length=10, choices=FollowUpKind.choices)
    due_at = models.DateTimeField()
    owner = TenantForeignKey(
        Membership, null=True, blank=True, related_name="+"
    )  # empty: whoever follows the customer
    words = models.CharField(max_length=500, blank=True)
    reminder = TenantForeignKey(Reminder, null=True, blank=True, related_name="follow_ups")
    tries = models.PositiveSmallIntegerField(default=0)  # calls in vain
    opened_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    opened_at = models.DateTimeField()
    escalated_to = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    escalated_at = models.DateTimeField(
        null=True, blank=True
    )  # when the representative's manager got it, or would have, had there been one
    returned_at = models.DateTimeField(null=True, blank=True)  # back with whoever asked
    answer = models.CharField(max_length=500, blank=True)
    closed_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        ordering = ("due_at", "id")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(kind="ask_sales") | (Q(owner__isnull=False) & ~Q(words="")),
                name="follow_up_question_to_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(kind="ask_sales") | Q(closed_at=None) | ~Q(answer=""),
                name="follow_up_question_closed_by_answer",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "kind", "due_at"],
                name="follow_up_open",
                condition=Q(closed_at=None),
            ),
            models.Index(fields=["tenant_id", "customer"], name="follow_up_by_customer"),
        ]

    def __str__(self) -> str:
        return self.kind
