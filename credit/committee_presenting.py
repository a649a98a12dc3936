"""What the pages of committees show: files with their votes and quorum, and what this person may do with them."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from credit import committee_words as words
from credit.models import AgendaFile, FileState, Measure, SessionSeat, SessionState
from credit.queries.committee import is_barred, may_arbitrate, segregation_of, tally_of
from credit.rules.committee import Result, Tally
from kernel.money import Money
from kernel.permissions import Actor


@dataclass(frozen=True, slots=True)
class FileShown:
    """A file of an agenda; shares are percentages of the seats, as the bar draws them."""

    file: AgendaFile
    amount: Money | None
    measure: str
    votes: list[words.VoteShown]
    silent: list[tuple[str, str]]  # name of a seat that has not voted, and a word about it
    tally: Tally
    tally_words: str
    quorum_words: str
    result: str
    badge: str
    granted: Money | None
    can_vote: bool
    can_arbitrate: bool
    sees_votes: bool

    @property
    def seats(self) -> int:
        """Return how many seats there are."""
        return max(len(self.votes) + len(self.silent), 1)

    @property
    def yes_share(self) -> int:
        """Return the share that is for."""
        return 100 * self.tally.yes // self.seats

    @property
    def conditions_share(self) -> int:
        """Return the share that is for, conditions included."""
        return 100 * (self.tally.yes + self.tally.with_conditions) // self.seats

    @property
    def quorum_share(self) -> int:
        """Return where the quorum stands on the bar."""
        return 100 * self.tally.quorum // self.seats


def shown(
    file: AgendaFile,
    actor: Actor,
    *,
    due: AbstractSet[UUID],
    today: date,
    sees_votes: bool = True,
) -> FileShown:
    """Return a file with its votes; `due` are the ids of the files on which the actor has still to vote."""
    counted = tally_of(file)
    votes = [words.vote_shown(vote) for vote in file.votes.all()]
    is_upheld = file.is_upheld
    badge = words.RESULT_BADGES[Result(file.result)] if file.result else ""
    if file.state == FileState.CLOSED and is_upheld is not None:
        badge = "is-ok" if is_upheld else "is-late"
    return FileShown(
        file=file,
        amount=None if file.amount is None else Money(file.amount, file.currency),
        measure=words.measure_words(
            file.measure, None if file.amount is None else Money(file.amount, file.currency)
        ),
        votes=votes,
        silent=_silent(file),
        tally=counted,
        tally_words=words.tally_words(counted),
        quorum_words=words.quorum_words(counted),
        result=words.result_of(file),
        badge=badge,
        granted=None
        if file.granted_amount is None or file.measure in {Measure.HOLD, Measure.DISCUSS}
        else Money(file.granted_amount, file.currency),
        can_vote=file.pk in due,
        can_arbitrate=file.state == FileState.ARBITRATION
        and file.measure != Measure.REQUEST
        and may_arbitrate(file, actor, today=today).denial is None,
        sees_votes=sees_votes,
    )


def _silent(file: AgendaFile) -> list[tuple[str, str]]:
    session = file.session
    if session is None:
        return []
    voted = {vote.seat_id for vote in file.votes.all()}
    seats: list[SessionSeat] = [one for one in session.seats.all() if one.pk not in voted]
    if not seats:
        return []
    apart = segregation_of(file)
    return [
        (one.member.name, str(words.BARRED if is_barred(one, apart) else words.WAITING))
        for one in seats
    ]


def is_open(file: AgendaFile, now: datetime) -> bool:
    """Say whether votes are taken on a file."""
    session = file.session
    return (
        session is not None
        and session.state == SessionState.CALLED
        and file.state == FileState.ON_AGENDA
        and now < session.closes_at
    )
