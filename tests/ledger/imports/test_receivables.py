"""What the rows of a receivables file do to the ledger (CONTRACT, "Settled questions")."""

from datetime import date
from decimal import Decimal

import pytest

from ledger.models import Allocation, Contact, Customer, Document, DueLine
from ledger.queries.self_audit import differences
from tests.ledger.imports.support import Desk, codes, csv

PAID = "code client;nom client;n° pièce;date pièce;échéance;montant TTC;date de règlement;montant réglé"
TYPED = "code client;nom client;n° pièce;type;date pièce;échéance;montant TTC;pièce liée"
OPEN = "code client;nom client;n° pièce;type;date pièce;échéance;montant TTC;reste dû"


@pytest.fixture(autouse=True)
def _stored_state_follows_from_entries(desk: Desk) -> object:
    yield
    with desk.house.scope():
        assert differences() == ()


def test_a_plain_file_becomes_customers_documents_and_lines(desk: Desk) -> None:
    result = desk.take(
        csv("C1;Alpha;F1;05/01/2026;04/02/2026;1 234,50", "C2;Bêta;F2;06/01/2026;;10")
    )
    assert result.state == "applied"
    assert result.as_json()["created"]["customers"] == 2
    assert result.as_json()["created"]["documents"] == 2
    assert desk.open_by_number() == {"F1": Decimal("1234.50"), "F2": Decimal(10)}
    with desk.house.scope():
        line = DueLine.objects.get(document__number="F2")
        assert (line.due_date, line.is_estimated) == (date(2026, 2, 5), True)
        assert Customer.objects.get(code="C2").sort_name == "beta"


def test_the_same_file_twice_is_a_duplicate_and_changes_nothing(desk: Desk) -> None:
    text = csv("C1;Alpha;F1;05/01/2026;04/02/2026;100")
    first = desk.take(text)
    second = desk.take(text)
    assert second.state == "duplicate"
    assert second.import_id == first.import_id
    assert "error" not in second.as_json()
    assert desk.balance() == 100


def test_the_same_rows_in_another_file_are_unchanged(desk: Desk) -> None:
    row = "C1;Alpha;F1;05/01/2026;04/02/2026;100"
    desk.take(csv(row))
    answer = desk.take(csv(row, "C1;Alpha;F2;05/01/2026;04/02/2026;50")).as_json()
    assert answer["unchanged"]["documents"] == 1
    assert answer["created"]["documents"] == 1
    assert answer["updated"]["documents"] == 0
    assert desk.balance() == 150


def test_a_repeated_number_with_another_due_date_is_the_next_instalment(desk: Desk) -> None:
    desk.take(csv("C1;A;F1;05/01/2026;04/03/2026;60", "C1;A;F1;05/01/2026;04/02/2026;40"))
    with desk.house.scope():
        document = Document.objects.get()
        lines = list(document.due_lines.order_by("number").values_list("due_date", "amount"))
    assert document.amount == 100
    assert lines == [(date(2026, 2, 4), 40), (date(2026, 3, 4), 60)]


def test_a_repeated_number_with_the_same_due_date_is_rejected_naming_both_rows(desk: Desk) -> None:
    result = desk.take(csv("C1;A;F1;05/01/2026;04/02/2026;60", "C1;A;F1;05/01/2026;04/02/2026;40"))
    (problem,) = result.problems
    assert (problem["row"], problem["code"]) == (3, "duplicate_number")
    assert "row 2" in problem["message"]
    assert (result.accepted, result.rejected) == (1, 1)
    assert desk.balance() == 60


def test_types_mean_the_same_with_either_sign(desk: Desk) -> None:
    desk.take(
        csv(
            "C1;A;F1;Facture;05/01/2026;04/02/2026;500;",
            "C1;A;A1;Avoir;06/01/2026;;50;",
            "C1;A;A2;Avoir;06/01/2026;;-50;",
            "C1;A;P1;Règlement;07/01/2026;;100;",
            "C1;A;P2;Règlement;07/01/2026;;-100;",
            header=TYPED,
        )
    )
    assert desk.open_by_number() == {"F1": 500, "A1": -50, "A2": -50, "P1": -100, "P2": -100}


