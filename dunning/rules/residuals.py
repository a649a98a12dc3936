"""Which remainder of an invoice is too small to be followed, and proposed to be written off. Source: DOMAIN 5.2."""

from decimal import Decimal

MOST_AMOUNT = Decimal(1)
"""Euros, tax included: a remainder up to this is proposed."""

MOST_SHARE = Decimal("0.001")
"""A remainder up to this share of what the line was issued for is proposed too."""


def is_residual(*, open_amount: Decimal, amount: Decimal, euro_rate: Decimal) -> bool:
    """Say whether what is left of a line, part of which was settled, is a remainder: at most 1 € or 0.1 % of it.

    Both amounts in the line's currency, tax included; `euro_rate` is the worth of one unit in euros.
    """
    if not 0 < open_amount < amount:
        return False
    return open_amount * euro_rate <= MOST_AMOUNT or open_amount <= amount * MOST_SHARE
