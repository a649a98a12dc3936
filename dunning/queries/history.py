"""The tenant's own ledger as dated histories, customer by customer: what a simulation walks over.

Read once, in a handful of statements whatever the size. What was open on the first day is what is open now with
later settlements given back, as for every figure of a past day; from then on each settlement has its day. Due dates,
contacts, direct debits and scenarios are those of now: the ledger keeps no history of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from dunning.models import Reminder
from dunning.queries.facts import HEARD_STATES
from dunning.queries.lines import EVENTS, TAKEN_ON
from dunning.rules.content import LineKind
from dunning.rules.grouping import Exclusion
from dunning.rules.history import CareSpan, Change, CustomerHistory, LineHistory, Rates
from dunning.rules.outbox import OPEN_STATES, TAKEN_STATES, CancelReason
from dunning.rules.policy import Policy
from dunning.rules.sales import Care
from dunning.rules.simulated import SimulatedStep
from dunning.rules.steps import STATED, Anchor, Mode
from dunning.rules.translations import Translations
from ledger.models import ExchangeRate
from ledger.queries import home_and_rates

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read: from `first_day` to `last_day`, as known on `today`. The first plan is made at `began_at`.

    `horizon_days` is how long before its due date a line may count. With `begins_empty` nothing was ever said to
    anybody before the first day.
    """

    first_day: date
    last_day: date
    today: date
    began_at: datetime
    policy: Policy
    translations: Translations
    horizon_days: int = 0
    begins_empty: bool = False
    is_anchored: bool = False
    asks_newcomers: bool = False

    @property
    def is_future(self) -> bool:
        """Whether it begins today or later: then everything that was let go by now is known."""
        return self.first_day >= self.today

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of the statements, the customers excepted."""
        return {
            "first": self.first_day,
            "last": self.last_day,
            "today": self.today,
            "due_until": self.last_day + timedelta(days=self.horizon_days),
            "dispute_end": self.first_day - timedelta(days=self.policy.dispute_grace_days),
            "heard_since": self.first_day - timedelta(days=self.policy.contact_cap_days),
            "is_future": self.is_future,
            "began": self.began_at,
            "begins_empty": self.begins_empty,
            "asks_newcomers": self.asks_newcomers,
            "taken": sorted(TAKEN_STATES),
            "heard": sorted(HEARD_STATES),
            "open": sorted(OPEN_STATES),
            "by_person": CancelReason.BY_PERSON.value,
        }


# Whether a reminder was let go before the first day's plan. Speaking of another day than that of its sending, it counts
# for that day; a decision counts as taken from the day on which it is asked for.
_BEFORE = """
    (%(is_future)s OR CASE
        WHEN reminder.business_date IS NOT NULL THEN reminder.business_date < %(first)s
        WHEN reminder.channel = 'decision' THEN reminder.planned_date < %(first)s
        WHEN reminder.state IN ('done', 'cancelled') THEN reminder.state_at < %(began)s
        ELSE coalesce(reminder.sent_at, reminder.leaves_at) < %(began)s END)
"""

CUSTOMERS = f"""
    SELECT customer.id, customer.country, customer.is_vip,
           coalesce(nullif(reachable.language, ''), customer.language),
           customer.pays_by_direct_debit, reachable.id IS NOT NULL,
           history.dates, coalesce(history.is_known, false), care.spans,
           NOT EXISTS (
               SELECT FROM accounts_membership rep LEFT JOIN accounts_membership boss ON boss.id = rep.manager_id
               WHERE rep.id = customer.sales_rep_id AND (rep.state = 'active' OR boss.state = 'active')),
           CASE WHEN %(asks_newcomers)s THEN (SELECT min(issue_date) FROM ledger_document document
               WHERE document.customer_id = customer.id AND kind = 'invoice' AND perimeter = 'operational') END,
           history.calls
    FROM ledger_customer customer
    LEFT JOIN LATERAL (
        SELECT contact.id, contact.language FROM ledger_contact contact
        WHERE contact.customer_id = customer.id AND contact.email <> ''
          AND NOT contact.is_opted_out AND NOT contact.is_undeliverable
        ORDER BY contact.is_primary DESC, contact.role <> 'ap', contact.name, contact.id LIMIT 1
    ) reachable ON true
    LEFT JOIN LATERAL (
        SELECT json_agg(json_build_array(kind, from_date, least(until_date, ended_date - 1))) AS spans
        FROM dunning_contactrule rule
        WHERE rule.customer_id = customer.id AND ruling IN ('', 'approved')
          AND (contact_id IS NULL OR contact_id = reachable.id)
    ) care ON true
    LEFT JOIN (
        SELECT customer_id, true AS is_known,
               array_agg(contact_date) FILTER (WHERE channel <> 'decision' AND contact_date > %(heard_since)s) AS dates,
               array_agg(contact_date) FILTER (WHERE channel = 'call' AND contact_date > %(heard_since)s) AS calls
        FROM dunning_reminder reminder
        WHERE customer_id = ANY(%(customers)s::uuid[]) AND NOT %(begins_empty)s
          AND state = ANY(%(heard)s) AND {_BEFORE}
        GROUP BY customer_id
    ) history ON history.customer_id = customer.id
    WHERE customer.id = ANY(%(customers)s::uuid[])
    ORDER BY customer.id
