"""How much of what could be collected was. Source: docs/glossary.md, CEI and recovery rate."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from kpis.rules.figures import ZERO, Figure, Flag, Step, Unit, ratio


def collection_effectiveness(
    *,
    opening_receivables: Decimal,
    sales: Decimal,
    closing_receivables: Decimal,
    closing_not_due: Decimal,
) -> Figure:
    """Return the CEI: what was collected / what could have been, over the month to date.

    (opening + sales - closing) / (opening + sales - not due at the end), with the total sales of the period,
    never sales divided by its months. `opening_receivables` are net, at the last month-end.
    """
    owed = opening_receivables + sales
    return ratio(
        "collection_effectiveness",
        part=owed - closing_receivables,
        whole=owed - closing_not_due,
        empty=Flag.NOTHING_TO_COLLECT,
        formula=(
            "(opening_receivables + sales - closing_receivables) / (opening_receivables + sales - closing_not_due)"
        ),
        opening_receivables=opening_receivables,
        sales=sales,
        closing_receivables=closing_receivables,
        closing_not_due=closing_not_due,
    )


@dataclass(frozen=True, slots=True)
class Collectable:
    """What a month had to collect: invoice lines overdue on its first day or falling due up to the day.

    `gross` is what they owed on the first day (or when issued, if later); `credited` and `collected` are what
    credit notes and payments settled of it since. All are positive, tax included.
    """

    gross: Decimal = ZERO
    credited: Decimal = ZERO
    collected: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        """What was left to collect once credit notes are off."""
        return self.gross - self.credited

    @property
    def remaining(self) -> Decimal:
        """What is still to be collected."""
        return self.net - self.collected


def recovery_rate(collectable: Collectable) -> Figure:
    """Return collected / collectable net of credit notes: a credit note is not a recovery."""
    net = collectable.net
    if net <= 0:
        return Figure.missing(Unit.RATE, Flag.NOTHING_TO_COLLECT)
    value = collectable.collected / net
    base = {"collectable": collectable.gross, "credited": collectable.credited}
    return Figure(
        value,
        Unit.RATE,
        (
            Step("net_collectable", "collectable - credited", base, net),
            Step(
                "recovery_rate",
                "collected / net_collectable",
                {"collected": collectable.collected, "net_collectable": net},
                value,
            ),
        ),
    )
