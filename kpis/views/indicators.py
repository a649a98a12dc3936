"""The pages of indicators: tiles, the way down to the documents, the trend, the calculation."""

from dataclasses import replace
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.models import Scope, ScopeKind
from kernel.components import DrillStep, Link
from kernel.http import TenantRequest, reads
from kpis import permissions, words
from kpis.presenting import buckets, calculation, items_url, shown, tile
from kpis.queries import (
    Group,
    Grouping,
    MonthEnd,
    grouped_indicators,
    history,
    scope_indicators,
)
from kpis.rules.figures import Figure, Unit
from kpis.rules.indicators import Indicators
from kpis.views.charts import ageing_columns, dso_trend, overdue_share, rate_trend
from kpis.views.perimeter import Perimeter, asked_perimeter, perimeter_chips

MONTHS_SHOWN = 13
CUSTOMERS_SHOWN = 50

# What the table under the figure is split by, and where a row leads.
SPLITS = {
    Grouping.PORTFOLIO: "scope",
    Grouping.ENTITY: "entity",
    Grouping.COUNTRY: "country",
    Grouping.COLLECTOR: "collector",
    Grouping.SALES_REP: "sales_rep",
    Grouping.CUSTOMER: "customer",
}
SPLIT_METRICS = (
    "receivables",
    "overdue",
    "overdue_rate",
    "dso_count_back_days",
    "bpdso_count_back_days",
)

# Which items add up to the amount behind an indicator.
ITEMS_BEHIND = {
    "overdue": {"state": "overdue"},
    "overdue_rate": {"state": "overdue"},
    "overdue_dso_days": {"state": "overdue"},
    "overdue_over_60_rate": {"state": "overdue", "late_from": "61"},
    "bpdso_count_back_days": {"state": "not_due"},
}


@reads(permissions.SEE_TENANT_FIGURES)
def indicator(request: TenantRequest, slug: str) -> HttpResponse:
    """Show one indicator of a perimeter on a day, with everything that leads to it."""
    metric = words.BY_SLUG.get(slug)
    if metric is None:
        raise Http404
    perimeter = asked_perimeter(request, permissions.SEE_TENANT_FIGURES)
    found = scope_indicators(perimeter.figures)
    points = history(perimeter.figures, MONTHS_SHOWN)
    split = asked_split(request, perimeter.node)
    context = {
        "metric": metric,
        "figure": shown(found[metric.name], perimeter.currency),
        "flags": [words.flag_sentence(flag) for flag in found[metric.name].flags],
        "tiles": tiles(
            found, points, perimeter, current=metric.name, query=request.GET.urlencode()
        ),
        "more": [
            Link(f"/kpi/{one.slug}?{request.GET.urlencode()}", str(one.label), one is metric)
            for one in words.METRICS.values()
        ],
        "perimeter": perimeter_chips(request, perimeter),
        "drill": drill(perimeter, found, metric),
        "trend": rate_trend(points)
        if metric.name.startswith("overdue_rate")
        else dso_trend(points, base=_base(request)),
        "ageing_chart": ageing_columns(
            points[1:], currency=perimeter.currency, filters=perimeter.item_filters
        ),
        "buckets": buckets(
            found.ageing, currency=perimeter.currency, filters=perimeter.item_filters
        ),
        "unallocated": (
            shown(found.ageing["unallocated"], perimeter.currency),
            items_url("unallocated", perimeter.item_filters),
        ),
        "calculation": calculation(metric.name, found[metric.name], currency=perimeter.currency),
        "splits": split_links(request, split),
        "rows": split_rows(perimeter, split),
        "row_headings": [str(words.METRICS[name].label) for name in SPLIT_METRICS],
        "items_url": _items_behind(metric.name, perimeter),
    }
    return render(request, "kpis/indicator.html", context)


def _base(request: TenantRequest) -> dict[str, str]:
    return {name: str(value) for name, value in request.GET.items() if name != "as_of"}


def tiles(
    found: Indicators, points: list[MonthEnd], perimeter: Perimeter, *, current: str, query: str
) -> list[object]:
    """Return the row of tiles, each with its curve over the month-ends before."""
    past = {
        "dso_count_back_days": [point.dso for point in points[:-1]],
        "bpdso_count_back_days": [point.best_possible_dso for point in points[:-1]],
        "overdue": [Figure(point.ageing.overdue, Unit.AMOUNT) for point in points[:-1]],
        "overdue_rate": [
            Figure(share, Unit.RATE)
            for point in points[:-1]
            if (share := overdue_share(point)) is not None
        ],
    }
    return [
        tile(
            name,
            found,
            currency=perimeter.currency,
            url=f"/kpi/{words.METRICS[name].slug}{'?' if query else ''}{query}",
            history=past.get(name, []),
            is_current=name == current,
        )
        for name in words.TILES
    ]


