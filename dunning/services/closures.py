"""Close the company for some days, and open it again: nothing leaves meanwhile, whatever the recipient's calendar."""

from datetime import date
from typing import ClassVar

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.services import audit
from dunning.models import Closure
from kernel import formats
from kernel.errors import Refused
from kernel.permissions import Actor

LONGEST_DAYS = 60


class ClosureRefused(Refused):
    """These days cannot be closed: they end before they begin, are too many, or nobody says why."""

    code: ClassVar[str] = "closure_refused"


def close_days(*, first_date: date, last_date: date, name: str, actor: Actor) -> Closure:
    """Keep everything from leaving from `first_date` to `last_date`, both included. Raises ClosureRefused."""
    language = get_language() or "en"
    days = (last_date - first_date).days + 1
    facts = {
        "first": formats.day(first_date, language),
        "last": formats.day(last_date, language),
        "days": days,
        "most": LONGEST_DAYS,
    }
    if last_date < first_date:
        raise ClosureRefused(
            _(
                "The closure would begin on %(first)s and end on %(last)s, before it. Change one day."
            )
            % facts
        )
    if days > LONGEST_DAYS:
        raise ClosureRefused(
            _(
                "From %(first)s to %(last)s are %(days)s days without a message; a closure has %(most)s at most. "
                "To stop for longer, press the red button."
            )
            % facts
        )
    if not name.strip():
        raise ClosureRefused(_("Say why the company is closed, for instance “Summer closure”."))
    closure = Closure.objects.create(
        first_date=first_date,
        last_date=last_date,
        name=name.strip()[:80],
        opened_by_id=actor.membership_id,
    )
    _record(actor, "dunning.close_days", closure)
    return closure


def open_days(*, closure: Closure, actor: Actor) -> None:
    """Take a closure back: its days are worked again."""
    _record(actor, "dunning.open_days", closure)
    closure.delete()


def _record(actor: Actor, action: str, closure: Closure) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="closure",
        object_id=closure.pk,
        first=closure.first_date.isoformat(),
        last=closure.last_date.isoformat(),
    )
