"""Install the scenarios that every tenant begins with."""

from django.utils.translation import gettext_noop

from dunning.models import Scenario, ScenarioVersion, Step
from dunning.rules.steps import STANDARD_B2B, StepRule

READY_SCENARIOS = ((gettext_noop("Standard B2B"), "standard-b2b", STANDARD_B2B),)


def default_version() -> ScenarioVersion:
    """Return the newest version of the tenant's default scenario, installing the ready ones if it has none."""
    version = (
        ScenarioVersion.objects.filter(scenario__is_default=True)
        .select_related("scenario")
        .prefetch_related("steps")
        .order_by("-number")
        .first()
    )
    return version or install_ready_scenarios()


def install_ready_scenarios() -> ScenarioVersion:
    """Create the ready scenarios and return the version of the default one; call it once, under the plan's lock."""
    for name, code, rules in READY_SCENARIOS:
        scenario = Scenario.objects.create(name=name, code=code, is_default=code == "standard-b2b")
        version = ScenarioVersion.objects.create(scenario=scenario, catch_up=rules.catch_up)
        Step.objects.bulk_create(_step(version, rule) for rule in rules.steps)
    return default_version()


def _step(version: ScenarioVersion, rule: StepRule) -> Step:
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
        minimum_amount=rule.minimum_amount,
    )
