"""Simulating a scenario over the tenant's own ledger: the past as it was, or the next days if nobody paid."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.models import Tenant
from dunning.models import LineOverride, Scenario, ScenarioVersion
from dunning.queries.closures import closed_days
from dunning.queries.history import Reading, histories, rates_until
from dunning.queries.scenarios import Following, Followings, following_of, followings, since
from dunning.queries.templates import translations
from dunning.rules.calendar import is_working_day, zone_of
from dunning.rules.history import CustomerHistory
from dunning.rules.policy import DEFAULT_POLICY, Policy
from dunning.rules.simulated import SimulatedStep, Simulation, Sums
from dunning.rules.simulation import simulation_of
from dunning.rules.walk import Followed, Frame
from kernel.errors import Refused
from kernel.tenancy import current_tenant_id
from ledger.models import Customer, Entity

LONGEST_DAYS = 366
EARLIEST = date(1970, 1, 1)
DRY_RUN_DAYS = 10  # working days
BATCH = 2000  # customers read at a time: what is kept in memory does not grow with the ledger


class SimulationRefused(Refused):
    """The days asked for cannot be simulated."""

    code: ClassVar[str] = "simulation_refused"


class UnknownScenario(Refused):
    """No scenario has this code, and no version this id."""

    code: ClassVar[str] = "unknown_scenario"
    status: ClassVar[int] = 404


@dataclass(frozen=True, slots=True)
class Span:
    """The days to simulate, both included, and the day on which it is asked.

    Days before `today` show the ledger as it was on each; later ones suppose that nobody pays. With `begins_empty`
    nothing was ever said to anybody before `first_day`; otherwise the memory is what really was taken before it.
    `opens_daily` lets everything leave on the day it is planned, whatever the calendar says. `now`, where given,
    is the hour from which `today` may still be used.
    """

    first_day: date
    last_day: date
    today: date
    begins_empty: bool = False
    opens_daily: bool = False
    now: datetime | None = None

    @property
    def walked_from(self) -> date:
        """Where the walk begins: days that are still to come are reached from today on."""
        return min(self.first_day, self.today)


def next_working_days(
    *, today: date, now: datetime | None = None, days: int = DRY_RUN_DAYS
) -> Span:
    """Return the next working days of the tenant's country, `today` counted if it is one."""
    country = _tenant().country
    last_day, found = today, 0
    while True:
        found += is_working_day(last_day, country=country)
        if found == days:
            return Span(today, last_day, today, now=now)
        last_day += timedelta(days=1)


def scenario_version(ident: str) -> ScenarioVersion:
    """Return the version followed now of the scenario with this code, else the version with this id.

    A scenario that was never published gives its draft. Raises UnknownScenario.
    """
    versions = ScenarioVersion.objects.select_related("scenario").prefetch_related("steps")
    of_scenario = versions.filter(scenario__code=ident).order_by("is_draft", "-number")
    version_id = _uuid(ident)
    found = of_scenario.first()
    if found is None and version_id is not None:
        found = versions.filter(pk=version_id).first()
    if found is None:
        codes = list(Scenario.objects.order_by("code").values_list("code", flat=True))
        raise UnknownScenario(
            _(
                "There is no scenario and no version “%(ident)s”. "
                "Give the id of a version or one of the codes: %(codes)s."
            )
            % {"ident": ident, "codes": ", ".join(codes) or "–"},
            scenario=ident,
            codes=codes,
        )
    return found


def _uuid(ident: str) -> UUID | None:
    try:
        return UUID(ident)
    except ValueError:
        return None


def simulate_version(
    version: ScenarioVersion,
    span: Span,
    *,
    customers: Collection[UUID] | None = None,
    policy: Policy = DEFAULT_POLICY,
) -> Simulation:
    """Return what would be done if each customer who follows this scenario followed `version`, draft or published.

    `customers` are walked over instead, where given: two versions over the same ones stand side by side, and who
    follows another scenario is taken to begin with this one on the first day. Raises SimulationRefused.
    """
    known = followings(policy)
    if customers is None:
        customers = followers(version.scenario_id, known)
    theirs = would_follow(version, span, customers, known=known, policy=policy)
    courses = courses_with(version, span, known=known, policy=policy)
    return simulate(theirs, span, policy=policy, courses=courses)


