"""The page and the message of the same second show the same amounts (DOMAIN 5.5, invariant 9)."""

from decimal import Decimal

from dunning.queries import contents
from dunning.queries.lines import open_lines_of
from dunning.rules.grouping import line_standing
from dunning.rules.policy import DEFAULT_POLICY
from dunning.rules.steps import ScenarioRules
from ledger.models import Customer
from portal.queries import customer_statement
from tests.cast import TODAY
from tests.portal.conftest import Account, add_line


def test_a_message_claims_what_the_page_asks_for(account: Account) -> None:
    with account.house.scope():
        add_line(account.house, account.customer, "FA-6", "100.00", disputed="98.00")
        add_line(account.house, account.customer, "FA-7", "4.00")
        customer = Customer.objects.get(pk=account.customer.pk)
        (part,) = customer_statement(customer, today=TODAY).parts
        basis = contents.ContentBasis(
            lines=open_lines_of(
                customer_id=customer.pk,
                entity_id=account.house.entity_id,
                currency="EUR",
                today=TODAY,
                policy=DEFAULT_POLICY,
            ),
            today=TODAY,
            euro_rate=Decimal(1),
            policy=DEFAULT_POLICY,
            scenario=ScenarioRules("Standard", 1, ()),
            announcement=None,
        )
        standings = [
            line_standing(line, euro_rate=Decimal(1), policy=DEFAULT_POLICY) for line in basis.lines
        ]
        lines = contents._content_lines(standings, basis, is_preventive=False)
    totals = contents.totals_of(lines, is_preventive=False)
    assert totals.net == part.to_pay.amount == Decimal("1350.00")
    assert totals.due == part.total_due.amount
    assert totals.credits == part.total_credits.amount
    assert totals.disputed == part.total_disputed.amount
    assert totals.not_due == part.total_not_due.amount
    assert contents._claimed_numbers(lines) == [line.number for line in part.late]
