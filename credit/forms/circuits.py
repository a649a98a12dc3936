"""Forms of circuits and of who may do what in them."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Membership, MembershipState
from accounts.ports import role_page
from credit.forms.fields import AmountField, DayField, PercentField
from credit.models import CircuitStep, RequestKind, StepKind

GRADES = "ABCDE"
LONGEST_LIST = 200


def colleagues() -> Any:  # noqa: ANN401  a QuerySet, as a field takes it
    """Return the people who work here."""
    return Membership.objects.filter(state=MembershipState.ACTIVE, user__isnull=False)


class CodesField(forms.CharField):
    """A few codes, separated by commas or blanks."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=LONGEST_LIST, required=False, **options)

    def clean(self, value: object) -> tuple[str, ...]:
        """Return the codes, in capitals."""
        text = super().clean(value)
        return tuple(word.upper() for word in text.replace(",", " ").replace(";", " ").split())

    def prepare_value(self, value: object) -> object:
        """Return stored codes as they would be typed."""
        return ", ".join(value) if isinstance(value, (list, tuple)) else value


class NewCircuitForm(forms.Form):
    """A new circuit: for which requests it is."""

    name = forms.CharField(label=gettext_lazy("Name of the circuit"), max_length=120)
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("For these requests; none ticked: all"),
        choices=RequestKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    countries = CodesField(
        label=gettext_lazy("Countries"), help_text=gettext_lazy("FR, IT; empty: all")
    )
    entities = CodesField(
        label=gettext_lazy("Codes of our entities"), help_text=gettext_lazy("Empty: all")
    )


class StepForm(forms.Form):
    """One step of a draft."""

    number = forms.IntegerField(
        label=pgettext_lazy("credit step", "Number"),
        min_value=1,
        max_value=20,
        help_text=gettext_lazy("Steps of the same number run side by side."),
    )
    kind = forms.ChoiceField(
        label=pgettext_lazy("credit step", "What it is for"),
        choices=[(kind.value, kind.label) for kind in StepKind if kind is not StepKind.ARBITRATION],
    )
    label = forms.CharField(
        label=pgettext_lazy("credit step", "Its own name"), max_length=80, required=False
    )
    role = forms.ChoiceField(label=gettext_lazy("Role that takes it"), required=False)
    person = forms.ModelChoiceField(
        Membership.objects.none(), label=gettext_lazy("Or one person"), required=False
    )
    substitute = forms.ModelChoiceField(
        Membership.objects.none(), label=gettext_lazy("Substitute"), required=False
    )
    escalates_to = forms.ModelChoiceField(
        Membership.objects.none(),
        label=gettext_lazy("When late, or without consensus, passed on to"),
        required=False,
    )
    above = AmountField(label=gettext_lazy("Only above"), required=False)
    up_to = AmountField(label=gettext_lazy("Only up to"), required=False)
    currency = forms.RegexField(r"^[A-Z]{3}$", label=gettext_lazy("Currency"), initial="EUR")
    grades = forms.MultipleChoiceField(
        label=gettext_lazy("Only these grades"),
        choices=[(grade, grade) for grade in GRADES],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    countries = CodesField(label=gettext_lazy("Only these countries"))
    entities = CodesField(label=gettext_lazy("Only these entities"))
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Only these requests"),
        choices=RequestKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    deadline_hours = forms.IntegerField(
        label=gettext_lazy("Deadline, in working hours"), min_value=1, max_value=999, initial=9
    )
    reminder_hours = forms.IntegerField(
        label=gettext_lazy("Reminder so many hours before"), min_value=0, max_value=998, initial=3
    )

    def __init__(
        self,
        data: Any = None,  # noqa: ANN401
        *,
        step: CircuitStep | None = None,
        currency: str = "EUR",
    ) -> None:
        initial = (
            {name: getattr(step, name) for name in self.base_fields if name not in _PEOPLE}
            | {name: getattr(step, f"{name}_id") for name in _PEOPLE}
            if step
            else {"currency": currency}
        )
        super().__init__(data, initial=initial)
        role: Any = self.fields["role"]
        page = role_page()
        role.choices = [("", "—"), *((code, page.LABELS[code]) for code in page.COLLEAGUES)]
        for name in _PEOPLE:
            field: Any = self.fields[name]
            field.queryset = colleagues()


_PEOPLE = ("person", "substitute", "escalates_to")


class CeilingForm(forms.Form):
    """Up to which amount a colleague grants alone."""

    member = forms.ModelChoiceField(Membership.objects.none(), label=gettext_lazy("Colleague"))
    kind = forms.ChoiceField(
        label=gettext_lazy("For"),
        choices=[("", gettext_lazy("Every kind of request")), *RequestKind.choices],
        required=False,
    )
    amount = AmountField(label=gettext_lazy("Up to, tax included"))
    currency = forms.RegexField(r"^[A-Z]{3}$", label=gettext_lazy("Currency"), initial="EUR")

    def __init__(self, data: Any = None, **options: Any) -> None:  # noqa: ANN401
        super().__init__(data, **options)
        member: Any = self.fields["member"]
        member.queryset = colleagues()


class DelegationForm(forms.Form):
    """Whose steps a colleague takes, and until when."""

    delegator = forms.ModelChoiceField(
        Membership.objects.none(), label=gettext_lazy("Whose steps"), required=False
    )
    delegate = forms.ModelChoiceField(Membership.objects.none(), label=gettext_lazy("Taken by"))
    starts_on = DayField(label=pgettext_lazy("delegation", "From"))
    ends_on = DayField(label=gettext_lazy("Until, included"))
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=250)

    def __init__(self, data: Any = None, **options: Any) -> None:  # noqa: ANN401
        super().__init__(data, **options)
        for name in ("delegator", "delegate"):
            field: Any = self.fields[name]
            field.queryset = colleagues()


class CountryForm(forms.Form):
    """Which country a colleague knows."""

    member = forms.ModelChoiceField(Membership.objects.none(), label=gettext_lazy("Colleague"))
    country = forms.RegexField(r"^[A-Za-z]{2}$", label=gettext_lazy("Country"))

    def __init__(self, data: Any = None, **options: Any) -> None:  # noqa: ANN401
        super().__init__(data, **options)
        member: Any = self.fields["member"]
        member.queryset = colleagues()


class SettingsForm(forms.Form):
    """How requests are handled here."""

    day_starts = forms.TimeField(
        label=gettext_lazy("Working day from"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    day_ends = forms.TimeField(
        label=pgettext_lazy("working day", "to"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    lapse_days = forms.IntegerField(
        label=gettext_lazy("A question unanswered ends the request after, in days"),
        min_value=1,
        max_value=365,
    )
    review_months = forms.IntegerField(
        label=gettext_lazy("Limits are reviewed after, in months"), min_value=1, max_value=60
    )
    code_prefix = forms.RegexField(
        r"^[A-Za-z0-9-]{0,10}$",
        label=gettext_lazy("Codes of new accounts begin with"),
        required=False,
    )
    vat_rate = PercentField(label=gettext_lazy("VAT rate of the calculated need"))
    export_url = forms.URLField(
        label=gettext_lazy("Address called for opened accounts"),
        required=False,
        max_length=300,
        assume_scheme="https",
        help_text=gettext_lazy("https only; empty: no call leaves, the file is downloaded."),
    )
    has_new_key = forms.BooleanField(
        label=gettext_lazy("Make a new signing key; the one before still signs beside it"),
        required=False,
    )
