"""Open due lines as the chase sees them: one piece of SQL, read line by line here and summed up in `facts`."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection

from dunning.models import Reminder
from dunning.rules.content import LineKind
from dunning.rules.grouping import PRECEDENCE, Exclusion, OpenLine, lines_following
from dunning.rules.outbox import TAKEN_STATES, CancelReason
from dunning.rules.policy import Policy
from dunning.rules.steps import STATED, ScenarioRules, anchors_after
from ledger.queries.rates import home_and_rates

_ONE_CUSTOMER = "reminder.customer_id = %(customer)s AND reminder.id <> %(except)s AND"


_HOLDS = (
    "from_date <= %(today)s AND (until_date IS NULL OR until_date >= %(today)s)"
    " AND (ended_date IS NULL OR ended_date > %(today)s)"
)


EVENTS = """
        SELECT due_line_id, 'dispute_closed' AS anchor, closed_date AS day FROM disputes_dispute
        WHERE closed_date IS NOT NULL
        UNION ALL
        SELECT named.due_line_id, 'promise_broken', promise.deadline + 1
        FROM dunning_promise promise
        JOIN dunning_promiseline named ON named.promise_id = promise.id
        JOIN ledger_dueline owed ON owed.id = named.due_line_id
        WHERE (promise.ended_date IS NULL OR promise.ended_date > promise.deadline)
          AND promise.ruling IN ('', 'approved') AND named.amount > named.open_before - (
              owed.open_amount + coalesce((SELECT sum(paid.amount) FROM ledger_allocation paid
                  WHERE paid.debit_line_id = owed.id AND paid.effective_date > promise.deadline), 0))
        UNION ALL
        SELECT named.due_line_id, 'promise_broken', plan.ended_date
        FROM dunning_paymentplan plan JOIN dunning_planline named ON named.plan_id = plan.id
        WHERE plan.is_void AND plan.ended_date IS NOT NULL
        UNION ALL
        SELECT named.due_line_id, 'letter_returned',
               (event.occurred_at AT TIME ZONE (SELECT time_zone FROM accounts_tenant))::date
        FROM dunning_deliveryevent event
        JOIN dunning_reminder letter ON letter.id = event.reminder_id
        JOIN dunning_reminderline named ON named.reminder_id = letter.id
        WHERE event.kind = 'undelivered' AND letter.channel IN ('letter', 'registered_letter')
"""
"""What happened to lines, from which steps may be counted: a dispute closed, a word not kept, a letter come back."""

TAKEN_ON = "CASE WHEN reminder.channel = 'decision' THEN reminder.planned_date ELSE reminder.contact_date END"
"""The day of a step that was taken: a decision is taken when it is asked for, anything else when it is heard of."""

_ANCHORED_COLUMNS = """
           l.issue_date - l.due_date AS after_issue, memory.previous_date - l.due_date AS after_previous,
           happened.promise_broken - l.due_date AS after_promise_broken,
           happened.dispute_closed - l.due_date AS after_dispute_closed,
           happened.letter_returned - l.due_date AS after_letter_returned,
