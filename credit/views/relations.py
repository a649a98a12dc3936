"""What sales add to a customer's page: visits, sensitive comments, margins, one by one or from a file."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from credit.forms.holds import problems_of
from credit.forms.relations import MarginFileForm, MarginForm, VisitForm, margin_lines
from credit.permissions import PROPOSE_LIMIT, SEE_OPINIONS
from credit.rules.relations import SENSITIVE
from credit.services import relations as services
from kernel.errors import Refused
from kernel.http import ASKING, TenantRequest, edits, reads, writes
from ledger.models import Customer, TimelineEntry
from ledger.permissions import SEE_CUSTOMERS

UNPROCESSABLE = 422


def _customer(request: TenantRequest, customer_id: UUID) -> Customer:
    seen = Customer.objects.visible_to(request.actor, PROPOSE_LIMIT)
    return get_object_or_404(seen, pk=customer_id)


@writes(PROPOSE_LIMIT, *ASKING)
def visit(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Keep what a visit brought."""
    customer = _customer(request, customer_id)
    form = VisitForm(request.POST)
    if not form.is_valid():
        raise services.RelationRefused(problems_of(form))
    services.note_visit(
        customer=customer, **form.cleaned_data, actor=request.actor, today=request.today
    )
    messages.success(request, _("Noted: sales and finance read it here."))
    return redirect("customer", customer.code)


@reads(SEE_CUSTOMERS)
def comment(request: TenantRequest, entry_id: UUID) -> HttpResponse:
    """Show a sensitive comment to who may read it; the reading is in the trail."""
    seen = Customer.objects.visible_to(request.actor)
    entry = get_object_or_404(
        TimelineEntry.objects.filter(customer__in=seen, text_code=SENSITIVE).select_related(
            "customer", "author"
        ),
        pk=entry_id,
    )
    judged = Customer.objects.visible_to(request.actor, SEE_OPINIONS)
    is_own = entry.author_id is not None and entry.author_id == request.actor.membership_id
    if not is_own and not judged.filter(pk=entry.customer_id).exists():
        raise PermissionDenied(SEE_OPINIONS)
    words = services.read_sensitive(entry=entry, actor=request.actor)
    return render(request, "credit/sensitive_comment.html", {"entry": entry, "words": words})


@writes(PROPOSE_LIMIT, *ASKING)
def margin(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Enter what a customer's sales leave."""
    customer = _customer(request, customer_id)
    form = MarginForm(request.POST)
    if not form.is_valid():
        raise services.RelationRefused(problems_of(form))
    services.enter_margins(
        [services.NewMargin(customer=customer, **form.cleaned_data)],
        actor=request.actor,
        now=request.now,
        today=request.today,
    )
    messages.success(request, _("The margin is kept."))
    return redirect("customer", customer.code)


@edits(PROPOSE_LIMIT, *ASKING)
def margins(request: TenantRequest) -> HttpResponse:
    """Take in a file of margins: all of its lines, or none."""
    form = MarginFileForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
    )
    if request.method == "POST" and form.is_valid():
        try:
            count = _take_in(request, form.cleaned_data["file"].read())
        except Refused as refused:
            form.add_error("file", refused.message)
        else:
            messages.success(
                request,
                ngettext("%(count)s margin taken in.", "%(count)s margins taken in.", count)
                % {"count": count},
            )
            return redirect("customers")
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "credit/margins.html", {"form": form}, status=status)


def _take_in(request: TenantRequest, content: bytes) -> int:
    lines = list(margin_lines(content))
    seen = Customer.objects.visible_to(request.actor, PROPOSE_LIMIT)
    known = {one.code: one for one in seen.filter(code__in=[line[1] for line in lines])}
    wanted = []
    for number, code, expected, actual, day in lines:
        if code not in known:
            raise services.RelationRefused(
                _("Line %(line)s: no customer %(code)s is yours to change.")
                % {"line": number, "code": code}
            )
        wanted.append(services.NewMargin(known[code], day, expected, actual))
    if not wanted:
        raise services.RelationRefused(_("The file has no line to take in."))
    return services.enter_margins(wanted, actor=request.actor, now=request.now, today=request.today)
