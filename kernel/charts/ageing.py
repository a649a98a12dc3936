"""Two drawings inside lines of text and tables: the ageing bar and the sparkline."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from kernel.charts.drawing import (
    BUCKET_EDGE,
    BUCKETS,
    INK,
    INK_2,
    INK_3,
    LATE,
    Number,
    coordinate,
    element,
    line,
)

_GAP = 0.45  # percent of the width, about two pixels, between neighbours
_SPARK_WIDTH, _SPARK_HEIGHT = 76, 28


def ageing_bar(shares: Sequence[Number], name: str, *, large: bool = False) -> str:
    """Return the bar of an aged balance; `shares` run from not yet due to the latest and need not sum to one.

    Negative shares (a bucket in credit) take no room. `name` says the shares in words. Widths are percentages, so
    the bar fills any cell.
    """
    sizes = [max(float(share), 0.0) for share in shares]
    whole = sum(sizes)
    parts, start = [], 0.0
    for place, size in enumerate(sizes):
        width = 100 * size / whole if whole else 0.0
        if width > 0:
            is_first = place == 0
            parts.append(
                element(
                    "rect",
                    class_=f"b{place}",
                    x=f"{start:.2f}%",
                    width=f"{max(width - _GAP, 0.3):.2f}%",
                    height="100%",
                    fill=BUCKETS[min(place, len(BUCKETS) - 1)],
                    stroke=BUCKET_EDGE if is_first else None,
                )
            )
        start += width
    css = "ageing ageing-l" if large else "ageing"
    return (
        f'<svg class="{css}" role="img" aria-label="{escape(name)}" width="100%" height="{26 if large else 10}">'
        f"{''.join(parts)}</svg>"
    )


def sparkline(values: Sequence[Number], *, target: Number | None = None, status: str = "") -> str:
    """Return a trend of 76 by 28, hidden from assistive technology since the value stands beside it in text.

    `status` ("good", "bad" or nothing) colours the last point. Fewer than two values draw nothing.
    """
    if len(values) < 2:  # noqa: PLR2004
        return ""
    places = [float(value) for value in values]
    goal = None if target is None else float(target)
    seen = places if goal is None else [*places, goal]
    low, high = min(seen), max(seen)
    scale = 21 / (high - low) if high > low else 0.0

    def height_of(value: float) -> float:
        return 24 - (value - low) * scale if scale else _SPARK_HEIGHT / 2

    step = 68 / (len(places) - 1)
    points = [(2 + place * step, height_of(value)) for place, value in enumerate(places)]
    dot = {"good": BUCKET_EDGE, "bad": LATE}.get(status, INK)
    parts = [
        ""
        if goal is None
        else line(
            "st", 0, height_of(goal), 76, height_of(goal), stroke=INK_3, stroke_dasharray="2 3"
        ),
        element(
            "polyline",
            class_="sl",
            points=" ".join(f"{coordinate(x)},{coordinate(y)}" for x, y in points),
            fill="none",
            stroke=INK_2,
            stroke_width="1.6",
        ),
        element("circle", class_="sd", cx=points[-1][0], cy=points[-1][1], r="2.6", fill=dot),
    ]
    css = f"spark is-{status}" if status in ("good", "bad") else "spark"
    box = f'viewBox="0 0 {_SPARK_WIDTH} {_SPARK_HEIGHT}" width="{_SPARK_WIDTH}" height="{_SPARK_HEIGHT}"'
    return f'<svg class="{css}" {box} aria-hidden="true">{"".join(parts)}</svg>'