"""


def _happened_join(*, is_one_customer: bool) -> str:
    """Return the join of what happened to each line up to today."""
    of_customer = (
        "due_line_id IN (SELECT id FROM ledger_dueline WHERE customer_id = %(customer)s AND is_open) AND"
        if is_one_customer
        else ""
    )
    return f"""
    LEFT JOIN (
        SELECT due_line_id, max(day) FILTER (WHERE anchor = 'promise_broken') AS promise_broken,
               max(day) FILTER (WHERE anchor = 'dispute_closed') AS dispute_closed,
               max(day) FILTER (WHERE anchor = 'letter_returned') AS letter_returned
        FROM ({EVENTS}) event WHERE {of_customer} day <= %(today)s GROUP BY due_line_id
    ) happened ON happened.due_line_id = l.id
    """  # noqa: S608  only constants of this module are put together


def broken_words_sql(*, is_one_customer: bool = False) -> str:
    """Return the reading of lines whose promise was not kept, or whose payment plan became void, as of `today`.

    What arrived in time is what the line owed when it was promised less what it still owed on the deadline. A plan is
    broken from the day on which it ended: its last good day is the one before.
    """
    of_promise = "promise.customer_id = %(customer)s AND" if is_one_customer else ""
    of_plan = "plan.customer_id = %(customer)s AND" if is_one_customer else ""
    return f"""
        SELECT named.due_line_id, promise.customer_id, promise.deadline
        FROM dunning_promise promise
        JOIN dunning_promiseline named ON named.promise_id = promise.id
        JOIN ledger_dueline owed ON owed.id = named.due_line_id
        WHERE {of_promise} promise.deadline < %(today)s AND promise.ended_date IS NULL
          AND promise.ruling IN ('', 'approved') AND owed.is_open AND named.amount > named.open_before - (
              owed.open_amount + coalesce((SELECT sum(paid.amount) FROM ledger_allocation paid
                  WHERE paid.debit_line_id = owed.id AND paid.effective_date > promise.deadline), 0))
        UNION ALL
        SELECT named.due_line_id, plan.customer_id, plan.ended_date - 1
        FROM dunning_paymentplan plan JOIN dunning_planline named ON named.plan_id = plan.id
        WHERE {of_plan} plan.is_void AND plan.ended_date <= %(today)s
    """  # noqa: S608  only constants of this module are put together


def open_lines_sql(*, is_one_customer: bool = False, is_anchored: bool = False) -> str:
    """Return the reading of open lines with what the chase knows of each; narrowed to one customer if asked.

    With `is_anchored` each line tells when what steps may be counted from lies, in days after its due date.

    The tenant is the wall's business. A line's memory counts only under its present due date: one that is
    re-dated by agreement starts anew. A decision that waits for a person counts as taken from the next day on, so
    that it never keeps younger lines silent and is the one step of its own day. An ended dispute keeps its amount
    out for a few days more. A line that somebody let follow another scenario, or took back, has the steps before that
    day behind it (`rules.grouping.remembered`).
    """
    scope = _ONE_CUSTOMER if is_one_customer else ""
    of_customer = "customer_id = %(customer)s AND" if is_one_customer else ""
    return f"""
    SELECT l.id, l.document_id, l.customer_id, l.entity_id, l.currency, l.kind, l.issue_date, l.due_date,
           l.amount, l.open_amount, l.is_estimated,
           coalesce(contested.amount, 0) AS disputed,
           CASE WHEN memory.last_offset >= 0 THEN greatest(memory.last_offset, moved.since_date - 1 - l.due_date)
                ELSE memory.last_offset END AS last_offset,
           moved.scenario_id AS follows, memory.stated_date,
           broken.deadline AS broken_date,
           {_ANCHORED_COLUMNS if is_anchored else ""}
           (%(precedence)s::text[])[least(kept_line.rank, kept_customer.rank,
                CASE WHEN customer.pays_by_direct_debit THEN %(direct_debit_rank)s END)] AS excluded
    FROM ledger_dueline l
    JOIN ledger_customer customer ON customer.id = l.customer_id
    LEFT JOIN (
        SELECT due_line_id, sum(amount) AS amount FROM disputes_dispute
        WHERE {of_customer} opened_date <= %(today)s AND (closed_date IS NULL OR closed_date > %(dispute_end)s)
        GROUP BY due_line_id
    ) contested ON contested.due_line_id = l.id
    LEFT JOIN (
        SELECT named.due_line_id, named.due_date, max(named.offset_days) AS last_offset,
               max(reminder.contact_date) FILTER (WHERE named.offset_days = {STATED}) AS stated_date
               {f", max({TAKEN_ON}) AS previous_date" if is_anchored else ""}
        FROM dunning_reminderline named JOIN dunning_reminder reminder ON reminder.id = named.reminder_id
        WHERE {scope} (reminder.state = ANY(%(taken)s)
            OR (reminder.state = 'cancelled' AND reminder.cancel_reason = %(by_person)s)
            OR (reminder.channel = 'decision' AND reminder.state = 'planned' AND reminder.planned_date < %(today)s))
        GROUP BY named.due_line_id, named.due_date
    ) memory ON memory.due_line_id = l.id AND memory.due_date = l.due_date
    LEFT JOIN (
        SELECT due_line_id, (array_agg(scenario_id) FILTER (WHERE {_HOLDS}))[1] AS scenario_id,
               max(CASE WHEN {_HOLDS} THEN from_date ELSE least(until_date + 1, ended_date) END) AS since_date
        FROM dunning_lineoverride
        WHERE {of_customer} from_date <= %(today)s AND (ended_date IS NULL OR ended_date > from_date)
        GROUP BY due_line_id
    ) moved ON moved.due_line_id = l.id
    LEFT JOIN (
        SELECT due_line_id, min(array_position(%(precedence)s::text[], exclusion::text)) AS rank FROM dunning_pause
        WHERE {of_customer} due_line_id IS NOT NULL AND {_HOLDS} GROUP BY due_line_id
    ) kept_line ON kept_line.due_line_id = l.id
    LEFT JOIN (
        SELECT customer_id, min(array_position(%(precedence)s::text[], exclusion::text)) AS rank FROM dunning_pause
        WHERE {of_customer} due_line_id IS NULL AND {_HOLDS} GROUP BY customer_id
    ) kept_customer ON kept_customer.customer_id = l.customer_id
    LEFT JOIN (
        SELECT given.due_line_id, max(given.deadline) AS deadline
        FROM ({broken_words_sql(is_one_customer=is_one_customer)}) given
        WHERE NOT EXISTS (SELECT FROM dunning_contactreport report WHERE report.customer_id = given.customer_id
                  AND report.channel = 'call' AND report.has_reached
                  AND report.report_date > given.deadline AND report.report_date <= %(today)s)
        GROUP BY given.due_line_id
    ) broken ON broken.due_line_id = l.id
    {_happened_join(is_one_customer=is_one_customer) if is_anchored else ""}
    WHERE l.is_open AND l.perimeter = 'operational' AND l.issue_date <= %(today)s
    """  # noqa: S608  only constants of this module are put together


def line_parameters(*, today: date, policy: Policy) -> dict[str, Any]:
    """Return the parameters of `OPEN_LINES` as of `today`."""
    return {
        "today": today,
        "dispute_end": today - timedelta(days=policy.dispute_grace_days),
        "taken": sorted(TAKEN_STATES),
        "by_person": CancelReason.BY_PERSON.value,
        "precedence": [each.value for each in PRECEDENCE],
        "direct_debit_rank": PRECEDENCE.index(Exclusion.DIRECT_DEBIT) + 1,
    }


def open_lines_of(
    *,
    customer_id: UUID,
    entity_id: UUID,
    currency: str,
    today: date,
    policy: Policy,
    except_reminder: UUID | None = None,
    scenario: ScenarioRules | None = None,
) -> list[OpenLine]:
    """Return a customer's open lines in one entity and currency, whatever scenario each follows, the oldest due first.

    Credit notes and payments are among them; `rules.grouping.lines_following` takes those of one message.
    `except_reminder` is left out of the lines' memory: what would be due had it not been taken. `scenario` says whether
    anchors and the day of the customer's first invoice are asked for; neither is without it.
    """
    parameters = line_parameters(today=today, policy=policy)
    parameters |= {"customer": customer_id, "entity": entity_id, "currency": currency}
    parameters["except"] = except_reminder or UUID(int=0)
    with connection.cursor() as cursor:
        cursor.execute(_lines_of_one_group(scenario), parameters)
        return [_open_line(row) for row in cursor.fetchall()]


def lines_of(reminder: Reminder, account: Iterable[OpenLine]) -> list[OpenLine]:
    """Return those of a customer's open lines that `reminder` speaks of: they follow its scenario."""
    course = reminder.line_scenario_id
    return lines_following(
        account, course, own=None if course else reminder.scenario_version.scenario_id
    )


