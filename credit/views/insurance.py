"""Credit insurance: the policies, the covers, insurers' files, and what insurers are told."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from credit import insurance_words as words
from credit.forms.holds import problems_of
from credit.forms.insurance import ColumnsForm, CoverFileForm, DeclareForm, PolicyForm
from credit.models import CoverImport, ImportState, InsuranceDeclaration, InsurerPolicy
from credit.permissions import HAND_OVER, PUBLISH_POLICIES, SEE_OPINIONS, WRITE_POLICIES
from credit.queries.declarations import ticking
from credit.queries.insurance import policies_on
from credit.queries.insurance_page import cover_list, sync_cards
from credit.rules.covers import Change, CoverWord
from credit.services import covers as services
from credit.services.declarations import DeclarationRefused, declare
from credit.services.policies import NewPolicy, confirm_policy, drop_policy, write_policy
from kernel.downloads import download
from kernel.http import ASKING, TenantRequest, edits, reads, writes
from kernel.money import Money
from kernel.permissions import Verb
from ledger.lists import choice_chip
from ledger.models import Customer
from ledger.permissions import IMPORT_LEDGER

SHOWN = 200
IMPORTS_SHOWN = 12
UNPROCESSABLE = 422


def _page(request: TenantRequest) -> int:
    typed = request.GET.get("page", "")
    return int(typed) if typed.isdecimal() and len(typed) < 7 else 1  # noqa: PLR2004  of any list


def _states() -> dict[str, str]:
    labels = {
        CoverWord.GRANTED.value: pgettext("cover", "Granted"),
        CoverWord.REDUCED.value: pgettext("cover", "Reduced"),
        CoverWord.REQUESTED.value: pgettext("cover", "Requested"),
        CoverWord.REFUSED.value: pgettext("cover", "Refused"),
        CoverWord.CANCELLED.value: pgettext("cover", "Cancelled"),
        CoverWord.UNKNOWN.value: pgettext("cover", "Unknown"),
    }
    return {**labels, "ended": pgettext("cover", "Ended")}


@reads(SEE_OPINIONS)
def insurance(request: TenantRequest) -> HttpResponse:
    """Show the last word of each insurer, the covers, the invoices to declare, the policies and the imports."""
    state = request.GET.get("state", "")
    page = cover_list(
        request.actor,
        request.today,
        state=state if state in _states() else "",
        words=request.GET.get("q", ""),
        page=_page(request),
    )
    clocks = ticking(today=request.today, actor=request.actor)
    policies = policies_on(request.today)
    context: dict[str, Any] = {
        "cards": sync_cards(request.actor, request.today),
        "rows": page.rows,
        "page_obj": page,
        "chips": [choice_chip(request.GET, "state", pgettext("cover", "State"), _states())],
        "is_filtered": bool(set(request.GET) - {"page"}),
        "due": sum(1 for one in clocks if one.is_due),
        "policies": InsurerPolicy.objects.select_related("written_by", "confirmed_by")[:SHOWN],
        "imports": _imports()[:IMPORTS_SHOWN],
        "file_form": CoverFileForm(policies=policies)
        if policies and _can_import(request)
        else None,
        "can_write": request.actor.can(WRITE_POLICIES, *ASKING),
        "can_confirm": request.actor.can(PUBLISH_POLICIES, Verb.APPROVE),
        "me": request.actor.membership_id,
    }
    return render(request, "credit/insurance.html", context)


def _imports() -> QuerySet[CoverImport]:
    return CoverImport.objects.select_related("taken_by", "undone_by").defer("rows")


def _can_import(request: TenantRequest) -> bool:
    return request.actor.can(IMPORT_LEDGER, Verb.DO) and request.actor.can(SEE_OPINIONS)


@edits(WRITE_POLICIES, *ASKING)
def new_policy(request: TenantRequest) -> HttpResponse:
    """Write a policy, or the next version of one (`?after=`)."""
    initial = _initial(request)
    form = PolicyForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        row = write_policy(NewPolicy(**form.cleaned_data), actor=request.actor, now=request.now)
        messages.success(
            request,
            _("Policy %(number)s is written: it counts once another person confirms it.")
            % {"number": row.number},
        )
        return redirect("insurance")
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "credit/insurance_policy.html", {"form": form}, status=status)


def _initial(request: TenantRequest) -> dict[str, Any]:
    typed = request.GET.get("after", "")
    try:
        before = InsurerPolicy.objects.filter(pk=UUID(typed)).first()
    except ValueError:
        before = None
    if before is None:
        return {"valid_from": request.today, "currency": request.tenant.currency}
    return {name: getattr(before, name) for name in PolicyForm.base_fields} | {
        "valid_from": request.today
    }


@writes(PUBLISH_POLICIES, Verb.APPROVE)
def confirm(request: TenantRequest, policy_id: UUID) -> HttpResponse:
    """Let a policy count."""
    policy = get_object_or_404(InsurerPolicy, pk=policy_id)
    confirm_policy(policy=policy, actor=request.actor, now=request.now)
    messages.success(
        request,
        _("Policy %(number)s is confirmed: the clocks count by it.") % {"number": policy.number},
    )
    return redirect("insurance")


@writes(WRITE_POLICIES, *ASKING)
def drop(request: TenantRequest, policy_id: UUID) -> HttpResponse:
    """Drop a policy that nobody confirmed."""
    drop_policy(policy=get_object_or_404(InsurerPolicy, pk=policy_id), actor=request.actor)
    messages.success(request, _("The policy is dropped."))
    return redirect("insurance")


@writes(IMPORT_LEDGER)
def receive(request: TenantRequest) -> HttpResponse:
    """Read an insurer's file and show what it would do."""
    _refuse_blind(request)
    form = CoverFileForm(request.POST, request.FILES, policies=policies_on(request.today))
    if not form.is_valid():
        raise services.CoverImportRefused(problems_of(form))
    given = form.cleaned_data["file"]
    batch = services.receive_file(
        policy=form.cleaned_data["policy"],
        content=given.file,
        name=given.name,
        actor=request.actor,
        now=request.now,
    )
    return redirect("cover_import", batch.pk)


