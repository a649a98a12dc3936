"""Asking for credit: a draft, its submission, what is said about it, taking it back."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from accounts.models import Scope, Tenant
from accounts.services import audit
from credit.models import (
    RUNNING,
    CreditRequest,
    RequestKind,
    RequestNumbers,
    RequestState,
    RequestStep,
    StepState,
)
from credit.permissions import PROPOSE_LIMIT
from credit.queries.authority import can_end, covers
from credit.queries.known import Known, known_companies
from credit.rules.likeness import Match
from credit.services import proposals
from credit.services.charter import Asked, refuse_breaches
from credit.services.circuit_drafts import install_ready
from credit.services.circuits import RequestChanged, circuit_for, facts_of, lock_request, start
from kernel.errors import Refused
from kernel.money import Money
from kernel.permissions import Actor, Reach
from ledger.models import Customer, CustomerGroup, Entity, PaymentTerms, TimelineKind
from ledger.queries import home_and_rates
from ledger.rules.identifiers import IdentifierKind, judge
from ledger.services import note

NEEDS_CUSTOMER = frozenset({RequestKind.LIMIT, RequestKind.TEMPORARY, RequestKind.REVIEW})
MOST_TEMPORARY_DAYS = 184  # half a year; longer is a change of the limit


class RequestRefused(Refused):
    """The request cannot be made so."""

    code: ClassVar[str] = "request_refused"


class AlreadyKnown(Refused):
    """The company has an account already, by its SIREN or VAT number."""

    code: ClassVar[str] = "company_already_known"

    def __init__(self, message: str, known: list[Known], **details: Any) -> None:
        super().__init__(message, **details)
        self.known = known


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked for, as a form or a program says it. Amounts are tax included, `expected_sales` excluded.

    For a customer who exists his own name and numbers count. `until` is the last day, included.
    """

    kind: str
    entity: Entity
    portfolio: Scope
    asked_amount: Decimal
    currency: str
    customer: Customer | None = None
    name: str = ""
    siren: str = ""
    vat_number: str = ""
    country: str = "FR"
    address: str = ""
    group: CustomerGroup | None = None
    customer_code: str = ""
    asked_terms: PaymentTerms | None = None
    asked_until: date | None = None
    expected_sales: Decimal | None = None
    margin_rate: Decimal | None = None
    peak_factor: Decimal = Decimal(1)
    quote_amount: Decimal | None = None
    first_delivery_date: date | None = None
    deposit_share: Decimal = Decimal(0)
    guarantees: str = ""
    guarantee_amount: Decimal | None = None
    words: str = ""
    grade: str = ""
    insured_amount: Decimal | None = None
    insured_quota: Decimal | None = None
    insured_on: date | None = None


def draft(
    ask: Ask,
    *,
    actor: Actor,
    now: datetime,
    today: date,
    origin: str = "form",
    follows: CreditRequest | None = None,
    accepts_known: bool = False,
) -> CreditRequest:
    """Write down a request as a draft, under the next number of the month. Raises RequestRefused or AlreadyKnown.

    `follows` is the request it reopens or turns into something else: its requester never decides this one (S1).
    """
    values = _values(ask, today=today)
    refuse_outside_reach(values, actor)
    if ask.kind == RequestKind.OPENING and not accepts_known:
        _refuse_known(values, today)
    first = follows.first_requester_id or follows.requested_by_id if follows else None
    request = CreditRequest(
        **values,
        number=next_number(today),
        origin=origin,
        follows=follows,
        requested_by_id=actor.membership_id,
        first_requester_id=first,
        created_at=now,
    )
    request.save()
    audit.record(
        actor=actor,
        action="credit.draft_request",
        object_kind="credit_request",
        object_id=request.pk,
        number=request.number,
        kind=request.kind,
        amount=str(request.asked_amount),
        currency=request.currency,
        follows=follows.number if follows else "",
    )
    return request


