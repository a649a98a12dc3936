"""Questions about committees: who sees them, who may vote on what, how the votes stand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Membership, MembershipState
from accounts.queries import actor_of
from credit.models import (
    AgendaFile,
    Committee,
    CommitteeSession,
    CommitteeTask,
    CommitteeVersion,
    CommitteeVote,
    CreditRequest,
    Delegation,
    FileState,
    SessionSeat,
    SessionState,
)
from credit.permissions import APPROVE_LIMIT, SEE_OPINIONS, WRITE_CIRCUITS
from credit.queries.authority import (
    MANAGER,
    covers,
    delegations_to,
    line_above,
    person_of,
    requesters_of,
    roles_at,
    sales_line,
)
from credit.rules.authority import Person, Seat, Taker, Verdict, is_same_person, may_end
from credit.rules.committee import Ballot, Conditions, Position, Tally, tally
from kernel.permissions import Actor, Reach, Verb


def in_force(committee: Committee) -> CommitteeVersion | None:
    """Return who sits now; None before two people agreed on anybody."""
    version: CommitteeVersion | None = (
        committee.versions.filter(is_draft=False)
        .select_related("arbiter", "deputy_arbiter")
        .order_by("-number")
        .first()
    )
    return version


def committee_for(path: str) -> Committee | None:
    """Return the committee in force that sits nearest to a node of the scope tree; None where none does."""
    found = [
        one
        for one in Committee.objects.filter(versions__is_draft=False)
        .select_related("scope")
        .distinct()
        if covers(one.scope.path, path)
    ]
    return max(found, key=lambda one: len(one.scope.path), default=None)


def prepares(actor: Actor, committee: Committee) -> bool:
    """Say whether a person prepares the sessions of a committee: whoever writes the policy of its perimeter."""
    return any(
        covers(held.scope_path, committee.scope.path)
        and held.cell.verb in {Verb.PROPOSE, Verb.APPROVE}
        for held in actor.held(WRITE_CIRCUITS)
    )


def _perimeter(actor: Actor) -> Q:
    """Return the filter of committees a person sees by his role: he reads opinions on all of their perimeter."""
    seen = Q(pk__in=[])
    for held in actor.held(SEE_OPINIONS):
        if held.reach is Reach.ALL:
            seen |= (
                Q(scope__path__startswith=held.scope_path)
                if held.scope_path != "/"
                else Q(code__isnull=False)
            )
    return seen


def seen_committees(actor: Actor) -> QuerySet[Committee]:
    """Return the committees a person sees: those of his perimeter, and those in which he has a seat or a word."""
    me = actor.membership_id
    seats = Q(
        pk__in=CommitteeVersion.objects.filter(is_draft=False)
        .filter(
            Q(seats__member=me) | Q(seats__substitute=me) | Q(arbiter=me) | Q(deputy_arbiter=me)
        )
        .values("committee")
    )
    return Committee.objects.filter(_perimeter(actor) | seats).distinct()


def seen_sessions(actor: Actor, today: date) -> QuerySet[CommitteeSession]:
    """Return the sessions a person sees: of his perimeter, and those in which he votes or arbitrates."""
    me = actor.membership_id
    called = [SessionState.CALLED, SessionState.CLOSED]
    return CommitteeSession.objects.filter(
        Q(committee__in=Committee.objects.filter(_perimeter(actor)))
        | Q(pk__in=SessionSeat.objects.filter(_sits(actor, today)).values("session"))
        | Q(arbiter=me, state__in=called)
        | Q(deputy_arbiter=me, state__in=called)
    )


def _sits(actor: Actor, today: date) -> Q:
    """Return the filter of seats from which a person votes: his own, and those of who delegated theirs to him."""
    stands_for = Delegation.objects.filter(
        delegate=actor.membership_id, starts_on__lte=today, ends_on__gte=today, revoked_at=None
    ).values("delegator")
    me = actor.membership_id
    return Q(member=me) | Q(substitute=me) | Q(member__in=stands_for) | Q(substitute__in=stands_for)


def who_asked(file: AgendaFile) -> list[Membership]:
    """Return who asked for what a file is about: the whole chain of a request, or who flagged a customer."""
    if file.request is not None:
        return requesters_of(file.request)
    return list(Membership.objects.filter(pk__in=[file.flagged_by_id]).select_related("user"))


def line_of(file: AgendaFile) -> set[UUID]:
    """Return who sells to the file's customer, upwards."""
    if file.request is not None:
        return sales_line(file.request)
    return line_above(file.customer.sales_rep if file.customer else None)


