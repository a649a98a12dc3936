"""Ask a worker for a simulation too large to wait for, compute it in turns, keep it some days (issue: any size).

The row is the promise: each turn walks over some customers and commits what it found with the place it came to. A
killed worker loses one turn; whoever looks next goes on from that place. All tenants share one place to compute in,
so that the other workers of a machine go on sending (docs/decisions/simulation.md).
"""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from accounts.services import audit
from dunning.models import (
    UNDER_WAY,
    Scenario,
    ScenarioVersion,
    SimulatedCustomer,
    SimulationState,
    StoredSimulation,
)
from dunning.queries.findings_kept import kept_customer, kept_side, side_kept
from dunning.queries.foresight import ROUND_DAYS
from dunning.queries.scenarios import followings
from dunning.queries.simulation import courses_with, refuse, simulate, would_follow
from dunning.queries.stored_simulations import (
    Question,
    circle_of,
    span_of,
    trail_end,
    versions_of,
    walked_days,
)
from dunning.rules.findings import findings, sides_of, together
from dunning.services.locks import may_simulate
from kernel import formats
from kernel.errors import Refused
from kernel.identifiers import uuid7
from kernel.permissions import Actor
from kernel.tenancy import tenant_scope

logger = logging.getLogger(__name__)

WALKED_A_TURN = 250_000  # days of customers: about five seconds on one core
WALKED_AT_MOST = 120_000_000  # 100,000 customers, twelve months, two versions, and some more
UNDER_WAY_AT_MOST = 5  # of one tenant
MOST_TRIES = 5  # turns begun and never ended before somebody has to look
MOST_SECONDS = Decimal(3600)  # of work
KEPT_DAYS = 14
ROWS_AT_A_TIME = 1000


class SimulationNotAsked(Refused):
    """The simulation is not computed: it is too large, or enough is under way already."""

    code: ClassVar[str] = "simulation_not_asked"


def ask_simulation(
    *, scenario: Scenario, question: Question, actor: Actor, now: datetime
) -> StoredSimulation:
    """Ask a worker for a simulation and return its row; the one under way where the same is asked already.

    Raises SimulationNotAsked, SimulationRefused.
    """
    refuse(question.span)
    versions = [_kept(each) for each in question.versions]
    customers = len(question.circle.customers())
    _refuse_size(customers, question)
    fields = {
        "scenario": scenario,
        "versions": versions,
        "over": question.circle.scenario,
        "portfolio": question.circle.portfolio,
        "first_day": question.span.first_day,
        "last_day": question.span.last_day,
        "asked_date": question.span.today,
        "begins_empty": question.span.begins_empty,
    }
    name = _name(fields)
    known = StoredSimulation.objects.under_way().filter(question=name).first()
    if known is not None:
        return known
    _refuse_crowd()
    try:
        with transaction.atomic():
            stored = StoredSimulation.objects.create(
                **fields,
                question=name,
                customers=customers,
                asked_by_id=actor.membership_id,
                asked_at=now,
            )
    except IntegrityError:
        return StoredSimulation.objects.under_way().get(question=name)
    audit.record(
        actor=actor,
        action="dunning.ask_simulation",
        object_kind="simulation",
        object_id=stored.pk,
        scenario=scenario.code,
        customers=customers,
        versions=[each["id"] for each in versions],
        first=question.span.first_day.isoformat(),
        last=question.span.last_day.isoformat(),
    )
    return stored


def _kept(version: ScenarioVersion) -> dict[str, object]:
    return {
        "id": str(version.pk),
        "scenario": version.scenario.code,
        "name": version.scenario.name,
        "number": version.number,
        "is_draft": version.is_draft,
        "changed": version.changed_at.isoformat(),
    }


