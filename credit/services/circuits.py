"""The way of a request through its circuit: `complete_step` is the one door by which a step ends."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.services import audit
from credit.models import (
    VOTED_FILES,
    AgendaFile,
    Circuit,
    CircuitStep,
    CircuitVersion,
    CreditRequest,
    Outcome,
    RequestKind,
    RequestStep,
    StepKind,
    StepState,
)
from credit.queries.authority import DECIDING, candidates, verdict_on
from credit.queries.committee import committee_for
from credit.queries.settings import office_hours
from credit.rules.circuits import CircuitScope, Facts, StepRule, steps_for
from credit.services.closing import Said, close
from credit.services.denials import refusal_of
from credit.services.notices import tell
from credit.services.step_checks import GRANTING, StepRefused, checked, refuse_by_charter
from credit.services.step_effects import (
    pass_up,
    refuse_above_ceiling,
    settle_others,
    to_arbitration,
)
from kernel.errors import Refused
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import PaymentTerms
from ledger.queries import home_and_rates


class StepGone(Refused):
    """The step is not open any more: somebody was faster, or the request was taken back."""

    code: ClassVar[str] = "step_gone"


class RequestChanged(Refused):
    """The request changed since the page was opened."""

    code: ClassVar[str] = "request_changed"


class NoCircuit(Refused):
    """No published circuit is for such a request."""

    code: ClassVar[str] = "no_circuit"


def lock_request(request_id: UUID) -> CreditRequest:
    """Return the request, locked until the transaction ends: whoever ends one of its steps waits here."""
    return (
        CreditRequest.objects.select_for_update(of=("self",))
        .select_related(
            "customer", "entity", "portfolio", "requested_by", "asked_terms", "circuit_version"
        )
        .get(pk=request_id)
    )


def rule_of(step: CircuitStep) -> StepRule:
    """Return a stored step as the rules see it."""
    return StepRule(
        position=step.position,
        number=step.number,
        kind=step.kind,
        role=step.role,
        person=str(step.person_id or ""),
        substitute=str(step.substitute_id or ""),
        escalates_to=str(step.escalates_to_id or ""),
        above=step.above,
        up_to=step.up_to,
        currency=step.currency,
        grades=frozenset(step.grades),
        countries=frozenset(step.countries),
        entities=frozenset(step.entities),
        kinds=frozenset(step.kinds),
    )


def scope_of(circuit: Circuit) -> CircuitScope:
    """Return for which requests a circuit is."""
    return CircuitScope(
        tuple(RequestKind.values),
        frozenset(circuit.kinds),
        frozenset(circuit.countries),
        frozenset(circuit.entities),
    )


def facts_of(request: CreditRequest, *, today: date) -> Facts:
    """Return what the conditions of a circuit look at in a request."""
    _home, rates = home_and_rates(today)
    return Facts(
        kind=request.kind,
        amount=request.asked_amount,
        currency=request.currency,
        grade=request.grade,
        country=request.country,
        entity=request.entity.code,
        rates=rates,
    )


def circuit_for(facts: Facts) -> CircuitVersion | None:
    """Return the published version of the first circuit that is for such a request; None without one."""
    for circuit in Circuit.objects.filter(is_archived=False):
        version = (
            circuit.versions.filter(is_draft=False)
            .order_by("-number")
            .prefetch_related("steps")
            .first()
        )
        if version is not None and scope_of(circuit).fits(facts):
            return version
    return None


def start(request: CreditRequest, *, now: datetime, today: date) -> None:
    """Copy the steps that a request takes and open the first ones. Raises NoCircuit."""
    facts = facts_of(request, today=today)
    version = circuit_for(facts)
    if version is None:
        raise NoCircuit(
            _(
                "No published circuit is for %(kind)s of %(amount)s. Ask a credit manager to publish one."
            )
            % {
                "kind": request.get_kind_display(),
                "amount": Money(request.asked_amount, request.currency),
            }
        )
    stored = {step.position: step for step in version.steps.all()}
    request.circuit_version = version
    for rule in steps_for([rule_of(step) for step in stored.values()], facts):
        RequestStep.objects.create(**_copied(request, stored[rule.position]))
    advance(request, actor=None, now=now, today=today)


def _copied(request: CreditRequest, step: CircuitStep) -> dict[str, object]:
    names = (
        "position", "number", "kind", "label", "role", "person_id", "substitute_id", "escalates_to_id",
        "above", "up_to", "deadline_hours", "reminder_hours",
    )  # fmt: skip
    return {
        **{name: getattr(step, name) for name in names},
        "amount_currency": step.currency,
        "request": request,
        "requested_by_id": request.requested_by_id,
        "first_requester_id": request.first_requester_id,
    }


def complete_step(
    *,
    step: RequestStep,
    outcome: str,
    actor: Actor,
    now: datetime,
    today: date,
    amount: Money | None = None,
    terms: PaymentTerms | None = None,
    words: str = "",
    insured: Money | None = None,
    until: date | None = None,
    review_date: date | None = None,
    conditions: str = "",
    seen: int | None = None,
) -> CreditRequest:
    """End a step: the next ones open, or the request is decided and its limit granted at once.

    `amount` is what is advised or granted, tax included, in the request's currency; None takes what was asked.
    `seen` is the request's revision on the page, None where there was none. Whoever ends a committee's step has
    closed it: who sits and votes is the committee's own affair, segregation holds all the same.
    Raises StepGone, RequestChanged, StepRefused, a denial of `services.denials`, and what granting raises.
    """
    request = lock_request(step.request_id)
    fresh = _open_step(request, step, seen)
    if fresh.kind == StepKind.COMMITTEE:
        _refuse_without_votes(fresh)
    verdict = verdict_on(fresh, actor, today=today)
    if verdict.denial is not None:
        raise refusal_of(verdict.denial, fresh, actor=actor, today=today)
    said = checked(
        fresh,
        Said(
            Outcome(outcome),
            amount,
            insured,
            terms,
            until,
            review_date,
            conditions.strip(),
            words.strip(),
        ),
        today=today,
    )
    if said.outcome in GRANTING and fresh.kind in DECIDING:
        refuse_by_charter(request, said, actor=actor, today=today)
    above = refuse_above_ceiling(fresh, said, actor, verdict.on_behalf_of, today=today)
    _write(fresh, said, actor=actor, on_behalf_of=verdict.on_behalf_of, now=now)
    audit.record(
        actor=actor,
        action="credit.complete_step",
        object_kind="credit_request",
        object_id=request.pk,
        number=request.number,
        step=fresh.kind,
        outcome=said.outcome.value,
        amount=str(said.amount.amount) if said.amount else "",
        currency=request.currency,
        on_behalf_of=str(verdict.on_behalf_of or ""),
    )
    if above is not None:
        pass_up(fresh, above)
    settle_others(fresh, said, today=today)
    if said.outcome is Outcome.TO_ARBITRATION:
        to_arbitration(request, fresh)
    request.revision += 1
    advance(request, actor=actor, now=now, today=today)
    return request


def _refuse_without_votes(step: RequestStep) -> None:
    """Refuse to end a committee's step past its votes, where a committee sits; its session closes the file first."""
    if AgendaFile.objects.filter(step=step, state__in=VOTED_FILES).exists():
        return
    if committee_for(step.request.portfolio.path) is not None:
        raise StepRefused(
            _("%(number)s is decided by the votes of the committee: close its session.")
            % {"number": step.request.number}
        )


