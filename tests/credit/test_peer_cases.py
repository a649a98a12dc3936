"""The published cases of another system's credit risk, replayed with ours; where ours differs, the test says why.

Read in place from the folder of real files, whose README names its source; without it these tests skip with a word.
"""

import csv
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from credit.rules.charter import Article, Check, Kind, Proposal, breaches
from credit.rules.exposure import Parts, headroom, together
from kernel.money import Money

INVOICE = Decimal(550)  # 500 and 10 % of tax: whoever does not pay owes the tax too
RATES = {"EUR": Decimal(1)}


@pytest.fixture
def cases(shared_data: Path) -> dict[str, str]:
    with (shared_data / "peer_cases/credit_risk_oca/case.csv").open() as file:
        return {row["case"]: row["expected"] for row in csv.DictReader(file)}


def risk(draft: Decimal, unpaid: Decimal) -> str:
    """Return an exposure in the words of the table; what they call a draft is delivered and not invoiced here."""
    parts = Parts(invoiced=unpaid, delivered=draft)
    return f"draft {parts.delivered}, unpaid {parts.invoiced}, total {parts.total}"


def word(*, is_beyond: bool) -> str:
    return "exceeded" if is_beyond else "not exceeded"


def test_what_is_not_invoiced_yet_counts_as_what_is(cases: dict[str, str]) -> None:
    assert "draft risk 550, total 550" in cases["draft counted"]
    assert risk(INVOICE, Decimal(0)).endswith("total 550")
    assert risk(Decimal(0), INVOICE) == cases["unpaid past due"]


def test_a_limit_is_exceeded_by_the_whole(cases: dict[str, str]) -> None:
    for limit in (100, 1100):
        room = headroom(Money(Decimal(limit), "EUR"), {"EUR": Money(INVOICE, "EUR")}, RATES)
        assert word(is_beyond=room.is_over) == cases[f"limit {limit}"]


def test_what_is_overdue_has_a_bound_of_its_own(cases: dict[str, str]) -> None:
    """There a limit by kind of risk; here an article of the charter, which says why and from which age on.

    The age is ours on purpose (DOMAIN 5.2, days of grace): there one day late is enough, which is 0 days here.
    """
    late = Proposal(Kind.ORDER, "EUR", amount=Decimal(1), overdue_days=1, overdue_amount=INVOICE)
    bound = Article(1, Check.NO_ORDER_WHILE_OVERDUE, {"days": 0, "amount": Decimal(499)})
    assert word(is_beyond=bool(breaches(late, [bound]))) == cases["unpaid sub-limit"]
    assert not breaches(replace(late, overdue_amount=Decimal(499)), [bound])


def test_what_an_address_of_the_same_company_owes_is_the_companys(cases: dict[str, str]) -> None:
    """There two contacts add up; here they are one customer, and the companies of a group add up (DOMAIN 2.1 no 6)."""
    company, address = {"EUR": Parts(invoiced=INVOICE)}, {"EUR": Parts(delivered=INVOICE)}
    whole = together([company, address])["EUR"]
    assert f"rolls up: draft {whole.delivered}, unpaid {whole.invoiced}" == cases["contact roll-up"]
