"""Forms of the legal pages; each becomes one call of a service."""

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from dunning.models import AgencyMandate, AgencyReportKind, HandOverTarget, LegalDeadline, Procedure
from dunning.rules.legal_clock import DeadlineKind
from kernel import formats
from kernel.errors import Refused
from ledger.rules.reference import ECB, LEGAL_INTEREST

HUNDRED = Decimal(100)


class EntryRefused(Refused):
    """What was typed cannot be read."""

    code: ClassVar[str] = "entry_refused"


def cleaned(form: forms.Form) -> dict[str, Any]:
    """Return what was typed, as values. Raises EntryRefused naming each field and what it wants."""
    if form.is_valid():
        return dict(form.cleaned_data)
    words = [
        f"{form[name].label}: {' '.join(map(str, errors))}" if name != "__all__" else str(errors[0])
        for name, errors in form.errors.items()
    ]
    raise EntryRefused(" ".join(words), fields=sorted(form.errors))


class DayInput(forms.DateInput):
    """A day, picked or typed."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class AmountField(forms.CharField):
    """An amount as people write it: `1 234,50`, `12k`."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 40)
        super().__init__(**options)
        self.widget.attrs["inputmode"] = "decimal"

    def clean(self, value: Any) -> Any:  # noqa: ANN401  Django's own signature
        """Return the Decimal that was meant, None when nothing was typed."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return formats.parse_amount(text, get_language() or "en")
        except Refused as refused:
            raise forms.ValidationError(refused.message) from refused


class PercentField(AmountField):
    """A percentage as people write it; the value is a fraction."""

    def clean(self, value: Any) -> Any:  # noqa: ANN401  Django's own signature
        """Return the fraction that was meant, None when nothing was typed."""
        text = str(value or "").replace("%", "").strip()
        number = super().clean(text)
        return None if number is None else number / HUNDRED


def _words(label: Any, *, rows: int = 2, required: bool = True, size: int = 500) -> Any:  # noqa: ANN401
    return forms.CharField(
        label=label,
        max_length=size,
        required=required,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


class WaiverForm(forms.Form):
    """How much of a penalty is given up, and why."""

    interest = AmountField(label=_("Interest given up"), required=False)
    fixed_charge = AmountField(label=_("Fixed charge given up"), required=False)
    reason = _words(_("Why it is given up"), size=300)


class WaiverLimitForm(forms.Form):
    """Up to how much of penalties one person gives up alone."""

    amount = AmountField(label=_("One person alone up to"))
    valid_from = forms.DateField(label=_("In force from"), widget=DayInput())


class ClaimPaymentForm(forms.Form):
    """Money received for penalties."""

    amount = AmountField(label=_("Amount received"))
    day = forms.DateField(label=_("Value date"), widget=DayInput())
    reference = forms.CharField(label=_("Reference on the statement"), max_length=120)


class ContractRateForm(forms.Form):
    """The yearly rate a customer agreed to."""

    valid_from = forms.DateField(label=_("For invoices issued from"), widget=DayInput())
    rate = PercentField(label=_("Yearly rate"), help_text=_("In per cent, such as 12.15."))
    source = forms.CharField(label=_("Where it is agreed"), max_length=200)


class EnteredRateForm(forms.Form):
    """A half-year's rate that was published after the product."""

    kind = forms.ChoiceField(
        label=_("Rate"),
        choices=[
            (LEGAL_INTEREST, _("Legal interest rate, professionals")),
            (ECB, _("European Central Bank, main refinancing")),
        ],
    )
    half_year = forms.RegexField(
        label=_("Half-year"),
        regex=r"^20\d\d ?[HS][12]$",
        help_text=_("Such as 2026 H2."),
        error_messages={"invalid": _("Write it like 2026 H2.")},
    )
    rate = PercentField(label=_("Yearly rate"), help_text=_("In per cent, such as 12.15."))
    source = forms.CharField(
        label=_("Source"),
        max_length=200,
        help_text=_("The order or the official page it stands in."),
    )


