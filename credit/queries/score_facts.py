"""The facts a scorecard asks for, of one customer or of all, in the same few questions whatever their number.

Insurers' opinions are the covers of the house; who knows more appends to `INSURER_OPINION` a function that takes
customers' ids, None for all, and the day, and returns what is known of each.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from credit.models import CompanyProfile, Cover, FinancialStatement
from credit.ports import chase_facts
from credit.queries.exposure import parts_sql
from credit.queries.information import running_procedures
from credit.rules.scorecard import Criterion, Fact
from credit.rules.statements import Statement
from kernel.periods import months_back
from ledger.queries import home_and_rates
from ledger.rules.payers import WINDOW_MONTHS

PROMISES_MONTHS = 12
STATEMENT_YEARS = 2.5  # accounts older than that tell of another company
DAYS_OF_A_YEAR = Decimal("365.25")
DIVISION = 2  # digits of a NAF code that name the division
SHRUNK_BY = 8  # so many invoices of the house stand beside a customer's own (DOMAIN 3.9)
_CENT, _MILLE = Decimal("0.1"), Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class InsurerOpinion:
    """What an insurer says of a customer: `covered`, `reduced` or `refused`, who, and of which day."""

    code: str
    source: str
    day: date | None = None


InsurerOpinions = Callable[[Collection[UUID] | None, date], Mapping[UUID, InsurerOpinion]]
_OPINIONS = {
    "granted": "covered",
    "reduced": "reduced",
    "refused": "refused",
    "cancelled": "refused",
}


def opinions_of_covers(
    customer_ids: Collection[UUID] | None, day: date
) -> Mapping[UUID, InsurerOpinion]:
    """Return what the covers say that hold on `day`, the newest of each customer; one asked for says nothing yet."""
    rows = Cover.objects.filter(undone_at=None, valid_from__lte=day, state__in=_OPINIONS)
    if customer_ids is not None:
        rows = rows.filter(customer__in=customer_ids)
    newest = rows.order_by("customer_id", "-valid_from", "-recorded_at").distinct("customer_id")
    columns = ("customer_id", "state", "valid_from", "valid_until", "came_with__insurer")
    return {
        customer_id: InsurerOpinion(_OPINIONS[state], insurer, first)
        for customer_id, state, first, last, insurer in newest.values_list(*columns)
        if last is None or last >= day
    }


INSURER_OPINION: list[InsurerOpinions] = [opinions_of_covers]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a customer: the facts by criterion, and how much of his limit is in use (None: no limit)."""

    facts: Mapping[Criterion, Fact] = field(default_factory=dict)
    used: Decimal | None = None


# How late customers pay: invoices cleared in the window as they were paid, and late open ones as they stand today
# (DOMAIN 3.9, ADL with what is open: who pays nothing must not look punctual). What is open, and late of it.
HABITS = """
    WITH rate AS (
        SELECT * FROM unnest(%(currencies)s::text[], %(rates)s::numeric[]) AS given(currency, rate)
    ), paid AS (
        SELECT line.customer_id, line.document_id, allocation.amount * coalesce(rate.rate, 1) AS amount,
               allocation.effective_date - line.due_date AS late
        FROM ledger_dueline line
        JOIN ledger_allocation allocation ON allocation.debit_line_id = line.id
            AND allocation.effective_date <= %(today)s
        LEFT JOIN rate ON rate.currency = line.currency
        WHERE line.kind = 'invoice' AND line.perimeter = 'operational'
          AND line.cleared_date BETWEEN %(window_start)s AND %(today)s
          AND (%(everybody)s OR line.customer_id = ANY(%(ids)s::uuid[]))
          AND NOT EXISTS (
              SELECT FROM ledger_dueline note
              WHERE note.id = allocation.credit_line_id AND note.kind = 'credit_note')
    ), owed AS (
        SELECT line.customer_id, line.document_id, line.open_amount * coalesce(rate.rate, 1) AS amount,
               %(today)s::date - line.due_date AS late
        FROM ledger_dueline line LEFT JOIN rate ON rate.currency = line.currency
        WHERE line.is_open AND line.kind = 'invoice' AND line.perimeter = 'operational' AND line.open_amount > 0
          AND line.issue_date <= %(today)s
          AND (%(everybody)s OR line.customer_id = ANY(%(ids)s::uuid[]))
    ), habit AS (
        SELECT customer_id, count(DISTINCT document_id) AS invoices, sum(amount) AS amount, sum(amount * late) AS late
        FROM (SELECT * FROM paid UNION ALL SELECT * FROM owed WHERE late > 0) every
        GROUP BY customer_id
    ), position AS (
        SELECT customer_id, sum(amount) AS open, coalesce(sum(amount) FILTER (WHERE late > 0), 0) AS overdue
        FROM owed GROUP BY customer_id
    )
    SELECT customer.id, habit.invoices, habit.amount, habit.late, position.open, position.overdue
    FROM ledger_customer customer
    LEFT JOIN habit ON habit.customer_id = customer.id
    LEFT JOIN position ON position.customer_id = customer.id
    WHERE %(everybody)s OR customer.id = ANY(%(ids)s::uuid[])
"""

