"""One reasoned vote of each seat on each file, for good; nobody votes on what he asked for or sells (S1, S7, S13)."""

from datetime import date, datetime
from typing import ClassVar

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.services import audit
from credit.models import (
    AgendaFile,
    CommitteeVote,
    FileState,
    Measure,
    SessionSeat,
    SessionState,
    StepState,
    VoteLink,
)
from credit.queries.authority import person_of
from credit.queries.committee import may_vote, path_of, segregation_of, taker_of
from credit.rules.authority import Denial, Verdict, is_same_person
from credit.rules.committee import Ballot, BallotFault, Position, ballot_fault
from credit.services.committee_sessions import lock_session
from kernel.errors import Refused
from kernel.money import Money
from kernel.permissions import Actor


class VoteRefused(Refused):
    """The vote cannot be given so, or not by this person."""

    code: ClassVar[str] = "vote_refused"


class VoteClosed(Refused):
    """The votes on this file are over."""

    code: ClassVar[str] = "vote_closed"


class AlreadyVoted(Refused):
    """The seat has voted."""

    code: ClassVar[str] = "already_voted"


def vote(
    *,
    file: AgendaFile,
    ballot: Ballot,
    reason: str,
    actor: Actor,
    now: datetime,
    today: date,
    link: VoteLink | None = None,
) -> CommitteeVote:
    """Give a seat's vote on a file; it stands. `link` is the personal address it came by.

    Raises VoteClosed, VoteRefused or AlreadyVoted; a second vote of a seat changes nothing.
    """
    fresh = _open_file(file, now=now)
    seat, verdict = _seat(fresh, actor, link, today=today)
    voter = _refuse_second(fresh, seat, actor)
    _refuse_ballot(fresh, ballot, reason)
    cast = _store(fresh, seat, ballot, reason, voter=voter, verdict=verdict, link=link, now=now)
    VoteLink.objects.filter(file=fresh, seat=seat, used_at=None).update(used_at=now)
    audit.record(
        actor=actor,
        action="credit.vote",
        object_kind="agenda_file",
        object_id=fresh.pk,
        reference=fresh.reference,
        seat=seat.position,
        position=ballot.position.value,
        amount=str(cast.amount or ""),
        currency=fresh.currency,
        by_link=link is not None,
        on_behalf_of=str(cast.on_behalf_of_id or ""),
    )
    return cast


def _open_file(file: AgendaFile, *, now: datetime) -> AgendaFile:
    """Return the file with its session locked, as long as votes are open on it."""
    if file.session is None:
        raise VoteClosed(_("%(reference)s is on no agenda.") % {"reference": file.reference})
    session = lock_session(file.session.pk)
    fresh = AgendaFile.objects.select_related(
        "request__portfolio",
        "request__customer",
        "customer__portfolio",
        "customer__sales_rep",
        "step",
    ).get(pk=file.pk)
    fresh.session = session
    is_gone = fresh.step is not None and fresh.step.state != StepState.OPEN
    if session.state != SessionState.CALLED or fresh.state != FileState.ON_AGENDA or is_gone:
        raise VoteClosed(
            _("The votes on %(reference)s are closed: nothing can be added.")
            % {"reference": fresh.reference}
        )
    if now >= session.closes_at:
        raise VoteClosed(
            _("The votes on %(reference)s closed on %(when)s.")
            % {"reference": fresh.reference, "when": f"{session.closes_at:%Y-%m-%d %H:%M} UTC"}
        )
    return fresh


def _seat(
    file: AgendaFile, actor: Actor, link: VoteLink | None, *, today: date
) -> tuple[SessionSeat, Verdict]:
    """Return the seat from which `actor` votes: the first of his that has not; raises VoteRefused in words."""
    apart = segregation_of(file)
    taker = taker_of(actor, path_of(file), today=today)
    voted = set(file.votes.values_list("seat_id", flat=True))
    seats = list(file.session.seats.all()) if file.session else []
    if link is not None:
        seats = [one for one in seats if one.pk == link.seat_id]
    verdicts = [(seat, may_vote(seat, taker, apart)) for seat in seats]
    allowed = [(seat, verdict) for seat, verdict in verdicts if verdict.denial is None]
    free = [pair for pair in allowed if pair[0].pk not in voted]
    if free:
        return free[0]
    if allowed:
        return allowed[0]  # voted already: the next look says by whom
    denials = {verdict.denial for _seat, verdict in verdicts if verdict.denial is not None}
    raise VoteRefused(_words(denials, file), denial=min(denials, default=Denial.NO_RIGHT).value)


