"""Whether a reminder was clear: one click of its reader, one answer a reminder, the last one counts (R47)."""

from datetime import datetime

from accounts.services import audit
from dunning.models import Clarity, Reminder
from kernel.permissions import system_actor
from ledger.models import TimelineKind
from ledger.services.history import note

LONGEST = 500


def answer_clarity(*, reminder: Reminder, is_clear: bool, words: str, now: datetime) -> Clarity:
    """Take down whether a reminder was clear to its reader, in his words if he gives any.

    What was not clear is told in the customer's history, once until the answer changes.
    """
    said = words.strip()[:LONGEST]
    former = Clarity.objects.select_for_update().filter(reminder=reminder).first()
    if former is not None and (former.is_clear, former.words) == (is_clear, said):
        return former
    kept, _created = Clarity.objects.update_or_create(
        reminder=reminder,
        defaults={
            "customer_id": reminder.customer_id,
            "is_clear": is_clear,
            "words": said,
            "answered_at": now,
        },
    )
    if not is_clear:
        note(
            customer=reminder.customer_id,
            kind=TimelineKind.REMINDER,
            text_code="dunning.reminder_unclear",
            words=said,
            at=now,
            object_id=reminder.pk,
        )
    audit.record(
        actor=system_actor(reminder.tenant_id),
        action="dunning.answer_clarity",
        object_kind="reminder",
        object_id=reminder.pk,
        is_clear=is_clear,
    )
    return kept
