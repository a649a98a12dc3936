"""The page of one request: what is asked, advised and insured, its circuit, its thread, and the decision."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from credit import request_presenting as presenting
from credit.forms.requests import (
    AnalysisForm,
    CompletenessForm,
    DecisionForm,
    MessageForm,
    PaperForm,
)
from credit.models import (
    RUNNING,
    AccountExport,
    CreditRequest,
    ExpectedPiece,
    Outcome,
    RequestFile,
    RequestKind,
    RequestState,
    RequestStep,
    StepKind,
    StepState,
)
from credit.permissions import APPROVE_LIMIT, PROPOSE_LIMIT, SEE_OPINIONS
from credit.queries import requests as queries
from credit.queries.authority import can_end
from credit.queries.exposure import exposure, headroom
from credit.queries.limits import limit_on
from credit.queries.score_card import score_card, worth_of_request
from credit.queries.settings import office_hours
from credit.services import circuits, rerouting, thread, undo
from credit.services import requests as services
from credit.services.charter import CharterRefused, note_refusal
from credit.services.committee_closing import after_step
from credit.services.exports import as_csv
from credit.services.pieces import add_file, expected_pieces
from credit.views.request_committee import before_committee
from kernel import formats
from kernel.errors import Refused
from kernel.http import ASKING, TenantRequest, edits, reads, writes
from kernel.money import Money
from kernel.permissions import Verb
from ledger.permissions import SEE_CUSTOMERS

UNPROCESSABLE = 422
REVIEW_DAYS = 182
SEEING = (Verb.READ,)
FORMS = {
    StepKind.COMPLETENESS: CompletenessForm,
    StepKind.ANALYSIS: AnalysisForm,
    StepKind.DECISION: DecisionForm,
    StepKind.ARBITRATION: DecisionForm,
}


def seen_request(request: TenantRequest, number: str) -> CreditRequest:
    """Return a request that the actor sees, with what its page shows; 404 otherwise."""
    seen = queries.seen_requests(request.actor).select_related(
        "customer", "customer__group", "customer__sales_rep", "entity", "portfolio", "requested_by",
        "asked_terms", "granted_terms", "decided_by", "follows", "group", "circuit_version__circuit", "limit",
    )  # fmt: skip
    found: CreditRequest = get_object_or_404(seen, number=number)
    return found


@reads(SEE_CUSTOMERS)
def page(request: TenantRequest, number: str) -> HttpResponse:
    """Show a request to who asked, who decides and who may see it."""
    return shown(request, seen_request(request, number))


def shown(
    request: TenantRequest, found: CreditRequest, *, forms: dict[str, Any] | None = None
) -> HttpResponse:
    """Return the page, with forms that were refused where there are some."""
    given = forms or {}
    steps = list(
        found.steps.select_related("person", "done_by", "on_behalf_of", "terms").order_by(
            "number", "position"
        )
    )
    for step in steps:
        step.request = found
    hours = office_hours()
    sees_opinions = queries.sees_opinions(request.actor)
    mine = _open_to(request, found, steps)
    figures = presenting.figures(found, steps)
    form = given.get("step") or (_step_form(request, found, mine, figures) if mine else None)
    is_asker = found.requested_by_id == request.actor.membership_id
    context = {
        "found": found,
        "title": _title(found),
        "stages": presenting.stages(
            found, steps, hours=hours, me=request.actor.membership_id, sees_opinions=sees_opinions
        ),
        "clock": presenting.clock_of(found, now=request.now, hours=hours),
        "figures": figures,
        "sees_opinions": sees_opinions,
        "analysis": next((one for one in reversed(steps) if _is_said(one)), None)
        if sees_opinions
        else None,
        "step": mine,
        "foreign_step": None if mine else _foreign_to(request, steps),
        "step_form": form,
        "choices": _choices(found, mine, figures) if mine and mine.kind in _DECIDES else [],
        "form": form if form is not None and form.is_bound else None,
        "expected": _papers(found),
        "papers": found.files.filter(piece=None).defer("content"),
        "paper_form": PaperForm(pieces=expected_pieces(found)),
        "thread": found.messages.select_related("author"),
        "message_form": given.get("message") or MessageForm(auto_id="message_%s"),
        "is_asker": is_asker,
        "can_answer": is_asker and found.waiting_since is not None and found.state in RUNNING,
        "can_ask": mine is not None,
        "can_withdraw": is_asker and found.state in {RequestState.DRAFT, *RUNNING},
        "can_undo": undo.can_undo(found, request.actor, now=request.now),
        "can_continue": request.actor.can(PROPOSE_LIMIT)
        and found.state not in {RequestState.DRAFT, *RUNNING},
        "granted": Money(found.granted_amount, found.currency)
        if found.granted_amount is not None
        else None,
        "exports": found.exports.all() if found.state == RequestState.GRANTED else [],
        "past": _past(request, found) if sees_opinions else [],
        "standing": _standing(request, found) if sees_opinions else None,
        **before_committee(request, found, steps),
        **(_score(request, found) if sees_opinions else {}),
    }
    status = UNPROCESSABLE if any(one.is_bound for one in given.values()) else 200
    return render(request, "credit/request.html", context, status=status)


_DECIDES = frozenset({StepKind.DECISION, StepKind.ARBITRATION})


def _title(found: CreditRequest) -> str:
    return _("%(name)s, %(kind)s") % {
        "name": found.name,
        "kind": found.get_kind_display().lower(),
    }


def _is_said(step: RequestStep) -> bool:
    return step.kind == StepKind.ANALYSIS and step.state == StepState.DONE


def _open_to(
    request: TenantRequest, found: CreditRequest, steps: list[RequestStep]
) -> RequestStep | None:
    """Return the open step that the actor may end himself; a committee's is ended by its votes."""
    if found.waiting_since is not None:
        return None
    for step in steps:
        if step.state != StepState.OPEN or step.kind == StepKind.COMMITTEE:
            continue
        if can_end(step, request.actor, today=request.today):
            return step
    return None


