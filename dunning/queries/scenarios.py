"""Which scenario each customer follows, with its newest published version."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from dunning.models import Reminder, Scenario, ScenarioAssignment, ScenarioVersion
from dunning.rules.decision import announcement_of
from dunning.rules.grouping import Announcement
from dunning.rules.policy import DEFAULT_POLICY, Policy, as_often_as
from dunning.rules.steps import ScenarioRules


@dataclass(frozen=True, slots=True)
class Following:
    """A version as the chase follows it; `step_ids` are its steps by number."""

    scenario_id: UUID
    version_id: UUID
    rules: ScenarioRules
    policy: Policy
    step_ids: Mapping[int, UUID]

    @property
    def announcement(self) -> Announcement | None:
        """Which lines it announces before they fall due."""
        return announcement_of(self.rules)


@dataclass(frozen=True, slots=True)
class Followings:
    """The scenario of every customer: that of his row, else the default.

    Steps before the day since when a customer follows his scenario are never taken for lines already chased.
    """

    default: Following
    by_scenario: Mapping[UUID, Following]
    assigned: Mapping[UUID, tuple[UUID, date]]
    _since: dict[tuple[UUID, date], Following] = field(default_factory=dict)
    _courses: dict[tuple[UUID, Policy], Following] = field(default_factory=dict)

    def of_lines(self, customer_id: UUID, course: UUID | None) -> Following:
        """Return what lines of a customer follow: `course`, chosen for them, else what he follows.

        How often he hears is about him, whatever his lines follow: gap and cap are those of his own scenario.
        """
        own = self.of(customer_id)
        if course is None or course not in self.by_scenario:
            return own
        key = (course, own.policy)
        if key not in self._courses:
            chosen = self.by_scenario[course]
            self._courses[key] = replace(chosen, policy=as_often_as(own.policy, chosen.policy))
        return self._courses[key]

    def of(self, customer_id: UUID) -> Following:
        """Return what a customer follows."""
        found = self.assigned.get(customer_id)
        if found is None:
            return self.default
        if found not in self._since:
            following = self.by_scenario.get(found[0], self.default)
            self._since[found] = replace(following, rules=since(following.rules, found[1]))
        return self._since[found]

    @property
    def all(self) -> tuple[Following, ...]:
        """Every scenario that is published."""
        return tuple(self.by_scenario.values())

    @property
    def is_anchored(self) -> bool:
        """Whether any of them counts a step from anything but the due date."""
        return any(each.rules.is_anchored for each in self.all)

    @property
    def contact_gap_days(self) -> int:
        """Return how many days ahead contacts must be known."""
        return max(each.policy.contact_gap_days for each in self.all)


def since(rules: ScenarioRules, day: date) -> ScenarioRules:
    """Return the rules as somebody follows them since `day`: what they asked for before that day is past."""
    published = rules.published_date
    return replace(rules, published_date=day if published is None else max(day, published))


def contact_policy(reminder: Reminder, policy: Policy) -> Policy:
    """Return `policy`, that of a reminder's scenario, with the gap and cap of the scenario its customer follows."""
    if reminder.line_scenario_id is None:
        return policy
    own = ScenarioAssignment.objects.filter(customer=reminder.customer_id).values("scenario")[:1]
    published = ScenarioVersion.objects.filter(is_draft=False).order_by("-number")
    version = published.filter(scenario__in=own).first()
    version = version or published.filter(scenario__is_default=True)[0]
    return as_often_as(version.as_policy(DEFAULT_POLICY), policy)


def followings(policy: Policy = DEFAULT_POLICY) -> Followings:
    """Return what every customer of the tenant follows. There is a default scenario with a published version."""
    versions = (
        ScenarioVersion.objects.filter(is_draft=False)
        .select_related("scenario")
        .prefetch_related("steps")
        .order_by("scenario_id", "-number")
        .distinct("scenario_id")
    )
    by_scenario = {version.scenario_id: following_of(version, policy) for version in versions}
    default_id = Scenario.objects.values_list("pk", flat=True).get(is_default=True)
    rows = ScenarioAssignment.objects.values_list("customer_id", "scenario_id", "since_date")
    return Followings(
        default=by_scenario[default_id],
        by_scenario=by_scenario,
        assigned={row[0]: (row[1], row[2]) for row in rows.iterator(chunk_size=5000)},
    )


def following_of(version: ScenarioVersion, policy: Policy = DEFAULT_POLICY) -> Following:
    """Return one version as the chase follows it."""
    return Following(
        scenario_id=version.scenario_id,
        version_id=version.pk,
        rules=version.as_rules(),
        policy=version.as_policy(policy),
        step_ids={step.number: step.pk for step in version.steps.all()},
    )
