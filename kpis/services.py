"""What colleagues add to a customer's page: a note in his history."""

from typing import ClassVar

from django.utils.translation import gettext as _

from accounts.services import audit
from kernel.errors import Refused
from kernel.permissions import Actor
from ledger.models import Customer, TimelineKind
from ledger.services import note

NOTE_LENGTH = 2_000


class NoteRefused(Refused):
    """The note cannot be kept so."""

    code: ClassVar[str] = "note_refused"


def add_note(*, customer: Customer, words: str, actor: Actor) -> None:
    """Add what a colleague wrote to the customer's history, for good; raises NoteRefused."""
    words = words.strip()
    if not words:
        raise NoteRefused(
            _("The note about %(customer)s is empty. Write what happened or what was agreed.")
            % {"customer": customer.name}
        )
    if len(words) > NOTE_LENGTH:
        raise NoteRefused(
            _(
                "A note holds %(limit)s characters and this one has %(count)s. Shorten it or write two."
            )
            % {"limit": NOTE_LENGTH, "count": len(words)}
        )
    note(
        customer=customer,
        kind=TimelineKind.NOTE,
        text_code="kpis.note",
        actor=actor,
        words=words,
    )
    audit.record(actor=actor, action="kpis.add_note", object_kind="customer", object_id=customer.pk)
