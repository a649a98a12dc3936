"""The form above a simulation: which version, beside which, over which customers and which days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from dunning.models import Scenario, ScenarioVersion
from dunning.queries.foresight import (
    EVERYTHING,
    Circle,
    back_test_span,
    month_span,
    past_months,
)
from dunning.queries.simulation import Span, next_working_days
from dunning.queries.stored_simulations import Question
from dunning.scenario_words import language
from dunning.simulation_presenting.naming import version_name
from kernel import formats

NEXT, BACK_TEST = "next", "year"
OWN, OTHER, ALL = "own", "other", "all"
NOTHING = "none"
MOST_CALLS = 9999


@dataclass(frozen=True, slots=True)
class Basis:
    """What the choices of the form are made of."""

    versions: Sequence[ScenarioVersion]
    portfolios: Mapping[str, str]
    chosen: ScenarioVersion
    beside: ScenarioVersion | None
    today: date
    now: datetime
    calls: int


class SimulationForm(forms.Form):
    """What to simulate; everything has a default, so that an address without a query shows something."""

    version = forms.ChoiceField(label=gettext_lazy("Simulate"))
    beside = forms.ChoiceField(label=gettext_lazy("Beside"))
    period = forms.ChoiceField(label=gettext_lazy("Days"))
    over = forms.ChoiceField(
        label=gettext_lazy("With the customers of"),
        choices=[
            (OWN, gettext_lazy("The scenario simulated")),
            (OTHER, gettext_lazy("The scenario beside it")),
            (ALL, gettext_lazy("All scenarios")),
        ],
    )
    portfolio = forms.ChoiceField(label=gettext_lazy("In"))
    calls = forms.IntegerField(
        label=gettext_lazy("Calls the team makes a day"),
        min_value=0,
        max_value=MOST_CALLS,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "invalid": gettext_lazy("Write a whole number of calls, for instance 40."),
            "max_value": gettext_lazy("No team makes so many calls a day. Write 9999 at most."),
            "min_value": gettext_lazy("A number of calls is not negative. Write 0 or more."),
        },
    )
    scratch = forms.BooleanField(
        label=gettext_lazy("As if nothing had been said to anybody before"), required=False
    )

    def __init__(self, data: QueryDict, *, basis: Basis) -> None:
        defaults: dict[str, Any] = {
            "version": str(basis.chosen.pk),
            "beside": str(basis.beside.pk) if basis.beside else NOTHING,
            "period": NEXT,
            "over": OWN,
            "portfolio": EVERYTHING,
            "calls": str(basis.calls),
        }
        given = {name: data[name] for name in [*defaults, "scratch"] if data.get(name)}
        super().__init__(defaults | given)
        self.basis = basis
        named = [(str(one.pk), version_name(one)) for one in basis.versions]
        _choices(self, "version", named)
        _choices(self, "beside", [(NOTHING, pgettext_lazy("version", "nothing")), *named])
        _choices(self, "period", _periods(basis.today))
        _choices(self, "portfolio", [(EVERYTHING, _("Everything")), *basis.portfolios.items()])

    @property
    def versions(self) -> list[ScenarioVersion]:
        """The versions asked for, one or two, the one beside last."""
        by_id = {str(one.pk): one for one in self.basis.versions}
        asked = [self.cleaned_data["version"], self.cleaned_data["beside"]]
        return [by_id[one] for one in dict.fromkeys(asked) if one in by_id]

    @property
    def span(self) -> Span:
        """The days asked for."""
        basis, period = self.basis, self.cleaned_data["period"]
        is_empty: bool = self.cleaned_data["scratch"]
        if period == NEXT:
            return next_working_days(today=basis.today, now=basis.now)
        if period == BACK_TEST:
            return back_test_span(basis.today, begins_empty=is_empty)
        return month_span(date.fromisoformat(period), today=basis.today, begins_empty=is_empty)

    @property
    def circle(self) -> Circle:
        """Whose customers are walked over."""
        scenario: Scenario | None = self.versions[0].scenario
        over = self.cleaned_data["over"]
        if over == OTHER:
            scenario = self.versions[-1].scenario
        return Circle(None if over == ALL else scenario, self.cleaned_data["portfolio"])

    @property
    def question(self) -> Question:
        """All of it, as a worker is asked."""
        return Question(self.versions, self.circle, self.span)


def _choices(form: forms.Form, name: str, choices: Sequence[tuple[str, Any]]) -> None:
    field = form.fields[name]
    if isinstance(field, forms.ChoiceField):
        field.choices = choices
        field.error_messages["invalid_choice"] = _(
            "This choice is no longer there. Choose another one of the list."
        )


def _periods(today: date) -> list[tuple[str, str]]:
    months = [(one.isoformat(), formats.month(one, language())) for one in past_months(today)]
    return [
        (NEXT, _("The next ten working days")),
        *months,
        (BACK_TEST, _("The last twelve months")),
    ]