def test_a_negative_invoice_is_a_credit_note_and_flagged(desk: Desk) -> None:
    result = desk.take(csv("C1;A;F9;Facture;05/01/2026;;-80;", header=TYPED))
    assert codes(result) == ["negative_invoice"]
    with desk.house.scope():
        assert Document.objects.get().kind == "credit_note"


def test_without_a_type_the_sign_tells(desk: Desk) -> None:
    desk.take(csv("C1;A;F1;05/01/2026;;80", "C1;A;A1;05/01/2026;;-30"))
    with desk.house.scope():
        kinds = dict(Document.objects.values_list("number", "kind"))
    assert kinds == {"F1": "invoice", "A1": "credit_note"}


def test_paid_columns_settle_the_line_on_their_day(desk: Desk) -> None:
    desk.take(
        csv(
            "C1;A;F1;05/01/2026;04/02/2026;100;10/02/2026;",
            "C1;A;F2;05/01/2026;04/02/2026;100;10/02/2026;30,00",
            "C1;A;F3;05/01/2026;04/02/2026;100;;",
            header=PAID,
        )
    )
    assert desk.open_by_number() == {"F2": 70, "F3": 100}
    assert desk.balance(date(2026, 2, 9)) == 300
    assert desk.balance(date(2026, 2, 10)) == 170


def test_what_is_paid_too_much_is_unallocated_cash(desk: Desk) -> None:
    desk.take(csv("C1;A;F1;05/01/2026;04/02/2026;100;10/02/2026;130", header=PAID))
    (amount,) = desk.open_by_number().values()
    assert amount == -30


def test_a_payment_before_its_invoice_counts_from_the_invoice(desk: Desk) -> None:
    desk.take(csv("C1;A;F1;05/03/2026;04/04/2026;100;10/02/2026;", header=PAID))
    with desk.house.scope():
        assert Allocation.objects.get().effective_date == date(2026, 3, 5)
    assert desk.balance(date(2026, 2, 20)) == -100
    assert desk.balance(date(2026, 3, 5)) == 0


def test_a_later_file_with_more_paid_adds_only_the_difference(desk: Desk) -> None:
    desk.take(csv("C1;A;F1;05/01/2026;04/02/2026;100;10/02/2026;30", header=PAID))
    desk.take(csv("C1;A;F1;05/01/2026;04/02/2026;100;20/02/2026;80", header=PAID))
    assert desk.balance(date(2026, 2, 15)) == 70
    assert desk.balance() == 20


def test_a_later_file_with_less_paid_takes_back_and_settles_anew(desk: Desk) -> None:
    desk.take(csv("C1;A;F1;05/01/2026;04/02/2026;100;10/02/2026;80", header=PAID))
    desk.take(csv("C1;A;F1;05/01/2026;04/02/2026;100;10/02/2026;30", header=PAID))
    with desk.house.scope():
        line = DueLine.objects.get(document__number="F1")
        assert line.open_amount == 70
        assert Allocation.objects.filter(reverses__isnull=False).count() == 1


def test_a_payment_settles_the_oldest_line_of_its_document_first(desk: Desk) -> None:
    desk.take(
        csv(
            "C1;A;F1;facture;05/01/2026;04/03/2026;60;",
            "C1;A;F1;facture;05/01/2026;04/02/2026;40;",
            "C1;A;P1;règlement;10/02/2026;;50;F1",
            header=TYPED,
        )
    )
    with desk.house.scope():
        lines = dict(DueLine.objects.filter(kind="invoice").values_list("due_date", "open_amount"))
    assert lines == {date(2026, 2, 4): 0, date(2026, 3, 4): 50}


def test_what_a_payment_has_left_stays_unallocated(desk: Desk) -> None:
    desk.take(
        csv(
            "C1;A;F1;facture;05/01/2026;04/02/2026;40;",
            "C1;A;P1;règlement;10/02/2026;;50;F1",
            header=TYPED,
        )
    )
    assert desk.open_by_number() == {"P1": -10}


