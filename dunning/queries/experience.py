"""What payments and reminders teach: how lines were paid from a lateness on, and what followed contacts.

Set-based: one statement per question whatever the size, over lines that fell due in the past year and had the time to
be paid. A line settled by a credit note teaches nothing: nobody paid it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from dunning.rules.advice import ADVISABLE, PAID_WITHIN_DAYS
from dunning.rules.outbox import State
from dunning.rules.priority import (
    BANDS,
    OUTLOOK_DAYS,
    WINDOW_DAYS,
    Lateness,
    PaidInTime,
    segment_chance,
)

TYPOLOGY = """
    CASE WHEN customer.is_public_buyer THEN 'public_buyer' WHEN customer.is_vip THEN 'key_account'
         WHEN customer.group_id IS NOT NULL THEN 'group' ELSE 'company' END
"""

# Only lines old enough count: every one of them had its thirty days, so that nothing is guessed about those still open.
SEEN = """
    band AS (
        SELECT * FROM unnest(%(names)s::text[], %(starts)s::integer[]) AS given(lateness, start)
    ), seen AS (
        SELECT line.customer_id, band.lateness, count(*) AS lines,
               count(*) FILTER (WHERE line.cleared_date <= line.due_date + band.start + %(outlook)s) AS paid
        FROM ledger_dueline line JOIN band
            ON line.due_date <= %(today)s::date - band.start - %(outlook)s
            AND line.due_date > %(today)s::date - band.start - %(outlook)s - %(window)s
            AND (line.cleared_date IS NULL OR line.cleared_date >= line.due_date + band.start)
        WHERE line.kind = 'invoice' AND line.perimeter = 'operational' AND line.amount > 0
          AND line.due_date > %(today)s::date - %(furthest)s
          AND NOT EXISTS (
              SELECT FROM ledger_allocation allocation JOIN ledger_dueline note ON note.id = allocation.credit_line_id
              WHERE allocation.debit_line_id = line.id AND note.kind = 'credit_note')
        GROUP BY line.customer_id, band.lateness
    )
"""

BY_SEGMENT = f"""
    WITH {SEEN}
    SELECT {TYPOLOGY}, seen.lateness, sum(seen.lines)::integer, sum(seen.paid)::integer
    FROM seen JOIN ledger_customer customer ON customer.id = seen.customer_id
    GROUP BY 1, 2
"""  # noqa: S608  only constants are put together

# Contacts name their lines; each counts once a channel and lateness. Beside them stand lines that entered the same
# lateness with nobody contacted about them in the ten days before and after. Both had their ten days to be paid.
RESPONSES = f"""
    WITH band AS (
        SELECT * FROM unnest(%(names)s::text[], %(firsts)s::integer[], %(lasts)s::integer[], %(quiet)s::integer[])
            AS given(lateness, first, last, quiet)
    ), contacted AS (
        SELECT {TYPOLOGY} AS segment, band.lateness, reminder.channel, line.id,
               bool_or(coalesce(line.cleared_date <= reminder.contact_date + %(days)s, false)) AS is_paid
        FROM dunning_reminder reminder
        JOIN dunning_reminderline named ON named.reminder_id = reminder.id
        JOIN ledger_dueline line ON line.id = named.due_line_id
        JOIN ledger_customer customer ON customer.id = line.customer_id
        JOIN band ON reminder.contact_date - line.due_date BETWEEN band.first AND band.last
        WHERE reminder.state = ANY(%(told)s) AND reminder.channel = ANY(%(channels)s)
          AND reminder.outcome <> 'unreachable'
          AND reminder.contact_date BETWEEN %(since)s AND %(until)s
          AND (line.cleared_date IS NULL OR line.cleared_date >= reminder.contact_date)
        GROUP BY 1, 2, 3, 4
    ), quiet AS (
        SELECT {TYPOLOGY} AS segment, band.lateness, line.id,
               coalesce(line.cleared_date <= line.due_date + band.quiet + %(days)s, false) AS is_paid
        FROM ledger_dueline line
        JOIN ledger_customer customer ON customer.id = line.customer_id
        JOIN band ON line.due_date + band.quiet BETWEEN %(since)s AND %(until)s
            AND (line.cleared_date IS NULL OR line.cleared_date >= line.due_date + band.quiet)
        WHERE line.kind = 'invoice' AND line.perimeter = 'operational' AND line.amount > 0
          AND NOT EXISTS (
              SELECT FROM dunning_reminderline named JOIN dunning_reminder reminder ON reminder.id = named.reminder_id
              WHERE named.due_line_id = line.id AND reminder.state = ANY(%(told)s)
                AND reminder.contact_date BETWEEN line.due_date + band.quiet - %(days)s
                                              AND line.due_date + band.quiet + %(days)s)
    )
    SELECT segment, lateness, channel, count(*)::integer, (count(*) FILTER (WHERE is_paid))::integer
    FROM contacted GROUP BY segment, lateness, channel
    UNION ALL
    SELECT segment, lateness, '', count(*)::integer, (count(*) FILTER (WHERE is_paid))::integer
    FROM quiet GROUP BY segment, lateness
