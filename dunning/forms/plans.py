"""A payment plan offered on the telephone: equal instalments over the items that are ticked."""

from django import forms
from django.utils.translation import gettext_lazy as _

from dunning.rules.promises import Rhythm

MOST_INSTALMENTS = 24


class PlanOfferForm(forms.Form):
    """How many instalments, from which day, how far apart, and why; its names are its own within the call's form."""

    # It stands in the form of the call, which may be saved without it.
    use_required_attribute = False

    plan_number = forms.IntegerField(
        label=_("Instalments"),
        min_value=1,
        max_value=MOST_INSTALMENTS,
        initial=3,
        error_messages={
            "required": _("Write how many instalments there are, from 1 to 24."),
            "invalid": _("Write a whole number of instalments, from 1 to 24."),
            "min_value": _("A plan has at least one instalment."),
            "max_value": _("A plan has at most 24 instalments."),
        },
    )
    plan_first_date = forms.DateField(
        label=_("First one by"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": _("Choose the day of the first instalment."),
            "invalid": _("This is no day. Choose it in the calendar, or write it as 2026-11-27."),
        },
    )
    plan_rhythm = forms.ChoiceField(
        label=_("Then every"),
        choices=[
            (Rhythm.WEEK.value, _("week")),
            (Rhythm.FORTNIGHT.value, _("two weeks")),
            (Rhythm.MONTH.value, _("month")),
        ],
        initial=Rhythm.FORTNIGHT.value,
    )
    plan_reason = forms.CharField(
        label=_("Why he pays in instalments"),
        max_length=250,
        error_messages={"required": _("Say why he pays in instalments.")},
    )
