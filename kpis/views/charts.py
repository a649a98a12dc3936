"""The charts of the pages of indicators, from series of figures."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

from babel.numbers import get_currency_symbol
from django.utils.translation import gettext as _

from kernel import charts, formats
from kernel.money import Money
from kpis import words
from kpis.presenting import AGED, MISSING, items_url, language, shown
from kpis.queries import MonthEnd


def dso_trend(points: Sequence[MonthEnd], *, base: dict[str, str]) -> charts.Trend:
    """Return the line of DSO above its best possible, month by month; each point leads to its day."""
    days = [point.dso for point in points]
    best = [point.best_possible_dso for point in points]
    return charts.Trend(
        question=_("Is DSO getting closer to its best?"),
        finding=_dso_finding(points),
        labels=[formats.month_short(point.day, language()) for point in points],
        actual=charts.Series(
            _("DSO"),
            [None if one.value is None else float(one.value) for one in days],
            [shown(one, "") for one in days],
            _("DSO %(days)s") % {"days": shown(days[-1], "")},
        ),
        reference=charts.Series(
            _("Best possible"),
            [None if one.value is None else float(one.value) for one in best],
            [shown(one, "") for one in best],
            _("best %(days)s") % {"days": shown(best[-1], "")},
        ),
        urls=[f"?{urlencode({**base, 'as_of': point.day.isoformat()})}" for point in points],
        heading=_("Month-end"),
    )


def _dso_finding(points: Sequence[MonthEnd]) -> str:
    last, first = (
        points[-1].dso,
        next((point.dso for point in points if point.dso.value is not None), points[-1].dso),
    )
    if last.value is None or first.value is None:
        return _("There is not enough history for a trend.")
    return _("DSO went from %(first)s to %(last)s; the best possible is %(best)s.") % {
        "first": shown(first, ""),
        "last": shown(last, ""),
        "best": shown(points[-1].best_possible_dso, ""),
    }


def rate_trend(points: Sequence[MonthEnd]) -> charts.Trend:
    """Return the line of the overdue rate, in percent, month by month."""
    rates = [overdue_share(point) for point in points]
    reader = language()
    texts = [MISSING if rate is None else formats.percent(rate, reader) for rate in rates]
    return charts.Trend(
        question=_("Is the overdue rate falling?"),
        finding=_("The overdue rate is %(rate)s.") % {"rate": texts[-1]},
        labels=[formats.month_short(point.day, reader) for point in points],
        actual=charts.Series(
            _("Overdue rate"),
            [None if rate is None else float(rate * 100) for rate in rates],
            texts,
            texts[-1],
        ),
        heading=_("Month-end"),
    )


def overdue_share(point: MonthEnd) -> Decimal | None:
    """Return overdue / open items at a month-end; None when nothing was open."""
    whole = point.ageing.not_due + point.ageing.overdue
    return point.ageing.overdue / whole if whole > 0 else None


def ageing_columns(
    points: Sequence[MonthEnd], *, currency: str, filters: dict[str, str]
) -> charts.Stacked:
    """Return the aged balance of each month-end as stacked columns."""
    labels, reader = words.bucket_labels(), language()

    def amounts(point: MonthEnd) -> list[Decimal]:
        columns = point.ageing.as_dict()
        return [max(columns[key], Decimal(0)) for key in AGED]

    scale, unit = _scale(
        max((sum(amounts(point), start=Decimal(0)) for point in points), default=Decimal(0))
    )
    return charts.Stacked(
        question=_("Is the debt ageing? (%(unit)s)") % {"unit": f"{unit}{symbol_of(currency)}"},
        finding=_("Of %(total)s open, %(overdue)s are overdue.")
        % {
            "total": _short(
                points[-1].ageing.not_due + points[-1].ageing.overdue, currency, reader
            ),
            "overdue": _short(points[-1].ageing.overdue, currency, reader),
        },
        stacks=[
            charts.Stack(
                label=formats.month_short(point.day, reader),
                parts=[float(amount / scale) for amount in amounts(point)],
                shown=[_short(amount, currency, reader) for amount in amounts(point)],
                total=_scaled(sum(amounts(point), start=Decimal(0)) / scale, reader),
                url=_items_on(point.day, filters),
            )
            for point in points
        ],
        part_names=[labels[key] for key in AGED],
        heading=_("Month-end"),
    )


MILLION = Decimal(1_000_000)
THOUSAND = Decimal(1_000)


def _scale(largest: Decimal) -> tuple[Decimal, str]:
    """Return what the amounts of a chart are divided by so that its labels stay short, and the unit's letter."""
    if largest >= MILLION:
        return MILLION, "M"
    return (THOUSAND, "k") if largest >= THOUSAND else (Decimal(1), "")


def _scaled(value: Decimal, reader: str) -> str:
    return formats.number(value, reader, decimals=1)


def symbol_of(currency: str) -> str:
    """Return the sign of a currency as the reader knows it, its code where there is none."""
    return get_currency_symbol(currency, locale=language())


def _items_on(day: date, filters: dict[str, str]) -> str:
    return items_url("not_due", {**filters, "state": "open", "as_of": day.isoformat()})


def _short(amount: Decimal, currency: str, reader: str) -> str:
    return formats.amount_short(Money(amount, currency), reader)