def revise(
    request: CreditRequest, ask: Ask, *, actor: Actor, seen: int | None, today: date
) -> CreditRequest:
    """Change a draft, by whoever wrote it. Raises RequestRefused, or RequestChanged for a page gone stale."""
    locked = lock_request(request.pk)
    _refuse_not_own_draft(locked, actor)
    if seen is not None and seen != locked.revision:
        raise RequestChanged(
            _("%(number)s changed since you opened the page. Look again, then send what you wrote.")
            % {"number": locked.number},
            revision=locked.revision,
        )
    values = _values(ask, today=today)
    refuse_outside_reach(values, actor)
    for name, value in values.items():
        setattr(locked, name, value)
    locked.revision += 1
    locked.save()
    return locked


def submit(*, request: CreditRequest, actor: Actor, now: datetime, today: date) -> CreditRequest:
    """Send a draft into its circuit. Raises RequestRefused, NoCircuit, or CharterRefused quoting the article."""
    locked = lock_request(request.pk)
    _refuse_not_own_draft(locked, actor)
    refuse_outside_reach(_kept_values(locked), actor)
    install_ready(tenant=Tenant.objects.get(), now=now)
    version = circuit_for(facts_of(locked, today=today))
    kinds = {step.kind for step in version.steps.all()} if version else set()
    verdict = refuse_breaches(
        proposals.proposal_of(locked, today=today, step_kinds=kinds),
        actor=actor,
        today=today,
        asked=Asked(customer=locked.customer, subject=locked.name[:200], object_id=locked.pk),
    )
    locked.charter_version = verdict.version.number if verdict.version else None
    locked.charter_escalations = [breach.article.number for breach in verdict.escalations]
    locked.state = RequestState.IN_CIRCUIT
    locked.submitted_at = now
    locked.revision += 1
    start(locked, now=now, today=today)
    audit.record(
        actor=actor,
        action="credit.submit_request",
        object_kind="credit_request",
        object_id=locked.pk,
        number=locked.number,
        charter=locked.charter_version,
    )
    if locked.customer is not None:
        note(
            customer=locked.customer,
            kind=TimelineKind.CHANGE,
            text_code="credit.request_submitted",
            actor=actor,
            words=locked.words,
            object_id=locked.pk,
            facts={
                "number": locked.number,
                "amount": Money(locked.asked_amount, locked.currency).as_json(),
            },
        )
    return locked


def withdraw(*, request: CreditRequest, words: str, actor: Actor, now: datetime) -> CreditRequest:
    """Take a request back, by whoever asked for it, while nobody decided it. Raises RequestRefused."""
    locked = lock_request(request.pk)
    if locked.requested_by_id != actor.membership_id or actor.membership_id is None:
        raise RequestRefused(
            _("%(number)s is taken back by who asked for it, %(who)s.")
            % {
                "number": locked.number,
                "who": locked.requested_by.name if locked.requested_by else "—",
            }
        )
    if locked.state not in {RequestState.DRAFT, *RUNNING}:
        raise RequestRefused(
            _("%(number)s is %(state)s already; make a new request instead.")
            % {"number": locked.number, "state": locked.get_state_display().lower()}
        )
    end_without_decision(locked, RequestState.WITHDRAWN, now=now)
    if words.strip():
        locked.messages.create(
            kind="note", author_id=actor.membership_id, words=words.strip(), at=now
        )
    audit.record(
        actor=actor,
        action="credit.withdraw_request",
        object_kind="credit_request",
        object_id=locked.pk,
        number=locked.number,
    )
    return locked


def end_without_decision(request: CreditRequest, state: RequestState, *, now: datetime) -> None:
    """Close a request that nobody decided: its steps are not needed any more."""
    request.state = state
    request.closed_at = now
    request.decide_before = None
    request.waiting_since = None
    request.revision += 1
    request.save()
    request.steps.filter(state__in=[StepState.WAITING, StepState.OPEN]).update(
        state=StepState.SKIPPED
    )


def continue_as(
    request: CreditRequest, kind: str, *, actor: Actor, now: datetime, today: date, **changes: Any
) -> CreditRequest:
    """Start a new draft from a closed request or an advice: same company, same figures, its thread one click away.

    Raises RequestRefused while the first one still runs; S1 counts who asked for the first.
    """
    if request.state in {RequestState.DRAFT, *RUNNING}:
        raise RequestRefused(
            _("%(number)s is still running; it can be continued once it is decided or withdrawn.")
            % {"number": request.number}
        )
    kept = {field.name: getattr(request, field.name) for field in fields(Ask)}
    return draft(
        Ask(**{**kept, "kind": kind, **changes}),
        actor=actor,
        now=now,
        today=today,
        follows=request,
        accepts_known=request.customer is not None,
    )


