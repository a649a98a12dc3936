"""What the templates in `templates/components/` are handed: plain values, texts already in the user's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Link:
    """A place to go: `url` with its query string, `label`, and whether it is where the user stands."""

    url: str
    label: str
    is_current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter or perimeter on a list: what it filters, its value, and the choices to change it.

    `remove_url` drops the filter; without it the chip can be changed and not removed.
    """

    label: str
    value: str = ""
    options: Sequence[Link] = ()
    remove_url: str = ""
    is_on: bool = False


@dataclass(frozen=True, slots=True)
class KpiTile:
    """An indicator as one link. `status` is "good", "bad" or "" (neither); `trend` is "up", "down", "flat" or "".

    `value` and `unit` are formatted; `spark` holds the past values oldest first and `target` the level to reach.
    """

    label: str
    value: str
    unit: str = ""
    url: str = ""
    delta: str = ""
    trend: str = ""
    status: str = ""
    spark: Sequence[float] = ()
    target: float | None = None
    is_current: bool = False
    formula: str = ""


@dataclass(frozen=True, slots=True)
class Bucket:
    """One part of an aged balance: label, formatted amount, its share of the whole (0 to 1) and its lines."""

    label: str
    value: str
    share: float
    url: str = ""


@dataclass(frozen=True, slots=True)
class DrillStep:
    """A level from the whole down to the document; `is_next` is one not yet taken."""

    label: str
    figure: str
    url: str = ""
    is_current: bool = False
    is_next: bool = False


@dataclass(frozen=True, slots=True)
class CalculationStep:
    """A line of a calculation: what it is, its formatted value, how it came about, and the lines behind it."""

    label: str
    value: str
    formula: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Calculation:
    """How a figure was made: the formula in words, the steps with their numbers, the result, the source."""

    formula: str
    steps: Sequence[CalculationStep]
    result_label: str
    result: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """Something that happened. `kind` picks icon and tint: call, promise, dispute, risk, mail, or "" for the system."""

    at: datetime | date
    title: str
    body: str = ""
    quote: str = ""
    kind: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of an approval or wizard; `state` is "done", "now", "no" (refused) or "" (to come)."""

    label: str
    state: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ScriptStep:
    """What to say at one point of a call, with the reasons to offer and a hint for the caller."""

    title: str
    say: str = ""
    tip: str = ""
    choices: Sequence[Link] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer a call can end with: form value, icon, one key, label and what follows from it."""

    value: str
    label: str
    icon: str
    key: str = ""
    hint: str = ""
