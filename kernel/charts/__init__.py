"""Charts drawn on the server as SVG: the question is the title, the finding the description, the rows a table beside.

Marks carry the light colours as presentation attributes, so the same drawing goes into a PDF, whose engine reads no
page stylesheet; on screen `static/css/chart.css` overrides them in both themes. Values place the marks, texts come
formatted. A mark with a `url` is a link. Never a pie, a second axis, a gradient or a smoothed line (DESIGN 6).
"""

from kernel.charts.ageing import ageing_bar, sparkline
from kernel.charts.bars import Bars, Columns, PlannedColumn, Stack, Stacked
from kernel.charts.drawing import Chart, Mark, Table, draw
from kernel.charts.gauge import Gauge
from kernel.charts.trend import Series, Trend
from kernel.charts.waterfall import Waterfall

__all__ = [
    "Bars",
    "Chart",
    "Columns",
    "Gauge",
    "Mark",
    "PlannedColumn",
    "Series",
    "Stack",
    "Stacked",
    "Table",
    "Trend",
    "Waterfall",
    "ageing_bar",
    "draw",
    "sparkline",
]
