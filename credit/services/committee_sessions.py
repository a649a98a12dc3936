"""A committee's session: prepared, called by mail with its agenda, its files postponed, or cancelled."""

from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.models import Membership, Tenant
from accounts.services import audit
from credit.models import (
    AgendaFile,
    Committee,
    CommitteeSession,
    CommitteeVote,
    FileState,
    Measure,
    SessionSeat,
    SessionState,
    StepState,
    VoteLink,
)
from credit.queries.committee import in_force, prepares
from credit.services.committee_files import gather
from credit.services.notices import tell
from kernel.errors import Refused
from kernel.money import Money
from kernel.permissions import Actor

LONGEST_VOTE = timedelta(days=60)
REMINDED_BEFORE = timedelta(hours=24)


class SessionRefused(Refused):
    """The session cannot be prepared or changed so."""

    code: ClassVar[str] = "committee_session_refused"


def lock_session(session_id: UUID) -> CommitteeSession:
    """Return the session, locked until the transaction ends: votes and closings wait for one another here."""
    return (
        CommitteeSession.objects.select_for_update(of=("self",))
        .select_related("committee__scope", "arbiter", "deputy_arbiter")
        .get(pk=session_id)
    )


def new_session(
    *,
    committee: Committee,
    meets_at: datetime,
    place: str,
    closes_at: datetime,
    actor: Actor,
    now: datetime,
) -> CommitteeSession:
    """Prepare a session and put on its agenda every file that waits. Raises SessionRefused."""
    preparer = _refuse_preparer(committee, actor)
    if in_force(committee) is None:
        raise SessionRefused(
            _("%(name)s has no seats in force yet: another person has to agree to the proposal.")
            % {"name": committee.name}
        )
    _refuse_times(meets_at, closes_at, now)
    session = CommitteeSession.objects.create(
        committee=committee,
        meets_at=meets_at,
        place=place.strip()[:200],
        closes_at=closes_at,
        created_by_id=preparer,
        created_at=now,
    )
    fill(session, now=now)
    _record("credit.prepare_committee", session, actor)
    return session


def _refuse_times(meets_at: datetime, closes_at: datetime, now: datetime) -> None:
    if closes_at <= now or closes_at > now + LONGEST_VOTE:
        raise SessionRefused(
            _("Votes close after now and within 60 days; %(closes)s does not fit.")
            % {"closes": f"{closes_at:%Y-%m-%d %H:%M}"}
        )
    if meets_at > closes_at:
        raise SessionRefused(_("Votes close when the session has met, not before."))


def fill(session: CommitteeSession, *, now: datetime) -> int:
    """Put the files that wait on the agenda of a session that is not called yet; return how many."""
    if session.state != SessionState.PREPARING:
        return 0
    gather(now=now)
    waiting = AgendaFile.objects.filter(
        committee=session.committee_id, state=FileState.WAITING, session=None
    ).select_related("step")
    last = session.files.count()
    done = 0
    for file in waiting.order_by("flagged_at"):
        if file.step is not None and file.step.state != StepState.OPEN:
            continue  # its circuit is not there yet, or past it
        done += 1
        file.session = session
        file.state = FileState.ON_AGENDA
        file.position = last + done
        file.save(update_fields=["session", "state", "position"])
    return done


def call(*, session: CommitteeSession, actor: Actor, now: datetime) -> CommitteeSession:
    """Call a session: its seats are copied, and every member gets the agenda with a personal link to vote.

    Raises SessionRefused without files, after the closing time, or when it was called before.
    """
    locked = lock_session(session.pk)
    _refuse_preparer(locked.committee, actor)
    if locked.state != SessionState.PREPARING:
        raise SessionRefused(_("This session was called or cancelled already."))
    fill(locked, now=now)
    files = _files(locked)
    version = in_force(locked.committee)
    if not files or version is None:
        raise SessionRefused(
            _("No file waits for %(name)s: flag one first, or cancel the session.")
            % {"name": locked.committee.name}
        )
    _refuse_times(locked.meets_at, locked.closes_at, now)
    locked.version = version
    locked.quorum = version.quorum
    locked.arbiter, locked.deputy_arbiter = version.arbiter, version.deputy_arbiter
    seats = [
        SessionSeat.objects.create(
            session=locked,
            position=seat.position,
            member=seat.member,
            substitute=seat.substitute,
        )
        for seat in version.seats.select_related("member", "substitute")
    ]
    locked.state = SessionState.CALLED
    locked.called_by_id, locked.called_at = actor.membership_id, now
    locked.save()
    for seat in seats:
        for person in (seat.member, seat.substitute):
            if person is not None:
                invite(locked, seat, person, files, code="committee_invitation", now=now)
    _record("credit.call_committee", locked, actor, files=[file.reference for file in files])
    return locked


def invite(
    session: CommitteeSession,
    seat: SessionSeat,
    person: Membership,
    files: list[AgendaFile],
    *,
    code: str,
    now: datetime,
) -> None:
    """Promise a member the agenda with his personal links to vote."""
    listed = [
        {
            "reference": file.reference,
            "name": file.name,
            "measure": file.measure,
            "amount": Money(file.amount, file.currency).as_json() if file.amount else None,
            "link": str(
                VoteLink.objects.get_or_create(
                    file=file, seat=seat, person=person, defaults={"made_at": now}
                )[0].pk
            ),
        }
        for file in files
    ]
    tell(
        [person],
        code=code,
        once_key=f"{code}:{session.pk}:{seat.pk}",
        now=now,
        path=f"/committees/sessions/{session.pk}",
        committee=session.committee.name,
        seat=seat.member.name,
        place=session.place or "–",
        meets={"at": _local(session.meets_at)},
        closes={"at": _local(session.closes_at)},
        agenda={"files": listed, "tenant": str(session.tenant_id)},
    )


