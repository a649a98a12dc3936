"""What of an order is still to come, and what was delivered without an invoice. Values in, values out."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

NOTHING = Decimal(0)


class Stage(StrEnum):
    """How far an order has come, as the sales system says."""

    QUOTE = "quote"
    ORDER = "order"
    DELIVERED = "delivered"
    INVOICED = "invoiced"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Standing:
    """How an order stands; amounts are tax included, zero or above.

    A quote binds nobody and an invoiced order is in the open items: both count for nothing here. What a cancelled order
    delivered and did not invoice is still owed.
    """

    stage: Stage
    ordered: Decimal
    delivered: Decimal = NOTHING
    invoiced: Decimal = NOTHING

    @property
    def on_order(self) -> Decimal:
        """Return what was ordered and neither delivered nor invoiced yet, 0 or above; invoices ahead count."""
        if self.stage not in {Stage.ORDER, Stage.DELIVERED}:
            return NOTHING
        return max(self.ordered - max(self.delivered, self.invoiced), NOTHING)

    @property
    def delivered_not_invoiced(self) -> Decimal:
        """Return what was delivered and not invoiced yet, 0 or above."""
        if self.stage in {Stage.QUOTE, Stage.INVOICED}:
            return NOTHING
        return max(self.delivered - self.invoiced, NOTHING)

    @property
    def at_risk(self) -> Decimal:
        """Return what the order adds to an exposure, beyond the open items."""
        return self.on_order + self.delivered_not_invoiced
