"""Join PDFs of our own engine into one, page after page: what is printed is what was kept, byte for byte of its pages.

Reads the form that our engine writes (a cross-reference stream, objects in object streams), what was joined here, and
nothing else. The tags for screen readers stay in the single documents: what is joined is for a printer.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_REFERENCES = re.compile(rb"\((?:\\.|[^\\()])*\)|<[0-9A-Fa-f\s]*>|\b(\d+) 0 R\b", re.DOTALL)
_LENGTH = re.compile(rb"/Length (\d+)")
_UNTAGGED = re.compile(rb"/(?:StructParents|StructParent|Tabs) ?/?\w+")
_IN_STREAM, _PLAIN = 2, 1

Objects = dict[int, "_Object"]


class UnjoinableError(ValueError):
    """A document that our engine did not write."""


@dataclass(frozen=True, slots=True)
class _Object:
    """An object's value, and the bytes of its stream where it has one."""

    value: bytes
    stream: bytes | None = None


def page_count(pdf: bytes) -> int:
    """Return the number of pages of one of our documents. Raises UnjoinableError."""
    objects, root = _read(pdf)
    return len(_pages(objects, root))


def join(documents: Sequence[bytes], *, title: str = "", sides: int = 1) -> bytes:
    """Return the pages of `documents` in one PDF; on two `sides` each document begins on a sheet of its own.

    Raises UnjoinableError.
    """
    written = [_Object(b"<</Type/Catalog/Pages 2 0 R>>"), _Object(b""), _info(title)]
    pages: list[int] = []
    for document in documents:
        objects, root = _read(document)
        theirs = _pages(objects, root)
        numbers = {old: len(written) + place for place, old in enumerate(objects, start=1)}
        written += [_moved(each, numbers) for each in objects.values()]
        for page in theirs:
            place = numbers[page] - 1
            written[place] = _Object(_adopted(written[place].value))
            pages.append(numbers[page])
        if len(theirs) % sides:
            written.append(_Object(_BLANK))
            pages.append(len(written))
    kids = b" ".join(b"%d 0 R" % page for page in pages)
    written[1] = _Object(b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(pages), kids))
    return _written(written)


_BLANK = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595.28 841.89]/Resources<<>>>>"


def _info(title: str) -> _Object:
    return _Object(b"<</Title <%s>>>" % (b"feff" + title.encode("utf-16-be").hex().encode()))


def _read(pdf: bytes) -> tuple[Objects, int]:
    """Return a document's objects by number and the number of its catalog."""
    try:
        start = int(pdf[pdf.rindex(b"startxref") + 9 :].split()[0])
        if pdf[start : start + 4] == b"xref":
            return _read_plain(pdf, start)
        table = _at(pdf, start)
        places = _places(table)
        found: Objects = {}
        packed: dict[int, Objects] = {}
        for number, (kind, where) in places.items():
            if kind == _PLAIN and where != start:
                found[number] = _at(pdf, where)
        for number, (kind, where) in places.items():
            if kind == _IN_STREAM:
                if where not in packed:
                    packed[where] = dict(_unpacked(found[where]))
                found[number] = packed[where][number]
        for where in packed:
            del found[where]
        root = int(_one(rb"/Root (\d+) 0 R", table.value))
    except (ValueError, KeyError, IndexError, zlib.error) as problem:
        raise UnjoinableError("not a document of our own engine") from problem
    return found, root


def _read_plain(pdf: bytes, start: int) -> tuple[Objects, int]:
    """Return the same of a document that was joined here before."""
    head, rows = pdf[start:].split(b"\n", 2)[1:]
    count = int(head.split()[1])
    places = [int(rows[20 * place : 20 * place + 10]) for place in range(1, count)]
    found = {number: _at(pdf, place) for number, place in enumerate(places, start=1)}
    return found, int(_one(rb"/Root (\d+) 0 R", pdf[start:]))