def test_a_payment_whose_invoice_comes_later_settles_it_then(desk: Desk) -> None:
    first = desk.take(csv("C1;A;P1;règlement;10/02/2026;;50;F1", header=TYPED))
    assert codes(first) == ["linked_document_unknown"]
    assert desk.open_by_number() == {"P1": -50}
    desk.take(csv("C1;A;F1;facture;12/02/2026;12/03/2026;80;", header=TYPED))
    assert desk.open_by_number() == {"F1": 30}
    assert desk.open_by_number(date(2026, 2, 11)) == {"P1": -50}
    with desk.house.scope():
        assert Allocation.objects.get().effective_date == date(2026, 2, 12)
        assert Document.objects.get(number="P1").linked_document is not None


def test_a_payment_in_the_row_and_in_a_row_of_its_own_is_told_and_counted_once(desk: Desk) -> None:
    header = f"{TYPED};date de règlement"
    result = desk.take(
        csv(
            "C1;A;F1;facture;05/01/2026;04/02/2026;100;;10/02/2026",
            "C1;A;P1;règlement;11/02/2026;;100;F1;",
            header=header,
        )
    )
    assert codes(result) == ["paid_twice"]
    assert desk.balance() == 0
    with desk.house.scope():
        assert Document.objects.filter(kind="payment").count() == 1


def test_what_is_still_owed_is_what_the_ledger_shows(desk: Desk) -> None:
    desk.take(
        csv(
            "C1;A;F1;facture;05/01/2026;04/02/2026;100;40",
            "C1;A;F2;facture;05/01/2026;04/02/2026;100;0",
            "C1;A;A1;avoir;06/01/2026;;-30;-10",
            "C1;A;P1;règlement;07/01/2026;;500;-25",
            header=OPEN,
        ),
        name="balance_20260301.csv",
    )
    assert desk.open_by_number() == {"F1": 40, "A1": -10, "P1": -25}
    assert desk.balance(date(2026, 3, 1)) == 5


def test_settled_without_a_day_counts_from_the_day_of_the_file(desk: Desk) -> None:
    desk.take(
        csv("C1;A;F1;facture;05/01/2026;04/02/2026;100;40", header=OPEN),
        name="balance_20260301.csv",
    )
    assert desk.balance(date(2026, 2, 28)) == 100
    assert desk.balance(date(2026, 3, 1)) == 40


def test_a_full_picture_settles_what_is_absent(desk: Desk) -> None:
    desk.take(csv("C1;A;F1;05/01/2026;;100", "C1;A;F2;05/01/2026;;50", "C1;A;A1;05/01/2026;;-20"))
    desk.take(csv("C1;A;F2;05/01/2026;;50"), name="b_20260301.csv", is_full=True)
    assert desk.open_by_number() == {"F2": 50}
    assert desk.balance(date(2026, 2, 28)) == 130


def test_a_full_picture_with_a_rejected_row_is_refused(desk: Desk) -> None:
    desk.take(csv("C1;A;F1;05/01/2026;;100", "C1;A;F2;05/01/2026;;50"))
    result = desk.take(csv("C1;A;F1;99/99/2026;;100", "C1;A;F2;05/01/2026;;50"), is_full=True)
    assert result.as_json()["error"]["code"] == "full_needs_all_rows"
    assert desk.balance() == 150


def test_an_addition_leaves_what_is_absent(desk: Desk) -> None:
    desk.take(csv("C1;A;F1;05/01/2026;;100"))
    desk.take(csv("C1;A;F2;05/01/2026;;50"))
    assert desk.balance() == 150


def test_a_changed_amount_is_told_and_taken(desk: Desk) -> None:
    desk.take(csv("C1;A;F1;05/01/2026;04/02/2026;100"))
    result = desk.take(csv("C1;A;F1;05/01/2026;14/02/2026;120"))
    assert codes(result) == ["amount_changed"]
    assert result.as_json()["updated"]["documents"] == 1
    with desk.house.scope():
        line = DueLine.objects.get()
        assert (line.amount, line.open_amount, line.due_date) == (120, 120, date(2026, 2, 14))


