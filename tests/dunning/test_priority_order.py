"""The order of the agenda as the database works it out: the same as the rule, learnt from the tenant's own lines."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from dunning.models import PaymentOdds, Reminder
from dunning.queries.agenda import tasks_of_people, to_confirm, waiting_for
from dunning.queries.priority import by_priority, chance_of, priority_of
from dunning.rules.priority import EVEN, PaidInTime, Standing, priority, shrunk_chance
from dunning.services.learning import learn, learn_if_missing
from dunning.services.worker import learn_in_the_night
from ledger.models import Allocation, Customer, DueLine
from tests.cast import House
from tests.dunning.conftest import TODAY, Chase

RATES = {"EUR": Decimal(1)}


def paid_line(chase: Chase, customer: Customer, *, due_days_ago: int, paid_after: int) -> None:
    """Add a line that fell due some days ago and was paid so many days after its due date."""
    line = chase.line(customer, due_days_ago)
    with chase.house.scope():
        DueLine.objects.filter(pk=line.pk).update(
            open_amount=0, is_open=False, cleared_date=line.due_date + timedelta(days=paid_after)
        )


def learnt(chase: Chase) -> None:
    with chase.house.scope():
        learn(today=TODAY)


def test_a_chance_is_learnt_from_lines_that_had_their_thirty_days(chase: Chase) -> None:
    customer = chase.customer("C1", risk_class="D")
    for paid_after in (5, 20, 40, 80):
        paid_line(chase, customer, due_days_ago=200, paid_after=paid_after)
    paid_line(chase, customer, due_days_ago=25, paid_after=10)  # not thirty days ago: not counted
    paid_line(chase, customer, due_days_ago=500, paid_after=90)  # longer than a year ago
    chase.line(customer, 60)
    learnt(chase)
    with chase.house.scope():
        fresh = PaymentOdds.objects.get(customer=customer, lateness="fresh")
        old = PaymentOdds.objects.get(customer=customer, lateness="old")
    # Open one day late: five lines, the open one of sixty days included; paid by day 31: those of 5 and 20 days.
    assert (fresh.lines, fresh.paid) == (5, 2)
    # Open 46 days late and older than 76 days: the one paid after eighty days alone, not by day 76.
    assert (old.lines, old.paid) == (1, 0)


def test_a_line_settled_by_a_credit_note_teaches_nothing(chase: Chase) -> None:
    customer = chase.customer("C1")
    line = chase.line(customer, 100, "500")
    note = chase.line(customer, 100, "-500", kind="credit_note")
    chase.line(customer, 5)
    with chase.house.scope():
        Allocation.objects.create(
            debit_line=line, credit_line=note, amount=500, effective_date=line.due_date
        )
        DueLine.objects.filter(pk__in=[line.pk, note.pk]).update(
            open_amount=0, is_open=False, cleared_date=line.due_date + timedelta(days=3)
        )
    learnt(chase)
    with chase.house.scope():
        assert PaymentOdds.objects.get(customer=customer, lateness="fresh").lines == 0


def test_a_newcomer_gets_the_chance_of_his_kind(chase: Chase) -> None:
    known, new = chase.customer("C1"), chase.customer("C2")
    for _each in range(40):
        paid_line(chase, known, due_days_ago=100, paid_after=5)
    chase.line(known, 12)
    chase.line(new, 12)
    learnt(chase)
    with chase.house.scope():
        chance = chance_of(new.pk, 12)
    assert chance.own == PaidInTime(0, 0)
    assert chance.value == chance.segment_chance > Decimal("0.9")


def test_what_nobody_learnt_yet_counts_as_even(chase: Chase, house: House) -> None:
    chase.line(chase.customer("C1"), 12, "900")
    chase.plan()
    with house.scope():
        row = by_priority(Reminder.objects.all(), rates=RATES).get()
    assert row.chance == EVEN  # type: ignore[attr-defined]


def test_the_risky_and_the_unlikely_come_first(chase: Chase, house: House) -> None:
    """R36, on the page's own lists: nine in ten not to pay weighs more than class D, and both more than promptness."""
    slow = chase.customer("SLOW", risk_class="A")
    risky = chase.customer("RISKY", risk_class="D")
    prompt = chase.customer("PROMPT", risk_class="A")
    small = chase.customer("SMALL", risk_class="D")
    for _each in range(30):
        paid_line(chase, prompt, due_days_ago=100, paid_after=10)
        paid_line(chase, slow, due_days_ago=100, paid_after=70)
    for customer, amount in ((slow, "9000"), (risky, "9000"), (prompt, "9000"), (small, "100")):
        chase.line(customer, 12, amount)
    chase.plan()
    learnt(chase)
    manager = house.actor("credit_manager")
    with house.scope():
        ordered = by_priority(to_confirm(manager), rates=RATES)
        assert [row.customer.code for row in ordered] == ["SLOW", "RISKY", "PROMPT", "SMALL"]
        assert waiting_for(manager, today=TODAY)[0].customer.code == "SLOW"


