"""Tags of `{% load charts %}` over kernel.charts; they only choose the language and mark the SVG as safe."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from kernel import charts, formats
from kernel.charts.drawing import Number
from kernel.components import Bucket

register = template.Library()


def _language() -> str:
    return get_language() or "en"


@register.simple_tag
def chart_svg(chart: charts.Chart, ident: str = "chart") -> SafeString:
    """Draw any chart of kernel.charts; `ident` makes its ids unique on the page."""
    # Every text in it was escaped where it was drawn.
    return mark_safe(charts.draw(chart, ident=ident, language=_language()))  # noqa: S308


@register.simple_tag
def chart_table(chart: charts.Chart) -> SafeString:
    """Write the rows of a chart as a table, with the same links as its marks."""
    table = chart.table()
    head = format_html_join(
        "",
        '<th scope="col"{}>{}</th>',
        (
            (mark_safe(' class="num"') if place else "", heading)
            for place, heading in enumerate(table.headings)
        ),
    )
    body = format_html_join(
        "",
        '<tr><th scope="row">{}</th>{}</tr>',
        ((_row_name(*row), _cells(row[2])) for row in table.rows),
    )
    return format_html(
        '<table class="table"><caption class="vh">{}</caption><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table>",
        table.caption,
        head,
        body,
    )


def _row_name(label: str, url: str, _cells: Sequence[str]) -> str:
    return format_html('<a href="{}">{}</a>', url, label) if url else label


def _cells(cells: Sequence[str]) -> SafeString:
    return format_html_join("", '<td class="num">{}</td>', ((cell,) for cell in cells))


@register.simple_tag
def sparkline(values: Sequence[float], target: float | None = None, status: str = "") -> SafeString:
    """Draw a trend of 76 by 28; `status` "good" or "bad" tints its last point."""
    return mark_safe(charts.sparkline(values, target=target, status=status))  # noqa: S308


@register.simple_tag
def ageing_bar(
    parts: Sequence[Bucket] | Sequence[Decimal], name: str = "", *, large: bool = False
) -> SafeString:
    """Draw an ageing bar from buckets, or from five amounts or shares; its label says the shares."""
    buckets = [part for part in parts if isinstance(part, Bucket)]
    sizes: list[Number] = [bucket.share for bucket in buckets]
    sizes += [part for part in parts if not isinstance(part, Bucket)]
    labels = [bucket.label for bucket in buckets] or _bucket_names()
    whole = sum(max(float(size), 0.0) for size in sizes)
    said = ", ".join(
        f"{label} {share(max(float(size), 0.0) / whole if whole else 0.0)}"
        for label, size in zip(labels, sizes, strict=False)
    )
    title = f"{name or _('Aged balance')} : {said}"
    return mark_safe(charts.ageing_bar(sizes, title, large=large))  # noqa: S308


def _bucket_names() -> list[str]:
    return [
        pgettext("bucket", "Not yet due"),
        pgettext("bucket", "1–30 d"),
        pgettext("bucket", "31–60 d"),
        pgettext("bucket", "61–90 d"),
        pgettext("bucket", "> 90 d"),
    ]


@register.filter
def share(value: float | Decimal) -> str:
    """Write a share between 0 and 1: `74,8 %`."""
    return formats.percent(Decimal(str(value)), _language())
