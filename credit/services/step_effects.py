"""What follows when a step ends: others are left out, or a higher person or an arbiter is asked."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Membership
from credit.models import (
    CreditRequest,
    Outcome,
    RequestState,
    RequestStep,
    StepKind,
    StepState,
)
from credit.queries.authority import DECIDING
from credit.rules.authority import is_within
from credit.rules.circuits import Facts, is_amount_meant
from credit.services import ceilings
from credit.services.closing import Said
from credit.services.step_checks import GRANTING, StepRefused
from kernel.money import Money
from kernel.permissions import Actor
from ledger.queries import home_and_rates


def refuse_above_ceiling(
    step: RequestStep, said: Said, actor: Actor, stands_for: UUID | None, *, today: date
) -> Membership | None:
    """Return who decides instead above the actor's ceiling, None when nobody has to. Raises StepRefused."""
    if step.kind != StepKind.DECISION or said.outcome not in GRANTING or said.amount is None:
        return None
    _home, rates = home_and_rates(today)
    ceiling = ceilings.ceiling_of(stands_for or actor.membership_id, step.request.kind)
    if ceiling is None or is_within(said.amount, ceiling, rates):
        return None
    others = step.request.steps.exclude(pk=step.pk).exclude(
        state__in=[StepState.DONE, StepState.SKIPPED]
    )
    if any(other.kind in DECIDING and _is_meant(other, said.amount, rates) for other in others):
        return None
    found = ceilings.above(step, said.amount, besides=actor.membership_id, today=today)
    if found is None:
        raise StepRefused(
            _(
                "You grant up to %(ceiling)s; %(amount)s for %(customer)s is above, and nobody else may grant it. "
                "Grant less, or ask an administrator to name somebody with a higher ceiling."
            )
            % {
                "ceiling": ceiling,
                "amount": said.amount,
                "customer": step.request.name,
            },
            ceiling=ceiling.as_json(),
        )
    return found


def _is_meant(step: RequestStep, amount: Money, rates: dict[str, Decimal]) -> bool:
    facts = Facts("", amount.amount, amount.currency, rates=rates)
    return is_amount_meant(facts, above=step.above, up_to=step.up_to, currency=step.amount_currency)


def pass_up(step: RequestStep, person: Membership) -> None:
    """Add a decision of a person with a higher ceiling right after this one."""
    last = step.request.steps.order_by("-position").values_list("position", flat=True).first() or 0
    RequestStep.objects.create(
        request=step.request,
        position=last + 1,
        number=step.number,
        kind=StepKind.DECISION,
        label=step.label,
        person=person,
        deadline_hours=step.deadline_hours,
        reminder_hours=step.reminder_hours,
        requested_by_id=step.requested_by_id,
        first_requester_id=step.first_requester_id,
    )


def settle_others(step: RequestStep, said: Said, *, today: date) -> None:
    """Leave out the steps that are not needed any more: after a refusal all, after a grant those for higher amounts."""
    if step.kind not in DECIDING:
        return
    left = step.request.steps.exclude(pk=step.pk).filter(
        state__in=[StepState.WAITING, StepState.OPEN]
    )
    if said.outcome in {Outcome.REFUSE, Outcome.TO_ARBITRATION}:
        left.exclude(kind=StepKind.EXPORT).update(state=StepState.SKIPPED)
        return
    if said.amount is None:
        return
    _home, rates = home_and_rates(today)
    for other in left.filter(kind__in=[StepKind.DECISION, StepKind.COMMITTEE]):
        if not _is_meant(other, said.amount, rates):
            other.state = StepState.SKIPPED
            other.save(update_fields=["state"])


def to_arbitration(request: CreditRequest, step: RequestStep) -> None:
    """Add the arbitration of whom the step names for it. Raises StepRefused when it names nobody."""
    if step.escalates_to_id is None:
        raise StepRefused(
            _(
                "The circuit of %(number)s names nobody who arbitrates. "
                "Reach a consensus, or have the circuit name one."
            )
            % {"number": request.number}
        )
    last = request.steps.order_by("-position").values_list("position", flat=True).first() or 0
    RequestStep.objects.create(
        request=request,
        position=last + 1,
        number=step.number,
        kind=StepKind.ARBITRATION,
        person_id=step.escalates_to_id,
        deadline_hours=step.deadline_hours,
        reminder_hours=step.reminder_hours,
        requested_by_id=step.requested_by_id,
        first_requester_id=step.first_requester_id,
    )
    request.state = RequestState.ARBITRATION