class HandOverForm(forms.Form):
    """Which lines go out of the house, to whom, and why."""

    target = forms.ChoiceField(label=_("To"), choices=HandOverTarget.choices)
    recipient = forms.CharField(
        label=_("Lawyer or court"),
        max_length=200,
        required=False,
        help_text=_("An agency is named by its mandate."),
    )
    mandate = forms.ModelChoiceField(
        label=_("Mandate"), queryset=AgencyMandate.objects.none(), required=False
    )
    reason = _words(_("Why"))

    def __init__(self, *args: Any, mandates: Any = None, **more: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **more)
        if mandates is not None:
            self.fields["mandate"].queryset = mandates  # type: ignore[attr-defined]


class InsolvencyForm(forms.Form):
    """A judgment a person heard of."""

    procedure = forms.ChoiceField(label=_("Procedure"), choices=Procedure.choices)
    judgment_date = forms.DateField(label=_("Day of the judgment"), widget=DayInput())
    published_date = forms.DateField(
        label=_("Published in the BODACC on"), widget=DayInput(), required=False
    )
    court = forms.CharField(label=_("Court"), max_length=150, required=False)


class DeadlineForm(forms.Form):
    """A deadline entered by hand."""

    kind = forms.ChoiceField(
        label=_("Deadline"),
        choices=[
            choice
            for choice in LegalDeadline._meta.get_field("kind").choices or ()
            if choice[0] != DeadlineKind.INSURER_MAXIMUM.value
        ],
    )
    variant = forms.ChoiceField(
        label=_("Case"),
        required=False,
        choices=[
            ("", _("Ordinary")),
            ("consumer", _("Consumer (prescription)")),
            ("transport", _("Transport (prescription)")),
            ("abroad", _("Creditor abroad (filing)")),
        ],
    )
    start_date = forms.DateField(label=_("Runs from"), widget=DayInput())
    label = forms.CharField(
        label=_("About"), max_length=120, help_text=_("The number of the order, invoice or notice.")
    )
    due_date = forms.DateField(
        label=_("Last day"),
        widget=DayInput(),
        required=False,
        help_text=_("Empty: counted from the tables."),
    )
    source = forms.CharField(
        label=_("Source"), max_length=200, required=False, help_text=_("For a day entered by hand.")
    )


class ProofForm(forms.Form):
    """That a right was used, and how one can show it."""

    day = forms.DateField(label=_("Done on"), widget=DayInput())
    proof = forms.CharField(
        label=_("Proof"), max_length=300, help_text=_("Registered number, receipt, filing.")
    )


class MandateForm(forms.Form):
    """A signed mandate of a collection agency."""

    number = forms.CharField(label=_("Number of the mandate"), max_length=40)
    agency_name = forms.CharField(label=_("Agency"), max_length=200)
    agency_address = _words(_("Address of the agency"), rows=3)
    membership = forms.ModelChoiceField(
        label=_("Signs in for the agency"), queryset=Membership.objects.none()
    )
    signed_date = forms.DateField(label=_("Signed on"), widget=DayInput())
    from_date = forms.DateField(label=_("In force from"), widget=DayInput())
    until_date = forms.DateField(label=_("In force until"), widget=DayInput(), required=False)
    scope_words = _words(_("Debts it covers"))
    fee_rate = PercentField(label=_("Fee, per cent of what is recovered"))
    insurance = forms.CharField(label=_("Liability insurance"), max_length=200)
    iban = forms.CharField(label=_("Account for what it collects (IBAN)"), max_length=42)

    def __init__(self, *args: Any, members: Any = None, **more: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **more)
        if members is not None:
            self.fields["membership"].queryset = members  # type: ignore[attr-defined]

    def clean_fee_rate(self) -> Decimal:
        """Return the fee as a fraction below one."""
        rate: Decimal = self.cleaned_data["fee_rate"]
        if not 0 <= rate < 1:
            raise forms.ValidationError(_("A fee lies between 0 and 100 per cent."))
        return rate


class ReportForm(forms.Form):
    """What an agency tells about a file."""

    kind = forms.ChoiceField(label=_("What"), choices=AgencyReportKind.choices)
    day = forms.DateField(
        label=_("Day"), widget=DayInput(), help_text=_("For a promise, the day promised.")
    )
    amount = AmountField(label=_("Amount"), required=False)
    reference = forms.CharField(label=_("Reference of the payment"), max_length=120, required=False)
    words = _words(_("In words"), required=False, size=2000)
