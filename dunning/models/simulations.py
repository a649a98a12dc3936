"""Simulations too large to wait for, computed by a worker and kept some days; and how much the team calls in a day."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from dunning.models.scenarios import Scenario
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique
from ledger.models import Customer


class SimulationState(models.TextChoices):
    """How far the computation is."""

    WAITING = "waiting", _("Waiting for its turn")
    RUNNING = "running", _("Being computed")
    DONE = "done", _("Computed")
    FAILED = "failed", _("Broken off")
    STOPPED = "stopped", _("Stopped")


UNDER_WAY = (SimulationState.WAITING, SimulationState.RUNNING)


class StoredSimulationQuerySet(models.QuerySet["StoredSimulation"]):
    """Chainable filters of stored simulations."""

    def under_way(self) -> Self:
        """Return those a worker has yet to finish."""
        return self.filter(state__in=UNDER_WAY)


class StoredSimulation(TenantModel):
    """What was asked, of which state of scenarios and ledger, how far it is computed, and the sums it came to.

    It survives the versions it is about: `versions` names each with id, number and the stamp of its content.
    """

    scenario = TenantForeignKey(
        Scenario, on_delete=models.CASCADE, related_name="simulations"
    )  # the page it belongs to
    question = models.CharField(max_length=64)  # equal for two who ask the same
    versions = models.JSONField()  # one or two: id, scenario, name, number, is_draft, changed
    over = TenantForeignKey(
        Scenario, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )  # whose customers are walked over; empty: everybody's
    portfolio = models.CharField(max_length=200, default="/")
    first_day = models.DateField()
    last_day = models.DateField()
    asked_date = models.DateField()  # the day it speaks from: later ones suppose that nobody pays
    begins_empty = models.BooleanField(default=False)
    asked_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField()
    state = models.CharField(
        max_length=8, choices=SimulationState.choices, default=SimulationState.WAITING
    )
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    ledger_sequence = models.BigIntegerField(
        null=True, blank=True
    )  # of the trail, when the walk began
    ledger_moment = models.DateTimeField(null=True, blank=True)
    customers = models.PositiveIntegerField()
    walked = models.PositiveIntegerField(default=0)
    cursor = models.UUIDField(null=True, blank=True)  # the last customer walked over
    tries = models.PositiveSmallIntegerField(default=0)  # turns begun and not ended
    seconds = models.DecimalField(max_digits=9, decimal_places=2, default=0)  # of work
    problem = models.CharField(max_length=300, blank=True)
    sides = models.JSONField(default=list)  # the sums of each version, day by day

    objects = StoredSimulationQuerySet.as_manager()

    class Meta:
        ordering = ("-asked_at",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(walked__lte=F("customers")), name="simulation_walked_within"
            ),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="simulation_ends_after_it_begins"
            ),
            TenantUnique(
                fields=["question"],
                name="simulation_asked_once_at_a_time",
                condition=Q(state__in=["waiting", "running"]),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "asked_at"],
                name="simulation_under_way",
                condition=Q(state__in=["waiting", "running"]),
            ),
            models.Index(
                fields=["tenant_id", "scenario", "-asked_at"], name="simulation_by_scenario"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_day}..{self.last_day}"


class SimulatedCustomer(TenantModel):
    """What one customer hears in a stored simulation; customers who hear nothing have no row."""

    simulation = TenantForeignKey(
        StoredSimulation, on_delete=models.CASCADE, related_name="touched"
    )
    customer = TenantForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    sides = models.JSONField()  # the steps of each version, in order of days
    changes = models.JSONField(default=list)
    changed_from = models.DateField(null=True, blank=True)  # empty: both versions say the same
    collisions = models.JSONField(default=list)  # of each version: pairs of days
    collides_from = models.DateField(null=True, blank=True)  # empty: never touched twice

    class Meta:
        constraints: ClassVar = [
            TenantUnique(fields=["simulation", "customer"], name="simulated_customer_once")
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}"


class TeamCapacity(TenantModel):
    """How many calls one person makes in a day, as the credit manager says; one row a tenant, none: the default."""

    calls_a_day = models.PositiveSmallIntegerField()
    changed_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            TenantUnique(fields=[], name="team_capacity_once"),
            models.CheckConstraint(
                condition=Q(calls_a_day__lte=200), name="team_capacity_within_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.calls_a_day}"
