"""The volume breaker: a wrong import cannot write to everybody. Source: RELIABILITY P21, D7."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

MEDIAN_FACTOR = 3
CUSTOMER_SHARE = Decimal("0.20")
ALWAYS_ALLOWED = 20
"""A run this small is never held: in a small house three times the median is a handful."""


@dataclass(frozen=True, slots=True)
class VolumeVerdict:
    """Whether a run is held, and the figures to show. `limit` is None when nothing limits the run."""

    is_held: bool
    messages: int
    limit: int | None
    basis: str


def judge_volume(
    *, messages: int, automatic: int, earlier_runs: Sequence[int], customers: int
) -> VolumeVerdict:
    """Say whether a run is too large to leave without a named person's release.

    `earlier_runs` holds the messages of each run of the last 30 days that planned any. More than three
    times their median is held whole. Messages that would leave by themselves may reach a fifth of the
    `customers`; those a person confirms one by one are not counted there, for they cannot leave unseen.
    """
    if earlier_runs:
        limit = max(ALWAYS_ALLOWED, int(MEDIAN_FACTOR * median(earlier_runs)))
        if messages > limit:
            return VolumeVerdict(is_held=True, messages=messages, limit=limit, basis="median")
    share = max(ALWAYS_ALLOWED, int(CUSTOMER_SHARE * customers))
    if automatic > share:
        return VolumeVerdict(is_held=True, messages=automatic, limit=share, basis="customers")
    return VolumeVerdict(is_held=False, messages=messages, limit=None, basis="")
