"""Tables for spreadsheets, as CSV or XLSX: every cell keeps its type, and none is ever a formula.

A name that begins with `=` would run when a colleague opens the file (CSV injection, ASVS 1.2.10).
In CSV such a text is prefixed with an apostrophe; in XLSX every text is written as a string cell.
Numbers and dates are recognised by their Python type, so a negative amount stays a number.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, TYPE_CHECKING, TypeAlias
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from kernel.errors import Refused
from kernel.money import Money

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

Cell: TypeAlias = str | Decimal | int | bool | date | datetime | Money | None
Row: TypeAlias = Sequence[Cell]

CSV_MEDIA_TYPE = "text/csv; charset=utf-8"
XLSX_MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLSX_ROWS = 1_048_575  # the sheet's 1,048,576 less the heading
XLSX_TEXT_LENGTH = 32_767
XLSX_SIGNIFICANT_DIGITS = 15  # a sheet stores numbers as doubles; longer ones would lose their end
BYTE_ORDER_MARK = "\ufeff"

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_SHEET_NAME_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_SHEET_NAME_LENGTH = 31
_CONTROLS = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127))


class TooManyRows(Refused):
    """More rows than a sheet can hold."""

    code = "too_many_rows"


def harmless_text(text: str) -> str:
    """Return `text` as a CSV cell that no spreadsheet runs as a formula; control characters go."""
    plain = text.translate(_CONTROLS)
    return f"'{plain}" if plain.lstrip(" \u00a0").startswith(_FORMULA_STARTS) else plain


def csv_lines(headings: Sequence[str], rows: Iterable[Row], *, language: str) -> Iterator[str]:
    """Yield the lines of a CSV file, heading first, each ending in CR LF; the first has the BOM.

    French gets `;` and a decimal comma, other languages `,` and a point. Every cell is quoted,
    dates are ISO 8601, amounts lose their currency: give it a column of its own.
    """
    buffer = io.StringIO()
    delimiter, comma = (";", True) if language.startswith("fr") else (",", False)
    writer = csv.writer(buffer, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    buffer.write(BYTE_ORDER_MARK)
    for cells in _with_headings(headings, rows):
        writer.writerow([_csv_cell(cell, decimal_comma=comma) for cell in cells])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def write_csv(
    stream: IO[bytes],
    headings: Sequence[str],
    rows: Iterable[Row],
    *,
    language: str,
) -> None:
    """Write the CSV file of `csv_lines` to `stream`, in UTF-8, without holding it in memory."""
    for line in csv_lines(headings, rows, language=language):
        stream.write(line.encode())


def write_xlsx(
    stream: IO[bytes],
    headings: Sequence[str],
    rows: Iterable[Row],
    *,
    sheet_name: str,
) -> None:
    """Write one sheet to `stream`, row by row: texts as strings, amounts and dates as typed cells.

    The heading stays visible and filters the table. Raises TooManyRows beyond what a sheet holds.
    """
    import xlsxwriter  # noqa: PLC0415  only exports need it

    workbook = xlsxwriter.Workbook(
        stream,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        },
    )
    try:
        _fill_sheet(workbook, headings, rows, sheet_name)
    finally:
        # Also after a refusal: the rows written so far wait in a temporary file.
        workbook.close()


def _fill_sheet(
    workbook: Workbook,
    headings: Sequence[str],
    rows: Iterable[Row],
    sheet_name: str,
) -> None:
    sheet = workbook.add_worksheet(_sheet_name(sheet_name))
    formats = _formats(workbook)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, max(len(headings) - 1, 0), 18)
    for column, heading in enumerate(headings):
        sheet.write_string(0, column, _sheet_text(heading), formats["heading"])
    count = 0
    for count, cells in enumerate(rows, start=1):
        if count > XLSX_ROWS:
            raise TooManyRows(
                _(
                    "A sheet holds %(limit)s rows and this export has more. "
                    "Narrow the filter, or export it as CSV.",
                )
                % {"limit": XLSX_ROWS},
                limit=XLSX_ROWS,
            )
        for column, cell in enumerate(cells):
            _write_sheet_cell(sheet, count, column, cell, formats)
    if headings:
        sheet.autofilter(0, 0, count, len(headings) - 1)


def _with_headings(headings: Sequence[str], rows: Iterable[Row]) -> Iterator[Row]:
    yield headings
    yield from rows


def _csv_cell(cell: Cell, *, decimal_comma: bool) -> str:  # noqa: PLR0911  one answer per type
    match cell:
        case None:
            return ""
        case str():
            return harmless_text(cell)
        case bool():
            return "1" if cell else "0"
        case Money():
            return _csv_number(cell.rounded().amount, decimal_comma=decimal_comma)
        case Decimal() | int():
            return _csv_number(Decimal(cell), decimal_comma=decimal_comma)
        case datetime():
            return cell.isoformat(sep=" ", timespec="seconds")
        case date():
            return cell.isoformat()


def _csv_number(number: Decimal, *, decimal_comma: bool) -> str:
    text = f"{number:f}"
    return text.replace(".", ",") if decimal_comma else text


def _sheet_name(name: str) -> str:
    return name.translate(_SHEET_NAME_FORBIDDEN).strip("' ")[:_SHEET_NAME_LENGTH] or "1"


def _sheet_text(text: str) -> str:
    """Return the text cut, visibly, to what a cell can hold; control characters go."""
    plain = text.translate(_CONTROLS)
    if len(plain) <= XLSX_TEXT_LENGTH:
        return plain
    return f"{plain[: XLSX_TEXT_LENGTH - 1]}…"


def _formats(workbook: Workbook) -> dict[str, Format]:
    return {
        "heading": workbook.add_format({"bold": True, "bottom": 1}),
        "amount": workbook.add_format({"num_format": "#,##0.00"}),
        "number": workbook.add_format({"num_format": "General"}),
        "date": workbook.add_format({"num_format": "yyyy-mm-dd"}),
        "instant": workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
    }


def _write_sheet_cell(
    sheet: Worksheet,
    row: int,
    column: int,
    cell: Cell,
    formats: dict[str, Format],
) -> None:
    match cell:
        case None:
            return
        case str():
            sheet.write_string(row, column, _sheet_text(cell))
        case bool():
            sheet.write_boolean(row, column, cell)
        case Money():
            _write_sheet_number(sheet, row, column, cell.rounded().amount, formats["amount"])
        case Decimal() | int():
            _write_sheet_number(sheet, row, column, Decimal(cell), formats["number"])
        case datetime():
            # A sheet knows no time zone: instants are written in UTC, as the column says.
            instant = cell.astimezone(ZoneInfo("UTC")) if cell.tzinfo else cell
            sheet.write_datetime(row, column, instant.replace(tzinfo=None), formats["instant"])
        case date():
            sheet.write_datetime(row, column, cell, formats["date"])


def _write_sheet_number(
    sheet: Worksheet,
    row: int,
    column: int,
    number: Decimal,
    layout: Format,
) -> None:
    if len(number.normalize().as_tuple().digits) > XLSX_SIGNIFICANT_DIGITS:
        sheet.write_string(row, column, f"{number:f}")
    else:
        sheet.write_number(row, column, number, layout)
