"""Forms of the pages of scenarios: a step, the parameters of a version, a rule, a new scenario."""

from collections.abc import Iterable, Mapping
from datetime import time
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from dunning import scenario_words as words
from dunning.models import Anchor, CatchUp, Channel, Mode, Recipient, Register, Scenario
from dunning.rules.assignment import Conditions
from dunning.rules.content import STEP_REGISTERS
from dunning.rules.content import Register as RegisterRule
from dunning.rules.policy import AMOUNTS, COUNTS, DEFAULT_POLICY, SHARES, Policy
from dunning.rules.ready_scenarios import READY_SCENARIOS
from dunning.rules.scenario_checks import (
    EARLIEST_DAY,
    HIGHEST_LEVEL,
    LATEST_DAY,
    NEWEST_MONTHS,
    OLDEST_MONTHS,
    parameter_values,
)
from dunning.rules.steps import Anchor as AnchorRule
from dunning.rules.steps import CatchUp as CatchUpRule
from dunning.rules.steps import Channel as ChannelRule
from dunning.rules.steps import Mode as ModeRule
from dunning.rules.steps import Recipient as RecipientRule
from dunning.rules.steps import Stage, StepRule
from kernel import formats
from kernel.errors import Refused
from ledger.models import RiskClass

BEFORE, AFTER = "before", "after"
LONGEST_AMOUNT = 24
LAND_AND_ENTITY = 3  # strokes in a path such as /FR/ALO/


