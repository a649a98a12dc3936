"""French catalogues: merged from one fragment per area, compiled without gettext's own tools, and checked.

`python -m otc.catalogues compile` writes django.mo; `check` also extracts every string of the code and the
templates and names those without translation. English is the source and needs no catalogue.
"""

import io
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from babel.messages import Catalog
from babel.messages.catalog import Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
FRENCH = ROOT / "locale" / "fr" / "LC_MESSAGES"
APPS = (
    "otc",
    "kernel",
    "accounts",
    "ledger",
    "credit",
    "disputes",
    "dunning",
    "kpis",
    "portal",
    "integrations",
)
_LAZY = {
    f"{name}{ending}": DEFAULT_KEYWORDS[name]
    for name in ("gettext", "ngettext", "pgettext", "npgettext")
    for ending in ("_lazy", "_noop")
}
# `lazy`: gettext_lazy in a module whose `_` translates at once.
KEYWORDS = {**DEFAULT_KEYWORDS, **_LAZY, "lazy": DEFAULT_KEYWORDS["gettext"]}
_PLACEHOLDER = re.compile(
    r"%\(\w+\)[#0\-+]*\d*(?:\.\d+)?[sdf]|%[sd]\b|(?<!\{)\{\w*(?:[:!][^{}]*)?\}(?!\})"
)


@dataclass(frozen=True)
class Fault:
    """Something that keeps the French interface from being whole."""

    place: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.place}: {self.sentence}"


Key = tuple[str, str | None]


def _key(message: Message) -> Key:
    """Return what identifies a message: its (singular) text and its context."""
    text = message.id if isinstance(message.id, str) else message.id[0]
    return text, message.context


def _texts(value: str | Sequence[str] | None) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])


def fragments(folder: Path) -> Iterator[tuple[Path, Catalog]]:
    """Yield each area's fragment in `folder`/parts with its messages."""
    for file in sorted((folder / "parts").glob("*.po")):
        with file.open("rb") as stream:
            yield file, read_po(stream, locale="fr")


def merged(folder: Path) -> tuple[Catalog, list[Fault]]:
    """Return one catalogue made of all fragments, and what is wrong with them.

    Two areas may translate the same words alike. Differing translations are a fault: the words mean two things
    and want a context.
    """
    whole = Catalog(locale="fr", charset="utf-8")
    faults: list[Fault] = []
    for file, catalogue in fragments(folder):
        for message in catalogue:
            if not message.id:
                continue
            faults += [Fault(file.name, words) for words in _faults_of(message, whole)]
            whole.add(message.id, message.string, context=message.context)
    return whole, faults


def _faults_of(message: Message, whole: Catalog) -> Iterator[str]:
    text, context = _key(message)
    if message.fuzzy:
        yield f"“{text}” is marked fuzzy: read it again and take the mark off."
    if not all(_texts(message.string)):
        yield f"“{text}” has no translation."
    elif _lost_placeholders(message):
        lost = ", ".join(_lost_placeholders(message))
        yield f"“{text}” and its translation differ in the placeholders {lost}."
    known = whole.get(text, context)
    if known and _texts(known.string) != _texts(message.string):
        yield f"“{text}” is translated in two ways; give one of them a context (msgctxt)."


def _placeholders(text: str) -> set[str]:
    return {match.group(0) for match in _PLACEHOLDER.finditer(text.replace("%%", ""))}


def _lost_placeholders(message: Message) -> list[str]:
    """Return the placeholders that the translation lacks or invents; a singular may leave out its number."""
    wanted = set().union(*map(_placeholders, _texts(message.id)))
    found = set().union(*map(_placeholders, _texts(message.string)))
    return sorted(wanted ^ found)


def _python_source(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _template_source(file: Path) -> str:
    """Return the marked texts of a template as Python calls; its indentation means nothing to Python."""
    calls = templatize(file.read_text(encoding="utf-8"), origin=str(file))
    return re.sub(r"^[ \t]+", "", calls, flags=re.MULTILINE)


def _sources(root: Path) -> Iterator[tuple[Path, Callable[[Path], str]]]:
    for app in APPS:
        for file in sorted((root / app).rglob("*.py")):
            yield file, _python_source
    for folder in (root / "templates", *(root / app / "templates" for app in APPS)):
        for pattern in ("*.html", "*.txt"):
            for file in sorted(folder.rglob(pattern)):
                yield file, _template_source


def used_texts(root: Path) -> dict[Key, str]:
    """Return every text marked for translation with the first place it is used at (`file:line`)."""
    used: dict[Key, str] = {}
    for file, read in _sources(root):
        source = io.BytesIO(read(file).encode())
        for line, text, _, context in extract("python", source, keywords=KEYWORDS):
            singular = text if isinstance(text, str) else text[0]
            if singular:
                used.setdefault((singular, context), f"{file.relative_to(root)}:{line}")
    return used


def missing(used: dict[Key, str], catalogue: Catalog) -> list[Fault]:
    """Return a fault for each used text without French translation."""
    known = {_key(message) for message in catalogue if message.id}
    return [
        Fault(
            place,
            f"“{text}” has no French translation" + (f" (context {context})." if context else "."),
        )
        for (text, context), place in used.items()
        if (text, context) not in known
    ]


def compile_french(folder: Path = FRENCH) -> list[Fault]:
    """Write django.mo beside the fragments and return what is wrong with them.

    A demo and a test run may compile at once: each writes a file of its own before it takes its place.
    """
    catalogue, faults = merged(folder)
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"django.{os.getpid()}.mo"
    with unfinished.open("wb") as stream:
        write_mo(stream, catalogue)
    unfinished.replace(folder / "django.mo")
    return faults


def check(root: Path = ROOT) -> list[Fault]:
    """Return everything that is missing, fuzzy, empty or translated in two ways."""
    catalogue, faults = merged(root / FRENCH.relative_to(ROOT))
    return faults + missing(used_texts(root), catalogue)


def _report(faults: Iterable[Fault]) -> int:
    lines = [str(fault) for fault in faults]
    print("\n".join(lines), end="\n" if lines else "", file=sys.stderr)
    return 1 if lines else 0


def main(arguments: Sequence[str]) -> int:
    """Run `compile` or `check`; a compile succeeds with faults, so that work in progress can be seen."""
    if list(arguments) == ["compile"]:
        compile_french()
        return 0
    if list(arguments) == ["check"]:
        return _report(check())
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
