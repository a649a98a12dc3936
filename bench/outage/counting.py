"""What arrived at the sink beside what the database says, row by row; read without any of the application's code."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2

MOST_ATTEMPTS = 3
MOST_UNKNOWN_SECONDS = 15 * 60
ROWS = """
SELECT customer.code, reminder.state, reminder.message_id, reminder.problem,
    (SELECT count(*) FROM dunning_sendattempt attempt
     WHERE attempt.reminder_id = reminder.id AND attempt.detail NOT IN ('lapsed', 'evidence', '')) AS refusals,
    (SELECT count(*) FROM ledger_timelineentry entry
     WHERE entry.object_id = reminder.id AND entry.text_code = 'dunning.reminder_sent') AS told
FROM dunning_reminder reminder JOIN ledger_customer customer ON customer.id = reminder.customer_id
"""
LEAVING = "SELECT count(*) FROM dunning_reminder WHERE state IN ('ready', 'claimed', 'handing', 'unknown')"
UNKNOWN = """
SELECT id::text FROM dunning_reminder
WHERE state = 'unknown' OR (state = 'handing' AND lease_until < now())
"""


@dataclass
class Watch:
    """How long outcomes stayed unknown, as somebody saw who looked every second."""

    url: str
    since: dict[str, float] = field(default_factory=dict)
    longest: float = 0.0
    seen: int = 0

    def look(self, *, at: float) -> int | None:
        """Return how many messages still have to leave; None while the database does not answer."""
        try:
            leaving, unknown = asked(self.url, LEAVING)[0][0], asked(self.url, UNKNOWN)
        except psycopg2.Error:
            return None
        now_unknown = {str(row[0]) for row in unknown}
        for key in now_unknown - self.since.keys():
            self.since[key] = at
            self.seen += 1
        for key in list(self.since):
            self.longest = max(self.longest, at - self.since[key])
            if key not in now_unknown:
                del self.since[key]
        return int(str(leaving))


def asked(url: str, statement: str) -> list[tuple[object, ...]]:
    """Return the rows of a statement, before which no wall stands."""
    line = psycopg2.connect(url, connect_timeout=5)
    try:
        with line.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())
    finally:
        line.close()


def arrived(folder: Path) -> Counter[str]:
    """Return how often each message arrived, by the digest of its Message-ID."""
    return Counter(
        path.name.split(".")[0] for path in folder.glob("*.eml") if not path.name.startswith(".")
    )


@dataclass(frozen=True)
class Tally:
    """The rows by kind and state, and everything that is not as promised."""

    by_kind: dict[str, Counter[str]]
    lost: int
    duplicated: int
    violations: list[str]


def tally(url: str, folder: Path) -> Tally:
    """Compare every row with the sink."""
    copies = arrived(folder)
    by_kind: dict[str, Counter[str]] = {}
    violations: list[str] = []
    lost = 0
    for code, state, message_id, problem, refusals, told in asked(url, ROWS):
        kind = str(code).split("-", maxsplit=1)[0]
        by_kind.setdefault(kind, Counter())[str(state)] += 1
        here = copies.pop(hashlib.sha256(str(message_id).strip().encode()).hexdigest(), 0)
        must_arrive = kind in {"plain", "later"}
        lost += must_arrive and not here
        expected = ("sent", 1, 1) if must_arrive else ("failed", 0, 0)
        if (state, here, told) != expected:
            violations.append(f"{code}: {state}, {here} at the sink, told {told} times; {problem}")
        if not must_arrive and (not problem or int(str(refusals)) > MOST_ATTEMPTS):
            violations.append(f"{code}: {refusals} attempts, reason “{problem}”")
    violations += [f"{number} messages of no row at the sink" for number in copies.values()]
    extra = sum(number - 1 for number in arrived(folder).values())
    return Tally(by_kind, lost, extra, violations)
