"""What one message holds: the open lines of one customer, entity, currency and scenario, and their sums.

A line that follows another scenario than its customer is in a group of its own with those that follow the same one, so
that no message mixes two steps. Credit notes and payments are netted in each of them: any may settle any line, and what
may be paid already is not asked for.

Each open line gets a standing: what the chase may claim of it and what is left out, with the reason. The
standings of a group are then summed up into `GroupFacts`, the values the decision is taken on. The
planner computes the same facts in SQL for a whole ledger at once; a test holds the two equal.
Sources: DOMAIN 5.2 (group level rule, minimums, credit notes), 5.5 (invariant 13).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from dunning.rules.content import LineKind
from dunning.rules.policy import Policy
from dunning.rules.steps import STATED, Anchor, AnchorDays, ScenarioRules, StepRule, step_reached
from kernel.periods import add_months

NOTHING = Decimal(0)


class Exclusion(StrEnum):
    """Why an overdue line, or a part of it, is not claimed."""

    DISPUTED = "disputed"
    PROMISED = "promised"
    PAYMENT_PLAN = "payment_plan"
    DIRECT_DEBIT = "direct_debit"
    BILL_IN_HAND = "bill_in_hand"
    ASSIGNED_TO_FACTOR = "assigned_to_factor"
    INVOICE_NOT_RECEIVED = "invoice_not_received"
    INSOLVENCY = "insolvency"
    ENTRUSTED = "entrusted"
    LEGAL = "legal"
    WRITE_OFF = "write_off"
    PAUSED = "paused"
    LINE_BELOW_MINIMUM = "line_below_minimum"


PRECEDENCE = (
    Exclusion.INSOLVENCY,
    Exclusion.LEGAL,
    Exclusion.ENTRUSTED,
    Exclusion.ASSIGNED_TO_FACTOR,
    Exclusion.BILL_IN_HAND,
    Exclusion.PAYMENT_PLAN,
    Exclusion.PROMISED,
    Exclusion.INVOICE_NOT_RECEIVED,
    Exclusion.WRITE_OFF,
    Exclusion.PAUSED,
    Exclusion.DIRECT_DEBIT,
)
"""Of several reasons that take a whole line out, the first one is its state: what the law says comes before a pause."""


@dataclass(frozen=True, slots=True)
class OpenLine:
    """One open due line as the chase sees it.

    `open_amount` is signed: what it adds to the customer's debt, tax included. `disputed_amount` is the
    part under open disputes, positive. `excluded` takes the whole line out and is already filtered by
    its dates. `last_offset_days` is the offset of the highest step taken for this line, None when it was
    never chased under its present due date. `broken_date` is the last day on which what was promised of it could
    still arrive, when it did not and nobody has talked to the customer since. `follows` is the scenario somebody chose
    for this line, None when it follows its customer's. `anchors` are read where a scenario counts from them,
    `customer_since`, the day of the customer's first invoice, where one announces to new customers. `stated_date` is
    the day of the last yearly statement that named it.
    """

    id: UUID
    document_number: str
    kind: LineKind
    due_date: date
    open_amount: Decimal
    disputed_amount: Decimal = NOTHING
    excluded: Exclusion | None = None
    last_offset_days: int | None = None
    is_estimated: bool = False
    broken_date: date | None = None
    follows: UUID | None = None
    anchors: AnchorDays | None = None
    customer_since: date | None = None
    stated_date: date | None = None

    @property
    def is_credit(self) -> bool:
        """Whether it is netted rather than chased."""
        return self.kind is not LineKind.INVOICE or self.open_amount < 0


def remembered(last_offset_days: int | None, *, moved_after: int | None) -> int | None:
    """Return the memory of a line whose scenario was last changed for it alone.

    `moved_after` is how many days after its due date that was, None when it never was. Steps before that day are past
    for a line told of since it fell due: none of its new scenario is sent for a day gone by.
    """
    if moved_after is None or last_offset_days is None or last_offset_days < 0:
        return last_offset_days
    return max(last_offset_days, moved_after - 1)


def lines_following(
    lines: Iterable[OpenLine], course: UUID | None, *, own: UUID | None
) -> list[OpenLine]:
    """Return the lines of one group: those that follow `course`, and every credit note and payment.

    `own` is the scenario of the customer; a line for which somebody chose that very one goes with the rest. `course`
    is None for the lines that follow the customer's.
    """
    return [
        line
        for line in lines
        if line.is_credit or (None if line.follows == own else line.follows) == course
    ]


@dataclass(frozen=True, slots=True)
class LineStanding:
    """What is claimed of a line and what is left out; the two parts sum to what is open.

    A credit note or payment has neither part: it is netted, not chased.
    """

    line: OpenLine
    claimed: Decimal
    left_out: Decimal
    reason: Exclusion | None

    @property
    def below(self) -> Decimal:
        """What it owes undisputed and is too little to ask for; a yearly statement names it."""
        line = self.line
        if line.is_credit or line.excluded is not None or self.is_claimed:
            return NOTHING
        return line.open_amount - min(max(line.disputed_amount, NOTHING), line.open_amount)

    @property
    def is_claimed(self) -> bool:
        """Whether the chase asks for anything of this line."""
        return self.claimed > 0


def line_standing(line: OpenLine, *, euro_rate: Decimal, policy: Policy) -> LineStanding:
    """Return how an open line stands; `euro_rate` is the worth of one unit of its currency in euros.

    A disputed part is left out and the rest claimed; a rest below the minimum is left out with it, under
    the reason of the larger part.
    """
    if line.kind is not LineKind.INVOICE or line.open_amount <= 0:
        return LineStanding(line, NOTHING, NOTHING, None)
    if line.excluded is not None:
        return LineStanding(line, NOTHING, line.open_amount, line.excluded)
    disputed = min(max(line.disputed_amount, NOTHING), line.open_amount)
    rest = line.open_amount - disputed
    if rest * euro_rate < policy.line_minimum:
        reason = Exclusion.DISPUTED if disputed >= rest else Exclusion.LINE_BELOW_MINIMUM
        return LineStanding(line, NOTHING, line.open_amount, reason)
    return LineStanding(line, rest, disputed, Exclusion.DISPUTED if disputed else None)


@dataclass(frozen=True, slots=True)
class Leader:
    """A line that may set the step: its due date and the offset of the last step taken for it."""

    due_date: date
    last_offset_days: int | None
    anchors: AnchorDays | None = None


@dataclass(frozen=True, slots=True)
class Announcement:
    """Which lines are worth announcing before they fall due: how early, and from which amount in euros.

    Those of a customer whose first invoice came within the last `new_customer_months` are, whatever they owe.
    """

    horizon_days: int
    minimum: Decimal
    new_customer_months: int | None = None

    def new_since(self, today: date) -> date | None:
        """Return the day up to which, included, the first invoice of a customer makes him a known one."""
        months = self.new_customer_months
        return None if months is None else add_months(today, -months)

    def is_to_new(self, customer_since: date | None, *, today: date) -> bool:
        """Say whether the customer is new, and lines of new customers are announced."""
        since = self.new_since(today)
        return since is not None and customer_since is not None and customer_since > since


@dataclass(frozen=True, slots=True)
class Upcoming:
    """The lines to announce: the first day one of them falls due, and what they owe undisputed."""

    due_date: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """The sums and leaders of one group, in its currency, tax included.

    `claimed` is late and undisputed. `credits` and `cash` are the open credit notes and the unapplied
    payments, zero or negative. `leader` is the oldest late line that may raise the level, `small_leader`
    the oldest that may not, `unnamed` the oldest late line no message has named yet. `broken_date` is when the last
    word given about a claimed line was broken, None when none was or somebody has talked to the customer since. `below`
    is what late lines under the least amount owe undisputed, `stated_date` when the last yearly statement left.
    """

    claimed: Decimal
    late_lines: int
    credits: Decimal
    cash: Decimal
    leader: Leader | None
    small_leader: Leader | None
    unnamed: Leader | None
    upcoming: Upcoming | None
    has_estimated_line: bool
    broken_date: date | None = None
    below: Decimal = NOTHING
    stated_date: date | None = None

    @property
    def before_cash(self) -> Decimal:
        """What is late less the open credit notes."""
        return self.claimed + self.credits

    @property
    def net(self) -> Decimal:
        """What a message would ask for: late, less credit notes, less unapplied cash."""
        return self.claimed + self.credits + self.cash


def group_facts(
    lines: Sequence[OpenLine],
    *,
    today: date,
    euro_rate: Decimal,
    policy: Policy,
    announcement: Announcement | None,
) -> GroupFacts:
    """Sum up the open lines of one customer, entity and currency as of `today`.

    A line is late from the day after its due date. `announcement` is None when nothing is announced.
    """
    standings = [line_standing(line, euro_rate=euro_rate, policy=policy) for line in lines]
    claimed = [standing for standing in standings if standing.is_claimed]
    late = [standing for standing in claimed if standing.line.due_date < today]
    big = [each for each in late if each.claimed * euro_rate >= policy.raising_minimum]
    small = [each for each in late if each.claimed * euro_rate < policy.raising_minimum]
    return GroupFacts(
        claimed=sum((standing.claimed for standing in late), NOTHING),
        late_lines=len(late),
        credits=_open_credit(lines, LineKind.CREDIT_NOTE) + _open_credit(lines, LineKind.INVOICE),
        cash=_open_credit(lines, LineKind.PAYMENT),
        leader=_oldest(big),
        small_leader=_oldest(small),
        unnamed=_oldest(each for each in late if is_unnamed(each.line.last_offset_days)),
        upcoming=_upcoming(claimed, today, euro_rate, announcement) if announcement else None,
        has_estimated_line=any(each.line.is_estimated for each in late),
        broken_date=max(
            (each.line.broken_date for each in late if each.line.broken_date), default=None
        ),
        below=sum((each.below for each in standings if each.line.due_date < today), NOTHING),
        stated_date=max((line.stated_date for line in lines if line.stated_date), default=None),
    )


def is_unnamed(last_offset_days: int | None) -> bool:
    """Say whether no message has named the line since it fell due; an announcement before does not count."""
    return last_offset_days is None or last_offset_days < 0


def _open_credit(lines: Iterable[OpenLine], kind: LineKind) -> Decimal:
    amounts = (line.open_amount for line in lines if line.kind is kind and line.open_amount < 0)
    return sum(amounts, NOTHING)


def _oldest(standings: Iterable[LineStanding]) -> Leader | None:
    """Return the oldest line, among equals the one least chased: it still has its step to get."""
    oldest = min((each.line for each in standings), key=_seniority, default=None)
    return Leader(oldest.due_date, oldest.last_offset_days, oldest.anchors) if oldest else None


def _seniority(line: OpenLine) -> tuple[date, bool, int, tuple[tuple[bool, int], ...]]:
    last = line.last_offset_days
    return (line.due_date, last is not None, last or 0, line.anchors.order if line.anchors else ())


def is_worth_announcing(
    standing: LineStanding, *, today: date, euro_rate: Decimal, announcement: Announcement
) -> bool:
    """Say whether a line falls due soon, owes enough or is a new customer's, and was never named in a message."""
    line = standing.line
    return (
        0 < (line.due_date - today).days <= announcement.horizon_days
        and line.last_offset_days is None
        and (
            standing.claimed * euro_rate >= announcement.minimum
            or announcement.is_to_new(line.customer_since, today=today)
        )
    )