def next_number(today: date) -> str:
    """Return the next number of the month, `DC-YYMM-NNN`: none is missing, and two at once get two."""
    month = today.strftime("%y%m")
    counter, _is_new = RequestNumbers.objects.select_for_update().get_or_create(month=month)
    counter.last += 1
    counter.save(update_fields=["last"])
    return f"DC-{month}-{counter.last:03d}"


def refuse_outside_reach(values: dict[str, Any], actor: Actor) -> None:
    """Raise RequestRefused when the actor may not ask for this customer, or in this portfolio (matrix row 10)."""
    customer: Customer | None = values["customer"]
    if customer is not None:
        if not Customer.objects.visible_to(actor, PROPOSE_LIMIT).filter(pk=customer.pk).exists():
            raise RequestRefused(
                _("%(customer)s is not one of your customers: its own sales representative asks.")
                % {"customer": customer.name}
            )
        return
    path = values["portfolio"].path
    if not any(
        covers(held.scope_path, path) and held.reach is not Reach.COMPANY
        for held in actor.held(PROPOSE_LIMIT)
    ):
        raise RequestRefused(
            _("You do not sell in %(portfolio)s: choose one of your portfolios.")
            % {"portfolio": values["portfolio"].name}
        )


def entity_of(scope: Scope) -> Entity:
    """Return our entity at or above a node of the scope tree, the first one below where there is none above.

    Raises RequestRefused where there is neither.
    """
    for entity in Entity.objects.select_related("scope").order_by("-scope__path"):
        if scope.path.startswith(entity.scope.path):
            return entity
    below = Entity.objects.filter(scope__path__startswith=scope.path).order_by("code").first()
    if below is None:
        raise RequestRefused(
            _("%(portfolio)s belongs to no entity; ask an administrator to complete the tree.")
            % {"portfolio": scope.name}
        )
    return below


def _refuse_not_own_draft(request: CreditRequest, actor: Actor) -> None:
    if request.state != RequestState.DRAFT:
        raise RequestRefused(
            _("%(number)s was sent already: it is %(state)s.")
            % {"number": request.number, "state": request.get_state_display().lower()}
        )
    if request.requested_by_id is not None and request.requested_by_id != actor.membership_id:
        raise RequestRefused(
            _("%(number)s is a draft of %(who)s, who sends it.")
            % {
                "number": request.number,
                "who": request.requested_by.name if request.requested_by else "—",
            }
        )


def _kept_values(request: CreditRequest) -> dict[str, Any]:
    return {"customer": request.customer, "portfolio": request.portfolio}


def _values(ask: Ask, *, today: date) -> dict[str, Any]:
    """Return the columns of a request, checked; raises RequestRefused."""
    values = {field.name: getattr(ask, field.name) for field in fields(Ask)}
    if ask.kind not in RequestKind.values:
        raise RequestRefused(_("%(kind)s is no kind of request.") % {"kind": ask.kind})
    if ask.kind in NEEDS_CUSTOMER and ask.customer is None:
        raise RequestRefused(
            _("A %(kind)s is for a customer who has an account. Choose him, or ask for an opening.")
            % {"kind": RequestKind(ask.kind).label.lower()}
        )
    if ask.customer is not None:
        known = ask.customer
        values |= {
            "name": known.name,
            "siren": known.siren,
            "vat_number": known.vat_number,
            "country": known.country,
            "address": known.address,
            "group": known.group,
            "portfolio": known.portfolio,
        }
    else:
        values |= _identity(ask)
    _refuse_figures(ask, values["name"], today=today)
    values["words"] = ask.words.strip()
    values["currency"] = ask.currency.upper()
    return values


def _identity(ask: Ask) -> dict[str, str]:
    name = " ".join(ask.name.split())
    if not name:
        raise RequestRefused(_("Name the company that asks for credit."))
    return {
        "name": name,
        "country": ask.country.upper(),
        "siren": _identifier(IdentifierKind.SIREN, ask.siren, ask.country),
        "vat_number": _identifier(IdentifierKind.VAT, ask.vat_number, ask.country),
    }


