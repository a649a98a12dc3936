"""Imports: the files that came in, and the page that takes one from its columns to the ledger."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from kernel.errors import Refused
from kernel.http import TenantRequest, edits, reads, writes
from kernel.tables_export import CSV_MEDIA_TYPE, csv_lines
from ledger import permissions
from ledger.bells import ring_for
from ledger.forms import ColumnsForm, UploadForm
from ledger.imports.files import drop_upload
from ledger.imports.undo import undo_import
from ledger.models import BatchState, ImportBatch
from ledger.queries.imports import batches_for, entities_for, rejected_rows
from ledger.queries.paging import Page, bounds
from ledger.services import batches as services
from ledger.uploads import takes_upload, upload_problem
from ledger.views.import_steps import PAGE_ROWS, is_working, known_columns, progress, wizard
from ledger.views.import_words import KINDS, STATUS_OF_STATE

UNREADABLE = 422


@takes_upload
@edits(permissions.IMPORT_LEDGER)
def imports(request: TenantRequest) -> HttpResponse:
    """Show the files that came in with the form for the next one, and take that one."""
    entities = entities_for(request.actor)
    must_choose = not _imports_everywhere(request)
    if request.method != "POST":
        form = UploadForm(entities=entities, must_choose=must_choose)
        return render(request, "ledger/imports.html", _list(request, form))
    form = UploadForm(request.POST, request.FILES, entities=entities, must_choose=must_choose)
    stopped = upload_problem(request)
    if stopped is not None:
        form.errors["file"] = form.error_class([stopped.message])
    elif form.is_valid():
        try:
            return _take(request, form)
        except services.AlreadyImported as known:
            messages.warning(request, known.message)
            return redirect("import", batch_id=known.first.pk)
        except Refused as refused:
            form.add_error("file", refused.message)
    return render(request, "ledger/imports.html", _list(request, form), status=UNREADABLE)


def _imports_everywhere(request: TenantRequest) -> bool:
    return any(held.scope_path == "/" for held in request.actor.held(permissions.IMPORT_LEDGER))


def _take(request: TenantRequest, form: UploadForm) -> HttpResponse:
    given = form.cleaned_data
    batch = services.take_upload(
        content=given["file"],
        name=given["file"].name,
        kind=given["kind"],
        entity=given["entity"],
        file_date=given["file_date"],
        is_full=given["is_full"],
        actor=request.actor,
        today=request.today,
    )
    ring_for(batch)
    return redirect("import", batch_id=batch.pk)


def _list(request: TenantRequest, form: UploadForm) -> dict[str, Any]:
    found = batches_for(request.actor)
    asked = request.GET.get("page", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1  # noqa: PLR2004  a page
    count = found.count()
    page, cut = bounds(number, PAGE_ROWS, count)
    rows = [
        {
            "batch": batch,
            "kind": KINDS.get(batch.kind, batch.kind),
            "status": STATUS_OF_STATE.get(BatchState(batch.state), ""),
        }
        for batch in found[cut]
    ]
    return {
        "form": form,
        "page": Page(rows, page, PAGE_ROWS, count),
        "zone": ZoneInfo(request.tenant.time_zone),
    }


def _batch(request: TenantRequest, batch_id: UUID) -> ImportBatch:
    return get_object_or_404(batches_for(request.actor), pk=batch_id)


def _form(batch: ImportBatch, data: QueryDict | None = None) -> ColumnsForm:
    mapping = batch.mapping
    return ColumnsForm(
        data,
        headers=[header for header in mapping.get("headers", ()) if header],
        columns=known_columns(batch),
        sample=mapping.get("sample") or [],
        initial={"date_order": ""},
    )


@reads(permissions.IMPORT_LEDGER)
def import_page(request: TenantRequest, batch_id: UUID) -> HttpResponse:
    """Show an import where it stands."""
    batch = _batch(request, batch_id)
    return _shown(request, batch, _form(batch))


def _shown(
    request: TenantRequest, batch: ImportBatch, form: ColumnsForm, *, status: int = 200
) -> HttpResponse:
    context = wizard(batch, request)
    wants_columns = batch.state == BatchState.MAPPING_NEEDED or "columns" in request.GET
    if context["can_name"] and (wants_columns or form.is_bound):
        context |= {"form": form, "is_naming": True}
    return render(request, "ledger/imports_batch.html", context, status=status)


@writes(permissions.IMPORT_LEDGER)
def import_columns(request: TenantRequest, batch_id: UUID) -> HttpResponse:
    """Take which column holds which field; it is remembered for files with the same headers."""
    batch = _batch(request, batch_id)
    form = _form(batch, request.POST)
    if batch.state in services.NAMEABLE and not form.is_valid():
        return _shown(request, batch, form, status=UNREADABLE)
    order = form.cleaned_data["date_order"] if form.is_valid() else ""
    columns = form.columns if form.is_valid() else {}
    services.name_columns(batch=batch, columns=columns, date_order=order)
    ring_for(batch)
    return redirect("import", batch_id=batch.pk)


@reads(permissions.IMPORT_LEDGER)
def import_progress(request: TenantRequest, batch_id: UUID) -> HttpResponse:
    """Tell how far the worker is; once it is through, the page is loaded anew."""
    batch = _batch(request, batch_id)
    if not getattr(request, "htmx", False):
        return redirect("import", batch_id=batch.pk)
    if not is_working(batch):
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = {"batch": batch, "progress": progress(batch, request.actor.language)}
    return render(request, "ledger/imports_batch.html#progress", context)


@writes(permissions.IMPORT_LEDGER)
def import_apply(request: TenantRequest, batch_id: UUID) -> HttpResponse:
    """Have a checked file written."""
    batch = _batch(request, batch_id)
    services.go_ahead(batch=batch)
    ring_for(batch)
    return redirect("import", batch_id=batch.pk)


@writes(permissions.IMPORT_LEDGER)
def import_drop(request: TenantRequest, batch_id: UUID) -> HttpResponse:
    """Forget a file that was not written."""
    batch = _batch(request, batch_id)
    drop_upload(batch=batch)
    messages.success(
        request, _("%(name)s is dropped; nothing was written.") % {"name": batch.file_name}
    )
    return HttpResponseRedirect(reverse("imports"))


@writes(permissions.IMPORT_LEDGER)
def import_undo(request: TenantRequest, batch_id: UUID) -> HttpResponse:
    """Take a written import back by a compensating one."""
    batch = _batch(request, batch_id)
    undo_import(batch=batch, actor=request.actor, today=request.today, now=request.now)
    messages.success(
        request, _("%(name)s is undone; what it wrote is taken back.") % {"name": batch.file_name}
    )
    return redirect("import", batch_id=batch.pk)


@reads(permissions.IMPORT_LEDGER)
def import_rejected(request: TenantRequest, batch_id: UUID) -> HttpResponse:
    """Give the rejected rows as a file, as they were read, with what is wrong with each."""
    batch = _batch(request, batch_id)
    headings, rows = rejected_rows(batch)
    own = [_("Row"), _("What to correct")]
    text = "".join(csv_lines([*own, *headings], rows, language=request.actor.language))
    stem = batch.file_name.rsplit(".", 1)[0] or "import"
    answer = HttpResponse(text.encode(), content_type=CSV_MEDIA_TYPE)
    name = "".join(mark if mark.isalnum() or mark in "-_" else "-" for mark in stem)[:80]
    answer.headers["Content-Disposition"] = (
        f'attachment; filename="{name.encode("ascii", "replace").decode().replace("?", "-")}-rejected.csv"'
    )
    return answer
