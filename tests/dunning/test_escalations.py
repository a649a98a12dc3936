"""Sales, credit managers and directors read of customers who get very late: once, and only of theirs (DOMAIN 5.2)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from dunning.models import Run, SideMail
from dunning.rules.escalation import (
    LateClaim,
    is_digest_due,
    is_for_director,
    is_for_manager,
    is_for_sales,
)
from dunning.services.escalations import tell_house
from ledger.models import Customer
from tests.dunning.conftest import NOW, TODAY, Chase

DAY = timedelta(days=1)


def claim(days_late: int, amount: str = "5001") -> LateClaim:
    return LateClaim(TODAY - timedelta(days=days_late), Decimal(amount))


@pytest.mark.parametrize(
    ("days_late", "amount", "runs_ago", "expected"),
    [
        (19, "9000", 1, False),
        (20, "9000", 1, True),
        (20, "5000", 1, False),  # more than five thousand
        (21, "9000", 1, False),  # told yesterday
        (21, "9000", 2, True),  # nothing ran yesterday
    ],
)
def test_sales_are_asked_on_day_20_about_large_claims(
    days_late: int, amount: str, runs_ago: int, *, expected: bool
) -> None:
    given = claim(days_late, amount)
    assert is_for_sales(given, today=TODAY, last_run=TODAY - runs_ago * DAY) is expected


@pytest.mark.parametrize(("days_late", "expected"), [(39, False), (40, True), (41, False)])
def test_credit_managers_are_told_on_day_40_whatever_the_amount(
    days_late: int, *, expected: bool
) -> None:
    given = claim(days_late, "1")
    assert is_for_manager(given, today=TODAY, last_run=TODAY - DAY) is expected


def test_the_digest_holds_what_is_more_than_sixty_days_late() -> None:
    assert [is_for_director(claim(days), today=TODAY) for days in (60, 61, 300)] == [
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("today", "last_run", "expected"),
    [
        (date(2026, 11, 2), date(2026, 11, 1), True),  # a Monday after a Sunday
        (date(2026, 11, 3), date(2026, 11, 2), False),
        (date(2026, 11, 3), date(2026, 10, 30), True),  # nothing ran on Monday
    ],
)
def test_the_digest_is_written_by_the_first_run_of_a_week(
    today: date, last_run: date, *, expected: bool
) -> None:
    assert is_digest_due(today=today, last_run=last_run) is expected


def late_customer(chase: Chase, code: str, days: int, amount: str) -> Customer:
    customer = chase.customer(code)
    chase.line(customer, days, amount)
    return customer


def mails(chase: Chase) -> list[tuple[str, str]]:
    with chase.house.scope():
        found = SideMail.objects.filter(kind="escalation").select_related("member")
        return sorted((mail.member.email, mail.text) for mail in found if mail.member)


def tell(chase: Chase, today: date = TODAY) -> int:
    with chase.house.scope():
        return tell_house(today=today, now=NOW)


def test_each_reads_once_of_his_own_customers(chase: Chase) -> None:
    rep, manager, director = (
        chase.person(role) for role in ("sales_rep", "credit_manager", "executive")
    )
    mine = late_customer(chase, "L20", 20, "9000")
    late_customer(chase, "X20", 20, "9000")  # nobody's customer
    late_customer(chase, "L40", 40, "50")
    late_customer(chase, "L61", 61, "700")
    with chase.house.scope():
        Customer.objects.filter(pk=mine.pk).update(sales_rep=rep.membership_id)
        Run.objects.create(run_date=TODAY - 7 * DAY, started_at=NOW)
        Run.objects.create(run_date=TODAY - DAY, started_at=NOW)
    assert tell(chase) == 2  # it is Thursday, and the digest of the week was written before
    assert tell(chase) == 0
    told = dict(mails(chase))
    assert set(told) == {rep.email, manager.email}
    assert "L20" in told[rep.email]
    assert "X20" not in told[rep.email]
    assert "L40" in told[manager.email]
    with chase.house.scope():
        Run.objects.exclude(run_date=TODAY - 7 * DAY).delete()
        SideMail.objects.all().delete()
    assert tell(chase) == 3
    assert "L61" in dict(mails(chase))[director.email]


def test_what_is_kept_out_of_the_chase_is_nobodys_escalation(chase: Chase) -> None:
    chase.person("credit_manager")
    customer = late_customer(chase, "L40", 40, "900")
    chase.pause(customer)
    assert tell(chase) == 0