def _at(pdf: bytes, place: int) -> _Object:
    """Return the object that begins at `place`."""
    end_of_head = pdf.index(b"obj", place) + 3
    stream = pdf.find(b"stream\n", end_of_head)
    end = pdf.index(b"endobj", end_of_head)
    if stream < 0 or stream > end:
        return _Object(pdf[end_of_head:end].strip())
    value = pdf[end_of_head:stream].strip()
    begins = stream + len(b"stream\n")
    return _Object(value, pdf[begins : begins + int(_one(_LENGTH, value))])


def _places(table: _Object) -> dict[int, tuple[int, int]]:
    """Return of each object whether it stands alone or in a stream, and where."""
    widths = [int(each) for each in _one(rb"/W \[([\d ]+)\]", table.value).split()]
    first = int(_one(rb"/Index \[(\d+)", table.value))
    rows = _inflated(table)
    size = sum(widths)
    found = {}
    for place in range(len(rows) // size):
        row = rows[place * size : (place + 1) * size]
        kind = int.from_bytes(row[: widths[0]], "big")
        where = int.from_bytes(row[widths[0] : widths[0] + widths[1]], "big")
        if kind in {_PLAIN, _IN_STREAM}:
            found[first + place] = (kind, where)
    return found


def _unpacked(holder: _Object) -> Iterator[tuple[int, _Object]]:
    data = _inflated(holder)
    first = int(_one(rb"/First (\d+)", holder.value))
    head = [int(each) for each in data[:first].split()]
    numbers, offsets = head[::2], [*head[1::2], len(data) - first]
    for place, number in enumerate(numbers):
        value = data[first + offsets[place] : first + offsets[place + 1]]
        yield number, _Object(value.strip())


def _inflated(each: _Object) -> bytes:
    if each.stream is None:
        raise UnjoinableError("a stream is missing")
    return zlib.decompress(each.stream) if b"/FlateDecode" in each.value else each.stream


def _one(pattern: bytes | re.Pattern[bytes], value: bytes) -> bytes:
    found = re.search(pattern, value)
    if found is None:
        raise UnjoinableError("an entry is missing")
    return found.group(1)


def _pages(objects: Objects, root: int) -> list[int]:
    """Return the numbers of the pages, in order: our engine keeps them all in one list."""
    try:
        tree = objects[int(_one(rb"/Pages (\d+) 0 R", objects[root].value))]
        kids = _one(rb"/Kids ?\[([^\]]*)\]", tree.value)
    except KeyError as problem:
        raise UnjoinableError("the list of pages is missing") from problem
    return [int(each) for each in re.findall(rb"(\d+) 0 R", kids)]


def _moved(each: _Object, numbers: dict[int, int]) -> _Object:
    """Return an object whose references lead to the new numbers; texts are left alone."""

    def renamed(found: re.Match[bytes]) -> bytes:
        if found.group(1) is None:
            return found.group(0)
        number = numbers.get(int(found.group(1)))
        return b"%d 0 R" % number if number else b"null"

    return _Object(_REFERENCES.sub(renamed, each.value), each.stream)


def _adopted(page: bytes) -> bytes:
    """Return a page under the one list of pages, without the tags that stay behind."""
    return re.sub(rb"/Parent \d+ 0 R", b"/Parent 2 0 R", _UNTAGGED.sub(b"", page))


def _written(objects: Sequence[_Object]) -> bytes:
    parts = [b"%PDF-1.7\n%\xf0\x9f\x96\xa4\n"]
    position = len(parts[0])
    offsets = []
    for number, each in enumerate(objects, start=1):
        stream = b"" if each.stream is None else b"\nstream\n" + each.stream + b"\nendstream"
        written = b"%d 0 obj\n%s%s\nendobj\n" % (number, each.value, stream)
        offsets.append(position)
        position += len(written)
        parts.append(written)
    rows = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, rows))
    parts.append(
        b"trailer\n<</Size %d/Root 1 0 R/Info 3 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, position)
    )
    return b"".join(parts)
