"""A customer's legal page: his penalties, formal notices, files, insolvency and deadlines."""

from decimal import Decimal
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from credit.permissions import HAND_OVER
from dunning.documents.computation import computation_filename, computation_pdf
from dunning.forms.legal import (
    ClaimPaymentForm,
    ContractRateForm,
    DeadlineForm,
    EntryRefused,
    HandOverForm,
    InsolvencyForm,
    ProofForm,
    WaiverForm,
    cleaned,
)
from dunning.models import (
    FormalNotice,
    HandOver,
    InterestClaim,
    Procedure,
    Reminder,
    WaiverRequest,
    WaiverState,
)
from dunning.permissions import SEND_REMINDER
from dunning.queries import legal as queries
from dunning.queries.agenda import reminders_of
from dunning.queries.legal_sheet import computation_sheet
from dunning.rules.interest_claims import Parts
from dunning.rules.legal_clock import DeadlineKind
from dunning.services import waivers
from dunning.services.deadlines import Subject, start_deadline
from dunning.services.hand_over_files import build_file
from dunning.services.hand_overs import (
    NewHandOver,
    decide_hand_over,
    end_hand_over,
    propose_hand_over,
    record_order,
    record_service,
)
from dunning.services.insolvencies import end_insolvency, record_insolvency
from dunning.services.interest_claims import (
    compute_claims,
    documents_to_compute,
    record_claim_payment,
)
from dunning.services.legal_parameters import agree_rate
from dunning.services.notices import issue_notice
from kernel.http import ASKING, TenantRequest, reads, writes
from kernel.money import Money
from kernel.permissions import Verb
from ledger.models import Customer, Entity
from ledger.permissions import APPLY_CASH, APPROVE_WRITE_OFF, PROPOSE_WRITE_OFF

PDF_MEDIA_TYPE = "application/pdf"
AT_ONCE = (
    200  # lines of a file that is built while the person waits; larger ones wait for the worker
)


def _customer(request: TenantRequest, customer_id: UUID, permission: str = HAND_OVER) -> Customer:
    return get_object_or_404(Customer.objects.visible_to(request.actor, permission), pk=customer_id)


