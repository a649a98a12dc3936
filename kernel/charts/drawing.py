"""What every chart is made of: escaped SVG elements, the light colours, scales, the frame with its words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import singledispatch
from html import escape
from math import ceil, floor, log10
from typing import Final, Protocol

Number = Decimal | float | int

# The light values of static/css/tokens.css; tests/kernel/test_charts.py holds them equal.
INK: Final = "#12201E"
INK_2: Final = "#465350"
INK_3: Final = "#5C6865"
LINE: Final = "#DDE3E1"
LINE_2: Final = "#C5CECB"
SURFACE: Final = "#FFFFFF"
SURFACE_2: Final = "#F1F4F3"
SURFACE_3: Final = "#E6EBE9"
BRAND: Final = "#0A5C5F"
BRAND_HALF: Final = "#85AEAF"  # the brand at half strength over the surface, where CSS mixes it
LATE: Final = "#A3301A"
LATE_SOFT: Final = "#FCE8E2"
OK: Final = "#0A5C5F"
BUCKETS: Final = ("#BFE0DC", "#BC7F08", "#B0450F", "#871F16", "#4B0A23")
BUCKET_EDGE: Final = "#2C8C87"
BAND: Final = "#F6E9E2"

_FONT: Final = "Inter, 'Segoe UI', Arial, sans-serif"
_WIDEST_LABEL: Final = 26  # characters of an axis text; the whole stays in its title


@dataclass(frozen=True, slots=True)
class Mark:
    """A value on a chart: `value` places it, `shown` is its formatted text, `url` the lines behind it."""

    label: str
    value: Number
    shown: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a chart: a caption, headings (the first names the rows) and per row a label, a link and cells."""

    caption: str
    headings: Sequence[str]
    rows: Sequence[tuple[str, str, Sequence[str]]]


class Chart(Protocol):
    """What a chart can say of itself beside its drawing."""

    @property
    def question(self) -> str:
        """Return the question the chart answers, its title."""

    @property
    def finding(self) -> str:
        """Return the answer in one sentence, for whoever cannot see the drawing."""

    def table(self) -> Table:
        """Return the values as rows."""


@singledispatch
def draw(chart: object, *, ident: str, language: str) -> str:  # noqa: ARG001  each chart fills it in
    """Return the SVG of `chart`; `ident` makes its ids unique on the page, `language` writes the axis.

    The result is safe to print: every text and address in it is escaped.
    """
    message = f"no drawing is known for {type(chart).__name__}"
    raise TypeError(message)


def element(name: str, *children: str, **attributes: str | Number | None) -> str:
    """Return an SVG element; `_` in attribute names is a hyphen, None leaves one out, children are SVG already."""
    written = "".join(
        f' {key.strip("_").replace("_", "-")}="{escape(coordinate(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner = "".join(children)
    return f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>"


def coordinate(value: str | Number) -> str:
    """Return a number with at most one decimal, a string as it is."""
    if isinstance(value, str):
        return value
    text = f"{float(value):.1f}"
    return text.removesuffix(".0") if text != "-0.0" else "0"


def words(
    text: str, x: str | Number, y: Number, *, anchor: str | None = None, css: str | None = None
) -> str:
    """Return a text on the chart: muted, or "strong", "good", "bad" by `css`; a long one is cut with an ellipsis."""
    fill = {"strong": INK, "bad": LATE, "good": OK}.get(css or "", INK_3)
    short = text if len(text) <= _WIDEST_LABEL else f"{text[: _WIDEST_LABEL - 1].rstrip()}…"
    return element(
        "text",
        escape(short),
        class_=css,
        x=x,
        y=y,
        text_anchor=anchor,
        fill=fill,
        font_size="11.5",
        font_family=_FONT,
        font_weight="620" if css else None,
    )


def line(css: str, x1: Number, y1: Number, x2: Number, y2: Number, **paint: str | Number) -> str:
    """Return a straight line."""
    return element("line", class_=css, x1=x1, y1=y1, x2=x2, y2=y2, **paint)


def linked(url: str, name: str, *children: str) -> str:
    """Wrap marks in a link named for a screen reader; without an address they stay plain."""
    if not url:
        return "".join(children)
    return f'<a href="{escape(url)}" aria-label="{escape(name)}">{"".join(children)}</a>'


def framed(
    *children: str, chart: Chart, ident: str, width: int, height: int, has_links: bool
) -> str:
    """Return the whole SVG with title and description.

    A drawing without links is one image. With links it is a group, since an image hides its children, and with
    them the links, from assistive technology.
    """
    name, about = f"{ident}-t", f"{ident}-d"
    title = f'<title id="{escape(name)}">{escape(chart.question)}</title>'
    description = f'<desc id="{escape(about)}">{escape(chart.finding)}</desc>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'role="{"group" if has_links else "img"}" aria-labelledby="{escape(name)} {escape(about)}">'
        f"{title}{description}{''.join(children)}</svg>"
    )


def ticks(low: Number, high: Number, *, about: int = 4) -> list[float]:
    """Return round values that enclose `low` and `high`, in steps of 1, 2 or 5 times a power of ten."""
    bottom, top = float(low), float(high)
    if top <= bottom:
        top = bottom + (abs(bottom) or 1.0)
    rough = (top - bottom) / about
    power = 10.0 ** floor(log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first, last = floor(bottom / step + 1e-9), ceil(top / step - 1e-9)
    return [round(place * step, 10) for place in range(first, last + 1)]


def tick_decimals(values: Sequence[float]) -> int:
    """Return how many decimals tell the ticks apart: none for steps of 5, one for steps of 0.5."""
    step = values[1] - values[0]
    return 0 if step >= 1 else max(1, ceil(-log10(step)))


def spread(places: Iterable[float], *, gap: float) -> list[float]:
    """Return the places pushed down so that neighbours are at least `gap` apart, in the order given."""
    given = list(places)
    moved = list(given)
    lowest: float | None = None
    for place in sorted(range(len(given)), key=given.__getitem__):
        if lowest is not None:
            moved[place] = max(given[place], lowest + gap)
        lowest = moved[place]
    return moved
