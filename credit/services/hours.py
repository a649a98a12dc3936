"""The training calendar and the log of hours by kind (R38)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from django.utils.translation import gettext as _

from accounts.models import Membership, MembershipState
from accounts.services import audit
from credit.models import TimeEntry, TimeKind, TrainingSeat, TrainingSession, TrainingTarget
from kernel import formats
from kernel.errors import Refused
from kernel.permissions import Actor

LONGEST = 960  # minutes of a day
LOGGED_BACK = timedelta(days=92)


class HoursRefused(Refused):
    """The time or the training cannot be entered so."""

    code: ClassVar[str] = "hours_refused"


def log_time(
    *,
    day: date,
    kind: TimeKind,
    minutes: int,
    words: str,
    actor: Actor,
    now: datetime,
    today: date,
) -> TimeEntry:
    """Log the time one spent oneself on a kind of work. Raises HoursRefused."""
    member = _person(actor)
    if not today - LOGGED_BACK <= day <= today:
        raise HoursRefused(_("Time is logged for the past three months, today included."))
    spent = sum(TimeEntry.objects.filter(member=member, day=day).values_list("minutes", flat=True))
    if minutes < 1 or spent + minutes > LONGEST:
        raise HoursRefused(
            _("A day has 16 hours to log: %(spent)s minutes are logged already.") % {"spent": spent}
        )
    return TimeEntry.objects.create(
        member=member,
        day=day,
        kind=kind,
        minutes=minutes,
        words=words.strip()[:200],
        written_at=now,
    )


def remove_time(*, entry: TimeEntry, actor: Actor) -> None:
    """Take back an entry of one's own; the hours of a training stay with it. Raises HoursRefused."""
    if entry.member_id != actor.membership_id or entry.session_id is not None:
        raise HoursRefused(
            _("Everybody takes back his own entries only; a training keeps its hours.")
        )
    entry.delete()


def plan_training(
    *,
    title: str,
    day: date,
    minutes: int,
    participants: Sequence[Membership],
    actor: Actor,
    now: datetime,
) -> TrainingSession:
    """Put a training into the calendar, held by whoever plans it. Raises HoursRefused."""
    trainer = _person(actor)
    if not title.strip() or not 5 <= minutes <= LONGEST:  # noqa: PLR2004
        raise HoursRefused(_("A training has a title and takes from 5 minutes to 16 hours."))
    invited = [one for one in participants if one.state == MembershipState.ACTIVE]
    if not invited:
        raise HoursRefused(_("Name who is to come."))
    session = TrainingSession.objects.create(
        title=title.strip()[:120], day=day, minutes=minutes, trainer=trainer, created_at=now
    )
    TrainingSeat.objects.bulk_create(
        TrainingSeat(session=session, member=one)
        for one in {one.pk: one for one in invited}.values()
    )
    _keep("plan_training", session, actor, invited=len(invited))
    return session


def hold_training(
    *,
    session: TrainingSession,
    came: Sequence[Membership],
    actor: Actor,
    now: datetime,
    today: date,
) -> TrainingSession:
    """Note that a training was held and who came; its trainer's hours are logged once. Raises HoursRefused."""
    row = TrainingSession.objects.select_for_update(of=("self",)).get(pk=session.pk)
    _refuse_other(row, actor)
    if row.held_at is not None:
        return row
    if row.cancelled_at is not None or row.day > today:
        raise HoursRefused(
            _("“%(title)s” is on %(day)s: it is noted as held from that day on, unless cancelled.")
            % {"title": row.title, "day": formats.day(row.day, actor.language)}
        )
    present = {one.pk for one in came}
    for seat in row.seats.all():
        seat.has_come = seat.member_id in present
        seat.save(update_fields=["has_come"])
    row.held_at = now
    row.save(update_fields=["held_at"])
    TimeEntry.objects.create(
        member=row.trainer,
        day=row.day,
        kind=TimeKind.TRAINING,
        minutes=row.minutes,
        words=row.title,
        session=row,
        written_at=now,
    )
    _keep("hold_training", row, actor, came=len(present))
    return row


def cancel_training(*, session: TrainingSession, actor: Actor, now: datetime) -> None:
    """Take a training out of the calendar that was not held. Raises HoursRefused."""
    row = TrainingSession.objects.select_for_update(of=("self",)).get(pk=session.pk)
    _refuse_other(row, actor)
    if row.held_at is not None:
        raise HoursRefused(_("“%(title)s” was held: its hours stay.") % {"title": row.title})
    row.cancelled_at = row.cancelled_at or now
    row.save(update_fields=["cancelled_at"])
    _keep("cancel_training", row, actor)


def set_target(*, share: Decimal, actor: Actor, now: datetime) -> None:
    """Say which part of the hours is to be training, from 0 to 1."""
    member = _person(actor)
    if not 0 <= share <= 1:
        raise HoursRefused(_("A target is from 0 % to 100 %."))
    TrainingTarget.objects.update_or_create(
        defaults={"share": share, "changed_by": member, "changed_at": now}
    )
    audit.record(
        actor=actor, action="credit.set_training_target", object_kind="tenant", share=str(share)
    )


def _person(actor: Actor) -> Membership:
    if actor.kind != "person" or actor.membership_id is None:
        raise HoursRefused(_("This is a person's act, never a machine's (S12)."))
    return Membership.objects.get(pk=actor.membership_id)


def _refuse_other(session: TrainingSession, actor: Actor) -> None:
    if session.trainer_id != actor.membership_id:
        raise HoursRefused(_("Whoever holds a training notes what became of it."))


def _keep(verb: str, session: TrainingSession, actor: Actor, **facts: object) -> None:
    audit.record(
        actor=actor,
        action=f"credit.{verb}",
        object_kind="training",
        object_id=session.pk,
        day=session.day.isoformat(),
        minutes=session.minutes,
        **facts,
    )