@reads(HAND_OVER)
def customer_legal(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Show all that the law has to do with a customer."""
    found, actor, today = _customer(request, customer_id), request.actor, request.today
    can_waive = actor.can(PROPOSE_WRITE_OFF, *ASKING)
    deadlines = queries.deadlines_of(actor).filter(customer=found)
    lines = queries.lines_to_hand_over(found, today=today)
    context = {
        "customer": found,
        "claims": [
            (claim, _waiver_form(claim) if can_waive and claim.can_be_waived else None)
            for claim in queries.claims_of(found)
        ],
        "notices": [
            (
                notice,
                Money(notice.principal + notice.interest + notice.fixed_charge, notice.currency),
            )
            for notice in queries.notices_of(found)
        ],
        "files": queries.files(queries.files_to_see(actor).filter(customer=found)),
        "lines": [(line, Money(line.open_amount, line.currency)) for line in lines],
        "hand_over_form": HandOverForm(
            mandates=queries.mandates_in_force(today), auto_id="file_%s"
        ),
        "insolvency": queries.running_insolvency(found),
        "insolvency_form": InsolvencyForm(auto_id="insolvency_%s"),
        "countdowns": queries.countdowns(deadlines, actor=actor, today=today),
        "proof": ProofForm(initial={"day": today}),
        "deadline_form": DeadlineForm(auto_id="deadline_%s"),
        "rate_form": ContractRateForm(auto_id="rate_%s"),
        "contract_rates": found.contract_rates.all(),
        "me": actor.membership_id,
        "can_approve": actor.can(HAND_OVER, Verb.APPROVE),
        "can_approve_waiver": actor.can(APPROVE_WRITE_OFF, Verb.APPROVE),
        "waivers": WaiverRequest.objects.filter(
            claim__customer=found, state=WaiverState.PROPOSED
        ).select_related("claim", "proposed_by"),
        "today": today,
    }
    return render(request, "dunning/legal_customer.html", context)


def _waiver_form(shown: queries.ShownClaim) -> WaiverForm:
    currency, left = shown.claim.currency, shown.left_parts
    initial = {
        "interest": Money(left.interest, currency).rounded().amount,
        "fixed_charge": Money(left.fixed_charge, currency).rounded().amount,
    }
    return WaiverForm(initial=initial, auto_id=f"waive_{shown.claim.pk}_%s")


@writes(HAND_OVER, *ASKING)
def compute(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Bring the customer's penalties up to today."""
    found = _customer(request, customer_id)
    claims = compute_claims(
        documents=documents_to_compute(found, today=request.today),
        actor=request.actor,
        today=request.today,
        now=request.now,
    )
    messages.success(
        request, _("%(count)s penalties computed up to today.") % {"count": len(claims)}
    )
    return redirect("customer_legal", found.pk)


@reads(HAND_OVER)
def sheet(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Give the computation sheet as PDF, of one entity and currency."""
    found = _customer(request, customer_id)
    claims = list(
        InterestClaim.objects.filter(customer=found)
        .select_related("document", "entity")
        .order_by("document__issue_date", "document__number")
    )
    if not claims:
        raise Http404
    wanted = request.GET.get("entity", "") or claims[0].entity.code
    currency = request.GET.get("currency", "") or claims[0].currency
    entity = get_object_or_404(Entity, code=wanted)
    chosen = [each for each in claims if (each.entity_id, each.currency) == (entity.pk, currency)]
    made = computation_sheet(found, entity, chosen, currency=currency, today=request.today)
    return _file(computation_filename(made), computation_pdf(made), PDF_MEDIA_TYPE, shown=True)


def _file(name: str, content: bytes, media_type: str, *, shown: bool = False) -> HttpResponse:
    response = HttpResponse(content, content_type=media_type)
    how = "inline" if shown else "attachment"
    response.headers["Content-Disposition"] = f'{how}; filename="{name}"'
    return response


@writes(PROPOSE_WRITE_OFF, *ASKING)
def waive(request: TenantRequest, customer_id: UUID, claim_id: UUID) -> HttpResponse:
    """Give up a penalty, or a part of it, under one's name and with a reason; above the limit, propose it."""
    found = _customer(request, customer_id, PROPOSE_WRITE_OFF)
    claim = get_object_or_404(InterestClaim, pk=claim_id, customer=found)
    typed = cleaned(WaiverForm(request.POST))
    parts = Parts(typed["interest"] or Decimal(0), typed["fixed_charge"] or Decimal(0))
    proposed = waivers.give_up(
        claim=claim,
        parts=parts,
        reason=typed["reason"],
        actor=request.actor,
        today=request.today,
        now=request.now,
    )
    said = (
        _("%(number)s: given up.")
        if proposed is None
        else _("%(number)s: proposed. It is given up once a second person agrees.")
    )
    messages.success(request, said % {"number": claim.number})
    return redirect("customer_legal", found.pk)


@writes(APPROVE_WRITE_OFF, Verb.APPROVE)
def decide_waiver(request: TenantRequest, waiver_id: UUID) -> HttpResponse:
    """Agree to give up a penalty somebody else proposed to give up, or refuse."""
    customers = Customer.objects.visible_to(request.actor, APPROVE_WRITE_OFF)
    waiver = get_object_or_404(
        WaiverRequest.objects.filter(claim__customer__in=customers).select_related("claim"),
        pk=waiver_id,
    )
    decided = waivers.decide_waiver(
        request=waiver,
        is_approved=request.POST.get("answer") == "yes",
        words=request.POST.get("words", ""),
        actor=request.actor,
        today=request.today,
        now=request.now,
    )
    facts = {"number": waiver.claim.number, "state": decided.get_state_display()}
    messages.success(request, _("%(number)s: %(state)s.") % facts)
    return redirect("customer_legal", waiver.claim.customer_id)


@writes(PROPOSE_WRITE_OFF, *ASKING)
def withdraw_waiver(request: TenantRequest, waiver_id: UUID) -> HttpResponse:
    """Take one's own proposal to give up a penalty back."""
    customers = Customer.objects.visible_to(request.actor, PROPOSE_WRITE_OFF)
    waiver = get_object_or_404(
        WaiverRequest.objects.filter(claim__customer__in=customers).select_related("claim"),
        pk=waiver_id,
    )
    waivers.withdraw_waiver(request=waiver, actor=request.actor, now=request.now)
    messages.success(
        request, _("%(number)s: the proposal is taken back.") % {"number": waiver.claim.number}
    )
    return redirect("customer_legal", waiver.claim.customer_id)


@reads(APPLY_CASH)
def penalties(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Show whoever applies cash what a customer's penalties still ask."""
    found = _customer(request, customer_id, APPLY_CASH)
    context = {
        "customer": found,
        "claims": [(claim, None) for claim in queries.claims_of(found)],
        "payment_form": ClaimPaymentForm(initial={"day": request.today}),
        "today": request.today,
    }
    return render(request, "dunning/legal_penalties.html", context)


@writes(APPLY_CASH)
def pay(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Spread money received for penalties over the claims, in the order of the law."""
    found = _customer(request, customer_id, APPLY_CASH)
    typed = cleaned(ClaimPaymentForm(request.POST))
    currency = request.POST.get("currency") or request.tenant.currency
    record_claim_payment(
        customer=found,
        amount=Money(typed["amount"], currency),
        day=typed["day"],
        reference=typed["reference"],
        actor=request.actor,
        today=request.today,
        now=request.now,
    )
    messages.success(request, _("Payment of penalties recorded."))
    return redirect("customer_penalties", found.pk)


@writes(SEND_REMINDER)
def issue(request: TenantRequest, reminder_id: UUID) -> HttpResponse:
    """Issue the formal notice of a reminder: number, letter, claims and clock in one go."""
    # The agency of an entrusted file writes its own letters, never the house's formal notices.
    if not request.actor.can(HAND_OVER):
        raise Http404
    reminders = reminders_of(request.actor).select_related("scenario_version__scenario")
    reminder: Reminder = get_object_or_404(reminders, pk=reminder_id)
    notice = issue_notice(reminder=reminder, actor=request.actor, now=request.now)
    messages.success(
        request, _("Formal notice %(number)s issued; print it.") % {"number": notice.number}
    )
    return redirect("reminder", reminder.pk)


@reads(HAND_OVER)
def notice_pdf(request: TenantRequest, notice_id: UUID) -> HttpResponse:
    """Give a formal notice as it was issued, the same bytes every time."""
    customers = Customer.objects.visible_to(request.actor, HAND_OVER)
    notice = get_object_or_404(FormalNotice, pk=notice_id, customer__in=customers)
    return _file(notice.file_name, bytes(notice.pdf or b""), PDF_MEDIA_TYPE, shown=True)


@writes(HAND_OVER, *ASKING)
def propose(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Propose that the ticked lines go out of the house."""
    found = _customer(request, customer_id)
    form = HandOverForm(request.POST, mandates=queries.mandates_in_force(request.today))
    typed = cleaned(form)
    hand_over = propose_hand_over(
        NewHandOver(
            customer=found,
            due_lines=_ids(request.POST.getlist("line")),
            target=typed["target"],
            recipient=typed["recipient"],
            reason=typed["reason"],
            mandate=typed["mandate"] if typed["target"] == "agency" else None,
        ),
        actor=request.actor,
        today=request.today,
        now=request.now,
    )
    messages.success(
        request,
        _("%(file)s is proposed; another person decides about it.") % {"file": hand_over.name},
    )
    return redirect("customer_legal", found.pk)


def _ids(texts: list[str]) -> list[UUID]:
    try:
        return [UUID(text) for text in texts]
    except ValueError:
        raise EntryRefused(_("Tick the invoices in the list, then propose the file.")) from None


def _hand_over(request: TenantRequest, hand_over_id: UUID) -> HandOver:
    return get_object_or_404(queries.files_to_see(request.actor).defer("file"), pk=hand_over_id)


@writes(HAND_OVER, Verb.APPROVE)
def decide(request: TenantRequest, hand_over_id: UUID) -> HttpResponse:
    """Agree to a hand-over or refuse it; the file is built at once where it is not large."""
    decided = decide_hand_over(
        hand_over=_hand_over(request, hand_over_id),
        is_approved=request.POST.get("decision") == "approve",
        words=request.POST.get("words", ""),
        actor=request.actor,
        today=request.today,
        now=request.now,
    )
    if decided.from_date and decided.lines.count() <= AT_ONCE:
        build_file(hand_over=decided, actor=request.actor, today=request.today, now=request.now)
    messages.success(request, f"{decided.name}: {decided.get_state_display()}.")
    return redirect("customer_legal", decided.customer_id)


@writes(HAND_OVER, Verb.APPROVE)
def take_back(request: TenantRequest, hand_over_id: UUID) -> HttpResponse:
    """Take a file back into our own chase."""
    ended = end_hand_over(
        hand_over=_hand_over(request, hand_over_id),
        reason=request.POST.get("reason", ""),
        actor=request.actor,
        today=request.today,
        now=request.now,
    )
    messages.success(request, f"{ended.name}: {ended.get_state_display()}.")
    return redirect("customer_legal", ended.customer_id)


@writes(HAND_OVER, *ASKING)
def order(request: TenantRequest, hand_over_id: UUID) -> HttpResponse:
    """Write down the payment order of a file, or its service."""
    hand_over = _hand_over(request, hand_over_id)
    if request.POST.get("what") == "service":
        typed = cleaned(ProofForm(request.POST))
        record_service(
            hand_over=hand_over,
            service_date=typed["day"],
            proof=typed["proof"],
            actor=request.actor,
            today=request.today,
            now=request.now,
        )
    else:
        typed = cleaned(ProofForm({"day": request.POST.get("day"), "proof": "order"}))
        record_order(
            hand_over=hand_over,
            order_date=typed["day"],
            actor=request.actor,
            today=request.today,
            now=request.now,
        )
    messages.success(request, _("Recorded; the clock runs."))
    return redirect("customer_legal", hand_over.customer_id)


@reads(HAND_OVER)
def download(request: TenantRequest, hand_over_id: UUID) -> HttpResponse:
    """Give the file of a hand-over as a ZIP."""
    hand_over = get_object_or_404(queries.files_to_see(request.actor), pk=hand_over_id)
    if hand_over.file is None:
        raise Http404
    return _file(hand_over.file_name, bytes(hand_over.file), "application/zip")


@writes(HAND_OVER, *ASKING)
def declare_insolvency(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Record a judgment a person heard of: the chase freezes now."""
    found = _customer(request, customer_id)
    typed = cleaned(InsolvencyForm(request.POST))
    record_insolvency(
        customer=found,
        procedure=Procedure(typed["procedure"]),
        judgment_date=typed["judgment_date"],
        published_date=typed["published_date"],
        court=typed["court"],
        source="person",
        actor=request.actor,
        today=request.today,
        now=request.now,
    )
    messages.warning(request, _("The chase of earlier debts is frozen from now on."))
    return redirect("customer_legal", found.pk)


@writes(HAND_OVER, Verb.APPROVE)
def lift_insolvency(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Let the chase go on after an insolvency ended or was none."""
    found = _customer(request, customer_id)
    running = queries.running_insolvency(found)
    if running is None:
        raise Http404
    end_insolvency(
        insolvency=running,
        reason=request.POST.get("reason", ""),
        actor=request.actor,
        today=request.today,
        now=request.now,
    )
    messages.success(request, _("The chase goes on."))
    return redirect("customer_legal", found.pk)


@writes(HAND_OVER, *ASKING)
def start(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Put a deadline on the clock by hand."""
    found = _customer(request, customer_id)
    typed = cleaned(DeadlineForm(request.POST))
    if typed["due_date"] and not typed["source"].strip():
        raise EntryRefused(_("Give the source of a day entered by hand."))
    if typed["due_date"] and typed["due_date"] < typed["start_date"]:
        raise EntryRefused(_("The last day comes before the first. Look at the two days again."))
    start_deadline(
        customer=found,
        kind=DeadlineKind(typed["kind"]),
        subject=Subject(uuid4(), typed["label"]),
        start=typed["start_date"],
        actor=request.actor,
        now=request.now,
        variant=typed["variant"],
        due_date=typed["due_date"],
        source=typed["source"],
    )
    messages.success(request, _("The clock runs."))
    return redirect("customer_legal", found.pk)


@writes(HAND_OVER, Verb.APPROVE)
def save_contract_rate(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Enter the rate of late interest that the customer agreed to."""
    found = _customer(request, customer_id)
    agree_rate(customer=found, **cleaned(ContractRateForm(request.POST)), actor=request.actor)
    messages.success(request, _("Rate entered; the legal floor stays above it."))
    return redirect("customer_legal", found.pk)
