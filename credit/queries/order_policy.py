"""At which stage orders are checked and what then happens: the value in force, and where it comes from."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from credit.models import Answer, CheckStage, OrderPolicy


@dataclass(frozen=True, slots=True)
class Effective:
    """What holds for an entity; `origin` is entity, tenant or default."""

    stage: str = CheckStage.ORDER.value
    beyond: str = Answer.NO.value
    notice_days: int = 3
    tells_customer: bool = False
    origin: str = "default"

    @property
    def stage_label(self) -> str:
        """Return the stage in words."""
        return str(CheckStage(self.stage).label)


def effective_policy(entity_id: UUID | None) -> Effective:
    """Return how the orders of an entity are checked: its own policy, else the tenant's, else the house's defaults.

    The newest that a second person approved counts.
    """
    found = list(
        OrderPolicy.objects.filter(
            Q(entity=entity_id) | Q(entity=None), approved_by__isnull=False
        ).order_by("-approved_at")
    )
    own = next((one for one in found if entity_id and one.entity_id == entity_id), None)
    row = own or next((one for one in found if one.entity_id is None), None)
    if row is None:
        return Effective()
    return Effective(
        row.stage,
        row.beyond,
        row.notice_days,
        row.tells_customer,
        "entity" if own else "tenant",
    )