def _words(denials: set[Denial], file: AgendaFile) -> str:
    facts = {"reference": file.reference, "name": file.name}
    sentences = {
        Denial.MACHINE: _(
            "%(reference)s is voted on by people who sign in, never by a machine (S12)."
        ),
        Denial.REQUESTER: _(
            "You asked for %(reference)s, or for what it follows: others vote (S1)."
        ),
        Denial.SECOND_ACCOUNT: _(
            "Your account and the requester's share an address or a telephone: one person does not ask for "
            "%(reference)s and vote on it (S1)."
        ),
        Denial.SALES_LINE: _(
            "You sell to %(name)s, or manage who does: %(reference)s is voted on outside the sales line (S7)."
        ),
        Denial.DELEGATOR_ASKED: _(
            "Who delegated to you asked for %(reference)s: his delegate does not vote on it either (S13)."
        ),
    }
    for denial, sentence in sentences.items():
        if denial in denials:
            return sentence % facts
    return _("You have no seat in the session that votes on %(reference)s.") % facts


def _refuse_second(file: AgendaFile, seat: SessionSeat, actor: Actor) -> Membership:
    """Return the voter; refuse a second vote of a seat, or of a person in another seat or by another account."""
    voter = Membership.objects.select_related("user").get(pk__in=[actor.membership_id])
    me = person_of(voter)
    for cast in file.votes.select_related("voter__user"):
        if cast.seat_id == seat.pk or is_same_person(person_of(cast.voter), me):
            raise AlreadyVoted(
                _("%(who)s voted on %(reference)s already: %(position)s. A vote stands.")
                % {
                    "who": cast.voter.name,
                    "reference": file.reference,
                    "position": cast.get_position_display(),
                }
            )
    return voter


def _refuse_ballot(file: AgendaFile, ballot: Ballot, reason: str) -> None:
    fault = ballot_fault(ballot, reason=reason, asked=file.amount)
    if fault is None:
        return
    asked = "—" if file.amount is None else str(Money(file.amount, file.currency))
    raise VoteRefused(
        {
            BallotFault.NO_REASON: _("Say why: every vote but a plain “for” gives its reason."),
            BallotFault.NOTHING_CHANGED: _(
                "Name a condition or a smaller amount than %(asked)s; without either, vote “for”."
            ),
            BallotFault.ABOVE_ASKED: _("%(asked)s is asked for: grant it at most."),
            BallotFault.NOT_ABOVE_ZERO: _(
                "An amount is above zero; to give nothing, vote against."
            ),
            BallotFault.DEPOSIT: _("A deposit is more than 0 %% and at most 100 %%."),
            BallotFault.REVIEW: _("A review comes after 1 to 36 months."),
        }[fault]
        % {"asked": asked},
        fault=fault.value,
    )


def _store(
    file: AgendaFile,
    seat: SessionSeat,
    ballot: Ballot,
    reason: str,
    *,
    voter: Membership,
    verdict: Verdict,
    link: VoteLink | None,
    now: datetime,
) -> CommitteeVote:
    has_conditions = ballot.position is Position.CONDITIONS
    request = file.request
    is_request = file.measure == Measure.REQUEST and request is not None
    try:
        with transaction.atomic():
            return CommitteeVote.objects.create(
                file=file,
                seat=seat,
                voter=voter,
                on_behalf_of_id=verdict.on_behalf_of,
                position=ballot.position.value,
                amount=ballot.amount if has_conditions and file.amount is not None else None,
                deposit=ballot.conditions.deposit if has_conditions else None,
                needs_guarantee=has_conditions and ballot.conditions.needs_guarantee,
                review_months=ballot.conditions.review_months if has_conditions else None,
                conditions="; ".join(ballot.conditions.words)[:500] if has_conditions else "",
                reason=reason.strip()[:1000],
                is_by_link=link is not None,
                at=now,
                requested_by_id=request.requested_by_id if request else file.flagged_by_id,
                first_requester_id=request.first_requester_id if is_request and request else None,
            )
    except IntegrityError as fault:
        raise AlreadyVoted(
            _("The seat voted on %(reference)s at the same instant. A vote stands.")
            % {"reference": file.reference}
        ) from fault
