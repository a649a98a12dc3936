"""Forms of insurance: a policy, an insurer's file and its columns, what the insurer is told, a source's money."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from credit.forms.fields import AmountField, DayField, PercentField
from credit.insurance_words import field_label
from credit.models import STOP_RULES, DeclarationKind, InsurerPolicy, PremiumBase, StopAnswer
from credit.rules.covers import Field


class PolicyForm(forms.Form):
    """The parameters of a policy (DOMAIN 4.9)."""

    insurer = forms.CharField(label=_("Insurer"), max_length=120)
    number = forms.CharField(label=_("Number of the policy"), max_length=60)
    valid_from = DayField(label=_("In force from"))
    valid_until = DayField(label=_("Until, included"), required=False)
    currency = forms.RegexField(r"^[A-Z]{3}$", label=_("Currency"), initial="EUR")
    other_currencies = forms.RegexField(
        r"^[A-Z]{3}( [A-Z]{3})*$",
        label=_("Other currencies of covers"),
        required=False,
        help_text=_("Codes with blanks between: USD GBP."),
    )
    insured_share = PercentField(label=_("Insured share"))
    blind_limit = AmountField(
        label=_("Blind cover"),
        required=False,
        help_text=_("Without a request to the insurer; empty: none."),
    )
    deductible = AmountField(label=_("Deductible"), required=False)
    threshold = AmountField(label=_("Declared from an invoice of"), required=False)
    domestic_days = forms.IntegerField(
        label=_("Maximum credit period in the country, days"),
        min_value=1,
        max_value=720,
        initial=120,
    )
    export_days = forms.IntegerField(
        label=_("Maximum credit period abroad, days"), min_value=1, max_value=720, initial=180
    )
    extension_days = forms.IntegerField(
        label=_("Longest extension, days"), min_value=0, max_value=365, initial=60
    )
    declaration_days = forms.IntegerField(
        label=_("Days to declare after it"), min_value=1, max_value=365, initial=30
    )
    intervention_days = forms.IntegerField(
        label=_("Days to ask for intervention"), min_value=0, max_value=365, initial=60
    )
    stop_rule = forms.ChoiceField(label=_("Later deliveries lose cover when"), choices=STOP_RULES)
    stop_answer = forms.ChoiceField(
        label=_("An order is then answered"), choices=StopAnswer.choices
    )
    premium_base = forms.ChoiceField(label=_("Premium on"), choices=PremiumBase.choices)
    premium_rate = PercentField(label=_("Premium rate"), required=False)

    def clean(self) -> dict[str, Any]:
        """Return the values with nothing where an amount or a rate was left out."""
        typed = super().clean() or {}
        for name in ("blind_limit", "deductible", "threshold", "premium_rate"):
            if name in typed and typed[name] is None:
                typed[name] = 0
        return typed


class CoverFileForm(forms.Form):
    """An insurer's file, for a policy in force."""

    policy = forms.ModelChoiceField(
        InsurerPolicy.objects.none(), label=_("Policy"), empty_label=None
    )
    file = forms.FileField(label=_("File of the insurer"), help_text=_("CSV or XLSX, up to 20 MB."))

    def __init__(self, *args: Any, policies: Iterable[InsurerPolicy] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        idents = [one.pk for one in policies]
        self.fields["policy"].queryset = InsurerPolicy.objects.filter(pk__in=idents)  # type: ignore[attr-defined]


class ColumnsForm(forms.Form):
    """Which column of a file holds what."""

    def __init__(self, *args: Any, headers: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [("", "—"), *((one, one) for one in headers if one)]
        for name in Field:
            self.fields[name.value] = forms.ChoiceField(
                label=field_label(name.value), choices=choices, required=False
            )


class DeclareForm(forms.Form):
    """Tell the insurer about chosen invoices."""

    kind = forms.ChoiceField(label=_("What to tell"), choices=DeclarationKind.choices)


class SourceForm(forms.Form):
    """How a source is used and paid."""

    is_on = forms.BooleanField(label=_("Ask this source"), required=False)
    price = AmountField(label=_("Price of a look-up"))
    monthly_budget = AmountField(label=_("Budget of a month"))
    currency = forms.RegexField(r"^[A-Z]{3}$", label=_("Currency"), initial="EUR")
    kept_days = forms.IntegerField(
        label=_("Use an answer again for, days"), min_value=0, max_value=365, initial=30
    )


class LookUpForm(forms.Form):
    """Whom to look up."""

    company = forms.CharField(
        label=pgettext_lazy("look-up", "SIREN, SIRET or VAT number"), max_length=40
    )


class EventsFileForm(forms.Form):
    """A public file of legal events or legal units."""

    file = forms.FileField(label=_("File of URSSAF or Sirene"), help_text=_("CSV, up to 20 MB."))
