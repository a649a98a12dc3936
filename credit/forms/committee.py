"""Forms of committees: who sits, a session, a flagged file, a vote, an arbitration."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Scope
from credit.forms.circuits import colleagues
from credit.forms.fields import AmountField, PercentField, words_field
from credit.models import CommitteeVersion, Measure
from credit.rules.committee import LONGEST_REVIEW, Ballot, Conditions, Position
from credit.services.committee_settings import MOST_SEATS, Wanted, WantedSeat

SEATS = tuple(range(1, MOST_SEATS + 1))
VOTES_STAY_OPEN = timedelta(hours=4)


def _person(label: Any, *, required: bool = False) -> Any:  # noqa: ANN401  a translated label; a field
    return forms.ModelChoiceField(colleagues().none(), label=label, required=required)


class CommitteeForm(forms.Form):
    """Who sits in a committee; the first form of one names it and its perimeter too."""

    name = forms.CharField(label=gettext_lazy("Name of the committee"), max_length=120)
    scope = forms.ModelChoiceField(
        Scope.objects.none(), label=gettext_lazy("Perimeter"), empty_label=None
    )
    quorum = forms.IntegerField(
        label=gettext_lazy("Quorum"),
        min_value=1,
        max_value=MOST_SEATS,
        help_text=gettext_lazy("Seats that have to take a position; who abstains does not count."),
    )
    arbiter = _person(gettext_lazy("Director who arbitrates without consensus"), required=True)
    deputy_arbiter = _person(gettext_lazy("His deputy, where he asked or sells"))

    def __init__(
        self,
        data: Any = None,  # noqa: ANN401  Django's own shapes
        *,
        version: CommitteeVersion | None = None,
        is_new: bool = True,
    ) -> None:
        initial: dict[str, Any] = {"quorum": 2}
        if version is not None:
            initial = {
                "quorum": version.quorum,
                "arbiter": version.arbiter_id,
                "deputy_arbiter": version.deputy_arbiter_id,
            }
            for seat in version.seats.all():
                initial[f"seat_{seat.position}"] = seat.member_id
                initial[f"substitute_{seat.position}"] = seat.substitute_id
        super().__init__(data, initial=initial)
        people = colleagues().order_by("name")
        for number in SEATS:
            facts = {"number": number}
            self.fields[f"seat_{number}"] = _person(_("Seat %(number)s") % facts)
            self.fields[f"substitute_{number}"] = _person(
                _("Substitute of seat %(number)s") % facts
            )
        for field in self.fields.values():
            if isinstance(field, forms.ModelChoiceField) and field is not self.fields["scope"]:
                field.queryset = people
        if is_new:
            scope: Any = self.fields["scope"]
            scope.queryset = Scope.objects.order_by("path")
        else:
            del self.fields["name"], self.fields["scope"]

    @property
    def seat_pairs(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """Return the fields of each seat beside those of its substitute."""
        return [(self[f"seat_{number}"], self[f"substitute_{number}"]) for number in SEATS]

    def clean(self) -> dict[str, Any]:
        """Ask for the member of every substitute."""
        typed: dict[str, Any] = super().clean() or {}
        for number in SEATS:
            if typed.get(f"substitute_{number}") and not typed.get(f"seat_{number}"):
                self.add_error(
                    f"seat_{number}", _("A substitute stands in for a member: name him.")
                )
        return typed

    def wanted(self) -> Wanted:
        """Return what was proposed."""
        typed = self.cleaned_data
        return Wanted(
            [
                WantedSeat(typed[f"seat_{number}"], typed[f"substitute_{number}"])
                for number in SEATS
                if typed[f"seat_{number}"]
            ],
            typed["quorum"],
            typed["arbiter"],
            typed["deputy_arbiter"],
        )


class MomentField(forms.DateTimeField):
    """A day and an hour on the tenant's clock."""

    def __init__(self, **options: Any) -> None:
        options.setdefault(
            "widget",
            forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
        )
        super().__init__(
            input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M"], **options
        )


class SessionForm(forms.Form):
    """When and where a session meets, and when its votes close."""

    meets_at = MomentField(label=gettext_lazy("Meets on"))
    place = forms.CharField(
        label=gettext_lazy("Place or link of the meeting"), max_length=200, required=False
    )
    closes_at = MomentField(
        label=gettext_lazy("Votes close on"),
        help_text=gettext_lazy("No vote is taken afterwards, by page or by mail."),
    )

    def __init__(self, data: Any = None, *, now: datetime | None = None) -> None:  # noqa: ANN401
        initial = {}
        if now is not None:
            day = timezone.localtime(now) + timedelta(days=7)
            meets = day.replace(hour=14, minute=0, second=0, microsecond=0)
            initial = {"meets_at": meets, "closes_at": meets + VOTES_STAY_OPEN}
        super().__init__(data, initial=initial)


