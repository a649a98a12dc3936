"""Passing a step on to who knows the customer's country (R17)."""

from datetime import date, datetime
from typing import ClassVar

from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.services import audit
from credit.models import RequestStep, StepState
from credit.queries.authority import candidates, needed_country, verdict_on
from credit.rules.authority import Denial
from credit.services.circuits import lock_request, tell_whom_it_waits_for
from kernel.errors import Refused
from kernel.permissions import Actor


class RerouteRefused(Refused):
    """The step is not passed on so."""

    code: ClassVar[str] = "reroute_refused"


def lacks_country(step: RequestStep, actor: Actor, *, today: date) -> bool:
    """Say whether the step would be the actor's, if only he knew the country."""
    return verdict_on(step, actor, today=today).denial is Denial.COUNTRY


def reroute(*, step: RequestStep, actor: Actor, now: datetime, today: date) -> Membership:
    """Give the step to the first colleague, by name, who knows the country and may end it. Raises RerouteRefused."""
    request = lock_request(step.request_id)
    fresh = RequestStep.objects.select_related("person").get(pk=step.pk)
    fresh.request = request
    facts = {"number": request.number, "country": needed_country(fresh)}
    if fresh.state != StepState.OPEN or not lacks_country(fresh, actor, today=today):
        raise RerouteRefused(
            _("%(number)s is passed on by who has the step and does not know the country.") % facts
        )
    found = candidates(fresh, today=today)
    if not found:
        raise RerouteRefused(
            _(
                "Nobody who may end this step of %(number)s knows the country %(country)s: ask an administrator to "
                "note who does."
            )
            % facts
        )
    fresh.person = found[0]
    fresh.save(update_fields=["person"])
    request.revision += 1
    request.save(update_fields=["revision"])
    audit.record(
        actor=actor,
        action="credit.reroute_step",
        object_kind="credit_request",
        object_id=request.pk,
        number=request.number,
        step=fresh.kind,
        country=facts["country"],
        to=str(found[0].pk),
    )
    tell_whom_it_waits_for(fresh, code="assigned", now=now, today=today, people=[found[0]])
    return found[0]
