"""Letters to post: what was numbered and drawn, word for word, and the batches in which it goes to the post office."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from dunning.models.outbox import Reminder
from dunning.models.templates import MessageText
from dunning.rules.letters import LetterState, WhyOut
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique
from ledger.models import Customer, Entity

NUMBERED = [LetterState.TO_POST.value, LetterState.POSTED.value, LetterState.VOIDED.value]


class LetterBatch(TenantModel):
    """The letters of one legal entity that go to the post office together, with their list, the bordereau."""

    entity = TenantForeignKey(Entity, related_name="+")
    year = models.PositiveSmallIntegerField()
    sequence = models.PositiveIntegerField()
    batch_date = models.DateField()
    created_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    problem = models.CharField(
        max_length=300, blank=True
    )  # what keeps its letters from being drawn

    class Meta:
        ordering = ("-created_at",)
        constraints: ClassVar = [
            TenantUnique(fields=["entity", "year", "sequence"], name="letter_batch_number_unique")
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number on the bordereau, `B-ORV-2026-0003`."""
        return f"B-{self.entity.code}-{self.year}-{self.sequence:04d}"


class Letter(TenantModel):
    """One letter of a reminder. From its number on it never changes, but for where it is."""

    batch = TenantForeignKey(LetterBatch, related_name="letters")
    place = models.PositiveIntegerField()  # the order in which the batch is drawn
    entity = TenantForeignKey(Entity, related_name="+")
    reminder = TenantForeignKey(Reminder, related_name="letters")
    customer = TenantForeignKey(Customer, related_name="letters")
    state = models.CharField(
        max_length=10,
        choices=[
            (LetterState.WAITING.value, _("To be drawn")),
            (LetterState.TO_POST.value, _("To post")),
            (LetterState.POSTED.value, _("Posted")),
            (LetterState.VOIDED.value, _("Void")),
            (LetterState.LEFT_OUT.value, _("Left out")),
        ],
        default=LetterState.WAITING,
    )
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    sequence = models.PositiveIntegerField(null=True, blank=True)
    language = models.CharField(max_length=5, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    address = models.JSONField(default=list)  # the lines as they are printed
    pages = models.PositiveSmallIntegerField(default=0)
    subject = models.CharField(max_length=300, blank=True)
    text = models.TextField(blank=True)  # its words, without the layout
    text_version = TenantForeignKey(MessageText, null=True, blank=True, related_name="+")
    facts = models.JSONField(default=dict)  # the values its text was filled with
    snapshot = models.JSONField(default=dict)  # every fact it was drawn from
    essence = models.CharField(
        max_length=64, blank=True
    )  # of what must not change before it is posted
    file_name = models.CharField(max_length=120, blank=True)
    pdf = models.BinaryField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True)  # SHA-256 of the bytes
    drawn_date = models.DateField(null=True, blank=True)
    drawn_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    posting_date = models.DateField(null=True, blank=True)  # somebody says it left; being recorded
    posted_date = models.DateField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    why_out = models.CharField(
        max_length=12, blank=True, choices=[(why.value, why.value) for why in WhyOut]
    )
    words = models.CharField(max_length=250, blank=True)  # of the person who took it out

    class Meta:
        ordering = ("batch", "place")
        constraints: ClassVar = [
            TenantUnique(fields=["entity", "year", "sequence"], name="letter_number_unique"),
            TenantUnique(
                fields=["reminder"],
                name="letter_once_per_reminder",
                condition=Q(state__in=["waiting", "to_post", "posted"]),
            ),
            models.CheckConstraint(
                condition=Q(state__in=NUMBERED, sequence__isnull=False, year__isnull=False)
                | Q(state__in=["waiting", "left_out"], sequence=None, year=None),
                name="letter_numbered_once_drawn",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=NUMBERED) | (Q(pdf__isnull=False) & ~Q(digest="")),
                name="letter_numbered_with_its_bytes",
            ),
            models.CheckConstraint(
                condition=Q(state="posted", posted_date__isnull=False)
                | (~Q(state="posted") & Q(posted_date=None)),
                name="letter_posted_on_a_day",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["voided", "left_out"]) | ~Q(why_out=""),
                name="letter_out_with_reason",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "batch", "place"],
                name="letter_to_draw",
                condition=Q(state="waiting"),
            ),
            models.Index(
                fields=["tenant_id", "state"],
                name="letter_to_post",
                condition=Q(state__in=["waiting", "to_post"]),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number people quote, `L-ORV-2026-0112`; empty before it is drawn."""
        return f"L-{self.entity.code}-{self.year}-{self.sequence:04d}" if self.sequence else ""
