"""Every bad file or cell gets a sentence: the place, the value read, what is expected, the way out."""

import io
import zipfile
from datetime import date, datetime

import openpyxl
import pytest

from ledger.models import Document, ImportBatch, StagedRow
from tests.ledger.imports.support import Desk, codes, csv, fec, import_path

HEADER = "code client;nom client;n° pièce;type;date pièce;échéance;montant TTC;devise;e-mail"
GOOD = "C0;Good;G1;facture;13/01/2026;;10;EUR;"


def row(**changes: str) -> str:
    cells = {
        "code": "C1",
        "name": "Alpha",
        "number": "F1",
        "type": "facture",
        "date": "14/01/2026",
        "due": "",
        "amount": "100,00",
        "currency": "EUR",
        "email": "",
    }
    return ";".join((cells | changes).values())


@pytest.mark.parametrize(
    ("changes", "code", "named"),
    [
        ({"date": "31/11/2026"}, "date_does_not_exist", "31/11/2026"),
        ({"date": "bientôt"}, "date_unreadable", "bientôt"),
        ({"date": "01/01/1888"}, "date_out_of_range", "1888"),
        ({"date": ""}, "issue_date_missing", "2026-12-31"),
        ({"amount": "cent"}, "amount_unreadable", "cent"),
        ({"amount": "NaN"}, "amount_unreadable", "NaN"),
        ({"amount": "Infinity"}, "amount_unreadable", "Infinity"),
        ({"amount": "1e5"}, "amount_unreadable", "1e5"),
        ({"amount": "0,00"}, "amount_zero", "leave the row out"),
        ({"amount": "1,23456"}, "amount_too_precise", "1,23456"),
        ({"amount": "9999999999999999"}, "amount_too_large", "9999999999999999"),
        ({"amount": ""}, "amount_missing", "1234,56"),
        ({"currency": "XYZ"}, "currency_unknown", "XYZ"),
        ({"type": "devis"}, "type_unknown", "devis"),
        ({"code": ""}, "customer_code_missing", "customer"),
        ({"number": ""}, "document_number_missing", "number"),
        ({"number": "N" * 81}, "text_too_long", "80"),
        ({"email": "x;y"}, "too_many_cells", "separator"),
    ],
)
def test_a_bad_cell_rejects_its_row_only(
    desk: Desk, changes: dict[str, str], code: str, named: str
) -> None:
    result = desk.take(csv(GOOD, row(**changes), header=HEADER))
    problem = next(each for each in result.problems if each["row"])
    assert (problem["row"], problem["code"], problem["rejected"]) == (3, code, True)
    assert named in str(problem["message"])
    assert (result.state, result.accepted, result.rejected) == ("applied", 1, 1)
    assert set(desk.open_by_number()) == {"G1"}
    with desk.house.scope():
        assert StagedRow.objects.get().problems[0]["code"] == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"email": "nobody"}, "email_unreadable"),
        ({"due": "01/01/2026"}, "due_before_issue"),
        ({"amount": "-5"}, "negative_invoice"),
        ({"name": ""}, "customer_name_missing"),
    ],
)
def test_a_doubtful_cell_is_told_and_its_row_taken(
    desk: Desk, changes: dict[str, str], code: str
) -> None:
    result = desk.take(csv(row(**changes), header=HEADER))
    assert [(p["row"], p["code"], p["rejected"]) for p in result.problems if p["row"]] == [
        (2, code, False)
    ]
    assert result.accepted == 1


def test_no_row_taken_is_a_refusal_with_its_rows_listed(desk: Desk) -> None:
    result = desk.take(csv(row(amount="cent"), header=HEADER))
    assert result.state == "refused"
    assert result.as_json()["error"]["code"] == "nothing_accepted"
    assert codes(result) == ["amount_unreadable"]


