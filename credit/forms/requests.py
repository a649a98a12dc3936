"""Forms of a request: asking, analysing, deciding, saying something, adding a paper."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Scope
from credit.forms.fields import AmountField, DayField, PercentField, words_field
from credit.models import ExpectedPiece, Outcome, RequestKind
from ledger.models import PaymentTerms

ASKED_BY_PEOPLE = (
    RequestKind.OPENING,
    RequestKind.ADVICE,
    RequestKind.LIMIT,
    RequestKind.TEMPORARY,
)
LONGEST_PEAK = Decimal(10)
REQUIRED_OF_A_COMPANY = {
    "name": gettext_lazy("Name the company that asks for credit."),
    "portfolio": gettext_lazy("Choose the portfolio in which it will be followed."),
}


class RequestForm(forms.Form):
    """What a representative asks for; the customer, when there is one, comes with the address of the page."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What you ask for"),
        choices=[(kind.value, kind.label) for kind in ASKED_BY_PEOPLE],
        widget=forms.RadioSelect,
    )
    name = forms.CharField(label=gettext_lazy("Company"), max_length=250, required=False)
    siren = forms.CharField(
        label="SIREN",
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        help_text=gettext_lazy("Nine digits; the last one checks the others."),
    )
    vat_number = forms.CharField(label=gettext_lazy("VAT number"), max_length=24, required=False)
    country = forms.RegexField(
        r"^[A-Za-z]{2}$",
        label=gettext_lazy("Country"),
        initial="FR",
        help_text=gettext_lazy("Two letters, such as FR or IT."),
    )
    address = words_field(gettext_lazy("Address"), rows=2, required=False, size=500)
    portfolio = forms.ModelChoiceField(
        Scope.objects.none(), label=gettext_lazy("Portfolio"), required=False
    )
    asked_amount = AmountField(label=gettext_lazy("Limit asked for, tax included"))
    currency = forms.RegexField(r"^[A-Za-z]{3}$", label=gettext_lazy("Currency"), initial="EUR")
    asked_terms = forms.ModelChoiceField(
        PaymentTerms.objects.none(), label=gettext_lazy("Payment terms"), required=False
    )
    asked_until = DayField(
        label=gettext_lazy("Until"),
        required=False,
        help_text=gettext_lazy("Needed for a temporary raise."),
    )
    expected_sales = AmountField(
        label=gettext_lazy("Expected sales of a year, without tax"), required=False
    )
    peak_factor = forms.DecimalField(
        label=gettext_lazy("Peak over an average month"),
        required=False,
        min_value=Decimal("0.1"),
        max_value=LONGEST_PEAK,
        decimal_places=2,
        localize=True,
        help_text=gettext_lazy("1.4: the strongest month buys 40 % more than the average."),
    )
    margin_rate = PercentField(label=gettext_lazy("Margin"), required=False)
    quote_amount = AmountField(label=gettext_lazy("Signed quote"), required=False)
    first_delivery_date = DayField(label=gettext_lazy("First delivery wished on"), required=False)
    deposit_share = PercentField(label=gettext_lazy("Deposit"), required=False)
    guarantees = forms.CharField(
        label=gettext_lazy("Guarantees offered"), max_length=300, required=False
    )
    guarantee_amount = AmountField(label=gettext_lazy("Their amount"), required=False)
    customer_code = forms.CharField(
        label=gettext_lazy("Code of the account"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Empty: the next one of the series."),
    )
    words = words_field(gettext_lazy("Why, in your words"))
    is_other_account = forms.BooleanField(
        label=gettext_lazy("This is another account: open it all the same"), required=False
    )

    def __init__(
        self,
        data: Any = None,  # noqa: ANN401  Django's own shapes
        *,
        portfolios: QuerySet[Scope],
        has_customer: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(data, **options)
        self.has_customer = has_customer
        self._field("portfolio").queryset = portfolios
        self._field("asked_terms").queryset = PaymentTerms.objects.all()
        if has_customer:
            for name in (
                "name",
                "siren",
                "vat_number",
                "country",
                "address",
                "portfolio",
                "customer_code",
            ):
                del self.fields[name]
            self.fields["kind"].choices = [  # type: ignore[attr-defined]
                (kind.value, kind.label)
                for kind in ASKED_BY_PEOPLE
                if kind is not RequestKind.OPENING
            ]
        else:
            for name, sentence in REQUIRED_OF_A_COMPANY.items():
                self.fields[name].required = True
                self.fields[name].error_messages["required"] = sentence
            self.fields["kind"].choices = [  # type: ignore[attr-defined]
                (kind.value, kind.label) for kind in (RequestKind.OPENING, RequestKind.ADVICE)
            ]

    def _field(self, name: str) -> Any:  # noqa: ANN401  the class of a field's own attributes
        return self.fields[name]

    def clean(self) -> dict[str, Any]:
        """Ask for what the kind of request needs."""
        typed: dict[str, Any] = super().clean() or {}
        if typed.get("kind") == RequestKind.TEMPORARY and not typed.get("asked_until"):
            self.add_error("asked_until", _("A temporary raise has a last day: say until when."))
        return typed


class QuickRaiseForm(forms.Form):
    """A temporary raise from the customer's page, in two clicks."""

    more = AmountField(label=gettext_lazy("How much more"))
    until = DayField(label=gettext_lazy("Until"))
    words = words_field(gettext_lazy("Why"), rows=2, size=500)


class CompletenessForm(forms.Form):
    """The file is complete, or why it is without what is missing."""

    words = words_field(gettext_lazy("Why it is complete as it is"), rows=2, required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput)


class AnalysisForm(forms.Form):
    """What the analyst advises."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("Advice"),
        choices=[(one.value, one.label) for one in (Outcome.FAVOURABLE, Outcome.UNFAVOURABLE)],
        widget=forms.RadioSelect,
    )
    amount = AmountField(label=gettext_lazy("Limit advised"), required=False)
    terms = forms.ModelChoiceField(
        PaymentTerms.objects.none(), label=gettext_lazy("Payment terms"), required=False
    )
    insured = AmountField(label=gettext_lazy("Covered by the insurer"), required=False)
    insured_quota = PercentField(
        label=gettext_lazy("Part of a loss the insurer pays"), required=False
    )
    insured_on = DayField(label=gettext_lazy("Agreement of"), required=False)
    words = words_field(gettext_lazy("Opinion"))
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, **options: Any) -> None:  # noqa: ANN401
        super().__init__(data, **options)
        terms: Any = self.fields["terms"]
        terms.queryset = PaymentTerms.objects.all()


class DecisionForm(forms.Form):
    """What is decided; amounts are taken for a grant with conditions only."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("Decision"),
        choices=[
            (one.value, one.label) for one in (Outcome.AS_ASKED, Outcome.CONDITIONS, Outcome.REFUSE)
        ],
        widget=forms.RadioSelect,
    )
    amount = AmountField(label=pgettext_lazy("credit", "Limit"), required=False)
    until = DayField(label=gettext_lazy("Valid until"), required=False)
    terms = forms.ModelChoiceField(
        PaymentTerms.objects.none(), label=gettext_lazy("Payment terms"), required=False
    )
    review_date = DayField(label=gettext_lazy("To be reviewed on"), required=False)
    conditions = forms.CharField(label=gettext_lazy("Conditions"), max_length=500, required=False)
    words = words_field(gettext_lazy("Reason, shared with the representative"), required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, **options: Any) -> None:  # noqa: ANN401
        super().__init__(data, **options)
        terms: Any = self.fields["terms"]
        terms.queryset = PaymentTerms.objects.all()


class MessageForm(forms.Form):
    """Something said in the thread."""

    words = words_field(gettext_lazy("Message"), rows=3)


class PaperForm(forms.Form):
    """A paper for the file."""

    piece = forms.ModelChoiceField(
        ExpectedPiece.objects.none(),
        label=gettext_lazy("What it is"),
        required=False,
        empty_label=gettext_lazy("Another paper"),
    )
    file = forms.FileField(label=gettext_lazy("File"), max_length=250, allow_empty_file=True)

    def __init__(
        self,
        data: Any = None,  # noqa: ANN401
        files: Any = None,  # noqa: ANN401
        *,
        pieces: Iterable[ExpectedPiece] = (),
    ) -> None:
        super().__init__(data, files)
        piece: Any = self.fields["piece"]
        piece.queryset = ExpectedPiece.objects.filter(pk__in=[one.pk for one in pieces])
