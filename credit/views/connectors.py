"""Information about companies: the sources with their money and quota, look-ups, and the card of a company."""

from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from credit import insurance_words as words
from credit.forms.holds import problems_of
from credit.forms.insurance import EventsFileForm, LookUpForm, SourceForm
from credit.models import LegalEvent, LookUp, Source
from credit.permissions import PROPOSE_LIMIT, PUBLISH_POLICIES, SEE_OPINIONS
from credit.queries.information import ASKABLE, Dossier, SourceView, dossier, source_views
from credit.queries.insurance_page import sync_cards
from credit.services import information as services
from credit.services.public_files import PublicFileRefused, take_in_file
from kernel.bells import ring_after_commit
from kernel.http import ASKING, TenantRequest, reads, writes
from kernel.money import Money
from kernel.permissions import Verb
from ledger.models import Customer
from ledger.permissions import IMPORT_LEDGER
from ledger.rules.identifiers import siren as siren_or_none

SHOWN = 50


@reads(SEE_OPINIONS)
def connectors(request: TenantRequest) -> HttpResponse:
    """Show each source: whether it answers, its errors in words, what this month cost and what is left."""
    views = source_views(today=request.today)
    can_set = request.actor.can(PUBLISH_POLICIES, Verb.APPROVE)
    context: dict[str, Any] = {
        "sources": [
            (
                one,
                words.fault(one.row.last_problem),
                _form(one) if can_set else None,
                _is_resting(request, one),
            )
            for one in views
        ],
        "cards": sync_cards(request.actor, request.today),
        "is_gazette_read": bool(settings.OTC_BODACC_URL),
        "last_event": LegalEvent.objects.order_by("-recorded_at").first(),
        "look_ups": [
            (one, Money(one.price, one.currency), [words.fault(code) for code in one.problems[:1]])
            for one in LookUp.objects.select_related("asked_by")[:SHOWN]
        ],
        "form": LookUpForm(),
        "events_form": EventsFileForm() if request.actor.can(IMPORT_LEDGER, Verb.DO) else None,
        "can_ask": request.actor.can(PROPOSE_LIMIT, *ASKING),
    }
    return render(request, "credit/connectors.html", context)


def _is_resting(request: TenantRequest, view: SourceView) -> bool:
    until = view.row.closed_until
    return until is not None and until > request.now


def _form(view: SourceView) -> SourceForm:
    row = view.row
    initial = {name: getattr(row, name) for name in SourceForm.base_fields}
    return SourceForm(initial=initial, auto_id=f"{row.source}_%s")


@writes(PUBLISH_POLICIES, Verb.APPROVE)
def save_source(request: TenantRequest, source: str) -> HttpResponse:
    """Say whether and at what price a source is asked."""
    if source not in ASKABLE:
        raise Http404
    form = SourceForm(request.POST)
    if not form.is_valid():
        raise services.SourceRefused(problems_of(form))
    services.set_source(source=source, **form.cleaned_data, actor=request.actor)
    messages.success(
        request, _("%(source)s: price and budget kept.") % {"source": Source(source).label}
    )
    return redirect("connectors")


@writes(PROPOSE_LIMIT, *ASKING)
def look_up(request: TenantRequest, source: str) -> HttpResponse:
    """Ask a source about a company; `then` is where to go on: the company's card, or the request being written."""
    if source not in ASKABLE:
        raise Http404
    form = LookUpForm(request.POST)
    if not form.is_valid():
        raise services.LookUpRefused(problems_of(form))
    asked = services.ask_look_up(
        source=source,
        siren=form.cleaned_data["company"],
        actor=request.actor,
        now=request.now,
        today=request.today,
        is_fresh=request.POST.get("fresh") == "1",
    )
    if asked.is_known:
        messages.success(request, _("Known already: nothing was asked, nothing was paid."))
    else:
        ring_after_commit("credit.tasks.look_ups", str(asked.row.tenant_id))
        messages.success(
            request, _("Asked. The answer comes within a minute; load the page again.")
        )
    if request.POST.get("then") == "request" or not request.actor.can(SEE_OPINIONS):
        return redirect(f"{reverse('new_credit_request')}?{urlencode({'siren': asked.row.siren})}")
    return redirect("company", asked.row.siren)


@writes(IMPORT_LEDGER)
def take_in(request: TenantRequest) -> HttpResponse:
    """Take in a public file of legal events or legal units."""
    if not request.actor.can(SEE_OPINIONS):
        raise PermissionDenied(SEE_OPINIONS)
    form = EventsFileForm(request.POST, request.FILES)
    if not form.is_valid():
        raise PublicFileRefused(problems_of(form))
    given = form.cleaned_data["file"]
    taken = take_in_file(content=given.file, name=given.name, actor=request.actor, now=request.now)
    messages.success(
        request,
        _(
            "%(rows)s rows read, %(customers)s about customers, %(new)s new; %(unreadable)s could not be read."
        )
        % {
            "rows": taken.rows,
            "customers": taken.customers,
            "new": taken.new,
            "unreadable": taken.unreadable,
        },
    )
    return redirect("connectors")


@reads(SEE_OPINIONS)
def company(request: TenantRequest, siren: str) -> HttpResponse:
    """Show all that is known about a company, and ask for more."""
    number = siren_or_none(siren)
    if number is None or number != siren:
        raise Http404
    found = dossier(number)
    context = {
        "dossier": found,
        "years": _years(found),
        "problems": [words.problem_of(code) for code in found.company.problems],
        "answers": [
            (one, [words.fault(code) for code in one.problems[:1]] if one.state == "failed" else [])
            for one in found.answers
        ],
        "customers": Customer.objects.visible_to(request.actor, SEE_OPINIONS).filter(siren=number)[
            :SHOWN
        ],
        "sources": [(one, Source(one).label) for one in ASKABLE],
        "can_ask": request.actor.can(PROPOSE_LIMIT, *ASKING),
    }
    return render(request, "credit/company.html", context)


def _years(found: Dossier) -> list[tuple[date, str, list[tuple[str, Money]]]]:
    labels = words.figures()
    return [
        (
            date.fromisoformat(year.closed_on),
            year.source,
            [
                (labels[name], Money(Decimal(text), "EUR"))
                for name, text in year.figures.items()
                if name in labels
            ],
        )
        for year in sorted(found.company.years, key=lambda one: one.closed_on, reverse=True)
    ]
