"""A message sales are told of is heard a day later, in the walk as in the plan; delicate customers ask for a yes."""

from collections import Counter
from datetime import date, timedelta

import pytest

from accounts.models import Membership
from dunning.models import Care, ContactRule
from dunning.queries.simulation import next_working_days, simulate_tenant
from dunning.rules.history import CareSpan
from dunning.rules.sales import Care as CareRule
from dunning.rules.steps import Mode
from dunning.rules.walk import walk
from ledger.models import Customer
from tests.dunning.conftest import Chase
from tests.dunning.invented_month import Month, said
from tests.dunning.test_walk import STANDARD, customer, first_step, frame, line

DUE = date(2026, 10, 17)  # a Saturday: the first message is due on Tuesday the 20th
TUESDAY = date(2026, 10, 20)
ALWAYS = date(2026, 1, 1)


def days(*care: CareSpan, has_nobody_to_tell: bool = False) -> tuple[date, Mode]:
    """Return when the first message is heard, and who lets it go."""
    history = customer(line(DUE), care=care, is_known=True, has_nobody_to_tell=has_nobody_to_tell)
    step = walk(history, STANDARD, frame(DUE, 20)).steps[0]
    return step.day, step.mode


def test_sales_have_until_the_evening_and_it_leaves_the_next_morning() -> None:
    assert first_step(DUE) == TUESDAY
    assert days() == (TUESDAY, Mode.AUTO)
    assert days(CareSpan(CareRule.PROTECTED, ALWAYS)) == (TUESDAY + timedelta(days=1), Mode.AUTO)


def test_protection_counts_from_its_first_day_to_its_last() -> None:
    over = CareSpan(CareRule.PROTECTED, ALWAYS, TUESDAY - timedelta(days=1))
    later = CareSpan(CareRule.PROTECTED, TUESDAY + timedelta(days=1))
    assert days(over, later) == (TUESDAY, Mode.AUTO)


def test_delicate_relationships_and_nobody_to_tell_ask_for_a_yes_and_delay_nothing() -> None:
    assert days(CareSpan(CareRule.DELICATE, ALWAYS)) == (TUESDAY, Mode.CONFIRM)
    protected = CareSpan(CareRule.PROTECTED, ALWAYS)
    assert days(protected, has_nobody_to_tell=True) == (TUESDAY, Mode.CONFIRM)


@pytest.mark.django_db
def test_the_next_ten_days_foresee_protected_customers_as_the_plan_treats_them(
    chase: Chase,
) -> None:
    rep = chase.house.member("sales_rep")
    month = Month(chase, 6, date(2026, 10, 5), opens_daily=False)
    month.begin()
    with chase.house.scope():
        assert Membership.objects.filter(pk=rep, state="active").exists()
        Customer.objects.update(sales_rep=rep)
        protected = Customer.objects.order_by("code")[::2]
        ContactRule.objects.bulk_create(
            ContactRule(customer=each, kind=Care.PROTECTED, reason="Key account", from_date=ALWAYS)
            for each in protected
        )
    month.live(20)
    today = date(2026, 10, 25)
    with chase.house.scope():
        span = next_working_days(today=today)
        foreseen = simulate_tenant(span)
    month.live(13, since=today, is_quiet=True)
    new = Counter(said(step) for step in foreseen.steps if not step.is_let_go)
    assert new == Counter(month.told_between(today, span.last_day))
    heard = {
        step.day for step in foreseen.steps if step.customer_id in {each.pk for each in protected}
    }
    assert heard
