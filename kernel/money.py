"""Amounts that keep their currency: exact decimals, no floats, no silent mixing, rounding only when asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

# ISO 4217 currencies whose smallest unit is not a hundredth, among those our customers invoice in.
_DECIMALS = {
    "BHD": 3, "CLP": 0, "ISK": 0, "JOD": 3, "JPY": 0, "KMF": 0, "KRW": 0, "KWD": 3, "LYD": 3, "OMR": 3,
    "PYG": 0, "RWF": 0, "TND": 3, "UGX": 0, "VND": 0, "XAF": 0, "XOF": 0, "XPF": 0,
}  # fmt: skip


class CurrencyMismatch(ValueError):  # noqa: N818 - it is our bug when it rises, named for what happened
    """Two currencies met without a rate and its date."""

    def __init__(self, left: str, right: str) -> None:
        """Name both currencies, left operand first."""
        super().__init__(f"{left} and {right} cannot be put together without a rate and its date.")


def decimals_of(currency: str) -> int:
    """Return how many decimals an amount in `currency` has when it is paid: 2 for EUR, 0 for JPY."""
    return _DECIMALS.get(currency, 2)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency, exact and signed; what the sign means is the business of whoever holds it."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        """Refuse floats and anything that is not a finite number with a three-letter currency."""
        amount: object = self.amount
        if isinstance(amount, int) and not isinstance(amount, bool):
            object.__setattr__(self, "amount", Decimal(amount))
        elif not isinstance(amount, Decimal):
            raise TypeError(f"an amount is a Decimal, not a {type(amount).__name__}: {amount!r}")
        if not self.amount.is_finite():
            raise ValueError(f"an amount is a finite number, not {self.amount}")
        if len(self.currency) != 3 or not self.currency.isascii() or not self.currency.isupper():  # noqa: PLR2004
            raise ValueError(
                f"a currency is three capital letters (ISO 4217), not {self.currency!r}"
            )

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Return nothing, in `currency`."""
        return cls(Decimal(0), currency)

    def _amount_of(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            raise CurrencyMismatch(self.currency, other.currency)
        return other.amount

    def __add__(self, other: Money) -> Money:
        """Add within one currency."""
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.amount + self._amount_of(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        """Subtract within one currency."""
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.amount - self._amount_of(other), self.currency)

    def __neg__(self) -> Money:
        """Return the same amount with the other sign."""
        return Money(-self.amount, self.currency)

    def __abs__(self) -> Money:
        """Return the amount without its sign."""
        return Money(abs(self.amount), self.currency)

    def __mul__(self, factor: Decimal | int) -> Money:
        """Multiply by a plain number; a float is refused."""
        if isinstance(factor, bool) or not isinstance(factor, Decimal | int):
            return NotImplemented
        return Money(self.amount * factor, self.currency)

    __rmul__ = __mul__

    def __truediv__(self, divisor: Decimal | int) -> Money:
        """Divide by a plain number; a float is refused. For a share of another amount use `share_of`."""
        if isinstance(divisor, bool) or not isinstance(divisor, Decimal | int):
            return NotImplemented
        return Money(self.amount / divisor, self.currency)

    def share_of(self, whole: Money) -> Decimal | None:
        """Return this amount as a fraction of `whole`, unrounded; None when the whole is nothing."""
        base = self._amount_of(whole)
        return self.amount / base if base else None

    def __lt__(self, other: Money) -> bool:
        """Compare within one currency."""
        return self.amount < self._amount_of(other)

    def __le__(self, other: Money) -> bool:
        """Compare within one currency."""
        return self.amount <= self._amount_of(other)

    def __gt__(self, other: Money) -> bool:
        """Compare within one currency."""
        return self.amount > self._amount_of(other)

    def __ge__(self, other: Money) -> bool:
        """Compare within one currency."""
        return self.amount >= self._amount_of(other)

    def __bool__(self) -> bool:
        """Say whether there is anything at all, owed or owing."""
        return bool(self.amount)

    def rounded(self) -> Money:
        """Round half away from zero to what the currency can pay: cents for EUR, units for JPY."""
        step = Decimal(1).scaleb(-decimals_of(self.currency))
        return Money(self.amount.quantize(step, rounding=ROUND_HALF_UP), self.currency)

    def as_json(self) -> dict[str, str]:
        """Return the public form: the amount as a string with the currency's decimals, and the currency."""
        return {"amount": str(self.rounded().amount), "currency": self.currency}

    def __str__(self) -> str:
        """Return a form for messages and logs, `120.00 EUR`; pages use the `money` filter."""
        return f"{self.rounded().amount} {self.currency}"


def total(amounts: Iterable[Money], *, currency: str) -> Money:
    """Return the sum, nothing in `currency` when there are none; raises CurrencyMismatch on any other."""
    return sum(amounts, start=Money.zero(currency))
