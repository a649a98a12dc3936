"""The public document of indicators: one scope on one day, whole or split into groups."""

from dataclasses import dataclass

from kpis.queries.scope import FigureScope, Grouping, checked_scope, group_names, home_currency
from kpis.queries.sums import grouped_inputs, indicator_inputs
from kpis.rules.figures import Figure
from kpis.rules.indicators import Indicators, indicators


@dataclass(frozen=True, slots=True)
class Group:
    """The indicators of one group: its public key (code, e-mail or ISO code) and the name people read."""

    key: str
    label: str
    indicators: Indicators


def scope_indicators(scope: FigureScope) -> Indicators:
    """Return every indicator of a scope; raises ScopeUnknown on a path that is not in the tree."""
    checked_scope(scope.path)
    return indicators(indicator_inputs(scope))


def grouped_indicators(scope: FigureScope, grouping: Grouping) -> list[Group]:
    """Return the indicators of every group, the largest receivables first; empty groups are left out."""
    found = grouped_inputs(scope, grouping)
    names = group_names(grouping, list(found))
    groups = [
        Group(names[key].key, names[key].label, indicators(inputs)) for key, inputs in found.items()
    ]
    return sorted(
        groups, key=lambda group: (-(group.indicators["receivables"].value or 0), group.key)
    )


def calculation(scope: FigureScope, metric: str) -> Figure:
    """Return one indicator with the steps that lead to it, for the panel that shows the calculation.

    `metric` is one of `kpis.rules.indicators.METRICS`; raises KeyError on any other.
    """
    return scope_indicators(scope)[metric]


def indicator_document(
    scope: FigureScope, *, tenant_slug: str, grouping: Grouping | None = None
) -> dict[str, object]:
    """Return the JSON document of CONTRACT's `kpis`; with `grouping` it holds one of the same shape per group."""
    whole = scope_indicators(scope)
    home = home_currency()
    document = _document(scope, tenant_slug, home, whole)
    if grouping is not None:
        document["groups"] = [
            {"key": group.key, "label": group.label}
            | _document(scope, tenant_slug, home, group.indicators)
            for group in grouped_indicators(scope, grouping)
        ]
    return document


def _document(
    scope: FigureScope, tenant_slug: str, home: str, found: Indicators
) -> dict[str, object]:
    return {
        "tenant": tenant_slug,
        "as_of": scope.as_of.isoformat(),
        "scope": scope.path,
        "currency": home,
        "perimeter": scope.perimeter.value,
        **found.as_json(),
    }
