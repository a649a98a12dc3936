"""The facts of every group of a ledger at once, computed in SQL as `dunning.rules.grouping` defines them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from dunning.models import Pause
from dunning.queries.lines import line_parameters, open_lines_sql
from dunning.rules.decision import CustomerFacts
from dunning.rules.grouping import Announcement, Exclusion, GroupFacts, Leader, Upcoming
from dunning.rules.outbox import State
from dunning.rules.policy import Policy
from dunning.rules.steps import Recipient, StepRule, anchors_after
from dunning.rules.translations import Translations

GroupKey = tuple[UUID, UUID, str, UUID | None]
"""Customer, entity, currency and course: what one message is about.

The course is the scenario that somebody chose for these lines, None for those that follow their customer's.
"""

ESCALATED_LEVEL = (
    3  # from this level on the accounts payable manager is written to, if there is one
)

NEVER = Decimal(10) ** 15
"""A minimum that no line reaches: nothing is announced."""

ALWAYS_POSSIBLE = (Exclusion.DISPUTED, Exclusion.LINE_BELOW_MINIMUM, Exclusion.DIRECT_DEBIT)
"""Why a line, or a part of it, may be left out without anybody having said so to the chase."""

# A leader's due date and its memory in one number, so that one min() finds the oldest, least chased line.
_KEY = "((s.due_date - DATE '0001-01-01')::bigint * 100000 + coalesce(s.last_offset + 10000, 0))"
_KEY_BASE = 100_000
_KEY_ZERO = 10_000
_FIRST_DAY = date(1, 1, 1)


def standings_sql(*, is_anchored: bool = False) -> str:
    """Return the reading of how each open line stands, as the common table `s`; `is_anchored` as for open lines."""
    return f"""
    WITH rate AS (
        SELECT * FROM unnest(%(currencies)s::text[], %(rates)s::numeric[]) AS given(currency, rate)
    ), announcing AS (
        SELECT * FROM json_to_recordset(%(announcing)s) AS given(
            scenario uuid, horizon date, minimum numeric, known_since date)
    ), follows AS (
        SELECT assignment.customer_id, announcing.scenario, announcing.horizon, announcing.minimum,
               announcing.known_since
        FROM dunning_scenarioassignment assignment JOIN announcing ON announcing.scenario = assignment.scenario_id
    ), line AS ({open_lines_sql(is_anchored=is_anchored)}
        AND (l.kind <> 'invoice' OR l.due_date <= %(horizon)s)
    ), valued AS (
        SELECT line.*, coalesce(rate.rate, 1) AS rate,
               line.kind = 'invoice' AND line.open_amount > 0 AS is_owed,
               line.open_amount - least(line.disputed, line.open_amount) AS rest,
               nullif(chosen.scenario, coalesce(follows.scenario, %(default_id)s)) AS course,
               coalesce(chosen.horizon, follows.horizon, %(default_horizon)s) AS horizon,
               coalesce(chosen.minimum, follows.minimum, %(default_minimum)s) AS announced_from,
               CASE WHEN chosen.scenario IS NOT NULL THEN chosen.known_since
                    WHEN follows.scenario IS NOT NULL THEN follows.known_since
                    ELSE %(default_known_since)s::date END AS known_since
        FROM line
        LEFT JOIN rate ON rate.currency = line.currency
        LEFT JOIN follows ON follows.customer_id = line.customer_id
        LEFT JOIN announcing chosen ON chosen.scenario = line.follows
    ), s AS (
        SELECT valued.*,
               CASE WHEN is_owed AND excluded IS NULL AND rest * rate >= %(line_minimum)s
                    THEN rest ELSE 0 END AS claimed,
               CASE WHEN NOT is_owed THEN NULL
                    WHEN excluded IS NOT NULL THEN excluded
                    WHEN rest * rate < %(line_minimum)s AND disputed < rest THEN 'line_below_minimum'
                    WHEN disputed > 0 THEN 'disputed' END AS left_reason,
               due_date < %(today)s AS is_late,
               {_IS_NEWCOMERS} AS is_newcomers
        FROM valued
    )
"""  # noqa: S608  only constants are put together


# Asked only of what is about to fall due and owes too little for a known customer.
_IS_NEWCOMERS = """
    CASE WHEN known_since IS NOT NULL AND is_owed AND due_date > %(today)s AND due_date <= horizon
              AND last_offset IS NULL AND rest * rate < announced_from
         THEN NOT EXISTS (SELECT FROM ledger_document first WHERE first.customer_id = valued.customer_id
              AND first.kind = 'invoice' AND first.perimeter = 'operational' AND first.issue_date <= known_since)
         ELSE false END
