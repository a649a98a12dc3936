"""Forms of the scorecard and of what people say and enter about a customer's score."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from credit.forms.fields import DayField, PercentField, language, words_field
from credit.models import ScoreSettings
from credit.queries.scores import assumptions_of
from credit.rules.scorecard import (
    GRADES,
    MOST_BANDS,
    RISK_CLASSES,
    UNITS,
    Band,
    Card,
    Criterion,
    Unit,
    Weighed,
)
from credit.rules.statements import FIGURES, Statement
from kernel import formats
from kernel.errors import Refused

HUNDRED = Decimal(100)
ABOVE = "*"  # what stands for an open bound when bands are typed


class BandsField(forms.CharField):
    """Bands as people type them: a line for each, `7 = 85`, the last one `* = 0`; codes by their names."""

    def __init__(self, unit: Unit, **options: Any) -> None:
        super().__init__(
            max_length=800,
            widget=forms.Textarea(attrs={"rows": MOST_BANDS // 2, "spellcheck": "false"}),
            **options,
        )
        self.unit = unit

    def clean(self, value: object) -> tuple[Band, ...]:
        """Return the bands in the order of their lines."""
        lines = [line.strip() for line in str(super().clean(value)).splitlines() if line.strip()]
        return tuple(self._band(line) for line in lines)

    def _band(self, line: str) -> Band:
        left, sign, right = line.partition("=")
        if not sign or not right.strip().isdecimal() or not left.strip():
            raise ValidationError(
                _("“%(line)s” is no band: write a bound, the sign = and points, as in 7 = 85.")
                % {"line": line}
            )
        points = int(right.strip()[:6])
        bound = left.strip()
        if self.unit is Unit.CODE:
            return Band(points, code=bound[:20])
        if bound == ABOVE:
            return Band(points)
        try:
            number = formats.parse_amount(bound.replace("%", "").strip(), language())
        except Refused as refused:
            raise ValidationError(refused.message) from refused
        return Band(points, number / HUNDRED if self.unit is Unit.SHARE else number)


def typed_bands(weighed: Weighed) -> str:
    """Return bands as they would be typed."""
    return "\n".join(f"{_bound(weighed.unit, band)} = {band.points}" for band in weighed.bands)


def _bound(unit: Unit, band: Band) -> str:
    if band.code:
        return band.code
    if band.up_to is None:
        return ABOVE
    value = band.up_to * HUNDRED if unit is Unit.SHARE else band.up_to
    decimals = 0 if value == value.to_integral_value() else 2
    shown = formats.number(value, language(), decimals=decimals)
    return f"{shown} %" if unit is Unit.SHARE else shown


class CriterionForm(forms.Form):
    """A criterion of the card: weight, bands and the points of what nobody knows."""

    def __init__(self, criterion: Criterion, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.criterion = criterion
        number = {"inputmode": "numeric", "class": "w-90"}
        self.fields["weight"] = forms.IntegerField(
            label=gettext_lazy("Weight"),
            min_value=1,
            max_value=100,
            widget=forms.TextInput(attrs=number),
        )
        self.fields["unknown"] = forms.IntegerField(
            label=gettext_lazy("Points when unknown"),
            min_value=0,
            max_value=100,
            widget=forms.TextInput(attrs=number),
        )
        self.fields["bands"] = BandsField(
            UNITS[criterion],
            label=gettext_lazy("Bands"),
            help_text=gettext_lazy(
                "One a line: a bound, included, the sign = and points from 0 to 100. The last bound is *. Where the "
                "fact is a word, the word."
            ),
        )

    def weighed(self) -> Weighed:
        """Return the criterion as a valid form describes it."""
        typed = self.cleaned_data
        return Weighed(self.criterion, typed["weight"], typed["bands"], typed["unknown"])


def criterion_initial(weighed: Weighed) -> dict[str, Any]:
    """Return what the form of a criterion begins with."""
    return {"weight": weighed.weight, "unknown": weighed.unknown, "bands": typed_bands(weighed)}


class GradesForm(forms.Form):
    """From how many points on each grade is given, and the risk class it stands for."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for grade in GRADES[:-1]:
            self.fields[f"from_{grade}"] = forms.IntegerField(
                label=_("Grade %(grade)s from") % {"grade": grade}, min_value=1, max_value=100
            )
        for grade in GRADES:
            self.fields[f"class_{grade}"] = forms.ChoiceField(
                label=_("Risk class of grade %(grade)s") % {"grade": grade},
                choices=[(one, one) for one in RISK_CLASSES],
            )

    def thresholds(self) -> dict[str, int]:
        """Return the least points of each grade."""
        return {grade: self.cleaned_data[f"from_{grade}"] for grade in GRADES[:-1]}

    def classes(self) -> dict[str, str]:
        """Return the risk class of each grade."""
        return {grade: self.cleaned_data[f"class_{grade}"] for grade in GRADES}


def grades_initial(card: Card) -> dict[str, Any]:
    """Return what the form of grades begins with."""
    found: dict[str, Any] = {f"from_{grade}": points for grade, points in card.thresholds.items()}
    return found | {f"class_{grade}": name for grade, name in card.classes.items()}


