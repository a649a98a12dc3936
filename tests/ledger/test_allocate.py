"""What settles what: `ledger.services.allocate` and `reverse_allocation`."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import AuditEvent
from ledger.models import Allocation, Entity, TimelineEntry
from ledger.queries import differences
from ledger.services import AllocationRefused, recompute_lines, reverse_allocation
from tests.cast import TODAY, CustomerMaker, House
from tests.ledger.books import Books

pytestmark = pytest.mark.django_db

SEPTEMBER, OCTOBER_5, OCTOBER_20 = date(2026, 9, 1), date(2026, 10, 5), date(2026, 10, 20)


@pytest.fixture
def books(house: House) -> Books:
    return Books(house, house.actor("cash_accountant"))


def test_a_payment_in_full_clears_its_invoice_on_the_later_date(
    books: Books, house: House, make_customer: CustomerMaker
) -> None:
    with house.scope():
        customer = make_customer(house)
        invoice = books.invoice(customer, "F-1", SEPTEMBER, "120.00")
        payment = books.payment(customer, "P-1", OCTOBER_5, "120.00")
        made = books.settle(invoice, payment, "120.00")
        invoice.refresh_from_db()
        payment.refresh_from_db()
        assert made.effective_date == OCTOBER_5
        assert (invoice.open_amount, invoice.is_open, invoice.cleared_date) == (0, False, OCTOBER_5)
        assert (payment.open_amount, payment.is_open, payment.cleared_date) == (0, False, OCTOBER_5)
        assert not differences()


def test_a_payment_before_its_invoice_settles_it_from_the_invoices_date(
    books: Books, house: House, make_customer: CustomerMaker
) -> None:
    with house.scope():
        customer = make_customer(house)
        payment = books.payment(customer, "P-1", SEPTEMBER, "50")
        invoice = books.invoice(customer, "F-1", OCTOBER_5, "50")
        assert books.settle(invoice, payment, "50").effective_date == OCTOBER_5


def test_a_part_leaves_the_rest_open_and_is_told_and_audited(
    books: Books, house: House, make_customer: CustomerMaker
) -> None:
    with house.scope():
        customer = make_customer(house)
        invoice = books.invoice(customer, "F-1", SEPTEMBER, "120")
        payment = books.payment(customer, "P-1", OCTOBER_5, "100")
        made = books.settle(invoice, payment, "70.50")
        invoice.refresh_from_db()
        payment.refresh_from_db()
        assert (invoice.open_amount, payment.open_amount) == (Decimal("49.5"), Decimal("-29.5"))
        assert invoice.cleared_date is None
        event = AuditEvent.objects.get(action="ledger.allocate")
        assert (event.object_id, event.actor) == (str(made.pk), str(books.actor.membership_id))
        entry = TimelineEntry.objects.get(text_code="ledger.allocated")
        assert entry.facts["amount"] == {"amount": "70.50", "currency": "EUR"}


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("120.01", "F-1 still owes 120.00 EUR; 120.01 EUR is too much"),
        ("110", "100.00 EUR are left of P-1; 110.00 EUR is too much"),
        ("0", "0 EUR cannot be allocated"),
        ("-5", "-5 EUR cannot be allocated"),
        ("1.005", "1.005 EUR cannot be allocated"),
    ],
)
def test_an_amount_that_does_not_fit_is_refused_with_the_figures(
    books: Books, house: House, make_customer: CustomerMaker, amount: str, sentence: str
) -> None:
    with house.scope():
        customer = make_customer(house)
        invoice = books.invoice(customer, "F-1", SEPTEMBER, "120")
        payment = books.payment(customer, "P-1", OCTOBER_5, "100")
        with pytest.raises(AllocationRefused, match=sentence):
            books.settle(invoice, payment, amount)
        assert not Allocation.objects.exists()


def test_what_is_used_up_says_so(books: Books, house: House, make_customer: CustomerMaker) -> None:
    with house.scope():
        customer = make_customer(house)
        invoice = books.invoice(customer, "F-1", SEPTEMBER, "100")
        second = books.invoice(customer, "F-2", SEPTEMBER, "100")
        payment = books.payment(customer, "P-1", OCTOBER_5, "100")
        other = books.payment(customer, "P-2", OCTOBER_5, "100")
        books.settle(invoice, payment, "100")
        with pytest.raises(AllocationRefused, match="F-1 owes nothing any more"):
            books.settle(invoice, other, "1")
        with pytest.raises(AllocationRefused, match="Nothing is left of P-1"):
            books.settle(second, payment, "1")


def test_other_customers_currencies_entities_and_sides_are_refused(
    books: Books, house: House, make_customer: CustomerMaker
) -> None:
    with house.scope():
        customer, other = make_customer(house), make_customer(house, "C002")
        invoice = books.invoice(customer, "F-1", SEPTEMBER, "100")
        dollars = books.payment(customer, "P-1", OCTOBER_5, "100", currency="USD")
        foreign = books.payment(other, "P-2", OCTOBER_5, "100")
        with pytest.raises(AllocationRefused, match=r"P-1 is in USD, F-1 in EUR"):
            books.settle(invoice, dollars, "100")
        with pytest.raises(AllocationRefused, match="different customers"):
            books.settle(invoice, foreign, "100")
        with pytest.raises(AllocationRefused, match="a payment or credit note settles an invoice"):
            books.settle(dollars, invoice, "100")


def test_a_reversal_reopens_from_today_and_leaves_the_past_alone(
    books: Books, house: House, make_customer: CustomerMaker
) -> None:
    with house.scope():
        customer = make_customer(house)
        invoice = books.invoice(customer, "F-1", SEPTEMBER, "100")
        payment = books.payment(customer, "P-1", OCTOBER_5, "100")
        made = books.settle(invoice, payment, "100")
        reversal = reverse_allocation(
            allocation=made, actor=books.actor, today=OCTOBER_20, reason="Wrong invoice"
        )
        invoice.refresh_from_db()
        assert (reversal.amount, reversal.effective_date) == (-100, OCTOBER_20)
        assert (invoice.open_amount, invoice.is_open, invoice.cleared_date) == (100, True, None)
        assert Allocation.objects.count() == 2
        with pytest.raises(AllocationRefused, match="taken back before"):
            reverse_allocation(allocation=made, actor=books.actor, today=TODAY, reason="Again")
        with pytest.raises(AllocationRefused, match="itself a reversal"):
            reverse_allocation(allocation=reversal, actor=books.actor, today=TODAY, reason="Twice")
        with pytest.raises(AllocationRefused, match="Say why"):
            reverse_allocation(allocation=made, actor=books.actor, today=TODAY, reason=" ")


def test_after_a_reversal_money_settles_anew_from_the_day_of_the_reversal(
    books: Books, house: House, make_customer: CustomerMaker
) -> None:
    """The payment is older than the reversal; counted from its own date the past would be settled twice."""
    with house.scope():
        customer = make_customer(house)
        invoice = books.invoice(customer, "F-1", SEPTEMBER, "100")
        wrong = books.payment(customer, "P-1", OCTOBER_5, "100")
        right = books.payment(customer, "P-2", OCTOBER_5, "100")
        made = books.settle(invoice, wrong, "100")
        reverse_allocation(
            allocation=made, actor=books.actor, today=OCTOBER_20, reason="Other payment"
        )
        assert books.settle(invoice, right, "100").effective_date == OCTOBER_20
        invoice.refresh_from_db()
        assert invoice.cleared_date == OCTOBER_5  # replaced on the same day: never open in between
        assert not differences()


def test_the_database_itself_refuses_a_line_settled_beyond_its_amount(
    books: Books, house: House, make_customer: CustomerMaker
) -> None:
    with house.scope():
        customer = make_customer(house)
        invoice = books.invoice(customer, "F-1", SEPTEMBER, "100")
        payment = books.payment(customer, "P-1", OCTOBER_5, "200")
        Allocation.objects.create(
            debit_line=invoice, credit_line=payment, amount=150, effective_date=OCTOBER_5
        )
        with (
            pytest.raises(IntegrityError, match="due_line_open_within_amount"),
            transaction.atomic(),
        ):
            recompute_lines([invoice.pk])


def test_the_self_audit_names_every_kind_of_difference(
    books: Books, house: House, make_customer: CustomerMaker
) -> None:
    with house.scope():
        customer = make_customer(house)
        invoice = books.invoice(customer, "F-1", SEPTEMBER, "100")
        second = books.invoice(customer, "F-2", SEPTEMBER, "100")
        payment = books.payment(customer, "P-1", OCTOBER_5, "200")
        made = books.settle(invoice, payment, "100")
        books.settle(second, payment, "40")
        assert not differences()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE ledger_dueline SET open_amount = 50 WHERE id = %s", [second.pk])
            cursor.execute(
                "UPDATE ledger_dueline SET cleared_date = %s WHERE id = %s", [TODAY, invoice.pk]
            )
            cursor.execute(
                "UPDATE ledger_document SET amount = 99, currency = 'USD' WHERE id = %s",
                [second.document_id],
            )
            cursor.execute(
                "UPDATE ledger_allocation SET effective_date = %s WHERE id = %s",
                [SEPTEMBER, made.pk],
            )
        found = {(difference.kind.value, difference.row_id) for difference in differences()}
        assert {
            ("open_amount", second.pk),
            ("cleared_date", invoice.pk),
            ("instalments", second.document_id),
            ("copied_columns", second.pk),
            ("allocation_date", made.pk),
        } <= found


def test_recomputing_repairs_what_is_stored_and_says_how_much_differed(
    books: Books, house: House, make_customer: CustomerMaker
) -> None:
    with house.scope():
        customer = make_customer(house)
        invoice = books.invoice(customer, "F-1", SEPTEMBER, "100")
        payment = books.payment(customer, "P-1", OCTOBER_5, "60")
        books.settle(invoice, payment, "60")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE ledger_dueline SET open_amount = amount, is_open = true")
        assert recompute_lines() == 2
        assert recompute_lines() == 0
        assert not differences()


def test_another_entitys_invoice_is_not_settled(
    books: Books, house: House, make_customer: CustomerMaker
) -> None:
    with house.scope():
        customer = make_customer(house)
        invoice = books.invoice(customer, "F-1", SEPTEMBER, "100")
        entity = Entity.objects.create(scope_id=house.portfolio_id, code="E2", name="Second Fictif")
        other = Books(
            House(house.slug, house.tenant_id, entity.pk, house.portfolio_id), books.actor
        )
        payment = other.payment(customer, "P-1", OCTOBER_5, "100")
        with pytest.raises(AllocationRefused, match="different customers or entities"):
            books.settle(invoice, payment, "100")
