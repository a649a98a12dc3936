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


@dataclass(frozen=True, slots=True)
class RunVolume:
    """How much a run planned: messages a machine sends, and tasks of people besides."""

    messages: int
    tasks: int = 0


def judge_volume(
    run: RunVolume, *, automatic: int, earlier: Sequence[RunVolume], customers: int
) -> VolumeVerdict:
    """Say whether a run is too large to leave without a named person's release.

    `earlier` holds the runs of the last 30 days that planned anything. More than three times the median of their
    messages is held whole, and so is three times that of their tasks: what is suddenly very late gets letters and
    decisions instead of mails. Messages that would leave by themselves may reach a fifth of the `customers`; those a
    person confirms one by one are not counted there, for they cannot leave unseen.
    """
    verdicts = (
        _against_median(run.messages, [each.messages for each in earlier], "median"),
        _against_median(run.tasks, [each.tasks for each in earlier], "tasks"),
        _against_share(automatic, customers),
    )
    held = next((each for each in verdicts if each is not None), None)
    return held or VolumeVerdict(is_held=False, messages=run.messages, limit=None, basis="")


def _against_median(number: int, earlier: Sequence[int], basis: str) -> VolumeVerdict | None:
    if not earlier:
        return None
    usual = [each for each in earlier if each] or [0]
    limit = max(ALWAYS_ALLOWED, int(MEDIAN_FACTOR * median(usual)))
    if number <= limit:
        return None
    return VolumeVerdict(is_held=True, messages=number, limit=limit, basis=basis)


def _against_share(automatic: int, customers: int) -> VolumeVerdict | None:
    share = max(ALWAYS_ALLOWED, int(CUSTOMER_SHARE * customers))
    if automatic <= share:
        return None
    return VolumeVerdict(is_held=True, messages=automatic, limit=share, basis="customers")
