"""Remainders too small to be followed: the proposals of the night, what was accepted, and the files for accounting."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dunning.models import Residual, ResidualState
from dunning.services import residuals as services
from kernel.http import TenantRequest, reads, writes
from kernel.money import Money
from kernel.permissions import Verb
from ledger.models import Customer
from ledger.permissions import APPROVE_WRITE_OFF, PROPOSE_WRITE_OFF

SHOWN = 200


@reads(PROPOSE_WRITE_OFF)
def residuals(request: TenantRequest) -> HttpResponse:
    """Show what is proposed, accepted and told to accounting, of the customers this person follows."""
    theirs = Residual.objects.filter(
        customer__in=Customer.objects.visible_to(request.actor, PROPOSE_WRITE_OFF)
    ).select_related("customer", "due_line__document", "decided_by", "export")
    context = {
        "proposed": _shown(theirs.filter(state=ResidualState.PROPOSED)[:SHOWN]),
        "accepted": _shown(theirs.filter(state=ResidualState.ACCEPTED)[:SHOWN]),
        "exported": _shown(
            theirs.filter(state=ResidualState.EXPORTED, due_line__is_open=True)[:SHOWN]
        ),
        "files": services.exports_for(request.actor).select_related("made_by").defer("file")[:20],
        "can_decide": request.actor.can(APPROVE_WRITE_OFF, Verb.APPROVE),
    }
    return render(request, "dunning/residuals.html", context)


def _shown(rows: object) -> list[tuple[Residual, Money, Money]]:
    """Return each remainder with what is left and what the line was issued for."""
    return [
        (
            row,
            Money(row.amount, row.due_line.currency),
            Money(row.due_line.amount, row.due_line.currency),
        )
        for row in rows  # type: ignore[attr-defined]
    ]


@writes(APPROVE_WRITE_OFF, Verb.APPROVE)
def decide(request: TenantRequest) -> HttpResponse:
    """Accept or refuse the ticked proposals."""
    chosen = _ticked(request)
    is_accepted = request.POST.get("answer") == "accept"
    if chosen:
        count = services.decide_residuals(
            residuals=chosen, is_accepted=is_accepted, actor=request.actor, now=request.now
        )
        words = (
            ngettext("%(count)s remainder accepted.", "%(count)s remainders accepted.", count)
            if is_accepted
            else ngettext("%(count)s remainder refused.", "%(count)s remainders refused.", count)
        )
        messages.success(request, words % {"count": count})
    return redirect("residuals")


def _ticked(request: HttpRequest) -> list[UUID]:
    found = []
    for each in request.POST.getlist("residual"):
        try:
            found.append(UUID(each))
        except ValueError:
            continue
    return found


@writes(APPROVE_WRITE_OFF, Verb.APPROVE)
def export(request: TenantRequest) -> HttpResponse:
    """Make the file for accounting of what is accepted."""
    made = services.export_residuals(actor=request.actor, today=request.today, now=request.now)
    messages.success(
        request, _("%(name)s is made; its lines leave the chase.") % {"name": made.file_name}
    )
    return redirect("residuals")


@writes(APPROVE_WRITE_OFF, Verb.APPROVE)
def withdraw(request: TenantRequest, residual_id: UUID) -> HttpResponse:
    """Take a write-off back."""
    residual = get_object_or_404(services.residuals_for(request.actor), pk=residual_id)
    services.withdraw_residual(
        residual=residual,
        actor=request.actor,
        reason=request.POST.get("reason", ""),
        today=request.today,
        now=request.now,
    )
    messages.success(request, _("The write-off is withdrawn; the line is chased again."))
    return redirect("residuals")


@reads(APPROVE_WRITE_OFF, Verb.APPROVE)
def download(request: TenantRequest, export_id: UUID) -> HttpResponse:
    """Give a file for accounting, the same bytes every time."""
    made = get_object_or_404(services.exports_for(request.actor), pk=export_id)
    answer = HttpResponse(bytes(made.file), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{made.file_name}"'
    return answer
