"""Simulating: a past month is what the plan did in it, nobody hears more than the rules allow, nothing is written."""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

import pytest
from django.db import connection

from accounts.services.archives import walled_models
from disputes.models import Dispute
from dunning.models import Reminder, Scenario, ScenarioAssignment, ScenarioVersion, Step
from dunning.queries.simulation import (
    SimulationRefused,
    Span,
    next_working_days,
    scenario_version,
    simulate_tenant,
    simulate_version,
)
from dunning.rules.coverage import Tally
from dunning.rules.simulated import Simulation, differences
from dunning.rules.steps import Channel
from dunning.services.barriers import walk_to_sent
from dunning.services.scenarios import default_version
from ledger.models import Customer, DueLine
from ledger.queries import lines_as_of
from tests.dunning.conftest import NOW, TODAY, Chase
from tests.dunning.invented_month import Month, said

# Autumn with its change of clocks and two holidays, May with three, a February of 29 days, the spring change of clocks.
MONTHS = {
    0: date(2026, 10, 12),
    1: date(2026, 4, 20),
    2: date(2024, 2, 5),
    3: date(2026, 3, 16),
}
BEFORE, DAYS = 14, 31
FIVE_DAYS = 5


@pytest.mark.parametrize("opens_daily", [True, False], ids=["every day", "by the calendar"])
@pytest.mark.parametrize("seed", MONTHS)
def test_a_past_month_is_what_the_plan_did_day_by_day(
    chase: Chase, seed: int, *, opens_daily: bool
) -> None:
    """Message by message: day, customer, entity, currency, step, amount, who lets it go, lines named.

    The real plan is made every morning while the ledger changes under it, and what it lets go leaves as a worker
    would send it. The simulation is asked afterwards, when all is known, and begins in the middle: its memory is
    what was really taken until then. Two things are the same on purpose only because the month is lived as the
    simulation supposes: people make calls and post letters on the first working day of the customer's country and
    decide at once, and nobody lets a message wait, not even in a run held for its volume.
    """
    month = Month(chase, seed, MONTHS[seed], opens_daily)
    month.begin()
    month.live(BEFORE + DAYS)
    first = MONTHS[seed] + timedelta(days=BEFORE)
    last = first + timedelta(days=DAYS - 1)
    with chase.house.scope():
        found = simulate_tenant(
            Span(first, last, last + timedelta(days=1), opens_daily=opens_daily)
        )
    simulated, real = Counter(map(said, found.steps)), Counter(month.told_between(first, last))
    assert simulated - real == Counter()
    assert real - simulated == Counter()
    assert real.total() > 15
    for each in found.days:
        covered = month.covered[each.day]
        assert parts(each.coverage) == (covered.overdue, covered.chased, covered.left_out), each.day


def parts(coverage: Mapping[str, Tally]) -> tuple[object, object, object]:
    """Return simulated coverage as the plan tells its own: what is overdue, chased, and left out by reason."""
    left_out: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for currency, each in coverage.items():
        for reason, amount in each.left_out.items():
            left_out[reason][currency] = amount
    chased = {currency: each.chased for currency, each in coverage.items() if each.chased}
    return {currency: each.overdue for currency, each in coverage.items()}, chased, left_out


def test_what_is_overdue_each_past_day_is_what_the_ledger_says(chase: Chase) -> None:
    month = Month(chase, 5, date(2026, 9, 7), opens_daily=True)
    month.begin()
    month.live(40)
    last = month.first_day + timedelta(days=39)
    with chase.house.scope():
        found = simulate_tenant(Span(month.first_day, last, last, begins_empty=True))
        for each in found.days:
            expected: dict[str, Decimal] = {}
            for line in lines_as_of(each.day).filter(kind="invoice", due_date__lt=each.day):
                owed = vars(line)["open_then"]
                expected[line.currency] = expected.get(line.currency, Decimal(0)) + owed
            assert {key: one.overdue for key, one in each.coverage.items()} == expected
            for one in each.coverage.values():
                assert one.chased == one.overdue - sum(one.left_out.values())


