"""Short lessons told by events, who answered them, hours by kind, training sessions; margins of customers."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Membership
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique
from ledger.models import Customer


class LessonCode(models.TextChoices):
    """What a lesson is about: the event that tells it."""

    ORDER_HELD = "order_held", _("Why was it blocked?")
    OVER_LIMIT = "over_limit", _("Over the limit: what now?")
    DISPUTE = "dispute", _("A customer disputes an invoice")
    PROMISE_BROKEN = "promise_broken", _("A promise was not kept")
    CHARTER_REFUSED = "charter_refused", _("The charter said no")
    REQUEST_RETURNED = "request_returned", _("Your request came back")


class LessonText(TenantModel):
    """The words of a lesson as a tenant wrote them in one language; without a row the shipped ones are told."""

    code = models.CharField(max_length=16, choices=LessonCode.choices)
    language = models.CharField(max_length=2)
    title = models.CharField(max_length=120)
    body = models.CharField(max_length=3000)
    written_by = TenantForeignKey(Membership, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            TenantUnique(fields=["code", "language"], name="lesson_text_once_a_language")
        ]

    def __str__(self) -> str:
        return self.title


class Lesson(TenantModel):
    """A lesson that an event brought to a colleague; the first event of a kind tells it, answered right ends it."""

    member = TenantForeignKey(Membership, related_name="lessons")
    code = models.CharField(max_length=16, choices=LessonCode.choices)
    customer = TenantForeignKey(Customer, null=True, blank=True, related_name="+")
    object_id = models.UUIDField()  # the hold, dispute, promise, judgement or request
    told_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    learnt_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-told_at",)
        constraints: ClassVar = [TenantUnique(fields=["member", "code"], name="lesson_told_once")]

    def __str__(self) -> str:
        return self.code


class TimeKind(models.TextChoices):
    """What the hours of credit go into (R38, R39)."""

    TRAINING = "training", pgettext_lazy("hours", "Training")
    PREVENTION = "prevention", pgettext_lazy("hours", "Prevention")
    CHASING = "chasing", pgettext_lazy("hours", "Chasing")
    OTHER = "other", pgettext_lazy("hours", "Other")


class TrainingSession(TenantModel):
    """A training in the calendar; the trainer's hours are logged when it was held."""

    title = models.CharField(max_length=120)
    day = models.DateField()
    minutes = models.PositiveSmallIntegerField()
    trainer = TenantForeignKey(Membership, related_name="+")
    held_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("day", "title")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(minutes__gte=5, minutes__lte=960), name="training_minutes_in_a_day"
            ),
            models.CheckConstraint(
                condition=Q(held_at=None) | Q(cancelled_at=None), name="training_held_or_not"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class TrainingSeat(TenantModel):
    """A colleague who is invited to a training, and whether he came."""

    session = TenantForeignKey(TrainingSession, on_delete=models.CASCADE, related_name="seats")
    member = TenantForeignKey(Membership, related_name="+")
    has_come = models.BooleanField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            TenantUnique(fields=["session", "member"], name="training_seat_once")
        ]

    def __str__(self) -> str:
        return str(self.member_id)


class TimeEntry(TenantModel):
    """Time a colleague spent on a kind of work on a day; of a training, once a colleague."""

    member = TenantForeignKey(Membership, related_name="+")
    day = models.DateField()
    kind = models.CharField(max_length=10, choices=TimeKind.choices)
    minutes = models.PositiveSmallIntegerField()
    words = models.CharField(max_length=200, blank=True)
    session = TenantForeignKey(TrainingSession, null=True, blank=True, related_name="hours")
    written_at = models.DateTimeField()

    class Meta:
        ordering = ("-day", "-written_at")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(minutes__gte=1, minutes__lte=960), name="time_entry_in_a_day"
            ),
            TenantUnique(
                fields=["session", "member"],
                name="time_entry_once_a_training",
                condition=Q(session__isnull=False),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["tenant_id", "day"], name="time_entry_by_day")]

    def __str__(self) -> str:
        return f"{self.kind} {self.minutes}"


class TrainingTarget(TenantModel):
    """Which part of credit's hours a tenant wants to be training; one row a tenant, none: the half."""

    share = models.DecimalField(max_digits=4, decimal_places=3)
    changed_by = TenantForeignKey(Membership, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            TenantUnique(fields=[], name="training_target_once"),
            models.CheckConstraint(
                condition=Q(share__gte=0, share__lte=1), name="training_target_is_a_share"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.share}"


class CustomerMargin(TenantModel):
    """What a customer's sales leave, as fractions of sales without tax: expected from a day on, and what it was."""

    customer = TenantForeignKey(Customer, related_name="margins")
    valid_from = models.DateField()
    expected = models.DecimalField(max_digits=6, decimal_places=4, null=True, blank=True)
    actual = models.DecimalField(max_digits=6, decimal_places=4, null=True, blank=True)
    entered_by = TenantForeignKey(Membership, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        ordering = ("-valid_from",)
        constraints: ClassVar = [
            TenantUnique(fields=["customer", "valid_from"], name="customer_margin_once_a_day"),
            models.CheckConstraint(
                condition=(Q(expected=None) | Q(expected__gte=-1, expected__lte=1))
                & (Q(actual=None) | Q(actual__gte=-1, actual__lte=1)),
                name="customer_margin_is_a_share",
            ),
            models.CheckConstraint(
                condition=Q(expected__isnull=False) | Q(actual__isnull=False),
                name="customer_margin_says_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.valid_from}"
