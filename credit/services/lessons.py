"""Short lessons told by events to the person concerned, and the words a tenant gives them (R6)."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Membership, MembershipState
from accounts.services import audit
from credit.lesson_words import LESSONS
from credit.models import Lesson, LessonCode, LessonText
from kernel.errors import Refused
from kernel.permissions import Actor
from ledger.models import Customer

LANGUAGES = ("fr", "en")


class LessonRefused(Refused):
    """The lesson cannot be answered or written so."""

    code: ClassVar[str] = "lesson_refused"


def tell_lesson(
    member: Membership | None,
    code: LessonCode,
    *,
    object_id: UUID,
    customer: Customer | None,
    now: datetime,
) -> bool:
    """Bring a lesson to a colleague at work here, once of each kind; say whether it is new to him."""
    if member is None or member.state != MembershipState.ACTIVE:
        return False
    _lesson, is_new = Lesson.objects.get_or_create(
        member=member,
        code=code,
        defaults={"object_id": object_id, "customer": customer, "told_at": now},
    )
    return is_new


def answer_lesson(*, lesson: Lesson, choice: int, actor: Actor, now: datetime) -> Lesson:
    """Take the answer of the person it was told to; the right one ends it. Raises LessonRefused."""
    row = Lesson.objects.select_for_update().get(pk=lesson.pk)
    if actor.kind != "person" or row.member_id != actor.membership_id:
        raise LessonRefused(_("A lesson is answered by the colleague it was told to."))
    if row.learnt_at is not None:
        return row
    shipped = LESSONS[row.code]
    if not 0 <= choice < len(shipped.choices):
        raise LessonRefused(_("Choose one of the answers."))
    row.tries = min(row.tries + 1, 1000)
    row.learnt_at = now if choice == shipped.right else None
    row.save(update_fields=["tries", "learnt_at"])
    if row.learnt_at is not None:
        audit.record(
            actor=actor,
            action="credit.learn_lesson",
            object_kind="lesson",
            object_id=row.pk,
            lesson=row.code,
            tries=row.tries,
        )
    return row


def write_text(
    *, code: LessonCode, language: str, title: str, body: str, actor: Actor, now: datetime
) -> LessonText:
    """Tell a lesson in the tenant's own words in one language. Raises LessonRefused."""
    if actor.kind != "person" or actor.membership_id is None:
        raise LessonRefused(_("This is a person's act, never a machine's (S12)."))
    if language not in LANGUAGES or not title.strip() or not body.strip():
        raise LessonRefused(_("A lesson has a title and a text, in French or in English."))
    row, _is_new = LessonText.objects.update_or_create(
        code=code,
        language=language,
        defaults={
            "title": title.strip()[:120],
            "body": body.strip()[:3000],
            "written_by_id": actor.membership_id,
            "written_at": now,
        },
    )
    _keep("write_lesson", code, language, actor)
    return row


def take_back_text(*, code: LessonCode, language: str, actor: Actor) -> None:
    """Tell a lesson in the shipped words again."""
    if LessonText.objects.filter(code=code, language=language).delete()[0]:
        _keep("take_back_lesson", code, language, actor)


def _keep(verb: str, code: LessonCode, language: str, actor: Actor) -> None:
    audit.record(
        actor=actor,
        action=f"credit.{verb}",
        object_kind="lesson_text",
        lesson=code.value,
        language=language,
    )