def drill(perimeter: Perimeter, found: Indicators, metric: words.MetricWords) -> list[DrillStep]:
    """Return the rail from the whole down to the documents: the nodes above, this one, and what comes next.

    Figures of the nodes above are computed on their own sums, never averaged.
    """
    path = perimeter.node.path
    above = [prefix for prefix in _prefixes(path) if prefix != path]
    names = dict(Scope.objects.filter(path__in=above).values_list("path", "name"))
    steps = [
        DrillStep(
            names[prefix],
            shown(
                scope_indicators(replace(perimeter.figures, path=prefix))[metric.name],
                perimeter.currency,
                is_short=True,
            ),
            f"?{urlencode({'scope': prefix, **_day_of(perimeter)})}",
        )
        for prefix in above
    ]
    steps.append(
        DrillStep(
            perimeter.node.name,
            shown(found[metric.name], perimeter.currency, is_short=True),
            is_current=True,
        )
    )
    if perimeter.node.kind != ScopeKind.PORTFOLIO:
        steps.append(DrillStep(_("Portfolios"), "", "#split", is_next=True))
    steps.append(
        DrillStep(
            _("Customers"),
            "",
            f"?{urlencode({'scope': path, 'by': 'customer', **_day_of(perimeter)})}#split",
            is_next=True,
        )
    )
    steps.append(DrillStep(_("Items"), "", _items_behind(metric.name, perimeter), is_next=True))
    return steps


def _day_of(perimeter: Perimeter) -> dict[str, str]:
    return {key: value for key, value in perimeter.item_filters.items() if key == "as_of"}


def _prefixes(path: str) -> list[str]:
    """Return the paths from the root down to `path`: "/FR/ALO/" gives "/", "/FR/", "/FR/ALO/"."""
    parts = [part for part in path.split("/") if part]
    return ["/"] + [f"/{'/'.join(parts[: count + 1])}/" for count in range(len(parts))]


def _items_behind(name: str, perimeter: Perimeter) -> str:
    return f"/items?{urlencode({**ITEMS_BEHIND.get(name, {'state': 'open'}), **perimeter.item_filters})}"


def asked_split(request: TenantRequest, node: Scope) -> Grouping:
    """Return what the table is split by: as asked, else by portfolio, and a portfolio by customer."""
    asked = request.GET.get("by", "")
    default = Grouping.CUSTOMER if node.kind == ScopeKind.PORTFOLIO else Grouping.PORTFOLIO
    return next((one for one in Grouping if one.value == asked), default)


def split_links(request: TenantRequest, current: Grouping) -> list[Link]:
    """Return the tabs over the table."""
    labels = {
        Grouping.PORTFOLIO: _("Portfolios"),
        Grouping.ENTITY: _("Entities"),
        Grouping.COUNTRY: _("Countries"),
        Grouping.COLLECTOR: _("Collectors"),
        Grouping.SALES_REP: _("Sales representatives"),
        Grouping.CUSTOMER: _("Customers"),
    }
    query = request.GET.copy()
    links = []
    for grouping, label in labels.items():
        query["by"] = grouping.value
        links.append(Link(f"?{query.urlencode()}#split", label, grouping is current))
    return links


def split_rows(perimeter: Perimeter, split: Grouping) -> list[dict[str, object]]:
    """Return the rows of the table, the largest receivables first, each with its figures and where it leads."""
    groups = grouped_indicators(perimeter.figures, split)
    return [
        {
            "label": group.label,
            "url": _group_url(perimeter, split, group),
            "cells": [
                (
                    shown(group.indicators[name], perimeter.currency, is_short=True),
                    _cell_url(perimeter, split, group, name),
                )
                for name in SPLIT_METRICS
            ],
            "shares": [
                float(group.indicators.ageing[key].value or 0)
                for key in ("not_due", "1_30", "31_60", "61_90", "91_plus")
            ],
        }
        for group in groups[:CUSTOMERS_SHOWN]
    ]


def _group_url(perimeter: Perimeter, split: Grouping, group: Group) -> str:
    if split is Grouping.PORTFOLIO:
        return f"?{urlencode({'scope': group.key, **_day_of(perimeter)})}"
    if split is Grouping.CUSTOMER:
        return f"/customers/{group.key}"
    return _cell_url(perimeter, split, group, "receivables")


def _cell_url(perimeter: Perimeter, split: Grouping, group: Group, name: str) -> str:
    key = SPLITS[split]
    value = group.key or "nobody"
    filters = {**ITEMS_BEHIND.get(name, {"state": "open"}), **perimeter.item_filters, key: value}
    return f"/items?{urlencode(filters)}"
