"""What of a line is contested, and to which family a cause belongs (R73)."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal(0)


class Family(StrEnum):
    """The four families of causes; the values are those stored with a dispute."""

    PRICE = "price"
    DELIVERY = "delivery"
    QUALITY = "quality"
    ADMINISTRATIVE = "administrative"


# Beginnings of words, without accents, in French and English; the first family that knows one of them wins.
_BEGINNINGS: dict[Family, tuple[str, ...]] = {
    Family.PRICE: ("pri", "tarif", "remise", "discount", "rate", "surfactur", "overcharg"),
    Family.DELIVERY: (
        "livr",
        "deliver",
        "transport",
        "manqu",
        "missing",
        "quantit",
        "retard",
        "short",
    ),
    Family.QUALITY: (
        "qualit",
        "defect",
        "defaut",
        "cass",
        "broken",
        "conform",
        "abim",
        "damag",
        "malfac",
    ),
}


def family_of(reason: str) -> Family:
    """Return the family of a cause as somebody wrote it; what names no price, delivery or quality is administrative."""
    plain = unicodedata.normalize("NFKD", reason.casefold())
    words = "".join(
        c if c.isalnum() else " " for c in plain if not unicodedata.combining(c)
    ).split()
    for family, beginnings in _BEGINNINGS.items():
        if any(word.startswith(beginnings) for word in words):
            return family
    return Family.ADMINISTRATIVE


def contested(open_amount: Decimal, disputed: Decimal) -> Decimal:
    """Return what of a line is contested: its disputes, at most what it still owes; none of a credit is."""
    return min(max(open_amount, ZERO), disputed)


def claimable(open_amount: Decimal, disputed: Decimal) -> Decimal:
    """Return what of a line may be asked for: all it owes but what is contested (DOMAIN 2.2, partial dispute)."""
    return max(open_amount, ZERO) - contested(open_amount, disputed)
