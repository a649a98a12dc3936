"""Columns and bars: debt by age over time, cash planned and received, causes by weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape

from kernel import formats
from kernel.charts.drawing import (
    BRAND,
    BUCKET_EDGE,
    BUCKETS,
    INK,
    INK_2,
    LINE,
    LINE_2,
    Mark,
    Number,
    Table,
    draw,
    element,
    framed,
    line,
    linked,
    tick_decimals,
    ticks,
    words,
)


@dataclass(frozen=True, slots=True)
class Stack:
    """A column of parts, not yet due first; `shown` are their texts and `total` the text on top."""

    label: str
    parts: Sequence[Number]
    shown: Sequence[str]
    total: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Stacked:
    """Is debt ageing? One column per month, the bucket ramp from the bottom up, the total on top."""

    question: str
    finding: str
    stacks: Sequence[Stack]
    part_names: Sequence[str]
    heading: str = ""

    def table(self) -> Table:
        """Return one row per column, one cell per part."""
        rows = [(stack.label, stack.url, list(stack.shown)) for stack in self.stacks]
        return Table(self.question, [self.heading, *self.part_names], rows)


@dataclass(frozen=True, slots=True)
class PlannedColumn:
    """A week of cash: `actual` is solid, `forecast` hatched (one of the two), `plan` a tick across."""

    label: str
    shown: str
    actual: Number | None = None
    forecast: Number | None = None
    plan: Number | None = None
    plan_shown: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """Cash to come: what came in, what was planned, what is expected."""

    question: str
    finding: str
    columns: Sequence[PlannedColumn]
    heading: str = ""
    value_heading: str = ""
    plan_heading: str = ""

    def table(self) -> Table:
        """Return one row per column: its value and its plan."""
        rows = [(one.label, one.url, [one.shown, one.plan_shown or "—"]) for one in self.columns]
        headings = [self.heading, self.value_heading, self.plan_heading]
        return Table(self.question, headings, rows)


@dataclass(frozen=True, slots=True)
class Bars:
    """Main causes: horizontal bars, longest first as the caller sorted them; `shares` are texts like `33 %`."""

    question: str
    finding: str
    bars: Sequence[Mark]
    shares: Sequence[str] = ()
    heading: str = ""
    value_heading: str = ""
    share_heading: str = ""

    def table(self) -> Table:
        """Return one row per bar: value, and share where given."""
        rows = [
            (bar.label, bar.url, [bar.shown, *self.shares[place : place + 1]])
            for place, bar in enumerate(self.bars)
        ]
        headings = [self.heading, self.value_heading]
        return Table(
            self.question, [*headings, self.share_heading] if self.shares else headings, rows
        )


@draw.register
def _draw_stacked(chart: Stacked, *, ident: str, language: str) -> str:
    left, right, top, base = 34, 532, 22, 202
    highest = max((sum(_sizes(stack)) for stack in chart.stacks), default=0.0)
    marks = ticks(0, highest)
    scale = (base - top) / marks[-1]
    decimals = tick_decimals(marks)
    parts = [
        line("grid", left, base - mark * scale, right, base - mark * scale, stroke=LINE)
        + words(
            formats.number(Decimal(str(mark)), language, decimals=decimals),
            left - 8,
            base - mark * scale + 4,
            anchor="end",
        )
        for mark in marks
    ]
    slot = (right - left) / max(len(chart.stacks), 1)
    for place, stack in enumerate(chart.stacks):
        is_last = place == len(chart.stacks) - 1
        parts.append(_stack(stack, left + slot * place, slot, (base, scale), is_last=is_last))
    has_links = any(stack.url for stack in chart.stacks)
    return framed(*parts, chart=chart, ident=ident, width=540, height=230, has_links=has_links)


def _sizes(stack: Stack) -> list[float]:
    return [max(float(part), 0.0) for part in stack.parts]


def _stack(
    stack: Stack, start: float, slot: float, ground: tuple[float, float], *, is_last: bool
) -> str:
    base, scale = ground
    width, middle, level = slot * 0.58, start + slot / 2, base
    drawn = []
    for place, size in enumerate(_sizes(stack)):
        height = size * scale
        if height:
            drawn.append(
                element(
                    "rect",
                    class_=f"b{place}",
                    x=middle - width / 2,
                    y=level - height,
                    width=width,
                    height=max(height - 1, 0.5),
                    fill=BUCKETS[min(place, len(BUCKETS) - 1)],
                    stroke=BUCKET_EDGE if place == 0 else None,
                )
            )
        level -= height
    css = "strong" if is_last else None
    drawn.append(words(stack.total, middle, level - 6, anchor="middle", css=css))
    name = words(stack.label, middle, base + 20, anchor="middle", css=css)
    return linked(stack.url, f"{stack.label} : {stack.total}", *drawn) + name


@draw.register
def _draw_columns(chart: Columns, *, ident: str, language: str) -> str:  # noqa: ARG001
    left, right, top, base = 8, 296, 32, 124
    values = [
        float(value)
        for one in chart.columns
        for value in (one.actual, one.forecast, one.plan)
        if value is not None
    ]
    scale = (base - top) / (max(values, default=0.0) or 1.0)
    slot = (right - left) / max(len(chart.columns), 1)
    hatch = f"{ident}-hatch"
    parts = [
        _hatching(hatch),
        line("axis", left, base, right, base, stroke=LINE_2),
        *(
            _column(one, left + slot * place, slot, (base, scale), hatch)
            for place, one in enumerate(chart.columns)
        ),
    ]
    has_links = any(one.url for one in chart.columns)
    return framed(*parts, chart=chart, ident=ident, width=304, height=150, has_links=has_links)


def _hatching(ident: str) -> str:
    stripe = line("hatchline", 0, 0, 0, 6, stroke=BRAND, stroke_width="1.5")
    return (
        f'<defs><pattern id="{escape(ident)}" width="6" height="6" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)">{stripe}</pattern></defs>'
    )


def _column(
    one: PlannedColumn, start: float, slot: float, ground: tuple[float, float], hatch: str
) -> str:
    base, scale = ground
    is_actual = one.actual is not None
    value = float(one.actual if one.actual is not None else one.forecast or 0)
    height, width, middle = max(value, 0.0) * scale, slot * 0.6, start + slot / 2
    drawn = [
        element(
            "rect",
            class_="bar" if is_actual else "bar-hatch",
            x=middle - width / 2,
            y=base - height,
            width=width,
            height=height,
            rx="3",
            fill=BRAND if is_actual else f"url(#{hatch})",
            stroke=None if is_actual else BRAND,
        )
    ]
    above = base - height
    if one.plan is not None:
        tick = base - float(one.plan) * scale
        drawn.append(
            line(
                "tgt",
                middle - width / 2 - 5,
                tick,
                middle + width / 2 + 5,
                tick,
                stroke=INK,
                stroke_width="1.5",
                stroke_dasharray="5 4",
            )
        )
        above = min(above, tick)
    tone = "strong" if is_actual else None
    drawn.append(words(one.shown, middle, above - 7, anchor="middle", css=tone))
    name = words(one.label, middle, base + 18, anchor="middle")
    return linked(one.url, f"{one.label} : {one.shown}", *drawn) + name


@draw.register
def _draw_bars(chart: Bars, *, ident: str, language: str) -> str:  # noqa: ARG001
    step, start, room = 34, 160, 268
    longest = max((float(bar.value) for bar in chart.bars), default=0.0) or 1.0
    parts = []
    for place, bar in enumerate(chart.bars):
        top = 7 + place * step
        width = room * max(float(bar.value), 0.0) / longest
        share = f" · {chart.shares[place]}" if place < len(chart.shares) else ""
        drawn = (
            element("rect", class_="hit", x=0, y=top - 4, width=536, height=26, fill="transparent"),
            words(bar.label, 0, top + 12),
            element(
                "rect",
                class_="bar-ink",
                x=start,
                y=top,
                width=max(width, 2),
                height=16,
                rx="3",
                fill=INK_2,
            ),
            words(f"{bar.shown}{share}", start + width + 8, top + 12, css="strong"),
        )
        parts.append(linked(bar.url, f"{bar.label} : {bar.shown}{share}", *drawn))
    height = max(len(chart.bars), 1) * step + 6
    has_links = any(bar.url for bar in chart.bars)
    return framed(*parts, chart=chart, ident=ident, width=540, height=height, has_links=has_links)
