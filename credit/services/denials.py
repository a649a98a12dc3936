"""What a person is told who may not end a step, and what to do instead."""

from datetime import date
from typing import ClassVar

from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.ports import role_label
from credit.models import CountryTag, RequestStep
from credit.queries.authority import candidates, needed_country
from credit.rules.authority import Denial
from kernel.errors import Refused
from kernel.permissions import Actor

SHOWN = 3
BY_ANOTHER = frozenset({Denial.REQUESTER, Denial.SECOND_ACCOUNT})


class NotYours(Refused):
    """The step is not this person's to end, by a rule that the message names."""

    code: ClassVar[str] = "not_yours_to_decide"
    status: ClassVar[int] = 422


def refusal_of(denial: Denial, step: RequestStep, *, actor: Actor, today: date) -> NotYours:
    """Return the refusal in words, with the rule and who may do it instead."""
    sentence = {
        Denial.MACHINE: _(
            "%(number)s is decided by a person who signs in, never by a machine (S12)."
        ),
        Denial.REQUESTER: _(
            "You asked for %(number)s yourself, or for a request it follows: another person ends this step (S1)."
        ),
        Denial.SECOND_ACCOUNT: _(
            "Your account and the requester's share an address or a telephone: one person does not ask for and "
            "decide %(number)s (S1)."
        ),
        Denial.DELEGATOR_ASKED: _(
            "Who delegated to you asked for %(number)s: his delegate does not decide it either (S13)."
        ),
        Denial.SALES_LINE: _(
            "You sell to %(customer)s, or manage who does: %(number)s is decided outside the sales line (S7)."
        ),
        Denial.NO_RIGHT: _(
            "Your role does not end the step %(step)s of %(number)s in this perimeter."
        ),
        Denial.NOT_HIS_STEP: _("The step %(step)s of %(number)s is for %(whom)s."),
        Denial.COUNTRY: _("%(number)s needs a colleague who knows the country %(country)s (R17)."),
    }[denial]
    message = sentence % {
        "number": step.request.number,
        "customer": step.request.name,
        "step": step,
        "whom": whom(step),
        "country": needed_country(step),
    }
    refused = NotYours(f"{message} {_who_may(step, actor, today)}".strip(), denial=denial.value)
    return refused.by_another() if denial in BY_ANOTHER else refused


def whom(step: RequestStep) -> str:
    """Return whose step it is: the person's name, else the role's."""
    return step.person.name if step.person else role_label(step.role)


def _who_may(step: RequestStep, actor: Actor, today: date) -> str:
    names = [one.name for one in candidates(step, today=today) if one.pk != actor.membership_id]
    if not names:
        return _("Nobody else may end it now: ask an administrator to name somebody.")
    return _("Who may: %(names)s.") % {"names": ", ".join(names[:SHOWN])}


def who_knows(country: str) -> list[Membership]:
    """Return the colleagues who know a country, by name."""
    tagged = CountryTag.objects.filter(country=country).values("membership")
    return list(Membership.objects.filter(pk__in=tagged).order_by("name"))