def _local(moment: datetime) -> str:
    """Return an instant on the tenant's clock, as a notice keeps it."""
    zone = Tenant.objects.values_list("time_zone", flat=True).get()
    return moment.astimezone(ZoneInfo(zone)).isoformat()


def remind(*, now: datetime) -> int:
    """Remind the seats that have not voted a day before their votes close; return how many mails were promised."""
    soon = CommitteeSession.objects.filter(
        state=SessionState.CALLED, closes_at__gt=now, closes_at__lte=now + REMINDED_BEFORE
    ).select_related("committee")
    done = 0
    for session in soon:
        files = _files(session)
        for seat in session.seats.select_related("member", "substitute"):
            voted = set(CommitteeVote.objects.filter(seat=seat).values_list("file_id", flat=True))
            silent = [file for file in files if file.pk not in voted]
            for person in (seat.member, seat.substitute):
                if silent and person is not None:
                    invite(session, seat, person, silent, code="committee_reminder", now=now)
                    done += 1
    return done


def _files(session: CommitteeSession) -> list[AgendaFile]:
    return list(session.files.filter(state=FileState.ON_AGENDA).order_by("position"))


def postpone(*, file: AgendaFile, reason: str, actor: Actor, now: datetime) -> AgendaFile:
    """Take a file off the agenda; it waits for the next session, and votes already cast stay with this one.

    Raises SessionRefused.
    """
    if file.session is None:
        raise SessionRefused(_("%(reference)s is on no agenda.") % {"reference": file.reference})
    session = lock_session(file.session.pk)
    _refuse_preparer(session.committee, actor)
    fresh = AgendaFile.objects.get(pk=file.pk)
    if fresh.state != FileState.ON_AGENDA or session.state not in {
        SessionState.PREPARING,
        SessionState.CALLED,
    }:
        raise SessionRefused(
            _("%(reference)s is not on an open agenda any more.") % {"reference": file.reference}
        )
    if not reason.strip():
        raise SessionRefused(_("Say why %(reference)s waits.") % {"reference": file.reference})
    if session.state == SessionState.PREPARING:
        fresh.session, fresh.state, fresh.position = None, FileState.WAITING, 0
        fresh.save(update_fields=["session", "state", "position"])
        next_one = fresh
    else:
        fresh.state = FileState.POSTPONED
        fresh.words = reason.strip()[:1000]
        fresh.save(update_fields=["state", "words"])
        next_one = _again(fresh, now)
    audit.record(
        actor=actor,
        action="credit.postpone_file",
        object_kind="agenda_file",
        object_id=fresh.pk,
        reference=fresh.reference,
    )
    return next_one


def _again(file: AgendaFile, now: datetime) -> AgendaFile:
    kept = (
        "committee_id", "source", "measure", "step_id", "request_id", "customer_id", "name", "reference", "amount",
        "currency", "reason", "flagged_by_id",
    )  # fmt: skip
    return AgendaFile.objects.create(**{name: getattr(file, name) for name in kept}, flagged_at=now)


def cancel(*, session: CommitteeSession, actor: Actor, now: datetime) -> CommitteeSession:
    """Cancel a session in which nobody voted; its files wait for the next one. Raises SessionRefused."""
    locked = lock_session(session.pk)
    _refuse_preparer(locked.committee, actor)
    if locked.state not in {SessionState.PREPARING, SessionState.CALLED}:
        raise SessionRefused(_("This session is over: it cannot be cancelled."))
    if CommitteeVote.objects.filter(file__session=locked).exists():
        raise SessionRefused(_("Votes were cast: close the session, or postpone single files."))
    locked.files.filter(state=FileState.ON_AGENDA).update(
        session=None, state=FileState.WAITING, position=0
    )
    VoteLink.objects.filter(seat__session=locked, used_at=None).update(used_at=now)
    locked.state = SessionState.CANCELLED
    locked.save(update_fields=["state"])
    _record("credit.cancel_committee", locked, actor)
    return locked


def drop_gone(session: CommitteeSession) -> None:
    """Take off the agenda what was decided otherwise or taken back meanwhile."""
    for file in session.files.filter(
        state=FileState.ON_AGENDA, measure=Measure.REQUEST
    ).select_related("step"):
        if file.step is not None and file.step.state != StepState.OPEN:
            file.state = FileState.DROPPED
            file.save(update_fields=["state"])


def _refuse_preparer(committee: Committee, actor: Actor) -> UUID:
    """Return who prepares, as a colleague; raises SessionRefused for anybody else."""
    if actor.kind != "person" or actor.membership_id is None or not prepares(actor, committee):
        raise SessionRefused(
            _("Sessions of %(name)s are prepared by a credit analyst or manager of its perimeter.")
            % {"name": committee.name}
        )
    return actor.membership_id


def _record(action: str, session: CommitteeSession, actor: Actor, **details: Any) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="committee_session",
        object_id=session.pk,
        committee=session.committee.code,
        closes_at=session.closes_at.isoformat(),
        **details,
    )
