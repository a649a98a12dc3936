"""Forms of an administrator about the company: settings, scope tree, keys, and the filter of the audit trail."""

from datetime import timedelta
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy

from accounts.forms.people import ScopeField
from accounts.labels import event_label, permission_label
from accounts.models import Language, Membership, MembershipState, Scope, ScopeKind
from accounts.queries.audit_trail import TrailFilter
from accounts.services.tokens import grantable_scopes

DEFAULT_LIFE = timedelta(days=90)


class DayInput(forms.DateInput):
    """A day, typed or picked."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class CompanyForm(forms.Form):
    """What a company says of itself, and how strictly its people sign in."""

    name = forms.CharField(
        label=gettext_lazy("Name of the company"),
        max_length=200,
        error_messages={"required": gettext_lazy("Write the name of your company.")},
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of documents and messages"), choices=Language.choices
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=[(zone, zone) for zone in sorted(available_timezones()) if "/" in zone],
        help_text=gettext_lazy("Says which day it is for due dates and reminders."),
    )
    is_second_factor_required = forms.BooleanField(
        label=gettext_lazy("Ask for a second factor"),
        required=False,
        help_text=gettext_lazy(
            "Administrators, credit managers, cash accountants, directors and whoever may export then need an "
            "authenticator app or a passkey beside the password."
        ),
    )
    second_factor_grace_days = forms.IntegerField(
        label=gettext_lazy("Days to set it up"),
        min_value=0,
        max_value=90,
        help_text=gettext_lazy("Counted from the first role. Afterwards only that page opens."),
    )
    is_solo = forms.BooleanField(
        label=gettext_lazy("Solo mode (rule S14)"),
        required=False,
        help_text=gettext_lazy(
            "For one or two people: one person may hold roles that are normally kept apart, and the audit trail "
            "marks it as “single control”."
        ),
    )


class ScopeForm(forms.Form):
    """A new node of the scope tree."""

    parent = ScopeField(label=gettext_lazy("Below"))
    kind = forms.ChoiceField(
        label=gettext_lazy("Level"),
        choices=[choice for choice in ScopeKind.choices if choice[0] != ScopeKind.GROUP],
    )
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=40,
        help_text=gettext_lazy("Short, without spaces: FR, LYON, KEY-ACCOUNTS."),
        error_messages={"required": gettext_lazy("Write a short code.")},
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=200,
        error_messages={"required": gettext_lazy("Write a name.")},
    )
    currency = forms.CharField(
        label=gettext_lazy("Currency of an entity"), max_length=3, min_length=3, required=False
    )

    def __init__(self, *args: Any, currency: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.default_currency = currency
        self.fields["currency"].initial = currency
        parents = Scope.objects.exclude(kind=ScopeKind.PORTFOLIO).order_by("path")
        self.fields["parent"].queryset = parents  # type: ignore[attr-defined]

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"] or self.default_currency).upper()


class TransferForm(forms.Form):
    """Every portfolio of one part of the company to another."""

    source = ScopeField(label=gettext_lazy("Every portfolio of"))
    target = ScopeField(label=gettext_lazy("goes below"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        nodes = Scope.objects.exclude(kind=ScopeKind.PORTFOLIO).order_by("path")
        self.fields["source"].queryset = nodes  # type: ignore[attr-defined]
        self.fields["target"].queryset = nodes  # type: ignore[attr-defined]


class TokenForm(forms.Form):
    """A new API key."""

    name = forms.CharField(
        label=gettext_lazy("What it is for"),
        max_length=100,
        error_messages={"required": gettext_lazy("Say what the key is for.")},
    )
    owner = forms.ModelChoiceField(
        queryset=Membership.objects.none(),
        empty_label=None,
        label=gettext_lazy("Acts for"),
        help_text=gettext_lazy(
            "The key never has more rights than this person. Somebody else collects its secret from his own profile."
        ),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Rights"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one right.")},
    )
    expires_on = forms.DateField(
        label=gettext_lazy("Last day"),
        widget=DayInput,
        help_text=gettext_lazy("Twelve months at most."),
        error_messages={"required": gettext_lazy("Choose the last day of the key.")},
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        people = Membership.objects.filter(state=MembershipState.ACTIVE).order_by("name")
        self.fields["owner"].queryset = people  # type: ignore[attr-defined]
        self.fields["scopes"].choices = [  # type: ignore[attr-defined]
            (scope, permission_label(scope)) for scope in grantable_scopes()
        ]


class TrailForm(forms.Form):
    """Which events of the audit trail to show; whatever cannot be read shows all."""

    actor = forms.ChoiceField(label=gettext_lazy("Who"), required=False)
    action = forms.ChoiceField(label=gettext_lazy("What"), required=False)
    from_day = forms.DateField(label=gettext_lazy("From"), required=False, widget=DayInput)
    to_day = forms.DateField(label=gettext_lazy("To"), required=False, widget=DayInput)
    only_single_control = forms.BooleanField(
        label=gettext_lazy("Single control only"), required=False
    )

    def __init__(
        self, *args: Any, actors: dict[str, str], actions: list[str], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        everybody, everything = gettext_lazy("Everybody"), gettext_lazy("Everything")
        self.fields["actor"].choices = [("", everybody), *actors.items()]  # type: ignore[attr-defined]
        self.fields["action"].choices = [  # type: ignore[attr-defined]
            ("", everything),
            *((action, event_label(action)) for action in actions),
        ]

    def chosen(self, *, object_id: str = "") -> TrailFilter:
        """Return the filter that was asked for."""
        self.is_valid()
        known = {key: value for key, value in self.cleaned_data.items() if value}
        return TrailFilter(object_id=object_id, **known)