def _foreign_to(request: TenantRequest, steps: list[RequestStep]) -> RequestStep | None:
    """Return the open step that would be the actor's if he knew the country."""
    for step in steps:
        if step.state == StepState.OPEN and rerouting.lacks_country(
            step, request.actor, today=request.today
        ):
            return step
    return None


def _step_form(
    request: TenantRequest, found: CreditRequest, step: RequestStep, figures: presenting.Figures
) -> Any:  # noqa: ANN401  one of the forms of FORMS
    form_class = FORMS[StepKind(step.kind)]
    initial: dict[str, Any] = {"seen": found.revision}
    proposed = figures.advised or figures.asked
    terms = figures.advised_terms or found.asked_terms
    if step.kind == StepKind.ANALYSIS:
        initial |= {
            "outcome": Outcome.FAVOURABLE,
            "amount": proposed.amount,
            "terms": terms.pk if terms else None,
            "insured": found.insured_amount,
            "insured_quota": found.insured_quota,
            "insured_on": found.insured_on,
        }
    elif step.kind in _DECIDES:
        is_less = proposed.amount < found.asked_amount
        initial |= {
            "outcome": Outcome.CONDITIONS if is_less else Outcome.AS_ASKED,
            "amount": proposed.amount,
            "terms": terms.pk if terms else None,
            "until": found.asked_until,
            "review_date": request.today + timedelta(days=REVIEW_DAYS),
        }
    return form_class(initial=initial)


def _choices(
    found: CreditRequest, step: RequestStep | None, figures: presenting.Figures
) -> list[dict[str, str]]:
    """Return the three answers with what each means here, and its key."""
    said = presenting.language()
    asked = formats.amount_short(figures.asked, said)
    advised = formats.amount_short(figures.advised or figures.asked, said)
    as_asked = f"{asked}, {found.asked_terms}." if found.asked_terms else f"{asked}."
    terms = figures.advised_terms or found.asked_terms
    has_committee = step is not None and any(
        one.kind == StepKind.COMMITTEE and one.state in {StepState.OPEN, StepState.WAITING}
        for one in found.steps.all()
    )
    return [
        {
            "value": Outcome.AS_ASKED.value,
            "label": _("Grant as asked"),
            "text": as_asked + (" " + _("Goes to the committee.") if has_committee else ""),
            "key": "1",
        },
        {
            "value": Outcome.CONDITIONS.value,
            "label": _("Grant with conditions"),
            "text": f"{advised}, {terms}." if terms else f"{advised}.",
            "key": "2",
        },
        {
            "value": Outcome.REFUSE.value,
            "label": _("Refuse the credit"),
            "text": _("Payment on order is offered to the customer."),
            "key": "3",
        },
    ]


def _papers(found: CreditRequest) -> list[dict[str, Any]]:
    files: dict[object, list[RequestFile]] = {}
    for one in found.files.exclude(piece=None).defer("content"):
        files.setdefault(one.piece_id, []).append(one)
    return [{"piece": piece, "files": files.get(piece.pk, [])} for piece in expected_pieces(found)]


def _past(request: TenantRequest, found: CreditRequest) -> list[dict[str, Any]]:
    """Return the earlier decisions about the customer, the latest first."""
    if found.customer_id is None:
        return []
    rows = (
        queries.seen_requests(request.actor)
        .filter(customer=found.customer_id, state__in=[RequestState.GRANTED, RequestState.REFUSED])
        .exclude(pk=found.pk)
        .select_related("decided_by")[:5]
    )
    return [
        {
            "request": one,
            "amount": Money(one.granted_amount, one.currency)
            if one.granted_amount is not None
            else None,
        }
        for one in rows
    ]