def test_the_next_ten_working_days_are_what_then_happens_if_nobody_pays(chase: Chase) -> None:
    month = Month(chase, 6, date(2026, 10, 5), opens_daily=False)
    month.begin()
    month.live(20)
    today = date(2026, 10, 25)
    with chase.house.scope():
        span = next_working_days(today=today)
        foreseen = simulate_tenant(span)
    assert (span.first_day, span.last_day) == (today, date(2026, 11, 6))
    month.live(13, since=today, is_quiet=True)
    new = Counter(said(step) for step in foreseen.steps if not step.is_let_go)
    assert new == Counter(month.told_between(today, span.last_day))
    assert new.total() > FIVE_DAYS


def test_what_was_confirmed_before_is_foreseen_once(chase: Chase) -> None:
    chase.line(chase.customer(), 12)
    friday = date(2026, 10, 30)
    chase.plan(friday, opens_now=False, now=datetime(2026, 10, 30, 4, 0, tzinfo=UTC))
    with chase.house.scope():
        Reminder.objects.update(state="ready")
        found = simulate_tenant(Span(friday, date(2026, 11, 6), friday))
    (step,) = found.steps
    assert (step.day, step.is_let_go, step.amount) == (date(2026, 11, 3), True, 1000)
    assert found.collisions == []


@pytest.mark.parametrize("today", [date(2026, 11, 2), date(2026, 11, 20)], ids=["ahead", "past"])
def test_what_waits_for_its_window_on_the_first_day_goes_first(chase: Chase, today: date) -> None:
    """Planned on Friday for Tuesday, it keeps the customer's other debt waiting, though that one is later by then."""
    friday, monday, tuesday = date(2026, 10, 30), date(2026, 11, 2), date(2026, 11, 3)
    customer = chase.customer()
    chase.line(customer, 3, "900", today=friday)
    chase.line(customer, 9, "100", currency="USD", today=friday)
    chase.plan(friday, opens_now=False, now=datetime(2026, 10, 30, 4, 0, tzinfo=UTC))
    with chase.house.scope():
        if today > tuesday:
            walk_to_sent(Reminder.objects.get(), now=datetime(2026, 11, 3, 8, 0, tzinfo=UTC))
        found = simulate_tenant(Span(monday, date(2026, 11, 12), today))
    assert (found.steps[0].day, found.steps[0].currency) == (tuesday, "EUR")


