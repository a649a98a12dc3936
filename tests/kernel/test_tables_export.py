import csv
import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from kernel import tables_export
from kernel.money import Money
from kernel.tables_export import Row, TooManyRows, csv_lines, write_csv, write_xlsx

# What CVE-2021-41270 and its kin let through: a plain sign, a control character, white space before
# it, the full-width forms that East Asian spreadsheets accept, a quote that would end the cell.
POISONED = [
    "=1+1",
    "+33 1 23 45 67 89",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "＝1+1",
    '=HYPERLINK("https://evil.example","click")',
    '";=1+1;"',
    "{=1+1}",
    "https://evil.example",
    "1e3",
]


def as_csv(rows: list[Row], *, language: str = "en") -> str:
    return "".join(csv_lines(["name", "value"], rows, language=language))


def as_xlsx(rows: list[Row], headings: list[str] | None = None) -> bytes:
    stream = io.BytesIO()
    write_xlsx(stream, headings or ["name", "value"], rows, sheet_name="Items")
    return stream.getvalue()


@pytest.mark.parametrize("text", POISONED)
def test_no_cell_of_a_csv_starts_like_a_formula(text: str) -> None:
    lines = as_csv([[text, None]]).removeprefix("\ufeff")
    cell = list(csv.reader(io.StringIO(lines, newline="")))[1][0]
    assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝"))
    assert not cell.startswith(("\t", "\r", "\n"))


@pytest.mark.parametrize("text", POISONED)
def test_no_heading_of_a_csv_starts_like_a_formula(text: str) -> None:
    lines = "".join(csv_lines([text], [], language="en")).removeprefix("\ufeff")
    cell = next(csv.reader(io.StringIO(lines, newline="")))[0]
    assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝"))


def test_a_harmless_text_is_written_as_it_is() -> None:
    assert '"Bâti-Loire; SAS ""Ouest"""' in as_csv([['Bâti-Loire; SAS "Ouest"', None]])


def test_a_negative_amount_stays_a_number() -> None:
    assert as_csv([["AV-1", Money(Decimal(-8950), "EUR")]]).endswith('"AV-1","-8950.00"\r\n')


def test_french_files_separate_with_semicolons_and_decimal_commas() -> None:
    line = as_csv([["FA-1", Decimal("-1234.5")]], language="fr").split("\r\n")[1]
    assert line == '"FA-1";"-1234,5"'


def test_a_csv_begins_with_a_byte_order_mark_and_quotes_every_cell() -> None:
    stream = io.BytesIO()
    write_csv(stream, ["a", "b"], [[date(2026, 11, 19), True], [None, 3]], language="en")
    expected = '"a","b"\r\n"2026-11-19","1"\r\n"","3"\r\n'
    assert stream.getvalue() == b"\xef\xbb\xbf" + expected.encode()


def test_no_cell_of_a_sheet_is_a_formula_for_any_engine() -> None:
    content = as_xlsx([[text, text] for text in POISONED], headings=["=1+1", "@b"])
    for sheet in openpyxl.load_workbook(io.BytesIO(content)):
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s"}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert all(b"<f>" not in archive.read(name) for name in archive.namelist())
    rows = CalamineWorkbook.from_object(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert all(isinstance(value, str) for row in rows for value in row)


def test_a_sheet_keeps_the_type_of_each_cell() -> None:
    rows: list[Row] = [
        ["F-1", Money(Decimal("120.005"), "EUR")],
        ["F-2", Decimal(-3)],
        ["F-3", date(2026, 11, 19)],
        ["F-4", datetime(2026, 11, 19, 8, 30, tzinfo=UTC)],
        ["F-5", True],
        ["F-6", None],
    ]
    sheet = openpyxl.load_workbook(io.BytesIO(as_xlsx(rows))).active
    assert sheet is not None
    values = [row[1].value for row in sheet.iter_rows(min_row=2)]
    assert values == [
        120.01,
        -3,
        datetime(2026, 11, 19),  # noqa: DTZ001  a sheet's dates have no zone
        datetime(2026, 11, 19, 8, 30),  # noqa: DTZ001
        True,
        None,
    ]


def test_a_number_too_long_for_a_double_is_written_as_text() -> None:
    long = Decimal("123456789012345.6789")
    sheet = openpyxl.load_workbook(io.BytesIO(as_xlsx([["total", long]]))).active
    assert sheet is not None
    assert sheet["B2"].value == "123456789012345.6789"


def test_an_endless_text_is_cut_where_one_sees_it() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(as_xlsx([["x" * 40_000, None]]))).active
    assert sheet is not None
    assert str(sheet["A2"].value).endswith("x…")


def test_control_characters_do_not_break_the_file() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(as_xlsx([["a\x00b\x0bc", "\x1f"]]))).active
    assert sheet is not None
    assert sheet["A2"].value == "abc"
    assert '"abc"' in as_csv([["a\x00b\x0bc", None]])


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables_export, "XLSX_ROWS", 2)
    with pytest.raises(TooManyRows, match="2 rows"):
        as_xlsx([["a", None]] * 3)


def test_a_sheet_name_loses_what_a_spreadsheet_forbids() -> None:
    stream = io.BytesIO()
    write_xlsx(stream, ["a"], [], sheet_name="Relevé [Bâti-Loire] : 19/11/2026 et suite longue")
    name = openpyxl.load_workbook(stream).sheetnames[0]
    assert len(name) <= 31
    assert not set(name) & set("[]:*?/\\")
