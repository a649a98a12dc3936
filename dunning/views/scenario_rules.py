"""Pages of the rules that say which customers follow which scenario."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dunning import permissions
from dunning import scenario_words as words
from dunning.forms.scenarios import RuleForm, initial_of_rule
from dunning.models import AssignmentRule, Scenario
from dunning.queries import scenario_pages as queries
from dunning.rules.assignment import Conditions, Typology, as_stored
from dunning.rules.ready_scenarios import SMALL
from dunning.services import assignment_rules as services
from dunning.views.scenarios import status_of, tried
from kernel.http import TenantRequest, edits, reads, writes
from ledger.rules.payers import PayerProfile

decides = writes(permissions.PUBLISH_POLICY)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A rule we offer for a ready scenario."""

    code: str
    name: object
    conditions: Conditions


SUGGESTIONS = (
    Suggestion(
        "public",
        gettext_lazy("Public buyers"),
        Conditions(typologies=frozenset({Typology.PUBLIC_BUYER})),
    ),
    Suggestion(
        "key-account",
        gettext_lazy("Key accounts"),
        Conditions(typologies=frozenset({Typology.KEY_ACCOUNT})),
    ),
    Suggestion("risky", gettext_lazy("Limit reached"), Conditions(limit_used_from=Decimal(1))),
    Suggestion("small-amounts", gettext_lazy("Small amounts owed"), Conditions(open_below=SMALL)),
    *(
        Suggestion(code, words.PROFILES[profile.value], Conditions(profiles=frozenset({profile})))
        for code, profile in (
            ("excellent-payers", PayerProfile.EXCELLENT),
            ("late-payers", PayerProfile.LATE),
            ("very-late-payers", PayerProfile.BAD),
        )
    ),
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A suggestion that is not among the rules yet."""

    code: str
    sentence: str


@reads(permissions.WRITE_POLICY)
def rules(request: TenantRequest) -> HttpResponse:
    """List the rules in the order in which they are asked."""
    portfolios = queries.portfolio_names()
    rows = [
        (
            row,
            words.rule_sentence(row.rule.as_rule().conditions, row.rule.scenario.name, portfolios),
        )
        for row in queries.rule_list()
    ]
    context = {
        "rows": rows,
        "offers": _offers(),
        "default": Scenario.objects.filter(is_default=True).first(),
        "can_decide": request.actor.can(permissions.PUBLISH_POLICY),
    }
    return render(request, "dunning/scenario_rules.html", context)


def _offers() -> list[Offer]:
    ready = {scenario.code: scenario for scenario in queries.scenarios_to_lead_to()}
    return [
        Offer(one.code, words.rule_sentence(one.conditions, ready[one.code].name, {}))
        for one in SUGGESTIONS
        if one.code in ready and not queries.rule_exists(ready[one.code], as_stored(one.conditions))
    ]


@decides
def suggest(request: TenantRequest) -> HttpResponse:
    """Add a suggested rule, switched off."""
    wanted = next((one for one in SUGGESTIONS if one.code == request.POST.get("code")), None)
    if wanted is not None:
        scenario = get_object_or_404(Scenario, code=wanted.code)
        if not queries.rule_exists(scenario, as_stored(wanted.conditions)):
            services.add_rule(
                name=str(wanted.name),
                scenario=scenario,
                conditions=wanted.conditions,
                actor=request.actor,
                is_active=False,
            )
            messages.success(
                request, _("The rule is added, switched off. Switch it on when it suits.")
            )
    return redirect("scenario_rules")


@edits(permissions.PUBLISH_POLICY)
def add(request: TenantRequest) -> HttpResponse:
    """Write a new rule."""
    form = _form(request, None)
    if request.method == "POST" and form.is_valid():
        rule = tried(
            form,
            lambda: services.add_rule(
                name=form.cleaned_data["name"],
                scenario=_chosen_scenario(form),
                conditions=services.conditions_from(form.stored()),
                actor=request.actor,
            ),
        )
        if rule is not None:
            messages.success(
                request, _("The rule is added as the last one. It decides from tonight on.")
            )
            return redirect("scenario_rules")
    return render(request, "dunning/scenario_rule.html", {"form": form}, status=status_of(form))


@edits(permissions.PUBLISH_POLICY)
def change(request: TenantRequest, rule_id: UUID) -> HttpResponse:
    """Change a rule."""
    rule = get_object_or_404(AssignmentRule, pk=rule_id)
    form = _form(request, rule)
    if request.method == "POST" and form.is_valid():
        changed = tried(
            form,
            lambda: services.change_rule(
                rule=rule,
                name=form.cleaned_data["name"],
                scenario=_chosen_scenario(form),
                conditions=services.conditions_from(form.stored()),
                actor=request.actor,
                seen=request.POST.get("seen", ""),
            ),
            done=True,
        )
        if changed:
            messages.success(request, _("The rule is changed. It decides so from tonight on."))
            return redirect("scenario_rules")
    context = {"form": form, "rule": rule, "seen": services.stamp(rule)}
    return render(request, "dunning/scenario_rule.html", context, status=status_of(form))


def _form(request: TenantRequest, rule: AssignmentRule | None) -> RuleForm:
    conditions = rule.as_rule().conditions if rule else Conditions()
    scenarios = queries.scenarios_to_lead_to()
    if rule and rule.scenario not in scenarios:
        scenarios.append(rule.scenario)
    return RuleForm(
        request.POST if request.method == "POST" else None,
        scenarios=scenarios,
        portfolios=queries.portfolio_names(),
        countries=queries.countries_of_customers(),
        conditions=conditions,
        initial=initial_of_rule(rule.name, rule.scenario_id, conditions) if rule else {},
    )


def _chosen_scenario(form: RuleForm) -> Scenario:
    return Scenario.objects.get(pk=form.cleaned_data["scenario"])


def _on_one(act: Callable[[TenantRequest, AssignmentRule], str]) -> Callable[..., HttpResponse]:
    """Return the view that does one thing to one rule and shows the list again."""

    def view(request: TenantRequest, rule_id: UUID) -> HttpResponse:
        said = act(request, get_object_or_404(AssignmentRule, pk=rule_id))
        if said:
            messages.success(request, said)
        return redirect("scenario_rules")

    return decides(view)


def _move(request: TenantRequest, rule: AssignmentRule) -> str:
    services.move_rule(rule=rule, is_up=request.POST.get("to") == "up", actor=request.actor)
    return ""


def _switch(request: TenantRequest, rule: AssignmentRule) -> str:
    is_active = request.POST.get("to") == "on"
    services.switch_rule(rule=rule, is_active=is_active, actor=request.actor)
    if is_active:
        return _("“%(name)s” decides from tonight on.") % {"name": rule.name}
    return _("“%(name)s” decides no more from tonight on.") % {"name": rule.name}


def _delete(request: TenantRequest, rule: AssignmentRule) -> str:
    services.delete_rule(rule=rule, actor=request.actor)
    return _("“%(name)s” is deleted.") % {"name": rule.name}


move, switch, delete = map(_on_one, (_move, _switch, _delete))
