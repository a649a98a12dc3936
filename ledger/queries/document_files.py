"""The files of documents, and their bytes where somebody asks for one."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db.models import QuerySet

from kernel.permissions import Actor
from ledger.models import DocumentFile, StoredContent
from ledger.queries.visible import documents_visible_to


def files_visible_to(actor: Actor) -> QuerySet[DocumentFile]:
    """Return the files there are of the documents of customers the actor sees."""
    return (
        DocumentFile.objects.present()
        .filter(document__in=documents_visible_to(actor).order_by())
        .select_related("document", "added_by")
    )


def files_of(documents: Iterable[UUID]) -> Mapping[UUID, list[DocumentFile]]:
    """Return the files there are of each document, without their bytes; copies before proofs."""
    found: dict[UUID, list[DocumentFile]] = {}
    for file in DocumentFile.objects.present().filter(document__in=list(documents)):
        found.setdefault(file.document_id, []).append(file)
    return found


def content_of(file: DocumentFile) -> bytes:
    """Return the bytes of a file; empty once it was removed."""
    if file.stored_id is None:
        return b""
    return bytes(StoredContent.objects.get(pk=file.stored_id).content)
