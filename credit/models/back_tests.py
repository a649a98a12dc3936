"""Back-tests of a charter that a worker computes and that are kept some days."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from accounts.models import Membership
from credit.models.charter import CharterVersion
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique


class BackTestState(models.TextChoices):
    """How far the computation is."""

    WAITING = "waiting", pgettext_lazy("back test", "Waiting for its turn")
    RUNNING = "running", pgettext_lazy("back test", "Being computed")
    DONE = "done", pgettext_lazy("back test", "Computed")
    FAILED = "failed", pgettext_lazy("back test", "Broken off")


class StoredBackTest(TenantModel):
    """A back-test of a charter that a worker computes: of which content, seen by whom, and what it came to."""

    question = models.CharField(max_length=64)  # equal for two who ask the same on the same day
    version = TenantForeignKey(CharterVersion, on_delete=models.CASCADE, related_name="back_tests")
    stamp = models.CharField(max_length=64)  # of the version's content when it was asked
    asked_date = models.DateField()
    asked_by = TenantForeignKey(Membership, related_name="+")
    asked_at = models.DateTimeField()
    state = models.CharField(
        max_length=7, choices=BackTestState.choices, default=BackTestState.WAITING
    )
    tries = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)
    seconds = models.DecimalField(max_digits=9, decimal_places=2, default=0)
    problem = models.CharField(max_length=300, blank=True)
    found = models.JSONField(default=dict)  # the sums
    rows = models.JSONField(default=list)  # what would have been stopped, by effect

    class Meta:
        ordering = ("-asked_at",)
        constraints: ClassVar = [
            TenantUnique(fields=["question"], name="back_test_asked_once"),
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(finished_at__gte=F("asked_at")),
                name="back_test_ends_after_it_begins",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "asked_at"],
                name="back_test_under_way",
                condition=Q(state__in=["waiting", "running"]),
            )
        ]

    def __str__(self) -> str:
        return self.state
