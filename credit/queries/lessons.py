"""The lessons a colleague was told, as he reads them, and how many colleagues have learnt theirs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import Membership, MembershipState
from credit.lesson_words import LESSONS, ShippedLesson
from credit.models import Lesson, LessonCode, LessonText
from kernel.permissions import Actor

SELLING = ("sales_rep", "sales_director")


@dataclass(frozen=True, slots=True)
class ReadLesson:
    """A lesson's words in one language: the tenant's own, else those we ship."""

    code: str
    title: str
    body: str
    is_own: bool
    shipped: ShippedLesson

    @property
    def right_answer(self) -> str:
        """Return the right answer to its question, in the reader's language."""
        return str(self.shipped.choices[self.shipped.right])


def read_lessons(language: str) -> dict[str, ReadLesson]:
    """Return every lesson in `language`, in the order of their kinds; one question."""
    own = {row.code: row for row in LessonText.objects.filter(language=language)}
    with override(language):
        return {
            code.value: ReadLesson(
                code.value,
                own[code].title if code in own else str(code.label),
                own[code].body if code in own else str(LESSONS[code].body),
                code in own,
                LESSONS[code],
            )
            for code in LessonCode
        }


def own_lessons(actor: Actor) -> "QuerySet[Lesson]":
    """Return the lessons told to a person, those still to learn first."""
    return (
        Lesson.objects.filter(member=actor.membership_id)
        .select_related("customer")
        .order_by("learnt_at", "-told_at")
    )


def to_learn(actor: Actor) -> "QuerySet[Lesson]":
    """Return the lessons a person has not learnt yet."""
    return own_lessons(actor).filter(learnt_at=None)


@dataclass(frozen=True, slots=True)
class Trained:
    """How many of the colleagues who were told a lesson have learnt all theirs; `members` were asked about."""

    label: str
    members: int
    told: int
    trained: int

    @property
    def share(self) -> Decimal | None:
        """Return the part of those told who have learnt; None while nobody was told anything."""
        return Decimal(self.trained) / self.told if self.told else None


@dataclass(frozen=True, slots=True)
class Progress:
    """What lessons have come to: all sellers together, by team, and by lesson; those still to learn by name."""

    whole: Trained
    teams: tuple[Trained, ...]
    lessons: tuple[Trained, ...]
    waiting: tuple[Lesson, ...]


def progress() -> Progress:
    """Return how many of the sales reps and directors are trained: told at least one lesson, and every one learnt."""
    members = list(
        Membership.objects.filter(state=MembershipState.ACTIVE, grants__role__in=SELLING)
        .select_related("manager")
        .order_by("name", "pk")
        .distinct()
    )
    counts = {
        row["member"]: (row["told"], row["learnt"])
        for row in Lesson.objects.order_by()
        .values("member")
        .annotate(told=Count("pk"), learnt=Count("pk", filter=Q(learnt_at__isnull=False)))
    }
    teams: dict[str, list[Membership]] = {}
    for member in members:
        lead = member.manager.name if member.manager else _("Without a manager")
        teams.setdefault(lead, []).append(member)
    told = Lesson.objects.filter(member__in=[one.pk for one in members])
    by_code = {
        row["code"]: row
        for row in told.order_by()
        .values("code")
        .annotate(told=Count("pk"), learnt=Count("pk", filter=Q(learnt_at__isnull=False)))
    }
    return Progress(
        whole=_trained(_("Sales"), members, counts),
        teams=tuple(_trained(name, teams[name], counts) for name in sorted(teams)),
        lessons=tuple(
            Trained(str(code.label), len(members), row["told"], row["learnt"])
            for code in LessonCode
            if (row := by_code.get(code.value))
        ),
        waiting=tuple(
            told.filter(learnt_at=None)
            .select_related("member", "customer")
            .order_by("told_at")[:50]
        ),
    )


def _trained(
    label: str, members: Iterable[Membership], counts: Mapping[UUID, tuple[int, int]]
) -> Trained:
    counted = [counts.get(one.pk, (0, 0)) for one in members]
    return Trained(
        label,
        len(counted),
        sum(told > 0 for told, _learnt in counted),
        sum(told > 0 and told == learnt for told, learnt in counted),
    )
