"""Pause the chase of a customer or of one of his lines, with a reason, an end and an owner."""

from datetime import date, datetime, timedelta
from typing import ClassVar

from django.utils.translation import gettext as _

from accounts.services import audit
from dunning.models import Pause
from kernel.errors import Refused
from kernel.formats import day_for_reader
from kernel.permissions import Actor
from ledger.models import Customer, DueLine, TimelineKind
from ledger.services.history import note

LONGEST_REASON = 250
LONGEST = timedelta(days=30)  # row 18 of the permission matrix


class PauseNotPossible(Refused):
    """A pause without a reason, without an end, or too long."""

    code: ClassVar[str] = "pause_not_possible"


def pause_reminders(
    *,
    customer: Customer,
    actor: Actor,
    reason: str,
    today: date,
    until: date,
    now: datetime,
    due_line: DueLine | None = None,
) -> Pause:
    """Stop reminders to a customer, or about one line, from `today` to `until`, included. Raises PauseNotPossible."""
    longest = today + LONGEST
    if not reason.strip():
        raise PauseNotPossible(
            _("Say why %(customer)s is not to be reminded.") % {"customer": customer.name}
        )
    if not today <= until <= longest:
        raise PauseNotPossible(
            _(
                "A pause ends between %(first)s and %(last)s; %(until)s is outside. Choose a day in between."
            )
            % {
                "first": day_for_reader(today),
                "last": day_for_reader(longest),
                "until": day_for_reader(until),
            },
            first=str(today),
            last=str(longest),
        )
    pause = Pause.objects.create(
        customer=customer,
        due_line=due_line,
        reason=reason.strip(),
        from_date=today,
        until_date=until,
        opened_by_id=actor.membership_id,
    )
    note(
        customer=customer,
        kind=TimelineKind.CHANGE,
        text_code="dunning.paused",
        actor=actor,
        words=pause.reason,
        at=now,
        object_id=pause.pk,
        facts={"from": today.isoformat(), "until": until.isoformat()},
    )
    audit.record(
        actor=actor,
        action="dunning.pause_reminders",
        object_kind="customer",
        object_id=customer.pk,
        until=until.isoformat(),
    )
    return pause


def end_pause(*, pause: Pause, actor: Actor, today: date, now: datetime) -> None:
    """Take reminders up again from `today`."""
    pause.ended_date = today
    pause.save(update_fields=["ended_date"])
    note(
        customer=pause.customer_id,
        kind=TimelineKind.CHANGE,
        text_code="dunning.pause_ended",
        actor=actor,
        at=now,
        object_id=pause.pk,
    )
    audit.record(
        actor=actor, action="dunning.end_pause", object_kind="customer", object_id=pause.customer_id
    )