class AmountField(forms.CharField):
    """Euros as people type them: `5000`, `5 000 €`, `12k`; empty is None."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=LONGEST_AMOUNT, **options)
        self.widget.attrs["inputmode"] = "decimal"

    def clean(self, value: object) -> Decimal | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            amount = formats.parse_amount(text, words.language())
        except Refused as refused:
            raise ValidationError(refused.message) from refused
        if amount < 0:
            raise ValidationError(_("An amount here is not negative: write it without the minus."))
        return amount

    def prepare_value(self, value: object) -> object:
        return typed_amount(value) if isinstance(value, Decimal) else value


class ShareField(forms.IntegerField):
    """A percentage as people type it; kept as a fraction."""

    def clean(self, value: object) -> Decimal | None:
        percent = super().clean(value)
        return None if percent is None else Decimal(percent) / 100

    def prepare_value(self, value: object) -> object:
        return f"{value * 100:.0f}" if isinstance(value, Decimal) else value


def typed_amount(amount: Decimal) -> str:
    """Return an amount as it would be typed."""
    decimals = 0 if amount == amount.to_integral_value() else 2
    return formats.number(amount, words.language(), decimals=decimals)


class StepForm(forms.Form):
    """One step: when, what, to whom, and only if."""

    days = forms.IntegerField(
        label=gettext_lazy("Days"),
        min_value=1,
        max_value=LATEST_DAY,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "w-90"}),
        error_messages={
            "required": gettext_lazy("Write on which day the step stands."),
            "invalid": gettext_lazy("Write a whole number of days, such as 10."),
            "min_value": gettext_lazy(
                "Write at least 1 day: on the due date itself nothing is late yet and nothing is to be announced."
            ),
            "max_value": gettext_lazy("Write at most %(limit_value)s days."),
        },
    )
    side = forms.ChoiceField(
        label=gettext_lazy("Before or after the due date"),
        choices=(
            (BEFORE, gettext_lazy("days before the due date")),
            (AFTER, gettext_lazy("days after the due date")),
        ),
    )
    label = forms.CharField(
        label=gettext_lazy("Name of the step"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("Left empty, it is named after its channel and tone."),
    )
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), choices=Channel.choices)
    level = forms.TypedChoiceField(
        label=gettext_lazy("Level"),
        coerce=int,
        choices=[(level, level) for level in range(HIGHEST_LEVEL + 1)],
        help_text=gettext_lazy("0 before the due date; it never goes down afterwards."),
    )
    register = forms.ChoiceField(
        label=gettext_lazy("Tone"),
        choices=[
            ("", pgettext_lazy("tone of a step", "none")),
            *((each.value, Register(each.value).label) for each in STEP_REGISTERS),
        ],
        required=False,
        help_text=gettext_lazy("Of an e-mail. A registered letter is a formal notice."),
    )
    mode = forms.ChoiceField(label=gettext_lazy("Who lets it leave"), choices=Mode.choices)
    recipient = forms.ChoiceField(
        label=gettext_lazy("Written to"),
        choices=[("", gettext_lazy("Whoever fits the level")), *Recipient.choices],
        required=False,
    )
    only_from = AmountField(
        label=gettext_lazy("Only if the claim is from"),
        required=False,
        help_text=gettext_lazy("After the due date: smaller claims pass over this step."),
    )
    minimum_amount = AmountField(
        label=gettext_lazy("Only lines that owe at least"),
        required=False,
        help_text=gettext_lazy("Before the due date: smaller lines are not announced."),
    )
    new_customer_months = forms.IntegerField(
        label=gettext_lazy("…or of customers new since, in months"),
        required=False,
        min_value=NEWEST_MONTHS,
        max_value=OLDEST_MONTHS,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "w-90"}),
        help_text=gettext_lazy(
            "Before the due date: for so long after his first invoice a customer's lines are announced, whatever "
            "they owe."
        ),
    )
    anchor = forms.ChoiceField(
        label=gettext_lazy("Counted from"),
        choices=Anchor.choices,
        required=False,
        help_text=gettext_lazy(
            "After the due date. Counted from anything else, the day above is its place among the steps: "
            "it is taken in that order, and never before the line is late."
        ),
    )
    anchor_days = forms.IntegerField(
        label=gettext_lazy("Days after that"),
        required=False,
        min_value=0,
        max_value=LATEST_DAY,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "w-90"}),
        help_text=gettext_lazy(
            "Of what it is counted from, unless that is the due date; once a year: the day of the year, "
            "335 being the first of December."
        ),
    )
    has_statement = forms.BooleanField(
        label=gettext_lazy("Attach the statement (PDF)"), required=False
    )
    has_invoices = forms.BooleanField(
        label=gettext_lazy("Attach the overdue invoices (PDF)"),
        required=False,
        help_text=gettext_lazy(
            "Of an e-mail after the due date. Beyond 10 files or 8 MB it says where to find them instead."
        ),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        days, side = cleaned.get("days"), cleaned.get("side")
        if days is not None and side == BEFORE and days > -EARLIEST_DAY:
            self.add_error(
                "days",
                _("Write at most %(most)s days before the due date.") % {"most": -EARLIEST_DAY},
            )
        return cleaned

    def as_rule(self, *, move: int = 0) -> StepRule:
        """Return the step that was written, moved by so many days; its number and stage are the draft's to say."""
        given = self.cleaned_data
        day = -given["days"] if given["side"] == BEFORE else given["days"]
        return StepRule(
            number=0,
            offset_days=day + move,
            channel=ChannelRule(given["channel"]),
            level=given["level"],
            stage=Stage.AMICABLE,
            mode=ModeRule(given["mode"]),
            register=RegisterRule(given["register"]) if given["register"] else None,
            has_statement=given["has_statement"],
            has_invoices=given["has_invoices"],
            minimum_amount=given["minimum_amount"],
            only_from=given["only_from"],
            recipient=RecipientRule(given["recipient"]) if given["recipient"] else None,
            label=given["label"].strip(),
            anchor=AnchorRule(given["anchor"] or AnchorRule.DUE),
            anchor_days=given["anchor_days"] or 0,
            new_customer_months=given["new_customer_months"],
        )


def step_form(step: StepRule) -> StepForm:
    """Return the form of a step as it stands."""
    return StepForm(
        initial={
            "days": abs(step.written),
            "side": BEFORE if step.is_preventive else AFTER,
            "label": step.label,
            "channel": step.channel.value,
            "level": step.level,
            "register": step.register.value if step.register else "",
            "mode": step.mode.value,
            "recipient": step.recipient.value if step.recipient else "",
            "only_from": step.only_from,
            "minimum_amount": step.minimum_amount,
            "has_statement": step.has_statement,
            "has_invoices": step.has_invoices,
            "anchor": step.anchor.value,
            "anchor_days": step.anchor_days if step.anchor is not AnchorRule.DUE else None,
            "new_customer_months": step.new_customer_months,
        }
    )


