"""Simulations that a worker computes: what may be asked, over whom, what they found, and what changed since."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.models import AuditEvent
from dunning.models import (
    Scenario,
    ScenarioVersion,
    SimulatedCustomer,
    StoredSimulation,
)
from dunning.queries.findings_kept import customer_kept, side_kept
from dunning.queries.foresight import ROUND_DAYS, Circle
from dunning.queries.simulation import Span
from dunning.rules.findings import CustomerFindings, Side
from kernel.permissions import Actor
from ledger.models import Customer

READ_AT_A_TIME = 2000

# What moves a ledger or the words that keep a line out. What a simulation itself reads of it is not told apart:
# better one warning too many than a figure nobody doubts.
_MOVING_APPS = ("ledger.", "disputes.", "credit.hand_over")
_STILL = ("ledger.export", "ledger.check_books", "ledger.find_differences")
_MOVING = (
    "accounts.change_company",
    "dunning.agree_penalty_rate",
    "dunning.approve_hand_over",
    "dunning.assign_scenarios",
    "dunning.call_off_plan",
    "dunning.end_hand_over",
    "dunning.end_insolvency",
    "dunning.end_override",
    "dunning.end_pause",
    "dunning.end_plan",
    "dunning.override_scenario",
    "dunning.pause_reminders",
    "dunning.propose_plan",
    "dunning.record_insolvency",
    "dunning.record_promise",
    "dunning.rule_plan",
    "dunning.rule_promise",
    "dunning.withdraw_promise",
)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a worker: one or two versions, whose customers, which days."""

    versions: Sequence[ScenarioVersion]
    circle: Circle
    span: Span


def walked_days(customers: int, question: Question) -> int:
    """Return the size of a simulation: customers by days, the reading of each counted as some days more."""
    days = (question.span.last_day - question.span.walked_from).days + 1
    return customers * (days + ROUND_DAYS) * len(question.versions)


def span_of(stored: StoredSimulation) -> Span:
    """Return the days of a stored simulation, as seen from the instant it was asked for."""
    return Span(
        stored.first_day,
        stored.last_day,
        stored.asked_date,
        begins_empty=stored.begins_empty,
        now=stored.asked_at if stored.last_day >= stored.asked_date else None,
    )


def circle_of(stored: StoredSimulation) -> Circle:
    """Return whose customers a stored simulation walks over."""
    return Circle(stored.over, stored.portfolio)


def versions_of(stored: StoredSimulation) -> list[ScenarioVersion]:
    """Return its versions that are still there, in its order; a draft that was discarded is missing."""
    found = (
        ScenarioVersion.objects.select_related("scenario")
        .prefetch_related("steps")
        .in_bulk([each["id"] for each in stored.versions])
    )
    ids = [UUID(each["id"]) for each in stored.versions]
    return [found[each] for each in ids if each in found]


class VersionMove(StrEnum):
    """What happened to a version since it was simulated."""

    GONE = "gone"
    ARCHIVED = "archived"
    PUBLISHED = "published"
    CHANGED = "changed"


def version_moves(stored: StoredSimulation) -> list[tuple[Mapping[str, Any], VersionMove]]:
    """Return what happened since to the versions as they were kept; those that are what they were are left out."""
    now = {str(each.pk): each for each in versions_of(stored)}
    found = [(kept, _move(kept, now.get(kept["id"]))) for kept in stored.versions]
    return [(kept, move) for kept, move in found if move is not None]


def _move(kept: Mapping[str, Any], version: ScenarioVersion | None) -> VersionMove | None:
    if version is None:
        return VersionMove.GONE
    if version.scenario.is_archived:
        return VersionMove.ARCHIVED
    if version.is_draft != kept["is_draft"]:
        return VersionMove.PUBLISHED
    if version.changed_at.isoformat() != kept["changed"]:
        return VersionMove.CHANGED
    return None


@dataclass(frozen=True, slots=True)
class LedgerMove:
    """That the ledger moved since a simulation: how often, and the last time."""

    count: int
    last_action: str
    last_at: datetime


def ledger_moves(sequence: int) -> LedgerMove | None:
    """Return what the trail tells of the ledger after event `sequence`; None when nothing moved it."""
    moving = Q(action__in=_MOVING)
    for app in _MOVING_APPS:
        moving |= Q(action__startswith=app)
    found = AuditEvent.objects.filter(moving, sequence__gt=sequence).exclude(action__in=_STILL)
    last = found.order_by("-sequence").first()
    return None if last is None else LedgerMove(found.count(), last.action, last.at)


