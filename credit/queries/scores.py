"""Which grade a customer has on a day: a person's word in force, else what the card made of him; and the card."""

from bisect import bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import Membership
from credit.models import (
    OverrideState,
    Score,
    ScorecardVersion,
    ScoreOverride,
    ScoreSettings,
)
from credit.rules.risk_return import READY, Assumptions
from credit.rules.scorecard import GRADES, UNITS, Criterion, Fact, Line, Unit
from credit.rules.watch import Thresholds
from ledger.models import Customer


def newest_scorecard() -> ScorecardVersion | None:
    """Return the published version that scores today; None before the first."""
    return ScorecardVersion.objects.filter(is_draft=False).order_by("-number").first()


def scorecard_draft() -> ScorecardVersion | None:
    """Return the version being written; None when nobody writes one."""
    return ScorecardVersion.objects.filter(is_draft=True).first()


def author_names(version: ScorecardVersion) -> list[str]:
    """Return the names of everybody who wrote in a version."""
    people = Membership.objects.filter(pk__in=[one for one in version.authors if one])
    return list(people.order_by("name").values_list("name", flat=True))


def score_settings() -> ScoreSettings:
    """Return the tenant's parameters; the defaults, not stored, while nobody changed any."""
    return ScoreSettings.objects.first() or ScoreSettings()


def assumptions_of(settings: ScoreSettings) -> Assumptions:
    """Return what the house assumes about losses and money, the ready figures where it says nothing."""
    failing = {
        grade: Decimal(settings.failing.get(grade, READY.failing[grade])) for grade in GRADES
    }
    return Assumptions(failing, settings.lost, settings.financing)


def thresholds_of(settings: ScoreSettings) -> Thresholds:
    """Return from when on the house wants to be told."""
    return Thresholds(settings.watch_grades, Decimal(settings.watch_days), settings.watch_used)


def grade_of_class(risk_class: str) -> str | None:
    """Return the grade that a risk class stands for; None when nobody judged the customer."""
    return risk_class if risk_class and risk_class in GRADES else None


class Grades:
    """The grades of customers on any day, read in two questions: overrides in force, else scores, else risk class."""

    def __init__(self, customer_ids: Collection[UUID] | None = None) -> None:
        """Read the history of some customers, of all without a choice."""
        scores = Score.objects.order_by("customer_id", "day")
        overrides = ScoreOverride.objects.filter(
            state__in=[OverrideState.IN_FORCE, OverrideState.ENDED], decided_at__isnull=False
        ).order_by("made_at")
        if customer_ids is not None:
            scores = scores.filter(customer__in=customer_ids)
            overrides = overrides.filter(customer__in=customer_ids)
        self._days: dict[UUID, list[date]] = {}
        self._grades: dict[UUID, list[str]] = {}
        self._overrides: dict[UUID, list[tuple[date, date, str]]] = {}
        for customer_id, day, grade in scores.values_list("customer_id", "day", "grade"):
            self._days.setdefault(customer_id, []).append(day)
            self._grades.setdefault(customer_id, []).append(grade)
        for customer_id, first, last, grade in overrides.values_list(
            "customer_id", "from_date", "until_date", "grade"
        ):
            self._overrides.setdefault(customer_id, []).append((first, last, grade))

    def on(self, customer_id: UUID, day: date, risk_class: str = "") -> str | None:
        """Return the grade of a customer on `day`; before he was scored the class he has, None without one."""
        for first, last, grade in reversed(self._overrides.get(customer_id, [])):
            if first <= day <= last:
                return grade
        place = bisect_right(self._days.get(customer_id, []), day)
        return self._grades[customer_id][place - 1] if place else grade_of_class(risk_class)


_GRADE_ON = """
    SELECT coalesce(
        (SELECT grade FROM credit_scoreoverride
         WHERE customer_id = %(id)s AND state IN ('in_force', 'ended') AND decided_at IS NOT NULL
           AND from_date <= %(day)s AND until_date >= %(day)s ORDER BY made_at DESC LIMIT 1),
        (SELECT grade FROM credit_score WHERE customer_id = %(id)s AND day <= %(day)s ORDER BY day DESC LIMIT 1))
"""


def grade_on(customer: Customer, day: date) -> str | None:
    """Return the grade of one customer on `day`, as `Grades` does for many, in one question."""
    with connection.cursor() as cursor:
        cursor.execute(_GRADE_ON, {"id": customer.pk, "day": day})
        (grade,) = cursor.fetchone()
    return grade or grade_of_class(customer.risk_class)


def stored_line(line: Line) -> list[Any]:
    """Return a line of a score as plain values, as it is kept."""
    fact = line.fact
    return [
        line.criterion.value,
        None if fact.value is None else str(fact.value),
        fact.source,
        fact.day.isoformat() if fact.day else None,
        str(line.points),
        str(line.most),
    ]


def read_line(stored: list[Any]) -> Line:
    """Return a line as it was kept."""
    name, value, source, day, points, most = stored
    criterion = Criterion(name)
    is_code = UNITS[criterion] is Unit.CODE
    return Line(
        criterion,
        Fact(
            value if value is None or is_code else Decimal(value),
            source,
            date.fromisoformat(day) if day else None,
        ),
        Decimal(points),
        Decimal(most),
    )


@dataclass(frozen=True, slots=True)
class CustomerScore:
    """A customer's score as people read it: what the card says, line by line, and the word of a person over it."""

    score: Score | None
    lines: tuple[Line, ...]
    override: ScoreOverride | None
    waiting: ScoreOverride | None
    grade: str | None

    @property
    def known(self) -> Decimal | None:
        """Return which part of the weight rests on known facts."""
        whole = sum((line.most for line in self.lines), Decimal(0))
        if not whole:
            return None
        return sum((one.most for one in self.lines if not one.is_unknown), Decimal(0)) / whole


def customer_score(customer: Customer, *, today: date) -> CustomerScore:
    """Return how a customer stands on `today`; without a score the grade is that of his risk class."""
    score = (
        Score.objects.filter(customer=customer, day__lte=today).select_related("version").first()
    )
    open_ones = {
        one.state: one
        for one in ScoreOverride.objects.filter(
            customer=customer, state__in=[OverrideState.WAITING, OverrideState.IN_FORCE]
        ).select_related("made_by", "decided_by")
    }
    override = open_ones.get(OverrideState.IN_FORCE)
    if override is not None and not override.from_date <= today <= override.until_date:
        override = None
    grade = score.grade if score else grade_of_class(customer.risk_class)
    return CustomerScore(
        score=score,
        lines=tuple(read_line(one) for one in score.lines) if score else (),
        override=override,
        waiting=open_ones.get(OverrideState.WAITING),
        grade=override.grade if override else grade,
    )


def score_history(customer: Customer, *, limit: int = 24) -> list[Score]:
    """Return the last scores of a customer, the oldest first: one for each day on which something changed."""
    return list(Score.objects.filter(customer=customer).select_related("version")[:limit])[::-1]


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest score of a customer as far as the next one is compared with it."""

    version_id: UUID
    points: Decimal
    grade: str
    lines: list[list[Any]]
    used: Decimal | None


def latest_scores(customer_ids: Collection[UUID] | None) -> Mapping[UUID, Latest]:
    """Return each customer's newest score, of all without a choice; who was never scored is absent."""
    rows = Score.objects.order_by("customer_id", "-day").distinct("customer_id")
    if customer_ids is not None:
        rows = rows.filter(customer__in=customer_ids)
    columns = ("customer_id", "version_id", "points", "grade", "lines", "used")
    return {row[0]: Latest(*row[1:]) for row in rows.values_list(*columns)}
