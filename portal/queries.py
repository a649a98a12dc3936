"""What a customer's page shows, and whether a link still opens it."""

from datetime import datetime
from uuid import UUID

from dunning.queries.statement import (
    CustomerStatement,
    PortalLine,
    StatementPart,
    customer_statement,
)
from portal.models import PortalLink

__all__ = [
    "CustomerStatement",
    "PortalLine",
    "StatementPart",
    "customer_statement",
    "link_open_at",
]


def link_open_at(link_id: UUID, now: datetime) -> PortalLink | None:
    """Return the link with its customer when it still opens a page at `now`, else None."""
    return (
        PortalLink.objects.open_at(now)
        .filter(pk=link_id)
        .select_related("customer", "customer__collector")
        .first()
    )
