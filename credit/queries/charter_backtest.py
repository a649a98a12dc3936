"""A draft of the charter held against the past twelve months of the tenant's own ledger, by a handful of questions.

Three kinds of events stand in for what would have been proposed: the first invoice of a customer (an opening), the
terms of one who was invoiced already, and each limit granted. Every fact is the ledger's of that day, except the
terms, of which only today's are kept, and the grade before the first score. What would be on record and is not (a
guarantee, a committee, a step of finance) was not there; what no record of ours could say (the margin) is unknown, and
counted.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from credit.models.limits import CreditLimit
from credit.permissions import WRITE_CHARTER
from credit.ports import LegalEvent, chase_facts
from credit.queries.charter_facts import (
    NOTHING,
    WITHOUT_RECORD,
    any_running,
    converted,
    deposit_share,
    terms_of,
)
from credit.queries.scores import Grades
from credit.rules.charter import Article, Kind, Proposal
from credit.rules.charter_backtest import BackTest, Event, Paid, judge_events, tallies
from kernel.money import Money
from kernel.periods import ONE_DAY, days_in_month
from kernel.permissions import Actor, Reach
from ledger.models import Customer, ExchangeRate, PaymentTerms
from ledger.queries import home_and_rates
from ledger.rules.terms import Terms

_FIRST_INVOICES = """
SELECT first.customer_id, first.id, first.issue_date, first.amount, first.currency, coalesce(paid.received, 0)
FROM ledger_customer customer
CROSS JOIN LATERAL (
    SELECT customer_id, id, issue_date, amount, currency, is_opening FROM ledger_document invoice
    WHERE invoice.customer_id = customer.id AND kind = 'invoice' AND perimeter = 'operational'
    ORDER BY issue_date, number, id LIMIT 1
) first
LEFT JOIN LATERAL (
    SELECT greatest(-sum(amount), 0) AS received FROM ledger_document p
    WHERE p.customer_id = first.customer_id AND p.kind = 'payment' AND p.currency = first.currency
      AND p.issue_date <= first.issue_date
) paid ON true
WHERE first.issue_date BETWEEN %(first)s AND %(last)s AND NOT first.is_opening
"""

_FIRST_OF_PERIOD = """
SELECT customer_id, min(issue_date) FROM ledger_document
WHERE kind = 'invoice' AND perimeter = 'operational' AND NOT is_opening
  AND issue_date BETWEEN %(first)s AND %(last)s
GROUP BY customer_id
"""

_OVERDUE = """
SELECT asked.place, min(line.due_date)
FROM unnest(%(places)s::int[], %(customers)s::uuid[], %(days)s::date[]) AS asked (place, customer_id, day)
JOIN ledger_dueline line ON line.customer_id = asked.customer_id AND line.kind = 'invoice'
    AND line.perimeter = 'operational' AND line.issue_date <= asked.day AND line.due_date < asked.day
    AND (line.is_open OR line.cleared_date > asked.day)
LEFT JOIN LATERAL (
    SELECT sum(amount) AS amount FROM ledger_allocation settled
    WHERE settled.debit_line_id = line.id AND settled.effective_date > asked.day
) later ON true
WHERE line.open_amount + coalesce(later.amount, 0) > 0
GROUP BY asked.place
"""

_PAID = """
SELECT asked.is_stopped, line.currency, sum(line.amount),
    coalesce(sum(line.amount) FILTER (WHERE line.cleared_date <= line.due_date), 0),
    coalesce(sum(line.amount) FILTER (WHERE line.cleared_date IS NOT NULL OR line.due_date < %(today)s), 0),
    coalesce(sum(line.open_amount) FILTER (WHERE line.due_date < %(today)s), 0),
    coalesce(sum(line.amount * greatest(coalesce(line.cleared_date, %(today)s) - line.due_date, 0))
        FILTER (WHERE line.cleared_date IS NOT NULL OR line.due_date < %(today)s), 0)
FROM unnest(%(customers)s::uuid[], %(since)s::date[], %(stopped)s::boolean[]) AS asked (customer_id, since, is_stopped)
JOIN ledger_dueline line ON line.customer_id = asked.customer_id AND line.kind = 'invoice'
    AND line.perimeter = 'operational' AND line.issue_date BETWEEN asked.since AND %(today)s
