"""What the pages of scenarios show: which there are, who follows them, one with its versions, and the rules."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Prefetch, Q

from accounts.models import Membership, Scope, ScopeKind
from dunning.models import (
    AssignmentRule,
    FormerName,
    LineOverride,
    Scenario,
    ScenarioAssignment,
    ScenarioVersion,
    SendingSwitch,
    Step,
)
from dunning.rules.assignment import as_stored, shadowed
from ledger.models import Customer


@dataclass(frozen=True, slots=True)
class ScenarioRow:
    """A scenario in the list. `customers` follow it since last night; `stop` is its red button while pressed."""

    scenario: Scenario
    published: ScenarioVersion | None
    draft: ScenarioVersion | None
    customers: int
    stop: SendingSwitch | None
    rules: tuple[AssignmentRule, ...]


def scenario_list() -> list[ScenarioRow]:
    """Return every scenario, the default first, the archived last."""
    counts = follower_counts()
    stops = {switch.scenario_id: switch for switch in _stops()}
    rules = AssignmentRule.objects.order_by("position")
    found = Scenario.objects.prefetch_related("versions", Prefetch("rules", queryset=rules))
    return [
        _row(scenario, counts, stops)
        for scenario in found.order_by("is_archived", "-is_default", "name")
    ]


def _row(
    scenario: Scenario, counts: Mapping[UUID, int], stops: Mapping[UUID | None, SendingSwitch]
) -> ScenarioRow:
    versions = list(scenario.versions.all())  # newest first
    return ScenarioRow(
        scenario=scenario,
        published=next((one for one in versions if not one.is_draft), None),
        draft=next((one for one in versions if one.is_draft), None),
        customers=counts.get(scenario.pk, 0),
        stop=stops.get(scenario.pk),
        rules=tuple(scenario.rules.all()),
    )


def follower_counts() -> dict[UUID, int]:
    """Return how many customers follow each scenario; who has no row of his own follows the default."""
    rows = ScenarioAssignment.objects.values_list("scenario").annotate(count=Count("pk")).order_by()
    counts: Counter[UUID] = Counter(dict(rows))
    default_id = Scenario.objects.filter(is_default=True).values_list("pk", flat=True).first()
    if default_id is not None:
        counts[default_id] += Customer.objects.count() - counts.total()
    return dict(counts)


def follows(code: str) -> Q:
    """Return the filter of customers who follow the scenario with this code; of nobody where there is none."""
    assigned = ScenarioAssignment.objects.filter(customer=OuterRef("pk"))
    condition = Q(Exists(assigned.filter(scenario__code=code)))
    if Scenario.objects.filter(code=code, is_default=True).exists():
        condition |= ~Q(Exists(assigned))
    return condition


def _stops() -> Iterable[SendingSwitch]:
    return SendingSwitch.objects.filter(is_stopped=True).exclude(scenario=None)


@dataclass(frozen=True, slots=True)
class ScenarioPage:
    """One scenario: the version shown, and all there are, the newest first, with their steps.

    `switch` is its red button as it was turned last, None when nobody ever did. `items` counts the open items that
    follow it by somebody's choice, whatever their customers do; `former_names` come the latest first.
    """

    scenario: Scenario
    shown: ScenarioVersion
    versions: tuple[ScenarioVersion, ...]
    customers: int
    switch: SendingSwitch | None
    rules: tuple[AssignmentRule, ...]
    names: Mapping[str, str]
    items: int = 0
    former_names: tuple[FormerName, ...] = ()

    @property
    def stop(self) -> SendingSwitch | None:
        """The red button while it is pressed."""
        return self.switch if self.switch and self.switch.is_stopped else None

    @property
    def published(self) -> ScenarioVersion | None:
        """The version that is followed today."""
        return next((one for one in self.versions if not one.is_draft), None)

    @property
    def draft(self) -> ScenarioVersion | None:
        """The draft, if somebody opened one."""
        return next((one for one in self.versions if one.is_draft), None)

    @property
    def authors(self) -> list[str]:
        """The names of everybody who wrote in the version shown, the last writer last."""
        return [self.names[one] for one in self.shown.authors if one in self.names]


def scenario_page(
    scenario: Scenario, *, number: int | None = None, today: date | None = None
) -> ScenarioPage | None:
    """Return a scenario with version `number`, else its draft, else its newest; None when it has no such version.

    Items are counted as of `today`, not at all when it is None.
    """
    steps = Step.objects.order_by("offset_days")
    versions = tuple(
        scenario.versions.select_related("scenario", "published_by", "written_by")
        .prefetch_related(Prefetch("steps", queryset=steps))
        .order_by("-number")
    )
    shown = next((one for one in versions if number is None or one.number == number), None)
    if shown is None:
        return None
    return ScenarioPage(
        scenario=scenario,
        shown=shown,
        versions=versions,
        customers=follower_counts().get(scenario.pk, 0),
        switch=SendingSwitch.objects.filter(scenario=scenario).select_related("changed_by").first(),
        rules=tuple(AssignmentRule.objects.filter(scenario=scenario)),
        names=_names(one for version in versions for one in version.authors),
        items=_items_following(scenario, today) if today else 0,
        former_names=tuple(scenario.former_names.select_related("changed_by")),
    )


def _items_following(scenario: Scenario, today: date) -> int:
    chosen = LineOverride.objects.in_force(today).filter(scenario=scenario)
    return chosen.filter(due_line__is_open=True).count()


def _names(ids: Iterable[str]) -> dict[str, str]:
    found = Membership.objects.filter(pk__in=set(ids)).values_list("pk", "name")
    return {str(pk): name for pk, name in found}


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule in its place; `hidden_by` is the earlier rule that leaves it nobody."""

    rule: AssignmentRule
    customers: int
    hidden_by: AssignmentRule | None


def rule_list() -> list[RuleRow]:
    """Return the rules in the order in which they are asked; only active ones can hide one another."""
    rules = list(AssignmentRule.objects.select_related("scenario", "changed_by"))
    by_id = {rule.pk: rule for rule in rules}
    hidden = dict(shadowed(rule.as_rule() for rule in rules if rule.is_active))
    counts = dict(
        ScenarioAssignment.objects.exclude(rule=None)
        .values_list("rule")
        .annotate(count=Count("pk"))
        .order_by()
    )
    return [
        RuleRow(
            rule=rule,
            customers=counts.get(rule.pk, 0),
            hidden_by=by_id[hidden[rule.pk]] if rule.pk in hidden else None,
        )
        for rule in rules
    ]


def scenarios_to_lead_to() -> list[Scenario]:
    """Return the scenarios a rule may lead to: published once, and not archived."""
    ready = Scenario.objects.filter(is_archived=False, versions__is_draft=False)
    return list(ready.distinct().order_by("name"))


def portfolio_names() -> dict[str, str]:
    """Return the nodes a customer may be followed in, by path: countries, entities and portfolios, in tree order."""
    nodes = Scope.objects.exclude(kind=ScopeKind.GROUP).order_by("path")
    return dict(nodes.values_list("path", "name"))


def countries_of_customers() -> list[str]:
    """Return the countries of the tenant's customers, in order."""
    return list(Customer.objects.order_by("country").values_list("country", flat=True).distinct())


def rule_exists(scenario: Scenario, conditions: Mapping[str, object]) -> bool:
    """Return whether a rule asks exactly this and leads there."""
    known = AssignmentRule.objects.filter(scenario=scenario)
    return any(as_stored(rule.as_rule().conditions) == conditions for rule in known)