"""  # noqa: S608  only constants are put together

TOLD = (State.SENT, State.DELIVERED, State.DONE)
LONGEST_AGO, FURTHEST_OFF = -10_000, 10_000
ANNOUNCED_BEFORE_DUE = (
    -7
)  # days: where most scenarios announce, and so where the uncontacted are looked at


def odds_parameters(*, today: date) -> dict[str, Any]:
    """Return the parameters of `SEEN`."""
    return {
        "today": today,
        "names": [band.lateness.value for band in BANDS],
        "starts": [band.starts_at for band in BANDS],
        "outlook": OUTLOOK_DAYS,
        "window": WINDOW_DAYS,
        "furthest": max(band.starts_at for band in BANDS) + OUTLOOK_DAYS + WINDOW_DAYS,
    }


def paid_by_segment(*, today: date) -> dict[tuple[str, Lateness], PaidInTime]:
    """Return how the lines of each kind of customer were paid within thirty days from each lateness."""
    with connection.cursor() as cursor:
        cursor.execute(BY_SEGMENT, odds_parameters(today=today))
        rows = cursor.fetchall()
    return {(row[0], Lateness(row[1])): PaidInTime(row[2], row[3]) for row in rows}


def chances(
    seen: Mapping[tuple[str, Lateness], PaidInTime], segments: Sequence[str]
) -> dict[tuple[str, Lateness], Decimal]:
    """Return the chance of each kind of customer at each lateness, drawn to the house's where little was seen."""
    found = {}
    for band in BANDS:
        of_band = [each for (_segment, late), each in seen.items() if late is band.lateness]
        house = sum(of_band, PaidInTime())
        for segment in segments:
            own = seen.get((segment, band.lateness), PaidInTime())
            found[segment, band.lateness] = segment_chance(own, house)
    return found


@dataclass(frozen=True, slots=True)
class Observed:
    """What followed contacts by a channel (empty: by none) with a kind of customer at a lateness."""

    segment: str
    lateness: Lateness
    channel: str
    seen: PaidInTime


def observed_responses(*, today: date) -> list[Observed]:
    """Return what followed each contact of the past year that had its ten days, and what followed none."""
    with connection.cursor() as cursor:
        cursor.execute(
            RESPONSES,
            {
                "names": [band.lateness.value for band in BANDS],
                "firsts": [_or(band.first_day, LONGEST_AGO) for band in BANDS],
                "lasts": [_or(band.last_day, FURTHEST_OFF) for band in BANDS],
                "quiet": [_or(band.first_day, ANNOUNCED_BEFORE_DUE) for band in BANDS],
                "days": PAID_WITHIN_DAYS,
                "told": list(TOLD),
                "channels": list(ADVISABLE),
                "since": today - timedelta(days=WINDOW_DAYS),
                "until": today - timedelta(days=PAID_WITHIN_DAYS),
            },
        )
        rows = cursor.fetchall()
    return [Observed(row[0], Lateness(row[1]), row[2], PaidInTime(row[3], row[4])) for row in rows]


def _or(day: int | None, default: int) -> int:
    return default if day is None else day