@dataclass(frozen=True, slots=True)
class Segregation:
    """What keeps people apart on a file, read once: who asked, who sells."""

    requesters: tuple[Person, ...]
    line: frozenset[UUID]


def segregation_of(file: AgendaFile) -> Segregation:
    """Return what keeps people apart on a file."""
    return Segregation(tuple(person_of(one) for one in who_asked(file)), frozenset(line_of(file)))


def taker_of(actor: Actor, path: str, *, today: date) -> Taker:
    """Return who wants to vote, close or arbitrate, as the rules of authority see him."""
    member = (
        Membership.objects.filter(
            pk=actor.membership_id or UUID(int=0), state=MembershipState.ACTIVE
        )
        .select_related("user")
        .first()
        if actor.membership_id
        else None
    )
    if member is None:
        return Taker(Person(UUID(int=0)), is_person=False)
    stands_for = {
        one.delegator_id: frozenset[str]()
        for one in delegations_to(member.pk, today)
        if actor_of(one.delegator_id) is not None
    }
    return Taker(
        person_of(member),
        is_person=actor.kind == "person",
        roles=roles_at(actor, path),
        has_right=any(
            covers(held.scope_path, path) and held.cell.verb is Verb.APPROVE
            for held in actor.held(APPROVE_LIMIT)
        ),
        stands_for=stands_for,
    )


def path_of(file: AgendaFile) -> str:
    """Return where in the tree a file is followed."""
    if file.request is not None:
        return str(file.request.portfolio.path)
    return str(file.customer.portfolio.path) if file.customer else "/"


def may_vote(seat: SessionSeat, taker: Taker, apart: Segregation) -> Verdict:
    """Return whether `taker` may vote from a seat: the seat itself gives the right, two people gave the seat."""
    meant = Seat(
        is_deciding=True,
        role="",
        named=seat.member_id,
        also=frozenset(ident for ident in (seat.substitute_id,) if ident),
        named_suffices=True,
    )
    own = Taker(taker.person, taker.is_person, stands_for=taker.stands_for)
    return may_end(meant, own, requesters=apart.requesters, sales_line=apart.line)


def may_arbitrate(file: AgendaFile, actor: Actor, *, today: date) -> Verdict:
    """Return whether `actor` may arbitrate a file that is no request: the named director, else his deputy."""
    session = file.session
    meant = Seat(
        is_deciding=True,
        role="",
        named=session.arbiter_id if session else None,
        also=frozenset(
            ident for ident in (session.deputy_arbiter_id if session else None,) if ident
        ),
        named_suffices=True,
    )
    apart = segregation_of(file)
    taker = taker_of(actor, path_of(file), today=today)
    own = Taker(taker.person, taker.is_person)
    return may_end(meant, own, requesters=apart.requesters, sales_line=apart.line)


def may_close(file: AgendaFile, actor: Actor, *, today: date) -> Verdict:
    """Return whether `actor` may close a file that is no request, as a credit manager would a step."""
    apart = segregation_of(file)
    taker = taker_of(actor, path_of(file), today=today)
    seat = Seat(is_deciding=True, role=MANAGER)
    return may_end(seat, taker, requesters=apart.requesters, sales_line=apart.line)


def is_barred(seat: SessionSeat, apart: Segregation) -> bool:
    """Say whether nobody of a seat may vote on a file: then no vote of it is waited for."""
    people = Membership.objects.filter(
        pk__in=[ident for ident in (seat.member_id, seat.substitute_id) if ident]
    ).select_related("user")
    return all(_is_apart(person_of(one), apart) for one in people)


