"""Forms of guarantees, of a group's limit and of how orders are checked."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from credit.forms.fields import AmountField, DayField, words_field
from credit.models import Answer, CheckStage, GuaranteeKind
from ledger.models import Entity

LONGEST_NOTICE = 30


class PeriodForm(forms.Form):
    """What is given in a currency for a time; `valid_until` is the last day."""

    amount = AmountField(label=pgettext_lazy("guarantee", "Amount"))
    currency = forms.RegexField(r"^[A-Za-z]{3}$", label=gettext_lazy("Currency"), initial="EUR")
    valid_from = DayField(label=gettext_lazy("From"))
    valid_until = DayField(
        label=gettext_lazy("Until"),
        required=False,
        help_text=gettext_lazy("The last day; empty without an end."),
    )

    def clean(self) -> dict[str, Any]:
        """Refuse an end before the beginning, at its field."""
        typed: dict[str, Any] = super().clean() or {}
        typed["currency"] = str(typed.get("currency", "")).upper()
        start, end = typed.get("valid_from"), typed.get("valid_until")
        if start and end and end < start:
            self.add_error("valid_until", _("It cannot end before it begins."))
        return typed


class GuaranteeForm(PeriodForm):
    """A guarantee as its document says."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=GuaranteeKind.choices)
    given_by = forms.CharField(label=gettext_lazy("Given by"), max_length=200)
    reference = forms.CharField(
        label=gettext_lazy("Document that proves it"),
        max_length=80,
        help_text=gettext_lazy("Its number or reference."),
    )
    field_order = ("kind", "given_by", "reference", "amount", "currency")


class ReleaseGuaranteeForm(forms.Form):
    """Why a guarantee is given back."""

    reason = forms.CharField(label=gettext_lazy("Why it is given back"), max_length=250)


class GroupLimitForm(PeriodForm):
    """A limit of a group that is asked for."""

    reason = words_field(gettext_lazy("Why"), rows=2, size=250)


class OrderPolicyForm(forms.Form):
    """How the orders of an entity, or of all, are checked."""

    entity = forms.ModelChoiceField(
        Entity.objects.none(),
        label=gettext_lazy("Entity"),
        required=False,
        empty_label=gettext_lazy("All that have none of their own"),
    )
    stage = forms.ChoiceField(
        label=gettext_lazy("When an order is checked"), choices=CheckStage.choices
    )
    beyond = forms.ChoiceField(
        label=gettext_lazy("Beyond the limit"),
        choices=[
            (Answer.NO.value, gettext_lazy("Hold the order until somebody releases it")),
            (Answer.REVIEW.value, gettext_lazy("Have it looked at before it goes on")),
        ],
        widget=forms.RadioSelect,
    )
    notice_days = forms.IntegerField(
        label=gettext_lazy("Days between the news and a customer's hold"),
        min_value=0,
        max_value=LONGEST_NOTICE,
        help_text=gettext_lazy("The representative is told on the first of them."),
    )
    tells_customer = forms.BooleanField(
        label=gettext_lazy("Tell the customer too, before his hold falls"), required=False
    )

    def __init__(self, data: Any = None, **options: Any) -> None:  # noqa: ANN401
        super().__init__(data, **options)
        entity: Any = self.fields["entity"]
        entity.queryset = Entity.objects.order_by("code")
