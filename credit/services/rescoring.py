"""Score every customer again: once a night, and when a card is published. Set-based, whatever their number.

A row is kept for each day on which something changed. Nothing here grants, releases or decides anything (S12): a grade
is advice to people, and the risk class it gives is what the dunning scenarios are chosen by (R27).
"""

import json
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import Membership
from accounts.services import audit
from credit.models import HeldClass, OverrideState, ScoreOverride, ScoringRun, WatchAlert
from credit.queries.score_facts import Known, known_of
from credit.queries.scores import (
    Latest,
    latest_scores,
    newest_scorecard,
    read_line,
    score_settings,
    stored_line,
    thresholds_of,
)
from credit.rules.held_class import Held, settle
from credit.rules.scorecard import Card, Criterion, Scored, score
from credit.rules.watch import Alert, Seen, Thresholds, alerts
from credit.services.notices import tell
from kernel.identifiers import uuid7
from kernel.periods import add_months
from kernel.permissions import Actor
from kernel.tenancy import current_tenant_id
from ledger.models import Customer, TimelineKind
from ledger.services.customers import set_risk_classes
from ledger.services.history import note_each

AT_ONCE = 5000  # rows written by one statement
_WATCHED = frozenset({Criterion.DAYS_LATE, Criterion.LEGAL_EVENT, Criterion.INSURER})


@dataclass(frozen=True, slots=True)
class Rescored:
    """What a round did: customers looked at, scores that changed, risk classes that moved, alerts raised."""

    customers: int
    changed: int
    reclassed: int
    alerts: int


@dataclass(slots=True)
class _Round:
    """What is found while customers are scored, before anything is written."""

    rows: list[tuple[UUID, Scored, Decimal | None]] = field(default_factory=list)
    grades: dict[UUID, str] = field(default_factory=dict)
    alerts: list[tuple[UUID, Alert, dict[str, Any]]] = field(default_factory=list)


def rescore_if_missing(*, today: date, now: datetime, actor: Actor) -> Rescored | None:
    """Score everybody unless today's card did so today; None when it did, or when no card was published."""
    newest = newest_scorecard()
    if newest is None or ScoringRun.objects.filter(day=today, version=newest).exists():
        return None
    return rescore(today=today, now=now, actor=actor)


def rescore(
    *, today: date, now: datetime, actor: Actor, only: Collection[UUID] | None = None
) -> Rescored | None:
    """Score customers on the published card, `only` some of them if asked, and return what changed; None without one.

    Safe to repeat on a day: the day's rows are written again.
    """
    newest = newest_scorecard()
    if newest is None:
        return None
    known = known_of(only, today=today)
    settings = score_settings()
    found = _judge(newest.as_card(), newest.pk, known, latest_scores(only), thresholds_of(settings))
    _write_scores(found.rows, newest.pk, today)
    grades = found.grades | _overridden(only, today)
    moved = _reclass(
        grades, newest.as_card(), today=today, months=settings.class_months, actor=actor
    )
    raised = _write_alerts(found.alerts, today=today, now=now)
    done = Rescored(len(known), len(found.rows), moved, raised)
    if only is None:
        _note_run(done, newest.pk, today=today, now=now)
        audit.record(
            actor=actor,
            action="credit.rescore",
            object_kind="scorecard",
            object_id=newest.pk,
            day=today.isoformat(),
            version=newest.number,
            customers=done.customers,
            changed=done.changed,
            reclassed=done.reclassed,
            alerts=done.alerts,
        )
    return done


def _judge(
    card: Card,
    version: UUID,
    known: Mapping[UUID, Known],
    latest: Mapping[UUID, Latest],
    thresholds: Thresholds,
) -> _Round:
    found = _Round()
    for customer_id, what in known.items():
        scored = score(card, what.facts)
        before = latest.get(customer_id)
        seen = _seen(before)
        told = alerts(seen, Seen(scored.grade, what.facts, what.used), thresholds)
        found.grades[customer_id] = scored.grade
        found.alerts += [(customer_id, kind, facts) for kind, facts in told.items()]
        if told or before is None or _differs(before, scored, what, version, thresholds):
            found.rows.append((customer_id, scored, what.used))
    return found


def _seen(before: Latest | None) -> Seen | None:
    if before is None:
        return None
    lines = [read_line(one) for one in before.lines if one[0] in _WATCHED]
    return Seen(before.grade, {one.criterion: one.fact for one in lines}, before.used)


def _differs(
    before: Latest, scored: Scored, what: Known, version: UUID, thresholds: Thresholds
) -> bool:
    """Return whether a score says something else than the last one: points of a line, the card, a limit used up."""
    if before.version_id != version or before.points != scored.points:
        return True
    if [Decimal(one[4]) for one in before.lines] != [one.points for one in scored.lines]:
        return True
    was, is_now = (used is not None and used > thresholds.used for used in (before.used, what.used))
    return was != is_now


_INSERT = """
    INSERT INTO credit_score (id, tenant_id, customer_id, day, version_id, points, grade, lines, used, created_at)
    SELECT given.id, %(tenant)s, given.customer, %(day)s, %(version)s, given.points, given.grade, given.lines,
           given.used, now()
    FROM unnest(%(ids)s::uuid[], %(customers)s::uuid[], %(points)s::numeric[], %(grades)s::text[], %(lines)s::jsonb[],
                %(used)s::numeric[]) AS given(id, customer, points, grade, lines, used)
    ON CONFLICT (tenant_id, customer_id, day) DO UPDATE
    SET version_id = excluded.version_id, points = excluded.points, grade = excluded.grade, lines = excluded.lines,
        used = excluded.used, created_at = excluded.created_at
"""


