"""A letter the post brought back: its reminder counts as not delivered, and nobody writes to that address again."""

from datetime import datetime
from typing import ClassVar

from django.utils.translation import gettext as _

from accounts.services import audit
from dunning.models import Letter, Reminder
from dunning.rules.delivery import EventKind
from dunning.rules.letters import LetterState
from dunning.services.delivery_events import record_event
from dunning.services.letters import look_at_addresses
from kernel.errors import Refused
from kernel.permissions import Actor


class NotReturned(Refused):
    """A letter that was not posted, or came back before, cannot come back."""

    code: ClassVar[str] = "letter_not_returned"


def take_letter_back(*, letter: Letter, actor: Actor, words: str, now: datetime) -> None:
    """Take down that the post brought a posted letter back: a task asks what now, and its address is not used again.

    Further letters wait until somebody enters another address (`queries.letters.returned_addresses`). `words` are
    what the envelope says, or empty. Raises NotReturned.
    """
    locked = Letter.objects.select_for_update(of=("self",)).defer("pdf").get(pk=letter.pk)
    facts = {"number": letter.number}
    if locked.state != LetterState.POSTED:
        raise NotReturned(
            _("Letter %(number)s was never posted, so it cannot have come back. Reload the page.")
            % facts
        )
    is_new = record_event(
        reminder=Reminder.objects.get(pk=locked.reminder_id),
        kind=EventKind.UNDELIVERED,
        event_id=event_of(locked),
        recipient="",
        occurred_at=now,
        detail=words.strip() or _("The post brought letter %(number)s back.") % facts,
        now=now,
    )
    if not is_new:
        raise NotReturned(_("Letter %(number)s is noted as returned already.") % facts)
    audit.record(
        actor=actor,
        action="dunning.take_letter_back",
        object_kind="letter",
        object_id=locked.pk,
        number=letter.number,
    )
    look_at_addresses()


def event_of(letter: Letter) -> str:
    """Return the name under which the return of a letter is kept, once."""
    return f"letter-returned:{letter.pk}"
