"""What people change on a customer's page."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from disputes.models import Dispute, DisputeOutcome, DisputeType
from disputes.permissions import OPEN_DISPUTE, RESOLVE_DISPUTE
from disputes.services import close_dispute, open_dispute
from dunning.models import LineOverride
from dunning.permissions import SEND_REMINDER, WRITE_POLICY
from dunning.queries.why import override_of
from dunning.services.assignments import end_override, override_scenario
from dunning.services.line_overrides import end_line_override, override_line_scenario
from kernel import formats
from kernel.http import CHANGING, TenantRequest, writes
from kernel.money import Money
from kernel.permissions import Verb
from kpis.forms.customer import (
    ClassificationForm,
    ContactForm,
    DisputeForm,
    LineScenarioForm,
    NoteForm,
    OwnersForm,
    ScenarioForm,
    TermsForm,
)
from kpis.queries import customer_page as queries
from kpis.services import add_note as keep_note
from kpis.views.customer import Shown, customer_page, decision_form, page_url, seen_customers
from ledger import permissions
from ledger.models import ContactRole, Customer
from ledger.services import change_terms, classify, set_owners, upsert_contact


def changed_customer(request: TenantRequest, customer_id: UUID, permission: str) -> Customer:
    """Return the customer to change: not found unless he may be seen, refused unless he may be changed."""
    found: Customer = get_object_or_404(seen_customers(request), pk=customer_id)
    held = queries.customers_for(request.actor, permission, *CHANGING)
    if not held.filter(pk=found.pk).exists():
        raise PermissionDenied(permission)
    return found


def _done(request: TenantRequest, found: Customer, tab: str, words: str) -> HttpResponse:
    messages.success(request, words)
    return HttpResponseRedirect(f"{page_url(found)}?tab={tab}")


@writes(SEND_REMINDER)
def add_note(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Keep what a colleague wrote."""
    found = changed_customer(request, customer_id, SEND_REMINDER)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return customer_page(request, found, Shown("history", {"note": form}), status=422)
    keep_note(customer=found, words=form.cleaned_data["words"], actor=request.actor)
    return _done(request, found, "history", _("Note kept."))


