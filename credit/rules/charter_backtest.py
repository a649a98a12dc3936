"""What a charter would have done over a past period: each event judged, and what the two halves then paid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from credit.rules.charter import Article, Breach, Effect, Fact, Kind, Proposal, applies, breaches
from kernel.money import Money

_STRONGEST = (Effect.REFUSE, Effect.ESCALATE, Effect.WARN)


@dataclass(frozen=True, slots=True)
class Event:
    """Something the charter would have been asked about: `object_id` is the invoice, the limit or the customer."""

    day: date
    customer_id: UUID
    object_id: UUID
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class Judged:
    """An event with the articles it would have broken, and those it could not be judged for."""

    event: Event
    broken: tuple[Breach, ...]
    unknown: tuple[Breach, ...]

    @property
    def effect(self) -> Effect | None:
        """Return what would have happened: the strongest effect among the articles broken; None: it would pass."""
        effects = {breach.effect for breach in self.broken}
        return next((effect for effect in _STRONGEST if effect in effects), None)

    @property
    def is_stopped(self) -> bool:
        """Return whether it would not have gone through as it did: refused, or sent to a higher decision."""
        return self.effect in {Effect.REFUSE, Effect.ESCALATE}


@dataclass(frozen=True, slots=True)
class Paid:
    """How customers paid the invoices issued from their event on, in the tenant's currency, tax included.

    `late_days` weighs each invoice that is paid or overdue by its amount; None when none is. `currencies_left_out`
    have no rate.
    """

    customers: int
    invoiced: Money
    on_time: Money
    judged: Money
    unpaid: Money
    late_days: Decimal | None
    currencies_left_out: tuple[str, ...] = ()

    @property
    def on_time_share(self) -> Decimal | None:
        """Return the part of what was due that was paid on time; None when nothing was due."""
        return self.on_time.share_of(self.judged)

    @property
    def unpaid_share(self) -> Decimal | None:
        """Return the part of what was invoiced that is overdue today; None when nothing was invoiced."""
        return self.unpaid.share_of(self.invoiced)


@dataclass(frozen=True, slots=True)
class Tally:
    """What one article would have done: how many events it stopped or warned of, and how many it could not judge."""

    article: Article
    broken: int
    unknown: int
    missing: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class BackTest:
    """A charter held against a period of the tenant's own ledger; both days are included."""

    first_day: date
    last_day: date
    events: dict[Kind, int]
    judged: tuple[Judged, ...]  # those that break an article, by day
    tallies: tuple[Tally, ...]
    stopped: Paid
    rest: Paid
    customers: dict[UUID, tuple[str, str]] = field(default_factory=dict)  # code and name of each

    def having(self, effect: Effect) -> tuple[Judged, ...]:
        """Return the events with this effect, by day."""
        return tuple(one for one in self.judged if one.effect is effect)


def judge_events(events: Iterable[Event], articles: Sequence[Article]) -> list[Judged]:
    """Return every event judged, in the order of days, customers and objects."""
    speaking = {
        kind: tuple(article for article in articles if applies(article.check, kind))
        for kind in Kind
    }
    judged = []
    for event in events:
        found = breaches(event.proposal, speaking[event.proposal.kind])
        judged.append(
            Judged(
                event,
                tuple(breach for breach in found if not breach.missing),
                tuple(breach for breach in found if breach.missing),
            )
        )
    return sorted(
        judged, key=lambda one: (one.event.day, one.event.customer_id, one.event.object_id)
    )


def tallies(judged: Iterable[Judged], articles: Sequence[Article]) -> tuple[Tally, ...]:
    """Return what each article would have done, in the order of their numbers."""
    broken: Counter[int] = Counter()
    unknown: Counter[int] = Counter()
    missing: dict[int, set[Fact]] = {}
    for one in judged:
        broken.update(breach.article.number for breach in one.broken)
        for breach in one.unknown:
            unknown[breach.article.number] += 1
            missing.setdefault(breach.article.number, set()).update(breach.missing)
    return tuple(
        Tally(
            article,
            broken[article.number],
            unknown[article.number],
            tuple(sorted(missing.get(article.number, ()))),
        )
        for article in sorted(articles, key=lambda article: article.number)
    )
