"""Which files may be kept with an invoice, told by their bytes, and which invoice a file's name means.

Nothing is unpacked and nothing is run here: a PDF is looked at from outside, an XML is read past in one pass that
stops at the first document type. Source: RELIABILITY D9, P13.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from xml.parsers import expat  # expat stops at a document type, see _xml_problem

MOST_BYTES: Final = 10 * 1024 * 1024
MOST_OF_A_DOCUMENT: Final = 20

PDF: Final = "application/pdf"
PNG: Final = "image/png"
JPEG: Final = "image/jpeg"
XML: Final = "application/xml"

_ENDINGS: Final = {PDF: (".pdf",), PNG: (".png",), JPEG: (".jpg", ".jpeg"), XML: (".xml",)}
_LAST: Final = 2_048  # where a reader looks for the end of a PDF
_RUNS: Final = re.compile(rb"/(?:JavaScript|JS|Launch|RichMedia)(?![A-Za-z0-9])")
_LOCKED: Final = re.compile(rb"/Encrypt[\s(<\d]")
_ESCAPED: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_START: Final = re.compile(rb"startxref\s+(\d{1,10})\s+%%EOF")
_TABLE: Final = re.compile(rb"\s*(?:xref\b|\d+\s+\d+\s+obj\b)")
_PAGES_SHOWN: Final = frozenset({"html", "svg", "script"})


class Problem(StrEnum):
    """Why a file is not kept."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    KIND = "kind"
    LOCKED = "locked"
    ACTIVE = "active"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Judged:
    """What a file is; `problem` is None when it may be kept under `name`."""

    name: str
    media_type: str
    problem: Problem | None


def judged(name: str, content: bytes) -> Judged:
    """Return what a file is, by its bytes, and whether it may be kept; its name is cleaned of folders and controls."""
    media_type = _media_type(content)
    shown = safe_name(name, media_type)
    if not content:
        return Judged(shown, "", Problem.EMPTY)
    if len(content) > MOST_BYTES:
        return Judged(shown, media_type, Problem.TOO_LARGE)
    if not media_type:
        return Judged(shown, "", Problem.KIND)
    checks = {PDF: _pdf_problem, PNG: _png_problem, JPEG: _jpeg_problem, XML: _xml_problem}
    return Judged(shown, media_type, checks[media_type](content))


def safe_name(name: str, media_type: str) -> str:
    """Return a file name without folders, controls or a second meaning, ending as its kind does."""
    plain = "".join(
        char for char in name if unicodedata.category(char)[0] not in "CZ" or char == " "
    )
    base = re.split(r"[/\\]", plain)[-1].strip(" .")[-120:] or "file"
    endings = _ENDINGS.get(media_type, ())
    return base if not endings or base.lower().endswith(endings) else f"{base}{endings[0]}"


def _media_type(content: bytes) -> str:
    for beginning, media_type in (
        (b"%PDF-", PDF),
        (b"\x89PNG\r\n\x1a\n", PNG),
        (b"\xff\xd8\xff", JPEG),
    ):
        if content.startswith(beginning):
            return media_type
    head = content[:200].removeprefix(b"\xef\xbb\xbf").lstrip()
    return XML if head.startswith(b"<?xml") else ""


def _pdf_problem(content: bytes) -> Problem | None:
    """Return what is wrong with a PDF as far as it shows without opening it: cut off, locked, or carrying a program."""
    found = list(_START.finditer(content[-_LAST:]))
    if not found:
        return Problem.BROKEN
    start = int(found[-1][1])
    if start >= len(content) or not _TABLE.match(content[start : start + 64]):
        return Problem.BROKEN
    # A name may be written in hexadecimal, /J#53 for /JS.
    plain = _ESCAPED.sub(lambda each: bytes([int(each[1], 16)]), content)
    if _LOCKED.search(plain):
        return Problem.LOCKED
    return Problem.ACTIVE if _RUNS.search(plain) else None


def _png_problem(content: bytes) -> Problem | None:
    return None if b"IEND" in content[-64:] else Problem.BROKEN


def _jpeg_problem(content: bytes) -> Problem | None:
    return None if b"\xff\xd9" in content[-64:] else Problem.BROKEN


class _NotTakenError(Exception):
    """What stops the reading of an XML."""


def _xml_problem(content: bytes) -> Problem | None:
    """Return what is wrong with an XML. Read in one pass that keeps nothing; a document type ends it (entity bombs)."""
    parser = expat.ParserCreate()
    is_first = True

    def doctype(*_facts: object) -> None:
        raise _NotTakenError

    def element(name: str, _attributes: Mapping[str, str]) -> None:
        nonlocal is_first
        if is_first and name.rpartition(":")[2].casefold() in _PAGES_SHOWN:
            raise _NotTakenError
        is_first = False

    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = element
    try:
        parser.Parse(content, True)  # noqa: FBT003  expat takes no keywords
    except _NotTakenError:
        return Problem.ACTIVE
    except (expat.ExpatError, ValueError, LookupError):
        return Problem.BROKEN
    return None


_WORD: Final = re.compile(r"[^\W_]+")
_JOINS: Final = ("", "-", "/", "_", " ", ".")
_MOST_WORDS: Final = 24
_LONGEST: Final = 8  # words in one number
_SHORT: Final = 4  # "2026" names a year before it names an invoice
_MEANINGLESS: Final = frozenset(
    ("facture", "fact", "invoice", "avoir", "credit", "note", "bl", "pod", "copie", "copy", "scan")
)


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a file's name that may be a document's number: its place among the words, and how it may be written."""

    start: int
    end: int
    spellings: frozenset[str]


def spans_of(name: str) -> tuple[Span, ...]:
    """Return what a file's name may mean by a number, longest first; without folders and without its ending.

    A slash cannot stand in a file's name, so every usual join between two words is tried. A short number such as 12
    or 2026 is believed only where it is all that the name says.
    """
    stem = re.split(r"[/\\]", name)[-1]
    stem = re.sub(r"\.[A-Za-z]{3,4}$", "", stem)
    words = list(_WORD.finditer(stem))[:_MOST_WORDS]
    telling = [place for place, word in enumerate(words) if word[0].casefold() not in _MEANINGLESS]
    found = []
    for start in range(len(words)):
        for end in range(start + 1, min(len(words), start + _LONGEST) + 1):
            chosen = words[start:end]
            plain = "".join(word[0] for word in chosen)
            if not any(char.isdigit() for char in plain):
                continue
            is_all = bool(telling) and telling[0] >= start and telling[-1] < end
            if len(plain) <= _SHORT and not is_all:
                continue
            as_written = stem[chosen[0].start() : chosen[-1].end()]
            joined = {join.join(word[0] for word in chosen) for join in _JOINS} | {as_written}
            found.append(Span(start, end, frozenset(joined | {text.upper() for text in joined})))
    return tuple(sorted(found, key=lambda span: (span.start - span.end, span.start)))


def meant_by(spans: Sequence[Span], known: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Return the documents a name means; one when it is clear, none or several when it is not.

    `known` gives, per spelling, the documents that bear that number. The longest number wins over those inside it.
    """
    taken: list[Span] = []
    meant: dict[str, None] = {}
    for span in spans:
        if any(span.start >= other.start and span.end <= other.end for other in taken):
            continue
        documents = [
            each for spelling in sorted(span.spellings) for each in known.get(spelling, ())
        ]
        if documents:
            taken.append(span)
            meant.update(dict.fromkeys(documents))
    return tuple(meant)
