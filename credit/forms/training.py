"""Forms of lessons, hours and trainings."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Membership, MembershipState
from credit.forms.fields import DayField, PercentField, words_field
from credit.models import TimeKind


class LessonTextForm(forms.Form):
    """The words of a lesson."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=120)
    body = words_field(gettext_lazy("Text"), rows=10, size=3000)


class TimeForm(forms.Form):
    """Time spent."""

    kind = forms.ChoiceField(label=pgettext_lazy("hours", "Kind"), choices=TimeKind.choices)
    day = DayField(label=gettext_lazy("Day"))
    minutes = forms.IntegerField(label=gettext_lazy("Minutes"), min_value=1, max_value=960)
    words = forms.CharField(label=gettext_lazy("What it was about"), max_length=200, required=False)


class TrainingForm(forms.Form):
    """A training for the calendar."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=120)
    day = DayField(label=gettext_lazy("Day"))
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes"), min_value=5, max_value=960, initial=45
    )
    participants = forms.ModelMultipleChoiceField(
        Membership.objects.none(),
        label=gettext_lazy("Who is to come"),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, data: Any = None, **options: Any) -> None:  # noqa: ANN401
        super().__init__(data, **options)
        people: Any = self.fields["participants"]
        people.queryset = Membership.objects.filter(
            state=MembershipState.ACTIVE, user__isnull=False
        ).order_by("name")


class TargetForm(forms.Form):
    """Which part of the hours is to be training."""

    share = PercentField(label=gettext_lazy("Target"))


def usual_time(today: date) -> dict[str, Any]:
    """Return what the form of an entry begins with."""
    return {"day": today, "kind": TimeKind.TRAINING.value, "minutes": 30}