def would_follow(
    version: ScenarioVersion,
    span: Span,
    customers: Collection[UUID],
    *,
    known: Followings,
    policy: Policy = DEFAULT_POLICY,
) -> dict[UUID, Following]:
    """Return `version` as each of the customers would follow it; `known` is what they follow now."""
    following = _as_begun(version, span, policy)
    begun: dict[date | None, Following] = {None: following}
    theirs = {}
    for customer_id in customers:
        scenario_id, day = known.assigned.get(customer_id, (known.default.scenario_id, None))
        if scenario_id != version.scenario_id:
            day = span.walked_from
        if day not in begun and day is not None:
            begun[day] = _begun(following, day)
        theirs[customer_id] = begun[day]
    return theirs


def courses_with(
    version: ScenarioVersion, span: Span, *, known: Followings, policy: Policy = DEFAULT_POLICY
) -> dict[UUID, Following]:
    """Return the scenarios that single lines may follow, `version` in the place of its own scenario's newest."""
    return {**known.by_scenario, version.scenario_id: _as_begun(version, span, policy)}


def _as_begun(version: ScenarioVersion, span: Span, policy: Policy) -> Following:
    """Return a version as it would be followed, a draft of a published scenario from the first day on."""
    following = following_of(version, policy)
    is_next = version.is_draft and version.number > 1
    return _begun(following, span.walked_from) if is_next else following


def followers(scenario_id: UUID, known: Followings) -> list[UUID]:
    """Return the customers who follow a scenario now, in the order of their ids."""
    customers = Customer.objects.order_by("pk").values_list("pk", flat=True)
    return [each for each in customers if known.of(each).scenario_id == scenario_id]


def _begun(following: Following, day: date) -> Following:
    return replace(following, rules=since(following.rules, day))


def simulate_tenant(span: Span, *, policy: Policy = DEFAULT_POLICY) -> Simulation:
    """Return what would be done if each customer follows what he follows now. Raises SimulationRefused."""
    known = followings(policy)
    customers = Customer.objects.order_by("pk").values_list("pk", flat=True)
    theirs = {each: known.of(each) for each in customers}
    return simulate(theirs, span, policy=policy, courses=known.by_scenario)


def simulate(
    theirs: Mapping[UUID, Following],
    span: Span,
    *,
    policy: Policy = DEFAULT_POLICY,
    courses: Mapping[UUID, Following] | None = None,
) -> Simulation:
    """Return what would be done if each of these customers followed what is given for him; nothing is written.

    Lines for which somebody chose a scenario follow that, as `courses` has it by id, as published when it is None.
    Call it twice with other scenarios for the same customers to set them side by side. A version published, or a
    scenario followed, after the walk begins is taken as if it had begun with it. Raises SimulationRefused.
    """
    refuse(span)
    tenant = _tenant()
    frame = Frame(
        first_day=span.walked_from,
        last_day=span.last_day,
        zone=ZoneInfo(tenant.time_zone),
        rates=rates_until(span.last_day),
        confirm_everything_until=tenant.created_at.astimezone(zone_of(tenant.country)).date()
        + timedelta(days=policy.confirm_all_days),
        opens_daily=span.opens_daily,
        now=span.now,
        country=tenant.country,
        closures=closed_days(since=span.walked_from - timedelta(days=1)),
    )
    chosen = _courses(followings(policy).by_scenario if courses is None else courses, span)
    followed = {
        key: _followed(following, span.walked_from, chosen)
        for key, following in {id(each): each for each in theirs.values()}.items()
    }
    reading = Reading(
        first_day=span.walked_from,
        last_day=span.last_day,
        today=span.today,
        began_at=frame.planned_at(span.walked_from),
        policy=policy,
        translations=translations(),
        horizon_days=max(map(_horizon_days, [*followed.values(), *chosen.values()]), default=0),
        begins_empty=span.begins_empty,
        is_anchored=any(each.rules.is_anchored for each in [*followed.values(), *chosen.values()]),
        asks_newcomers=any(
            each.rules.asks_newcomers for each in [*followed.values(), *chosen.values()]
        ),
    )
    ordered = sorted(theirs)
    customers: Iterator[tuple[CustomerHistory, Followed]] = (
        (history, followed[id(theirs[history.id])])
        for place in range(0, len(ordered), BATCH)
        for history in histories(ordered[place : place + BATCH], reading)
    )
    return simulation_of(customers, frame, told_from=span.first_day)