def _is_apart(person: Person, apart: Segregation) -> bool:
    return person.ident in apart.line or any(
        is_same_person(person, one) for one in apart.requesters
    )


def open_to_arbitrate(file: AgendaFile, people: Iterable[Membership | None]) -> Membership | None:
    """Return the first of the arbiters who neither asked nor sells and still works here; None without one."""
    apart = segregation_of(file)
    for one in people:
        if one is None or one.state != MembershipState.ACTIVE:
            continue
        if not _is_apart(person_of(one), apart):
            return one
    return None


def ballot_of(vote: CommitteeVote) -> Ballot:
    """Return a stored vote as the rules see it."""
    words = (vote.conditions,) if vote.conditions else ()
    return Ballot(
        Position(vote.position),
        vote.amount,
        Conditions(vote.deposit, vote.needs_guarantee, vote.review_months, words),
    )


def tally_of(file: AgendaFile) -> Tally:
    """Return how the votes on a file stand."""
    session = file.session
    seats = session.seats.count() if session else 0
    return tally(
        [ballot_of(vote) for vote in file.votes.all()],
        seats=seats,
        quorum=session.quorum if session else 1,
    )


def files_to_vote(actor: Actor, *, now: datetime, today: date) -> QuerySet[AgendaFile]:
    """Return the files on which a seat of the actor's has not voted; the finer rules are asked when he votes."""
    if actor.membership_id is None:
        return AgendaFile.objects.none()
    seats = SessionSeat.objects.filter(_sits(actor, today), session=OuterRef("session"))
    silent = seats.exclude(
        pk__in=CommitteeVote.objects.filter(file=OuterRef(OuterRef("pk"))).values("seat")
    )
    mine_done = CommitteeVote.objects.filter(file=OuterRef("pk"), voter=actor.membership_id)
    return (
        AgendaFile.objects.filter(
            Exists(silent),
            ~Exists(mine_done),
            state=FileState.ON_AGENDA,
            session__state=SessionState.CALLED,
            session__closes_at__gt=now,
        )
        .exclude(request__requested_by=actor.membership_id)
        .exclude(request__first_requester=actor.membership_id)
        .exclude(measure__in=["hold", "lower", "discuss"], flagged_by=actor.membership_id)
        .select_related("session__committee", "request", "customer")
        .order_by("session__closes_at", "position")
    )


def files_to_arbitrate(actor: Actor) -> QuerySet[AgendaFile]:
    """Return the files that are no request and wait for the actor's arbitration."""
    if actor.membership_id is None:
        return AgendaFile.objects.none()
    return AgendaFile.objects.filter(
        Q(session__arbiter=actor.membership_id) | Q(session__deputy_arbiter=actor.membership_id),
        state=FileState.ARBITRATION,
        request=None,
    ).select_related("session__committee", "customer")


def open_tasks(actor: Actor) -> QuerySet[CommitteeTask]:
    """Return what decisions of committees ask of the actor."""
    if actor.membership_id is None:
        return CommitteeTask.objects.none()
    return CommitteeTask.objects.filter(assignee=actor.membership_id, done_at=None).select_related(
        "file__request", "customer"
    )


def count_for(actor: Actor, *, now: datetime, today: date) -> int:
    """Return how many votes, arbitrations and tasks of committees wait for a person, in one question."""
    if actor.membership_id is None:
        return 0
    waiting = files_to_vote(actor, now=now, today=today).order_by().values("pk")
    directed = files_to_arbitrate(actor).order_by().values("pk")
    asked = open_tasks(actor).order_by().values("pk")
    return waiting.union(directed, asked, all=True).count()


def committee_files_of(request: CreditRequest) -> list[AgendaFile]:
    """Return where a request stood or stands before committees, the latest first."""
    return list(
        AgendaFile.objects.filter(request=request)
        .exclude(state__in=[FileState.DROPPED])
        .select_related("session__committee", "session__arbiter", "committee")
        .prefetch_related(
            "votes__voter", "votes__on_behalf_of", "votes__seat__member", "session__seats__member"
        )
        .order_by("-flagged_at")
    )