"""  # noqa: S608  only constants are put together

# The memory of a line counts under its present due date only, as in the plan.
LINES = f"""
    SELECT line.id, line.customer_id, line.entity_id, line.currency, line.kind, line.issue_date, line.due_date,
           line.open_amount, line.is_estimated, memory.last_offset, sign(line.amount),
           memory.previous_date, memory.stated_date
    FROM ledger_dueline line
    LEFT JOIN (
        SELECT named.due_line_id, named.due_date, max(named.offset_days) AS last_offset,
               max({TAKEN_ON}) AS previous_date,
               max(reminder.contact_date) FILTER (WHERE named.offset_days = {STATED}) AS stated_date
        FROM dunning_reminderline named JOIN dunning_reminder reminder ON reminder.id = named.reminder_id
        WHERE reminder.customer_id = ANY(%(customers)s::uuid[]) AND NOT %(begins_empty)s
          AND {_BEFORE} AND (reminder.state = ANY(%(taken)s)
            OR (reminder.state = 'cancelled' AND reminder.cancel_reason = %(by_person)s)
            OR (reminder.channel = 'decision' AND reminder.state = 'planned'))
        GROUP BY named.due_line_id, named.due_date
    ) memory ON memory.due_line_id = line.id AND memory.due_date = line.due_date
    WHERE line.customer_id = ANY(%(customers)s::uuid[]) AND line.perimeter = 'operational' AND line.amount <> 0
      AND line.issue_date <= %(last)s AND (line.is_open OR line.cleared_date > %(first)s)
      AND (line.kind <> 'invoice' OR line.due_date <= %(due_until)s)
    ORDER BY line.due_date, line.id
"""  # noqa: S608  only constants are put together

# A settlement dated after today is known today: what is open now already counts it.
SETTLEMENTS = """
    SELECT settled.line, settled.day, sum(settled.amount)
    FROM (
        SELECT debit_line_id AS line, least(effective_date, %(today)s) AS day, amount FROM ledger_allocation
        WHERE effective_date > %(first)s
        UNION ALL
        SELECT credit_line_id, least(effective_date, %(today)s), amount FROM ledger_allocation
        WHERE effective_date > %(first)s
    ) settled
    JOIN ledger_dueline line ON line.id = settled.line
    WHERE line.customer_id = ANY(%(customers)s::uuid[])
    GROUP BY settled.line, settled.day HAVING sum(settled.amount) <> 0
"""

DISPUTES = """
    SELECT due_line_id, amount, opened_date, closed_date FROM disputes_dispute
    WHERE customer_id = ANY(%(customers)s::uuid[]) AND opened_date <= %(last)s
      AND (closed_date IS NULL OR closed_date > %(dispute_end)s)
"""

PAUSES = """
    SELECT customer_id, due_line_id, from_date, least(until_date, ended_date - 1), exclusion FROM dunning_pause
    WHERE customer_id = ANY(%(customers)s::uuid[]) AND from_date <= %(last)s
      AND (until_date IS NULL OR until_date >= %(first)s)
      AND (ended_date IS NULL OR (ended_date > from_date AND ended_date > %(first)s))
"""

# From when to when somebody let a line follow another scenario than its customer.
MOVES = """
    SELECT due_line_id, scenario_id, from_date, least(until_date + 1, ended_date) FROM dunning_lineoverride
    WHERE customer_id = ANY(%(customers)s::uuid[]) AND from_date <= %(last)s
      AND (ended_date IS NULL OR ended_date > from_date)
    ORDER BY from_date, created_at
