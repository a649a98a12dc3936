"""How much room is left? Exposure on a limit, with what is insured and what goes beyond."""

from __future__ import annotations

from dataclasses import dataclass

from kernel.charts.drawing import (
    BRAND,
    BRAND_HALF,
    INK,
    INK_2,
    LATE,
    LATE_SOFT,
    LINE_2,
    SURFACE_2,
    SURFACE_3,
    Number,
    Table,
    draw,
    element,
    framed,
    words,
)

_BEYOND = 1.25  # a limit in order takes four fifths of the width, so that what lies beyond has room


@dataclass(frozen=True, slots=True)
class Gauge:
    """Exposure against a limit, amounts in one currency; texts are formatted.

    `invoiced` and `delivered` (delivered, not yet invoiced) make the exposure; `insured` is the cover, 0 for none.
    """

    question: str
    finding: str
    limit: Number
    insured: Number
    invoiced: Number
    delivered: Number
    limit_label: str
    insured_label: str = ""
    end_label: str = ""
    rows: tuple[tuple[str, str], ...] = ()

    def table(self) -> Table:
        """Return the parts as the caller worded them."""
        return Table(self.question, ["", ""], [(label, "", [shown]) for label, shown in self.rows])

    @property
    def end(self) -> float:
        """Return the amount at the right end of the scale."""
        exposure = max(float(self.invoiced), 0.0) + max(float(self.delivered), 0.0)
        return max(float(self.limit) * _BEYOND, exposure * 1.05, float(self.insured), 1.0)


@draw.register
def _draw_gauge(chart: Gauge, *, ident: str, language: str) -> str:  # noqa: ARG001
    def share(amount: float) -> float:
        return 100 * min(max(amount / chart.end, 0.0), 1.0)

    limit, insured = share(float(chart.limit)), share(float(chart.insured))
    cover = min(insured, limit)
    invoiced = share(float(chart.invoiced))
    exposure = share(float(chart.invoiced) + float(chart.delivered))
    parts = [
        _zone("z-ins", 0, cover, SURFACE_3),
        _zone("z-own", cover, limit, SURFACE_2, stroke=LINE_2),
        _zone("z-over", limit, 100, LATE_SOFT),
        _value("v-inv", 0, min(invoiced, limit), BRAND),
        _value("v-dnf", min(invoiced, limit), min(exposure, limit), BRAND_HALF),
        _value("v-over", limit, max(exposure, limit), LATE),
        _tick("ins", insured, (15, 40), stroke=INK_2, width="1.5", dash="3 3") if insured else "",
        _tick("limit", limit, (14, 42), stroke=INK, width="2"),
        _labels(chart, limit=limit, insured=insured),
    ]
    drawing = framed(*parts, chart=chart, ident=ident, width=0, height=0, has_links=False)
    return drawing.replace('viewBox="0 0 0 0"', 'width="100%" height="56"')


def _zone(css: str, start: float, end: float, fill: str, stroke: str | None = None) -> str:
    if end <= start:
        return ""
    span = {"x": f"{start:.2f}%", "width": f"{end - start:.2f}%"}
    return element("rect", class_=css, y=20, height=16, fill=fill, stroke=stroke, **span)


def _value(css: str, start: float, end: float, fill: str) -> str:
    if end <= start:
        return ""
    span = {"x": f"{start:.2f}%", "width": f"{end - start:.2f}%"}
    return element("rect", class_=css, y=24, height=8, rx="2", fill=fill, **span)


def _tick(
    css: str, at: float, ends: tuple[int, int], *, stroke: str, width: str, dash: str | None = None
) -> str:
    place = f"{at:.2f}%"
    return element(
        "line",
        class_=css,
        x1=place,
        x2=place,
        y1=ends[0],
        y2=ends[1],
        stroke=stroke,
        stroke_width=width,
        stroke_dasharray=dash,
    )


def _labels(chart: Gauge, *, limit: float, insured: float) -> str:
    """Place the limit over its tick and the cover before it; near the edges a text turns inwards."""
    anchor = "start" if limit < 20 else "end" if limit > 85 else "middle"  # noqa: PLR2004
    cover = ""
    if insured and chart.insured_label and insured < limit - 12:
        side = "end" if insured > 25 else "start"  # noqa: PLR2004
        cover = words(chart.insured_label, f"{insured:.2f}%", 10, anchor=side)
    return (
        cover
        + words(chart.limit_label, f"{limit:.2f}%", 10, anchor=anchor, css="strong")
        + words("0", "0", 53)
        + words(chart.end_label, "100%", 53, anchor="end")
    )
