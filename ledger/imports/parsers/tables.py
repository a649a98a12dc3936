"""Files as tables: the encoding, the separator and the rows of a text file or a workbook."""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from kernel.sandbox_child import Declined
from ledger.imports.parsers.headers import recognise, recognise_fec
from ledger.imports.parsers.values import cell_text

Row = tuple[int, list[str]]

BLOCK: Final = 1 << 20
LONGEST_FIELD: Final = 32_768  # what a spreadsheet's cell can hold
MOST_ROWS: Final = 2_000_000
MOST_COLUMNS: Final = 500
SAMPLE_LINES: Final = 60
HEADER_WITHIN: Final = 20  # title lines may stand above the header
SEPARATORS: Final = ";,\t|"
MIXED_ENOUGH: Final = 3

_C1 = re.compile(rb"[\x80-\x9f]")
_UTF8_LATIN = re.compile(rb"[\xc3\xc5\xe2][\x80-\xbf]")


@dataclass(frozen=True, slots=True)
class Table:
    """A file as rows of text: `rows()` starts anew each time, with the line number of each row."""

    encoding: str
    separator: str
    header_row: int
    headers: list[str]
    rows: Callable[[], Iterator[Row]]


def text_encoding(source: BinaryIO) -> str:
    """Return the encoding of a text file: its mark, strict UTF-8, else what its bytes allow.

    Without mark and not UTF-8, a byte from 0x80 to 0x9F means Windows-1252, none ISO-8859-15.
    Declines a file that is not text, or that mixes UTF-8 with something else.
    """
    source.seek(0)
    start = source.read(4)
    if start.startswith(codecs.BOM_UTF8):
        return _checked(source, "utf-8-sig")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _checked(source, "utf-16")
    if _is_strict(source, "utf-8"):
        return "utf-8"
    source.seek(0)
    has_c1, latin_pairs, line = False, 0, 1
    while block := source.read(BLOCK):
        if b"\0" in block:
            raise Declined("binary_content")
        has_c1 = has_c1 or _C1.search(block) is not None
        latin_pairs += len(_UTF8_LATIN.findall(block))
    if latin_pairs >= MIXED_ENOUGH:
        line = _first_bad_line(source, "utf-8")
        raise Declined("encoding_mixed", row=line)
    return _checked(source, "cp1252" if has_c1 else "iso8859-15")


def _checked(source: BinaryIO, encoding: str) -> str:
    if not _is_strict(source, encoding):
        raise Declined(
            "encoding_unreadable", encoding=encoding, row=_first_bad_line(source, encoding)
        )
    return encoding


