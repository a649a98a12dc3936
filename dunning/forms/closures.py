"""The form of the days on which the company is closed."""

from django import forms
from django.utils.translation import gettext_lazy as _


class ClosureForm(forms.Form):
    """The first and the last day, and why; what is sensible the service says."""

    name = forms.CharField(
        label=_("Why the company is closed"),
        max_length=80,
        error_messages={"required": _("Say why, for instance “Summer closure”.")},
    )
    first_date = forms.DateField(
        label=_("First day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": _("Write the first closed day."),
            "invalid": _("Write a day, such as 2026-12-24."),
        },
    )
    last_date = forms.DateField(
        label=_("Last day, included"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": _("Write the last closed day; it may be the first."),
            "invalid": _("Write a day, such as 2026-12-24."),
        },
    )
