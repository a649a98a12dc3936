"""Where the hours of credit go, month by month, and what the training calendar holds."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet, Sum

from credit.models import TimeEntry, TimeKind, TrainingSession, TrainingTarget
from kernel.periods import month_end, month_start

USUAL_TARGET = Decimal("0.5")  # half of a credit manager's time on training sales (R38)
SHOWN = 30


@dataclass(frozen=True, slots=True)
class KindSpent:
    """What a kind of work took, in minutes and as a part of all that was logged; `share` None without any."""

    kind: TimeKind
    minutes: int
    share: Decimal | None


@dataclass(frozen=True, slots=True)
class Month:
    """The hours of a month, the first day of which is `first`; `training` is a part of all hours logged."""

    first: date
    kinds: tuple[KindSpent, ...]
    target: Decimal

    @property
    def minutes(self) -> int:
        """Return what was logged in all."""
        return sum(one.minutes for one in self.kinds)

    @property
    def training(self) -> Decimal | None:
        """Return the part that was training; None while nothing is logged."""
        return next(one.share for one in self.kinds if one.kind is TimeKind.TRAINING)


def month_of_hours(day: date) -> Month:
    """Return the hours of the month of `day`, of every colleague who logs any."""
    rows = (
        TimeEntry.objects.filter(day__gte=month_start(day), day__lte=month_end(day))
        .order_by()
        .values("kind")
        .annotate(minutes=Sum("minutes"))
    )
    spent = {row["kind"]: row["minutes"] for row in rows}
    whole = sum(spent.values())
    return Month(
        month_start(day),
        tuple(
            KindSpent(
                kind,
                spent.get(kind.value, 0),
                Decimal(spent.get(kind.value, 0)) / whole if whole else None,
            )
            for kind in TimeKind
        ),
        target(),
    )


def target() -> Decimal:
    """Return which part of the hours is to be training: the tenant's word, else the half."""
    share = TrainingTarget.objects.values_list("share", flat=True).first()
    return USUAL_TARGET if share is None else share


def own_entries(membership_id: UUID | None) -> "QuerySet[TimeEntry]":
    """Return the latest entries of one colleague."""
    return TimeEntry.objects.filter(member=membership_id)[:SHOWN]


def calendar(day: date) -> list[TrainingSession]:
    """Return the trainings not cancelled, from a month before `day` on, in order of days."""
    return list(
        TrainingSession.objects.filter(cancelled_at=None, day__gte=day - timedelta(days=31))
        .select_related("trainer")
        .prefetch_related("seats__member")[:SHOWN]
    )
