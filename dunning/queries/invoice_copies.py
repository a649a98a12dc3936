"""The copies of invoices that a message may carry: which there are, and their bytes when it is written."""

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from dunning.rules.content import InvoiceCopy, ReminderContent
from dunning.rules.invoice_copies import copies_may_travel
from ledger.models import DocumentFile, DocumentFileKind, DocumentKind, StoredContent
from ledger.rules.document_files import PDF


def copies_of_lines(lines: Collection[UUID]) -> tuple[InvoiceCopy, ...]:
    """Return the PDF copies of the invoices these lines belong to, without their bytes, each file once."""
    files = (
        DocumentFile.objects.present()
        .filter(
            document__due_lines__in=list(lines),
            document__kind=DocumentKind.INVOICE,
            kind=DocumentFileKind.COPY,
            media_type=PDF,
        )
        .order_by("document__issue_date", "document__number", "added_at")
        .values_list("pk", "name", "size", "digest")
    )
    found: dict[str, InvoiceCopy] = {}
    for pk, name, size, digest in files:
        found.setdefault(digest, InvoiceCopy(str(pk), name, size, digest))
    return tuple(_apart(found.values()))


def _apart(copies: Collection[InvoiceCopy]) -> list[InvoiceCopy]:
    """Return the copies with names that differ: two invoices may both be called `scan.pdf`."""
    taken: set[str] = set()
    apart = []
    for copy in copies:
        name, number = copy.filename, 1
        while name.casefold() in taken:
            number += 1
            name = f"{copy.filename.removesuffix('.pdf')} ({number}).pdf"
        taken.add(name.casefold())
        apart.append(replace(copy, filename=name))
    return apart


def with_copies(content: ReminderContent) -> ReminderContent:
    """Return what a message says with the bytes of its copies, where they travel; else as it is.

    A file that was removed since the content was gathered is left out.
    """
    if not content.copies or not copies_may_travel(
        content.copies, has_statement=content.step.has_statement
    ):
        return content
    kept = dict(
        DocumentFile.objects.present()
        .filter(pk__in=[copy.file_id for copy in content.copies])
        .values_list("pk", "stored_id")
    )
    stored = dict(StoredContent.objects.filter(pk__in=kept.values()).values_list("pk", "content"))
    by_file = {str(pk): bytes(stored[key]) for pk, key in kept.items() if key in stored}
    return replace(
        content,
        copies=tuple(
            replace(copy, content=by_file[copy.file_id])
            for copy in content.copies
            if copy.file_id in by_file
        ),
    )
