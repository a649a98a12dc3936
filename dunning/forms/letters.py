"""What people say about letters: the day on which they were posted."""

from django import forms
from django.utils.translation import gettext_lazy as _


class PostingForm(forms.Form):
    """The day on which letters left; the ticked ones, or all."""

    day = forms.DateField(
        label=_("Posted on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
