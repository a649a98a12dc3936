"""Plan a day: ask the rule about every group of the ledger and store what it answers.

One advisory lock per tenant, a handful of statements whatever the size, and safe to repeat: the rows that
still stand are kept, those whose reason is gone are cancelled, and only what is new is added.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.models import Tenant
from accounts.services import audit
from dunning.models import Reminder, Run
from dunning.queries import facts as facts_of_ledger
from dunning.queries.closures import closed_days
from dunning.queries.lines import euro_rates
from dunning.queries.scenarios import followings
from dunning.queries.templates import translations
from dunning.rules.breaker import RunVolume, VolumeVerdict, judge_volume
from dunning.rules.decision import HoldReason
from dunning.rules.outbox import State
from dunning.rules.policy import DEFAULT_POLICY, Policy
from dunning.rules.sales import objection_deadline
from dunning.rules.steps import Channel, Mode
from dunning.services import plan_rows
from dunning.services.assignments import assign_scenarios
from dunning.services.circumstances import circumstances_of
from dunning.services.letters import look_at_addresses, void_settled
from dunning.services.locks import lock_plan
from dunning.services.payment_plans import settle_plans
from dunning.services.plan_draft import Day, Draft, Drafter, waiting_rows
from dunning.services.scenarios import ensure_ready_scenarios
from kernel.identifiers import uuid7
from kernel.permissions import Actor
from kernel.tenancy import current_tenant_id
from ledger.models import Customer

MEDIAN_DAYS = 30


@dataclass(frozen=True, slots=True)
class Coverage:
    """How every overdue line is covered; amounts per currency, tax included.

    `uncovered` counts lines that the ledger says are overdue and the plan did not see: 0, or a fault.
    """

    overdue_lines: int
    covered: int
    lines_by_state: dict[str, int]
    overdue: dict[str, Decimal]
    chased: dict[str, Decimal]
    left_out: dict[str, dict[str, Decimal]]

    @property
    def uncovered(self) -> int:
        """The lines that slipped through."""
        return self.overdue_lines - self.covered


@dataclass(frozen=True, slots=True)
class PlanResult:
    """What a run did: `planned` reminders are new, `kept` ones waited already, `held_back` counts groups."""

    run_id: UUID
    run_date: date
    planned: tuple[UUID, ...]
    kept: int
    cancelled: int
    held_back: dict[str, int]
    coverage: Coverage
    volume: VolumeVerdict


MESSAGES = tuple(channel for channel in Channel if channel.is_written)


def plan_reminders(
    *,
    today: date,
    now: datetime,
    actor: Actor,
    opens_now: bool = False,
    policy: Policy = DEFAULT_POLICY,
) -> PlanResult:
    """Plan the reminders of `today` for the tenant of the open scope and return what was done.

    With `opens_now` the messages may leave at once, as if the send window had opened on that day; otherwise
    at the next opening in each recipient's country. Running it again adds nothing.
    """
    lock_plan()
    with _whole_sets_joined():
        return _plan(
            _day(today=today, now=now, opens_now=opens_now, policy=policy, actor=actor),
            policy=policy,
            actor=actor,
        )


@contextmanager
def _whole_sets_joined() -> Iterator[None]:
    """Keep the planner from joining row by row while a run is planned.

    Statistics know nothing yet of the reminders of the last run: what has been told a customer is taken for next to
    nothing, and going through it again for every line grows with the square of the ledger.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        yield
        cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")


def _plan(day: Day, *, policy: Policy, actor: Actor) -> PlanResult:
    today = day.today
    rates = euro_rates(today=today)
    parameters = facts_of_ledger.group_parameters(
        today=today,
        policy=policy,
        rates=rates,
        announcements={each.scenario_id: each.announcement for each in day.followings.all},
        default_id=day.followings.default.scenario_id,
        is_anchored=day.followings.is_anchored,
    )
    drafter = Drafter(
        day,
        customers=facts_of_ledger.customers(
            today=today,
            policy=policy,
            translations=translations(),
            gap_days=day.followings.contact_gap_days,
        ),
        waiting=waiting_rows(),
    )
    draft = drafter.take(facts_of_ledger.groups(parameters))
    volume = _judge(draft, today)
    run = _store(day, draft, volume, parameters)
    look_at_addresses()
    void_settled(now=day.now)
    coverage = _coverage(draft, today)
    planned = tuple(row["id"] for row in draft.new)
    result = PlanResult(
        run_id=run.pk,
        run_date=today,
        planned=planned,
        kept=draft.kept,
        cancelled=len(draft.cancelled),
        held_back=dict(draft.held_back),
        coverage=coverage,
        volume=volume,
    )
    _finish(run, result, actor)
    return result