class FlagForm(forms.Form):
    """A customer put before the committee."""

    customer = forms.CharField(label=gettext_lazy("Code of the account"), max_length=60)
    measure = forms.ChoiceField(
        label=gettext_lazy("What the committee is asked"),
        choices=[(one.value, one.label) for one in (Measure.DISCUSS, Measure.HOLD, Measure.LOWER)],
        widget=forms.RadioSelect,
        initial=Measure.DISCUSS,
    )
    amount = AmountField(
        label=gettext_lazy("Lower the limit to"),
        required=False,
        help_text=gettext_lazy("Only to lower it; a raise is a request of its own."),
    )
    reason = words_field(gettext_lazy("Why"), size=1000)


class ReasonForm(forms.Form):
    """A reason, in a few sentences."""

    reason = words_field(gettext_lazy("Why"), rows=2, size=1000)


class VoteForm(forms.Form):
    """One seat's vote; amounts and conditions are taken for a yes with conditions only."""

    position = forms.ChoiceField(
        label=pgettext_lazy("committee", "Your vote"),
        choices=[
            (Position.YES.value, pgettext_lazy("vote", "For")),
            (Position.CONDITIONS.value, pgettext_lazy("vote", "For, with conditions")),
            (Position.NO.value, pgettext_lazy("vote", "Against")),
            (Position.ABSTAIN.value, pgettext_lazy("vote", "Abstains")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what you vote.")},
    )
    amount = AmountField(label=gettext_lazy("Another amount"), required=False)
    deposit = PercentField(label=gettext_lazy("Deposit"), required=False)
    review_months = forms.IntegerField(
        label=gettext_lazy("Review after, in months"),
        required=False,
        min_value=1,
        max_value=LONGEST_REVIEW,
    )
    needs_guarantee = forms.BooleanField(
        label=gettext_lazy("Guarantee before delivery"), required=False
    )
    conditions = forms.CharField(
        label=gettext_lazy("Another condition"), max_length=500, required=False
    )
    reason = words_field(gettext_lazy("Your reason"), required=False, size=1000)

    def __init__(self, data: Any = None, *, reference: str = "", has_amount: bool = True) -> None:  # noqa: ANN401
        super().__init__(data)
        self.fields["reason"].help_text = _(
            "Needed unless you vote “for”. It is shared with who asked, without your name."
        )
        if not has_amount:
            del self.fields["amount"]
        self.reference = reference
        if reference:
            self.fields["typed"] = forms.CharField(
                label=_("Type %(reference)s to confirm") % {"reference": reference},
                max_length=80,
                widget=forms.TextInput(
                    attrs={"autocomplete": "off", "autocapitalize": "characters"}
                ),
                help_text=_("Programs that open links in mails do not vote for you."),
            )

    def clean_typed(self) -> str:
        """Ask for the reference itself: only a person who read the page types it."""
        typed = "".join(str(self.cleaned_data["typed"]).split()).casefold()
        if typed != "".join(self.reference.split()).casefold():
            raise forms.ValidationError(
                _("Type %(reference)s, as it stands above, to confirm your vote.")
                % {"reference": self.reference}
            )
        return typed

    def ballot(self) -> Ballot:
        """Return the vote as the rules take it."""
        typed = self.cleaned_data
        if typed["position"] != Position.CONDITIONS:
            return Ballot(Position(typed["position"]))
        said = typed["conditions"].strip()
        return Ballot(
            Position.CONDITIONS,
            typed.get("amount"),
            Conditions(
                typed["deposit"],
                typed["needs_guarantee"],
                typed["review_months"],
                (said,) if said else (),
            ),
        )


class ArbitrationForm(forms.Form):
    """What the director decides about a customer on whom the seats did not agree."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("Arbitration"),
        choices=[
            ("upheld", gettext_lazy("Do what was proposed")),
            ("dropped", gettext_lazy("Leave it as it is")),
        ],
        widget=forms.RadioSelect,
    )
    words = words_field(gettext_lazy("Reason, kept in the minutes"), size=1000)