class OverrideForm(forms.Form):
    """Another grade for a time."""

    grade = forms.ChoiceField(label=gettext_lazy("Grade"), choices=[(one, one) for one in GRADES])
    until = DayField(label=pgettext_lazy("grade", "Until"))
    reason = words_field(gettext_lazy("Why the card is wrong"), rows=2, size=500)


class ContestForm(forms.Form):
    """What a customer says against his score."""

    received = DayField(label=gettext_lazy("Received on"))
    words = words_field(gettext_lazy("What the customer says"), rows=2)


class AnswerForm(forms.Form):
    """What came of looking again."""

    answer = words_field(gettext_lazy("What came of it"), rows=2)


class WordForm(forms.Form):
    """A word on an alert."""

    words = forms.CharField(label=gettext_lazy("What you do about it"), max_length=500)


FIGURE_LABELS = {
    "total_assets": gettext_lazy("Total assets"),
    "current_assets": gettext_lazy("Current assets"),
    "inventories": gettext_lazy("Inventories"),
    "receivables": gettext_lazy("Trade receivables"),
    "cash": gettext_lazy("Cash"),
    "equity": gettext_lazy("Equity"),
    "retained_earnings": gettext_lazy("Retained earnings and reserves"),
    "liabilities": gettext_lazy("Total liabilities"),
    "short_term_liabilities": gettext_lazy("Liabilities due within a year"),
    "debt": gettext_lazy("Financial debt"),
    "sales": gettext_lazy("Sales of the year"),
    "ebit": gettext_lazy("Operating profit"),
    "depreciation": gettext_lazy("Depreciation"),
    "financial_expenses": gettext_lazy("Financial expenses"),
    "net_profit": gettext_lazy("Net profit"),
}


class FigureField(forms.CharField):
    """A figure of accounts as people write it, below zero too; empty is None."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=40, required=False, **options)
        self.widget.attrs["inputmode"] = "decimal"

    def clean(self, value: object) -> Decimal | None:
        """Return the Decimal that was meant."""
        text = super().clean(value).replace("−", "-")
        if not text:
            return None
        is_negative = text.startswith("-")
        try:
            amount = formats.parse_amount(text.removeprefix("-").strip(), language())
        except Refused as refused:
            raise ValidationError(refused.message) from refused
        return -amount if is_negative else amount


class StatementForm(forms.Form):
    """A year's accounts."""

    year_end = DayField(label=gettext_lazy("Year ended on"))
    source = forms.CharField(label=gettext_lazy("Source of the accounts"), max_length=120)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, label in FIGURE_LABELS.items():
            self.fields[name] = FigureField(label=label)

    def statement(self) -> Statement:
        """Return the accounts that a valid form gives."""
        typed = self.cleaned_data
        return Statement(typed["year_end"], **{name: typed[name] for name in FIGURES})


class ProfileForm(forms.Form):
    """The age and the sector of a company."""

    founded = DayField(label=gettext_lazy("Founded on"), required=False)
    sector = forms.CharField(label=gettext_lazy("Sector (NAF)"), max_length=6, required=False)


class ScoreSettingsForm(forms.Form):
    """What the house assumes, and when it wants to be told."""

    def __init__(self, row: ScoreSettings, *args: Any, **options: Any) -> None:
        failing = assumptions_of(row).failing
        initial: dict[str, Any] = {f"failing_{grade}": failing[grade] for grade in GRADES}
        initial |= {name: getattr(row, name) for name in (*_SHARES, *_NUMBERS)}
        super().__init__(*args, **{**options, "initial": initial})
        for grade in GRADES:
            self.fields[f"failing_{grade}"] = PercentField(
                label=_("Grade %(grade)s: fail within a year") % {"grade": grade}
            )
        for name, label in _SHARES.items():
            self.fields[name] = PercentField(label=label)
        for name, (label, least, most) in _NUMBERS.items():
            self.fields[name] = forms.IntegerField(label=label, min_value=least, max_value=most)

    def clean(self) -> dict[str, Any]:
        """Refuse shares beyond a whole."""
        typed = super().clean() or {}
        for name, value in list(typed.items()):
            if isinstance(value, Decimal) and value > 1:
                self.add_error(name, _("A share is 100 % at most."))
        return typed

    def failing(self) -> dict[str, Decimal]:
        """Return how many of each grade fail."""
        return {grade: self.cleaned_data[f"failing_{grade}"] for grade in GRADES}

    def values(self) -> dict[str, Any]:
        """Return the other parameters by field."""
        return {name: self.cleaned_data[name] for name in (*_SHARES, *_NUMBERS)}


_SHARES = {
    "lost": gettext_lazy("Lost of what a failing customer owes"),
    "financing": gettext_lazy("Cost of money a year"),
    "margin_rate": gettext_lazy("Usual margin"),
    "watch_used": gettext_lazy("Tell when more of a limit is used than"),
}
_NUMBERS = {
    "watch_grades": (gettext_lazy("Tell when a grade falls by"), 1, 4),
    "watch_days": (gettext_lazy("Tell when the delay grows by days"), 1, 365),
    "class_months": (gettext_lazy("A risk class set by hand stands for months"), 1, 60),
}
