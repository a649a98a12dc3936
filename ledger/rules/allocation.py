"""Which due lines a payment or a credit note settles, and from which day that counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Generic, TypeVar

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class OpenLine(Generic[Key]):
    """What a due line still owes: `open_amount` above zero, tax included, in the payment's currency."""

    key: Key
    due_date: date
    open_amount: Decimal


@dataclass(frozen=True, slots=True)
class Share(Generic[Key]):
    """The part of a payment that settles one line; `amount` is above zero."""

    key: Key
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Allocated(Generic[Key]):
    """How a payment was used: its shares, oldest line first, and what is left as unallocated cash."""

    shares: tuple[Share[Key], ...]
    unallocated: Decimal


def allocate(amount: Decimal, lines: Sequence[OpenLine[Key]]) -> Allocated[Key]:
    """Return how `amount` (above zero) settles the open lines of its document, oldest due line first.

    Lines due on the same day keep the order given. Nothing is ever settled beyond what it owes: what is too
    much is unallocated cash. Raises ValueError on an amount below zero; a refund reverses an allocation.
    """
    if amount < 0:
        raise ValueError(f"an amount to allocate is 0 or more, not {amount}")
    rest, shares = amount, list[Share[Key]]()
    for line in sorted(lines, key=lambda line: line.due_date):
        part = min(rest, line.open_amount)
        if part > 0:
            shares.append(Share(line.key, part))
            rest -= part
    return Allocated(tuple(shares), rest)


def effective_date(debit_date: date, credit_date: date) -> date:
    """Return the day an allocation counts from: the later of the two documents' accounting dates.

    A payment that precedes its invoice is unallocated cash until the invoice exists.
    """
    return max(debit_date, credit_date)
