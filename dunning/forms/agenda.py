"""Forms of the agenda: what came of a call, and why somebody does otherwise than advised."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from dunning.models import Cause, Channel, OverrideCause
from dunning.rules.advice import ADVISABLE
from dunning.rules.calls import CallOutcome
from dunning.services.calls import Call
from kernel import formats
from kernel.errors import Refused

LONGEST_NOTE = 2000


def _language() -> str:
    return (get_language() or "en")[:2]


class CallForm(forms.Form):
    """What came of a call. What an outcome does not ask for is not read, so that nothing hidden can refuse it."""

    def __init__(
        self, *args: Any, today: date, zone: str, items: Iterable[UUID], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.today = today
        self.zone = ZoneInfo(zone)
        self.items = frozenset(items)

    outcome = forms.ChoiceField(
        label=gettext_lazy("Outcome"),
        choices=[(each.value, each.value) for each in CallOutcome],
        error_messages={
            "required": gettext_lazy(
                "Choose what came of the call: a promise, a dispute, a call back, nobody answered…"
            )
        },
    )
    cause = forms.ChoiceField(
        label=gettext_lazy("Why it was not paid"),
        required=False,
        choices=[("", gettext_lazy("Choose a cause")), *Cause.choices],
        help_text=gettext_lazy("Asked for whenever somebody answered."),
    )
    promised_date = forms.CharField(
        label=gettext_lazy("Promised day"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "text", "autocomplete": "off"}),
    )
    promised_amount = forms.CharField(
        label=gettext_lazy("Promised amount"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    disputed_amount = forms.CharField(
        label=gettext_lazy("Contested amount"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    back_date = forms.CharField(
        label=gettext_lazy("Call back on"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    back_time = forms.CharField(
        label=gettext_lazy("At"),
        required=False,
        max_length=8,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "14:00"}),
    )
    words = forms.CharField(
        label=pgettext_lazy("call", "In their words"),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    @property
    def ticked(self) -> frozenset[UUID] | None:
        """Return the customer's own lines that were ticked; None before anything was sent."""
        if not self.is_bound:
            return None
        data = self.data
        sent = set(data.getlist("due_line") if isinstance(data, QueryDict) else ())
        return frozenset(line for line in self.items if str(line) in sent)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        outcome = cleaned.get("outcome", "")
        if outcome == CallOutcome.PROMISE:
            self._needs_a_day("promised_date", _("Write the day they promised to pay."))
            self._amount("promised_amount")
        elif outcome == CallOutcome.DISPUTE:
            self._amount("disputed_amount")
        elif outcome == CallOutcome.CALL_BACK:
            self._needs_a_day("back_date", _("Write the day on which they want to be called."))
            self._hour()
        self._cause(outcome)
        return cleaned

    def _cause(self, outcome: str) -> None:
        names_itself = {CallOutcome.NOT_RECEIVED, CallOutcome.ALREADY_PAID}
        if not outcome or outcome == CallOutcome.UNREACHABLE or outcome in names_itself:
            return
        if not self.cleaned_data.get("cause"):
            self.add_error(
                "cause",
                _(
                    "Say why it was not paid, “Not said” if nobody told: without the cause nobody can remove it."
                ),
            )

    def _needs_a_day(self, name: str, missing: str) -> None:
        typed = self.cleaned_data.get(name, "")
        if not typed:
            self.add_error(name, missing)
            return
        try:
            self.cleaned_data[name] = formats.parse_day(typed, _language(), today=self.today)
        except Refused as refused:
            self.add_error(name, ValidationError(refused.message))

    def _amount(self, name: str) -> None:
        typed = self.cleaned_data.get(name, "")
        self.cleaned_data[name] = None
        if not typed:
            return
        try:
            self.cleaned_data[name] = formats.parse_amount(typed, _language())
        except Refused as refused:
            self.add_error(name, ValidationError(refused.message))

    def _hour(self) -> None:
        typed = str(self.cleaned_data.get("back_time", "")).strip() or "9:00"
        try:
            self.cleaned_data["back_time"] = _read_hour(typed)
        except ValueError:
            self.add_error(
                "back_time",
                _("“%(typed)s” is not an hour. Write it like 14:00 or 14 h 30.") % {"typed": typed},
            )

    def call(self) -> Call:
        """Return what was typed as a call; only what its outcome asks for."""
        typed = self.cleaned_data
        outcome = typed["outcome"]
        amounts = {
            CallOutcome.PROMISE.value: "promised_amount",
            CallOutcome.DISPUTE.value: "disputed_amount",
        }
        back = None
        if outcome == CallOutcome.CALL_BACK:
            back = datetime.combine(typed["back_date"], typed["back_time"], tzinfo=self.zone)
        return Call(
            outcome=outcome,
            cause=typed["cause"],
            words=typed["words"],
            lines=tuple(self.ticked or ()),
            promised_date=typed["promised_date"] if outcome == CallOutcome.PROMISE else None,
            amount=typed[amounts[outcome]] if outcome in amounts else None,
            call_back_at=back,
        )


def _read_hour(typed: str) -> time:
    """Return an hour typed as `14:00`, `14h30`, `14 h` or `14`. Raises ValueError."""
    tidy = typed.lower().replace("h", ":").replace(" ", "").replace("\u00a0", "")
    hour, _mark, minute = tidy.partition(":")
    return time(int(hour), int(minute or 0))


class OverrideForm(forms.Form):
    """What is done instead of what was advised, and why."""

    def __init__(self, *args: Any, advised: str, **options: Any) -> None:
        super().__init__(*args, **options)
        others = [choice for choice in Channel.choices if choice[0] in set(ADVISABLE) - {advised}]
        self.fields["chosen"] = forms.ChoiceField(
            label=_("What you do instead"),
            choices=others,
        )

    chosen = forms.ChoiceField()
    cause = forms.ChoiceField(
        label=pgettext_lazy("override", "Why"),
        choices=[("", gettext_lazy("Choose a cause")), *OverrideCause.choices],
    )
    words = forms.CharField(label=pgettext_lazy("override", "Note"), required=False, max_length=250)
