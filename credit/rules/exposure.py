"""What a customer is worth to lose, and how much more he may owe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal

from kernel.money import Money

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Parts:
    """What an exposure is made of, in one currency, tax included (R42).

    `invoiced` is what the open items owe, credits and payments on account deducted; `delivered` waits for its invoice;
    `ordered` is still to be delivered. `deposits` and `guarantees` are what is deducted, zero or above as a rule.
    """

    invoiced: Decimal = NOTHING
    delivered: Decimal = NOTHING
    ordered: Decimal = NOTHING
    deposits: Decimal = NOTHING
    guarantees: Decimal = NOTHING

    @property
    def total(self) -> Decimal:
        """Return open items + delivered not invoiced + orders − deposits − guarantees."""
        return self.invoiced + self.delivered + self.ordered - self.deposits - self.guarantees

    def __add__(self, other: Parts) -> Parts:
        """Return both together, part by part."""
        return Parts(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(Parts)))

    def times(self, rate: Decimal) -> Parts:
        """Return the parts at a rate, not rounded."""
        return Parts(*(getattr(self, one.name) * rate for one in fields(Parts)))

    def rounded(self, currency: str) -> Parts:
        """Return the parts to the cent."""
        return Parts(
            *(Money(getattr(self, one.name), currency).rounded().amount for one in fields(Parts))
        )


ByCurrency = Mapping[str, Parts]


def together(each: Iterable[ByCurrency]) -> dict[str, Parts]:
    """Return several exposures as one, currency by currency."""
    found: dict[str, Parts] = {}
    for one in each:
        for currency, parts in one.items():
            found[currency] = found.get(currency, Parts()) + parts
    return found


def without_rate(
    currencies: Iterable[str], wanted: str, rates: Mapping[str, Decimal]
) -> tuple[str, ...]:
    """Return the currencies that cannot be told in `wanted` for want of a rate, in order; empty: all can."""
    others = {currency for currency in currencies if currency != wanted}
    missing = others - set(rates)
    if others and wanted not in rates:
        missing.add(wanted)
    return tuple(sorted(missing))


def in_currency(
    by_currency: ByCurrency, wanted: str, rates: Mapping[str, Decimal]
) -> Parts | tuple[str, ...]:
    """Return an exposure in one currency, to the cent, or the currencies without a rate: a part is no exposure.

    `rates` is the worth of one unit in the home currency, which it holds at 1. Nothing in a currency needs no rate.
    """
    held = {currency: parts for currency, parts in by_currency.items() if parts != Parts()}
    if missing := without_rate(held, wanted, rates):
        return missing
    whole = Parts()
    for currency, parts in held.items():
        rate = Decimal(1) if currency == wanted else rates[currency] / rates[wanted]
        whole += parts.times(rate)
    return whole.rounded(wanted)


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
    needed = [currency for currency, money in owed.items() if money]
    if missing := without_rate(needed, limit.currency, rates):
        return Headroom(limit, None, missing)
    in_limit = Decimal(0)
    for currency, money in owed.items():
        if currency == limit.currency:
            in_limit += money.amount
        elif money:
            in_limit += money.amount * rates[currency] / rates[limit.currency]
    return Headroom(limit, Money(in_limit, limit.currency).rounded())