class ParametersForm(forms.Form):
    """How the chase of a version goes; each with its default, its bounds and what it does."""

    contact_gap_days = forms.IntegerField()
    contact_cap = forms.IntegerField()
    call_cap = forms.IntegerField()
    group_minimum = AmountField()
    confirm_from_level = forms.IntegerField()
    confirm_above = AmountField()
    copy_sales_from_level = forms.IntegerField()
    pace = forms.DecimalField(localize=True)
    manager_confirms = forms.BooleanField(required=False)
    weekdays = forms.TypedMultipleChoiceField(
        coerce=int,
        required=False,  # that none was chosen is said by the service, in its own words
        choices=list(words.WEEKDAYS.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    opens_at = forms.TimeField(widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    closes_at = forms.TimeField(widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    catch_up = forms.ChoiceField(
        choices=CatchUp.choices,
        help_text=gettext_lazy(
            "After a night on which nothing ran, the step of today's lateness is taken and those passed over are "
            "noted; or one step at a time, so that imported arrears begin softly. Never two at once."
        ),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        defaults = parameter_values(DEFAULT_POLICY)
        for name, field in self.fields.items():
            field.label = words.PARAMETERS[name]
            field.error_messages["required"] = _("Write a value; the default is %(default)s.") % {
                "default": words.parameter_in_words(name, defaults.get(name, ""))
            }
            if name in _HINTS:
                field.help_text = parameter_hint(name, defaults[name])
        self.fields["pace"].widget = forms.TextInput(attrs={"inputmode": "decimal"})
        self.fields["pace"].error_messages["invalid"] = _("Write a number, such as 0.5.")
        for name in COUNTS:
            self.fields[name].widget = forms.TextInput(attrs={"inputmode": "numeric"})
            self.fields[name].error_messages["invalid"] = _("Write a whole number.")

    def stored(self) -> dict[str, Any]:
        """Return the values as the draft keeps them."""
        return {
            name: _stored(value) for name, value in self.cleaned_data.items() if name != "catch_up"
        }

    def chosen_catch_up(self) -> CatchUpRule:
        """Return what follows days on which nothing ran."""
        return CatchUpRule(self.cleaned_data["catch_up"])


def _stored(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    return words.hour(value) if isinstance(value, time) else value


def parameters_form(policy: Policy, catch_up: str) -> ParametersForm:
    """Return the form of the parameters as they stand."""
    values = dict(parameter_values(policy))
    values["weekdays"] = sorted(policy.window.weekdays)
    return ParametersForm(initial=values | {"catch_up": catch_up})


_HINTS: Mapping[str, Any] = {
    "contact_gap_days": gettext_lazy(
        "A customer is left in peace for so many calendar days after any contact, whatever the channel."
    ),
    "contact_cap": gettext_lazy(
        "So many contacts in thirty days, then the chase waits. "
        "A scenario may be gentler than the house, never harsher."
    ),
    "call_cap": gettext_lazy(
        "So many calls in seven days, then the next one waits; messages are counted by the parameter above."
    ),
    "group_minimum": gettext_lazy("A message that would claim less does not leave."),
    "confirm_from_level": gettext_lazy(
        "From this level on a person confirms, even where a step says “By itself”."
    ),
    "copy_sales_from_level": gettext_lazy(
        "E-mails of this level and above go in copy to the customer's sales representative; 7 means never."
    ),
    "confirm_above": gettext_lazy("A message that claims more is confirmed by a person."),
    "pace": gettext_lazy(
        "The days of all steps are multiplied by it and rounded; their order stays, and no two fall on one day."
    ),
    "manager_confirms": gettext_lazy(
        "Every message of this scenario waits for a credit manager; nobody else can let it go."
    ),
    "weekdays": gettext_lazy(
        "Working days of the recipient's country only; what falls on another day waits for the next."
    ),
    "opens_at": gettext_lazy("In the recipient's own time."),
    "closes_at": gettext_lazy("In the recipient's own time; this minute no longer counts."),
}


def parameter_hint(name: str, default: object) -> str:
    """Return what a parameter does, with its default and its bounds."""
    facts: dict[str, object] = {
        "does": _HINTS[name],
        "default": words.parameter_in_words(name, default),
    }
    bounds: tuple[object, object] | None = COUNTS.get(name) or AMOUNTS.get(name) or SHARES.get(name)
    if bounds is None:
        return _("%(does)s Default: %(default)s.") % facts
    facts |= {
        "lowest": words.parameter_in_words(name if name in SHARES else "", bounds[0]),
        "highest": words.parameter_in_words(name if name in SHARES else "", bounds[1]),
    }
    return _("%(does)s Default: %(default)s; from %(lowest)s to %(highest)s.") % facts


OWN, READY = "own:", "ready:"


class NewScenarioForm(forms.Form):
    """A scenario of one's own, begun from one that is there or from a ready one as it is shipped."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        error_messages={"required": gettext_lazy("Give the new scenario a name.")},
    )
    source = forms.ChoiceField(label=gettext_lazy("Begin with the steps of"))

    def __init__(self, *args: Any, scenarios: Iterable[Scenario], **options: Any) -> None:
        super().__init__(*args, **options)
        own = [(f"{OWN}{one.code}", one.name) for one in scenarios]
        ready = [(f"{READY}{one.code}", _(one.rules.name)) for one in READY_SCENARIOS]
        self.fields["source"].choices = [  # type: ignore[attr-defined]
            (_("Your scenarios, as they stand"), own),
            (_("Ready scenarios, as they are shipped"), ready),
        ]


class RuleForm(forms.Form):
    """Which customers a rule means, and which scenario they follow."""

    name = forms.CharField(
        label=gettext_lazy("Name of the rule"),
        max_length=120,
        help_text=gettext_lazy("The page of each customer shows it as the reason."),
        error_messages={"required": gettext_lazy("Give the rule a name.")},
    )
    scenario = forms.ChoiceField(
        label=gettext_lazy("They follow"),
        error_messages={"required": gettext_lazy("Choose the scenario they follow.")},
    )
    typologies = forms.MultipleChoiceField(
        label=gettext_lazy("Kind of customer"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=list(words.TYPOLOGIES.items()),
    )
    profiles = forms.MultipleChoiceField(
        label=gettext_lazy("How they pay"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=list(words.PROFILES.items()),
    )
    risk_classes = forms.MultipleChoiceField(
        label=gettext_lazy("Risk class"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=RiskClass.choices,
    )
    portfolios = forms.MultipleChoiceField(
        label=gettext_lazy("Followed in"), required=False, widget=forms.CheckboxSelectMultiple
    )
    countries = forms.MultipleChoiceField(
        label=gettext_lazy("Country"), required=False, widget=forms.CheckboxSelectMultiple
    )
    open_from = AmountField(label=gettext_lazy("Owes at least"), required=False)
    open_below = AmountField(label=gettext_lazy("Owes less than"), required=False)
    overdue_from = AmountField(label=gettext_lazy("Late with at least"), required=False)
    limit_used_from = ShareField(
        label=gettext_lazy("Uses at least this share of the limit"),
        required=False,
        min_value=1,
        max_value=1000,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "invalid": gettext_lazy("Write a whole percentage, such as 100."),
            "min_value": gettext_lazy("Write at least 1 %%."),
            "max_value": gettext_lazy("Write at most 1000 %%."),
        },
    )

    def __init__(
        self,
        *args: Any,
        scenarios: Iterable[Scenario],
        portfolios: Mapping[str, str],
        countries: Iterable[str],
        conditions: Conditions | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        asked = conditions or Conditions()
        offered = {
            "scenario": [(str(one.pk), one.name) for one in scenarios],
            "portfolios": _trails(portfolios),
            "countries": [(one, one) for one in sorted({*countries, *asked.countries})],
        }
        for name, choices in offered.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def stored(self) -> dict[str, Any]:
        """Return the conditions as they are stored."""
        return {
            name: value if isinstance(value, list) else str(value)
            for name, value in self.cleaned_data.items()
            if name not in {"name", "scenario"} and value not in (None, [], "")
        }


def _trails(portfolios: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the nodes of the tree as choices, a portfolio after the entity it belongs to."""
    return [(path, _trail(path, portfolios)) for path in portfolios]


def _trail(path: str, portfolios: Mapping[str, str]) -> str:
    parent = path[: path.rstrip("/").rfind("/") + 1]
    is_portfolio = path.count("/") > LAND_AND_ENTITY
    return (
        f"{portfolios.get(parent, '')} › {portfolios[path]}" if is_portfolio else portfolios[path]
    )


def initial_of_rule(name: str, scenario_id: object, conditions: Conditions) -> dict[str, Any]:
    """Return what the form of a rule shows at first."""
    return {
        "name": name,
        "scenario": str(scenario_id),
        "typologies": sorted(conditions.typologies),
        "profiles": sorted(conditions.profiles),
        "risk_classes": sorted(conditions.risk_classes),
        "portfolios": sorted(conditions.portfolios),
        "countries": sorted(conditions.countries),
        "open_from": conditions.open_from,
        "open_below": conditions.open_below,
        "overdue_from": conditions.overdue_from,
        "limit_used_from": conditions.limit_used_from,
    }
