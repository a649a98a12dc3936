"""What runs planned, as the command and the API tell it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from dunning.models import Reminder, ReminderLine


def reminders_document(ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """Return reminders as the public JSON: amounts as strings with two decimals, dates as ISO 8601."""
    lines: dict[UUID, list[dict[str, Any]]] = {}
    named = ReminderLine.objects.filter(reminder__in=ids).order_by(
        "due_date", "due_line__document__number"
    )
    for row in named.values_list(
        "reminder_id", "due_line__document__number", "due_date", "open_amount", "days_late", "level"
    ):
        lines.setdefault(row[0], []).append(
            {
                "document_number": row[1],
                "due_date": row[2].isoformat(),
                "open_amount": f"{row[3]:.2f}",
                "days_late": row[4],
                "level": row[5],
            }
        )
    reminders = (
        Reminder.objects.filter(pk__in=ids)
        .select_related("customer", "contact", "entity")
        .order_by("customer__code", "entity__code", "currency")
    )
    return [_reminder(reminder, lines.get(reminder.pk, [])) for reminder in reminders]


def _reminder(reminder: Reminder, lines: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": str(reminder.pk),
        "customer": reminder.customer.code,
        "contact": reminder.contact.email if reminder.contact else None,
        "entity": reminder.entity.code,
        "channel": reminder.channel,
        "level": reminder.level,
        "stage": reminder.stage,
        "mode": reminder.mode,
        "state": reminder.state,
        "confirm_reasons": reminder.confirm_reasons,
        "skipped_steps": reminder.skipped_steps,
        "currency": reminder.currency,
        "amount": f"{reminder.amount:.2f}",
        "lines": lines,
    }
