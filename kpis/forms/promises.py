"""Forms about what a customer promises, on his page."""

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from dunning.models import PromiseSource
from dunning.rules.promises import Rhythm
from kernel import formats
from kernel.errors import Refused
from kpis.forms.customer import item_words
from ledger.models import DueLine


class LinesChoice(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # not generic when it runs
    """Several items of the customer, each with its day and what it owes."""

    def label_from_instance(self, obj: DueLine) -> str:
        return item_words(obj)


class _LinesForm(forms.Form):
    """A form about several items of one customer."""

    due_lines = LinesChoice(
        label=_("Items"),
        queryset=DueLine.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose at least one item."),
            "invalid_choice": _("An item owes nothing any more. Choose again."),
        },
    )

    def __init__(self, *args: Any, lines: "QuerySet[DueLine]", **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["due_lines"].queryset = lines  # type: ignore[attr-defined]


class PromiseForm(_LinesForm):
    """What a customer promises to pay, and by when."""

    promised_date = forms.DateField(
        label=_("Paid by"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": _("Choose the day by which it is paid."),
            "invalid": _("This is no day. Choose it in the calendar, or write it as 2026-11-27."),
        },
    )
    recap = forms.BooleanField(label=_("Send the recap to the customer"), required=False)
    amount = forms.CharField(
        label=_("Amount promised"),
        max_length=40,
        required=False,
        help_text=_("Empty: all that the items owe and is not contested."),
    )
    source = forms.ChoiceField(label=_("Said"), choices=PromiseSource.choices)
    words = forms.CharField(label=_("In his words"), max_length=500, required=False)

    def clean_amount(self) -> Decimal | None:
        """Return the amount as it was meant, None for all."""
        typed = self.cleaned_data["amount"].strip()
        if not typed:
            return None
        try:
            return formats.parse_amount(typed, get_language() or "en")
        except Refused as refused:
            raise forms.ValidationError(refused.message) from refused


class PlanForm(_LinesForm):
    """Instalments of equal size."""

    number = forms.IntegerField(
        label=_("Instalments"),
        min_value=1,
        max_value=24,
        initial=3,
        error_messages={
            "required": _("Write how many instalments there are, from 1 to 24."),
            "invalid": _("Write a whole number of instalments, from 1 to 24."),
            "min_value": _("A plan has at least one instalment."),
            "max_value": _("A plan has at most 24 instalments."),
        },
    )
    first_date = forms.DateField(
        label=_("First one by"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": _("Choose the day of the first instalment."),
            "invalid": _("This is no day. Choose it in the calendar, or write it as 2026-11-27."),
        },
    )
    rhythm = forms.ChoiceField(
        label=_("Then every"),
        choices=[
            (Rhythm.WEEK.value, _("week")),
            (Rhythm.FORTNIGHT.value, _("two weeks")),
            (Rhythm.MONTH.value, _("month")),
        ],
        initial=Rhythm.MONTH.value,
    )
    reason = forms.CharField(
        label=_("Why"),
        max_length=250,
        error_messages={"required": _("Say why he pays in instalments.")},
    )


class CallOffForm(forms.Form):
    """Why a plan ends before its time."""

    reason = forms.CharField(
        label=_("Why"),
        max_length=250,
        error_messages={"required": _("Say why the plan is called off.")},
    )
