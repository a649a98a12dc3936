"""The list of requests, and the form by which somebody asks."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import Scope, ScopeKind
from credit.charter_hints import Quoted, charter_hints, quoted
from credit.forms.requests import QuickRaiseForm, RequestForm
from credit.models import RUNNING, CreditRequest, RequestKind, RequestState
from credit.permissions import APPROVE_LIMIT, PROPOSE_LIMIT, SEE_OPINIONS
from credit.queries import requests as queries
from credit.queries.information import askable_now, dossier
from credit.queries.known import Known, known_companies
from credit.queries.limits import limit_on
from credit.queries.scores import grade_on
from credit.request_presenting import rows
from credit.services import requests as services
from credit.services.charter import CharterRefused, note_refusal
from kernel.components import Link
from kernel.errors import Refused
from kernel.http import ASKING, TenantRequest, edits, reads, writes
from kernel.money import Money
from kernel.permissions import Actor
from ledger.lists import choice_chip, saved_views
from ledger.models import Customer, PaymentTerms
from ledger.permissions import SEE_CUSTOMERS
from ledger.queries.paging import Page, bounds
from ledger.rules.identifiers import siren_of, vat_number, vat_of_siren

PAGE = 50
UNPROCESSABLE = 422
VIEWS = ("to_decide", "mine", "running", "all")


@reads(SEE_CUSTOMERS)
def requests(request: TenantRequest) -> HttpResponse:
    """List the requests a person sees: those that wait for him, his own, all."""
    refuse_outsider(request.actor)
    view = _asked_view(request)
    found = _of_view(request, view)
    if kind := request.GET.get("kind", ""):
        found = found.filter(kind=kind)
    if state := request.GET.get("state", ""):
        found = found.filter(state=state)
    if typed := request.GET.get("q", "").strip()[:100]:
        found = found.filter(
            Q(number__icontains=typed) | Q(name__icontains=typed) | Q(siren=typed.replace(" ", ""))
        )
    count = found.count()
    number, window = bounds(_int(request.GET.get("page", "")) or 1, PAGE, count)
    shown = list(found.select_related("customer", "requested_by")[window])
    context = {
        "views": _tabs(request, view),
        "chips": [
            choice_chip(
                request.GET, "kind", _("Kind"), {str(one): str(one.label) for one in RequestKind}
            ),
            choice_chip(
                request.GET,
                "state",
                pgettext("request", "State"),
                {str(one): str(one.label) for one in RequestState},
            ),
        ],
        "rows": rows(shown, now=request.now),
        "page_obj": Page(shown, number, PAGE, count),
        "is_filtered": bool(kind or state or typed),
        "can_ask": request.actor.can(PROPOSE_LIMIT),
        "view": view,
    }
    return render(request, "credit/requests.html", context)


def refuse_outsider(actor: Actor) -> None:
    """Keep away who neither asks nor judges and has no part in any request (matrix rows 2, 10, 11)."""
    if any(actor.can(one) for one in (PROPOSE_LIMIT, SEE_OPINIONS, APPROVE_LIMIT)):
        return
    if not queries.seen_requests(actor).exists():
        raise PermissionDenied(PROPOSE_LIMIT)


def _ready_views() -> list[tuple[str, str]]:
    return [
        (pgettext("requests", "To decide"), "view=to_decide"),
        (pgettext("requests", "Mine"), "view=mine"),
        (pgettext("requests", "Running"), "view=running"),
        (pgettext("requests", "All"), "view=all"),
    ]


def _tabs(request: TenantRequest, view: str) -> list[Link]:
    """Return the tabs; the page without a query stands on the one it shows."""
    tabs = saved_views(request, "credit_requests", _ready_views())
    if any(tab.is_current for tab in tabs):
        return tabs
    plain = not set(request.GET) - {"page"}
    return [
        replace(tab, is_current=True) if plain and tab.url == f"?view={view}" else tab
        for tab in tabs
    ]


def _asked_view(request: TenantRequest) -> str:
    asked = request.GET.get("view", "")
    if asked in VIEWS:
        return asked
    return "to_decide" if request.actor.can(SEE_OPINIONS) else "mine"


def _of_view(request: TenantRequest, view: str) -> QuerySet[CreditRequest]:
    if view == "to_decide":
        return queries.waiting_for(request.actor, today=request.today)
    if view == "mine":
        return queries.own_requests(request.actor)
    seen = queries.seen_requests(request.actor)
    if view == "running":
        return seen.filter(state__in=RUNNING).order_by("decide_before", "number")
    return seen


@edits(PROPOSE_LIMIT, *ASKING)
def new(request: TenantRequest) -> HttpResponse:
    """Ask for credit: for a company that has no account yet, or for a customer (`?customer=`)."""
    customer = _asked_customer(request)
    form = _form(request, customer)
    refused: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                made = services.draft(
                    ask_of(form, customer, request.today),
                    actor=request.actor,
                    now=request.now,
                    today=request.today,
                    accepts_known=bool(form.cleaned_data.get("is_other_account")),
                )
            if request.POST.get("then") == "draft":
                return redirect("credit_request", made.number)
            return _sent(request, made)
        except Refused as declined:
            refused = declined
            _show(form, declined)
    known = _known(form, request.today)
    context = {
        "form": form,
        "customer": customer,
        "limit": limit_on(customer.pk, request.today) if customer else None,
        "known": known,
        "hints": charter_hints(request.today),
        "quotes": _quotes(request, form, customer) if form.is_bound else [],
        "refused": refused,
        "sources": [] if customer else askable_now(),
        "asked_siren": siren_of(request.GET.get("siren", "")) or "",
    }
    status = UNPROCESSABLE if form.is_bound and (form.errors or refused) else 200
    return render(request, "credit/request_new.html", context, status=status)


def _sent(request: TenantRequest, made: CreditRequest) -> HttpResponse:
    """Send a draft; what the charter refuses stays a draft, with the article beside it."""
    try:
        with transaction.atomic():
            services.submit(request=made, actor=request.actor, now=request.now, today=request.today)
    except Refused as refused:
        _keep_trace(refused)
        messages.error(request, refused.message)
        return redirect("change_request", made.number)
    messages.success(
        request,
        _("%(number)s is on its way: you see every step here.") % {"number": made.number},
    )
    return redirect("credit_request", made.number)


@edits(PROPOSE_LIMIT, *ASKING)
def change(request: TenantRequest, number: str) -> HttpResponse:
    """Change a draft and send it."""
    found = get_object_or_404(
        queries.own_requests(request.actor).select_related("customer"),
        number=number,
        state=RequestState.DRAFT,
    )
    form = _form(request, found.customer, instance=found)
    refused: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                services.revise(
                    found,
                    ask_of(form, found.customer, request.today),
                    actor=request.actor,
                    seen=_int(request.POST.get("seen", "")),
                    today=request.today,
                )
                if request.POST.get("then") != "draft":
                    services.submit(
                        request=found, actor=request.actor, now=request.now, today=request.today
                    )
            return redirect("credit_request", found.number)
        except Refused as declined:
            refused = declined
            _keep_trace(declined)
            _show(form, declined)
    context = {
        "form": form,
        "customer": found.customer,
        "limit": limit_on(found.customer.pk, request.today) if found.customer else None,
        "known": _known(form, request.today),
        "hints": charter_hints(request.today),
        "quotes": _quotes(request, form, found.customer),
        "draft": found,
        "seen": found.revision,
        "refused": refused,
    }
    status = UNPROCESSABLE if form.is_bound and (form.errors or refused) else 200
    return render(request, "credit/request_new.html", context, status=status)


@writes(PROPOSE_LIMIT, *ASKING)
def quote(request: TenantRequest) -> HttpResponse:
    """Answer what the charter says of the form as it is filled so far; nothing is kept."""
    customer = _asked_customer(request)
    quotes = _quotes(request, _form(request, customer), customer)
    return render(request, "credit/charter_quotes.html", {"quotes": quotes})


def _quotes(request: TenantRequest, form: RequestForm, customer: Customer | None) -> list[Quoted]:
    """Return what the charter says of a form: of what was typed, else of the draft it shows."""
    if form.is_bound:
        form.is_valid()
        typed: dict[str, Any] = getattr(form, "cleaned_data", {})
    else:
        typed = {**form.initial}
        if terms_id := typed.get("asked_terms"):
            typed["asked_terms"] = PaymentTerms.objects.filter(pk=terms_id).first()
    return quoted(typed, customer, today=request.today)


def _keep_trace(refused: Refused) -> None:
    """Let the compliance page count an attempt that the charter refused."""
    if isinstance(refused, CharterRefused):
        note_refusal(refused)


def _int(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None  # noqa: PLR2004


def _show(form: forms.Form, refused: Refused) -> None:
    """Put a refusal under the field it names, above the form otherwise."""
    field = refused.details.get("field", "")
    field = {"vat": "vat_number"}.get(field, field)
    form.add_error(field if field in form.fields else None, refused.message)


def _asked_customer(request: TenantRequest) -> Customer | None:
    code = request.GET.get("customer", "") or request.POST.get("customer", "")
    if not code:
        return None
    seen = Customer.objects.visible_to(request.actor, PROPOSE_LIMIT)
    return get_object_or_404(seen.select_related("portfolio", "group", "terms"), code=code)


def _known_identity(siren: str, name: str) -> dict[str, str]:
    """Return what sources said about who a company is, to be checked by who asks; figures stay with finance."""
    company = dossier(siren).company
    return {
        "siren": siren,
        "name": name or company.name,
        "vat_number": vat_number(company.vat_number) or vat_of_siren(siren) or "",
        "address": company.address,
    }


def _form(
    request: TenantRequest, customer: Customer | None, instance: CreditRequest | None = None
) -> RequestForm:
    initial: dict[str, Any] = {
        "kind": request.GET.get("kind") or (RequestKind.LIMIT if customer else RequestKind.OPENING),
        "currency": request.tenant.currency,
        "country": request.tenant.country,
        "peak_factor": Decimal(1),
        "asked_terms": customer.terms_id if customer else None,
        "name": request.GET.get("name", ""),
        "siren": request.GET.get("siren", ""),
    }
    if customer is None and (number := siren_of(request.GET.get("siren", ""))):
        initial |= _known_identity(number, initial["name"])
    if instance is not None:
        initial |= {
            name: getattr(instance, name)
            for name in RequestForm.base_fields
            if hasattr(instance, name)
        }
        initial["asked_terms"] = instance.asked_terms_id
        initial["portfolio"] = instance.portfolio_id
    portfolios = portfolios_of(request.actor)
    if "portfolio" not in initial and portfolios.count() == 1:
        initial["portfolio"] = portfolios.get().pk
    return RequestForm(
        request.POST if request.method == "POST" else None,
        portfolios=portfolios,
        has_customer=customer is not None,
        initial=initial,
    )


def portfolios_of(actor: Actor) -> QuerySet[Scope]:
    """Return the nodes in which a person may ask for a new customer: portfolios, and entities without any."""
    condition = Q(pk__in=[])
    for held in actor.held(PROPOSE_LIMIT):
        condition |= Q(path__startswith=held.scope_path)
    found = Scope.objects.filter(condition)
    leaves = found.filter(kind=ScopeKind.PORTFOLIO) | found.filter(
        kind=ScopeKind.ENTITY, children=None
    )
    return leaves.distinct().order_by("path")


def ask_of(form: RequestForm, customer: Customer | None, today: date) -> services.Ask:
    """Return what a valid form asks for."""
    typed = dict(form.cleaned_data)
    typed.pop("is_other_account", None)
    portfolio = customer.portfolio if customer else typed.pop("portfolio")
    for name in ("name", "siren", "vat_number", "country", "address", "portfolio", "customer_code"):
        typed.setdefault(name, "") if name != "portfolio" else None
    typed.pop("portfolio", None)
    typed["country"] = typed["country"] or (customer.country if customer else "")
    typed["deposit_share"] = typed["deposit_share"] or Decimal(0)
    typed["peak_factor"] = typed["peak_factor"] or Decimal(1)
    return services.Ask(
        **typed,
        customer=customer,
        portfolio=portfolio,
        entity=services.entity_of(portfolio),
        grade=(grade_on(customer, today) or "") if customer else "",
    )


def _known(form: RequestForm, today: date) -> list[Known]:
    if form.has_customer or not form.is_bound:
        return []
    siren = "".join(filter(str.isdigit, str(form.data.get("siren", ""))))[:9]
    vat = "".join(filter(str.isalnum, str(form.data.get("vat_number", "")))).upper()[:20]
    name = str(form.data.get("name", ""))[:250]
    return known_companies(name, siren, vat, today=today) if name or siren or vat else []


@writes(PROPOSE_LIMIT, *ASKING)
def raise_for_a_while(request: TenantRequest, code: str) -> HttpResponse:
    """Ask for more than the limit in force until a day, from the customer's page (R45)."""
    customer = get_object_or_404(
        Customer.objects.visible_to(request.actor, PROPOSE_LIMIT), code=code
    )
    form = QuickRaiseForm(request.POST)
    if not form.is_valid():
        raise services.RequestRefused(
            " ".join(str(error) for errors in form.errors.values() for error in errors)
        )
    limit = limit_on(customer.pk, request.today)
    base = limit.amount if limit else Money.zero(request.tenant.currency)
    made = services.draft(
        services.Ask(
            kind=RequestKind.TEMPORARY,
            customer=customer,
            portfolio=customer.portfolio,
            entity=services.entity_of(customer.portfolio),
            asked_amount=base.amount + (form.cleaned_data["more"] or Decimal(0)),
            currency=base.currency,
            asked_terms=customer.terms,
            asked_until=form.cleaned_data["until"],
            words=form.cleaned_data["words"],
            grade=grade_on(customer, request.today) or "",
        ),
        actor=request.actor,
        now=request.now,
        today=request.today,
    )
    services.submit(request=made, actor=request.actor, now=request.now, today=request.today)
    messages.success(
        request, _("%(number)s is on its way: you see every step here.") % {"number": made.number}
    )
    return redirect("credit_request", made.number)
