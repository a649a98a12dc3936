"""Who may let go what goes as far as pre-litigation: a credit manager, and nobody below (DOMAIN R22)."""

from collections.abc import Iterable
from typing import ClassVar

from django.utils.translation import gettext as _

from credit.permissions import HAND_OVER
from dunning.models import Channel, Reminder, Stage
from kernel.errors import Refused
from kernel.permissions import Actor, Verb


class PreLitigationReserved(Refused):
    """A formal notice, or a message of its level, by somebody who may not go that far."""

    code: ClassVar[str] = "pre_litigation_reserved"


def refuse_pre_litigation(reminders: Iterable[Reminder], *, actor: Actor) -> None:
    """Refuse to let pre-litigation messages go for whoever may not approve a hand-over.

    Scheduled work lets go only what a person confirmed before. Raises PreLitigationReserved, naming the customers.
    """
    if actor.kind == "system" or actor.can(HAND_OVER, Verb.APPROVE):
        return
    reserved = [
        each
        for each in reminders
        if each.stage == Stage.PRE_LITIGATION and each.channel != Channel.DECISION
    ]
    if reserved:
        names = sorted({each.customer.name for each in reserved})
        raise PreLitigationReserved(
            _(
                "Only a credit manager sends formal notices and what follows them: %(customers)s. "
                "Leave it to one, or take it out of what you confirm."
            )
            % {"customers": ", ".join(names)},
            reminders=len(reserved),
        )