def _upcoming(
    standings: Sequence[LineStanding],
    today: date,
    euro_rate: Decimal,
    announcement: Announcement,
) -> Upcoming | None:
    worth = [
        each
        for each in standings
        if is_worth_announcing(each, today=today, euro_rate=euro_rate, announcement=announcement)
    ]
    if not worth:
        return None
    return Upcoming(
        due_date=min(each.line.due_date for each in worth),
        amount=sum((each.claimed for each in worth), NOTHING),
    )


@dataclass(frozen=True, slots=True)
class NamedLine:
    """A line as a reminder names it: its standing, and the level and offset it will remember."""

    standing: LineStanding
    level: int
    offset_days: int


def named_lines(
    lines: Sequence[OpenLine],
    *,
    scenario: ScenarioRules,
    step: StepRule,
    today: date,
    euro_rate: Decimal,
    policy: Policy,
    announcement: Announcement | None,
) -> tuple[NamedLine, ...]:
    """Return the lines that a reminder of `step` names, and what each remembers of it.

    A line remembers the step its own lateness has reached, at most the one now taken; one still within the
    days of grace remembers 0: it was named. A decision names only the lines it is about.
    """
    if step.anchor is Anchor.YEARLY:
        policy = policy.of_statements
    standings = [line_standing(line, euro_rate=euro_rate, policy=policy) for line in lines]
    claimed = [standing for standing in standings if standing.is_claimed]
    if step.anchor is Anchor.YEARLY:
        late = (each for each in claimed if each.line.due_date < today)
        return tuple(NamedLine(each, step.level, STATED) for each in late)
    if step.is_preventive:
        return tuple(
            NamedLine(each, 0, step.offset_days)
            for each in claimed
            if announcement is not None
            and is_worth_announcing(
                each, today=today, euro_rate=euro_rate, announcement=announcement
            )
        )
    named = []
    for each in claimed:
        days_late, anchors = (today - each.line.due_date).days, each.line.anchors
        about_from = step.lateness(anchors)
        is_about = step.channel.is_contact or (about_from is not None and days_late >= about_from)
        if days_late <= 0 or not is_about:
            continue
        is_small = each.claimed * euro_rate < policy.raising_minimum
        reached = step_reached(scenario, days_late=days_late, is_small=is_small, anchors=anchors)
        level = min(reached.level, step.level) if reached else 0
        named.append(
            NamedLine(each, level, min(reached.offset_days, step.offset_days) if reached else 0)
        )
    return tuple(named)
