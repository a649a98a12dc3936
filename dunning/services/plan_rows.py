"""The plan's statements: each writes all rows of a run at once, handed over as one JSON document."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from dunning.models import HeldBack, Run
from dunning.queries.facts import UPCOMING, standings_sql
from dunning.queries.scenarios import Followings
from dunning.rules.outbox import CancelReason
from dunning.rules.steps import STATED, StepRule
from kernel.tenancy import current_tenant_id


def _as_json(rows: Sequence[dict[str, Any]]) -> str:
    return json.dumps(rows, default=str)


def cancel(rows: Sequence[tuple[UUID, CancelReason]], *, now: datetime) -> None:
    """Cancel reminders that no longer stand, each with its reason."""
    if not rows:
        return
    given = [{"id": reminder_id, "reason": reason.value} for reminder_id, reason in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE dunning_reminder
            SET state = 'cancelled', state_at = %s, cancel_reason = gone.reason, held_reason = ''
            FROM json_to_recordset(%s) AS gone(id uuid, reason text)
            WHERE dunning_reminder.id = gone.id AND state IN ('planned', 'held')
            """,
            [now, _as_json(given)],
        )


INSERT = """
    INSERT INTO dunning_reminder (
        id, tenant_id, customer_id, contact_id, entity_id, currency, line_scenario_id, scenario_version_id, step_id,
        cycle, run_id,
        channel, level, stage, mode, confirm_reasons, skipped_steps, amount, line_count, days_late, planned_date,
        contact_date, business_date, leaves_at, leaves_any_hour, state, state_at, held_reason, cancel_reason,
        problem, attempt, failures, lapses, deferrals,
        worker, message_id, outcome, note, created_at)
    SELECT new.id, %(tenant)s, new.customer, new.contact, new.entity, new.currency, new.course, new.version, new.step,
           coalesce(former.cycle, 0) + 1, %(run)s,
           new.channel, new.level, new.stage, new.mode, new.confirm_reasons, new.skipped_steps, new.amount,
           new.line_count, new.days_late, %(today)s, new.contact_date, new.business_date, new.leaves_at,
           new.leaves_any_hour, new.state,
           %(now)s,
           new.held_reason, '', '', 0, 0, 0, 0, '', '', '', '', %(now)s
    FROM json_to_recordset(%(rows)s) AS new(
        id uuid, customer uuid, contact uuid, entity uuid, currency text, course uuid, version uuid, step uuid,
        channel text,
        level smallint, stage text, mode text, confirm_reasons jsonb, skipped_steps jsonb, amount numeric,
        line_count integer, days_late integer, contact_date date, business_date date, leaves_at timestamptz,
        leaves_any_hour boolean,
        state text, held_reason text)
    LEFT JOIN (
        SELECT customer_id, entity_id, currency, step_id, max(cycle) AS cycle FROM dunning_reminder
        WHERE state <> 'cancelled' GROUP BY customer_id, entity_id, currency, step_id
    ) former ON former.customer_id = new.customer AND former.entity_id = new.entity
        AND former.currency = new.currency AND former.step_id = new.step
    ON CONFLICT (tenant_id, customer_id, entity_id, currency, scenario_version_id, step_id, cycle)
        WHERE state <> 'cancelled' DO NOTHING
    RETURNING id
"""


def insert(
    rows: Sequence[dict[str, Any]], *, run: Run, today: date, now: datetime
) -> frozenset[UUID]:
    """Add reminders and return the ids of those that were new to the business key."""
    if not rows:
        return frozenset()
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT,
            {
                "tenant": current_tenant_id(),
                "run": run.pk,
                "today": today,
                "now": now,
                "rows": _as_json(rows),
            },
        )
        return frozenset(row[0] for row in cursor.fetchall())