def xlsx(*rows: list[object]) -> bytes:
    book = openpyxl.Workbook()
    for each in rows:
        book.active.append(each)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def zipped(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return stream.getvalue()


def workbook_with(sheet: bytes) -> bytes:
    """A sound workbook whose sheet is replaced."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(xlsx(["a"]))) as source,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for member in source.infolist():
            is_sheet = member.filename == "xl/worksheets/sheet1.xml"
            target.writestr(member.filename, sheet if is_sheet else source.read(member))
    return stream.getvalue()


SHEET = (
    b'<?xml version="1.0"?>%s<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    b"<sheetData>%s</sheetData></worksheet>"
)


def lying_zip() -> bytes:
    data = bytearray(xlsx(["a", "b"]))
    at = data.find(b"PK\x01\x02")
    data[at + 24 : at + 28] = (5).to_bytes(4, "little")
    return bytes(data)


FILES = {
    "empty": (b"", "a.csv", "file_empty"),
    "blank lines": (b"\n\n  \n", "a.csv", "file_empty"),
    "a pdf": (b"%PDF-1.7 ...", "a.csv", "file_type_refused"),
    "an old xls": (b"\xd0\xcf\x11\xe0" + bytes(600), "a.xls", "file_type_refused"),
    "a zip with another name": (zipped(a=b"x"), "a.csv", "file_type_refused"),
    "a zip that is no workbook": (zipped(a=b"x"), "a.xlsx", "file_type_refused"),
    "text called a workbook": (b"a;b\n1;2\n", "a.xlsx", "workbook_unreadable"),
    "an unknown ending": (b"a;b\n1;2\n", "a.exe", "file_type_refused"),
    "xml": (b"<?xml version='1.0'?><Document/>", "a.txt", "file_type_refused"),
    "bytes of no text": (b"a;b\x00\n1;2\n" * 9, "a.csv", "binary_content"),
    "one column": (b"abc\ndef\n", "a.csv", "separator_not_found"),
    "mixed encodings": ("é;à;è\n".encode() * 5 + b"caf\xe9;b;c\n", "a.csv", "encoding_mixed"),
    "an open quote": (b'a;b;c\n"1;2;3\n1;2;3\n', "a.csv", "quotes_unclear"),
    "a far cell": (
        workbook_with(SHEET % (b"", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')),
        "a.xlsx",
        "sheet_reaches_far",
    ),
    "a document type": (
        workbook_with(SHEET % (b'<!DOCTYPE x [<!ENTITY a "b">]>', b"")),
        "a.xlsx",
        "workbook_declares",
    ),
    "an inflating workbook": (
        workbook_with(SHEET % (b"", b" " * 210_000_000)),
        "a.xlsx",
        "workbook_ratio",
    ),
    "a lying header": (lying_zip(), "a.xlsx", "workbook_unreadable"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_bad_file_is_refused_with_a_sentence(desk: Desk, case: str) -> None:
    content, name, code = FILES[case]
    result = desk.take(content, name=name)
    assert result.state == "refused"
    error = result.as_json()["error"]
    assert error["code"] == code
    assert len(error["message"]) > 40
    assert "Traceback" not in error["message"]
    with desk.house.scope():
        assert not Document.objects.exists()
        assert (ImportBatch.objects.get().refusal or {})["code"] == code


def test_a_file_above_200_megabytes_is_refused_unread(desk: Desk) -> None:
    path = desk.folder / "big.csv"
    with path.open("wb") as target:
        target.truncate(200_000_001)
    result = import_path(desk.house, path)
    assert result.as_json()["error"]["code"] == "file_too_large"
    assert "201 MB" in result.as_json()["error"]["message"]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("société;é€", "utf-8"),
        ("société;é€", "utf-8-sig"),
        ("société;é€", "cp1252"),
        ("société;é¤", "iso8859-15"),
        ("société;é€", "utf-16"),
    ],
)
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_encodings_and_separators_of_accounting_programs_are_read(
    desk: Desk, text: str, encoding: str, separator: str
) -> None:
    name = text.replace(";", " ").replace("¤", "€")
    content = csv(GOOD.replace("Good", name), header=HEADER).replace(";", separator)
    result = desk.take(content.encode(encoding))
    assert result.state == "applied"
    with desk.house.scope():
        assert Document.objects.select_related("customer").get().customer.name == name


def test_a_workbook_is_read_with_its_own_dates_and_numbers(desk: Desk) -> None:
    book = xlsx(
        ["Relance au 1er mars"],
        [],
        ["Code client", "Raison sociale", "N° pièce", "Date pièce", "Échéance", "Montant TTC"],
        [411001, "Alpha", 2026001, date(2026, 1, 5), datetime(2026, 2, 4, tzinfo=None), 0.1 + 0.2],  # noqa: DTZ001  as a sheet has it
    )
    result = desk.take(book, name="clients.xlsx")
    assert result.state == "applied", result.as_json()
    with desk.house.scope():
        document = Document.objects.select_related("customer").get()
        assert (document.number, document.customer.code) == ("2026001", "411001")
        assert str(document.amount) == "0.3000"


def test_dates_are_read_one_way_in_the_whole_file(desk: Desk) -> None:
    desk.take(csv(row(date="03/04/2026"), row(number="F2", date="12/25/2026"), header=HEADER))
    with desk.house.scope():
        assert str(Document.objects.get(number="F1").issue_date) == "2026-03-04"


def test_an_amount_that_could_be_thousands_is_not_guessed(desk: Desk) -> None:
    result = desk.take(csv(row(amount="1.234"), GOOD, header=HEADER))
    assert codes(result) == ["amount_ambiguous"]
    told = desk.take(csv(row(amount="1.234"), row(number="F2", amount="5,10"), header=HEADER))
    assert told.rejected == 0
    assert desk.open_by_number()["F1"] == 1234


def test_unbalanced_books_are_refused_naming_the_entry_and_the_difference(desk: Desk) -> None:
    good = [
        "VT|Ventes|1|20260105|411|Clients|C1|Alpha|F1|20260105|f|120,00|0,00|||20260105||",
        "VT|Ventes|1|20260105|707|Ventes|||F1|20260105|f|0,00|120,00|||20260105||",
    ]
    bad = [
        "VT|Ventes|2|20260106|411|Clients|C1|Alpha|F2|20260106|f|120,00|0,00|||20260106||",
        "VT|Ventes|2|20260106|707|Ventes|||F2|20260106|f|0,00|119,90|||20260106||",
    ]
    result = desk.take(fec(*good, *bad), name="fec.txt")
    error = result.as_json()["error"]
    assert error["code"] == "fec_unbalanced"
    for fact in ("2", "VT", "2026-01-06", "120.00", "119.90", "0.10"):
        assert fact in error["message"]
    with desk.house.scope():
        assert not Document.objects.exists()


def test_an_unreadable_amount_in_books_refuses_them_with_the_line(desk: Desk) -> None:
    line = "VT|Ventes|1|20260105|411|Clients|C1|Alpha|F1|20260105|f|12x|0,00|||20260105||"
    error = desk.take(fec(line), name="fec.txt").as_json()["error"]
    assert error["code"] == "fec_unreadable"
    assert "12x" in error["message"]


def test_formulas_come_in_as_plain_text(desk: Desk) -> None:
    desk.take(csv(row(name="=cmd|' /C calc'!A0", number="@SUM(1)"), header=HEADER))
    with desk.house.scope():
        document = Document.objects.select_related("customer").get()
        assert document.number == "@SUM(1)"
        assert document.customer.name == "=cmd|' /C calc'!A0"
