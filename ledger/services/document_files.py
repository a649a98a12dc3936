"""Files of invoices and credit notes: judged by their bytes, placed by the number in their name.

The bytes are kept once per tenant. A file that is removed loses its bytes; the row says who removed it and why.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.services import audit
from kernel.errors import Refused
from kernel.permissions import Actor
from ledger.models import (
    Customer,
    Document,
    DocumentFile,
    DocumentFileKind,
    DocumentKind,
    StoredContent,
    TimelineKind,
)
from ledger.permissions import IMPORT_LEDGER
from ledger.rules.document_files import (
    MOST_BYTES,
    MOST_OF_A_DOCUMENT,
    Judged,
    Problem,
    judged,
    meant_by,
    spans_of,
)
from ledger.services.history import note, note_each

FILED_KINDS = (DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE)
SHORTEST_REASON = 3
AT_ONCE = 100
BYTES_AT_ONCE = 20_000_000


class FileNotTaken(Refused):
    """A file cannot be kept with a document."""

    code: ClassVar[str] = "document_file_refused"


class RemovalRefused(Refused):
    """A file cannot be removed so."""

    code: ClassVar[str] = "document_file_removal_refused"


class Place(StrEnum):
    """What became of one file of many."""

    ADDED = "added"
    KNOWN = "known"
    UNKNOWN = "unknown"
    AMBIGUOUS = "ambiguous"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Placed:
    """One file of many: what became of it, the document it went to, and a sentence where it went to none."""

    name: str
    place: Place
    document: Document | None
    words: str


def words_of(problem: Problem, name: str) -> str:
    """Return why a file is not kept, and what to do."""
    facts = {"name": name, "most": MOST_BYTES // (1024 * 1024)}
    texts = {
        Problem.EMPTY: _("%(name)s is empty. Choose the file again."),
        Problem.TOO_LARGE: _(
            "%(name)s is larger than %(most)s MB. Save it smaller, scans at 150 dots per inch for instance."
        ),
        Problem.KIND: _(
            "%(name)s is neither a PDF nor an XML nor a PNG or JPEG picture, whatever its name says. "
            "Save it as PDF and send that."
        ),
        Problem.LOCKED: _(
            "%(name)s is protected by a password or against copying. Save it without protection: the customer must be "
            "able to open it."
        ),
        Problem.ACTIVE: _(
            "%(name)s carries a program or a page that runs. Print it to PDF and send that."
        ),
        Problem.BROKEN: _("%(name)s is damaged or cut off. Open it, save it again and send that."),
    }
    return texts[problem] % facts


def add_file(
    *,
    document: Document,
    name: str,
    content: bytes,
    kind: DocumentFileKind,
    actor: Actor,
    now: datetime,
) -> DocumentFile:
    """Keep a file with an invoice or a credit note and return it; the same bytes again give the row there is.

    Raises FileNotTaken: not PDF, XML, PNG or JPEG by its bytes, locked, carrying a program, damaged, above 10 MB, or
    the document has twenty already.
    """
    found = judged(name, content)
    if found.problem is not None:
        raise FileNotTaken(words_of(found.problem, found.name), problem=found.problem.value)
    file, is_new = _kept(document, found, content, kind=kind, actor=actor, now=now)
    if is_new:
        _record_added(file, actor)
        note(
            customer=document.customer_id,
            kind=TimelineKind.DOCUMENT,
            text_code="ledger.file_added",
            actor=actor,
            object_id=document.pk,
            facts={"document": document.number},
        )
    return file


def _record_added(file: DocumentFile, actor: Actor) -> None:
    audit.record(
        actor=actor,
        action="ledger.add_file",
        object_kind="document",
        object_id=file.document_id,
        file=file.pk,
        kind=file.kind,
        size=file.size,
        digest=file.digest,
    )


def _kept(
    document: Document,
    found: Judged,
    content: bytes,
    *,
    kind: DocumentFileKind,
    actor: Actor,
    now: datetime,
) -> tuple[DocumentFile, bool]:
    if document.kind not in FILED_KINDS:
        raise FileNotTaken(
            _("%(number)s is a payment. Files are kept with invoices and credit notes.")
            % {"number": document.number}
        )
    # One writer of a document's files at a time: its row is the lock.
    Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
    present = list(DocumentFile.objects.present().filter(document=document))
    digest = hashlib.sha256(content).hexdigest()
    for file in present:
        if file.digest == digest:
            return file, False
    if len(present) >= MOST_OF_A_DOCUMENT:
        raise FileNotTaken(
            _("%(number)s has %(count)s files already, the most there may be. Remove one first.")
            % {"number": document.number, "count": len(present)}
        )
    return DocumentFile.objects.create(
        document=document,
        kind=kind,
        name=found.name,
        media_type=found.media_type,
        size=len(content),
        digest=digest,
        stored=_stored(digest, content),
        added_at=now,
        added_by_id=actor.membership_id,
    ), True


def _stored(digest: str, content: bytes) -> StoredContent:
    """Return the bytes as they are kept, once; locked, so that nobody drops them in between."""
    StoredContent.objects.bulk_create(
        [StoredContent(digest=digest, content=content)], ignore_conflicts=True
    )
    return (
        StoredContent.objects.select_for_update()
        .only("pk", "tenant_id", "digest")
        .get(digest=digest)
    )


def remove_file(*, file: DocumentFile, reason: str, actor: Actor, now: datetime) -> DocumentFile:
    """Take a file away: its bytes go unless another document has the same, the row keeps who, when and why.

    What was sent with a message before stays with that message. Raises RemovalRefused.
    """
    words = reason.strip()
    if len(words) < SHORTEST_REASON:
        raise RemovalRefused(
            _("Say why %(name)s is removed: the reason is kept in its place.") % {"name": file.name}
        )
    locked = DocumentFile.objects.select_for_update(of=("self",)).get(pk=file.pk)
    if locked.removed_at is not None:
        raise RemovalRefused(_("%(name)s is removed already.") % {"name": locked.name})
    stored_id = locked.stored_id
    locked.stored = None
    locked.removed_at, locked.removed_by_id = now, actor.membership_id
    locked.removed_reason = words[:250]
    locked.save()
    stored = StoredContent.objects.select_for_update().only("pk").get(pk=stored_id or "")
    if not DocumentFile.objects.filter(stored=stored).exists():
        stored.delete()
    audit.record(
        actor=actor,
        action="ledger.remove_file",
        object_kind="document",
        object_id=locked.document_id,
        file=locked.pk,
        digest=locked.digest,
    )
    note(
        customer=locked.document.customer_id,
        kind=TimelineKind.DOCUMENT,
        text_code="ledger.file_removed",
        actor=actor,
        words=words[:250],
        object_id=locked.document_id,
        facts={"document": locked.document.number},
    )
    return locked


def place_files(
    files: Iterable[tuple[str, bytes]], *, kind: DocumentFileKind, actor: Actor, now: datetime
) -> list[Placed]:
    """Keep many files, each with the document whose number its name contains, and say what became of each.

    Only documents whose import the actor may do are looked at. A number that is unknown, or that several documents
    bear, places nothing. One audit event and one entry in each customer's history tell of the whole.
    """
    report: list[Placed] = []
    batch: list[tuple[str, bytes]] = []
    size = 0
    for name, content in files:
        batch.append((name, content))
        size += len(content)
        if len(batch) >= AT_ONCE or size > BYTES_AT_ONCE:
            report += _placed(batch, kind=kind, actor=actor, now=now)
            batch, size = [], 0
    report += _placed(batch, kind=kind, actor=actor, now=now)
    _tell(report, actor=actor)
    return report


def _placed(
    files: list[tuple[str, bytes]], *, kind: DocumentFileKind, actor: Actor, now: datetime
) -> Iterator[Placed]:
    spans = {name: spans_of(name) for name, _content in files}
    known, documents = _documents_named(
        {spelling for each in spans.values() for span in each for spelling in span.spellings}, actor
    )
    for name, content in files:
        found = judged(name, content)
        if found.problem is not None:
            yield Placed(found.name, Place.REFUSED, None, words_of(found.problem, found.name))
            continue
        meant = [documents[UUID(each)] for each in meant_by(spans[name], known)]
        if len(meant) != 1:
            yield _unplaced(found.name, meant)
            continue
        try:
            _file, is_new = _kept(meant[0], found, content, kind=kind, actor=actor, now=now)
        except FileNotTaken as refused:
            yield Placed(found.name, Place.REFUSED, meant[0], refused.message)
            continue
        place = Place.ADDED if is_new else Place.KNOWN
        yield Placed(found.name, place, meant[0], "")


def _unplaced(name: str, meant: list[Document]) -> Placed:
    if not meant:
        return Placed(
            name,
            Place.UNKNOWN,
            None,
            _(
                "No invoice or credit note has a number that is in this name. Put the number into the name, or add the "
                "file on the document’s page."
            ),
        )
    shown = ", ".join(f"{each.number} ({each.customer.name})" for each in meant[:4])
    return Placed(
        name,
        Place.AMBIGUOUS,
        None,
        _("The name fits %(count)s documents: %(documents)s. Add it on the right one’s page.")
        % {"count": len(meant), "documents": shown},
    )


def _documents_named(
    spellings: set[str], actor: Actor
) -> tuple[Mapping[str, list[str]], Mapping[UUID, Document]]:
    """Return the documents that bear one of these numbers, by number and by id; one query."""
    found = Document.objects.filter(
        number__in=spellings,
        kind__in=FILED_KINDS,
        customer__in=Customer.objects.visible_to(actor, IMPORT_LEDGER),
    ).select_related("customer")
    by_number: dict[str, list[str]] = {}
    by_id = {}
    for document in found:
        by_id[document.pk] = document
        by_number.setdefault(document.number, []).append(str(document.pk))
    return by_number, by_id


def _tell(report: list[Placed], *, actor: Actor) -> None:
    added = [each.document for each in report if each.place is Place.ADDED and each.document]
    if not added:
        return
    counts = Counter(each.place.value for each in report)
    audit.record(
        actor=actor, action="ledger.add_files", object_kind="document", counts=dict(counts)
    )
    per_customer = Counter(document.customer_id for document in added)
    note_each(
        {customer: {"count": count} for customer, count in per_customer.items()},
        kind=TimelineKind.DOCUMENT,
        text_code="ledger.files_added",
        actor=actor,
    )
