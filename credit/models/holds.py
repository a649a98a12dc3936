"""Holds on a customer or on one order, and what lifts them for a time: two people, always (S8)."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from accounts.models import Membership
from kernel.permissions import Actor
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique
from ledger.models import Customer, Entity


class HoldState(models.TextChoices):
    """Where a hold stands."""

    PROPOSED = "proposed", pgettext_lazy("hold", "Proposed")
    ANNOUNCED = "announced", pgettext_lazy("hold", "Announced")
    IN_FORCE = "in_force", pgettext_lazy("hold", "On hold")
    RELEASED = "released", pgettext_lazy("hold", "Released for a time")
    LIFTED = "lifted", pgettext_lazy("hold", "Lifted")
    DECLINED = "declined", pgettext_lazy("hold", "Not placed")


LIVE = (HoldState.PROPOSED, HoldState.ANNOUNCED, HoldState.IN_FORCE, HoldState.RELEASED)


class HoldOrigin(models.TextChoices):
    """What placed a hold."""

    PERSON = "person", pgettext_lazy("hold", "A colleague")
    CHECK = "check", pgettext_lazy("hold", "The check of an order")
    PROPOSAL = "proposal", pgettext_lazy("hold", "A proposal")


class HoldQuerySet(models.QuerySet["Hold"]):
    """Chainable filters of holds."""

    def live(self) -> Self:
        """Return those that have not ended."""
        return self.filter(state__in=LIVE)

    def visible_to(self, actor: Actor, *permissions: str) -> Self:
        """Return the holds of the customers over whom `actor` holds one of `permissions`."""
        customers = Q(pk__in=[])
        for permission in permissions:
            customers |= Q(customer__in=Customer.objects.visible_to(actor, permission))
        return self.filter(customers)


class Hold(TenantModel):
    """No more deliveries to a customer, or of one order; `falls_on` is the first day it holds."""

    customer = TenantForeignKey(Customer, related_name="holds")
    entity = TenantForeignKey(Entity, null=True, blank=True, related_name="+")  # of the order
    order_number = models.CharField(max_length=80, blank=True)  # empty: the whole customer
    origin = models.CharField(max_length=8, choices=HoldOrigin.choices)
    state = models.CharField(max_length=9, choices=HoldState.choices)
    reason = models.CharField(max_length=500)
    amount = models.DecimalField(
        null=True, blank=True, max_digits=19, decimal_places=4
    )  # of the order, as it was checked last
    currency = models.CharField(max_length=3, blank=True)
    falls_on = models.DateField()
    proposed_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    placed_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    placed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    objects = HoldQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)
        constraints: ClassVar = [
            TenantUnique(
                fields=["customer"],
                name="hold_once_per_customer",
                condition=Q(order_number="", state__in=LIVE),
            ),
            TenantUnique(
                fields=["entity", "order_number"],
                name="hold_once_per_order",
                condition=~Q(order_number="") & Q(state__in=LIVE),
            ),
            models.CheckConstraint(
                condition=~Q(placed_by=F("proposed_by")), name="hold_proposal_two_people"
            ),
            models.CheckConstraint(
                condition=Q(order_number="", entity=None)
                | (~Q(order_number="") & Q(entity__isnull=False)),
                name="hold_order_has_its_entity",
            ),
            models.CheckConstraint(
                condition=Q(origin=HoldOrigin.CHECK)
                | Q(state__in=[HoldState.PROPOSED, HoldState.DECLINED])
                | Q(placed_by__isnull=False),
                name="hold_placed_by_a_person",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "customer"],
                name="hold_by_customer",
                condition=Q(state__in=LIVE),
            )
        ]

    def __str__(self) -> str:
        return self.order_number or str(self.customer_id)


class ReleaseState(models.TextChoices):
    """Where a release stands."""

    WAITING = "waiting", pgettext_lazy("release", "Waiting")
    GRANTED = "granted", pgettext_lazy("release", "Granted")
    REFUSED = "refused", pgettext_lazy("release", "Refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("release", "Withdrawn")
    ENDED = "ended", pgettext_lazy("release", "Ended")


class HoldRelease(TenantModel):
    """A release asked for by one person and granted by another, up to an amount and until a day, included."""

    hold = TenantForeignKey(Hold, related_name="releases")
    state = models.CharField(max_length=9, choices=ReleaseState.choices)
    reason = models.CharField(max_length=500)
    ceiling = models.DecimalField(null=True, blank=True, max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3, blank=True)
    until_date = models.DateField()
    is_final = models.BooleanField(default=False)  # lifts the hold for good
    asked_by = TenantForeignKey(Membership, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    words = models.CharField(max_length=500, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-asked_at",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(decided_by=F("asked_by")), name="hold_release_s8_two_people"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[ReleaseState.GRANTED, ReleaseState.REFUSED])
                | Q(decided_by__isnull=False, decided_at__isnull=False),
                name="hold_release_decided_by_a_person",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="hold_release_has_a_reason"),
            TenantUnique(
                fields=["hold"],
                name="hold_release_one_open",
                condition=Q(state__in=[ReleaseState.WAITING, ReleaseState.GRANTED]),
            ),
        ]

    def __str__(self) -> str:
        return self.state