def _is_strict(source: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    source.seek(0)
    try:
        while block := source.read(BLOCK):
            text = decoder.decode(block)
            if "\0" in text:
                raise Declined("binary_content")
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _first_bad_line(source: BinaryIO, encoding: str) -> int:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    source.seek(0)
    line = 0
    for line, raw in enumerate(source, start=1):  # noqa: B007  the number is the answer
        try:
            decoder.decode(raw)
        except UnicodeError:
            break
    return line


def open_text(source: BinaryIO) -> Table:
    """Return a delimited text file as a table; declines when no separator makes columns of it."""
    encoding = text_encoding(source)
    sample = _sample(source, encoding)
    separator = _separator(sample)
    quoting = _quoting(sample, separator)

    def rows() -> Iterator[Row]:
        return _text_rows(source, encoding, separator, quoting)

    return _with_header(encoding, separator, rows)


def _reader(source: BinaryIO, encoding: str) -> io.TextIOWrapper:
    source.seek(0)
    return io.TextIOWrapper(_Unclosed(source), encoding=encoding, newline="")


class _Unclosed(io.RawIOBase):
    """Lets a text wrapper end without closing the file below it, which is read more than once."""

    name = "source"

    def __init__(self, source: BinaryIO) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._source.read(size)

    def read1(self, size: int = -1) -> bytes:
        return self._source.read(size)


def _sample(source: BinaryIO, encoding: str) -> list[str]:
    reader = _reader(source, encoding)
    lines = []
    for _ in range(SAMPLE_LINES):
        line = reader.readline(MOST_COLUMNS * LONGEST_FIELD // 8)
        if not line:
            break
        lines.append(line)
    if not any(line.strip() for line in lines):
        raise Declined("file_empty")
    return lines


def _separator(sample: list[str]) -> str:
    """Return the separator under which the most headers are known, then the most columns agree."""
    best, best_score = "", (0, 0, 0)
    for separator in SEPARATORS:
        rows = _split(sample, separator)
        widths = [len(row) for row in rows if any(row)]
        if not widths or max(widths) == 1:
            continue
        usual = max(set(widths), key=lambda width: (widths.count(width), width))
        score = (_known(rows), widths.count(usual) if usual > 1 else 0, usual)
        if score > best_score:
            best, best_score = separator, score
    if not best:
        raise Declined("separator_not_found", line=sample[0].strip()[:80])
    return best


def _split(sample: list[str], separator: str) -> list[list[str]]:
    try:
        return list(csv.reader(sample, delimiter=separator))
    except csv.Error:
        return [line.rstrip("\r\n").split(separator) for line in sample]


def _known(rows: list[list[str]]) -> int:
    return max((_recognised(row) for row in rows[:HEADER_WITHIN]), default=0)


def _recognised(row: list[str]) -> int:
    return max(len(recognise(row).positions), len(recognise_fec(row) or ()))


def _quoting(sample: list[str], separator: str) -> int:
    """Return how quotes are meant: exports with tabs or bars write them as plain characters.

    A FEC knows no quoting, so an inch or an enterprise « "X" » stays text there, unless its very
    header is quoted.
    """
    header = next(line for line in sample if line.strip())
    is_fec = recognise_fec([part.strip('"') for part in header.split(separator)]) is not None
    return csv.QUOTE_NONE if is_fec and '"' not in header else csv.QUOTE_MINIMAL


def _text_rows(source: BinaryIO, encoding: str, separator: str, quoting: int) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(
        _reader(source, encoding),
        delimiter=separator,
        quoting=quoting,  # type: ignore[arg-type]  # one of the module's constants
        strict=True,
    )
    line = 1
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1
            if line > MOST_ROWS:
                raise Declined("too_many_rows", limit=MOST_ROWS)
    except csv.Error as error:
        code = "field_too_long" if "limit" in str(error) else "quotes_unclear"
        raise Declined(code, row=line, limit=LONGEST_FIELD) from error


def _with_header(encoding: str, separator: str, rows: Callable[[], Iterator[Row]]) -> Table:
    best: Row | None = None
    best_known = -1
    seen = 0
    for number, cells in rows():
        seen += 1
        if seen > HEADER_WITHIN:
            break
        if not any(cell.strip() for cell in cells):
            continue
        known = _recognised(cells)
        if known > best_known:
            best, best_known = (number, cells), known
    if best is None:
        raise Declined("file_empty")
    if len(best[1]) > MOST_COLUMNS:
        raise Declined("too_many_columns", columns=len(best[1]), limit=MOST_COLUMNS)
    return Table(encoding, separator, best[0], [cell.strip() for cell in best[1]], rows)


def open_workbook(source: BinaryIO) -> Table:
    """Return the first sheet of a workbook that holds anything as a table."""
    try:
        workbook = CalamineWorkbook.from_filelike(source)
        for name in workbook.sheet_names:
            sheet = workbook.get_sheet_by_name(name)
            if sheet.height:
                break
        else:
            raise Declined("file_empty")
    except PasswordError as error:
        raise Declined("workbook_locked") from error
    except CalamineError as error:
        raise Declined("workbook_unreadable") from error
    first = (sheet.start or (0, 0))[0] + 1

    def rows() -> Iterator[Row]:
        for number, cells in enumerate(sheet.iter_rows(), start=first):
            yield number, [cell_text(cell) for cell in cells]

    return _with_header("xlsx", "", rows)
