"""Static files in production: compressed, named by their content, and one file for all styles and one for all scripts.

In the sources `css/app.css` imports one file per component and `js/app.js` one module per behaviour; both work as they
are. At collectstatic the imports are replaced by what they name, so that a browser fetches two files instead of fifty.
It is a textual merge, no compiler: the few rules it needs are checked and broken ones stop the build.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import IO, Any

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from whitenoise.storage import (  # type: ignore[import-untyped]
    CompressedManifestStaticFilesStorage,
)

Read = Callable[[str], str]

_CSS_IMPORT = re.compile(r'^@import url\("(?P<name>[\w./-]+)"\);\n', re.MULTILINE)
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CSS_BLANKS = re.compile(r"[ \t\n]+")
_CSS_TIGHT = re.compile(r" ?([{};,>]) ?")
_JS_IMPORT = re.compile(r'^import (?:\{[^}]*\} from )?"(?P<name>\.[\w./-]+)";\n', re.MULTILINE)
_JS_EXPORT = re.compile(r"^export (?=const |function |let )", re.MULTILINE)
_JS_TOP_LEVEL = re.compile(r"^(?:const|let|function) (\w+)", re.MULTILINE)
_JS_COMMENT = re.compile(r"^\s*//.*\n", re.MULTILINE)
_JS_INDENT = re.compile(r"^ +|^\n", re.MULTILINE)


class BundleError(ValueError):
    """A source breaks a rule of the merge; the message names it."""


def bundled_css(entry: str, read: Read) -> str:
    """Return the stylesheet with each `@import url("…");` replaced by its file, without comments and spare blanks."""

    def replaced(found: re.Match[str]) -> str:
        return read(_beside(entry, found["name"]))

    merged = _CSS_IMPORT.sub(replaced, read(entry))
    if "@import" in _CSS_COMMENT.sub("", merged):
        message = f'{entry}: only lines like @import url("name.css"); are merged, one level deep.'
        raise BundleError(message)
    return minified_css(merged)


def minified_css(text: str) -> str:
    """Return the same rules without comments, and with blanks only where they separate."""
    kept = _CSS_BLANKS.sub(" ", _CSS_COMMENT.sub("", text))
    return _CSS_TIGHT.sub(r"\1", kept).replace(";}", "}").strip()


def bundled_js(entry: str, read: Read) -> str:
    """Return the modules `entry` needs as one, each once and after what it needs.

    The result is itself a module: names stay out of the page. Modules share one scope then, so two top-level names
    that are equal are refused, as are imports under another name and default exports.
    """
    parts: list[str] = []
    owners: dict[str, str] = {}
    for name, text in _modules(entry, read, set()):
        if name.endswith(".min.js"):
            parts.append(text.rstrip() + ";\n")
            continue
        body = _JS_EXPORT.sub("", _JS_IMPORT.sub("", text))
        if re.search(r"^(import|export) ", body, re.MULTILINE):
            message = f'{name}: write import {{ a }} from "./b.js"; and export const or function.'
            raise BundleError(message)
        for own in _JS_TOP_LEVEL.findall(body):
            if own in owners:
                message = f"{name}: {own} is already the name of something in {owners[own]}."
                raise BundleError(message)
            owners[own] = name
        parts.append(_JS_INDENT.sub("", _JS_COMMENT.sub("", body)))
    return "".join(parts)


def _modules(entry: str, read: Read, seen: set[str]) -> Iterator[tuple[str, str]]:
    """Yield the modules under `entry`, what is needed first."""
    seen.add(entry)
    text = read(entry)
    for found in _JS_IMPORT.finditer(text):
        name = _beside(entry, found["name"])
        if name not in seen:
            yield from _modules(name, read, seen)
    yield entry, text


def _beside(entry: str, name: str) -> str:
    """Return the path of `name` as seen from the folder of `entry`."""
    parts: list[str] = []
    for part in (PurePosixPath(entry).parent / name).parts:
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


BUNDLES: dict[str, Callable[[str, Read], str]] = {
    "css/app.css": bundled_css,
    "js/app.js": bundled_js,
}


class _Merged(Storage):
    """Stands in for the source storage of one file, with other content."""

    def __init__(self, text: str) -> None:
        self.text = text

    def _open(self, name: str, mode: str = "rb") -> ContentFile[bytes]:  # noqa: ARG002  the storage interface
        return ContentFile(self.text.encode(), name=name)


class BundledStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """WhiteNoise's storage, after the two entries have been merged."""

    def post_process(
        self,
        paths: dict[str, tuple[Storage, str]],
        dry_run: bool = False,  # noqa: FBT001, FBT002  Django's signature
        **options: Any,
    ) -> Iterator[Any]:
        """Replace the entries by their bundles, then hash and compress as usual."""
        if not dry_run:
            paths = {
                **paths,
                **{name: self._merged(name, paths) for name in BUNDLES if name in paths},
            }
        yield from super().post_process(paths, dry_run=dry_run, **options)

    def _merged(self, entry: str, paths: dict[str, tuple[Storage, str]]) -> tuple[Storage, str]:
        def read(name: str) -> str:
            storage, path = paths[name]
            file: IO[bytes]
            with storage.open(path) as file:
                return str(file.read(), "utf-8")

        text = BUNDLES[entry](entry, read)
        self.delete(entry)
        self._save(entry, ContentFile(text.encode()))
        return _Merged(text), entry
