"""A message whose contact opted out or cannot be reached leaves to a colleague of his: said, and looked at."""

from datetime import datetime

from dunning.models import MailTask, Reminder, TaskKind
from ledger.models import Contact, TimelineKind
from ledger.services.history import note


def tell_moved(reminder: Reminder, contact: Contact, *, now: datetime) -> None:
    """Write into the history that a message goes to another contact than planned, and have somebody look at it.

    The message leaves all the same: the claim stands, and the customer named this contact too. One open task a
    contact, however many messages move away from him.
    """
    former = reminder.contact
    note(
        customer=reminder.customer_id,
        kind=TimelineKind.REMINDER,
        text_code="dunning.message_moved",
        at=now,
        object_id=reminder.pk,
        facts={"before": str(former), "after": str(contact)},
    )
    MailTask.objects.get_or_create(
        customer_id=reminder.customer_id,
        kind=TaskKind.MOVED,
        contact=former,
        reply=None,
        done_at=None,
        defaults={"alternative": contact, "reminder": reminder, "created_at": now},
    )
