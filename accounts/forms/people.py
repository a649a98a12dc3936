"""Forms of an administrator about people, and of each person about himself."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from accounts.models import Language, Membership, MembershipState, Scope, Theme
from accounts.ports import role_page
from kernel.permissions import Reach

KEEP_MATRIX = "matrix"
REACHES = (
    (KEEP_MATRIX, gettext_lazy("As the role says")),
    ("all", gettext_lazy("All customers of the scope")),
    ("team", gettext_lazy("His own and his team's customers")),
    ("own", gettext_lazy("His own customers")),
)
_BY_WORD = {KEEP_MATRIX: None, "all": Reach.ALL, "team": Reach.TEAM, "own": Reach.OWN}


class ScopeField(forms.ModelChoiceField):  # type: ignore[type-arg]  # cannot be subscripted at run time
    """A node of the scope tree, indented by its depth."""

    def label_from_instance(self, obj: Scope) -> str:
        depth = obj.path.count("/") - 1
        return "\u2003" * depth + obj.name

    def __init__(self, **options: Any) -> None:
        super().__init__(queryset=Scope.objects.none(), empty_label=None, **options)


class GrantForm(forms.Form):
    """A role, where it is held and over which customers."""

    role = forms.ChoiceField(label=gettext_lazy("Role"))
    scope = ScopeField(
        label=gettext_lazy("Where"),
        help_text=gettext_lazy(
            "The role holds for this part of the company and everything below it."
        ),
    )
    reach = forms.ChoiceField(
        label=gettext_lazy("Customers"), choices=REACHES, initial=KEEP_MATRIX, required=False
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        page = role_page()
        self.fields["role"].choices = [(role, page.LABELS[role]) for role in page.COLLEAGUES]  # type: ignore[attr-defined]
        self.fields["scope"].queryset = Scope.objects.order_by("path")  # type: ignore[attr-defined]

    def clean_reach(self) -> Reach | None:
        return _BY_WORD[self.cleaned_data["reach"] or KEEP_MATRIX]


class InviteForm(GrantForm):
    """Whom to invite, with a first role."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        error_messages={
            "required": gettext_lazy("Write the address to invite."),
            "invalid": gettext_lazy("An address looks like name@company.example."),
        },
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=150, required=False)
    field_order = ("email", "name", "role", "scope", "reach")


class ManagerForm(forms.Form):
    """Whose team somebody is in."""

    manager = forms.ModelChoiceField(
        queryset=Membership.objects.none(),
        required=False,
        label=gettext_lazy("Manager"),
        empty_label=gettext_lazy("None"),
    )

    def __init__(self, *args: Any, member: Membership, **options: Any) -> None:
        super().__init__(*args, **options)
        others = Membership.objects.exclude(pk=member.pk).exclude(state=MembershipState.LEFT)
        self.fields["manager"].queryset = others.order_by("name")  # type: ignore[attr-defined]
        self.fields["manager"].initial = member.manager_id


class ProfileForm(forms.Form):
    """How the pages look and speak to one person."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": gettext_lazy("Write your name as colleagues know it.")},
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=Language.choices)
    theme = forms.ChoiceField(label=gettext_lazy("Colours of the pages"), choices=Theme.choices)
    has_shortcuts = forms.BooleanField(
        label=gettext_lazy("Single-key shortcuts"),
        required=False,
        help_text=gettext_lazy(
            "J, K, G then a letter… Switch them off if you dictate or use a screen reader."
        ),
    )
