"""What payments and reminders taught, for the order of the agenda and for advice; who did otherwise, and why."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from dunning.models.outbox import Reminder
from dunning.models.scenarios import Channel
from dunning.rules.advice import OverrideCause as CauseRule
from dunning.rules.priority import Lateness as LatenessRule
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique
from ledger.models import Customer


class PaymentOdds(TenantModel):
    """How a customer's past lines were paid within thirty days, from one lateness on; learnt each night."""

    customer = TenantForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    lateness = models.CharField(
        max_length=10, choices=[(each.value, each.value) for each in LatenessRule]
    )
    lines = models.PositiveIntegerField()
    paid = models.PositiveIntegerField()
    segment_chance = models.DecimalField(
        max_digits=7, decimal_places=6
    )  # of customers of his kind: what his own lines are drawn to
    learnt_date = models.DateField()

    class Meta:
        constraints: ClassVar = [
            TenantUnique(fields=["customer", "lateness"], name="payment_odds_once"),
            models.CheckConstraint(
                condition=Q(paid__lte=F("lines")), name="payment_odds_paid_within_lines"
            ),
            models.CheckConstraint(
                condition=Q(segment_chance__gte=0, segment_chance__lte=1),
                name="payment_odds_chance_is_a_share",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.paid}/{self.lines}"


class ChannelResponse(TenantModel):
    """What followed contacts by a channel, or none, with customers of a kind at a lateness; learnt each night."""

    segment = models.CharField(max_length=20)  # a typology, or empty for the whole house
    lateness = models.CharField(
        max_length=10, choices=[(each.value, each.value) for each in LatenessRule]
    )
    channel = models.CharField(max_length=20, blank=True)  # empty: nobody was contacted
    lines = models.PositiveIntegerField()
    paid = models.PositiveIntegerField()  # within ten days
    learnt_date = models.DateField()

    class Meta:
        constraints: ClassVar = [
            TenantUnique(fields=["segment", "lateness", "channel"], name="channel_response_once"),
            models.CheckConstraint(
                condition=Q(paid__lte=F("lines")), name="channel_response_paid_within_lines"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.paid}/{self.lines}"


class OverrideCause(models.TextChoices):
    """Why somebody does otherwise than advised."""

    CUSTOMER_ASKED = CauseRule.CUSTOMER_ASKED.value, _("The customer asked for it")
    KNOWN_PERSON = CauseRule.KNOWN_PERSON.value, _("I know whom to reach, and how")
    TRIED_BEFORE = CauseRule.TRIED_BEFORE.value, _("It was tried and led nowhere")
    RELATIONSHIP = CauseRule.RELATIONSHIP.value, _("The relationship asks for another tone")
    WRONG_FACTS = CauseRule.WRONG_FACTS.value, _("The reasons given are wrong")
    OTHER = CauseRule.OTHER.value, _("Another cause, in the note")


class AdviceOverride(TenantModel):
    """Somebody chose another channel than the advised one; `reasons` are the grounds he was shown."""

    customer = TenantForeignKey(Customer, related_name="+")
    reminder = TenantForeignKey(Reminder, null=True, blank=True, related_name="overrides")
    advised = models.CharField(max_length=20, choices=Channel.choices)
    chosen = models.CharField(max_length=20, choices=Channel.choices)
    grounds = models.JSONField(default=list)
    cause = models.CharField(max_length=15, choices=OverrideCause.choices)
    words = models.CharField(max_length=250, blank=True)
    decided_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ("-decided_at",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(chosen=F("advised")), name="advice_override_does_otherwise"
            ),
            models.CheckConstraint(
                condition=~Q(cause="other") | ~Q(words=""), name="advice_override_other_in_words"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "reminder"], name="advice_override_by_reminder")
        ]

    def __str__(self) -> str:
        return f"{self.advised}: {self.chosen}"