def _name(fields: dict[str, object]) -> str:
    """Return what is equal for two who ask the same of the same versions."""
    text = json.dumps(
        fields, default=lambda value: str(getattr(value, "pk", value)), sort_keys=True
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _refuse_size(customers: int, question: Question) -> None:
    size = walked_days(customers, question)
    if size <= WALKED_AT_MOST:
        return
    language = get_language() or "en"
    most = WALKED_AT_MOST * customers // size
    raise SimulationNotAsked(
        _(
            "%(customers)s customers over these days are more than a worker takes: at most %(most)s. "
            "Choose a portfolio, fewer days, or one version alone."
        )
        % {
            "customers": formats.number(customers, language),
            "most": formats.number(most, language),
        },
        customers=customers,
        most=most,
    )


def _refuse_crowd() -> None:
    under_way = StoredSimulation.objects.under_way().count()
    if under_way < UNDER_WAY_AT_MOST:
        return
    raise SimulationNotAsked(
        ngettext(
            "%(count)s simulation is being computed or waits. Stop it, or ask again when it is done.",
            "%(count)s simulations are being computed or wait. Stop one of them, or ask again when one is done.",
            under_way,
        )
        % {"count": under_way},
        under_way=under_way,
    )


def stop_simulation(*, stored: StoredSimulation, actor: Actor, now: datetime) -> None:
    """Stop a computation; what is done already stays as it is, and nothing happens to it."""
    found = StoredSimulation.objects.select_for_update().get(pk=stored.pk)
    if found.state not in UNDER_WAY:
        return
    _end(found, SimulationState.STOPPED, now=now)
    audit.record(
        actor=actor,
        action="dunning.stop_simulation",
        object_kind="simulation",
        object_id=found.pk,
        walked=found.walked,
    )


def _end(
    stored: StoredSimulation, state: SimulationState, *, now: datetime, problem: str = ""
) -> None:
    """Close a computation; only what is done keeps its rows."""
    stored.state, stored.finished_at, stored.problem = state, now, problem[:300]
    stored.save(update_fields=["state", "finished_at", "problem"])
    if state is not SimulationState.DONE:
        SimulatedCustomer.objects.filter(simulation=stored).delete()


def take_turn(
    tenant_id: UUID,
    *,
    clock: Callable[[], datetime],
    elapsed: Callable[[], float] = time.monotonic,
) -> bool:
    """Walk over the next customers of a tenant's oldest simulation; return whether a turn was taken.

    False too when another worker has the place. Opens its own scopes: the first counts the try, so that a walk that
    kills its worker each time ends in words after `MOST_TRIES`.
    """
    with tenant_scope(tenant_id):
        stored = _next()
        if stored is None or not may_simulate():
            return False
        if not _is_begun(stored, now=clock()):
            return True
    try:
        with tenant_scope(tenant_id):
            if not may_simulate():
                return False
            _walk(stored.pk, now=clock(), elapsed=elapsed)
    except Refused as refused:
        _break_off(tenant_id, stored.pk, refused.message, now=clock())
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        # The tries are counted: the next turn tries the same customers again, and the last one says so in words.
        logger.exception("simulation %s broke off", stored.pk)
    return True


def _next() -> StoredSimulation | None:
    """Return the tenant's simulation to go on with: one at a time, in the order in which they were asked."""
    waiting = StoredSimulation.objects.under_way().select_for_update(skip_locked=True)
    return waiting.order_by("state", "asked_at", "id").first()


def _is_begun(stored: StoredSimulation, *, now: datetime) -> bool:
    """Count a try, and note the ledger as it is before the first; False when it was tried too often or too long."""
    if stored.tries >= MOST_TRIES:
        message = _("The computation broke off %(count)s times at the same customers.")
        _end(stored, SimulationState.FAILED, now=now, problem=message % {"count": MOST_TRIES})
        return False
    if stored.seconds >= MOST_SECONDS:
        _end(stored, SimulationState.FAILED, now=now, problem=_too_long())
        return False
    if stored.state == SimulationState.WAITING:
        stored.state, stored.started_at = SimulationState.RUNNING, now
        stored.ledger_sequence, stored.ledger_moment = trail_end(), now
    stored.tries += 1
    stored.save()
    return True


def _too_long() -> str:
    return _("It took more than an hour of work. Choose a portfolio or fewer days.")


def _break_off(tenant_id: UUID, stored_id: UUID, problem: str, *, now: datetime) -> None:
    with tenant_scope(tenant_id):
        stored = StoredSimulation.objects.select_for_update().get(pk=stored_id)
        if stored.state in UNDER_WAY:
            _end(stored, SimulationState.FAILED, now=now, problem=problem)


def _walk(stored_id: UUID, *, now: datetime, elapsed: Callable[[], float]) -> None:
    """Walk over the customers of one turn, keep what they hear, and end the simulation after the last."""
    stored = StoredSimulation.objects.select_for_update().get(pk=stored_id)
    if stored.state != SimulationState.RUNNING:
        return  # stopped meanwhile
    began = elapsed()
    versions = _versions(stored)
    left = _left(stored)
    span = span_of(stored)
    days = (span.last_day - span.walked_from).days + 1
    turn = left[: max(1, WALKED_A_TURN // ((days + ROUND_DAYS) * len(versions)))]
    if turn or not stored.sides:
        _keep(stored, versions, turn)
    stored.walked += len(turn)
    stored.customers = stored.walked + len(left) - len(turn)  # some came or went meanwhile
    stored.cursor = turn[-1] if turn else stored.cursor
    stored.tries = 0
    stored.seconds += Decimal(str(round(elapsed() - began, 2)))
    stored.save()
    if len(turn) == len(left):
        _end(stored, SimulationState.DONE, now=now)


def _versions(stored: StoredSimulation) -> list[ScenarioVersion]:
    versions = versions_of(stored)
    if len(versions) < len(stored.versions):
        raise SimulationNotAsked(
            _("A draft of it was discarded meanwhile. Open the scenario and ask again.")
        )
    archived = next((each.scenario for each in versions if each.scenario.is_archived), None)
    if archived is not None:
        raise SimulationNotAsked(
            _("“%(name)s” was archived meanwhile. Bring it back, then ask again.")
            % {"name": archived.name}
        )
    return versions


def _left(stored: StoredSimulation) -> list[UUID]:
    """Return the customers that were not walked over, in the order of their ids."""
    customers = sorted(circle_of(stored).customers())
    return [each for each in customers if stored.cursor is None or each > stored.cursor]


def _keep(
    stored: StoredSimulation, versions: Sequence[ScenarioVersion], customers: list[UUID]
) -> None:
    """Simulate some customers; keep each one's findings in a row and add the sums to what is there."""
    span, known = span_of(stored), followings()
    simulations = [
        simulate(
            would_follow(each, span, customers, known=known),
            span,
            courses=courses_with(each, span, known=known),
        )
        for each in versions
    ]
    found = findings(simulations)
    sides = sides_of(simulations, found)
    if stored.sides:
        kept = [side_kept(each) for each in stored.sides]
        sides = [together(one, other) for one, other in zip(kept, sides, strict=True)]
    stored.sides = [kept_side(each) for each in sides]
    SimulatedCustomer.objects.bulk_create(
        (
            SimulatedCustomer(
                id=uuid7(),
                simulation=stored,
                customer_id=each.customer_id,
                **kept_customer(each),
            )
            for each in found
        ),
        batch_size=ROWS_AT_A_TIME,
    )


def forget_old_simulations(*, now: datetime) -> int:
    """Remove simulations asked for more than `KEPT_DAYS` days ago; return how many."""
    old = StoredSimulation.objects.filter(asked_at__lt=now - timedelta(days=KEPT_DAYS))
    ids = list(old.values_list("pk", flat=True))
    SimulatedCustomer.objects.filter(simulation__in=ids).delete()
    StoredSimulation.objects.filter(pk__in=ids).delete()
    return len(ids)
