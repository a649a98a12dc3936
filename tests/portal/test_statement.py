from datetime import date, timedelta
from decimal import Decimal

import pytest

from dunning.documents.statement import statement_groups
from dunning.rules.content import Section
from kernel.money import Money
from ledger.models import Customer
from portal.documents import statement_view
from portal.queries import CustomerStatement, StatementPart, customer_statement
from tests.cast import TODAY, CustomerMaker, House
from tests.portal.conftest import Account, add_line


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def statement_of(account: Account, *, today: date = TODAY) -> CustomerStatement:
    with account.house.scope():
        return customer_statement(
            Customer.objects.get(pk=account.customer.pk),
            today=today,
        )


def only_part(account: Account) -> StatementPart:
    (part,) = statement_of(account).parts
    return part


def test_the_totals_tell_what_to_pay_what_comes_and_what_is_disputed(account: Account) -> None:
    part = only_part(account)
    assert part.to_pay == eur("1350.00")
    assert part.total_due == eur("1700.00")
    assert part.total_credits == eur("-350.00")
    assert part.total_not_due == eur("900.00")
    assert part.total_disputed == eur("300.00")
    assert part.oldest_days_late == 111
    assert part.next_due_date == TODAY + timedelta(days=30)


def test_the_totals_add_up_to_the_balance(account: Account) -> None:
    part = only_part(account)
    parts = part.to_pay + part.total_not_due + part.total_disputed + part.total_unclaimed
    assert parts == part.balance == eur("2550.00")


def test_every_line_stands_in_one_section(account: Account) -> None:
    part = only_part(account)
    assert [line.number for line in part.late] == ["FA-1", "FA-2", "FA-4"]
    assert [line.number for line in part.disputed] == ["FA-3"]
    assert [line.number for line in part.not_due] == ["FA-5"]
    assert [line.number for line in part.credits] == ["AV-1"]
    assert part.late[1].original == eur("700.00")
    assert part.late[2].claimed == eur("100.00")


def test_a_line_on_its_due_date_is_not_late(house: House, make_customer: CustomerMaker) -> None:
    with house.scope():
        customer = make_customer(house)
        add_line(house, customer, "FA-9", "100.00", due=TODAY)
    part = only_part(Account(house, customer))
    assert part.late == ()
    assert part.not_due[0].days_late == 0


def test_a_line_too_small_to_chase_is_shown_and_not_asked_for(account: Account) -> None:
    with account.house.scope():
        add_line(account.house, account.customer, "FA-6", "4.00")
    part = only_part(account)
    assert [line.number for line in part.unclaimed] == ["FA-6"]
    assert part.to_pay == eur("1350.00")
    assert part.total_unclaimed == eur("4.00")


def test_a_dispute_that_leaves_next_to_nothing_takes_the_whole_line_out(account: Account) -> None:
    with account.house.scope():
        add_line(account.house, account.customer, "FA-6", "100.00", disputed="98.00")
    part = only_part(account)
    assert [line.number for line in part.disputed] == ["FA-3", "FA-6"]
    assert part.total_disputed == eur("400.00")
    assert part.to_pay == eur("1350.00")


def test_currencies_are_never_mixed(account: Account) -> None:
    with account.house.scope():
        add_line(account.house, account.customer, "FA-7", "500.00", currency="USD")
    euros, dollars = statement_of(account).parts
    assert euros.to_pay == eur("1350.00")
    assert dollars.to_pay == Money(Decimal("500.00"), "USD")
    assert dollars.epc_payload == ""


def test_the_transfer_code_asks_for_what_the_page_asks_for(account: Account) -> None:
    part = only_part(account)
    lines = part.epc_payload.split("\n")
    assert lines[5:8] == ["Atelier Fictif SA", "FR7630006000011234567890189", "EUR1350.00"]
    assert part.reference.startswith("RF")


def test_a_credit_balance_has_nothing_to_pay_and_no_code(
    house: House,
    make_customer: CustomerMaker,
) -> None:
    with house.scope():
        customer = make_customer(house)
        from ledger.models import DocumentKind  # noqa: PLC0415

        add_line(house, customer, "AV-9", "-80.00", kind=DocumentKind.CREDIT_NOTE)
    part = only_part(Account(house, customer))
    assert part.to_pay == eur("-80.00")
    assert not part.is_payable
    assert part.epc_payload == ""


def test_the_document_shows_the_amounts_of_the_page(account: Account) -> None:
    statement = statement_of(account)
    (part,) = statement.parts
    view = statement_view(statement, part, language="fr", tenant_name="Atelier")
    sums = {group.name: group.total for group in statement_groups(view)}
    assert sums == {
        "Échu": "1\u202f700,00\xa0€",
        "En litige": "300,00\xa0€",
        "À échoir": "900,00\xa0€",
        "Avoirs et règlements à déduire": "−350,00\xa0€",
    }
    assert view.net == "1\u202f350,00\xa0€"
    assert view.epc_payload == part.epc_payload
    assert {line.section for line in view.content.lines} == set(Section)


def test_a_statement_never_carries_the_secret_of_the_link(account: Account) -> None:
    statement = statement_of(account)
    view = statement_view(statement, statement.parts[0], language="en", tenant_name="Atelier")
    assert view.content.portal_url == ""


@pytest.mark.parametrize("lines", [3, 30])
def test_a_statement_takes_the_same_few_queries_whatever_its_length(
    lines: int,
    house: House,
    make_customer: CustomerMaker,
    django_assert_max_num_queries: object,
) -> None:
    with house.scope():
        customer = make_customer(house)
        for number in range(lines):
            add_line(house, customer, f"FA-{number}", "100.00")
        customer = Customer.objects.select_related("collector").get(pk=customer.pk)
        with django_assert_max_num_queries(5):  # type: ignore[operator]
            customer_statement(customer, today=TODAY)