HOUSE = """
    SELECT sum(allocation.amount * (allocation.effective_date - line.due_date)) / nullif(sum(allocation.amount), 0)
    FROM ledger_dueline line JOIN ledger_allocation allocation ON allocation.debit_line_id = line.id
    WHERE line.kind = 'invoice' AND line.perimeter = 'operational'
      AND line.cleared_date BETWEEN %(window_start)s AND %(today)s AND allocation.effective_date <= %(today)s
"""

USED = """
    WITH {parts}, granted AS (
        SELECT DISTINCT ON (customer_id) customer_id, amount, currency FROM credit_creditlimit
        WHERE valid_from <= %(day)s AND (valid_until IS NULL OR valid_until >= %(day)s) AND undone_at IS NULL
        ORDER BY customer_id, valid_from DESC, is_temporary DESC
    )
    SELECT granted.customer_id, granted.amount, granted.currency, part.currency,
           part.invoiced + part.delivered + part.ordered - part.deposits - part.guarantees
    FROM granted LEFT JOIN part ON part.customer_id = granted.customer_id
    WHERE granted.amount > 0 AND (%(everybody)s OR granted.customer_id = ANY(%(ids)s::uuid[]))
"""


# When a company was founded and what it does, as the newest answer of a register about its SIREN says.
REGISTERED = """
    SELECT DISTINCT ON (customer.id) customer.id, answer.facts ->> 'created_on', answer.facts ->> 'activity_code',
           answer.source, answer.answered_at
    FROM credit_lookup answer JOIN ledger_customer customer ON customer.siren = answer.siren
    WHERE answer.siren <> '' AND answer.answered_at IS NOT NULL AND coalesce(answer.facts ->> 'created_on', '') <> ''
      AND (%(everybody)s OR customer.id = ANY(%(ids)s::uuid[]))
    ORDER BY customer.id, answer.answered_at DESC
"""


def known_of(customer_ids: Collection[UUID] | None, *, today: date) -> dict[UUID, Known]:
    """Return what is known of customers on `today`, None for all of them: thirteen questions, whatever their number."""
    _home, rates = home_and_rates(today)
    asked = _Asked(customer_ids, today, rates)
    found = _habits(asked)
    _add_promises(found, asked)
    _add_legal(found, asked)
    _add_accounts(found, asked)
    _add_profiles(found, asked)
    for opinions in INSURER_OPINION:
        for customer_id, one in opinions(customer_ids, today).items():
            if customer_id in found:
                found[customer_id][Criterion.INSURER] = Fact(one.code, one.source, one.day)
    used = _used(asked)
    return {
        customer_id: Known(facts, used.get(customer_id)) for customer_id, facts in found.items()
    }


@dataclass(frozen=True, slots=True)
class _Asked:
    ids: Collection[UUID] | None
    today: date
    rates: Mapping[str, Decimal]

    def parameters(self) -> dict[str, Any]:
        return {
            "everybody": self.ids is None,
            "ids": [str(each) for each in self.ids or ()],
            "today": self.today,
            "day": self.today,
            "window_start": months_back(self.today, WINDOW_MONTHS - 1),
            "currencies": list(self.rates),
            "rates": list(self.rates.values()),
        }


def shrunk(invoices: int, days: Decimal, house: Decimal | None) -> Decimal:
    """Return a delay drawn towards the house's own, less so the more invoices speak: (n·own + 8·house) ÷ (n + 8).

    Source: DOMAIN 3.9. Without a figure of the house the customer's own stands.
    """
    if house is None:
        return days
    return (invoices * days + SHRUNK_BY * house) / (invoices + SHRUNK_BY)