@writes(permissions.EDIT_RECIPIENTS)
def save_contact(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Add a person at the customer, or change one."""
    found = changed_customer(request, customer_id, permissions.EDIT_RECIPIENTS)
    form = ContactForm(request.POST)
    if not form.is_valid():
        return customer_page(request, found, Shown("contacts", {"contact": form}), status=422)
    asked = request.POST.get("contact", "")
    known = next((one for one in found.contacts.all() if str(one.pk) == asked), None)
    if asked and known is None:
        raise Http404
    values = form.cleaned_data
    person = upsert_contact(
        customer=found,
        actor=request.actor,
        today=request.today,
        email=values["email"],
        name=values["name"],
        phone=values["phone"],
        role=ContactRole(values["role"]),
        language=values["language"],
        is_primary=values["is_primary"],
        contact=known,
    )
    return _done(request, found, "contacts", _("%(name)s kept.") % {"name": person})


@writes(permissions.EDIT_CUSTOMER)
def save_terms(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Agree other payment terms; what the law makes of them is said at once."""
    found = changed_customer(request, customer_id, permissions.EDIT_CUSTOMER)
    form = TermsForm(request.POST)
    if not form.is_valid():
        return customer_page(request, found, Shown("credit", {"terms": form}), status=422)
    terms = form.cleaned_data["terms"]
    review = change_terms(customer=found, terms=terms, actor=request.actor, today=request.today)
    if not review.is_legal:
        messages.warning(
            request,
            _(
                "%(terms)s is up to %(days)s days beyond what the law allows: it is kept and flagged."
            )
            % {"terms": terms.label, "days": review.days_over},
        )
    return _done(request, found, "credit", _("Payment terms: %(terms)s.") % {"terms": terms.label})


@writes(permissions.EDIT_CUSTOMER)
def save_owners(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Name who looks after the customer."""
    found = changed_customer(request, customer_id, permissions.EDIT_CUSTOMER)
    form = OwnersForm(request.POST, customer=found)
    if not form.is_valid():
        return customer_page(request, found, Shown("credit", {"owners": form}), status=422)
    set_owners(customer=found, actor=request.actor, today=request.today, **form.cleaned_data)
    return _done(request, found, "credit", _("Owners kept."))


@writes(OPEN_DISPUTE)
def contest(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Open a dispute on a part of one of the customer's items."""
    found = changed_customer(request, customer_id, OPEN_DISPUTE)
    form = DisputeForm(request.POST, lines=queries.contestable_lines(found))
    if not form.is_valid():
        return customer_page(request, found, Shown("disputes", {"dispute": form}), status=422)
    values = form.cleaned_data
    opened = open_dispute(
        line=values["line"],
        amount=Money(values["amount"], values["line"].currency),
        type=DisputeType(values["type"]),
        reason=values["reason"],
        actor=request.actor,
        today=request.today,
    )
    return _done(request, found, "disputes", _("Dispute %(number)s opened.") % {"number": opened})


@writes(RESOLVE_DISPUTE)
def decide(request: TenantRequest, customer_id: UUID, dispute_id: UUID) -> HttpResponse:
    """Close a dispute with its outcome."""
    found = changed_customer(request, customer_id, RESOLVE_DISPUTE)
    dispute = get_object_or_404(Dispute, pk=dispute_id, customer=found)
    form = decision_form(dispute, request.POST)
    if not form.is_valid():
        return customer_page(request, found, Shown("disputes", {str(dispute.pk): form}), status=422)
    close_dispute(
        dispute=dispute,
        outcome=DisputeOutcome(form.cleaned_data["outcome"]),
        actor=request.actor,
        today=request.today,
        words=form.cleaned_data["words"],
    )
    return _done(request, found, "disputes", _("Dispute %(number)s closed.") % {"number": dispute})


@writes(permissions.EDIT_CUSTOMER)
def save_classification(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Say what kind of customer it is."""
    found = changed_customer(request, customer_id, permissions.EDIT_CUSTOMER)
    form = ClassificationForm(request.POST)
    if not form.is_valid():
        shown = Shown("credit", {"classification": form})
        return customer_page(request, found, shown, status=422)
    classify(customer=found, actor=request.actor, today=request.today, **form.cleaned_data)
    return _done(request, found, "credit", _("Classification kept."))


@writes(WRITE_POLICY, Verb.DO, Verb.APPROVE, Verb.PROPOSE)
def choose_scenario(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Let the customer follow another scenario than the rules say, for a time."""
    found = get_object_or_404(seen_customers(request), pk=customer_id)
    form = ScenarioForm(request.POST)
    if not form.is_valid():
        return customer_page(request, found, Shown("scenario", {"scenario": form}), status=422)
    override = override_scenario(
        customer=found,
        actor=request.actor,
        today=request.today,
        now=request.now,
        **form.cleaned_data,
    )
    words = _("%(customer)s follows %(scenario)s until %(day)s.") % {
        "customer": found.name,
        "scenario": override.scenario.name,
        "day": formats.day(override.until_date, request.actor.language),
    }
    return _done(request, found, "scenario", words)


@writes(WRITE_POLICY, Verb.DO, Verb.APPROVE, Verb.PROPOSE)
def choose_line_scenario(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Let one item follow another scenario than its customer, for a time."""
    found = get_object_or_404(seen_customers(request), pk=customer_id)
    form = LineScenarioForm(request.POST, lines=queries.chased_lines(found))
    if not form.is_valid():
        shown = Shown("scenario", {"line_scenario": form})
        return customer_page(request, found, shown, status=422)
    override = override_line_scenario(
        actor=request.actor, today=request.today, now=request.now, **form.cleaned_data
    )
    words = _("%(number)s follows %(scenario)s until %(day)s.") % {
        "number": override.due_line.document.number,
        "scenario": override.scenario.name,
        "day": formats.day(override.until_date, request.actor.language),
    }
    return _done(request, found, "scenario", words)


@writes(WRITE_POLICY, Verb.DO, Verb.APPROVE, Verb.PROPOSE)
def leave_line_scenario(
    request: TenantRequest, customer_id: UUID, override_id: UUID
) -> HttpResponse:
    """Let an item follow its customer's scenario again."""
    found = get_object_or_404(seen_customers(request), pk=customer_id)
    chosen = LineOverride.objects.select_related("due_line__document")
    override = get_object_or_404(chosen, pk=override_id, customer=found)
    end_line_override(override=override, actor=request.actor, today=request.today, now=request.now)
    words = _("%(number)s follows the customer's scenario again.") % {
        "number": override.due_line.document.number
    }
    return _done(request, found, "scenario", words)


@writes(WRITE_POLICY, Verb.DO, Verb.APPROVE, Verb.PROPOSE)
def leave_scenario(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Leave the customer to the rules again."""
    found = get_object_or_404(seen_customers(request), pk=customer_id)
    override = override_of(found.pk, today=request.today)
    if override is None:
        raise Http404
    end_override(override=override, actor=request.actor, today=request.today, now=request.now)
    return _done(request, found, "scenario", _("The rules decide again."))