def _courses(courses: Mapping[UUID, Following], span: Span) -> dict[UUID, Followed]:
    """Return the scenarios that somebody ever chose for single lines, as the walk follows them."""
    chosen = LineOverride.objects.order_by().values_list("scenario_id", flat=True).distinct()
    return {
        scenario_id: _followed(courses[scenario_id], span.walked_from, {})
        for scenario_id in chosen
        if scenario_id in courses
    }


def _followed(following: Following, first_day: date, courses: Mapping[UUID, Followed]) -> Followed:
    published = following.rules.published_date
    rules = following.rules
    if published is not None and published > first_day:
        rules = replace(rules, published_date=first_day)
    return Followed(rules, following.policy, following.scenario_id, courses)


def _horizon_days(followed: Followed) -> int:
    announcement = followed.announcement
    return announcement.horizon_days if announcement else 0


def refuse(span: Span) -> None:
    """Refuse days that no simulation walks over. Raises SimulationRefused."""
    facts = {"first": span.first_day.isoformat(), "last": span.last_day.isoformat()}
    if span.first_day > span.last_day:
        raise SimulationRefused(
            _(
                "The simulation would begin on %(first)s and end on %(last)s, before it. "
                "Give a last day that is not earlier."
            )
            % facts,
            **facts,
        )
    if span.first_day < EARLIEST:
        raise SimulationRefused(
            _(
                "The simulation would begin on %(first)s, and no ledger is that old. Begin on %(earliest)s or later."
            )
            % {**facts, "earliest": EARLIEST.isoformat()},
            **facts,
        )
    days = (span.last_day - span.walked_from).days + 1
    if days > LONGEST_DAYS:
        last = (span.walked_from + timedelta(days=LONGEST_DAYS - 1)).isoformat()
        raise SimulationRefused(
            _(
                "From %(first)s to %(last)s the simulation would walk over %(days)s days; it takes %(limit)s at most. "
                "Let it end on %(until)s at the latest."
            )
            % {**facts, "days": days, "limit": LONGEST_DAYS, "until": last},
            **facts,
            days=days,
            limit=LONGEST_DAYS,
        )


def _tenant() -> Tenant:
    return Tenant.objects.get(pk=current_tenant_id())


def simulation_document(simulation: Simulation) -> dict[str, Any]:
    """Return a simulation as public JSON: ISO dates, amounts as strings with two decimals, shares as fractions."""
    codes = dict(
        Customer.objects.filter(pk__in=list(simulation.by_customer)).values_list("pk", "code")
    )
    entities = dict(Entity.objects.values_list("pk", "code"))
    peak = simulation.peak_day
    return {
        "from": simulation.first_day.isoformat(),
        "to": simulation.last_day.isoformat(),
        "days": [{"date": each.day.isoformat(), **_sums(each.sums)} for each in simulation.days],
        "customers": [
            {"customer": code, "dates": [_step(step, entities) for step in steps]}
            for code, steps in sorted(
                (codes[key], steps) for key, steps in simulation.by_customer.items()
            )
        ],
        "collisions": [
            {
                "customer": codes[each.customer_id],
                "dates": [each.earlier.isoformat(), each.later.isoformat()],
                "days_apart": each.days_apart,
            }
            for each in simulation.collisions
        ],
        "totals": {
            **_sums(simulation.totals),
            "customers": simulation.customer_count,
            "customers_touched": len(simulation.by_customer),
        },
        "by_level": [
            {"level": each.level, "count": each.count, "share": float(each.share)}
            for each in simulation.by_level
        ],
        "peak_day": {"date": peak.day.isoformat(), **_sums(peak.sums)} if peak else None,
    }


def _sums(sums: Sums) -> dict[str, Any]:
    return {
        "messages": {channel.value: count for channel, count in sums.messages.items()},
        "calls": sums.calls,
        "decisions": sums.decisions,
        "amounts": {currency: f"{amount:.2f}" for currency, amount in sums.amounts.items()},
    }


def _step(step: SimulatedStep, entities: Mapping[UUID, str]) -> dict[str, Any]:
    return {
        "date": step.day.isoformat(),
        "channel": step.step.channel.value,
        "level": step.step.level,
        "step": step.step.number,
        "mode": step.mode.value,
        "entity": entities[step.entity_id],
        "currency": step.currency,
        "amount": f"{step.amount:.2f}",
        "is_let_go": step.is_let_go,
    }
