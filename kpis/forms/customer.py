"""Forms on a customer's page."""

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import Language, Membership, MembershipState
from disputes.models import DisputeOutcome, DisputeType
from dunning.models import Scenario
from kernel import formats
from kernel.errors import Refused
from kernel.money import Money
from kpis.services import NOTE_LENGTH
from ledger.models import ContactRole, Customer, DueLine, PaymentTerms, RiskClass


class NoteForm(forms.Form):
    """What happened, or what was agreed."""

    words = forms.CharField(
        label=_("Note"),
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write what happened or what was agreed.")},
    )


class ContactForm(forms.Form):
    """A person at the customer."""

    name = forms.CharField(label=_("Name"), max_length=150, required=False)
    email = forms.CharField(label=_("E-mail address"), max_length=254, required=False)
    phone = forms.CharField(label=_("Telephone"), max_length=40, required=False)
    role = forms.ChoiceField(label=_("Role"), choices=ContactRole.choices)
    language = forms.ChoiceField(
        label=_("Language"),
        choices=[("", _("The customer's")), *Language.choices],
        required=False,
    )
    is_primary = forms.BooleanField(
        label=_("Receives the reminders"),
        required=False,
        help_text=_("One person per customer does."),
    )


class TermsForm(forms.Form):
    """Other payment terms."""

    terms = forms.ModelChoiceField(
        label=_("Payment terms"),
        queryset=PaymentTerms.objects.none(),
        help_text=_("Documents already issued keep their due dates."),
        error_messages={"required": _("Choose the payment terms that were agreed.")},
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["terms"].queryset = PaymentTerms.objects.all()  # type: ignore[attr-defined]


class ClassificationForm(forms.Form):
    """What kind of customer it is, and how far it can be trusted."""

    risk_class = forms.ChoiceField(
        label=_("Risk class"), choices=[("", _("Not judged")), *RiskClass.choices], required=False
    )
    is_vip = forms.BooleanField(
        label=_("Key account"),
        required=False,
        help_text=_("Nothing leaves to a key account without a person's word."),
    )
    is_public_buyer = forms.BooleanField(label=_("Public buyer"), required=False)


class ScenarioForm(forms.Form):
    """Another scenario than the rules say, for a time."""

    scenario = forms.ModelChoiceField(
        label=_("Scenario"),
        queryset=Scenario.objects.none(),
        error_messages={"required": _("Choose the scenario this customer follows.")},
    )
    until = forms.DateField(
        label=_("Until"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("At most a year; then the rules decide again."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=250)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        published = Scenario.objects.filter(is_archived=False, versions__is_draft=False)
        self.fields["scenario"].queryset = published.distinct()  # type: ignore[attr-defined]


class OwnersForm(forms.Form):
    """Who sells to, chases and judges the customer."""

    sales_rep = forms.ModelChoiceField(
        label=_("Sales representative"), queryset=Membership.objects.none(), required=False
    )
    collector = forms.ModelChoiceField(
        label=_("Collector"), queryset=Membership.objects.none(), required=False
    )
    risk_owner = forms.ModelChoiceField(
        label=_("Risk owner"), queryset=Membership.objects.none(), required=False
    )

    def __init__(self, *args: Any, customer: Customer, **more: Any) -> None:
        seats = {name: getattr(customer, f"{name}_id") for name in self.base_fields}
        more["initial"] = seats
        super().__init__(*args, **more)
        # Somebody who left keeps the seats he has until another is named.
        people = Membership.objects.filter(
            ~Q(state=MembershipState.LEFT) | Q(pk__in=[pk for pk in seats.values() if pk])
        )
        for field in self.fields.values():
            field.queryset = people.order_by("name")  # type: ignore[attr-defined]
            field.empty_label = _("Nobody")  # type: ignore[attr-defined]


class LineChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic when it runs
    """A due line, by its document, its due date and what it owes."""

    def label_from_instance(self, obj: DueLine) -> str:
        """Return how a line reads in the list."""
        return item_words(obj)


def item_words(line: DueLine) -> str:
    """Return a due line as lists of choices name it: its document, its due date and what it owes."""
    language = get_language() or "en"
    owed = formats.money(Money(line.open_amount, line.currency), language)
    return f"{line.document.number} · {formats.day(line.due_date, language)} · {owed}"


class LineScenarioForm(ScenarioForm):
    """Another scenario than the customer's, for one item and a time."""

    line = LineChoice(
        label=_("Item"),
        queryset=DueLine.objects.none(),
        error_messages={
            "required": _("Choose the item that follows another scenario."),
            "invalid_choice": _("This item owes nothing any more. Choose another one."),
        },
    )
    field_order = ("line", "scenario", "until", "reason")

    def __init__(self, *args: Any, lines: "QuerySet[DueLine]", **more: Any) -> None:
        more.setdefault("auto_id", "id_line_%s")  # the form of the customer stands on the same page
        super().__init__(*args, **more)
        self.fields["line"].queryset = lines  # type: ignore[attr-defined]
        self.fields["scenario"].error_messages["required"] = _(
            "Choose the scenario this item follows."
        )
        self.fields["until"].help_text = _(
            "At most a year; then it follows its customer's scenario again."
        )


class DisputeForm(forms.Form):
    """A part of a due line that the customer contests."""

    line = LineChoice(
        label=_("Item"),
        queryset=DueLine.objects.none(),
        error_messages={
            "required": _("Choose the item that is contested."),
            "invalid_choice": _("This item owes nothing any more. Choose another one."),
        },
    )
    amount = forms.CharField(
        label=_("Contested amount"),
        max_length=40,
        help_text=_("Tax included, in the currency of the item."),
        error_messages={"required": _("Write the amount that is contested.")},
    )
    type = forms.ChoiceField(label=_("Cause"), choices=DisputeType.choices)
    reason = forms.CharField(
        label=_("What the customer says"),
        max_length=250,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, lines: "QuerySet[DueLine]", **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["line"].queryset = lines  # type: ignore[attr-defined]

    def clean_amount(self) -> Decimal:
        """Return the amount as it was meant: `1 234,50`, `12k`."""
        try:
            return formats.parse_amount(self.cleaned_data["amount"], get_language() or "en")
        except Refused as refused:
            raise forms.ValidationError(refused.message) from refused


class DecisionForm(forms.Form):
    """How a dispute ended."""

    outcome = forms.ChoiceField(label=_("Decision"), choices=DisputeOutcome.decisions())
    words = forms.CharField(
        label=_("Why"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
