"""Forms of the agenda: what came of a call, and why somebody does otherwise than advised."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorDict
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
NAMES_NO_CAUSE = frozenset(
    {CallOutcome.UNREACHABLE, CallOutcome.NOT_RECEIVED, CallOutcome.ALREADY_PAID}
)
"""Outcomes after which no cause is asked for: nobody answered, or the outcome names it."""


def _language() -> str:
    return (get_language() or "en")[:2]


class CallForm(forms.Form):
    """What came of a call. What an outcome does not ask for is not read, so that nothing hidden can refuse it."""

    # What is required depends on the outcome, which is chosen after the page was made.
    use_required_attribute = False

    def __init__(
        self, *args: Any, today: date, zone: str, items: Iterable[UUID], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.today = today
        self._ask_what_belongs(self.data.get("outcome", "") if self.is_bound else None)
        self.zone = ZoneInfo(zone)
        self.items = frozenset(items)

    def _ask_what_belongs(self, outcome: str | None) -> None:
        """Require what the outcome asks for; before one is chosen, nothing that may be asked reads as optional."""
        asked = {
            "promised_date": (CallOutcome.PROMISE,),
            "back_date": (CallOutcome.CALL_BACK,),
            "cause": tuple(set(CallOutcome) - NAMES_NO_CAUSE),
        }
        for name, outcomes in asked.items():
            self.fields[name].required = outcome is None or outcome in outcomes

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
        choices=[("", gettext_lazy("Choose a cause")), *Cause.choices],
        error_messages={
            "required": gettext_lazy(
                "Say why it was not paid, “Not said” if nobody told: without the cause nobody can remove it."
            )
        },
        help_text=gettext_lazy("Asked for whenever somebody answered."),
    )
    promised_date = forms.CharField(
        label=gettext_lazy("Promised day"),
        max_length=40,
        error_messages={"required": gettext_lazy("Write the day they promised to pay.")},
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
        max_length=40,
        error_messages={"required": gettext_lazy("Write the day on which they want to be called.")},
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

    recap = forms.BooleanField(label=gettext_lazy("Send the recap to the customer"), required=False)

    @property
    def ticked(self) -> frozenset[UUID] | None:
        """Return the customer's own lines that were ticked; None before anything was sent."""
        if not self.is_bound:
            return None
        data = self.data
        sent = set(data.getlist("due_line") if isinstance(data, QueryDict) else ())
        return frozenset(line for line in self.items if str(line) in sent)

    def as_typed(self) -> "CallForm":
        """Return the form with what was typed so far, and nothing of it judged: something else was sent with it."""
        self._errors = ErrorDict()
        return self

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        outcome = cleaned.get("outcome", "")
        if outcome == CallOutcome.PROMISE:
            self._day("promised_date")
            self._amount("promised_amount")
        elif outcome == CallOutcome.DISPUTE:
            self._amount("disputed_amount")
        elif outcome == CallOutcome.CALL_BACK:
            self._day("back_date")
            self._hour()
        return cleaned

    def _day(self, name: str) -> None:
        typed = self.cleaned_data.get(name, "")
        if not typed:
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
            sends_recap=typed["recap"] and outcome == CallOutcome.PROMISE,
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
        self.auto_id = "override_%s"  # the form of the call stands on the same page
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