def _refuse_blind(request: TenantRequest) -> None:
    """Keep away who imports books and may not see credit opinions (matrix row 2)."""
    if not _can_import(request):
        raise PermissionDenied(SEE_OPINIONS)


@reads(SEE_OPINIONS)
def cover_import(request: TenantRequest, cover_import_id: UUID) -> HttpResponse:
    """Show an import row by row, before it counts or afterwards; rows of customers one may not see stay out."""
    batch = get_object_or_404(CoverImport.objects.select_related("taken_by"), pk=cover_import_id)
    is_open = batch.state == ImportState.PREVIEWED
    context: dict[str, Any] = {
        "batch": batch,
        "is_open": is_open,
        "counts": [],
        "rows": [],
        "can_import": _can_import(request),
        "problem": words.fault(batch.problem) if batch.problem else "",
    }
    labels = words.changes()
    if is_open:
        found = services.preview(batch, today=request.today)
        seen = set(
            Customer.objects.visible_to(request.actor, SEE_OPINIONS)
            .filter(pk__in=[one.pk for one in found.customers.values()])
            .values_list("code", flat=True)
        )
        kept = [one for one in found.verdicts if not one.customer or one.customer in seen]
        ordered = sorted(kept, key=lambda one: (one.change is not Change.REFUSED, one.line.number))
        context |= {
            "missing": [words.field_label(name) for name in found.missing],
            "counts": [
                (labels[key], count) for key, count in found.counts.items() if key in labels
            ],
            "losses": found.counts["losses"] if found.verdicts else 0,
            "rows": [
                (
                    one,
                    labels[one.change.value],
                    words.sentence(one),
                    _money(one.before),
                    _money(one.after),
                )
                for one in ordered[:SHOWN]
            ],
            "left_out": max(0, len(ordered) - SHOWN),
            "columns_form": ColumnsForm(headers=batch.headers, initial=batch.columns),
        }
    else:
        context["counts"] = [
            (labels[key], count) for key, count in batch.counts.items() if key in labels
        ]
        context["kept"] = [
            (one, Money(one.amount, one.currency))
            for one in batch.covers.filter(
                customer__in=Customer.objects.visible_to(request.actor, SEE_OPINIONS)
            ).select_related("customer")[:SHOWN]
        ]
    return render(request, "credit/cover_import.html", context)


def _money(standing: Any) -> Money | None:  # noqa: ANN401  a Standing or none
    return None if standing is None else Money(standing.amount, standing.currency)