def _rows(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _habits(asked: _Asked) -> dict[UUID, dict[Criterion, Fact]]:
    parameters = asked.parameters()
    house = _rows(HOUSE, parameters)[0][0]
    found: dict[UUID, dict[Criterion, Fact]] = {}
    for customer_id, invoices, amount, late, owed, overdue in _rows(HABITS, parameters):
        facts: dict[Criterion, Fact] = {}
        if amount:
            days = shrunk(invoices, late / amount, house).quantize(_CENT)
            facts[Criterion.DAYS_LATE] = Fact(days, "ledger", asked.today)
        if owed or amount:
            share = (overdue / owed).quantize(_MILLE) if owed else Decimal(0)
            facts[Criterion.SHARE_OVERDUE] = Fact(share, "ledger", asked.today)
        found[customer_id] = facts
    return found


def _add_promises(found: dict[UUID, dict[Criterion, Fact]], asked: _Asked) -> None:
    since = months_back(asked.today, PROMISES_MONTHS)
    broken = chase_facts().broken_promises(asked.ids, since=since, today=asked.today)
    for customer_id, facts in found.items():
        one = broken.get(customer_id)
        facts[Criterion.BROKEN_PROMISES] = Fact(
            Decimal(one.count if one else 0), "promises", one.last_date if one else asked.today
        )


def _add_legal(found: dict[UUID, dict[Criterion, Fact]], asked: _Asked) -> None:
    events = chase_facts().legal_events(asked.ids)
    told = running_procedures(asked.ids, asked.today)
    for customer_id, facts in found.items():
        running = [one for one in events.get(customer_id, ()) if one.is_on(asked.today)]
        if not running and (one := told.get(customer_id)):
            facts[Criterion.LEGAL_EVENT] = Fact(one.kind, one.source, one.event_date)
            continue
        facts[Criterion.LEGAL_EVENT] = (
            Fact(running[-1].code, running[-1].source, running[-1].from_date)
            if running
            else Fact("none", "insolvencies", asked.today)
        )


def _add_accounts(found: dict[UUID, dict[Criterion, Fact]], asked: _Asked) -> None:
    rows = FinancialStatement.objects.filter(replaced_at=None, customer__isnull=False)
    rows = rows.filter(year_end__lte=asked.today)
    if asked.ids is not None:
        rows = rows.filter(customer__in=asked.ids)
    for row in rows.order_by("customer_id", "-year_end").distinct("customer_id"):
        if row.customer_id not in found or is_stale(row.year_end, asked.today):
            continue
        found[row.customer_id] |= accounts_facts(row.as_rule(), row.source)


def is_stale(year_end: date, today: date) -> bool:
    """Return whether accounts are too old to speak for a company."""
    return (today - year_end).days > STATEMENT_YEARS * float(DAYS_OF_A_YEAR)


def accounts_facts(statement: Statement, source: str) -> dict[Criterion, Fact]:
    """Return what a year's accounts say, each figure as far as it can be worked out."""
    values = {
        Criterion.EQUITY_RATIO: statement.equity_ratio,
        Criterion.CURRENT_RATIO: statement.current_ratio,
        Criterion.EBITDA_TO_DEBT: statement.ebitda_to_debt,
        Criterion.ALTMAN: statement.altman,
    }
    return {
        name: Fact(value.quantize(_MILLE), source, statement.year_end)
        for name, value in values.items()
        if value is not None
    }


def _add_profiles(found: dict[UUID, dict[Criterion, Fact]], asked: _Asked) -> None:
    for customer_id, founded, activity, source, answered_at in _rows(
        REGISTERED, asked.parameters()
    ):
        if customer_id in found:
            day = answered_at.date()
            found[customer_id] |= _profile(_day(founded), activity or "", source, day, asked.today)
    rows = CompanyProfile.objects.all()
    if asked.ids is not None:
        rows = rows.filter(customer__in=asked.ids)
    columns = ("customer_id", "founded_date", "sector", "source", "entered_at")
    for customer_id, founded, sector, source, entered_at in rows.values_list(*columns):
        if customer_id in found:
            day = entered_at.date()
            found[customer_id] |= _profile(founded, sector, source, day, asked.today)


def _profile(
    founded: date | None, sector: str, source: str, day: date, today: date
) -> dict[Criterion, Fact]:
    """Return a company's age in years and its sector, the division of its NAF code."""
    facts: dict[Criterion, Fact] = {}
    if founded is not None and founded <= today:
        age = (today - founded).days / DAYS_OF_A_YEAR
        facts[Criterion.COMPANY_AGE] = Fact(age.quantize(_CENT), source, day)
    if sector:
        facts[Criterion.SECTOR] = Fact(sector[:DIVISION], source, day)
    return facts


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def _used(asked: _Asked) -> dict[UUID, Decimal]:
    """Return which part of each customer's limit is in use; a currency without a rate gives no figure."""
    condition = "TRUE" if asked.ids is None else "{id} = ANY(%(ids)s::uuid[])"
    statement = USED.format(parts=parts_sql(condition))
    used: dict[UUID, Decimal] = {}
    unknown: set[UUID] = set()
    for customer_id, limit, wanted, currency, amount in _rows(statement, asked.parameters()):
        factor = _factor(currency, wanted, asked.rates)
        if factor is None:
            unknown.add(customer_id)
            continue
        used[customer_id] = used.get(customer_id, Decimal(0)) + (amount or 0) * factor / limit
    return {
        customer_id: max(share, Decimal(0)).quantize(_MILLE)
        for customer_id, share in used.items()
        if customer_id not in unknown
    }


def _factor(currency: str | None, wanted: str, rates: Mapping[str, Decimal]) -> Decimal | None:
    if currency is None or currency == wanted:
        return Decimal(1)
    if currency not in rates or wanted not in rates:
        return None
    return rates[currency] / rates[wanted]