GROUP BY 1, 2
"""


def back_test(articles: Sequence[Article], *, actor: Actor, today: date) -> BackTest:
    """Return what `articles` would have done to the past twelve months, for the customers `actor` may see."""
    first_day, last_day = _a_year_before(today), today
    customers = _customers(actor)
    grades, procedures = Grades(), chase_facts().legal_events(None)
    events = [
        _judged_as_then(event, customers, grades, procedures)
        for event in _events(customers, first_day, last_day)
    ]
    judged = judge_events(events, articles)
    counts = dict.fromkeys((Kind.OPENING, Kind.TERMS, Kind.LIMIT, Kind.TEMPORARY), 0)
    for event in events:
        counts[event.proposal.kind] += 1
    breaking = tuple(one for one in judged if one.broken)
    stopped: dict[UUID, date] = {}
    since: dict[UUID, date] = {}
    for one in judged:
        event = one.event
        if one.is_stopped:
            stopped.setdefault(event.customer_id, event.day)
        since.setdefault(event.customer_id, event.day)
    paid = _paid(stopped, {key: day for key, day in since.items() if key not in stopped}, today)
    return BackTest(
        first_day=first_day,
        last_day=last_day,
        events=counts,
        judged=breaking,
        tallies=tallies(judged, articles),
        stopped=paid[True],
        rest=paid[False],
        customers={
            one.event.customer_id: (
                customers[one.event.customer_id].code,
                customers[one.event.customer_id].name,
            )
            for one in breaking
        },
    )


def _a_year_before(day: date) -> date:
    """Return the same day a year before; the 28th for a 29th of February."""
    month = day.replace(year=day.year - 1, day=1)
    return month.replace(day=min(day.day, days_in_month(month)))


@dataclass(frozen=True, slots=True)
class _Known:
    """What is read once of a customer."""

    code: str
    name: str
    country: str
    risk_class: str
    terms: Terms
    has_terms: bool


@dataclass(frozen=True, slots=True)
class _Granted:
    """A limit as it was granted."""

    id: UUID
    amount: Decimal
    insured: Decimal
    currency: str
    first_day: date
    last_day: date | None
    is_temporary: bool
    is_approved: bool


class _Rates:
    """The rates of every day, looked up without a question each."""

    def __init__(self, home: str) -> None:
        self.home = home
        self._days: dict[str, list[date]] = {}
        self._rates: dict[str, list[Decimal]] = {}
        rows = ExchangeRate.objects.order_by("currency", "valid_from")
        for currency, day, rate in rows.values_list("currency", "valid_from", "rate"):
            self._days.setdefault(currency, []).append(day)
            self._rates.setdefault(currency, []).append(rate)

    def on(self, day: date) -> dict[str, Decimal]:
        """Return what one unit of each currency was worth on `day`, the home currency at 1."""
        found = {
            currency: self._rates[currency][place - 1]
            for currency, days in self._days.items()
            if (place := bisect_right(days, day))
        }
        return {**found, self.home: Decimal(1)}


def _customers(actor: Actor) -> dict[UUID, _Known]:
    terms = {row.pk: terms_of(row) for row in PaymentTerms.objects.all()}
    rows = Customer.objects.all()
    if not any(
        one.scope_path == "/" and one.reach is Reach.ALL for one in actor.held(WRITE_CHARTER)
    ):
        rows = rows.visible_to(actor, WRITE_CHARTER)
    columns = ("pk", "code", "name", "country", "risk_class", "terms_id")
    legal = terms_of(None)
    return {
        pk: _Known(code, name, country, risk, terms.get(agreed, legal), agreed is not None)
        for pk, code, name, country, risk, agreed in rows.values_list(*columns)
    }


def _limits() -> dict[UUID, list[_Granted]]:
    """Return every limit that holds or held, by customer, in the order of their days."""
    columns = (
        "customer_id", "pk", "amount", "insured_amount", "currency", "valid_from", "valid_until",
        "is_temporary", "approved_by_id",
    )  # fmt: skip
    found: dict[UUID, list[_Granted]] = {}
    rows = CreditLimit.objects.filter(undone_at=None).order_by("valid_from", "is_temporary")
    for (
        customer,
        pk,
        amount,
        insured,
        currency,
        first,
        last,
        temporary,
        approver,
    ) in rows.values_list(*columns):
        granted = _Granted(
            pk, amount, insured, currency, first, last, temporary, approver is not None
        )
        found.setdefault(customer, []).append(granted)
    return found


def _in_force(limits: Iterable[_Granted], day: date) -> _Granted | None:
    """Return the limit in force on `day`: the one granted last among those that hold, as `limits_on` has it."""
    holding = [
        limit
        for limit in limits
        if limit.first_day <= day and (limit.last_day is None or day <= limit.last_day)
    ]
    return holding[-1] if holding else None


def _events(customers: dict[UUID, _Known], first: date, last: date) -> Iterator[Event]:
    home, _rates_today = home_and_rates(last)
    rates = _Rates(home)
    limits = _limits()
    opened = set()
    for event in _openings(customers, limits, rates, first, last):
        opened.add(event.customer_id)
        yield event
    yield from _terms(customers, opened, home, first, last)
    yield from _with_overdue(list(_granted(customers, limits, rates, first, last)))


def _judged_as_then(
    event: Event,
    customers: dict[UUID, _Known],
    grades: Grades,
    procedures: Mapping[UUID, tuple[LegalEvent, ...]],
) -> Event:
    """Add the grade of the event's day, and whether a procedure ran then."""
    risk_class = customers[event.customer_id].risk_class
    return replace(
        event,
        proposal=replace(
            event.proposal,
            grade=grades.on(event.customer_id, event.day, risk_class),
            is_insolvent=any_running(procedures.get(event.customer_id, ()), event.day),
        ),
    )