"""

# Words not kept: promises whose money was not there in time, plans that became void. One about which somebody talked to
# the customer before the first day is answered; those of the days simulated are answered by the calls simulated.
BROKEN = """
    SELECT given.due_line_id, given.deadline
    FROM (
        SELECT named.due_line_id, promise.customer_id, promise.deadline
        FROM dunning_promise promise
        JOIN dunning_promiseline named ON named.promise_id = promise.id
        JOIN ledger_dueline owed ON owed.id = named.due_line_id
        LEFT JOIN LATERAL (
            SELECT sum(amount) AS amount FROM ledger_allocation
            WHERE debit_line_id = owed.id AND effective_date > promise.deadline
        ) paid ON true
        WHERE promise.customer_id = ANY(%(customers)s::uuid[]) AND promise.deadline < %(last)s
          AND promise.made_date <= %(last)s AND promise.ruling IN ('', 'approved')
          AND (promise.ended_date IS NULL OR promise.ended_date > promise.deadline)
          AND named.amount > named.open_before - owed.open_amount - coalesce(paid.amount, 0)
        UNION ALL
        SELECT named.due_line_id, plan.customer_id, plan.ended_date - 1
        FROM dunning_paymentplan plan JOIN dunning_planline named ON named.plan_id = plan.id
        WHERE plan.customer_id = ANY(%(customers)s::uuid[]) AND plan.is_void AND plan.ended_date <= %(last)s
    ) given
    WHERE NOT EXISTS (SELECT FROM dunning_contactreport report WHERE report.customer_id = given.customer_id
        AND report.channel = 'call' AND report.has_reached
        AND report.report_date > given.deadline AND report.report_date < %(first)s)
"""

# From which days on steps may be counted, where a scenario does; of those before the first day the last one counts.
HAPPENED = f"""
    SELECT event.due_line_id, event.anchor, event.day FROM ({EVENTS}) event
    JOIN ledger_dueline line ON line.id = event.due_line_id
    WHERE line.customer_id = ANY(%(customers)s::uuid[]) AND event.day <= %(last)s
    ORDER BY event.day
"""  # noqa: S608  only constants are put together

# What was planned before the first day and neither let go nor dropped by then: it stands first in its queue.
WAITING = f"""
    SELECT customer_id, entity_id, currency, line_scenario_id FROM dunning_reminder reminder
    WHERE customer_id = ANY(%(customers)s::uuid[]) AND CASE WHEN %(is_future)s THEN state = ANY(%(open)s)
        ELSE planned_date < %(first)s AND NOT {_BEFORE} AND NOT (state = 'cancelled' AND state_at < %(began)s) END
"""  # noqa: S608  only constants are put together


def histories(customers: Sequence[UUID], reading: Reading) -> Iterator[CustomerHistory]:
    """Return these customers with their lines, in the order of their ids; amounts signed, tax included."""
    parameters = reading.parameters | {"customers": [str(each) for each in customers]}
    settled = _settled(_rows(SETTLEMENTS, parameters)) if not reading.is_future else {}
    contested = _contested(_rows(DISPUTES, parameters), reading.policy)
    paused_lines, paused_customers = _paused(_rows(PAUSES, parameters))
    broken = _broken(_rows(BROKEN, parameters))
    moves = _moves(_rows(MOVES, parameters))
    happened = _happened(_rows(HAPPENED, parameters)) if reading.is_anchored else {}
    lines: dict[UUID, list[LineHistory]] = defaultdict(list)
    for row in _rows(LINES, parameters):
        changes = [
            *contested.get(row[0], ()),
            *paused_lines.get(row[0], ()),
            *broken.get(row[0], ()),
            *moves.get(row[0], ()),
            *happened.get(row[0], ()),
        ]
        lines[row[1]].append(_line(row, settled.get(row[0], ()), changes))
    waiting = {} if reading.begins_empty else _waiting(_rows(WAITING, parameters))
    is_told = reading.is_future and not reading.begins_empty
    let_go = _let_go(customers, reading) if is_told else {}
    for row in _rows(CUSTOMERS, parameters):
        yield CustomerHistory(
            id=row[0],
            country=row[1],
            lines=tuple(lines.get(row[0], ())),
            is_reachable=row[5],
            is_protected=row[2],
            untranslated=reading.translations.missing_in(row[3]),
            is_known=row[7],
            care=tuple(_care(*each) for each in row[8] or ()),
            has_nobody_to_tell=row[9],
            first_invoice_date=row[10],
            call_dates=tuple(row[11] or ()),
            pays_by_direct_debit=row[4],
            contact_dates=tuple(row[6] or ()),
            pauses=tuple(paused_customers.get(row[0], ())),
            waiting=frozenset(waiting.get(row[0], ())),
            let_go=tuple(let_go.get(row[0], ())),
        )


def _care(kind: str, first: str, last: str | None) -> CareSpan:
    until = date.fromisoformat(last) if last else None
    return CareSpan(Care(kind), date.fromisoformat(first), until)


def _rows(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _line(
    row: tuple[Any, ...], settled: Iterable[tuple[date, Decimal]], changes: Iterable[Change]
) -> LineHistory:
    """Return one line; what settles it takes from a debt and gives to a credit, so its sign is the line's own."""
    settlements = [(day, row[10] * amount) for day, amount in settled]
    return LineHistory(
        id=row[0],
        entity_id=row[2],
        currency=row[3],
        kind=LineKind(row[4]),
        issue_date=row[5],
        due_date=row[6],
        open_amount=row[7] + sum((amount for _day, amount in settlements), Decimal(0)),
        is_estimated=row[8],
        last_offset_days=row[9],
        previous_date=row[11],
        stated_date=row[12],
        changes=(*(Change(day, opened=-amount) for day, amount in settlements), *changes),
    )