def _identifier(kind: IdentifierKind, typed: str, country: str) -> str:
    if not typed.strip():
        return ""
    found = judge(kind, typed, country=country)
    if found.normal is None:
        label = "SIREN" if kind is IdentifierKind.SIREN else _("VAT number")
        raise RequestRefused(
            _(
                "%(typed)s cannot be a %(label)s: its digits do not check. Correct it or leave it empty."
            )
            % {"typed": typed, "label": label},
            field=kind.value,
        )
    return found.normal


def _refuse_figures(ask: Ask, name: str, *, today: date) -> None:
    home, rates = home_and_rates(today)
    currency = ask.currency.upper()
    if currency not in rates:
        raise RequestRefused(
            _(
                "No exchange rate from %(currency)s to %(home)s is known: a limit in %(currency)s could not be "
                "compared with what is owed. Enter a rate, or ask in %(home)s."
            )
            % {"currency": currency, "home": home},
            field="currency",
        )
    if ask.asked_amount <= 0 and ask.kind != RequestKind.REVIEW:
        raise RequestRefused(
            _("Ask for an amount above zero for %(name)s.") % {"name": name}, field="asked_amount"
        )
    if not 0 <= ask.deposit_share <= 1:
        raise RequestRefused(_("A deposit is between 0 and 100 %."), field="deposit_share")
    until = ask.asked_until
    if ask.kind == RequestKind.TEMPORARY and until is None:
        raise RequestRefused(
            _("A temporary raise has a last day: say until when."), field="asked_until"
        )
    if until is not None and until <= today:
        raise RequestRefused(
            _("%(day)s is past: ask until a later day.") % {"day": until}, field="asked_until"
        )
    if (
        ask.kind == RequestKind.TEMPORARY
        and until is not None
        and (until - today).days > MOST_TEMPORARY_DAYS
    ):
        raise RequestRefused(
            _("A temporary raise lasts six months at most; for longer, ask for another limit."),
            field="asked_until",
        )


def _refuse_known(values: dict[str, Any], today: date) -> None:
    sure = [
        one
        for one in known_companies(
            values["name"], values["siren"], values["vat_number"], today=today
        )
        if one.match in {Match.SIREN, Match.VAT}
    ]
    if not sure:
        return
    first = sure[0]
    raise AlreadyKnown(
        _(
            "%(name)s has an account already: %(code)s, followed in %(portfolio)s. Ask for another limit of it, or "
            "say that this is another account."
        )
        % {
            "name": first.customer.name,
            "code": first.customer.code,
            "portfolio": first.customer.portfolio.name,
        },
        sure,
        codes=[one.customer.code for one in sure],
    )


def draft_review(ask: Ask, *, now: datetime, today: date) -> CreditRequest:
    """Write down the periodic review of a customer's limit, asked for by the scheduled round."""
    values = _values(ask, today=today)
    return CreditRequest.objects.create(
        **values, number=next_number(today), origin="round", created_at=now
    )


def note_cover(
    request: CreditRequest,
    *,
    step: RequestStep,
    amount: Decimal | None,
    quota: Decimal | None,
    day: date | None,
    actor: Actor,
    today: date,
    seen: int | None,
) -> None:
    """Write down what the insurer answered, by whoever ends the analysis; nothing when nothing changed.

    `amount` is what is covered, `quota` the part of a loss that is paid. Raises RequestRefused or RequestChanged.
    """
    locked = lock_request(request.pk)
    if seen is not None and seen != locked.revision:
        raise RequestChanged(
            _("%(number)s changed since you opened the page. Look again, then send what you wrote.")
            % {"number": locked.number},
            revision=locked.revision,
        )
    step.request = locked
    if step.state != StepState.OPEN or not can_end(step, actor, today=today):
        return
    if quota is not None and quota > 1:
        raise RequestRefused(_("An insurer pays at most 100 % of a loss."), field="insured_quota")
    locked.insured_amount, locked.insured_quota, locked.insured_on = amount, quota, day
    locked.save(update_fields=["insured_amount", "insured_quota", "insured_on"])
