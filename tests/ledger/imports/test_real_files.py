"""Files that nobody here wrote: figures are those of their READMEs."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ledger.imports.reader import ColumnChoice
from ledger.models import Allocation, Customer, Document, DueLine
from ledger.queries.self_audit import differences
from tests.cast import House
from tests.ledger.imports.support import Desk, import_path, notices

IBM_COLUMNS = {
    "customer_code": "customerID",
    "customer_name": "customerID",
    "document_number": "invoiceNumber",
    "issue_date": "InvoiceDate",
    "due_date": "DueDate",
    "amount": "InvoiceAmount",
    "paid_date": "SettledDate",
    "country": "",
    "disputed_amount": "",
}


@pytest.fixture
def exports(shared_data: Path) -> Path:
    return shared_data / "accounting_exports"


def test_the_odoo_fec_gives_its_customer_6000_of_which_3000_are_no_sale(
    house: House, exports: Path
) -> None:
    result = import_path(house, exports / "fec_odoo" / "FEC_odoo_2020.txt")
    assert result.state == "applied"
    assert result.control_totals["receivables"] == {
        "debit": "6000.00",
        "credit": "0.00",
        "balance": "6000.00",
    }
    assert result.control_totals["file"]["debit"] == result.control_totals["file"]["credit"]
    with house.scope():
        documents = {each.number: each for each in Document.objects.select_related("customer")}
    assert {number: each.amount for number, each in documents.items()} == {
        "OUVERTURE/2020": 3000,
        "INV/2020/00001": 3000,
    }
    assert documents["OUVERTURE/2020"].is_opening
    invoice = documents["INV/2020/00001"]
    assert not invoice.is_opening
    assert (invoice.original_amount, invoice.original_currency) == (3000, "USD")
    assert invoice.customer.name == "partner_a"
    assert "receivable_accounts_inferred" in notices(result)


def tryton(exports: Path, tmp_path: Path) -> Path:
    """The file says where the day it is run stands; our copy has that day."""
    path = tmp_path / "FEC.csv"
    text = (exports / "fec_tryton" / "FEC.csv").read_bytes().decode()
    path.write_bytes(text.replace("{current_date}", "20180115").encode())
    return path


def test_the_tryton_fec_leaves_15_open_of_57(house: House, exports: Path, tmp_path: Path) -> None:
    result = import_path(house, tryton(exports, tmp_path))
    assert result.state == "applied"
    assert result.control_totals["receivables"]["balance"] == "15.00"
    with house.scope():
        open_lines = DueLine.objects.filter(is_open=True)
        assert sorted(line.open_amount for line in open_lines) == [5, 10]
        assert Allocation.objects.get().amount == 42
        assert DueLine.objects.filter(is_estimated=True).count() == 3
        assert differences() == ()


def test_last_years_fec_then_this_years_does_not_count_the_opening_twice(
    house: House, exports: Path, tmp_path: Path
) -> None:
    import_path(house, exports / "fec_tryton" / "FEC-previous.csv")
    result = import_path(house, tryton(exports, tmp_path))
    assert "opening_known" in notices(result)
    assert "opening_differs" not in notices(result)
    with house.scope():
        open_lines = list(DueLine.objects.filter(is_open=True).select_related("document"))
        assert sum(line.open_amount for line in open_lines) == 15
        assert not Document.objects.filter(is_opening=True).exists()


def test_an_earlier_fec_after_its_opening_is_refused_with_the_way_out(
    house: House, exports: Path, tmp_path: Path
) -> None:
    import_path(house, tryton(exports, tmp_path))
    result = import_path(house, exports / "fec_tryton" / "FEC-previous.csv")
    assert result.state == "refused"
    assert result.as_json()["error"]["code"] == "before_opening"


def test_the_ibm_file_waits_for_its_columns_then_comes_in_whole(
    house: House, shared_data: Path
) -> None:
    path = shared_data / "payment_behaviour" / "ibm_accounts_receivable.csv"
    first = import_path(house, path)
    assert first.state == "staged"
    assert first.as_json()["error"]["code"] == "mapping_needed"

    result = import_path(house, path, choice=ColumnChoice(IBM_COLUMNS))
    assert result.state == "applied"
    assert (result.rows, result.accepted, result.rejected) == (2466, 2466, 0)
    with house.scope():
        assert Customer.objects.count() == 100
        invoices = Document.objects.filter(kind="invoice")
        assert sum(each.amount for each in invoices) == Decimal("147703.18")
        assert min(each.issue_date for each in invoices) == date(2012, 1, 3)
        assert max(each.issue_date for each in invoices) == date(2013, 12, 2)
        assert not DueLine.objects.filter(is_open=True).exists()
        late = days = 0
        for allocation in Allocation.objects.select_related("debit_line"):
            line = allocation.debit_line
            late += allocation.effective_date > line.due_date
            days += (allocation.effective_date - line.issue_date).days
        assert round(late / 2466, 3) == 0.356
        assert days == 65_213  # a mean of 26.44 days; the README rounds it to 26.45
        assert differences() == ()


def test_named_columns_are_remembered_for_files_with_the_same_headers(
    desk: Desk, shared_data: Path
) -> None:
    path = shared_data / "payment_behaviour" / "ibm_accounts_receivable.csv"
    lines = path.read_text().splitlines(keepends=True)
    desk.take("".join(lines[:50]), choice=ColumnChoice(IBM_COLUMNS))
    result = desk.take("".join([lines[0], *lines[50:60]]))
    assert result.state == "applied"
    assert result.accepted == 10


def test_the_datev_batch_is_not_mistaken_for_receivables(house: House, exports: Path) -> None:
    result = import_path(house, exports / "datev" / "EXTF_Buchungsstapel.csv")
    assert result.state == "staged"
    assert result.as_json()["error"]["code"] == "mapping_needed"
