"""Forms of visitors: signing up and accepting an invitation."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.services.sign_up import OFFERED_ROLES

_WORDS = {
    "credit_manager": gettext_lazy("Credit manager: risk and reminders"),
    "collector": gettext_lazy("Collection: calls and e-mails"),
    "executive": gettext_lazy("Finance director: steering"),
    "sales_rep": gettext_lazy("Sales: new customers, disputes"),
}


def password_field() -> forms.CharField:
    """Return the field of a new password: managers and pasting work, and a sentence is enough."""
    return forms.CharField(
        label=gettext_lazy("Password"),
        help_text=gettext_lazy("12 characters or more. A sentence is enough."),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": gettext_lazy("Choose a password.")},
    )


class CompanyFields(forms.Form):
    """What is asked of every new company."""

    company = forms.CharField(
        label=gettext_lazy("Company"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
        error_messages={"required": gettext_lazy("Write the name of your company.")},
    )
    role = forms.ChoiceField(
        label=gettext_lazy("You are rather"),
        widget=forms.RadioSelect,
        choices=[(role, _WORDS[role]) for role in OFFERED_ROLES],
        initial=OFFERED_ROLES[0],
        error_messages={
            "required": gettext_lazy("Say what you do, so that the right page opens first.")
        },
    )
    is_solo = forms.BooleanField(
        label=gettext_lazy("I start alone (solo mode)"),
        required=False,
        initial=True,
        help_text=gettext_lazy(
            "Money normally needs two people. Alone, you hold the rights of administrator and credit manager beside "
            "your own, and the audit trail marks what you decide alone as “single control”. "
            "You can end this under Administration as soon as a colleague joins."
        ),
    )
    has_sample_data = forms.BooleanField(
        label=gettext_lazy("Begin with sample data"),
        required=False,
        help_text=gettext_lazy(
            "Invented customers and invoices, to look around before importing yours."
        ),
    )

    def __init__(self, *args: Any, offers_sample_data: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        if not offers_sample_data:
            del self.fields["has_sample_data"]


class SignUpForm(CompanyFields):
    """Five fields and the role, for a person without an account."""

    first_name = forms.CharField(
        label=gettext_lazy("First name"),
        max_length=70,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
        error_messages={"required": gettext_lazy("Write your first name.")},
    )
    last_name = forms.CharField(
        label=gettext_lazy("Last name"),
        max_length=70,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
        error_messages={"required": gettext_lazy("Write your last name.")},
    )
    email = forms.EmailField(
        label=gettext_lazy("Work e-mail"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": gettext_lazy("Write your e-mail address."),
            "invalid": gettext_lazy("An address looks like name@company.example."),
        },
    )
    password = password_field()
    field_order = ("company", "first_name", "last_name", "email", "password", "role", "is_solo")

    def clean_email(self) -> str:
        """Refuse an address that already has an account: its owner signs in and opens the company there."""
        email = str(self.cleaned_data["email"]).lower()
        if User.objects.filter(email=email).exists():
            raise ValidationError(
                _(
                    "%(email)s already has an account. Sign in, then open the company from your profile."
                )
                % {"email": email}
            )
        return email

    def clean(self) -> dict[str, Any]:
        """Refuse a weak password, or one made of the person's own name."""
        cleaned = super().clean() or {}
        _check_password(self, cleaned)
        return cleaned

    @property
    def name(self) -> str:
        """Return the person's whole name."""
        return f"{self.cleaned_data['first_name']} {self.cleaned_data['last_name']}".strip()


class AcceptForm(forms.Form):
    """Name and first password of an invited person."""

    name = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": gettext_lazy("Write your name as colleagues know it.")},
    )
    password = password_field()

    def __init__(self, *args: Any, email: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.email = email

    def clean(self) -> dict[str, Any]:
        """Refuse a weak password, or one made of the person's own name."""
        cleaned = super().clean() or {}
        _check_password(self, {**cleaned, "email": self.email})
        return cleaned


def _check_password(form: forms.Form, cleaned: dict[str, Any]) -> None:
    password = cleaned.get("password")
    if not password:
        return
    person = User(
        email=cleaned.get("email", ""),
        name=cleaned.get("name") or cleaned.get("last_name", ""),
    )
    try:
        validate_password(password, person)
    except ValidationError as fault:
        form.add_error("password", fault)
