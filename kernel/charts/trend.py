"""Is it getting closer to the target? A line, a dashed target with a tinted gap, and labels at the ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from kernel import formats
from kernel.charts.drawing import (
    BAND,
    BRAND,
    INK,
    INK_3,
    LINE,
    SURFACE,
    Number,
    Table,
    coordinate,
    draw,
    element,
    framed,
    line,
    linked,
    spread,
    tick_decimals,
    ticks,
    words,
)

_WIDTH, _HEIGHT = 540, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 394, 14, 212
_LABEL_GAP = 15


@dataclass(frozen=True, slots=True)
class Series:
    """A line: its name, one value per label (None leaves a gap), the formatted values, and the words at its end."""

    name: str
    values: Sequence[Number | None]
    shown: Sequence[str]
    end_label: str = ""


@dataclass(frozen=True, slots=True)
class Trend:
    """A value over time against a target; `urls` lead from each point to its lines, same order as `labels`."""

    question: str
    finding: str
    labels: Sequence[str]
    actual: Series
    target: Series | None = None
    reference: Series | None = None
    urls: Sequence[str] = ()
    heading: str = ""

    def series(self) -> list[Series]:
        """Return the lines that are there: actual, target, reference."""
        return [one for one in (self.actual, self.target, self.reference) if one is not None]

    def table(self) -> Table:
        """Return one row per label, one column per line."""
        rows = [
            (label, self.url_at(place), [one.shown[place] for one in self.series()])
            for place, label in enumerate(self.labels)
        ]
        return Table(self.question, [self.heading, *(one.name for one in self.series())], rows)

    def url_at(self, place: int) -> str:
        """Return where the point leads, or nothing."""
        return self.urls[place] if place < len(self.urls) else ""


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where values and labels stand on the drawing."""

    marks: Sequence[float]
    count: int

    def x(self, place: int) -> float:
        return _LEFT + (_RIGHT - _LEFT) * place / max(self.count - 1, 1)

    def y(self, value: Number) -> float:
        low, high = self.marks[0], self.marks[-1]
        return _BOTTOM - (_BOTTOM - _TOP) * (float(value) - low) / (high - low)

    def points(self, series: Series) -> list[tuple[float, float]]:
        return [
            (self.x(place), self.y(value))
            for place, value in enumerate(series.values)
            if value is not None
        ]


@draw.register
def _draw_trend(chart: Trend, *, ident: str, language: str) -> str:
    values = [value for one in chart.series() for value in one.values if value is not None]
    scale = _Scale(ticks(min(values, default=0), max(values, default=1)), len(chart.labels))
    parts = [_grid(scale, language), _months(chart, scale)]
    if chart.target is not None:
        parts += [_gap(chart, scale), _target(chart.target, scale)]
    if chart.reference is not None:
        parts.append(_path("ln2", scale.points(chart.reference), INK_3, "1.5", dash="1 4"))
    parts += [
        _path("ln", scale.points(chart.actual), BRAND, "2.25"),
        _points(chart, scale),
        _end_labels(chart, scale),
    ]
    return framed(
        *parts,
        chart=chart,
        ident=ident,
        width=_WIDTH,
        height=_HEIGHT,
        has_links=any(chart.urls),
    )


def _grid(scale: _Scale, language: str) -> str:
    decimals = tick_decimals(scale.marks)
    return "".join(
        line("grid", _LEFT, scale.y(mark), _RIGHT + 14, scale.y(mark), stroke=LINE)
        + words(
            formats.number(_decimal(mark), language, decimals=decimals),
            _LEFT - 8,
            scale.y(mark) + 4,
            anchor="end",
        )
        for mark in scale.marks
    )


def _decimal(mark: float) -> Decimal:
    return Decimal(str(mark))


def _months(chart: Trend, scale: _Scale) -> str:
    """Write every label, or every other of many; the last one always, and strong."""
    every = 1 if len(chart.labels) <= 13 else -(-len(chart.labels) // 12)  # noqa: PLR2004
    last = len(chart.labels) - 1
    return "".join(
        words(label, scale.x(place), 232, anchor="middle", css="strong" if place == last else None)
        for place, label in enumerate(chart.labels)
        if (last - place) % every == 0
    )


def _path(
    css: str, points: list[tuple[float, float]], stroke: str, width: str, dash: str | None = None
) -> str:
    return element(
        "polyline",
        class_=css,
        points=_written(points),
        fill="none",
        stroke=stroke,
        stroke_width=width,
        stroke_dasharray=dash,
        stroke_linejoin="round",
    )


def _written(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{coordinate(x)},{coordinate(y)}" for x, y in points)


def _target(target: Series, scale: _Scale) -> str:
    return _path("tgt", scale.points(target), INK, "1.5", dash="5 4")


def _gap(chart: Trend, scale: _Scale) -> str:
    """Tint what lies between the line and its target."""
    if chart.target is None:
        return ""
    there = [
        place
        for place, (value, goal) in enumerate(
            zip(chart.actual.values, chart.target.values, strict=True)
        )
        if value is not None and goal is not None
    ]
    actual = [(scale.x(p), scale.y(chart.actual.values[p] or 0)) for p in there]
    goal = [(scale.x(p), scale.y(chart.target.values[p] or 0)) for p in reversed(there)]
    return element("polygon", class_="band", points=_written(actual + goal), fill=BAND)


def _points(chart: Trend, scale: _Scale) -> str:
    """Draw the points; one with an address is a link over the full height, wide enough for a finger."""
    half = (_RIGHT - _LEFT) / max(len(chart.labels) - 1, 1) / 2
    last = len(chart.labels) - 1
    drawn = []
    for place, value in enumerate(chart.actual.values):
        if value is None:
            continue
        x, is_last = scale.x(place), place == last
        dot = element(
            "circle",
            class_="pt pt-on" if is_last else "pt",
            cx=x,
            cy=scale.y(value),
            r="4.5" if is_last else "3",
            fill=BRAND if is_last else SURFACE,
            stroke=BRAND,
            stroke_width="2",
        )
        url = chart.url_at(place)
        hit = element(
            "rect",
            class_="hit",
            x=x - half,
            y=_TOP,
            width=2 * half,
            height=_BOTTOM - _TOP,
            fill="transparent",
        )
        name = f"{chart.labels[place]} : {chart.actual.shown[place]}"
        drawn.append(linked(url, name, hit if url else "", dot))
    return "".join(drawn)


def _end_labels(chart: Trend, scale: _Scale) -> str:
    """Name each line where it ends, instead of a legend; neighbours are pushed apart."""
    ends = [
        (one, scale.points(one)[-1][1] + 4)
        for one in chart.series()
        if one.end_label and scale.points(one)
    ]
    heights = spread((height for _one, height in ends), gap=_LABEL_GAP)
    return "".join(
        words(
            one.end_label,
            _RIGHT + 18,
            height,
            css="strong" if one is chart.actual else None,
        )
        for (one, _height), height in zip(ends, heights, strict=True)
    )