def refresh(rows: Sequence[dict[str, Any]]) -> None:
    """Bring waiting reminders up to their new amounts and forget the lines they named.

    A letter that was confirmed and asks for something else now is to be confirmed anew (DOMAIN 5.5, 10), and so is one
    whose matter went on to another stage; what left by itself before may then need a person, never the other way round.
    """
    if not rows:
        return
    with connection.cursor() as cursor:
        given = _as_json(rows)
        cursor.execute(
            """
            UPDATE dunning_reminder SET amount = fresh.amount, line_count = fresh.line_count,
                days_late = fresh.days_late,
                stage = fresh.stage,
                mode = CASE WHEN dunning_reminder.stage <> fresh.stage AND dunning_reminder.mode = 'auto'
                    THEN fresh.mode ELSE dunning_reminder.mode END,
                confirm_reasons = CASE WHEN dunning_reminder.stage <> fresh.stage
                    THEN fresh.confirm_reasons ELSE dunning_reminder.confirm_reasons END,
                confirmed_by_id = CASE WHEN dunning_reminder.amount = fresh.amount
                    AND dunning_reminder.stage = fresh.stage THEN confirmed_by_id END,
                confirmed_at = CASE WHEN dunning_reminder.amount = fresh.amount
                    AND dunning_reminder.stage = fresh.stage THEN confirmed_at END
            FROM json_to_recordset(%s) AS fresh(id uuid, amount numeric, line_count integer, days_late integer,
                stage text, mode text, confirm_reasons jsonb)
            WHERE dunning_reminder.id = fresh.id
            """,
            [given],
        )
        cursor.execute(
            "DELETE FROM dunning_reminderline WHERE reminder_id IN"
            " (SELECT id FROM json_to_recordset(%s) AS fresh(id uuid))",
            [given],
        )


# A line remembers the step its own lateness has reached, at most the one now taken; a small line never more
# than the first. A decision names only the lines it is about: the customer hears nothing of the others.
_REACHED = "width_bucket(%(today)s - s.due_date, version.offsets)"


def name_lines_sql(*, is_anchored: bool = False) -> str:
    """Return the statement that names lines; steps counted from other days are looked at line by line."""
    reached, about = _REACHED, "%(today)s - s.due_date >= target.offset_days"
    if is_anchored:
        of_step = _lateness("step.anchor", "step.at", "step.days")
        reached = f"""(SELECT coalesce(max(step.place), 0)::integer
            FROM unnest(version.offsets, version.anchors, version.days) WITH ORDINALITY AS step(at, anchor, days, place)
            WHERE {of_step} <= %(today)s - s.due_date
              AND (step.place = 1 OR s.claimed * s.rate >= %(raising_minimum)s))"""  # noqa: S608  constants only
        of_target = _lateness("target.anchor", "target.offset_days", "target.anchor_days")
        about = f"%(today)s - s.due_date >= {of_target}"
    return f"""
    {standings_sql(is_anchored=is_anchored)}, target AS (
        SELECT * FROM json_to_recordset(%(targets)s) AS given(
            id uuid, customer uuid, entity uuid, currency text, course uuid, version uuid, offset_days smallint,
            anchor text, anchor_days smallint, level smallint, is_preventive boolean,
            is_yearly boolean, is_contact boolean)
    ), version AS (
        SELECT * FROM json_to_recordset(%(versions)s) AS given(
            version uuid, offsets integer[], levels integer[], anchors text[], days integer[])
    ), named AS (
        SELECT s.*, target.id AS reminder_id, target.offset_days AS step_offset, target.level AS step_level,
               target.is_preventive, target.is_yearly, version.offsets, version.levels,
               {reached} AS reached,
               s.claimed * s.rate < %(raising_minimum)s AS is_small
        FROM s JOIN target ON target.customer = s.customer_id AND target.entity = s.entity_id
            AND target.currency = s.currency AND target.course IS NOT DISTINCT FROM s.course
        JOIN version ON version.version = target.version
        WHERE (s.claimed > 0 OR (target.is_yearly AND s.is_owed AND s.excluded IS NULL AND s.rest > 0)) AND CASE
            WHEN target.is_yearly THEN s.is_late
            WHEN target.is_preventive THEN {UPCOMING}
            ELSE s.is_late AND (target.is_contact OR {about}) END
    )
    INSERT INTO dunning_reminderline (
        id, tenant_id, reminder_id, due_line_id, due_date, open_amount, claimed_amount, days_late, level, offset_days)
    SELECT gen_random_uuid(), %(tenant)s, reminder_id, id, due_date, open_amount,
           CASE WHEN claimed > 0 THEN claimed ELSE rest END,
           %(today)s - due_date,
           CASE WHEN is_yearly THEN step_level WHEN is_preventive OR reached = 0 THEN 0
                ELSE least(step_level, levels[CASE WHEN is_small THEN 1 ELSE reached END]) END,
           CASE WHEN is_yearly THEN {STATED} WHEN is_preventive THEN step_offset WHEN reached = 0 THEN 0
                ELSE least(step_offset, offsets[CASE WHEN is_small THEN 1 ELSE reached END]) END
    FROM named
"""  # noqa: S608  only constants are put together


