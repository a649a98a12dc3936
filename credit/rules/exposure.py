"""How much more a customer may owe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from kernel.money import Money


@dataclass(frozen=True, slots=True)
class Headroom:
    """A customer's limit, what he owes in the limit's currency, and what is left; a negative `left` is an overrun.

    `exposure` and `left` are None while a currency has no exchange rate, which `currencies_without_rate` names: a
    part of an exposure is no exposure. `used` is exposure / limit, None without a limit above zero.
    """

    limit: Money
    exposure: Money | None
    currencies_without_rate: tuple[str, ...] = ()

    @property
    def left(self) -> Money | None:
        """Return what may still be sold on credit; below zero where the limit is overrun."""
        return None if self.exposure is None else self.limit - self.exposure

    @property
    def is_over(self) -> bool:
        """Return whether more is owed than allowed."""
        return self.left is not None and self.left.amount < 0

    @property
    def used(self) -> Decimal | None:
        """Return the part of the limit in use, as a fraction."""
        return None if self.exposure is None else self.exposure.share_of(self.limit)


def headroom(limit: Money, owed: Mapping[str, Money], rates: Mapping[str, Decimal]) -> Headroom:
    """Return the headroom under `limit`; `owed` is per currency, `rates` the worth of one unit in the home currency.

    `rates` holds the home currency itself at 1. Amounts are converted at those rates and rounded once.
    """
    needed = {currency for currency, money in owed.items() if money and currency != limit.currency}
    missing = needed - set(rates)
    if needed and limit.currency not in rates:
        missing.add(limit.currency)
    if missing:
        return Headroom(limit, None, tuple(sorted(missing)))
    in_limit = Decimal(0)
    for currency, money in owed.items():
        if currency == limit.currency:
            in_limit += money.amount
        elif money:
            in_limit += money.amount * rates[currency] / rates[limit.currency]
    return Headroom(limit, Money(in_limit, limit.currency).rounded())
