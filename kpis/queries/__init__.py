"""Questions about how well it goes; every figure comes with its steps, and with the lines that add up to it."""

from kpis.queries.aged import (
    LINE_FIGURES,
    AgedBalance,
    AgedRow,
    FigureLine,
    FigureLines,
    aged_balance,
    customer_ageing,
    lines_of,
)
from kpis.queries.document import (
    Group,
    calculation,
    grouped_indicators,
    indicator_document,
    scope_indicators,
)
from kpis.queries.history import MonthEnd, ageing_history, dso_series, history
from kpis.queries.scope import (
    FigurePerimeter,
    FigureScope,
    Grouping,
    GroupName,
    ScopeUnknown,
)

__all__ = [
    "LINE_FIGURES",
    "AgedBalance",
    "AgedRow",
    "FigureLine",
    "FigureLines",
    "FigurePerimeter",
    "FigureScope",
    "Group",
    "GroupName",
    "Grouping",
    "MonthEnd",
    "ScopeUnknown",
    "aged_balance",
    "ageing_history",
    "calculation",
    "customer_ageing",
    "dso_series",
    "grouped_indicators",
    "history",
    "indicator_document",
    "lines_of",
    "scope_indicators",
]
