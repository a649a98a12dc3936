"""From figures to what the templates are handed: formatted values, tiles, the panel that shows the calculation."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from urllib.parse import urlencode

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kernel import formats
from kernel.components import Bucket, Calculation, CalculationStep, KpiTile
from kernel.money import Money
from kpis import words
from kpis.rules.figures import Figure, Step, Unit, rounded
from kpis.rules.indicators import Indicators

MISSING = "—"

# Which items stand behind each column of the aged balance.
BUCKET_ITEMS = {
    "not_due": {"state": "not_due"},
    "1_30": {"state": "overdue", "late_from": "1", "late_to": "30"},
    "31_60": {"state": "overdue", "late_from": "31", "late_to": "60"},
    "61_90": {"state": "overdue", "late_from": "61", "late_to": "90"},
    "91_plus": {"state": "overdue", "late_from": "91"},
    "unallocated": {"state": "unallocated"},
}
COUNTED = frozenset({"days", "open_lines", "overdue_lines"})
DIFFERENCES_OF_DAYS = frozenset({"whole", "part"})
AGED = ("not_due", "1_30", "31_60", "61_90", "91_plus")


def language() -> str:
    """Return the language of the reader."""
    return (get_language() or "en")[:2]


def shown(figure: Figure, currency: str, *, is_short: bool = False) -> str:
    """Return the figure as a page writes it, with its unit where it is part of the number; a dash when missing."""
    if figure.value is None:
        return MISSING
    return shown_value(rounded(figure.value, figure.unit), figure.unit, currency, is_short=is_short)


def shown_value(value: Decimal, unit: Unit, currency: str, *, is_short: bool = False) -> str:
    """Return a number of a unit as a page writes it."""
    reader = language()
    if unit is Unit.AMOUNT:
        money = Money(value, currency)
        return formats.amount_short(money, reader) if is_short else formats.money(money, reader)
    if unit is Unit.RATE:
        return formats.percent(value, reader)
    if unit is Unit.DAYS:
        return formats.days(value, reader, decimals=1)
    return formats.number(value, reader)


def tile(
    name: str,
    found: Indicators,
    *,
    currency: str,
    url: str,
    history: Sequence[Figure] = (),
    is_current: bool = False,
) -> KpiTile:
    """Return the tile of an indicator; `history` are its values at past month-ends, oldest first."""
    metric = words.METRICS[name]
    figure = found[name]
    change, status, trend = _change(figure, history, metric, currency)
    return KpiTile(
        label=str(metric.label),
        value=shown(figure, currency, is_short=True),
        url=url,
        delta=change
        or (words.flag_sentence(figure.flags[0]) if figure.value is None and figure.flags else ""),
        trend=trend,
        status=status,
        spark=[float(past.value) for past in history if past.value is not None],
        is_current=is_current,
        formula=str(metric.formula),
    )


def _change(
    figure: Figure, history: Sequence[Figure], metric: words.MetricWords, currency: str
) -> tuple[str, str, str]:
    """Return the change since the month-end before, in words, whether it is good, and its direction."""
    before = next((past.value for past in reversed(history) if past.value is not None), None)
    if figure.value is None or before is None:
        return "", "", ""
    difference = rounded(figure.value, figure.unit) - rounded(before, figure.unit)
    trend = "up" if difference > 0 else "down" if difference < 0 else "flat"
    if difference == 0 or metric.is_low_better is None:
        return _("as last month-end") if not difference else "", "", trend
    status = "good" if (difference < 0) == metric.is_low_better else "bad"
    return (
        _("%(change)s since last month-end")
        % {"change": _difference(difference, figure.unit, currency)},
        status,
        trend,
    )


def _difference(difference: Decimal, unit: Unit, currency: str) -> str:
    reader = language()
    if unit is Unit.RATE:
        return formats.change(difference * 100, reader, unit=_("pt"))
    if unit is Unit.DAYS:
        return formats.change(difference, reader, unit=_("d"))
    sign = "+" if difference > 0 else ""
    return sign + formats.amount_short(Money(difference, currency), reader)


def calculation(name: str, figure: Figure, *, currency: str) -> Calculation:
    """Return the panel that shows how an indicator was made, step by step with the numbers (R76)."""
    metric = words.METRICS[name]
    return Calculation(
        formula=str(metric.formula),
        steps=[_step(step, figure.unit, currency) for step in figure.steps],
        result_label=str(metric.label),
        result=shown(figure, currency),
        source=" ".join(words.flag_sentence(flag) for flag in figure.flags),
    )


def _step(step: Step, unit: Unit, currency: str) -> CalculationStep:
    label = words.step_sentence(step.key)
    if step.period:
        label = _("%(month)s: %(step)s") % {
            "month": formats.month(step.period.start, language()),
            "step": label,
        }
    numbers = ", ".join(
        f"{words.number_name(name)} {_number(name, value, currency)}"
        for name, value in step.numbers.items()
    )
    return CalculationStep(
        label=label,
        value=shown_value(rounded(step.result, unit), unit, currency),
        formula=f"{words.formula_sentence(step.formula)} · {numbers}" if numbers else step.formula,
    )


def _number(name: str, value: Decimal, currency: str) -> str:
    """Return a number of a formula with its own unit: a product is no amount, however it is made."""
    reader = language()
    if name in COUNTED:
        return formats.number(value, reader)
    if name in DIFFERENCES_OF_DAYS:
        return formats.days(value, reader, decimals=1)
    if name == "amount_times_days":
        figures = formats.number(value, reader, decimals=2)
        return _("%(number)s %(currency)s × days") % {"number": figures, "currency": currency}
    return formats.money(Money(value, currency), reader)


def buckets(
    ageing: Mapping[str, Figure], *, currency: str, filters: Mapping[str, str]
) -> list[Bucket]:
    """Return the five columns of an aged balance, each a link to the items that sum to it."""
    amounts = {key: ageing[key].value or Decimal(0) for key in AGED}
    whole = sum((amount for amount in amounts.values() if amount > 0), start=Decimal(0))
    labels = words.bucket_labels()
    return [
        Bucket(
            label=labels[key],
            value=shown(ageing[key], currency, is_short=True),
            share=float(max(amounts[key], Decimal(0)) / whole) if whole else 0.0,
            url=items_url(key, filters),
        )
        for key in AGED
    ]


def items_url(bucket: str, filters: Mapping[str, str]) -> str:
    """Return the address of the items behind a column of the aged balance, with the page's filters kept."""
    return f"/items?{urlencode({**BUCKET_ITEMS[bucket], **filters})}"
