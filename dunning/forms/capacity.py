"""The form of what one person calls in a day."""

from django import forms
from django.utils.translation import gettext_lazy as _


class CapacityForm(forms.Form):
    """A whole number of calls; what is sensible the service says."""

    calls = forms.IntegerField(
        label=_("Calls one person makes in a day"),
        help_text=_(
            "Notes and preparation included. Simulations and the agenda count with it, "
            "for each person who looks after customers."
        ),
        min_value=-9999,
        max_value=9999,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "required": _("Write how many calls one person makes in a day, for instance 20."),
            "invalid": _("Write a whole number of calls, for instance 20."),
            "max_value": _("No one makes so many calls a day. Write 200 at most."),
            "min_value": _("A number of calls is not negative. Write 1 or more."),
        },
    )
