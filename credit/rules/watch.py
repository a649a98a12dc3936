"""What deserves a look since yesterday: grades that fell, law suits, habits that worsen, limits nearly used up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from credit.rules.scorecard import Criterion, Fact, falls


class Alert(StrEnum):
    """Why a customer is shown on the watch list."""

    GRADE_FELL = "grade_fell"
    LEGAL_EVENT = "legal_event"
    DAYS_LATE = "days_late"
    COVER_REDUCED = "cover_reduced"
    LIMIT_USED = "limit_used"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From when on something is told: grades fallen, days that the delay grew, part of the limit in use."""

    grades: int = 1
    days: Decimal = Decimal(10)
    used: Decimal = Decimal("0.9")


@dataclass(frozen=True, slots=True)
class Seen:
    """What was known of a customer when he was scored: his grade, his facts and how much of his limit is in use."""

    grade: str
    facts: Mapping[Criterion, Fact]
    used: Decimal | None = None


def alerts(before: Seen | None, after: Seen, thresholds: Thresholds) -> dict[Alert, dict[str, Any]]:
    """Return what is to be told of a customer, each with its figures as plain values; nothing twice.

    Without a `before` there is no fall; a legal event and a limit in use are told all the same.
    """
    found: dict[Alert, dict[str, Any]] = {}
    if before is not None and falls(before.grade, after.grade) >= thresholds.grades:
        found[Alert.GRADE_FELL] = {"before": before.grade, "after": after.grade}
    legal, was_legal = (_value(seen, Criterion.LEGAL_EVENT) for seen in (after, before))
    if legal not in {None, "none"} and legal != was_legal:
        found[Alert.LEGAL_EVENT] = {"event": legal}
    late, was_late = (_value(seen, Criterion.DAYS_LATE) for seen in (after, before))
    is_known = isinstance(late, Decimal) and isinstance(was_late, Decimal)
    if is_known and Decimal(late or 0) - Decimal(was_late or 0) >= thresholds.days:
        found[Alert.DAYS_LATE] = {"before": str(was_late), "after": str(late)}
    cover, was_cover = (_value(seen, Criterion.INSURER) for seen in (after, before))
    if cover in {"reduced", "refused"} and was_cover not in {cover, None, "refused"}:
        found[Alert.COVER_REDUCED] = {"before": was_cover, "after": cover}
    was_used = before.used if before else None
    if _is_over(after.used, thresholds) and not _is_over(was_used, thresholds):
        found[Alert.LIMIT_USED] = {"used": str(after.used)}
    return found


def _is_over(used: Decimal | None, thresholds: Thresholds) -> bool:
    return used is not None and used > thresholds.used


def _value(seen: Seen | None, criterion: Criterion) -> Decimal | str | None:
    fact = seen.facts.get(criterion) if seen else None
    return fact.value if fact else None