"""

STANDINGS = standings_sql()

UPCOMING = (
    "NOT s.is_late AND s.due_date > %(today)s AND s.claimed > 0 AND s.last_offset IS NULL"
    " AND s.due_date <= s.horizon AND (s.claimed * s.rate >= s.announced_from OR s.is_newcomers)"
)


# The same with what tells equals apart, for ledgers in which a scenario counts from anything but the due date.
_ANCHORED_KEY = (
    f"ARRAY[{_KEY}, s.after_issue, s.after_previous, s.after_promise_broken, s.after_dispute_closed,"
    " s.after_letter_returned]::bigint[]"
)


def groups_sql(reasons: Sequence[Exclusion], *, is_anchored: bool = False) -> str:
    """Return the reading of all groups; what is left out is summed up for these reasons, two columns each.

    Credit notes and cash are those of the customer, entity and currency as a whole, in each of their groups.
    """
    left_out = ", ".join(
        f"coalesce(sum(s.open_amount - s.claimed) FILTER (WHERE s.is_late AND s.left_reason = '{reason.value}'), 0),"
        f" count(*) FILTER (WHERE s.is_late AND s.claimed = 0 AND s.left_reason = '{reason.value}')"
        for reason in reasons
    )
    key = _ANCHORED_KEY if is_anchored else _KEY
    return f"""
    {standings_sql(is_anchored=is_anchored)}
    SELECT * FROM (
    SELECT s.customer_id, s.entity_id, s.currency, s.course,
           count(*) FILTER (WHERE s.is_owed AND (s.is_late OR ({UPCOMING}))) AS concerned, max(s.rate),
           coalesce(sum(s.claimed) FILTER (WHERE s.is_late), 0),
           count(*) FILTER (WHERE s.is_late AND s.claimed > 0),
           sum(coalesce(sum(s.open_amount) FILTER (WHERE s.open_amount < 0 AND s.kind <> 'payment'), 0)) OVER account,
           sum(coalesce(sum(s.open_amount) FILTER (WHERE s.open_amount < 0 AND s.kind = 'payment'), 0)) OVER account,
           min({key}) FILTER (WHERE s.is_late AND s.claimed > 0 AND s.claimed * s.rate >= %(raising_minimum)s),
           min({key}) FILTER (WHERE s.is_late AND s.claimed > 0 AND s.claimed * s.rate < %(raising_minimum)s),
           min({key}) FILTER (WHERE s.is_late AND s.claimed > 0 AND (s.last_offset IS NULL OR s.last_offset < 0)),
           min(s.due_date) FILTER (WHERE {UPCOMING}),
           coalesce(sum(s.claimed) FILTER (WHERE {UPCOMING}), 0),
           coalesce(bool_or(s.is_estimated) FILTER (WHERE s.is_late AND s.claimed > 0), false),
           max(s.broken_date) FILTER (WHERE s.is_late AND s.claimed > 0),
           coalesce(sum(s.rest) FILTER (WHERE s.is_late AND s.is_owed AND s.excluded IS NULL AND s.claimed = 0), 0),
           max(s.stated_date),
           {left_out}
    FROM s
    GROUP BY s.customer_id, s.entity_id, s.currency, s.course
    WINDOW account AS (PARTITION BY s.customer_id, s.entity_id, s.currency)
    ) summed
    WHERE concerned > 0
    ORDER BY customer_id
    """  # noqa: S608  only constants are put together


def left_out_reasons(today: date) -> tuple[Exclusion, ...]:
    """Return why lines may be left out on `today`: the reasons of the rules and those somebody set."""
    set_by_people = (
        Pause.objects.in_force(today).order_by().values_list("exclusion", flat=True).distinct()
    )
    found = {Exclusion(each) for each in set_by_people} - set(ALWAYS_POSSIBLE)
    return (*ALWAYS_POSSIBLE, *sorted(found))


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is left out of a group for one reason: the amount, and how many lines are out as a whole."""

    reason: Exclusion
    amount: Decimal
    lines: int


@dataclass(frozen=True, slots=True)
class Group:
    """One group of the ledger with its facts; `euro_rate` is the worth of one unit in the tenant's currency."""

    key: GroupKey
    euro_rate: Decimal
    facts: GroupFacts
    left_out: tuple[LeftOut, ...]