def portfolio(chase: Chase, lines: int = 1000) -> None:
    """Make a portfolio of one entity in euros: late and coming lines, one in eight contested."""
    dice = random.Random(41)  # noqa: S311  the same portfolio every time
    customers = [chase.customer(f"C{number:03d}") for number in range(lines // 8)]
    with chase.house.scope():
        for number in range(lines):
            amount = dice.choice(["3", "30", "60", "700", "2500.50", "5000", "9999.99"])
            customer = dice.choice(customers)
            line = chase.add_line(customer, dice.randint(-40, 80), amount)
            if dice.random() < 1 / 8:
                closed = dice.choice([None, TODAY + timedelta(days=9)])
                Dispute.objects.create(
                    number=number + 1,
                    due_line=line,
                    customer=customer,
                    amount=(line.amount * Decimal(dice.choice(["0.2", "0.7", "1"]))).quantize(
                        Decimal("0.01")
                    ),
                    currency="EUR",
                    type="price",
                    opened_date=TODAY - timedelta(days=3),
                    closed_date=closed,
                    outcome="withdrawn" if closed else "",
                )


def test_of_a_thousand_lines_nobody_hears_twice_in_five_days_and_no_disputed_euro_is_asked_for(
    chase: Chase,
) -> None:
    portfolio(chase)
    with chase.house.scope():
        default_version()
        version = scenario_version("standard-b2b")
        found = simulate_version(version, Span(TODAY, TODAY + timedelta(days=60), TODAY))
        lines = {line.pk: line for line in DueLine.objects.all()}
        disputes = list(Dispute.objects.all())
    assert found.collisions == []
    days: dict[UUID, list[date]] = defaultdict(list)
    for step in found.steps:
        if step.step.channel.is_contact:
            days[step.customer_id].append(step.day)
            claimable = (lines[each].open_amount for each in step.lines)
            contested = contested_on(step.day, disputes)
            assert step.amount == sum(claimable) - sum(contested.get(key, 0) for key in step.lines)
    for theirs in days.values():
        gaps = [(later - earlier).days for earlier, later in pairwise(theirs)]
        assert min(gaps, default=FIVE_DAYS) >= FIVE_DAYS
    assert sum(map(len, days.values())) > len(days) > 100
    for day in found.days:
        sums = day.coverage["EUR"]
        overdue = [line for line in lines.values() if line.due_date < day.day]
        assert sums.overdue == sum(line.open_amount for line in overdue)
        assert sums.chased == sums.overdue - sum(sums.left_out.values())
        contested = contested_on(day.day, disputes)
        out = sum(amount for key, amount in contested.items() if lines[key].due_date < day.day)
        assert sums.left_out.get("disputed", 0) >= out - 5 * len(contested)
        assert sums.chased <= sums.overdue - out


def contested_on(day: date, disputes: list[Dispute]) -> dict[UUID, Decimal]:
    """Return what is contested of each line, with the three days of grace after a decision."""
    return {
        each.due_line_id: each.amount
        for each in disputes
        if each.closed_date is None or day < each.closed_date + timedelta(days=3)
    }


def test_simulating_twice_gives_the_same_and_writes_nothing(chase: Chase) -> None:
    month = Month(chase, 7, date(2026, 9, 1), opens_daily=False)
    month.begin()
    month.live(10)
    span = Span(month.first_day, date(2026, 9, 30), date(2026, 9, 10))
    before = contents(chase)
    with chase.house.scope():
        first, again = simulate_tenant(span), simulate_tenant(span)
    assert first == again
    assert len(first.steps) > FIVE_DAYS
    assert contents(chase) == before
    with chase.house.scope(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_read_only = on")
        assert simulate_tenant(span) == first
        version = scenario_version("risky")
        assert simulate_version(version, span).customer_count < first.customer_count


def contents(chase: Chase) -> dict[str, tuple[int, str]]:
    """Return how many rows each table of the tenant holds, with a digest of them."""
    found = {}
    with chase.house.scope(), connection.cursor() as cursor:
        for model in walled_models():
            table = model._meta.db_table
            cursor.execute(
                f"SELECT count(*), md5(string_agg(t::text, ' ' ORDER BY id)) FROM {table} t"
            )
            found[table] = cursor.fetchone()
    return found


def test_a_statement_is_not_asked_per_customer(chase: Chase) -> None:
    with chase.house.scope():
        default_version()
    counts = []
    for size in (2, 20):
        for number in range(size):
            chase.line(chase.customer(f"S{size}-{number}"), 12)
        with chase.house.scope():
            before = len(connection.queries_log)
            connection.force_debug_cursor = True
            simulate_tenant(Span(TODAY, TODAY + timedelta(days=30), TODAY))
            connection.force_debug_cursor = False
            counts.append(len(connection.queries_log) - before)
    assert counts[0] == counts[1] < 20


@pytest.fixture
def three_followers(chase: Chase) -> Chase:
    """Two customers on the default scenario and one on another, each with a line that is 12 days late."""
    with chase.house.scope():
        default_version()
    for code in ("C001", "C002", "C003"):
        chase.line(chase.customer(code), 12)
    with chase.house.scope():
        ScenarioAssignment.objects.create(
            customer=Customer.objects.get(code="C003"),
            scenario=Scenario.objects.get(code="risky"),
            since_date=date(2026, 1, 1),
        )
    return chase


def draft_of(version: ScenarioVersion, *offsets: int) -> ScenarioVersion:
    draft = ScenarioVersion.objects.create(scenario=version.scenario, number=2, is_draft=True)
    for number, offset in enumerate(offsets, start=1):
        Step.objects.create(
            version=draft, number=number, offset_days=offset, channel="email", level=number,
            stage="amicable", mode="auto", register="courteous",
        )  # fmt: skip
    return draft


def days_and_levels(found: Simulation) -> dict[UUID, list[tuple[date, int]]]:
    return {
        key: [(step.day, step.step.level) for step in steps]
        for key, steps in found.by_customer.items()
    }


def test_a_draft_is_tried_on_those_who_follow_its_scenario(three_followers: Chase) -> None:
    span = Span(TODAY, TODAY + timedelta(days=20), TODAY, opens_daily=True)
    with three_followers.house.scope():
        version = default_version()
        draft = draft_of(version, 5, 15, 25)
        published, tried = simulate_version(version, span), simulate_version(draft, span)
        codes = dict(Customer.objects.values_list("code", "pk"))
        assert scenario_version("standard-b2b") == version
        assert scenario_version(str(draft.pk)) == draft
    assert published.customer_count == tried.customer_count == 2
    due = TODAY - timedelta(days=12)
    after = [
        (TODAY, 1),
        (TODAY + timedelta(days=5), 2),
        (due + timedelta(days=25), 3),
    ]  # once the gap is over
    assert days_and_levels(tried) == {codes["C001"]: after, codes["C002"]: after}
    found = differences(published, tried)
    assert {each.customer_id for each in found} == {codes["C001"], codes["C002"]}
    assert differences(tried, tried) == []


def test_two_versions_stand_side_by_side_over_the_same_customers(three_followers: Chase) -> None:
    span = Span(TODAY, TODAY + timedelta(days=20), TODAY)
    with three_followers.house.scope():
        everybody = list(Customer.objects.values_list("pk", flat=True))
        both = [
            simulate_version(scenario_version(code), span, customers=everybody)
            for code in ("standard-b2b", "small-amounts")
        ]
    assert [each.customer_count for each in both] == [3, 3]
    assert [{step.step.number for step in each.steps} for each in both] == [{3, 4, 5}, {1, 2}]


def test_a_step_before_the_draft_is_never_sent_to_who_was_chased(three_followers: Chase) -> None:
    """A new version takes no step for days before it, should a line stand between two of its steps."""
    with three_followers.house.scope():
        version = default_version()
        draft = draft_of(version, 3, 10, 11, 40)
    three_followers.plan(TODAY - timedelta(days=1))
    with three_followers.house.scope():
        for state in ("ready", "claimed", "handing", "sent"):
            lease = NOW if state in {"claimed", "handing"} else None
            Reminder.objects.update(state=state, lease_until=lease)
        Reminder.objects.update(sent_at=NOW - timedelta(days=1))
        span = Span(TODAY, TODAY + timedelta(days=30), TODAY, opens_daily=True)
        found = simulate_version(draft, span)
    due = TODAY - timedelta(days=12)
    assert {step.day for step in found.steps} == {due + timedelta(days=40)}


def test_sums_tell_channels_levels_and_the_busiest_day(three_followers: Chase) -> None:
    with three_followers.house.scope():
        version = default_version()
        found = simulate_version(version, Span(TODAY, TODAY + timedelta(days=40), TODAY))
    assert found.totals.messages == {Channel.EMAIL: 4, Channel.REGISTERED_LETTER: 2}
    assert (found.totals.calls, found.totals.decisions) == (2, 0)
    assert found.totals.amounts == {"EUR": 8000}
    assert [(each.level, each.count, each.share) for each in found.by_level] == [
        (2, 4, Decimal("0.5")),
        (3, 2, Decimal("0.25")),
        (4, 2, Decimal("0.25")),
    ]
    assert found.peak_day is not None
    assert found.peak_day.day == TODAY
    assert [each.day for each in found.days_over(1)] == [
        step.day for step in found.steps if step.step.channel is Channel.CALL
    ][:1]
    assert sum(each.sums.message_count for each in found.days) == found.totals.message_count


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (TODAY, TODAY - timedelta(days=1), "before it"),
        (TODAY - timedelta(days=366), TODAY, "takes 366 at most"),
        (date(1, 1, 1), date(1, 2, 1), "1970-01-01"),
        (date(9998, 1, 1), date(9999, 12, 31), "takes 366 at most"),
    ],
)
def test_days_that_cannot_be_simulated_are_refused(
    chase: Chase, first: date, last: date, words: str
) -> None:
    with chase.house.scope():
        default_version()
        with pytest.raises(SimulationRefused, match=words):
            simulate_tenant(Span(first, last, TODAY))