amounts = st.decimals("1", "100000", places=2)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    amount=amounts,
    days_late=st.integers(-40, 200),
    risk_class=st.sampled_from(["", "A", "B", "C", "D"]),
    lines=st.integers(0, 60),
    paid_share=st.integers(0, 100),
    segment=st.decimals("0", "1", places=6),
    rate=st.decimals("0.01", "100", places=4),
)
def test_the_database_scores_as_the_rule_does(
    house: House,
    one_reminder: Reminder,
    *,
    amount: Decimal,
    days_late: int,
    risk_class: str,
    lines: int,
    paid_share: int,
    segment: Decimal,
    rate: Decimal,
) -> None:
    paid = lines * paid_share // 100
    with house.scope():
        Customer.objects.update(risk_class=risk_class)
        Reminder.objects.update(amount=amount, days_late=days_late)
        PaymentOdds.objects.all().delete()
        PaymentOdds.objects.bulk_create(
            PaymentOdds(
                customer_id=one_reminder.customer_id,
                lateness=lateness,
                lines=lines,
                paid=paid,
                segment_chance=segment,
                learnt_date=TODAY,
            )
            for lateness in ("before_due", "fresh", "middle", "old")
        )
        row = by_priority(Reminder.objects.select_related("customer"), rates={"EUR": rate}).get()
        found = priority_of(row, usual_amount=amount)
    expected = priority(
        Standing(
            amount * rate, days_late, shrunk_chance(PaidInTime(lines, paid), segment), risk_class
        ),
        usual_amount=amount,
    )
    stored: Decimal = row.score  # type: ignore[attr-defined]
    assert stored == pytest.approx(expected.score, rel=Decimal("1e-9"), abs=Decimal("1e-6"))
    assert found.score == pytest.approx(expected.score, rel=Decimal("1e-9"), abs=Decimal("1e-6"))


@pytest.fixture
def one_reminder(chase: Chase) -> Reminder:
    """Plan one reminder; the examples change it."""
    chase.line(chase.customer("C1"), 12, "900")
    chase.plan()
    (reminder,) = chase.reminders()
    return reminder


def test_a_night_learns_once(chase: Chase, house: House) -> None:
    chase.line(chase.customer("C1"), 12)
    with house.scope():
        assert learn_if_missing(today=TODAY)
        assert not learn_if_missing(today=TODAY)
        assert learn_if_missing(today=TODAY + timedelta(days=1))
        assert PaymentOdds.objects.count() == 4


def test_the_worker_learns_after_four_in_the_tenants_own_time(chase: Chase, house: House) -> None:
    chase.line(chase.customer("C1"), 12)
    before, after = (datetime(2026, 10, 29, hour, 30, tzinfo=UTC) for hour in (2, 3))
    assert not learn_in_the_night(house.tenant_id, now=before)
    assert learn_in_the_night(house.tenant_id, now=after)
    assert not learn_in_the_night(house.tenant_id, now=after + timedelta(minutes=1))
    with house.scope():
        assert PaymentOdds.objects.exists()


def test_another_tenant_learns_nothing_from_these_lines(
    chase: Chase, house: House, other_house: House
) -> None:
    paid_line(chase, chase.customer("C1"), due_days_ago=100, paid_after=5)
    with other_house.scope():
        learn(today=TODAY)
        assert not PaymentOdds.objects.exists()


def test_a_list_by_priority_costs_one_question(
    chase: Chase, house: House, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(6):
        chase.line(chase.customer(f"C{number}"), 22, "900")
    chase.plan()
    learnt(chase)
    manager = house.actor("credit_manager")
    with house.scope(), django_assert_max_num_queries(1):
        rows = list(by_priority(tasks_of_people(manager), rates=RATES))
        assert len([priority_of(row, usual_amount=Decimal(900)) for row in rows]) == 6
