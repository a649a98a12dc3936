"""What explains the gap? From the start to the end, one signed step at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kernel.charts.drawing import (
    BRAND,
    BUCKET_EDGE,
    INK_2,
    LATE,
    LINE_2,
    Mark,
    Table,
    draw,
    element,
    framed,
    line,
    linked,
    words,
)

_WIDTH, _HEIGHT = 540, 240
_LEFT, _RIGHT, _TOP, _BASE = 8, 532, 40, 206
_CUT_BELOW = (
    0.5  # when the steps are less than half of the level, the axis is cut so that they show
)


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Steps from `start` to `end`; `start.value` plus the steps equals `end.value`, which the caller guarantees.

    `is_rise_bad` tints increases as losses, as for days of DSO; False for cash coming in.
    """

    question: str
    finding: str
    start: Mark
    steps: Sequence[Mark]
    end: Mark
    heading: str = ""
    value_heading: str = ""
    is_rise_bad: bool = True

    def table(self) -> Table:
        """Return one row per step, start and end included."""
        marks = [self.start, *self.steps, self.end]
        rows = [(mark.label, mark.url, [mark.shown]) for mark in marks]
        return Table(self.question, [self.heading, self.value_heading], rows)

    def levels(self) -> list[float]:
        """Return the level before the first step and after each."""
        levels = [float(self.start.value)]
        for step in self.steps:
            levels.append(levels[-1] + float(step.value))
        return levels

    @property
    def floor(self) -> float:
        """Return where the axis begins: zero, or higher when the steps would not show."""
        levels = [*self.levels(), float(self.end.value)]
        low, high = min(levels), max(levels)
        if low <= 0 or high <= low or (high - low) / low >= _CUT_BELOW:
            return min(low, 0.0)
        return max(low - 0.65 * (high - low), 0.0)

    @property
    def is_cut(self) -> bool:
        """Return whether the axis leaves zero out, which the page has to say."""
        return self.floor > 0


@draw.register
def _draw_waterfall(chart: Waterfall, *, ident: str, language: str) -> str:  # noqa: ARG001
    levels = [*chart.levels(), float(chart.end.value)]
    scale = (_BASE - _TOP) / ((max(*levels, 0.0) - chart.floor) or 1.0)

    def y(level: float) -> float:
        return _BASE - (level - chart.floor) * scale

    slot = (_RIGHT - _LEFT) / (len(chart.steps) + 2)
    width = slot * 0.68
    lefts = [_LEFT + slot * place + (slot - width) / 2 for place in range(len(chart.steps) + 2)]
    parts = [line("axis", _LEFT, _BASE, _RIGHT, _BASE, stroke=LINE_2)]
    parts.append(_bar(chart.start, lefts[0], width, (y(levels[0]), _BASE), ("bar-ink", INK_2)))
    for place, step in enumerate(chart.steps):
        before, after = y(levels[place]), y(levels[place + 1])
        parts.append(
            line("conn", lefts[place] + width, before, lefts[place + 1], before, stroke=LINE_2)
        )
        parts.append(_bar(step, lefts[place + 1], width, (before, after), _paint(chart, step)))
    last = y(levels[-1])
    parts.append(line("conn", lefts[-2] + width, last, lefts[-1], last, stroke=LINE_2))
    parts.append(_bar(chart.end, lefts[-1], width, (last, _BASE), ("bar", BRAND)))
    has_links = any(mark.url for mark in (chart.start, *chart.steps, chart.end))
    return framed(
        *parts, chart=chart, ident=ident, width=_WIDTH, height=_HEIGHT, has_links=has_links
    )


def _paint(chart: Waterfall, step: Mark) -> tuple[str, str]:
    if not step.value:
        return "bar-ink", INK_2
    return ("bar-up", LATE) if (step.value > 0) is chart.is_rise_bad else ("bar-down", BUCKET_EDGE)


def _bar(
    mark: Mark, left: float, width: float, ends: tuple[float, float], paint: tuple[str, str]
) -> str:
    top, bottom = min(ends), max(ends)
    css, fill = paint
    middle = left + width / 2
    tone = {"bar-up": "bad", "bar-down": "good"}.get(css, "strong")
    drawn = element(
        "rect",
        class_=css,
        x=left,
        y=top,
        width=width,
        height=max(bottom - top, 2),
        rx="3",
        fill=fill,
    )
    value = words(mark.shown, middle, top - 7, anchor="middle", css=tone)
    name = words(mark.label, middle, 228, anchor="middle")
    return linked(mark.url, f"{mark.label} : {mark.shown}", drawn, value) + name