def _write_scores(
    rows: list[tuple[UUID, Scored, Decimal | None]], version: UUID, today: date
) -> None:
    with connection.cursor() as cursor:
        for start in range(0, len(rows), AT_ONCE):
            part = rows[start : start + AT_ONCE]
            cursor.execute(
                _INSERT,
                {
                    "tenant": current_tenant_id(),
                    "day": today,
                    "version": version,
                    "ids": [str(uuid7()) for _row in part],
                    "customers": [str(customer) for customer, _scored, _used in part],
                    "points": [scored.points for _customer, scored, _used in part],
                    "grades": [scored.grade for _customer, scored, _used in part],
                    "lines": [
                        json.dumps([stored_line(line) for line in scored.lines])
                        for _customer, scored, _used in part
                    ],
                    "used": [used for _customer, _scored, used in part],
                },
            )


def _overridden(only: Collection[UUID] | None, today: date) -> dict[UUID, str]:
    rows = ScoreOverride.objects.filter(
        state=OverrideState.IN_FORCE, from_date__lte=today, until_date__gte=today
    )
    if only is not None:
        rows = rows.filter(customer__in=only)
    return dict(rows.values_list("customer_id", "grade"))


def _reclass(
    grades: Mapping[UUID, str], card: Card, *, today: date, months: int, actor: Actor
) -> int:
    """Give customers the class of their grade, but where a person set one that still stands; return how many moved."""
    rows = HeldClass.objects.values_list("customer_id", "written", "by_hand", "held_until")
    known = {row[0]: Held(*row[1:]) for row in rows.filter(customer__in=grades)}
    classes = Customer.objects.filter(pk__in=grades).values_list("pk", "risk_class")
    until = add_months(today, months)
    kept: dict[UUID, Held] = {}
    moves: dict[UUID, tuple[str, str]] = {}
    for customer_id, now_is in classes:
        before = known.get(customer_id, Held())
        wanted = card.classes[grades[customer_id]]
        after, risk_class = settle(before, now_is=now_is, wanted=wanted, today=today, until=until)
        if after != before:
            kept[customer_id] = after
        if risk_class != now_is:
            moves[customer_id] = (now_is, risk_class)
    _keep(kept)
    moved = set_risk_classes({customer_id: after for customer_id, (_was, after) in moves.items()})
    note_each(
        {
            customer_id: {"before": was, "after": after}
            for customer_id, (was, after) in moves.items()
            if was  # a first class changes nothing that anybody knew
        },
        kind=TimelineKind.CHANGE,
        text_code="credit.reclassed",
        actor=actor,
    )
    return moved


_KEEP = """
    INSERT INTO credit_heldclass (id, tenant_id, customer_id, written, by_hand, held_until)
    SELECT given.id, %(tenant)s, given.customer, given.written, given.by_hand, given.until
    FROM unnest(%(ids)s::uuid[], %(customers)s::uuid[], %(written)s::text[], %(by_hand)s::text[], %(until)s::date[])
        AS given(id, customer, written, by_hand, until)
    ON CONFLICT (tenant_id, customer_id) DO UPDATE
    SET written = excluded.written, by_hand = excluded.by_hand, held_until = excluded.held_until
"""


def _keep(held: Mapping[UUID, Held]) -> None:
    if not held:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _KEEP,
            {
                "tenant": current_tenant_id(),
                "ids": [str(uuid7()) for _customer in held],
                "customers": [str(customer) for customer in held],
                "written": [one.written for one in held.values()],
                "by_hand": [one.by_hand for one in held.values()],
                "until": [one.held_until for one in held.values()],
            },
        )


def _write_alerts(
    found: list[tuple[UUID, Alert, dict[str, Any]]], *, today: date, now: datetime
) -> int:
    """Write what is new, and promise each risk owner one mail about his customers."""
    if not found:
        return 0
    known = set(WatchAlert.objects.filter(day=today).values_list("customer_id", "kind"))
    fresh = [one for one in found if (one[0], one[1].value) not in known]
    WatchAlert.objects.bulk_create(
        (
            WatchAlert(
                customer_id=customer_id, kind=kind.value, day=today, facts=facts, created_at=now
            )
            for customer_id, kind, facts in fresh
        ),
        batch_size=AT_ONCE,
    )
    owners = Counter(
        Customer.objects.filter(pk__in={one[0] for one in fresh}, risk_owner__isnull=False)
        .order_by()
        .values_list("risk_owner", flat=True)
    )
    for person in Membership.objects.filter(pk__in=owners):
        tell(
            [person],
            code="watch",
            once_key=f"watch:{today.isoformat()}",
            now=now,
            path="/watch",
            count=owners[person.pk],
        )
    return len(fresh)


def _note_run(done: Rescored, version: UUID, *, today: date, now: datetime) -> None:
    ScoringRun.objects.update_or_create(
        day=today,
        defaults={
            "version_id": version,
            "customers": done.customers,
            "changed": done.changed,
            "reclassed": done.reclassed,
            "alerts": done.alerts,
            "finished_at": now,
        },
    )
