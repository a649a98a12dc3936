"""Forms of holds and their release."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class HoldForm(forms.Form):
    """Put a customer on hold."""

    reason = forms.CharField(label=_("Reason"), max_length=500)


class ReleaseForm(forms.Form):
    """Ask for a release."""

    reason = forms.CharField(label=_("Reason"), max_length=500)
    until = forms.DateField(
        label=pgettext_lazy("release", "Until"),
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    ceiling = forms.DecimalField(
        label=pgettext_lazy("release", "Up to"),
        required=False,
        min_value=0,
        max_digits=15,
        decimal_places=2,
        localize=True,
    )
    is_final = forms.BooleanField(label=_("Lift the hold for good"), required=False)


class DecisionWords(forms.Form):
    """Grant or refuse."""

    outcome = forms.ChoiceField(choices=[("grant", _("Grant")), ("refuse", _("Refuse"))])
    words = forms.CharField(required=False, max_length=500)


def problems_of(form: "forms.Form") -> str:
    """Return what is wrong with a form in one sentence."""
    found: list[Any] = [
        f"{form.fields[name].label or name}: {' '.join(map(str, errors))}"
        for name, errors in form.errors.items()
        if name in form.fields
    ]
    return " ".join(found)