def group_parameters(
    *,
    today: date,
    policy: Policy,
    rates: Mapping[str, Decimal],
    announcements: Mapping[UUID, Announcement | None],
    default_id: UUID,
    is_anchored: bool = False,
) -> dict[str, Any]:
    """Return the parameters of `groups_sql` and `standings_sql`, of which `groups` also takes `is_anchored`.

    `announcements` says by scenario which lines are announced, None where none is; `default_id` is the scenario of
    customers without an assignment.
    """
    announcing = {
        scenario_id: {
            "scenario": str(scenario_id),
            "horizon": (today + timedelta(days=each.horizon_days if each else 0)).isoformat(),
            "minimum": str(each.minimum if each else NEVER),
            "known_since": _iso(each.new_since(today)) if each else None,
        }
        for scenario_id, each in announcements.items()
    }
    default = announcing[default_id]
    return line_parameters(today=today, policy=policy) | {
        "currencies": list(rates),
        "rates": list(rates.values()),
        "announcing": json.dumps(list(announcing.values())),
        "default_id": default_id,
        "default_horizon": date.fromisoformat(str(default["horizon"])),
        "default_minimum": Decimal(str(default["minimum"])),
        "default_known_since": default["known_since"],
        "is_anchored": is_anchored,
        "horizon": max(date.fromisoformat(str(each["horizon"])) for each in announcing.values()),
        "line_minimum": policy.line_minimum,
        "raising_minimum": policy.raising_minimum,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def groups(parameters: dict[str, Any]) -> Iterator[Group]:
    """Return every group with something late or to announce, ordered by customer."""
    reasons = left_out_reasons(parameters["today"])
    with connection.cursor() as cursor:
        cursor.execute(groups_sql(reasons, is_anchored=parameters["is_anchored"]), parameters)
        while rows := cursor.fetchmany(5000):
            for row in rows:
                yield _group(row, reasons)


def _group(row: tuple[Any, ...], reasons: Sequence[Exclusion]) -> Group:
    (
        claimed,
        late_lines,
        credits_,
        cash,
        leader,
        small,
        unnamed,
        soonest,
        announced,
        estimated,
        broken,
        below,
        stated,
    ) = row[6:19]
    return Group(
        key=(row[0], row[1], row[2], row[3]),
        euro_rate=row[5],
        facts=GroupFacts(
            claimed=claimed,
            late_lines=late_lines,
            credits=credits_,
            cash=cash,
            leader=_leader(leader),
            small_leader=_leader(small),
            unnamed=_leader(unnamed),
            upcoming=Upcoming(soonest, announced) if soonest else None,
            has_estimated_line=estimated,
            broken_date=broken,
            below=below,
            stated_date=stated,
        ),
        left_out=tuple(
            LeftOut(reason, row[19 + 2 * index], row[20 + 2 * index])
            for index, reason in enumerate(reasons)
            if row[19 + 2 * index]
        ),
    )


def _leader(found: int | Sequence[int] | None) -> Leader | None:
    if found is None:
        return None
    key, *anchors = (found,) if isinstance(found, int) else found
    days, memory = divmod(key, _KEY_BASE)
    due_date = _FIRST_DAY + timedelta(days=days)
    return Leader(
        due_date,
        memory - _KEY_ZERO if memory else None,
        anchors_after(due_date, anchors) if anchors else None,
    )


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer for the plan: the facts the decision needs, where he is, and who would be written to."""

    facts: CustomerFacts
    country: str
    contact_id: UUID | None
    manager_id: UUID | None
    buyer_id: UUID | None
    executive_id: UUID | None
    is_announced: bool = False  # sales are told before anything leaves to him
    announced_contacts: frozenset[UUID] = frozenset()  # …before anything leaves to these

    def tells_sales(self, contact_id: UUID | None) -> bool:
        """Say whether sales are told before a message leaves to this contact."""
        return self.is_announced or contact_id in self.announced_contacts

    def addressee(self, step: StepRule) -> UUID | None:
        """Return whom a step is addressed to: whom it names, else who fits its level, else whoever can be reached."""
        recipient = step.recipient
        if recipient is None and step.level >= ESCALATED_LEVEL:
            recipient = Recipient.ACCOUNTS_PAYABLE_MANAGER
        named = {
            Recipient.ACCOUNTS_PAYABLE_MANAGER: self.manager_id,
            Recipient.BUYER: self.buyer_id,
            Recipient.EXECUTIVE: self.executive_id,
        }
        return (named.get(recipient) if recipient else None) or self.contact_id


CUSTOMERS = """
    SELECT customer.id, customer.country, customer.is_vip, coalesce(nullif(reachable.language, ''), customer.language),
           reachable.contact, reachable.manager, reachable.buyer, reachable.executive,
           history.dates, coalesce(history.is_known, false),
           coalesce(care.is_delicate, false), coalesce(care.is_protected, false), care.contacts,
           coalesce(care.is_protected OR care.contacts IS NOT NULL, false) AND NOT EXISTS (
               SELECT FROM accounts_membership rep LEFT JOIN accounts_membership boss ON boss.id = rep.manager_id
               WHERE rep.id = customer.sales_rep_id AND (rep.state = 'active' OR boss.state = 'active')),
           history.calls
    FROM ledger_customer customer
    LEFT JOIN (
        SELECT customer_id, bool_or(kind = 'delicate') AS is_delicate,
               bool_or(kind = 'protected' AND contact_id IS NULL) AS is_protected,
               array_agg(contact_id) FILTER (WHERE kind = 'protected' AND contact_id IS NOT NULL) AS contacts
        FROM dunning_contactrule
        WHERE ruling IN ('', 'approved') AND from_date <= %(today)s
          AND (until_date IS NULL OR until_date >= %(today)s) AND (ended_date IS NULL OR ended_date > %(today)s)
          AND (%(only)s IS NULL OR customer_id = %(only)s::uuid)
        GROUP BY customer_id
    ) care ON care.customer_id = customer.id
    LEFT JOIN (
        SELECT customer_id,
               (array_agg(id ORDER BY is_primary DESC, role <> 'ap', name, id))[1] AS contact,
               (array_agg(language ORDER BY is_primary DESC, role <> 'ap', name, id))[1] AS language,
               (array_agg(id ORDER BY is_primary DESC, name, id) FILTER (WHERE role = 'ap_manager'))[1] AS manager,
               (array_agg(id ORDER BY is_primary DESC, name, id) FILTER (WHERE role = 'buyer'))[1] AS buyer,
               (array_agg(id ORDER BY is_primary DESC, name, id) FILTER (WHERE role = 'executive'))[1] AS executive
        FROM ledger_contact
        WHERE email <> '' AND NOT is_opted_out AND NOT is_undeliverable
          AND (%(only)s IS NULL OR customer_id = %(only)s::uuid)
        GROUP BY customer_id
    ) reachable ON reachable.customer_id = customer.id
    LEFT JOIN (
        SELECT customer_id, bool_or(state = ANY(%(heard)s)) AS is_known,
               array_agg(contact_date) FILTER (
                   WHERE state = ANY(%(heard)s) AND channel <> 'decision'
                     AND contact_date > %(since)s AND contact_date < %(until)s) AS dates,
               array_agg(contact_date) FILTER (
                   WHERE state = ANY(%(heard)s) AND channel = 'call'
                     AND contact_date > %(since)s AND contact_date < %(until)s) AS calls
        FROM dunning_reminder
        WHERE (%(only)s IS NULL OR customer_id = %(only)s::uuid)
        GROUP BY customer_id
    ) history ON history.customer_id = customer.id
    WHERE (%(only)s IS NULL OR customer.id = %(only)s::uuid)
"""

HEARD_STATES = frozenset(
    {
        State.READY,
        State.CLAIMED,
        State.HANDING,
        State.UNKNOWN,
        State.SENT,
        State.DELIVERED,
        State.COMPLAINED,
        State.DONE,
    }
)
"""The customer hears, or is about to hear: confirmed messages count for the gap (CONTRACT, settled questions)."""


def customers(
    *,
    today: date,
    policy: Policy,
    translations: Translations,
    gap_days: int | None = None,
    only: UUID | None = None,
) -> dict[UUID, CustomerRow]:
    """Return the customers by id; `translations` say which registers have a text in which language.

    Contacts are known `gap_days` ahead, the policy's when it is None.
    """
    parameters: dict[str, Any] = {
        "heard": sorted(HEARD_STATES),
        "since": today - timedelta(days=policy.contact_cap_days),
        "until": today + timedelta(days=gap_days or policy.contact_gap_days),
        "only": only,
        "today": today,
    }
    with connection.cursor() as cursor:
        cursor.execute(CUSTOMERS, parameters)
        return {row[0]: _customer(row, translations) for row in cursor.fetchall()}


def _customer(row: tuple[Any, ...], translations: Translations) -> CustomerRow:
    return CustomerRow(
        facts=CustomerFacts(
            is_reachable=row[4] is not None,
            is_protected=row[2],
            is_delicate=row[10],
            has_nobody_to_tell=row[13],
            untranslated=translations.missing_in(row[3]),
            is_first_contact=not row[9],
            contact_dates=row[8] or (),
            call_dates=row[14] or (),
        ),
        country=row[1],
        contact_id=row[4],
        manager_id=row[5],
        buyer_id=row[6],
        executive_id=row[7],
        is_announced=row[11],
        announced_contacts=frozenset(row[12] or ()),
    )


@dataclass(frozen=True, slots=True)
class OverdueCount:
    """How many lines are overdue, and what they owe per currency, counted without any rule of the chase."""

    lines: int
    amounts: Mapping[str, Decimal]


def overdue_count(*, today: date) -> OverdueCount:
    """Count what is overdue straight from the ledger: coverage is proved against this, not against itself."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT currency, count(*), sum(open_amount) FROM ledger_dueline"
            " WHERE is_open AND perimeter = 'operational' AND kind = 'invoice' AND open_amount > 0"
            " AND due_date < %s AND issue_date <= %s GROUP BY currency ORDER BY currency",
            [today, today],
        )
        rows = cursor.fetchall()
    return OverdueCount(sum(row[1] for row in rows), {row[0]: row[2] for row in rows})