def test_less_than_what_is_settled_leaves_the_document_as_it_was(desk: Desk) -> None:
    desk.take(csv("C1;A;F1;05/01/2026;04/02/2026;100;10/02/2026;", header=PAID))
    result = desk.take(csv("C1;A;F1;05/01/2026;04/02/2026;60"))
    assert codes(result) == ["below_settled"]
    assert (result.accepted, result.rejected) == (0, 1)
    with desk.house.scope():
        assert Document.objects.get(number="F1").amount == 100


def test_an_exact_due_date_replaces_an_estimated_one(desk: Desk) -> None:
    desk.take(csv("C1;A;F1;05/01/2026;;100"))
    desk.take(csv("C1;A;F1;05/01/2026;20/02/2026;100"))
    desk.take(csv("C1;A;F1;05/01/2026;;100", "C1;A;F2;05/01/2026;;1"))
    with desk.house.scope():
        line = DueLine.objects.get(document__number="F1")
        assert (line.due_date, line.is_estimated) == (date(2026, 2, 20), False)


def test_deposits_are_no_receivables(desk: Desk) -> None:
    desk.take(csv("C1;A;D1;Acompte;05/01/2026;;80;", header=TYPED))
    with desk.house.scope():
        assert Document.objects.get().perimeter == "deposit"


def test_a_file_enriches_customer_contact_and_colleagues(desk: Desk) -> None:
    header = (
        "Code client;Raison sociale;N° facture;Date facture;Montant TTC;SIREN;N° TVA;Pays;Langue;"
        "E-mail;Contact;Téléphone;Commercial;Chargé de relance"
    )
    row = (
        "C1;Alpha;{};05/01/2026;100;732 829 320;;Belgique;anglais;ap@alpha.be;Ann;+32 2;Zoé;r@x.fr"
    )
    answer = desk.take(csv(row.format("F1"), header=header)).as_json()
    assert answer["created"]["contacts"] == 1
    assert answer["created"]["colleagues"] == 2
    with desk.house.scope():
        customer = Customer.objects.select_related("sales_rep", "collector").get()
        assert (customer.siren, customer.country, customer.language) == ("732829320", "BE", "en")
        assert str(customer.sales_rep) == "Zoé"
        assert getattr(customer.collector, "email", "") == "r@x.fr"
        contact = Contact.objects.get()
        assert (contact.email, contact.name, contact.is_primary) == ("ap@alpha.be", "Ann", True)
    again = desk.take(csv(row.format("F2"), header=header)).as_json()
    assert again["created"]["contacts"] == again["updated"]["customers"] == 0


def test_a_declared_dispute_is_opened_on_that_part(desk: Desk) -> None:
    header = "code client;nom client;n° pièce;date pièce;montant TTC;montant litige;motif litige"
    result = desk.take(csv("C1;A;F1;05/01/2026;100;30;prix erroné", header=header))
    assert result.as_json()["created"]["disputes"] == 1
    again = desk.take(
        csv("C1;A;F1;05/01/2026;100;30;prix", "C1;A;F2;05/01/2026;1;;", header=header)
    )
    assert again.as_json()["created"]["disputes"] == 0


def test_a_dry_run_says_everything_and_keeps_nothing(desk: Desk) -> None:
    result = desk.take(csv("C1;A;F1;05/01/2026;;100"), is_dry_run=True)
    assert result.state == "staged"
    assert result.as_json()["created"]["documents"] == 1
    assert desk.balance() == 0
    with desk.house.scope():
        assert not Customer.objects.exists()


def test_the_other_tenant_sees_nothing_of_an_import(desk: Desk, other_house: object) -> None:
    desk.take(csv("C1;A;F1;05/01/2026;;100"))
    with other_house.scope():  # type: ignore[attr-defined]
        assert not Document.objects.exists()
