"""Small books, each with one peculiarity (DOMAIN 4.7)."""

from datetime import date
from decimal import Decimal

import pytest

from ledger.models import Allocation, Document, DueLine
from tests.ledger.imports.support import Desk, codes, fec, notices


def line(  # noqa: PLR0917  the columns of a FEC, in their order
    journal: str,
    number: str,
    day: str,
    account: str,
    debit: str,
    credit: str,
    *,
    aux: str = "",
    piece: str = "P",
    piece_day: str = "",
    letter: str = "",
) -> str:
    labels = {"VE": "Ventes", "BQ": "Banque", "AN": "A nouveaux", "OD": "Opérations diverses"}
    name = f"Client {aux}" if aux else ""
    return "|".join(
        [
            journal,
            labels.get(journal, journal),
            number,
            day,
            account,
            "Compte",
            aux,
            name,
            piece,
            piece_day or day,
            "libellé",
            debit,
            credit,
            letter,
            "",
            day,
            "",
            "",
        ]
    )


def sale(
    number: str, day: str, amount: str, *, aux: str = "C1", piece: str = "F1", letter: str = ""
) -> list[str]:
    return [
        line("VE", number, day, "411000", amount, "0", aux=aux, piece=piece, letter=letter),
        line("VE", number, day, "701000", "0", amount, piece=piece),
    ]


def receipt(number: str, day: str, amount: str, *, aux: str = "C1", letter: str = "") -> list[str]:
    return [
        line("BQ", number, day, "512000", amount, "0", piece="VIR"),
        line("BQ", number, day, "411000", "0", amount, aux=aux, piece="VIR", letter=letter),
    ]


def test_lettering_settles_from_the_later_of_the_two_days(desk: Desk) -> None:
    desk.take(
        fec(
            *sale("1", "20260105", "100,00", letter="A"),
            *receipt("1", "20260210", "60,00", letter="A"),
        )
    )
    assert desk.balance(date(2026, 2, 9)) == 100
    assert desk.balance(date(2026, 2, 10)) == 40
    assert desk.open_by_number() == {"F1": 40}


def test_without_lettering_payments_stay_unallocated(desk: Desk) -> None:
    desk.take(fec(*sale("1", "20260105", "100,00"), *receipt("1", "20260210", "100,00")))
    assert sorted(desk.open_by_number().values()) == [-100, 100]
    with desk.house.scope():
        assert not Allocation.objects.exists()


def test_a_payment_lettered_before_its_invoice_counts_from_the_invoice(desk: Desk) -> None:
    desk.take(
        fec(*receipt("1", "20260103", "100", letter="A"), *sale("1", "20260105", "100", letter="A"))
    )
    assert desk.balance(date(2026, 1, 4)) == -100
    assert desk.balance() == 0


def test_bank_pieces_repeat_and_are_payments_of_their_own(desk: Desk) -> None:
    desk.take(fec(*receipt("1", "20260103", "10"), *receipt("2", "20260104", "20")))
    assert desk.open_by_number() == {"BQ-1-20260103": -10, "BQ-2-20260104": -20}


def test_deposits_are_left_out(desk: Desk) -> None:
    desk.take(
        fec(
            *sale("1", "20260105", "100"),
            line("BQ", "1", "20260106", "512000", "50", "0"),
            line("BQ", "1", "20260106", "419100", "0", "50", aux="C1"),
        )
    )
    assert desk.balance() == 100


def test_doubtful_accounts_are_a_perimeter_of_their_own_and_no_sale(desk: Desk) -> None:
    desk.take(
        fec(
            *sale("1", "20260105", "100"),
            line("OD", "1", "20260306", "416000", "100", "0", aux="C1", piece="F1"),
            line("OD", "1", "20260306", "411000", "0", "100", aux="C1", piece="F1"),
        )
    )
    with desk.house.scope():
        doubtful = Document.objects.get(perimeter="doubtful")
        assert (doubtful.amount, doubtful.is_opening) == (100, True)
        moved = Document.objects.get(kind="credit_note")
        assert (moved.amount, moved.is_opening) == (-100, True)


def test_a_credit_note_takes_from_sales_and_a_write_off_does_not(desk: Desk) -> None:
    desk.take(
        fec(
            *sale("1", "20260105", "100"),
            line("VE", "2", "20260106", "709000", "20", "0", piece="A1"),
            line("VE", "2", "20260106", "411000", "0", "20", aux="C1", piece="A1"),
            line("OD", "1", "20260107", "654000", "5", "0", piece="X"),
            line("OD", "1", "20260107", "411000", "0", "5", aux="C1", piece="X"),
        )
    )
    with desk.house.scope():
        found = dict(
            Document.objects.filter(kind="credit_note").values_list("amount", "is_opening")
        )
    assert found == {Decimal(-20): False, Decimal(-5): True}


