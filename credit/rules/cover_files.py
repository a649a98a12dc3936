"""An insurer's file as lines: read in the sandbox as text, then each cell as what it should hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, BinaryIO

from credit.rules.covers import Field, Line, plain, state_of
from kernel.sandbox_child import Declined
from ledger.imports.parsers.headers import signature
from ledger.imports.parsers.tables import open_text, open_workbook
from ledger.imports.parsers.values import (
    AmountReader,
    DateReader,
    ValueProblem,
    clean,
    date_rule,
    decimal_mark,
)
from ledger.rules.identifiers import siren_of, vat_number

MOST_ROWS = 20_000
SIREN_DIGITS = 9
_AMOUNTS = (Field.AMOUNT, Field.REQUESTED)
_DAYS = (Field.FROM, Field.UNTIL)
_SIZES = {Field.CODE: 60, Field.NAME: 250, Field.REFERENCE: 80, Field.REASON: 300}


def read_table(source: BinaryIO, container: str) -> dict[str, Any]:
    """Return the headings and the filled rows of a file, as text; runs in the sandbox. Declines what is no table."""
    table = open_workbook(source) if container == "workbook" else open_text(source)
    rows: list[list[Any]] = []
    for number, cells in table.rows():
        if number <= table.header_row or not any(cell.strip() for cell in cells):
            continue
        if len(rows) == MOST_ROWS:
            raise Declined("too_many_rows", limit=MOST_ROWS)
        rows.append([number, [clean(cell)[:500] for cell in cells[: len(table.headers)]]])
    return {"headers": table.headers, "rows": rows, "signature": signature(table.headers)}


def lines_of(rows: Sequence[tuple[int, Sequence[str]]], columns: Mapping[Field, int]) -> list[Line]:
    """Return the rows as lines; the file's own dates and amounts say how it writes them."""

    def column(name: Field) -> list[str]:
        at = columns.get(name)
        return (
            []
            if at is None
            else [cells[at] for _row, cells in rows if at < len(cells) and cells[at]]
        )

    days = DateReader(date_rule([text for name in _DAYS for text in column(name)]))
    amounts = AmountReader(decimal_mark([text for name in _AMOUNTS for text in column(name)]))
    return [_line(number, cells, columns, days, amounts) for number, cells in rows]


def _line(
    number: int,
    cells: Sequence[str],
    columns: Mapping[Field, int],
    days: DateReader,
    amounts: AmountReader,
) -> Line:
    texts = {name: cells[at] if at < len(cells) else "" for name, at in columns.items()}
    values: dict[str, Any] = {}
    unreadable: dict[str, str] = {}
    for name, text in texts.items():
        if not text:
            continue
        try:
            values[name.value] = _value(name, text, days, amounts)
        except ValueProblem:
            unreadable[name.value] = text
    return Line(number=number, **values, unreadable=unreadable)


def _value(name: Field, text: str, days: DateReader, amounts: AmountReader) -> object:
    """Return what a cell holds. Raises ValueProblem."""
    if name in _AMOUNTS:
        return amounts.read(text)
    if name in _DAYS:
        return date.fromisoformat(days.read(text))
    if name is Field.STATE:
        return state_of(text)
    if name is Field.CURRENCY:
        code = {"euro": "EUR", "euros": "EUR", "": text}.get(plain(text), text.upper())
        return code[:10]
    if name in {Field.SIREN, Field.VAT}:
        return _siren(text) if name is Field.SIREN else _vat(text)
    return text[: _SIZES[name]]


def _vat(text: str) -> str:
    found = vat_number(text)
    if found is None:
        raise ValueProblem("vat_unreadable", value=text)
    return found


def _siren(text: str) -> str:
    """Return the SIREN in a cell; a spreadsheet drops the zeros in front, which are put back."""
    digits = "".join(text.split())
    bare = digits.zfill(SIREN_DIGITS) if digits.isdecimal() and len(digits) < SIREN_DIGITS else text
    found = siren_of(bare)
    if found is None:
        raise ValueProblem("siren_unreadable", value=text)
    return found