def _open_step(request: CreditRequest, step: RequestStep, seen: int | None) -> RequestStep:
    fresh = RequestStep.objects.select_related("done_by", "person").get(pk=step.pk)
    fresh.request = request
    if fresh.state != StepState.OPEN:
        if fresh.done_by is not None:
            raise StepGone(
                _("%(who)s already ended this step of %(number)s: %(outcome)s. Reload the page.")
                % {
                    "who": fresh.done_by.name,
                    "number": request.number,
                    "outcome": fresh.get_outcome_display(),
                }
            )
        raise StepGone(
            _("This step of %(number)s is not open: the request is %(state)s.")
            % {"number": request.number, "state": request.get_state_display().lower()}
        )
    if request.waiting_since is not None:
        raise StepGone(
            _("%(number)s waits for the requester's answer; the step goes on after it.")
            % {"number": request.number}
        )
    if seen is not None and seen != request.revision:
        raise RequestChanged(
            _("%(number)s changed since you opened the page. Look again, then send what you wrote.")
            % {"number": request.number},
            revision=request.revision,
        )
    return fresh


def _write(
    step: RequestStep, said: Said, *, actor: Actor, on_behalf_of: UUID | None, now: datetime
) -> None:
    step.state = StepState.DONE
    step.outcome = said.outcome
    step.done_at = now
    step.done_by_id = actor.membership_id
    step.on_behalf_of_id = on_behalf_of
    step.amount = said.amount.amount if said.amount else None
    step.insured = said.insured.amount if said.insured else None
    step.terms = said.terms
    step.until = said.until
    step.review_date = said.review_date
    step.conditions = said.conditions
    step.words = said.words
    step.save()


def advance(request: CreditRequest, *, actor: Actor | None, now: datetime, today: date) -> None:
    """Open the next steps, or decide the request when none is left."""
    steps = list(request.steps.order_by("number", "position"))
    if not any(step.state == StepState.OPEN for step in steps):
        waiting = [
            step
            for step in steps
            if step.state == StepState.WAITING and step.kind != StepKind.EXPORT
        ]
        if not waiting:
            if actor is not None:
                close(request, actor=actor, now=now, today=today)
            return
        for step in waiting:
            if step.number == waiting[0].number:
                open_step(step, request, now=now, today=today)
    set_deadline(request)
    request.save()


@dataclass(frozen=True, slots=True)
class Told:
    """The facts that every notice about a request gives."""

    request: CreditRequest

    def facts(self) -> dict[str, object]:
        """Return them as plain values."""
        return {
            "number": self.request.number,
            "customer": self.request.name,
            "amount": Money(self.request.asked_amount, self.request.currency).as_json(),
        }


def open_step(step: RequestStep, request: CreditRequest, *, now: datetime, today: date) -> None:
    """Let a step begin: its clock runs in working hours from now, and who may take it is told."""
    step.request = request
    step.state = StepState.OPEN
    step.opened_at = now
    step.due_at = office_hours().add_hours(now, step.deadline_hours)
    step.save()
    tell_whom_it_waits_for(step, code="assigned", now=now, today=today)


def tell_whom_it_waits_for(
    step: RequestStep,
    *,
    code: str,
    now: datetime,
    today: date,
    people: list[Membership] | None = None,
) -> None:
    """Tell those who may end a step that it waits for them."""
    due = step.due_at.isoformat() if step.due_at else ""
    tell(
        candidates(step, today=today) if people is None else people,
        code=code,
        once_key=f"{code}:{step.pk}:{due}",
        now=now,
        request=step.request,
        path=f"/credit/requests/{step.request.number}",
        step={"step": step.kind, "label": step.label},
        due={"at": due},
        **Told(step.request).facts(),
    )


def set_deadline(request: CreditRequest) -> None:
    """Say until when the request waits for somebody: the earliest deadline of its open steps."""
    request.decide_before = (
        request.steps.filter(state=StepState.OPEN)
        .order_by("due_at")
        .values_list("due_at", flat=True)
        .first()
    )
