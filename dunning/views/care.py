"""Who is to be written to with care: marked by finance, proposed by sales, agreed to and ended."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from dunning.agenda_presenting import language
from dunning.models import Care, ContactRule
from dunning.queries.late_customers import customers_with
from dunning.services.contact_rules import CareNotPossible, ask_for_care, end_care, rule_on_care
from kernel import formats
from kernel.http import ASKING, TenantRequest, writes
from kernel.permissions import Verb
from ledger.models import Contact, Customer
from ledger.permissions import EDIT_RECIPIENTS


def _asked_about(request: TenantRequest, customer_id: UUID, *verbs: Verb) -> Customer:
    found = get_object_or_404(Customer.objects.visible_to(request.actor).distinct(), pk=customer_id)
    if not customers_with(request.actor, EDIT_RECIPIENTS, *verbs).filter(pk=found.pk).exists():
        raise PermissionDenied(EDIT_RECIPIENTS)
    return found


def _back(found: Customer) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('customer', args=[found.code])}?tab=contacts")


@writes(EDIT_RECIPIENTS, *ASKING)
def ask(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Ask for care with a customer or a contact; what sales ask for waits for finance."""
    found = _asked_about(request, customer_id, *ASKING)
    kind = request.POST.get("kind", "")
    if kind not in set(Care.values):
        raise CareNotPossible(
            _("Choose what is asked: sales are told before, or a person looks at every message.")
        )
    may = customers_with(request.actor, EDIT_RECIPIENTS, Verb.DO).filter(pk=found.pk).exists()
    typed = request.POST.get("until", "").strip()
    ask_for_care(
        customer=found,
        kind=Care(kind),
        reason=request.POST.get("reason", ""),
        actor=request.actor,
        today=request.today,
        now=request.now,
        contact=_contact(found, request.POST.get("contact", "")),
        until=formats.parse_day(typed, language(), today=request.today) if typed else None,
        is_proposal=not may,
    )
    messages.success(request, _("Noted.") if may else _("Proposed: finance agrees to it first."))
    return _back(found)


def _contact(found: Customer, asked: str) -> Contact | None:
    if not asked:
        return None
    try:
        key = UUID(asked)
    except ValueError:
        key = None
    return get_object_or_404(Contact, pk=key, customer=found)


@writes(EDIT_RECIPIENTS)
def rule(request: TenantRequest, customer_id: UUID, rule_id: UUID) -> HttpResponse:
    """Agree to what sales propose, or refuse it."""
    found = _asked_about(request, customer_id, Verb.DO)
    rule_on_care(
        rule=get_object_or_404(ContactRule, pk=rule_id, customer=found),
        is_approved=request.POST.get("answer") == "yes",
        actor=request.actor,
        today=request.today,
        now=request.now,
    )
    messages.success(request, _("Decided."))
    return _back(found)


@writes(EDIT_RECIPIENTS)
def end(request: TenantRequest, customer_id: UUID, rule_id: UUID) -> HttpResponse:
    """Write to the customer or contact like to any other again."""
    found = _asked_about(request, customer_id, Verb.DO)
    end_care(
        rule=get_object_or_404(ContactRule, pk=rule_id, customer=found),
        actor=request.actor,
        today=request.today,
        now=request.now,
    )
    messages.success(request, _("Ended."))
    return _back(found)
