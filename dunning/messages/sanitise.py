"""What a written text may contain, and the same text as plain lines."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import nh3

_TAGS = {"a", "b", "br", "em", "i", "li", "ol", "p", "strong", "u", "ul"}
_BREAKING = {"br", "li", "ol", "p", "ul"}
_BLANK_LINES = re.compile(r"\n{3,}")
_LINE_LENGTH_FOLDED = re.compile(r"[ \t\r\n]+")

# No image, no style, no form: an image would tell when and where a message is read, a style could hide
# or fake one of our figures.
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags={"script", "style", "iframe", "object", "svg", "math", "template"},
    attributes={"a": {"href"}},
    url_schemes={"http", "https", "mailto", "tel"},
    url_relative="deny",
    link_rel=None,
)


def safe_html(html: str) -> str:
    """Return `html` with the few tags a letter needs and links that people follow, nothing else."""
    return _CLEANER.clean(html)


def one_line(text: str) -> str:
    """Return a text for a header: no tag, no line break, no run of blanks."""
    plain = plain_text(safe_html(text))
    return _LINE_LENGTH_FOLDED.sub(" ", plain).strip()


def plain_text(html: str) -> str:
    """Return sanitised `html` as text: a blank line between paragraphs, `-` before items, links written out."""
    reader = _TextReader()
    reader.feed(html)
    reader.close()
    return reader.text()


class _TextReader(HTMLParser):
    """Collects the text of the few tags that `safe_html` leaves."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._link = ""
        self._link_start = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self._parts.append("\n")
        elif tag == "li":
            self._parts.append("\n- ")
        elif tag in _BREAKING:
            self._parts.append("\n\n")
        elif tag == "a":
            self._link = dict(attrs).get("href") or ""
            self._link_start = len(self._parts)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._link:
            label = "".join(self._parts[self._link_start :])
            target = self._link.removeprefix("mailto:").removeprefix("tel:")
            if target not in label:
                self._parts.append(f" ({target})")
            self._link = ""
        elif tag in {"p", "ul", "ol"}:
            self._parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        # Only plain white space folds; U+00A0 and U+202F are part of French figures.
        self._parts.append(_LINE_LENGTH_FOLDED.sub(" ", data))

    def text(self) -> str:
        lines = [line.strip(" ") for line in "".join(self._parts).split("\n")]
        return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")
