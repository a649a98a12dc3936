"""What imports hand to apps further left; settings name the functions that take it."""

from datetime import date
from decimal import Decimal
from typing import Protocol, cast
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from kernel.permissions import Actor
from ledger.models import DueLine


class DisputeRegister(Protocol):
    """Takes over a dispute that a file declares on a line (`settings.OTC_DISPUTE_REGISTER`)."""

    def __call__(
        self,
        *,
        line: DueLine,
        amount: Decimal,
        reason: str,
        actor: Actor,
        today: date,
        batch_id: UUID | None = None,
    ) -> object | None:
        """Return the dispute opened, None when nothing more is contested than was already."""


def dispute_register() -> DisputeRegister:
    """Return the function that the settings name."""
    return cast("DisputeRegister", import_string(settings.OTC_DISPUTE_REGISTER))


class DisputeWithdrawal(Protocol):
    """Takes back what an import that is undone had declared disputed (`settings.OTC_DISPUTE_WITHDRAWAL`)."""

    def __call__(self, *, batch_id: UUID, actor: Actor) -> int:
        """Return how many disputes were taken back."""


def dispute_withdrawal() -> DisputeWithdrawal:
    """Return the function that the settings name."""
    return cast("DisputeWithdrawal", import_string(settings.OTC_DISPUTE_WITHDRAWAL))
