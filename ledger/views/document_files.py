"""Files of documents: added on a document's page or many at once, handed out as downloads, removed with a reason."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kernel.downloads import download
from kernel.errors import Refused
from kernel.http import TenantRequest, edits, reads, writes
from ledger import permissions
from ledger.forms import DocumentFileForm, DocumentFilesForm
from ledger.imports.archives import is_archive, members_of
from ledger.models import Customer, Document, DocumentFile, DocumentFileKind
from ledger.queries.document_files import content_of, files_visible_to
from ledger.rules.document_files import MOST_BYTES
from ledger.services import document_files as services
from ledger.uploads import takes_upload, upload_problem
from ledger.views.items import item_answer

UNREADABLE = 422
PLACES = {
    services.Place.ADDED: "ok",
    services.Place.KNOWN: "",
    services.Place.UNKNOWN: "warn",
    services.Place.AMBIGUOUS: "warn",
    services.Place.REFUSED: "late",
}


@takes_upload
@writes(permissions.IMPORT_LEDGER)
def add(request: TenantRequest, document_id: UUID) -> HttpResponse:
    """Keep a file with a document."""
    document = _document(request, document_id)
    form = DocumentFileForm(request.POST, request.FILES)
    stopped = upload_problem(request)
    if stopped is not None:
        form.errors["file"] = form.error_class([stopped.message])
    elif form.is_valid():
        given = form.cleaned_data["file"]
        try:
            services.add_file(
                document=document,
                name=given.name,
                content=given.read(MOST_BYTES + 1),
                kind=DocumentFileKind(form.cleaned_data["kind"]),
                actor=request.actor,
                now=request.now,
            )
        except Refused as refused:
            form.add_error("file", refused.message)
        else:
            messages.success(request, _("Kept with %(number)s.") % {"number": document.number})
            return redirect("item", document_id)
    return item_answer(request, document, form, status=UNREADABLE)


def _document(request: TenantRequest, document_id: UUID) -> Document:
    mine = Customer.objects.visible_to(request.actor, permissions.IMPORT_LEDGER)
    return get_object_or_404(
        Document.objects.filter(customer__in=mine).select_related("customer", "entity"),
        pk=document_id,
    )


@reads(permissions.SEE_CUSTOMERS)
def hand_out(request: TenantRequest, file_id: UUID) -> HttpResponse:
    """Give a file as a download, never shown inside our pages."""
    file = get_object_or_404(files_visible_to(request.actor), pk=file_id)
    return download(content_of(file), file.name)


@writes(permissions.IMPORT_LEDGER)
def remove(request: TenantRequest, file_id: UUID) -> HttpResponse:
    """Take a file away, with the reason."""
    mine = Customer.objects.visible_to(request.actor, permissions.IMPORT_LEDGER)
    files = DocumentFile.objects.filter(document__customer__in=mine).select_related("document")
    file = get_object_or_404(files, pk=file_id)
    services.remove_file(
        file=file, reason=request.POST.get("reason", ""), actor=request.actor, now=request.now
    )
    messages.success(request, _("Removed: %(name)s.") % {"name": file.name})
    return redirect("item", file.document_id)


@takes_upload
@edits(permissions.IMPORT_LEDGER)
def many(request: TenantRequest) -> HttpResponse:
    """Show the form for many files, and tell where each of them went."""
    if request.method != "POST":
        return _many(request, DocumentFilesForm())
    form = DocumentFilesForm(request.POST)
    given = request.FILES.getlist("uploads")
    stopped = upload_problem(request)
    if stopped is not None:
        form.add_error("uploads", stopped.message)
    elif not given:
        form.add_error("uploads", _("Choose the files to add, or a ZIP of them."))
    elif form.is_valid():
        try:
            report = services.place_files(
                _each(given),
                kind=DocumentFileKind(form.cleaned_data["kind"]),
                actor=request.actor,
                now=request.now,
            )
        except Refused as refused:
            form.add_error("uploads", refused.message)
        else:
            return _many(request, DocumentFilesForm(), report=report)
    return _many(request, form, status=UNREADABLE)


def _each(given: Iterable["UploadedFile[bytes]"]) -> Iterator[tuple[str, bytes]]:
    """Yield (name, bytes) of every file that was sent, those of a ZIP one by one."""
    for upload in given:
        name = upload.name or ""
        if is_archive(upload.read(4)):
            upload.seek(0)
            yield from members_of(upload, name=name, most_bytes=MOST_BYTES)
        else:
            upload.seek(0)
            yield name, upload.read(MOST_BYTES + 1)


def _many(
    request: TenantRequest,
    form: DocumentFilesForm,
    *,
    report: list[services.Placed] | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {"form": form}
    if report is not None:
        # What needs a person stands first.
        order = list(reversed(services.Place))
        context["rows"] = [
            {"each": each, "label": place_words()[each.place], "status": PLACES[each.place]}
            for each in sorted(report, key=lambda each: order.index(each.place))
        ]
        added = sum(each.place is services.Place.ADDED for each in report)
        context["finding"] = ngettext(
            "%(added)s of %(count)s file was added.",
            "%(added)s of %(count)s files were added.",
            len(report),
        ) % {"added": added, "count": len(report)}
    return render(request, "ledger/document_files.html", context, status=status)


def place_words() -> dict[services.Place, str]:
    """Return what became of a file, in a word or two."""
    return {
        services.Place.ADDED: _("Added"),
        services.Place.KNOWN: _("There already"),
        services.Place.UNKNOWN: _("Number unknown"),
        services.Place.AMBIGUOUS: _("Several documents"),
        services.Place.REFUSED: _("Not taken"),
    }
