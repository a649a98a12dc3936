"""The life of one reminder: which state may follow which, how long a claim lasts, when to try again.

The table below is the whole of it; a trigger in the database holds the same table, and a test holds the
two equal. Source: RELIABILITY D7.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    """Where a reminder is.

    CLAIMED: a worker renders it, nothing has left. HANDING: the last dot is about to be sent, so the
    outcome is unknown should the worker die. DONE: a person made the call, posted the letter or decided.
    """

    PLANNED = "planned"
    READY = "ready"
    HELD = "held"
    CLAIMED = "claimed"
    HANDING = "handing"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    DONE = "done"


TRANSITIONS: MappingProxyType[State, frozenset[State]] = MappingProxyType(
    {
        State.PLANNED: frozenset({State.READY, State.HELD, State.CANCELLED, State.DONE}),
        State.READY: frozenset({State.CLAIMED, State.PLANNED, State.HELD, State.CANCELLED}),
        State.HELD: frozenset({State.PLANNED, State.READY, State.CANCELLED}),
        State.CLAIMED: frozenset(
            {State.HANDING, State.READY, State.PLANNED, State.HELD, State.CANCELLED, State.FAILED}
        ),
        State.HANDING: frozenset({State.SENT, State.READY, State.FAILED, State.UNKNOWN}),
        State.UNKNOWN: frozenset({State.SENT, State.READY, State.CANCELLED}),
        State.SENT: frozenset({State.DELIVERED, State.BOUNCED, State.COMPLAINED}),
        State.DELIVERED: frozenset({State.BOUNCED, State.COMPLAINED}),
        State.FAILED: frozenset({State.READY, State.CANCELLED}),
        State.BOUNCED: frozenset(),
        State.COMPLAINED: frozenset(),
        State.CANCELLED: frozenset(),
        State.DONE: frozenset(),
    }
)

OPEN_STATES = frozenset({State.PLANNED, State.HELD})
"""Not let go yet: the next plan may change or replace it."""

LEAVING_STATES = frozenset({State.READY, State.CLAIMED, State.HANDING, State.UNKNOWN})
"""Let go, and not known to have arrived: counts as a contact, and nothing may replace it."""

TAKEN_STATES = LEAVING_STATES | {
    State.SENT,
    State.DELIVERED,
    State.BOUNCED,
    State.COMPLAINED,
    State.FAILED,
    State.DONE,
}
"""The step counts as taken for the lines it names."""


class CancelReason(StrEnum):
    """Why a reminder will not leave. BY_PERSON counts as the step taken; after the others it may come back."""

    PAID = "paid"
    NOT_DUE = "not_due"
    EXCLUDED = "excluded"
    SUPERSEDED = "superseded"
    BY_PERSON = "by_person"
    HELD_BACK = "held_back"


def may_follow(before: State, after: State) -> bool:
    """Say whether a reminder in `before` may become `after`."""
    return after in TRANSITIONS[before]


LEASE = timedelta(seconds=60)
MAX_FAILURES = 3
"""After this many attempts that broke off with an error of ours, the row is set aside for a person."""

MAX_LAPSES = 6
"""After this many attempts whose worker never came back, likewise: the row may be what kills it."""

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=30)
MOST_DOUBLINGS = 10


def next_attempt_at(*, deferrals: int, now: datetime) -> datetime:
    """Return when to try again after `deferrals` refusals for now: 30 s, doubling, 30 min at most."""
    doublings = min(max(deferrals - 1, 0), MOST_DOUBLINGS)
    return now + min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


class Evidence(StrEnum):
    """What could be found out about a message whose outcome is unknown."""

    ACCEPTED = "accepted"
    NOT_ACCEPTED = "not_accepted"
    NONE = "none"


EVIDENCE_WAIT = timedelta(seconds=5)
"""How long a mail server may need before its answer about a message can be trusted."""

CARRIER_EVIDENCE_WAIT = timedelta(minutes=10)
"""How long a provider may need to show what it took: a text that leaves late is better than one that leaves twice."""

PERSON_AFTER = timedelta(hours=24)


def settled_state(
    evidence: Evidence, *, handed_at: datetime, now: datetime, wait: timedelta = EVIDENCE_WAIT
) -> State | None:
    """Return what an unknown outcome becomes, None while it has to wait or a person must decide.

    ACCEPTED is believed at once. NOT_ACCEPTED only after `wait`: once the server had time to write it down.
    """
    if evidence is Evidence.ACCEPTED:
        return State.SENT
    if evidence is Evidence.NOT_ACCEPTED and now - handed_at >= wait:
        return State.READY
    return None