def test_a_returned_payment_owes_again_and_is_no_sale(desk: Desk) -> None:
    desk.take(
        fec(
            *sale("1", "20260105", "100", letter="A"),
            *receipt("1", "20260110", "100", letter="A"),
            line("BQ", "2", "20260112", "411000", "100", "0", aux="C1", piece="IMP"),
            line("BQ", "2", "20260112", "512000", "0", "100", piece="IMP"),
        )
    )
    with desk.house.scope():
        back = Document.objects.get(kind="payment", amount__gt=0)
        assert back.amount == 100
    assert desk.balance() == 100


def test_an_account_without_auxiliary_gets_a_customer_and_is_told(desk: Desk) -> None:
    result = desk.take(
        fec(*sale("1", "20260105", "100", aux=""), *sale("2", "20260105", "7", piece="F2"))
    )
    assert codes(result) == ["no_auxiliary"]
    with desk.house.scope():
        customers = set(Document.objects.values_list("customer__code", flat=True))
    assert customers == {"411000", "C1"}


def test_due_dates_are_estimated_from_the_piece_and_marked(desk: Desk) -> None:
    result = desk.take(
        fec(
            line(
                "VE",
                "1",
                "20260105",
                "411000",
                "9",
                "0",
                aux="C1",
                piece="F1",
                piece_day="20251230",
            ),
            line("VE", "1", "20260105", "701000", "0", "9", piece="F1", piece_day="20251230"),
        )
    )
    assert notices(result) == ["dates_estimated"]
    with desk.house.scope():
        due = DueLine.objects.get()
        assert (due.issue_date, due.due_date, due.is_estimated) == (
            date(2026, 1, 5),
            date(2026, 1, 29),
            True,
        )


def test_a_piece_booked_twice_is_told(desk: Desk) -> None:
    result = desk.take(fec(*sale("1", "20260105", "100"), *sale("2", "20260205", "100")))
    assert codes(result) == ["piece_repeated"]
    assert desk.balance() == 200


def test_balanced_by_piece_where_numbers_are_empty(desk: Desk) -> None:
    rows = [*sale("", "20260105", "100"), *sale("", "20260205", "50", piece="F2")]
    assert desk.take(fec(*rows)).state == "applied"
    rows[1] = rows[1].replace("|100|", "|99|")
    error = desk.take(fec(*rows)).as_json()["error"]
    assert error["code"] == "fec_unbalanced"
    assert "1.00" in error["message"]


def test_balanced_as_a_whole_where_every_line_has_its_own_number(desk: Desk) -> None:
    rows = [*sale("1", "20260105", "100"), *sale("3", "20260205", "50", piece="F2")]
    rows[1] = rows[1].replace("|1|20260105|", "|2|20260106|")
    rows[3] = rows[3].replace("|3|20260205|", "|4|20260206|")
    assert desk.take(fec(*rows)).state == "applied"


def test_lines_of_one_entry_may_carry_different_days(desk: Desk) -> None:
    rows = sale("1", "20260105", "100")
    rows[1] = rows[1].replace("20260105|701000", "20260106|701000")
    assert desk.take(fec(*rows)).state == "applied"


def test_this_years_lettering_settles_last_years_invoice(desk: Desk) -> None:
    desk.take(fec(*sale("1", "20251205", "100")), name="2025.txt")
    result = desk.take(
        fec(
            line("AN", "1", "20260101", "411000", "100", "0", aux="C1", piece="AN", letter="A"),
            line("AN", "1", "20260101", "101000", "0", "100", piece="AN"),
            *receipt("1", "20260110", "80", letter="A"),
        ),
        name="2026.txt",
    )
    assert notices(result) == ["opening_known"]
    assert desk.open_by_number() == {"F1": 20}


def test_an_opening_that_differs_from_the_ledger_is_told(desk: Desk) -> None:
    desk.take(fec(*sale("1", "20251205", "100")), name="2025.txt")
    result = desk.take(
        fec(
            line("AN", "1", "20260101", "411000", "90", "0", aux="C1", piece="AN"),
            line("AN", "1", "20260101", "101000", "0", "90", piece="AN"),
        ),
        name="2026.txt",
    )
    assert "opening_differs" in notices(result)
    assert desk.balance() == 100


@pytest.mark.parametrize("missing", ["CompteNum", "Debit", "EcritureDate"])
def test_a_fec_without_a_needed_column_is_refused_by_name(desk: Desk, missing: str) -> None:
    error = desk.take(fec(*sale("1", "20260105", "100")).replace(missing, "Autre")).as_json()[
        "error"
    ]
    assert error["code"] == "fec_columns_missing"
    assert missing in error["message"]


def test_books_without_customers_are_refused(desk: Desk) -> None:
    rows = [
        line("OD", "1", "20260105", "607000", "1", "0"),
        line("OD", "1", "20260105", "401000", "0", "1"),
    ]
    assert desk.take(fec(*rows)).as_json()["error"]["code"] == "no_receivable_account"
