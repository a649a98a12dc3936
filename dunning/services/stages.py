"""Who may let go what goes as far as pre-litigation: a credit manager, and nobody below (DOMAIN R22)."""

from collections.abc import Iterable
from typing import ClassVar

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Membership, MembershipState
from accounts.queries import actor_of
from credit.permissions import HAND_OVER
from dunning.models import Channel, Reminder, Stage
from dunning.permissions import SEND_REMINDER
from dunning.rules.decision import ConfirmReason
from kernel.errors import Refused
from kernel.permissions import Actor, Verb


class PreLitigationReserved(Refused):
    """A formal notice, or a message of its level, by somebody who may not go that far."""

    code: ClassVar[str] = "pre_litigation_reserved"


class NobodyAnswers(Refused):
    """A confirmation in the name of somebody who does not work here, or may not confirm (S12)."""

    code: ClassVar[str] = "nobody_answers"


def refuse_pre_litigation(reminders: Iterable[Reminder], *, actor: Actor) -> None:
    """Refuse to let pre-litigation messages go for whoever may not approve a hand-over.

    Nor messages of a scenario that a credit manager alone confirms. A program is nobody: it approves nothing (S12).
    Raises PreLitigationReserved, naming the customers.
    """
    if actor.can(HAND_OVER, Verb.APPROVE):
        return
    reminders = list(reminders)
    _refuse_risk(each for each in reminders if ConfirmReason.CREDIT_MANAGER in each.confirm_reasons)
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


def not_reserved(reminders: QuerySet[Reminder], *, actor: Actor) -> QuerySet[Reminder]:
    """Return those of `reminders` that `actor` may let go: not what a credit manager alone does, unless he is one."""
    if actor.can(HAND_OVER, Verb.APPROVE):
        return reminders
    goes_far = Q(stage=Stage.PRE_LITIGATION) & ~Q(channel=Channel.DECISION)
    return reminders.exclude(goes_far).exclude(
        confirm_reasons__contains=[ConfirmReason.CREDIT_MANAGER.value]
    )


def colleague(email: str) -> Actor:
    """Return the colleague with this address, who answers for what he confirms. Raises NobodyAnswers."""
    member = Membership.objects.filter(
        user__email__iexact=email, state=MembershipState.ACTIVE
    ).first()
    actor = actor_of(member.pk) if member else None
    if actor is None or not actor.can(SEND_REMINDER):
        raise NobodyAnswers(
            _(
                "Nobody with the address %(email)s works here and may send reminders. Name a colleague who may."
            )
            % {"email": email},
            email=email,
        )
    return actor


def _refuse_risk(reserved: Iterable[Reminder]) -> None:
    names = sorted({each.customer.name for each in reserved})
    if names:
        raise PreLitigationReserved(
            _(
                "These customers are at high risk, and only a credit manager lets their messages go: %(customers)s. "
                "Leave it to one, or take it out of what you confirm."
            )
            % {"customers": ", ".join(names)},
            customers=names,
        )
