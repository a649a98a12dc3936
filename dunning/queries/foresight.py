"""What the pages of a simulation ask: whom to walk over, for which days, and what the people of the house can do."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from django.db.models import F
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dunning.models import Scenario, ScenarioVersion
from dunning.queries.scenarios import followings
from dunning.queries.simulation import Span, followers, next_working_days, simulate_version
from dunning.rules.simulated import Simulation
from dunning.rules.simulation_changes import Change, changes
from kernel import formats
from kernel.errors import Refused
from kernel.periods import month_end, month_start, months_back
from kernel.permissions import Actor
from ledger.models import Customer, Entity, within

BACK_TEST_MONTHS = 12
ROUND_DAYS = 60  # reading a customer costs as much as walking over so many of his days
WALKED_AT_MOST = 300_000  # days of customers for one page: four to six seconds on one core
EVERYTHING = "/"


class TooMuchToSimulate(Refused):
    """More customers and days than a page may keep somebody waiting for."""

    code: ClassVar[str] = "too_much_to_simulate"


@dataclass(frozen=True, slots=True)
class Circle:
    """The customers walked over: who follows `scenario` in a portfolio, everybody in it where that is None."""

    scenario: Scenario | None
    portfolio: str = EVERYTHING

    def customers(self) -> list[UUID]:
        """Return them in the order of their ids."""
        chosen: Iterable[UUID]
        if self.scenario is None:
            chosen = Customer.objects.order_by("pk").values_list("pk", flat=True)
        else:
            chosen = followers(self.scenario.pk, followings())
        if self.portfolio == EVERYTHING:
            return list(chosen)
        inside = set(Customer.objects.filter(within(self.portfolio)).values_list("pk", flat=True))
        return [each for each in chosen if each in inside]


def past_months(today: date) -> list[date]:
    """Return the first days of the months that are over, the latest first, as far as a back-test reaches."""
    first = month_start(today)
    return [months_back(first, number) for number in range(1, BACK_TEST_MONTHS + 1)]


def month_span(month: date, *, today: date, begins_empty: bool = False) -> Span:
    """Return a month that is over."""
    return Span(month_start(month), month_end(month), today, begins_empty=begins_empty)


def back_test_span(today: date, *, begins_empty: bool = False) -> Span:
    """Return the twelve months before this one."""
    months = past_months(today)
    return Span(months[-1], month_end(months[0]), today, begins_empty=begins_empty)


def refuse_too_much(customers: int, span: Span, *, times: int) -> None:
    """Refuse what would keep the page for long; `times` versions are walked. Raises TooMuchToSimulate."""
    days = (span.last_day - span.walked_from).days + 1
    if customers * (days + ROUND_DAYS) * times <= WALKED_AT_MOST:
        return
    most = WALKED_AT_MOST // ((days + ROUND_DAYS) * times)
    raise TooMuchToSimulate(
        _(
            "%(customers)s customers over %(days)s days are too much to simulate while you wait: at most %(most)s. "
            "Choose a portfolio or fewer days, or let a worker compute it."
        )
        % {
            "customers": formats.number(customers, get_language() or "en"),
            "days": days * times,
            "most": formats.number(most, get_language() or "en"),
        },
        customers=customers,
        days=days,
        most=most,
    )


def simulated(
    versions: Sequence[ScenarioVersion], customers: Collection[UUID], span: Span
) -> list[Simulation]:
    """Return what each version would do with the same customers. Raises TooMuchToSimulate, SimulationRefused."""
    refuse_too_much(len(customers), span, times=len(versions))
    return [simulate_version(each, span, customers=customers) for each in versions]


@dataclass(frozen=True, slots=True)
class Impact:
    """What publishing a draft today changes in the next ten working days, for those who follow the scenario."""

    before: Simulation
    after: Simulation
    changes: Sequence[Change]


def impact_of(
    draft: ScenarioVersion, published: ScenarioVersion | None, *, today: date, now: datetime
) -> Impact | None:
    """Return what publishing `draft` today changes; None when nobody follows the scenario yet.

    Raises TooMuchToSimulate.
    """
    customers = Circle(draft.scenario).customers() if published else []
    if not customers or published is None:
        return None
    before, after = simulated(
        [published, draft], customers, next_working_days(today=today, now=now)
    )
    return Impact(before, after, changes(before, after))


def names_seen(customers: Collection[UUID], actor: Actor) -> dict[UUID, tuple[str, str]]:
    """Return code and name of those of the customers whom `actor` may see, by id."""
    seen = Customer.objects.visible_to(actor).filter(pk__in=customers)
    return {pk: (code, name) for pk, code, name in seen.values_list("pk", "code", "name")}


def entity_codes() -> dict[UUID, str]:
    """Return the codes of the legal entities by id."""
    return dict(Entity.objects.order_by(F("code")).values_list("pk", "code"))


def comparable_versions(scenario: Scenario) -> list[ScenarioVersion]:
    """Return what may stand beside a version: the scenario's own, the newest first, then what others follow."""
    own = scenario.versions.select_related("scenario").prefetch_related("steps").order_by("-number")
    others = (
        ScenarioVersion.objects.filter(is_draft=False, scenario__is_archived=False)
        .exclude(scenario=scenario)
        .select_related("scenario")
        .prefetch_related("steps")
        .order_by("scenario_id", "-number")
        .distinct("scenario_id")
    )
    return [*own, *sorted(others, key=lambda one: one.scenario.name)]