def _settled(rows: Iterable[tuple[Any, ...]]) -> dict[UUID, list[tuple[date, Decimal]]]:
    found: dict[UUID, list[tuple[date, Decimal]]] = defaultdict(list)
    for line_id, day, amount in rows:
        found[line_id].append((day, amount))
    return found


def _contested(rows: Iterable[tuple[Any, ...]], policy: Policy) -> dict[UUID, list[Change]]:
    """Return what is contested of each line; an ended dispute keeps its amount out for the days of grace."""
    found: dict[UUID, list[Change]] = defaultdict(list)
    grace = timedelta(days=policy.dispute_grace_days)
    for line_id, amount, opened_date, closed_date in rows:
        found[line_id].append(Change(opened_date, contested=amount))
        if closed_date is not None:
            found[line_id].append(Change(closed_date + grace, contested=-amount))
    return found


def _paused(
    rows: Iterable[tuple[Any, ...]],
) -> tuple[dict[UUID, list[Change]], dict[UUID, list[Change]]]:
    """Return what keeps lines out by line, and whole customers by customer; the last day is included."""
    lines: dict[UUID, list[Change]] = defaultdict(list)
    customers: dict[UUID, list[Change]] = defaultdict(list)
    for customer_id, line_id, from_date, until_date, code in rows:
        changes = lines[line_id] if line_id else customers[customer_id]
        exclusion = Exclusion(code)
        changes.append(Change(from_date, held=1, exclusion=exclusion))
        if until_date is not None:
            changes.append(Change(until_date + ONE_DAY, held=-1, exclusion=exclusion))
    return lines, customers


def _broken(rows: Iterable[tuple[Any, ...]]) -> dict[UUID, list[Change]]:
    found: dict[UUID, list[Change]] = defaultdict(list)
    for line_id, deadline in rows:
        found[line_id].append(Change(deadline + ONE_DAY, broken_date=deadline))
    return found


def _happened(rows: Iterable[tuple[Any, ...]]) -> dict[UUID, list[Change]]:
    found: dict[UUID, list[Change]] = defaultdict(list)
    for line_id, anchor, day in rows:
        found[line_id].append(Change(day, event=Anchor(anchor)))
    return found


def _moves(rows: Iterable[tuple[Any, ...]]) -> dict[UUID, list[Change]]:
    """Return what each line follows from which day on; one choice ends before the next begins."""
    found: dict[UUID, list[Change]] = defaultdict(list)
    for line_id, scenario_id, from_date, back_date in rows:
        found[line_id].append(Change(from_date, moves=True, follows=scenario_id))
        found[line_id].append(Change(back_date, moves=True))
    return found


def _let_go(customers: Sequence[UUID], reading: Reading) -> dict[UUID, list[SimulatedStep]]:
    """Return what was confirmed or sent by now and is heard on the days of the simulation."""
    rows = Reminder.objects.filter(
        customer__in=customers,
        state__in=sorted(HEARD_STATES),
        contact_date__gte=reading.first_day,
        contact_date__lte=reading.last_day,
    ).select_related("step")
    found: dict[UUID, list[SimulatedStep]] = defaultdict(list)
    for each in rows:
        step = SimulatedStep(
            day=each.contact_date,
            planned_date=each.planned_date,
            customer_id=each.customer_id,
            entity_id=each.entity_id,
            currency=each.currency,
            step=each.step.as_rule(),
            amount=each.amount,
            mode=Mode(each.mode),
            skipped=tuple(each.skipped_steps),
            is_let_go=True,
        )
        found[each.customer_id].append(step)
    return found


def _waiting(rows: Iterable[tuple[Any, ...]]) -> dict[UUID, list[tuple[UUID, str, UUID | None]]]:
    found: dict[UUID, list[tuple[UUID, str, UUID | None]]] = defaultdict(list)
    for customer_id, entity_id, currency, course in rows:
        found[customer_id].append((entity_id, currency, course))
    return found


def rates_until(last_day: date) -> Rates:
    """Return every exchange rate known up to `last_day`, with the day from which each holds."""
    home, _known = home_and_rates(last_day)
    rows = ExchangeRate.objects.filter(valid_from__lte=last_day).order_by("currency", "valid_from")
    found: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
    for currency, valid_from, rate in rows.values_list("currency", "valid_from", "rate"):
        found[currency].append((valid_from, rate))
    return Rates(home, found)
