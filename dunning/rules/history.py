"""A customer's own history as dated changes: what was open, contested or paused, and from which day on.

The ledger is read once; a walk then applies the changes in order, so that each day shows what was known on it.
Amounts say what they add to the debt: an invoice is positive, a credit note or payment negative; tax included.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from dunning.rules.content import LineKind, Register
from dunning.rules.grouping import PRECEDENCE, Exclusion, OpenLine, remembered
from dunning.rules.sales import Care
from dunning.rules.simulated import SimulatedStep
from dunning.rules.steps import STATED, Anchor, AnchorDays, ScenarioRules, anchors_after
from kernel.periods import add_months

NOTHING = Decimal(0)
ONE = Decimal(1)
EURO = "EUR"


@dataclass(frozen=True, slots=True)
class Rates:
    """What currencies are worth: `known` gives each one's rates in the tenant's currency `home`, days ascending."""

    home: str
    known: Mapping[str, Sequence[tuple[date, Decimal]]]

    def in_euros(self, currency: str, day: date) -> Decimal:
        """Return what one unit is worth in euros on `day`; 1 when no rate tells."""
        euro, rate = self._at_home(EURO, day), self._at_home(currency, day)
        return rate / euro if euro and rate else ONE

    def _at_home(self, currency: str, day: date) -> Decimal | None:
        if currency == self.home:
            return ONE
        rates = self.known.get(currency, ())
        place = bisect_right(rates, day, key=lambda each: each[0])
        return rates[place - 1][1] if place else None

    def change_days(self, currency: str) -> set[date]:
        """Return the days on which the worth of a currency in euros may change."""
        if currency == EURO:
            return set()
        concerned = {currency, EURO} - {self.home}
        return {day for each in concerned for day, _rate in self.known.get(each, ())}


@dataclass(frozen=True, slots=True)
class Change:
    """What a day adds to what is open of a line and to what is contested of it.

    With `moves` somebody let the line follow the scenario `follows` from that day on, None: its customer's again.
    `held` counts what begins, less what ends, to keep it out for the reason `exclusion`. `broken_date` is the last day
    on which what was promised of it could arrive, on the day after. `event` is something from which a step may be
    counted.
    """

    day: date
    opened: Decimal = NOTHING
    contested: Decimal = NOTHING
    held: int = 0
    exclusion: Exclusion = Exclusion.PAUSED
    broken_date: date | None = None
    moves: bool = False
    follows: UUID | None = None
    event: Anchor | None = None


@dataclass(frozen=True, slots=True)
class LineHistory:
    """One due line; `open_amount` is what is open of it before its `changes`, `last_offset_days` its memory then.

    `previous_date` is the day of the last step taken for it before.
    """

    id: UUID
    entity_id: UUID
    currency: str
    kind: LineKind
    issue_date: date
    due_date: date
    open_amount: Decimal
    is_estimated: bool = False
    last_offset_days: int | None = None
    changes: tuple[Change, ...] = ()
    previous_date: date | None = None
    stated_date: date | None = None

    @property
    def is_moved(self) -> bool:
        """Whether somebody ever chose a scenario for it alone."""
        return any(change.moves for change in self.changes)


class TrackedLine:
    """A line as a walk has brought it up to a day."""

    __slots__ = (
        "_cached", "broken_date", "customer_since", "disputed", "events", "follows", "held", "history", "is_anchored",
        "is_direct_debit", "is_live", "last_offset", "later", "moved_after", "open_amount", "previous_date",
        "stated_date",
    )  # fmt: skip

    def __init__(
        self,
        history: LineHistory,
        *,
        is_direct_debit: bool,
        is_anchored: bool = False,
        customer_since: date | None = None,
    ) -> None:
        self.history = history
        self.is_anchored = is_anchored
        self.customer_since = customer_since
        self.previous_date = history.previous_date
        self.stated_date = history.stated_date
        self.events: dict[Anchor, date] = {}
        self.is_direct_debit = is_direct_debit
        self.is_live = False
        self.open_amount = history.open_amount
        self.disputed = NOTHING
        self.held: Counter[Exclusion] = Counter()
        self.broken_date: date | None = None
        self.last_offset = history.last_offset_days
        self.follows: UUID | None = None
        self.moved_after: int | None = None
        self.later = sum(1 for change in history.changes if change.opened)
        self._cached: OpenLine | None = None

    @property
    def stays(self) -> bool:
        """Whether anything is open of it, or will be again."""
        return bool(self.open_amount) or self.later > 0

    def apply(self, moment: "Moment") -> bool:
        """Take a change in; say whether a group that counts this line must be looked at anew."""
        self.open_amount += moment.opened
        self.disputed += moment.contested
        if moment.held:
            self.held[moment.exclusion] += moment.held
        if moment.broken_date is not None:
            self.broken_date = max(self.broken_date or moment.broken_date, moment.broken_date)
        if moment.opened:
            self.later -= 1
        if moment.moves:
            self.follows = moment.follows
            self.moved_after = (moment.day - self.history.due_date).days
        if moment.event is not None:
            self.events[moment.event] = moment.day
        self._cached = None
        return bool(self.open_amount or moment.opened)

    def remember(self, offset_days: int, day: date) -> None:
        """Keep the highest step taken for the line, and the day of the last one."""
        known = self.last_offset
        self.last_offset = offset_days if known is None else max(known, offset_days)
        self.previous_date = max(self.previous_date or day, day)
        if offset_days == STATED:
            self.stated_date = day
        self._cached = None

    def talked_about(self, day: date) -> bool:
        """Note that somebody talked to the customer on `day`; say whether that answers a word not kept."""
        if self.broken_date is None or self.broken_date >= day:
            return False
        self.broken_date = self._cached = None
        return True

    def as_open_line(self) -> OpenLine:
        """Return the line as the rules see it."""
        if self._cached is None:
            self._cached = OpenLine(
                id=self.history.id,
                document_number="",
                kind=self.history.kind,
                due_date=self.history.due_date,
                open_amount=self.open_amount,
                disputed_amount=self.disputed,
                excluded=self._exclusion(),
                last_offset_days=remembered(self.last_offset, moved_after=self.moved_after),
                is_estimated=self.history.is_estimated,
                broken_date=self.broken_date,
                follows=self.follows,
                anchors=self._anchors() if self.is_anchored else None,
                customer_since=self.customer_since,
                stated_date=self.stated_date,
            )
        return self._cached

    def _anchors(self) -> AnchorDays:
        due_date, happened = self.history.due_date, self.events
        days = (
            self.history.issue_date,
            self.previous_date,
            happened.get(Anchor.PROMISE_BROKEN),
            happened.get(Anchor.DISPUTE_CLOSED),
            happened.get(Anchor.LETTER_RETURNED),
        )
        return anchors_after(due_date, [(day - due_date).days if day else None for day in days])

    def _exclusion(self) -> Exclusion | None:
        if self.is_direct_debit:
            return next(
                (each for each in PRECEDENCE if self.held[each] > 0), Exclusion.DIRECT_DEBIT
            )
        return next((each for each in PRECEDENCE if self.held[each] > 0), None)


@dataclass(frozen=True, slots=True)
class Moment:
    """A change with the lines it concerns; without amounts it says that the day itself matters to them.

    `enters` brings a line among those that count: an invoice shortly before it falls due, a credit when it is issued.
    """

    day: date
    lines: tuple[TrackedLine, ...]
    opened: Decimal = NOTHING
    contested: Decimal = NOTHING
    held: int = 0
    exclusion: Exclusion = Exclusion.PAUSED
    broken_date: date | None = None
    moves: bool = False
    follows: UUID | None = None
    event: Anchor | None = None
    enters: bool = False


@dataclass(frozen=True, slots=True)
class CareSpan:
    """From when to when, both included, a customer is written to with care; `until_date` None has no end."""

    kind: Care
    from_date: date
    until_date: date | None = None

    def holds(self, day: date) -> bool:
        """Say whether it holds on `day`."""
        return self.from_date <= day and (self.until_date is None or day <= self.until_date)


@dataclass(frozen=True, slots=True)
class CustomerHistory:
    """A customer with his lines. `contact_dates` are known contacts, `is_known` says there was a reminder before.

    `waiting` are the entities, currencies and courses for which something was planned and not let go; `let_go` is what
    was let go before the simulation and is heard during it. `pauses` are those of the customer as a whole.
    """

    id: UUID
    country: str
    lines: tuple[LineHistory, ...]
    is_reachable: bool = True
    is_protected: bool = False
    untranslated: frozenset[Register] = frozenset()
    is_known: bool = False
    pays_by_direct_debit: bool = False
    contact_dates: tuple[date, ...] = ()
    call_dates: tuple[date, ...] = ()
    pauses: tuple[Change, ...] = ()
    waiting: frozenset[tuple[UUID, str, UUID | None]] = frozenset()
    let_go: tuple[SimulatedStep, ...] = ()
    care: tuple[CareSpan, ...] = ()
    has_nobody_to_tell: bool = False
    first_invoice_date: date | None = None

    def asks_care(self, kind: Care, day: date) -> bool:
        """Say whether this care is asked for on `day`."""
        return any(span.kind is kind and span.holds(day) for span in self.care)

    def moments(
        self,
        rules: ScenarioRules,
        rates: Rates,
        *,
        until: date,
        courses: Collection[ScenarioRules] = (),
    ) -> list[Moment]:
        """Return everything dated that a walk must know, in order of days, up to `until`.

        `courses` are the scenarios that single lines may follow instead: each may announce them on days of its own.
        """
        followed = (rules, *courses)
        tracked = tuple(
            TrackedLine(
                line,
                is_direct_debit=self.pays_by_direct_debit,
                is_anchored=any(each.is_anchored for each in followed),
                customer_since=self.first_invoice_date,
            )
            for line in self.lines
        )
        own = [step.offset_days for step in rules.preventive_steps]
        several = {step.offset_days for each in courses for step in each.preventive_steps}
        anywhere = sorted({*own, *several})
        found = [
            moment
            for line in tracked
            for moment in _moments(line, anywhere if line.history.is_moved else own)
        ]
        found += [
            Moment(each.day, tracked, held=each.held, exclusion=each.exclusion)
            for each in self.pauses
        ]
        found += [Moment(day, tracked) for day in self._days_known(followed)]
        for currency in {line.currency for line in self.lines}:
            concerned = tuple(line for line in tracked if line.history.currency == currency)
            found += [Moment(day, concerned) for day in rates.change_days(currency)]
        return sorted(
            (moment for moment in found if moment.day <= until), key=lambda moment: moment.day
        )

    def _days_known(self, followed: Collection[ScenarioRules]) -> Iterator[date]:
        """Yield the days from which on the customer is no new one any more."""
        first = self.first_invoice_date
        months = {step.new_customer_months for each in followed for step in each.preventive_steps}
        for each in months - {None}:
            if first is not None and each is not None:
                day = add_months(first, each)
                while add_months(day, -each) < first:
                    day += timedelta(days=1)
                yield day


def _moments(line: TrackedLine, offsets: Sequence[int]) -> Iterator[Moment]:
    """Yield what happens to a line, and the days on which it begins to count, is announced, falls due and is late."""
    history, lines = line.history, (line,)
    for change in history.changes:
        yield Moment(
            change.day,
            lines,
            opened=change.opened,
            contested=change.contested,
            held=change.held,
            exclusion=change.exclusion,
            broken_date=change.broken_date,
            moves=change.moves,
            follows=change.follows,
            event=change.event,
        )
    if history.kind is not LineKind.INVOICE:
        yield Moment(history.issue_date, lines, enters=True)
        return
    late_from = history.due_date + timedelta(days=1)
    announced = [history.due_date + timedelta(days=offset) for offset in offsets]
    yield Moment(max([history.issue_date, min([late_from, *announced])]), lines, enters=True)
    if offsets:
        for day in (*announced[1:], history.due_date, late_from):
            if day > history.issue_date:
                yield Moment(day, lines)
