"""Scenarios as they are written and published: the ready ones installed, drafts changed, a second person publishing."""

from dataclasses import replace

from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from accounts.models import Tenant
from dunning.models import Scenario, ScenarioVersion, Step
from dunning.rules.ready_scenarios import DEFAULT_CODE, READY_SCENARIOS
from dunning.rules.steps import ScenarioRules, StepRule
from kernel.tenancy import current_tenant_id

# The names and labels of the ready scenarios, for the catalogues: rules know no translation.
SHIPPED_WORDS = (
    gettext_noop("Standard B2B"),
    gettext_noop("Key account"),
    gettext_noop("Public buyer"),
    gettext_noop("Risky or uninsured"),
    gettext_noop("Small amounts"),
    gettext_noop("Silent"),
    gettext_noop("Excellent payers"),
    gettext_noop("Late payers"),
    gettext_noop("Very late payers"),
    gettext_noop("Monthly statement"),
    gettext_noop("Yearly statement of small amounts"),
    gettext_noop("Orders may be blocked"),
    gettext_noop("Any blocker?"),
    gettext_noop("Ask the sales rep"),
    gettext_noop("From director to director"),
    gettext_noop("Is it on its way?"),
    gettext_noop("Statutory interest"),
    gettext_noop("Deliveries may stop"),
    gettext_noop("Insurer, agency or court"),
    gettext_noop("Followed by hand: look at it"),
)


def default_version() -> ScenarioVersion:
    """Return the newest published version of the tenant's default scenario, installing the ready ones if need be."""
    ensure_ready_scenarios()
    return (
        ScenarioVersion.objects.filter(scenario__is_default=True, is_draft=False)
        .select_related("scenario")
        .prefetch_related("steps")
        .order_by("-number")[0]
    )


def ensure_ready_scenarios() -> None:
    """Install the ready scenarios that the tenant does not have yet; call it under the plan's lock."""
    known = set(Scenario.objects.values_list("code", flat=True))
    missing = [ready for ready in READY_SCENARIOS if ready.code not in known]
    if not missing:
        return
    has_default = Scenario.objects.filter(is_default=True).exists()
    for ready in missing:
        rules = in_own_words(ready.rules)
        scenario = Scenario.objects.create(
            name=rules.name,
            code=ready.code,
            is_default=ready.code == DEFAULT_CODE and not has_default,
        )
        version = ScenarioVersion.objects.create(
            scenario=scenario, catch_up=rules.catch_up, parameters=dict(ready.parameters)
        )
        Step.objects.bulk_create(step_row(version, rule) for rule in rules.steps)


def in_own_words(ready: ScenarioRules) -> ScenarioRules:
    """Return a ready scenario with its name and labels in the company's language: its own words from there on."""
    with translation.override(Tenant.objects.get(pk=current_tenant_id()).language):
        steps = (
            replace(step, label=gettext(step.label) if step.label else "") for step in ready.steps
        )
        return replace(ready, name=gettext(ready.name), steps=tuple(steps))


def step_row(version: ScenarioVersion, rule: StepRule) -> Step:
    """Return a step of a version as a row, not yet stored."""
    return Step(
        version=version,
        number=rule.number,
        offset_days=rule.offset_days,
        channel=rule.channel,
        level=rule.level,
        stage=rule.stage,
        mode=rule.mode,
        register=rule.register or "",
        has_statement=rule.has_statement,
        has_invoices=rule.has_invoices,
        minimum_amount=rule.minimum_amount,
        only_from=rule.only_from,
        recipient=rule.recipient or "",
        label=rule.label,
        anchor=rule.anchor,
        anchor_days=rule.anchor_days,
        new_customer_months=rule.new_customer_months,
        written_days=rule.written_days,
    )
