"""What a person may say when he ends a step, and what is filled in for what he leaves open."""

from dataclasses import replace
from datetime import date
from typing import ClassVar

from django.utils.translation import gettext as _

from credit.models import CreditRequest, Outcome, RequestKind, RequestStep, StepKind
from credit.services.charter import Asked, CharterRefused, judge
from credit.services.closing import Said
from credit.services.pieces import missing_pieces
from credit.services.proposals import proposal_of
from kernel.errors import Refused
from kernel.money import Money
from kernel.permissions import Actor

GRANTING = frozenset({Outcome.AS_ASKED, Outcome.CONDITIONS})
OUTCOMES = {
    StepKind.COMPLETENESS: frozenset({Outcome.COMPLETE}),
    StepKind.ANALYSIS: frozenset({Outcome.FAVOURABLE, Outcome.UNFAVOURABLE}),
    StepKind.DECISION: GRANTING | {Outcome.REFUSE},
    StepKind.COMMITTEE: GRANTING | {Outcome.REFUSE, Outcome.TO_ARBITRATION},
    StepKind.ARBITRATION: GRANTING | {Outcome.REFUSE},
    StepKind.EXPORT: frozenset(),
}


class StepRefused(Refused):
    """The step cannot be ended so."""

    code: ClassVar[str] = "step_refused"


def checked(step: RequestStep, said: Said, *, today: date) -> Said:
    """Return what was said with what it leaves open filled in; raises StepRefused."""
    request = step.request
    if said.outcome not in OUTCOMES[StepKind(step.kind)]:
        raise StepRefused(
            _("“%(outcome)s” does not end the step %(step)s.")
            % {"outcome": said.outcome.label, "step": step}
        )
    if step.kind == StepKind.COMPLETENESS:
        _refuse_incomplete(request, said)
        return said
    if (
        said.outcome in {Outcome.REFUSE, Outcome.CONDITIONS, Outcome.UNFAVOURABLE}
        and not said.words
    ):
        raise StepRefused(
            _("Say why: the reason is kept with %(number)s and shared with the requester.")
            % {"number": request.number}
        )
    if said.outcome in {Outcome.REFUSE, Outcome.UNFAVOURABLE, Outcome.TO_ARBITRATION}:
        return replace(said, insured=None, until=None, review_date=None)
    return _granted(request, said, today=today)


def _refuse_incomplete(request: CreditRequest, said: Said) -> None:
    missing = missing_pieces(request)
    if missing and not said.words:
        raise StepRefused(
            _(
                "The file of %(number)s lacks: %(pieces)s. Add them, or say why it is complete without."
            )
            % {"number": request.number, "pieces": ", ".join(piece.label for piece in missing)},
            missing=[piece.code for piece in missing],
        )


def _granted(request: CreditRequest, said: Said, *, today: date) -> Said:
    asked = Money(request.asked_amount, request.currency)
    amount = asked if said.outcome is Outcome.AS_ASKED or said.amount is None else said.amount
    if amount.currency != request.currency:
        raise StepRefused(
            _("%(number)s asks in %(currency)s: grant in %(currency)s too, not %(amount)s.")
            % {"number": request.number, "currency": request.currency, "amount": amount}
        )
    if amount.amount < 0 or (amount.amount == 0 and request.kind != RequestKind.REVIEW):
        raise StepRefused(
            _("To grant %(number)s, give an amount above zero; to give no credit, refuse it.")
            % {"number": request.number}
        )
    if amount > asked and request.kind != RequestKind.ADVICE:
        raise StepRefused(
            _("%(number)s asks for %(asked)s: %(amount)s is more. Grant %(asked)s at most.")
            % {"number": request.number, "asked": asked, "amount": amount}
        )
    until = said.until or (request.asked_until if said.outcome is Outcome.AS_ASKED else None)
    until = until or (request.asked_until if request.kind == RequestKind.TEMPORARY else None)
    for day in (until, said.review_date):
        if day is not None and day < today:
            raise StepRefused(
                _("%(day)s is past: a limit of %(number)s ends, and is reviewed, after today.")
                % {"day": day, "number": request.number}
            )
    if said.insured is not None and said.insured > amount:
        raise StepRefused(
            _("%(insured)s cannot be insured of %(amount)s; correct one of the two.")
            % {"insured": said.insured, "amount": amount}
        )
    terms = request.asked_terms if said.outcome is Outcome.AS_ASKED else said.terms
    return replace(said, amount=amount, terms=terms or request.asked_terms, until=until)


def refuse_by_charter(request: CreditRequest, said: Said, *, actor: Actor, today: date) -> None:
    """Raise CharterRefused when an article refuses what would be granted, as it would have refused the form."""
    if said.amount is None:
        return
    proposal = proposal_of(request, today=today, amount=said.amount.amount, terms=said.terms)
    verdict = judge(proposal, today=today)
    if verdict.refusals:
        asked = Asked(request.customer, request.name[:200], request.pk)
        raise CharterRefused(verdict, proposal, asked, actor=actor, today=today)