def _score(request: TenantRequest, found: CreditRequest) -> dict[str, Any]:
    """Return the score of the customer who asks, and whether what is asked is worth its risk (R46)."""
    shown: dict[str, Any] = {"worth": worth_of_request(found)}
    if found.customer is not None:
        shown["score"] = replace(score_card(found.customer, today=request.today), worth=None)
        shown["score_url"] = reverse("customer_score", args=[found.customer_id])
    return shown


def _standing(request: TenantRequest, found: CreditRequest) -> dict[str, Any] | None:
    """Return how a customer stands today: his limit, what he owes, what is left."""
    if found.customer_id is None:
        return None
    return {
        "limit": limit_on(found.customer_id, request.today),
        "owed": list(exposure(found.customer_id, request.today).values()),
        "headroom": headroom(found.customer_id, request.today),
    }


@edits(SEE_CUSTOMERS, *SEEING)
def end_step(request: TenantRequest, number: str, position: int) -> HttpResponse:
    """End a step of the request: complete, analysed, decided. Who may is asked of the step itself."""
    if request.method != "POST":
        return redirect("credit_request", number)
    found = seen_request(request, number)
    step = get_object_or_404(found.steps.exclude(kind=StepKind.COMMITTEE), position=position)
    form_class = FORMS.get(StepKind(step.kind))
    if form_class is None:
        return redirect("credit_request", number)
    if step.kind == StepKind.DECISION and not request.actor.can(APPROVE_LIMIT, Verb.APPROVE):
        raise PermissionDenied(APPROVE_LIMIT)
    form = form_class(request.POST)
    if form.is_valid():
        try:
            with transaction.atomic():
                return _ended(request, found, step, form.cleaned_data)
        except Refused as refused:
            if isinstance(refused, CharterRefused):
                note_refusal(refused)
            form.add_error(None, refused.message)
            found.refresh_from_db()
            form.data = form.data.copy()
            form.data["seen"] = str(found.revision)  # what was written may now be sent knowingly
    return shown(request, found, forms={"step": form})


def _ended(
    request: TenantRequest, found: CreditRequest, step: RequestStep, typed: dict[str, Any]
) -> HttpResponse:
    currency = found.currency
    amount = typed.get("amount")
    if step.kind == StepKind.ANALYSIS:
        services.note_cover(
            found,
            step=step,
            amount=typed["insured"],
            quota=typed["insured_quota"],
            day=typed["insured_on"],
            actor=request.actor,
            today=request.today,
            seen=typed["seen"],
        )
    is_as_asked = typed.get("outcome") == Outcome.AS_ASKED
    ended = circuits.complete_step(
        step=step,
        outcome=typed.get("outcome", Outcome.COMPLETE),
        amount=None if amount is None or is_as_asked else Money(amount, currency),
        terms=typed.get("terms"),
        until=typed.get("until"),
        review_date=typed.get("review_date"),
        conditions=typed.get("conditions", ""),
        words=typed["words"],
        seen=typed["seen"],
        actor=request.actor,
        now=request.now,
        today=request.today,
    )
    after_step(actor=request.actor, now=request.now, today=request.today)
    _say_what_became(request, ended)
    return redirect("credit_request", ended.number)


def _say_what_became(request: TenantRequest, ended: CreditRequest) -> None:
    asker = ended.requested_by.name if ended.requested_by else ""
    facts = {"number": ended.number, "who": asker}
    if ended.state in {RequestState.GRANTED, RequestState.REFUSED}:
        words = (
            _("Decision recorded, %(who)s is told.")
            if asker
            else _("Decision of %(number)s recorded.")
        )
        can_take_back = undo.can_undo(ended, request.actor, now=request.now)
        back = reverse("undo_request", args=[ended.number])
        messages.success(request, words % facts, extra_tags=f"undo:{back}" if can_take_back else "")
        return
    messages.success(request, _("Recorded; %(number)s goes on.") % facts)


@writes(SEE_CUSTOMERS, *SEEING)
def reroute(request: TenantRequest, number: str, position: int) -> HttpResponse:
    """Pass a step on to who knows the customer's country."""
    found = seen_request(request, number)
    step = get_object_or_404(found.steps, position=position)
    step.request = found
    person = rerouting.reroute(step=step, actor=request.actor, now=request.now, today=request.today)
    messages.success(request, _("Passed on to %(name)s.") % {"name": person.name})
    return redirect("credit_request", number)


@writes(SEE_CUSTOMERS, *SEEING)
def undo_request(request: TenantRequest, number: str) -> HttpResponse:
    """Take a decision back, within ten minutes."""
    found = seen_request(request, number)
    undo.undo_decision(request=found, actor=request.actor, now=request.now, today=request.today)
    messages.success(request, _("The decision is taken back; the request waits again."))
    return redirect("credit_request", number)