def _openings(
    customers: dict[UUID, _Known],
    limits: dict[UUID, list[_Granted]],
    rates: _Rates,
    first: date,
    last: date,
) -> Iterator[Event]:
    for customer, invoice, day, amount, currency, received in _rows(
        _FIRST_INVOICES, first=first, last=last
    ):
        known = customers.get(customer)
        if known is None:
            continue
        limit = _in_force(limits.get(customer, ()), day)
        day_rates = rates.on(day)
        asked, asked_in = (amount, currency) if limit is None else (limit.amount, limit.currency)
        yield Event(
            day,
            customer,
            invoice,
            Proposal(
                kind=Kind.OPENING,
                currency=asked_in,
                amount=asked,
                rate=day_rates.get(asked_in),
                terms=known.terms,
                country=known.country,
                deposit_share=deposit_share(received, amount),
                insured=NOTHING if limit is None else limit.insured,
                **WITHOUT_RECORD,
                has_finance_step=any(
                    one.is_approved and one.first_day <= day for one in limits.get(customer, ())
                ),
            ),
        )


def _terms(
    customers: dict[UUID, _Known], opened: set[UUID], home: str, first: date, last: date
) -> Iterator[Event]:
    for customer, day in _rows(_FIRST_OF_PERIOD, first=first, last=last):
        known = customers.get(customer)
        if known is not None and known.has_terms and customer not in opened:
            asked = Proposal(
                kind=Kind.TERMS,
                currency=home,
                terms=known.terms,
                country=known.country,
            )
            yield Event(day, customer, customer, asked)


def _granted(
    customers: dict[UUID, _Known],
    limits: dict[UUID, list[_Granted]],
    rates: _Rates,
    first: date,
    last: date,
) -> Iterator[Event]:
    for customer, series in limits.items():
        known = customers.get(customer)
        if known is None:
            continue
        for limit in series:
            if not first <= limit.first_day <= last:
                continue
            day_rates = rates.on(limit.first_day)
            before = _in_force(series, limit.first_day - ONE_DAY)
            yield Event(
                limit.first_day,
                customer,
                limit.id,
                Proposal(
                    kind=Kind.TEMPORARY if limit.is_temporary else Kind.LIMIT,
                    currency=limit.currency,
                    amount=limit.amount,
                    rate=day_rates.get(limit.currency),
                    terms=known.terms,
                    country=known.country,
                    insured=limit.insured,
                    **WITHOUT_RECORD,
                    current_limit=NOTHING
                    if before is None
                    else converted(before.amount, before.currency, limit.currency, day_rates),
                ),
            )


def _with_overdue(events: list[Event]) -> Iterator[Event]:
    """Add to each event for how long its customer's oldest invoice was overdue that day, in one question."""
    oldest = dict(
        _rows(
            _OVERDUE,
            places=list(range(len(events))),
            customers=[str(event.customer_id) for event in events],
            days=[event.day for event in events],
        )
    )
    for place, event in enumerate(events):
        late = (event.day - oldest[place]).days if place in oldest else 0
        yield replace(event, proposal=replace(event.proposal, overdue_days=late))


def _paid(stopped: dict[UUID, date], rest: dict[UUID, date], today: date) -> dict[bool, Paid]:
    home, rates = home_and_rates(today)
    together = [*stopped.items(), *rest.items()]
    rows = list(
        _rows(
            _PAID,
            customers=[str(customer) for customer, _since in together],
            since=[since for _customer, since in together],
            stopped=[True] * len(stopped) + [False] * len(rest),
            today=today,
        )
    )
    return {
        flag: _summed([row[1:] for row in rows if row[0] is flag], customers, home, rates)
        for flag, customers in ((True, len(stopped)), (False, len(rest)))
    }


def _summed(
    rows: list[tuple[str, Decimal, Decimal, Decimal, Decimal, Decimal]],
    customers: int,
    home: str,
    rates: dict[str, Decimal],
) -> Paid:
    sums = [NOTHING] * 5
    for currency, *amounts in rows:
        if currency in rates:
            sums = [
                so_far + amount * rates[currency]
                for so_far, amount in zip(sums, amounts, strict=True)
            ]
    invoiced, on_time, judged, unpaid, weighted = sums
    return Paid(
        customers=customers,
        invoiced=Money(invoiced, home).rounded(),
        on_time=Money(on_time, home).rounded(),
        judged=Money(judged, home).rounded(),
        unpaid=Money(unpaid, home).rounded(),
        late_days=weighted / judged if judged else None,
        currencies_left_out=tuple(sorted({row[0] for row in rows} - set(rates))),
    )


def _rows(statement: str, **values: Any) -> Iterator[tuple]:  # type: ignore[type-arg]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        yield from cursor.fetchall()
