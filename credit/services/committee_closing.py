"""Closing a session: votes become decisions by the one door, or go to the named director for arbitration (R4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import Membership, Tenant
from accounts.services import audit
from credit import committee_words as words_of
from credit.models import (
    AgendaFile,
    CommitteeSession,
    FileState,
    Measure,
    Outcome,
    RequestStep,
    SessionState,
    StepState,
    VoteLink,
)
from credit.queries.committee import (
    is_barred,
    may_arbitrate,
    may_close,
    open_to_arbitrate,
    segregation_of,
    tally_of,
)
from credit.rules.authority import Denial
from credit.rules.committee import Result, Tally
from credit.services.charter import CharterRefused
from credit.services.circuits import complete_step
from credit.services.committee_effects import settle_file, settle_files
from credit.services.committee_minutes import freeze
from credit.services.committee_sessions import drop_gone, lock_session
from credit.services.notices import tell
from kernel.errors import Refused
from kernel.money import Money
from kernel.periods import add_months
from kernel.permissions import Actor

OUTCOMES = {
    Result.YES: Outcome.AS_ASKED,
    Result.CONDITIONS: Outcome.CONDITIONS,
    Result.NO: Outcome.REFUSE,
    Result.NO_CONSENSUS: Outcome.TO_ARBITRATION,
}


class SessionClosed(Refused):
    """The session is closed already."""

    code: ClassVar[str] = "committee_session_closed"


class NotClosable(Refused):
    """A file cannot be closed now, or not by this person."""

    code: ClassVar[str] = "committee_not_closable"


@dataclass
class Closing:
    """What became of a session's files; `refused` are the charter's refusals, whose trace outlives them."""

    closed: list[AgendaFile] = field(default_factory=list)
    left: list[tuple[AgendaFile, str]] = field(default_factory=list)
    refused: list[CharterRefused] = field(default_factory=list)


def close_session(
    *,
    session: CommitteeSession,
    actor: Actor,
    now: datetime,
    today: date,
    words: Mapping[UUID, str] | None = None,
) -> Closing:
    """Close every file that the actor may close; the session is over when none is left, and its minutes freeze.

    `words` are what is shared with who asked, by file; without them the members' own reasons. A file that cannot be
    closed stays open and is told with the reason. Raises SessionClosed, or NotClosable when nothing could be closed.
    """
    locked = lock_session(session.pk)
    if locked.state != SessionState.CALLED:
        raise SessionClosed(
            _("This session is %(state)s: nothing is left to close.")
            % {"state": locked.get_state_display().lower()}
        )
    drop_gone(locked)
    done = Closing()
    said = words or {}
    for file in _open_files(locked):
        try:
            with transaction.atomic():
                _close_file(file, said.get(file.pk, ""), actor=actor, now=now, today=today)
        except Refused as refused:
            done.left.append((file, refused.message))
            if isinstance(refused, CharterRefused):
                done.refused.append(refused)
        else:
            done.closed.append(file)
    if done.left and not done.closed:
        refusal = NotClosable("\n".join(message for _file, message in done.left))
        refusal.keep_trace = lambda: _keep_traces(done)  # type: ignore[method-assign]
        raise refusal
    if not done.left:
        _end(locked, actor, now)
    return done


def _keep_traces(done: Closing) -> None:
    for refused in done.refused:
        refused.keep_trace()


def _open_files(session: CommitteeSession) -> list[AgendaFile]:
    files = list(
        session.files.filter(state=FileState.ON_AGENDA)
        .select_related(
            "request__portfolio", "request__customer", "request__requested_by",
            "customer__portfolio", "customer__sales_rep", "step", "flagged_by",
        )
        .order_by("position")
    )  # fmt: skip
    for file in files:
        file.session = session
    return files


def _close_file(file: AgendaFile, words: str, *, actor: Actor, now: datetime, today: date) -> None:
    counted = tally_of(file)
    _refuse_early(file, counted, now=now)
    said = (words.strip() or words_of.reasons(file))[:1000]
    _write(file, counted, said, actor=actor, now=now)
    if file.measure == Measure.REQUEST:
        _end_step(file, counted, said, actor=actor, now=now, today=today)
    else:
        _refuse_closer(file, actor, today=today)
        if counted.result is Result.NO_CONSENSUS:
            _arbiter_of(file)
    audit.record(
        actor=actor,
        action="credit.close_file",
        object_kind="agenda_file",
        object_id=file.pk,
        reference=file.reference,
        result=file.result,
        yes=counted.yes,
        conditions=counted.with_conditions,
        no=counted.no,
        abstained=counted.abstained,
        waiting=counted.waiting,
        quorum=counted.quorum,
        amount=str(file.granted_amount or ""),
        currency=file.currency,
    )
    settle_file(file, actor=actor, now=now, today=today)
    _tell_result(file, now)


def _refuse_early(file: AgendaFile, counted: Tally, *, now: datetime) -> None:
    """Refuse to close before the closing time while a seat that may vote has not."""
    session = file.session
    if session is None or now >= session.closes_at or not counted.waiting:
        return
    apart = segregation_of(file)
    voted = set(file.votes.values_list("seat_id", flat=True))
    awaited = [
        seat.member.name
        for seat in session.seats.select_related("member")
        if seat.pk not in voted and not is_barred(seat, apart)
    ]
    if awaited:
        raise NotClosable(
            _("%(reference)s waits for the vote of %(names)s, before the closing time.")
            % {"reference": file.reference, "names": ", ".join(awaited)}
        )


def _write(file: AgendaFile, counted: Tally, said: str, *, actor: Actor, now: datetime) -> None:
    is_open = counted.result is Result.NO_CONSENSUS
    file.state = FileState.ARBITRATION if is_open else FileState.CLOSED
    file.result = counted.result.value
    is_granting = counted.result in {Result.YES, Result.CONDITIONS}
    file.granted_amount = (counted.amount or file.amount) if is_granting else None
    file.deposit = counted.conditions.deposit
    file.needs_guarantee = counted.conditions.needs_guarantee
    file.review_months = counted.conditions.review_months
    file.words = said
    with override(Tenant.objects.values_list("language", flat=True).get()):
        file.conditions = words_of.conditions(counted.conditions)
    file.closed_by_id, file.closed_at = actor.membership_id, now
    if actor.membership_id is None:
        raise NotClosable(_("A committee is closed by a person, never by a machine (S12)."))
    file.save()


def _end_step(
    file: AgendaFile, counted: Tally, said: str, *, actor: Actor, now: datetime, today: date
) -> None:
    step = file.step
    if step is None or file.request is None:
        return
    if counted.result is Result.NO_CONSENSUS:
        RequestStep.objects.filter(pk=step.pk, state=StepState.OPEN).update(
            escalates_to=_arbiter_of(file)
        )
    amount = counted.amount if counted.result is Result.CONDITIONS else None
    months = counted.conditions.review_months
    file.request = complete_step(
        step=step,
        outcome=OUTCOMES[counted.result],
        actor=actor,
        now=now,
        today=today,
        amount=None if amount is None else Money(amount, file.currency),
        review_date=add_months(today, months) if months else None,
        conditions=file.conditions,
        words=said,
    )


def _arbiter_of(file: AgendaFile) -> Membership:
    """Return who arbitrates: the named director, else his deputy; raises NotClosable when both asked or sell."""
    session = file.session
    people = (session.arbiter, session.deputy_arbiter) if session else ()
    found = open_to_arbitrate(file, people)
    if found is None:
        raise NotClosable(
            _(
                "Nobody named for it may arbitrate %(reference)s: who asked, who sells or who left does not. Name "
                "another director or deputy, then postpone the file to the next session."
            )
            % {"reference": file.reference}
        )
    return found


def _refuse_closer(file: AgendaFile, actor: Actor, *, today: date) -> None:
    verdict = may_close(file, actor, today=today)
    if verdict.denial is None:
        return
    sentence = {
        Denial.MACHINE: _("%(reference)s is closed by a person, never by a machine (S12)."),
        Denial.SALES_LINE: _("You sell to %(name)s: %(reference)s is closed by another (S7)."),
        Denial.NO_RIGHT: _("Your role does not close files of a committee in this perimeter."),
        Denial.NOT_HIS_STEP: _("%(reference)s is closed by a credit manager."),
    }.get(verdict.denial, _("You flagged %(reference)s yourself: another person closes it (S1)."))
    raise NotClosable(sentence % {"reference": file.reference, "name": file.name})


def _end(session: CommitteeSession, actor: Actor, now: datetime) -> None:
    session.state = SessionState.CLOSED
    session.closed_by_id, session.closed_at = actor.membership_id, now
    session.save()
    VoteLink.objects.filter(seat__session=session, used_at=None).update(used_at=now)
    audit.record(
        actor=actor,
        action="credit.close_committee",
        object_kind="committee_session",
        object_id=session.pk,
        committee=session.committee.code,
        files=session.files.exclude(state=FileState.DROPPED).count(),
    )
    freeze(session, actor=actor, now=now)


def arbitrate(
    *, file: AgendaFile, is_upheld: bool, words: str, actor: Actor, now: datetime, today: date
) -> AgendaFile:
    """Decide as the named director what a customer flagged by hand comes to; a request's is a step of its circuit.

    Raises NotClosable.
    """
    if file.session is None:
        raise NotClosable(_("%(reference)s is on no agenda.") % {"reference": file.reference})
    session = lock_session(file.session.pk)
    fresh = AgendaFile.objects.select_related(
        "customer__portfolio", "customer__sales_rep", "request", "flagged_by"
    ).get(pk=file.pk)
    fresh.session = session
    facts = {"reference": fresh.reference}
    if fresh.state != FileState.ARBITRATION or fresh.measure == Measure.REQUEST:
        raise NotClosable(_("%(reference)s waits for no arbitration here.") % facts)
    if may_arbitrate(fresh, actor, today=today).denial is not None:
        raise NotClosable(
            _(
                "%(reference)s is arbitrated by the director the committee names, who neither asked nor sells."
            )
            % facts
        )
    if not words.strip():
        raise NotClosable(_("Give the reason of the arbitration: the minutes keep it.") % facts)
    fresh.state = FileState.CLOSED
    fresh.is_upheld = is_upheld
    fresh.arbitrated_by_id, fresh.arbitrated_at = actor.membership_id, now
    fresh.arbitration_words = words.strip()[:1000]
    fresh.save()
    audit.record(
        actor=actor,
        action="credit.arbitrate_file",
        object_kind="agenda_file",
        object_id=fresh.pk,
        reference=fresh.reference,
        is_upheld=is_upheld,
    )
    settle_file(fresh, actor=actor, now=now, today=today)
    _tell_result(fresh, now)
    freeze(session, actor=actor, now=now)
    return fresh


def after_step(*, actor: Actor, now: datetime, today: date) -> None:
    """Do what waited for a step of a request to end: conditions take effect, arbitrations close, minutes freeze."""
    settle_files(now=now, today=today)
    for session in CommitteeSession.objects.filter(state=SessionState.CLOSED, minutes=None):
        freeze(session, actor=actor, now=now)


def _tell_result(file: AgendaFile, now: datetime) -> None:
    """Tell who asked what the committee said, also where others still have to say something."""
    asker = file.request.requested_by if file.request else file.flagged_by
    if asker is None or (file.request is not None and file.request.closed_at is not None):
        return  # a decided request is told by its own notice
    code = "committee_no_consensus" if file.state == FileState.ARBITRATION else "committee_result"
    path = (
        f"/credit/requests/{file.request.number}"
        if file.request
        else f"/committees/sessions/{file.session_id}"
    )
    session = file.session
    tell(
        [asker],
        code=code,
        once_key=f"{code}:{file.pk}",
        now=now,
        request=file.request,
        path=path,
        number=file.reference,
        customer=file.name,
        result={"result": file.result, "upheld": file.is_upheld},
        words=file.arbitration_words or file.words,
        director=session.arbiter.name if session and session.arbiter else "",
    )