def trail_end() -> int:
    """Return the number of the last event of the tenant's trail, 0 when there is none."""
    last = AuditEvent.objects.order_by("-sequence").values_list("sequence", flat=True).first()
    return last or 0


def kept_of(scenario: Scenario) -> QuerySet[StoredSimulation]:
    """Return the simulations kept of a scenario, the newest first."""
    return (
        StoredSimulation.objects.filter(scenario=scenario)
        .select_related("asked_by")
        .order_by("-asked_at")
    )


Named = tuple[str, str, CustomerFindings]


class KeptFindings:
    """What a stored simulation found, as far as `actor` may see the customers; each list is read as it is asked for."""

    def __init__(self, stored: StoredSimulation, actor: Actor) -> None:
        self.stored = stored
        self.rows = SimulatedCustomer.objects.filter(
            simulation=stored, customer__in=Customer.objects.visible_to(actor)
        ).select_related("customer")

    @cached_property
    def sides(self) -> list[Side]:
        """The sums of each version, over all customers."""
        return [side_kept(each) for each in self.stored.sides]

    @cached_property
    def count(self) -> int:
        """How many customers hear something and may be seen."""
        return self.rows.count()

    @cached_property
    def unseen(self) -> int:
        """How many hear something and may not be seen."""
        return SimulatedCustomer.objects.filter(simulation=self.stored).count() - self.count

    def customers(self, cut: slice) -> list[Named]:
        """Return the customers at these places in the order of their names."""
        return _named(self.rows.order_by("customer__name", "customer__code")[cut])

    def changed(self, at_most: int) -> list[Named]:
        """Return the first customers who hear something else, the earliest difference first."""
        ordered = self.rows.filter(changed_from__isnull=False)
        return _named(ordered.order_by("changed_from", "customer__name", "id")[:at_most])

    @cached_property
    def changed_count(self) -> int:
        """How many customers hear something else."""
        return self.rows.filter(changed_from__isnull=False).count()

    def colliding(self, at_most: int) -> list[Named]:
        """Return the first customers who hear twice within five days on any side."""
        ordered = self.rows.filter(collides_from__isnull=False)
        return _named(ordered.order_by("collides_from", "customer__name", "id")[:at_most])

    def everybody(self) -> Iterator[Named]:
        """Yield every customer by name; some thousand rows are in memory at a time."""
        ordered = self.rows.order_by("customer__name", "customer__code")
        for row in ordered.iterator(chunk_size=READ_AT_A_TIME):
            yield from _named([row])


class FreshFindings:
    """What was found just now, in the same form as what is kept."""

    def __init__(
        self,
        sides: Sequence[Side],
        found: Collection[CustomerFindings],
        names: dict[UUID, tuple[str, str]],
    ) -> None:
        self.sides = list(sides)
        seen = [(*names[each.customer_id], each) for each in found if each.customer_id in names]
        self.rows: list[Named] = sorted(seen, key=lambda row: (row[1], row[0]))
        self.count = len(self.rows)
        self.unseen = len(found) - self.count

    def customers(self, cut: slice) -> list[Named]:
        """Return the customers at these places in the order of their names."""
        return self.rows[cut]

    def changed(self, at_most: int) -> list[Named]:
        """Return the first customers who hear something else, the earliest difference first."""
        return _earliest(self.rows, "changed_from")[:at_most]

    @property
    def changed_count(self) -> int:
        """How many customers hear something else."""
        return len(_earliest(self.rows, "changed_from"))

    def colliding(self, at_most: int) -> list[Named]:
        """Return the first customers who hear twice within five days on any side."""
        return _earliest(self.rows, "collides_from")[:at_most]

    def everybody(self) -> Iterator[Named]:
        """Yield every customer by name."""
        yield from self.rows


Findings = KeptFindings | FreshFindings


def _earliest(rows: Sequence[Named], name: str) -> list[Named]:
    dated: list[tuple[date, str, Named]] = [
        (getattr(row[2], name), row[1], row) for row in rows if getattr(row[2], name) is not None
    ]
    return [row for _day, _name, row in sorted(dated, key=lambda one: one[:2])]


def _named(rows: "QuerySet[SimulatedCustomer] | list[SimulatedCustomer]") -> list[Named]:
    return [
        (
            row.customer.code,
            row.customer.name,
            customer_kept(
                row.customer_id,
                {"sides": row.sides, "changes": row.changes, "collisions": row.collisions},
            ),
        )
        for row in rows
    ]