def _day(*, today: date, now: datetime, opens_now: bool, policy: Policy, actor: Actor) -> Day:
    ensure_ready_scenarios()
    assign_scenarios(today=today, actor=actor)
    settle_plans(actor=actor, today=today, now=now)
    tenant = Tenant.objects.get(pk=current_tenant_id())
    return Day(
        run_id=uuid7(),
        now=now,
        opens_now=opens_now,
        followings=followings(policy),
        circumstances=circumstances_of(tenant, today=today, policy=policy),
        closures=closed_days(since=min(today, now.date()) - timedelta(days=1)),
        objection_deadline=objection_deadline(
            now, zone=ZoneInfo(tenant.time_zone), country=tenant.country
        ),
    )


def _judge(draft: Draft, today: date) -> VolumeVerdict:
    messages = [row for row in draft.new if Channel(row["channel"]).is_written]
    earlier = Run.objects.filter(
        run_date__gt=today - timedelta(days=MEDIAN_DAYS), run_date__lte=today, planned__gt=0
    )
    return judge_volume(
        RunVolume(len(messages), len(draft.new) - len(messages)),
        automatic=sum(1 for row in messages if row["mode"] == Mode.AUTO),
        earlier=[
            RunVolume(sent, planned - sent)
            for sent, planned in earlier.values_list("messages", "planned")
        ],
        customers=Customer.objects.count(),
    )


def _store(day: Day, draft: Draft, volume: VolumeVerdict, parameters: dict[str, Any]) -> Run:
    """Write the draft: cancel, add, refresh, name the lines, and replace the list of what is held back."""
    run = Run.objects.create(
        id=day.run_id, run_date=day.today, is_held=volume.is_held, started_at=day.now
    )
    for row in draft.new:
        row["state"] = State.HELD if volume.is_held else State.PLANNED
        row["held_reason"] = HoldReason.VOLUME if volume.is_held else ""
    plan_rows.cancel(draft.cancelled, now=day.now)
    added = plan_rows.insert(draft.new, run=run, today=day.today, now=day.now)
    draft.new = [row for row in draft.new if row["id"] in added]
    plan_rows.refresh(draft.refreshed)
    plan_rows.name_lines(
        [*draft.new, *draft.refreshed], followings=day.followings, parameters=parameters
    )
    plan_rows.replace_held(draft.held, run=run)
    return run


def _coverage(draft: Draft, today: date) -> Coverage:
    counted = facts_of_ledger.overdue_count(today=today)
    return Coverage(
        overdue_lines=counted.lines,
        covered=sum(draft.lines_by_state.values()),
        lines_by_state={state: lines for state, lines in draft.lines_by_state.items() if lines},
        overdue=dict(counted.amounts),
        chased=dict(draft.chased),
        left_out={reason: dict(amounts) for reason, amounts in draft.left_out.items()},
    )


def _finish(run: Run, result: PlanResult, actor: Actor) -> None:
    """Keep the run's figures, and wake the statistics after a large one."""
    run.planned = len(result.planned)
    run.messages = _messages_of(run)
    run.volume = {
        "limit": result.volume.limit,
        "messages": result.volume.messages,
        "basis": result.volume.basis,
    }
    run.held_back = result.held_back
    run.coverage = {
        "overdue_lines": result.coverage.overdue_lines,
        "covered": result.coverage.covered,
        "uncovered": result.coverage.uncovered,
        "lines_by_state": result.coverage.lines_by_state,
    }
    run.save()
    audit.record(
        actor=actor,
        action="dunning.plan_reminders",
        object_kind="run",
        object_id=run.pk,
        run_date=run.run_date.isoformat(),
        planned=run.planned,
        messages=run.messages,
        is_held=run.is_held,
        cancelled=result.cancelled,
    )


def _messages_of(run: Run) -> int:
    return Reminder.objects.filter(run=run, channel__in=MESSAGES).count()
