"""Fields that several forms of credit share: amounts and percentages as people type them, days."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kernel import formats
from kernel.errors import Refused

HUNDRED = Decimal(100)
LONGEST = 40

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Label = str | _StrPromise


def language() -> str:
    """Return the reader's language, two letters."""
    return (get_language() or "en")[:2]


class AmountField(forms.CharField):
    """An amount as people write it: `90 000`, `1 234,50 €`, `12k`; never below zero, empty is None."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", LONGEST)
        super().__init__(**options)
        self.widget.attrs["inputmode"] = "decimal"

    def clean(self, value: object) -> Decimal | None:
        """Return the Decimal that was meant."""
        text = super().clean(value)
        if not text:
            return None
        try:
            amount = formats.parse_amount(text, language())
        except Refused as refused:
            raise ValidationError(refused.message) from refused
        if amount < 0:
            raise ValidationError(_("An amount here is not negative: write it without the minus."))
        return amount

    def prepare_value(self, value: object) -> object:
        """Return a stored amount as it would be typed."""
        if not isinstance(value, Decimal):
            return value
        decimals = 0 if value == value.to_integral_value() else 2
        return formats.number(value, language(), decimals=decimals)


class PercentField(AmountField):
    """A percentage as people write it; the value is a fraction."""

    def clean(self, value: object) -> Decimal | None:
        """Return the fraction that was meant."""
        number = super().clean(str(value or "").replace("%", "").strip())
        return None if number is None else number / HUNDRED

    def prepare_value(self, value: object) -> object:
        """Return a stored fraction as a percentage."""
        return super().prepare_value(value * HUNDRED) if isinstance(value, Decimal) else value


class DayField(forms.DateField):
    """A day, picked or typed."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
        super().__init__(**options)


def words_field(
    label: Label, *, rows: int = 3, required: bool = True, size: int = 4000
) -> forms.CharField:
    """Return a field for a few sentences."""
    return forms.CharField(
        label=label,
        max_length=size,
        required=required,
        widget=forms.Textarea(attrs={"rows": rows}),
    )