def _lateness(anchor: str, offset: str, days: str) -> str:
    """Return how late a line of `s` is when a step is due for it, as `StepRule.lateness` has it; NULL: not yet."""
    after = f"""CASE {anchor}
        WHEN 'issue' THEN s.after_issue
        WHEN 'month_end' THEN (date_trunc('month', s.due_date) + interval '1 month')::date - 1 - s.due_date
        WHEN 'previous' THEN s.after_previous
        WHEN 'promise_broken' THEN s.after_promise_broken
        WHEN 'dispute_closed' THEN s.after_dispute_closed
        WHEN 'letter_returned' THEN s.after_letter_returned END + {days}"""
    # greatest() would take an unknown day for none.
    return f"CASE WHEN {anchor} = 'due' THEN {offset} WHEN {after} < 1 THEN 1 ELSE {after} END"


def _version(version_id: UUID, steps: Sequence[StepRule]) -> dict[str, Any]:
    return {
        "version": version_id,
        "offsets": [step.offset_days for step in steps],
        "levels": [step.level for step in steps],
        "anchors": [step.anchor.value for step in steps],
        "days": [step.anchor_days for step in steps],
    }


def name_lines(
    rows: Sequence[dict[str, Any]], *, followings: Followings, parameters: dict[str, Any]
) -> None:
    """Write which due lines each reminder names and what each of them remembers; count the announced ones."""
    if not rows:
        return
    versions = [
        _version(each.version_id, each.rules.overdue_steps)
        for each in followings.all
        if each.rules.overdue_steps
    ]
    targets = (
        "id",
        "customer",
        "entity",
        "currency",
        "course",
        "version",
        "offset_days",
        "anchor",
        "anchor_days",
        "level",
        "is_preventive",
        "is_yearly",
        "is_contact",
    )
    with connection.cursor() as cursor:
        cursor.execute(
            name_lines_sql(is_anchored=parameters["is_anchored"]),
            parameters
            | {
                "tenant": current_tenant_id(),
                "targets": _as_json([{name: row[name] for name in targets} for row in rows]),
                "versions": _as_json(versions),
            },
        )
        announced = [
            row["id"]
            for row in rows
            if row["is_preventive"] or row["is_yearly"] or not row["is_contact"]
        ]
        if announced:
            cursor.execute(
                "UPDATE dunning_reminder SET line_count = (SELECT count(*) FROM dunning_reminderline named"
                " WHERE named.reminder_id = dunning_reminder.id) WHERE id = ANY(%s)",
                [announced],
            )


def replace_held(rows: Sequence[dict[str, Any]], *, run: Run) -> None:
    """Replace the list of groups held back by this run's."""
    HeldBack.objects.all().delete()
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO dunning_heldback (id, tenant_id, run_id, customer_id, entity_id, currency, line_scenario_id,
                reason, amount, line_count, next_date)
            SELECT gen_random_uuid(), %s, %s, customer, entity, currency, course, reason, amount, line_count, next_date
            FROM json_to_recordset(%s) AS held(customer uuid, entity uuid, currency text, course uuid,
                reason text, amount numeric, line_count integer, next_date date)
            """,
            [current_tenant_id(), run.pk, _as_json(rows)],
        )
