"""What a file must be before anything reads it (RELIABILITY D9, first step).

Cheap, in constant memory, and without a parser: whatever passes is still read in the sandbox.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import IO, Final

from ledger.imports.archives import DAMAGED
from ledger.imports.messages import FileRefused

MOST_BYTES: Final = 200_000_000
MOST_INFLATED: Final = 200_000_000
MOST_RATIO: Final = 200
RATIO_FROM: Final = 1_000_000  # a small file may well repeat itself more than that
MOST_MEMBERS: Final = 2_000
MOST_CELLS: Final = 20_000_000
BLOCK: Final = 1 << 18
OVERLAP: Final = 32

TEXT_SUFFIXES: Final = frozenset({".csv", ".txt", ".tsv", ".fec", ".tab", ""})
WORKBOOK_SUFFIX: Final = ".xlsx"

_MAGIC: Final = {
    b"%PDF": "PDF",
    b"\xd0\xcf\x11\xe0": "XLS",
    b"\x1f\x8b": "GZIP",
    b"7z\xbc\xaf": "7Z",
    b"Rar!": "RAR",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"\x7fELF": "ELF",
    b"MZ\x90": "EXE",
    b"SQLite format 3": "SQLite",
}
_ZIP: Final = b"PK"
_DECLARATIONS: Final = tuple(
    word.encode(encoding)
    for word in ("<!DOCTYPE", "<!ENTITY")
    for encoding in ("ascii", "utf-16-le", "utf-16-be")
)
_CELL = re.compile(rb' r="([A-Z]{1,3})([0-9]{1,7})"')
_DIMENSION = re.compile(rb'<dimension ref="[A-Z]{1,3}[0-9]{1,7}:([A-Z]{1,3})([0-9]{1,7})"')
# What the standard library raises over a damaged archive, as 4,000 damaged ones showed.
_NEEDED: Final = frozenset({"[Content_Types].xml", "xl/workbook.xml"})


class Container(StrEnum):
    """How the rows of a file are packed."""

    TEXT = "text"
    WORKBOOK = "workbook"


def inspect(path: Path, *, name: str) -> Container:
    """Return how the file is packed; raises FileRefused, with the figure and the way out.

    `name` is what the person called the file; `path` is where its bytes are.
    """
    size = path.stat().st_size
    if size == 0:
        raise FileRefused("file_empty", name=name)
    if size > MOST_BYTES:
        raise FileRefused("file_too_large", name=name, bytes=size, limit=MOST_BYTES)
    with path.open("rb") as source:
        start = source.read(16)
    suffix = PurePosixPath(name.replace("\\", "/")).suffix.casefold()
    for magic, found in _MAGIC.items():
        if start.startswith(magic):
            raise FileRefused("file_type_refused", name=name, found=found)
    if start.startswith(_ZIP):
        if suffix != WORKBOOK_SUFFIX:
            raise FileRefused("file_type_refused", name=name, found="ZIP")
        check_workbook(path, name=name)
        return Container.WORKBOOK
    if suffix == WORKBOOK_SUFFIX:
        raise FileRefused("workbook_unreadable", name=name)
    if start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        raise FileRefused("file_type_refused", name=name, found="XML")
    if suffix not in TEXT_SUFFIXES:
        raise FileRefused("file_type_refused", name=name, found=suffix.lstrip(".").upper())
    return Container.TEXT


def check_workbook(path: Path, *, name: str) -> None:
    """Inflate every member of a workbook into nothing, and refuse what is not an honest workbook.

    Checks the number of members, their names, the real inflated size, the ratio, every checksum,
    document type declarations and how far the cells reach.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _check_members(members, name)
            _inflate_all(archive, members, name)
    except DAMAGED as error:
        raise FileRefused("workbook_unreadable", name=name) from error


def _check_members(members: list[zipfile.ZipInfo], name: str) -> None:
    if len(members) > MOST_MEMBERS:
        facts = {"members": len(members), "limit": MOST_MEMBERS}
        raise FileRefused("workbook_too_many_members", name=name, **facts)
    names = [member.filename for member in members]
    if len(set(names)) < len(names):
        raise FileRefused("workbook_unreadable", name=name)
    for member in members:
        parts = PurePosixPath(member.filename.replace("\\", "/")).parts
        if ".." in parts or member.filename.startswith(("/", "\\")) or "\0" in member.orig_filename:
            raise FileRefused("workbook_unreadable", name=name)
        if member.flag_bits & 0x1:
            raise FileRefused("workbook_locked", name=name)
    if not set(names) >= _NEEDED:
        raise FileRefused("file_type_refused", name=name, found="ZIP")


@dataclass(slots=True)
class _Inflated:
    """What was inflated so far, of the whole archive and of the member at hand."""

    name: str
    total: int = 0
    tail: bytes = field(default=b"")


def _inflate_all(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], name: str) -> None:
    seen = _Inflated(name)
    for member in members:
        before, seen.tail = seen.total, b""
        is_sheet = member.filename.startswith("xl/worksheets/")
        with archive.open(member) as content:
            for block in _blocks(content):
                seen.total += len(block)
                _check_size(seen, seen.total - before, member)
                _check_declarations(seen.tail + block, name)
                if is_sheet:
                    _check_reach(seen.tail + block, name)
                seen.tail = block[-OVERLAP:]


def _blocks(content: IO[bytes]) -> Iterator[bytes]:
    while block := content.read(BLOCK):
        yield block


def _check_size(seen: _Inflated, of_member: int, member: zipfile.ZipInfo) -> None:
    if seen.total > MOST_INFLATED:
        raise FileRefused("workbook_inflates", name=seen.name, limit=MOST_INFLATED)
    if of_member > RATIO_FROM and of_member > MOST_RATIO * max(member.compress_size, 1):
        ratio = of_member // max(member.compress_size, 1)
        raise FileRefused("workbook_ratio", name=seen.name, ratio=ratio, limit=MOST_RATIO)


def _check_declarations(block: bytes, name: str) -> None:
    if any(word in block for word in _DECLARATIONS):
        raise FileRefused("workbook_declares", name=name)


def _check_reach(block: bytes, name: str) -> None:
    """Refuse a sheet whose corner lies so far out that reading the empty cells would not end."""
    ends = [match for match in (_DIMENSION.search(block), _last_cell(block)) if match]
    for match in ends:
        rows = int(match[2])
        if rows * _column(match[1]) > MOST_CELLS:
            cell = (match[1] + match[2]).decode()
            raise FileRefused("sheet_reaches_far", name=name, cell=cell, limit=MOST_CELLS)


def _last_cell(block: bytes) -> re.Match[bytes] | None:
    start = block.rfind(b' r="', 0, block.rfind(b'"'))
    while start >= 0:
        match = _CELL.match(block, start)
        if match:
            return match
        start = block.rfind(b' r="', 0, start)
    return None


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
