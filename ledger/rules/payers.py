"""What to expect of a payer, from how late he paid. Source: docs/glossary.md, payer profile; DOMAIN 3.9."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

MIN_INVOICES = 3  # fewer paid invoices tell nothing: one would speak for all
WINDOW_MONTHS = 6  # of the payments that are looked at


class PayerProfile(StrEnum):
    """What to expect of a payer, from its ADL."""

    EXCELLENT = "excellent"
    GOOD = "good"
    MEDIUM = "medium"
    LATE = "late"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class ProfileBand:
    """A profile and the most days late it still covers; None is open ended."""

    profile: PayerProfile
    up_to: int | None


DEFAULT_BANDS = (
    ProfileBand(PayerProfile.EXCELLENT, 0),
    ProfileBand(PayerProfile.GOOD, 7),
    ProfileBand(PayerProfile.MEDIUM, 20),
    ProfileBand(PayerProfile.LATE, 45),
    ProfileBand(PayerProfile.BAD, None),
)


def payer_profile(days: Decimal, bands: Sequence[ProfileBand] = DEFAULT_BANDS) -> PayerProfile:
    """Return the profile of a payer that many days late, rounded to whole days before it is banded."""
    whole = days.quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return next(band.profile for band in bands if band.up_to is None or whole <= band.up_to)