@writes(IMPORT_LEDGER)
def columns(request: TenantRequest, cover_import_id: UUID) -> HttpResponse:
    """Name the columns of an insurer's file."""
    _refuse_blind(request)
    batch = get_object_or_404(CoverImport, pk=cover_import_id)
    form = ColumnsForm(request.POST, headers=batch.headers)
    if not form.is_valid():
        raise services.CoverImportRefused(problems_of(form))
    services.name_columns(batch=batch, columns=form.cleaned_data, actor=request.actor)
    messages.success(request, _("Columns named, and remembered for this insurer."))
    return redirect("cover_import", batch.pk)


@writes(IMPORT_LEDGER)
def apply(request: TenantRequest, cover_import_id: UUID) -> HttpResponse:
    """Take the covers of a file in."""
    _refuse_blind(request)
    batch = services.apply_import(
        batch=get_object_or_404(CoverImport, pk=cover_import_id),
        actor=request.actor,
        now=request.now,
        today=request.today,
    )
    refused = batch.counts.get(Change.REFUSED.value, 0)
    taken = sum(
        count
        for key, count in batch.counts.items()
        if key in {one.value for one in services.IN_FORCE}
    )
    messages.success(
        request,
        _("%(taken)s covers taken in, %(refused)s rows refused.")
        % {"taken": taken, "refused": refused},
    )
    return redirect("cover_import", batch.pk)


@writes(IMPORT_LEDGER)
def undo(request: TenantRequest, cover_import_id: UUID) -> HttpResponse:
    """Take an import back, or drop a file that was not taken in."""
    _refuse_blind(request)
    batch = get_object_or_404(CoverImport, pk=cover_import_id)
    if batch.state == ImportState.PREVIEWED:
        services.drop_import(batch=batch, actor=request.actor)
        messages.success(request, _("The file is dropped; nothing of it was taken in."))
        return redirect("insurance")
    services.undo_import(batch=batch, actor=request.actor, now=request.now)
    messages.success(request, _("The import is undone: what was known before counts again."))
    return redirect("cover_import", batch.pk)


@reads(SEE_OPINIONS)
def declarations(request: TenantRequest) -> HttpResponse:
    """List the overdue invoices on the insurers' clocks, the first to declare first, and what was told."""
    context = {
        "rows": ticking(today=request.today, actor=request.actor)[:SHOWN],
        "form": DeclareForm(),
        "made": InsuranceDeclaration.objects.select_related("made_by").defer("csv")[:SHOWN],
        "can_declare": request.actor.can(HAND_OVER, *ASKING),
    }
    return render(request, "credit/declarations.html", context)


@writes(HAND_OVER, *ASKING)
def make_declaration(request: TenantRequest) -> HttpResponse:
    """Tell the insurer about the chosen invoices."""
    form = DeclareForm(request.POST)
    if not form.is_valid():
        raise DeclarationRefused(problems_of(form))
    try:
        chosen = [UUID(one) for one in request.POST.getlist("invoice")]
    except ValueError as fault:
        raise DeclarationRefused(
            _("Choose the invoices in the list, then tell the insurer.")
        ) from fault
    made = declare(
        documents=chosen,
        kind=form.cleaned_data["kind"],
        actor=request.actor,
        now=request.now,
        today=request.today,
    )
    numbers = ", ".join(one.number for one in made)
    messages.success(
        request,
        ngettext(
            "Declaration %(numbers)s is kept: send its file to the insurer.",
            "Declarations %(numbers)s are kept: send each file to its insurer.",
            len(made),
        )
        % {"numbers": numbers},
    )
    return redirect("insurance_declarations")


@reads(SEE_OPINIONS)
def declaration_csv(request: TenantRequest, declaration_id: UUID) -> HttpResponse:
    """Return a declaration's file as it was made; of a person who sees only some customers, none."""
    made = seen_declaration(request, declaration_id)
    return download(made.csv.encode(), f"{made.number}.csv")


def seen_declaration(request: TenantRequest, declaration_id: UUID) -> InsuranceDeclaration:
    """Return a declaration all of whose customers the reader sees, else not found."""
    made = get_object_or_404(InsuranceDeclaration, pk=declaration_id)
    customers = set(made.invoices.values_list("customer_id", flat=True))
    seen = Customer.objects.visible_to(request.actor, SEE_OPINIONS).filter(pk__in=customers)
    if seen.count() != len(customers):
        raise Http404
    return made