@lru_cache(maxsize=4)
def _lines_of_one_group_sql(*, is_anchored: bool, asks_newcomers: bool) -> str:
    since = (
        "(SELECT min(issue_date) FROM ledger_document WHERE customer_id = %(customer)s AND kind = 'invoice'"
        " AND perimeter = 'operational')"
        if asks_newcomers
        else "NULL::date"
    )
    anchors = (
        "true, line.after_issue, line.after_previous, line.after_promise_broken, line.after_dispute_closed,"
        " line.after_letter_returned"
        if is_anchored
        else "false"
    )
    return f"""
    SELECT line.id, document.number, line.kind, line.due_date, line.open_amount, line.disputed,
           line.excluded, line.last_offset, line.is_estimated, line.broken_date, line.follows, {since},
           line.stated_date, {anchors}
    FROM ({open_lines_sql(is_one_customer=True, is_anchored=is_anchored)}
        AND l.customer_id = %(customer)s AND l.entity_id = %(entity)s AND l.currency = %(currency)s) line
    JOIN ledger_document document ON document.id = line.document_id
    ORDER BY line.due_date, document.number, line.id
"""  # noqa: S608  only constants of this module are put together


def _lines_of_one_group(scenario: ScenarioRules | None) -> str:
    return _lines_of_one_group_sql(
        is_anchored=scenario is not None and scenario.is_anchored,
        asks_newcomers=scenario is not None and scenario.asks_newcomers,
    )


def _open_line(row: tuple[Any, ...]) -> OpenLine:
    return OpenLine(
        id=row[0],
        document_number=row[1],
        kind=LineKind(row[2]),
        due_date=row[3],
        open_amount=row[4],
        disputed_amount=row[5],
        excluded=Exclusion(row[6]) if row[6] else None,
        last_offset_days=row[7],
        is_estimated=row[8],
        broken_date=row[9],
        follows=row[10],
        customer_since=row[11],
        stated_date=row[12],
        anchors=anchors_after(row[3], row[14:]) if row[13] else None,
    )


def euro_rates(*, today: date) -> Mapping[str, Decimal]:
    """Return what one unit of each currency is worth in euros on `today`, as far as rates are known.

    Rates are kept in the tenant's currency; where that is another, they are crossed with its rate of the euro.
    """
    _home, rates = home_and_rates(today)
    euro = rates.get("EUR")
    return {currency: rate / euro for currency, rate in rates.items()} if euro else {}
