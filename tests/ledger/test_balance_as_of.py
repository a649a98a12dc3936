"""What was owed on any past day is exact (DOMAIN 3.0): the queries of `ledger.queries.balances`."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest

from accounts.models import Scope, ScopeKind
from kernel.money import Money
from ledger.models import Allocation, Customer, Document, DueLine, Perimeter
from ledger.queries import balance_as_of, customer_position, differences, lines_as_of, open_lines
from ledger.queries.balances import open_then
from ledger.rules.effects import SettledLine, Settling, cleared_date
from ledger.services import AllocationRefused, reverse_allocation
from tests.cast import TODAY, CustomerMaker, House
from tests.ledger.books import Books

pytestmark = pytest.mark.django_db

START = date(2026, 6, 1)
JULY_1, AUGUST_1, SEPTEMBER_1, OCTOBER_1 = (date(2026, month, 1) for month in (7, 8, 9, 10))


@pytest.fixture
def books(house: House) -> Books:
    return Books(house, house.actor("cash_accountant"))


def total(day: date, **where: object) -> Decimal:
    balances = balance_as_of(day, **where)  # type: ignore[arg-type]
    return balances["EUR"].total.amount if balances else Decimal(0)


def test_part_payments_and_credit_notes_count_from_their_day(
    books: Books, house: House, make_customer: CustomerMaker
) -> None:
    with house.scope():
        customer = make_customer(house)
        invoice = books.invoice(customer, "F-1", JULY_1, "1000", AUGUST_1)
        note = books.credit_note(customer, "A-1", AUGUST_1, "100", linked_document=invoice.document)
        payment = books.payment(customer, "P-1", SEPTEMBER_1, "400")
        books.settle(invoice, note, "100")
        books.settle(invoice, payment, "400")
        before = date(2026, 6, 30)
        assert [total(day) for day in (before, JULY_1, AUGUST_1, SEPTEMBER_1)] == [
            0,
            1000,
            900,
            500,
        ]
        (line,) = open_lines(customer.pk, date(2026, 8, 31))
        assert (line.open_amount, line.days_late) == (Money(Decimal(900), "EUR"), 30)


def test_cash_before_its_invoice_is_unallocated_until_the_invoice_exists(
    books: Books, house: House, make_customer: CustomerMaker
) -> None:
    with house.scope():
        customer = make_customer(house)
        payment = books.payment(customer, "P-1", JULY_1, "300")
        invoice = books.invoice(customer, "F-1", AUGUST_1, "300", SEPTEMBER_1)
        books.settle(invoice, payment, "300")
        balance = balance_as_of(date(2026, 7, 31))["EUR"]
        assert (balance.owed.amount, balance.credits.amount) == (0, -300)
        assert balance_as_of(AUGUST_1) == {}
        assert customer_position(customer.pk, JULY_1)["EUR"].unallocated.amount == -300


def test_a_reversal_changes_no_day_before_it(
    books: Books, house: House, make_customer: CustomerMaker
) -> None:
    with house.scope():
        customer = make_customer(house)
        invoice = books.invoice(customer, "F-1", JULY_1, "500", AUGUST_1)
        payment = books.payment(customer, "P-1", SEPTEMBER_1, "500")
        made = books.settle(invoice, payment, "500")
        reported = open_lines(customer.pk, date(2026, 9, 30))
        reverse_allocation(
            allocation=made, actor=books.actor, today=OCTOBER_1, reason="Another customer's money"
        )
        assert open_lines(customer.pk, date(2026, 9, 30)) == reported == []
        assert {line.number for line in open_lines(customer.pk, OCTOBER_1)} == {"F-1", "P-1"}


def test_a_position_nets_linked_credit_notes_and_sets_the_rest_apart(
    books: Books, house: House, make_customer: CustomerMaker
) -> None:
    with house.scope():
        customer = make_customer(house)
        late = books.invoice(customer, "F-1", JULY_1, "1000", AUGUST_1)
        books.invoice(customer, "F-2", SEPTEMBER_1, "600", TODAY)
        books.invoice(customer, "F-3", JULY_1, "70", JULY_1, perimeter=Perimeter.DOUBTFUL)
        books.invoice(customer, "F-4", JULY_1, "50", JULY_1, currency="USD")
        books.credit_note(customer, "A-1", OCTOBER_1, "100", linked_document=late.document)
        books.credit_note(customer, "A-2", OCTOBER_1, "30")
        books.payment(customer, "P-1", OCTOBER_1, "20")
        position = customer_position(customer.pk, TODAY)
        euros = position["EUR"]
        assert (euros.not_due.amount, euros.overdue.amount) == (600, 900)
        assert (euros.unallocated.amount, euros.doubtful.amount) == (-50, 70)
        assert (euros.oldest_due_date, euros.most_days_late) == (AUGUST_1, 91)
        assert (euros.open_lines, euros.overdue_lines, euros.balance.amount) == (3, 1, 1520)
        assert position["USD"].balance == Money(Decimal(50), "USD")


def test_a_balance_can_be_asked_of_a_node_of_the_scope_tree(
    books: Books, house: House, make_customer: CustomerMaker
) -> None:
    with house.scope():
        north = make_customer(house)
        entity_scope = Scope.objects.get(kind=ScopeKind.ENTITY)
        south_scope = Scope.objects.create(
            parent=entity_scope, kind="portfolio", code="SUD", name="Sud", path="/FR/ATELIER/SUD/"
        )
        south = make_customer(house, "C002")
        Customer.objects.filter(pk=south.pk).update(portfolio=south_scope)
        books.invoice(north, "F-1", JULY_1, "100")
        books.invoice(south, "F-2", JULY_1, "7")
        assert total(TODAY, scope_path="/FR/ATELIER/SUD/") == 7
        assert total(TODAY, scope_path="/FR/ATELIER/NORD/") == 100
        assert total(TODAY, scope_path="/FR/") == total(TODAY) == 107
        only = Customer.objects.filter(code="C002")
        assert total(TODAY, customers=only) == total(TODAY, customer_id=south.pk) == 7


def naive_open(line: DueLine, entries: list[Allocation], day: date) -> Decimal:
    """Return what a line owed at the end of a day, from the definition, one entry at a time."""
    if line.issue_date > day:
        return Decimal(0)
    open_amount = line.amount
    for entry in entries:
        if entry.effective_date > day:
            continue
        if entry.debit_line_id == line.pk:
            open_amount -= entry.amount
        if entry.credit_line_id == line.pk:
            open_amount += entry.amount
    return open_amount


def random_history(books: Books, customer: Customer, dice: random.Random) -> None:
    """Record invoices, credit notes and payments in any order of dates, settle at random, take some back."""
    for n in range(dice.randint(4, 8)):
        day = START + timedelta(days=dice.randrange(100))
        amount = str(dice.randint(1, 900))
        books.invoice(customer, f"F-{n}", day, amount, day + timedelta(days=30))
    for n in range(dice.randint(4, 8)):
        day = START + timedelta(days=dice.randrange(120))
        give = dice.choice([books.payment, books.credit_note])
        give(customer, f"P-{n}", day, str(dice.randint(1, 900)))
    today = START + timedelta(days=120)
    for _ in range(30):
        today += timedelta(days=dice.randrange(2))
        if dice.random() < 0.3:
            take_one_back(books, dice, today)
        else:
            settle_something(books, dice, today)


def settle_something(books: Books, dice: random.Random, today: date) -> None:
    debit = dice.choice(list(DueLine.objects.filter(amount__gt=0).order_by("document__number")))
    credit = dice.choice(list(DueLine.objects.filter(amount__lt=0).order_by("document__number")))
    most = min(debit.open_amount, -credit.open_amount)
    try:
        books.settle(debit, credit, str(most if dice.random() < 0.5 else most / 2), on=today)
    except AllocationRefused:
        return


def take_one_back(books: Books, dice: random.Random, today: date) -> None:
    standing = Allocation.objects.filter(reverses=None, reversed_by=None)
    made = list(standing.order_by("created_at"))
    if made:
        reverse_allocation(
            allocation=dice.choice(made), actor=books.actor, today=today, reason="Wrong line"
        )


@pytest.mark.parametrize("seed", range(4))
def test_every_day_of_a_random_history_equals_the_slow_definition(
    books: Books, house: House, make_customer: CustomerMaker, seed: int
) -> None:
    with house.scope():
        customer = make_customer(house)
        random_history(books, customer, random.Random(seed))  # noqa: S311  a reproducible history
        lines = list(DueLine.objects.all())
        documents = list(Document.objects.all())
        entries = list(Allocation.objects.all())
        for n in range(-1, 200, 3):
            day = START + timedelta(days=n)
            expected = {line.pk: naive_open(line, entries, day) for line in lines}
            found = {line.pk: open_then(line) for line in lines_as_of(day)}
            assert found == {pk: amount for pk, amount in expected.items() if amount}
            for line in lines:  # nothing is settled twice on any day, however it was taken back
                assert abs(expected[line.pk]) <= abs(line.amount)
                assert expected[line.pk] * line.amount >= 0
            # What settles a line uses up as much of the other: the balance is the documents, whatever was settled.
            issued = (document.amount for document in documents if document.issue_date <= day)
            assert total(day) == sum(issued, start=Decimal(0))
        assert {line.pk: open_then(line) for line in lines_as_of(None)} == {
            line.pk: line.open_amount for line in lines if line.open_amount
        }
        assert not differences()
        for line in lines:
            assert line.cleared_date == cleared_date(settled_line(line))


def settled_line(line: DueLine) -> SettledLine:
    entries = line.credits.all() if line.amount > 0 else line.debits.all()
    settlings = tuple(Settling(entry.effective_date, entry.amount) for entry in entries)
    return SettledLine(abs(line.amount), settlings)