@writes(SEE_CUSTOMERS, *SEEING)
def say(request: TenantRequest, number: str) -> HttpResponse:
    """Ask for precision, answer, or leave a note in the thread."""
    found = seen_request(request, number)
    form = MessageForm(request.POST, auto_id="message_%s")
    if not form.is_valid():
        return shown(request, found, forms={"message": form})
    words = form.cleaned_data["words"]
    try:
        match request.POST.get("as", ""):
            case "question":
                thread.ask_precision(
                    request=found,
                    words=words,
                    actor=request.actor,
                    now=request.now,
                    today=request.today,
                )
                messages.success(request, _("Asked; the clock stands still until the answer."))
            case "answer":
                thread.answer(
                    request=found,
                    words=words,
                    actor=request.actor,
                    now=request.now,
                    today=request.today,
                )
                messages.success(request, _("Answered; the clock goes on."))
            case _note:
                thread.leave_note(request=found, words=words, actor=request.actor, now=request.now)
    except Refused as refused:
        form.add_error(None, refused.message)
        return shown(request, found, forms={"message": form})
    return redirect(f"{reverse('credit_request', args=[number])}#thread")


@writes(PROPOSE_LIMIT, *ASKING)
def send(request: TenantRequest, number: str) -> HttpResponse:
    """Send one's own draft into its circuit."""
    found = seen_request(request, number)
    services.submit(request=found, actor=request.actor, now=request.now, today=request.today)
    messages.success(
        request, _("%(number)s is on its way: you see every step here.") % {"number": number}
    )
    return redirect("credit_request", number)


@writes(PROPOSE_LIMIT, *ASKING)
def withdraw(request: TenantRequest, number: str) -> HttpResponse:
    """Take one's own request back."""
    found = seen_request(request, number)
    services.withdraw(
        request=found, words=request.POST.get("words", ""), actor=request.actor, now=request.now
    )
    messages.success(request, _("%(number)s is taken back.") % {"number": number})
    return redirect("credit_request", number)


@writes(PROPOSE_LIMIT, *ASKING)
def go_on(request: TenantRequest, number: str) -> HttpResponse:
    """Begin a new draft from this request: an opening from an advice, or the same once more."""
    found = seen_request(request, number)
    kind = request.POST.get("kind", "")
    if kind not in {RequestKind.OPENING, RequestKind.LIMIT}:
        kind = RequestKind.LIMIT if found.customer_id else RequestKind.OPENING
    made = services.continue_as(
        found, kind, actor=request.actor, now=request.now, today=request.today
    )
    messages.success(
        request,
        _("%(number)s begins from %(first)s; look it over and send it.")
        % {"number": made.number, "first": found.number},
    )
    return redirect("change_request", made.number)


@writes(SEE_CUSTOMERS, *SEEING)
def add_paper(request: TenantRequest, number: str) -> HttpResponse:
    """Add a paper to the file."""
    found = seen_request(request, number)
    form = PaperForm(request.POST, request.FILES, pieces=expected_pieces(found))
    if not form.is_valid():
        raise services.RequestRefused(_("Choose the file to add."))
    piece: ExpectedPiece | None = form.cleaned_data["piece"]
    upload = form.cleaned_data["file"]
    kept = add_file(
        request=found,
        piece=piece,
        name=upload.name,
        content=upload.read(),
        actor=request.actor,
        now=request.now,
    )
    messages.success(request, _("%(name)s is in the file.") % {"name": kept.file_name})
    return redirect(f"{reverse('credit_request', args=[number])}#file")


@reads(SEE_CUSTOMERS)
def paper(request: TenantRequest, number: str, file_id: Any) -> HttpResponse:  # noqa: ANN401
    """Hand a paper out, to save."""
    found = seen_request(request, number)
    kept = get_object_or_404(found.files, pk=file_id)
    answer = HttpResponse(bytes(kept.content), content_type="application/octet-stream")
    answer.headers["Content-Disposition"] = _attachment(kept.file_name)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@reads(SEE_OPINIONS)
def export(request: TenantRequest, number: str, export_id: Any) -> HttpResponse:  # noqa: ANN401
    """Hand out what the accounting system is told, as CSV or JSON."""
    found = seen_request(request, number)
    kept = get_object_or_404(AccountExport, request=found, pk=export_id)
    if request.GET.get("format") == "json":
        answer: HttpResponse = JsonResponse(kept.body, json_dumps_params={"ensure_ascii": False})
        answer.headers["Content-Disposition"] = _attachment(f"{number}.json")
        return answer
    answer = HttpResponse(as_csv(kept.body), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = _attachment(f"{number}.csv")
    return answer


def _attachment(name: str) -> str:
    plain = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_"
        for letter in name
    )
    return f'attachment; filename="{plain}"'
