"""What people type when they decide about a reply."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from disputes.models import DisputeType
from dunning.models import ReplyIntent
from dunning.services.reply_decisions import Decision
from kernel import formats
from kernel.errors import Refused

WITH_A_DAY = frozenset({ReplyIntent.PROMISE, ReplyIntent.OUT_OF_OFFICE})


class ReplyForm(forms.Form):
    """What a reply means. What a meaning does not ask for is not read, so that nothing left over can refuse it."""

    intent = forms.ChoiceField(
        label=pgettext_lazy("reply", "What it means"),
        choices=ReplyIntent.choices,
        error_messages={"required": _("Choose what the message means, or set it aside.")},
    )
    day = forms.CharField(
        label=pgettext_lazy("reply", "Day of payment or of return"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    amount = forms.CharField(
        label=pgettext_lazy("reply", "Amount"),
        help_text=_("Empty: all that the ticked invoices owe."),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    dispute_type = forms.ChoiceField(
        label=pgettext_lazy("reply", "What is contested"),
        required=False,
        choices=[("", "—"), *DisputeType.choices],
    )
    contact_email = forms.CharField(
        label=pgettext_lazy("reply", "Address of the right person"),
        help_text=_("Empty: a task to find out."),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    contact_name = forms.CharField(
        label=pgettext_lazy("reply", "Name of the right person"), required=False, max_length=150
    )

    def __init__(self, *args: Any, today: date, lines: Iterable[UUID], **options: Any) -> None:
        super().__init__(*args, **options)
        self.today = today
        self.lines = frozenset(lines)

    @property
    def ticked(self) -> frozenset[UUID]:
        """Return the customer's own lines that were ticked."""
        if not isinstance(self.data, QueryDict):
            return frozenset()
        sent = set(self.data.getlist("due_line"))
        return frozenset(line for line in self.lines if str(line) in sent)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        intent = cleaned.get("intent", "")
        language = (get_language() or "en")[:2]
        typed = cleaned.get("day", "")
        cleaned["day"] = None
        if intent in WITH_A_DAY and typed:
            try:
                cleaned["day"] = formats.parse_day(typed, language, today=self.today)
            except Refused as refused:
                self.add_error("day", ValidationError(refused.message))
        typed = cleaned.get("amount", "")
        cleaned["amount"] = None
        if intent in {ReplyIntent.PROMISE, ReplyIntent.DISPUTE} and typed:
            try:
                cleaned["amount"] = formats.parse_amount(typed, language)
            except Refused as refused:
                self.add_error("amount", ValidationError(refused.message))
        return cleaned

    def decision(self) -> Decision:
        """Return what was typed; valid forms only."""
        typed = self.cleaned_data
        return Decision(
            intent=ReplyIntent(typed["intent"]),
            due_lines=tuple(self.ticked),
            day=typed["day"],
            amount=typed["amount"],
            dispute_type=DisputeType(typed["dispute_type"]) if typed["dispute_type"] else None,
            contact_email=typed["contact_email"],
            contact_name=typed["contact_name"],
        )
