"""The file that leaves with a hand-over: statement, invoices, proofs, history and computation in one ZIP."""

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Tenant
from dunning.documents.account import statement_view
from dunning.documents.computation import computation_filename, computation_pdf
from dunning.documents.rendering import PdfUnavailable
from dunning.documents.sheet import statement_xlsx
from dunning.documents.statement import DocumentTooLong, statement_filename, statement_pdf
from dunning.models import (
    FormalNotice,
    HandOver,
    HandOverState,
    InterestClaim,
    Reminder,
    ReminderLine,
    RenderedMessage,
    SendAttempt,
)
from dunning.queries.legal_sheet import computation_sheet
from dunning.queries.statement import customer_statement
from dunning.rules.outbox import TAKEN_STATES
from dunning.services.interest_claims import compute_claims
from kernel.money import Money
from kernel.permissions import Actor
from kernel.tables_export import harmless_text
from kernel.tenancy import current_tenant_id
from ledger.models import (
    Allocation,
    Document,
    DocumentFile,
    DocumentFileKind,
    DueLine,
    TaxShare,
    TimelineEntry,
)
from ledger.queries.document_files import content_of, files_of
from ledger.services.late_interest import InterestRateMissing
from ledger.timeline import sentence

MOST_MESSAGES = 200
MOST_BYTES = 40 << 20
HISTORY = 2_000


@dataclass
class _Pack:
    """What goes into the ZIP, in order, and what had to stay out."""

    entries: list[tuple[str, str, bytes]] = field(default_factory=list)  # name, what, content
    remarks: list[str] = field(default_factory=list)

    def add(self, name: str, what: str, content: bytes | str) -> bool:
        """Put a file in unless the whole would get too large; say whether it is in."""
        data = content.encode() if isinstance(content, str) else content
        if self.size + len(data) > MOST_BYTES:
            self.remarks.append(_("%(name)s was too large to be enclosed.") % {"name": name})
            return False
        self.entries.append((name, what, data))
        return True

    @property
    def size(self) -> int:
        return sum(len(content) for _name, _what, content in self.entries)


def build_file(*, hand_over: HandOver, actor: Actor, today: date, now: datetime) -> HandOver:
    """Build the ZIP of an approved hand-over, once, and return the row; the same bytes are given ever after.

    The words are the tenant's language. Where a PDF cannot be made the spreadsheet is enclosed, and the read-me says
    so; at most 200 messages and 40 MB are enclosed, what stays out is named.
    """
    locked = HandOver.objects.select_for_update(of=("self",)).get(pk=hand_over.pk)
    if locked.file is not None or locked.state != HandOverState.APPROVED:
        return locked
    tenant = Tenant.objects.get(pk=current_tenant_id())
    with translation.override(tenant.language):
        content = _zip(_packed(locked, tenant, actor=actor, today=today, now=now), now=now)
    locked.file = content
    locked.file_name = f"{locked.name}-{_plain(locked.customer.code)}.zip"
    locked.file_digest = hashlib.sha256(content).hexdigest()
    locked.save(update_fields=["file", "file_name", "file_digest"])
    return locked


def build_missing_files(*, actor: Actor, today: date, now: datetime) -> int:
    """Build the files of hand-overs that were approved and have none yet; return how many."""
    waiting = HandOver.objects.filter(state=HandOverState.APPROVED, file=None)
    built = 0
    for hand_over in waiting:
        build_file(hand_over=hand_over, actor=actor, today=today, now=now)
        built += 1
    return built


def _packed(
    hand_over: HandOver, tenant: Tenant, *, actor: Actor, today: date, now: datetime
) -> _Pack:
    pack = _Pack()
    lines = list(
        DueLine.objects.filter(hand_over_lines__hand_over=hand_over)
        .select_related("document")
        .order_by("due_date", "document__number")
    )
    documents = sorted({line.document_id for line in lines})
    _add_statement(pack, hand_over, tenant, today)
    _add_computation(pack, hand_over, documents, actor=actor, today=today, now=now)
    pack.add("invoices.csv", _("The invoices handed over"), _invoices(lines))
    pack.add("payments.csv", _("What was paid or credited of them"), _payments(lines))
    _add_documents(pack, lines)
    _add_notices(pack, hand_over)
    _add_messages(pack, lines)
    pack.add("history.csv", _("The customer's history"), _history(hand_over))
    return _with_read_me(pack, hand_over, tenant, today)


def _add_statement(pack: _Pack, hand_over: HandOver, tenant: Tenant, today: date) -> None:
    statement = customer_statement(hand_over.customer, today=today)
    for part in statement.parts:
        if (part.entity.pk, part.currency) != (hand_over.entity_id, hand_over.currency):
            continue
        view = statement_view(
            statement, part, language=hand_over.customer.language, tenant_name=tenant.name
        )
        what = _("Statement of account")
        try:
            pack.add(statement_filename(view, "pdf"), what, statement_pdf(view, most_lines=500))
        except (PdfUnavailable, DocumentTooLong) as refused:
            pack.remarks.append(refused.message)
            pack.add(statement_filename(view, "xlsx"), what, statement_xlsx(view))


def _add_computation(
    pack: _Pack,
    hand_over: HandOver,
    documents: Sequence[UUID],
    *,
    actor: Actor,
    today: date,
    now: datetime,
) -> None:
    try:
        compute_claims(documents=documents, actor=actor, today=today, now=now)
    except InterestRateMissing as missing:
        pack.remarks.append(missing.message)
    claims = list(
        InterestClaim.objects.filter(document__in=documents)
        .select_related("document")
        .order_by("document__issue_date", "document__number")
    )
    if not claims:
        return
    sheet = computation_sheet(
        hand_over.customer, hand_over.entity, claims, currency=hand_over.currency, today=today
    )
    what = _("How late interest and charges were computed")
    try:
        pack.add(computation_filename(sheet), what, computation_pdf(sheet))
    except PdfUnavailable as refused:
        pack.remarks.append(refused.message)
    rows: list[tuple[object, ...]] = [
        (
            claim.number,
            claim.document.number,
            row["from"],
            row["to"],
            row["days"],
            row["principal"],
            row["rate"],
            row["interest"],
            row["basis"],
            row["source"],
        )
        for claim in claims
        for row in claim.sheet
    ]
    heading = [
        "claim",
        "document",
        "from",
        "to",
        "days",
        "principal",
        "rate",
        "interest",
        "basis",
        "source",
    ]
    pack.add("computation.csv", what, _csv(heading, rows))


def _invoices(lines: Iterable[DueLine]) -> str:
    lines = list(lines)
    taxes: dict[object, list[str]] = {}
    for share in TaxShare.objects.filter(document__in={line.document_id for line in lines}):
        taxes.setdefault(share.document_id, []).append(f"{share.rate.normalize():f}: {share.tax}")
    heading = "number issue_date due_date contractual_due_date currency amount open_amount order label tax"
    return _csv(
        heading.split(),
        (
            (
                line.document.number,
                line.issue_date,
                line.due_date,
                line.contractual_due_date,
                line.currency,
                _figure(line.amount, line.currency),
                _figure(line.open_amount, line.currency),
                line.document.order_number,
                line.document.label,
                "; ".join(taxes.get(line.document_id, [])),
            )
            for line in lines
        ),
    )


def _payments(lines: Iterable[DueLine]) -> str:
    rows = (
        Allocation.objects.filter(debit_line__in=[line.pk for line in lines])
        .select_related("debit_line__document", "credit_line__document")
        .order_by("effective_date", "created_at")
    )
    return _csv(
        ["invoice", "date", "kind", "document", "amount", "currency"],
        (
            (
                row.debit_line.document.number,
                row.effective_date,
                row.credit_line.kind,
                row.credit_line.document.number,
                _figure(row.amount, row.debit_line.currency),
                row.debit_line.currency,
            )
            for row in rows
        ),
    )


def _add_documents(pack: _Pack, lines: Iterable[DueLine]) -> None:
    """Enclose the copies and proofs kept with the invoices, and list which there are and which are missing."""
    documents = {line.document_id: line.document for line in lines}
    files = files_of(documents)
    rows: list[tuple[object, ...]] = []
    missing = []
    for document in documents.values():
        kept = files.get(document.pk, [])
        rows += [_enclosed(pack, document, file) for file in kept]
        for kind in (DocumentFileKind.COPY, DocumentFileKind.PROOF):
            if all(file.kind != kind for file in kept):
                rows.append((document.number, kind.label, "", "", "", _("missing")))
        if all(file.kind != DocumentFileKind.COPY for file in kept):
            missing.append(document.number)
    if missing:
        pack.remarks.append(
            _("No copy is kept of %(count)s invoices: %(numbers)s.")
            % {"count": len(missing), "numbers": ", ".join(missing[:50])}
        )
    heading = ["invoice", "kind", "file", "size", "sha256", "state"]
    pack.add("documents.csv", _("Copies and proofs, and which are missing"), _csv(heading, rows))


def _enclosed(pack: _Pack, document: Document, file: DocumentFile) -> tuple[object, ...]:
    folder = "proofs-of-delivery" if file.kind == DocumentFileKind.PROOF else "invoices"
    # The digest keeps two files of one name apart.
    name = f"{folder}/{_plain(document.number)}-{file.digest[:8]}-{file.name}"
    is_in = pack.add(name, f"{file.get_kind_display()} {document.number}", content_of(file))
    state = _("enclosed") if is_in else _("too large to be enclosed")
    return (document.number, file.get_kind_display(), name, file.size, file.digest, state)


def _add_notices(pack: _Pack, hand_over: HandOver) -> None:
    notices = FormalNotice.objects.filter(
        customer=hand_over.customer_id, entity=hand_over.entity_id, currency=hand_over.currency
    ).order_by("year", "sequence")
    for notice in notices:
        if notice.pdf:
            what = _("Formal notice %(number)s") % {"number": notice.number}
            pack.add(f"notices/{notice.file_name}", what, bytes(notice.pdf))


def _add_messages(pack: _Pack, lines: Iterable[DueLine]) -> None:
    """Enclose what was sent about these lines, word for word, and each attempt with what came of it."""
    named = ReminderLine.objects.filter(due_line__in=[line.pk for line in lines])
    reminders = list(
        Reminder.objects.filter(pk__in=named.values("reminder"), state__in=sorted(TAKEN_STATES))
        .select_related("contact")
        .order_by("contact_date", "created_at")
    )
    messages = {
        message.reminder_id: message
        for message in RenderedMessage.objects.filter(
            reminder__in=[reminder.pk for reminder in reminders[-MOST_MESSAGES:]]
        )
    }
    if len(reminders) > MOST_MESSAGES:
        pack.remarks.append(
            _("The last %(most)s messages of %(count)s are enclosed; all are in attempts.csv.")
            % {"most": MOST_MESSAGES, "count": len(reminders)}
        )
    for reminder in reminders:
        message = messages.get(reminder.pk)
        if message is not None:
            name = f"proofs/{reminder.contact_date}-{str(reminder.pk)[-8:]}.eml"
            pack.add(name, message.subject, bytes(message.raw))
    pack.add("attempts.csv", _("Every reminder and attempt to send it"), _attempts(reminders))


def _attempts(reminders: list[Reminder]) -> str:
    tries: dict[object, list[SendAttempt]] = {}
    for attempt in SendAttempt.objects.filter(reminder__in=[each.pk for each in reminders]):
        tries.setdefault(attempt.reminder_id, []).append(attempt)
    rows: list[tuple[object, ...]] = []
    for reminder in reminders:
        facts = (
            reminder.contact_date,
            reminder.channel,
            reminder.level,
            reminder.contact.email if reminder.contact else "",
            reminder.message_id,
            reminder.state,
            reminder.sent_at.isoformat() if reminder.sent_at else "",
        )
        found = tries.get(reminder.pk, [])
        if not found:
            rows.append((*facts, "", "", "", reminder.outcome))
        rows += [
            (
                *facts,
                attempt.number,
                attempt.started_at.isoformat(),
                attempt.ended_at.isoformat() if attempt.ended_at else "",
                f"{attempt.outcome} {attempt.detail}".strip(),
            )
            for attempt in found
        ]
    heading = "date channel level recipient message_id state sent_at attempt started ended outcome"
    return _csv(heading.split(), rows)


def _history(hand_over: HandOver) -> str:
    entries = (
        TimelineEntry.objects.filter(customer=hand_over.customer_id)
        .select_related("author")
        .order_by("at")[:HISTORY]
    )
    return _csv(
        ["at", "author", "what", "words"],
        (
            (
                entry.at.isoformat(),
                entry.author.name if entry.author else "",
                sentence(entry.text_code, entry.facts),
                entry.open_words,
            )
            for entry in entries
        ),
    )


def _with_read_me(pack: _Pack, hand_over: HandOver, tenant: Tenant, today: date) -> _Pack:
    rows = [(name, what, hashlib.sha256(data).hexdigest()) for name, what, data in pack.entries]
    index = _csv(["file", "what", "sha256"], rows)
    heading = _("File %(file)s: %(creditor)s against %(customer)s") % {
        "file": hand_over.name,
        "creditor": hand_over.entity.name,
        "customer": hand_over.customer.name,
    }
    principal = _("Principal handed over: %(amount)s, as of %(day)s.") % {
        "amount": Money(hand_over.principal, hand_over.currency),
        "day": today.isoformat(),
    }
    words = [
        heading,
        "",
        principal,
        _("Handed to: %(recipient)s. Reason: %(reason)s")
        % {"recipient": hand_over.recipient, "reason": hand_over.reason},
        _("Made by %(tenant)s. index.csv lists every file with its SHA-256.")
        % {"tenant": tenant.name},
        "",
        *pack.remarks,
    ]
    pack.entries[:0] = [
        ("README.txt", _("What this is"), "\n".join(words).rstrip().encode() + b"\n"),
        ("index.csv", _("The list of files"), index.encode()),
    ]
    return pack


def _zip(pack: _Pack, *, now: datetime) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, _what, content in pack.entries:
            info = zipfile.ZipInfo(name, date_time=now.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return stream.getvalue()


def _csv(heading: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(list(heading))
    writer.writerows(_cells(row) for row in rows)
    return "\ufeff" + stream.getvalue()


def _cells(row: Iterable[object]) -> Iterator[str]:
    """Yield the cells; a text never becomes a formula, a figure stays one."""
    for cell in row:
        text = "" if cell is None else str(cell)
        yield text if isinstance(cell, _Figure) else harmless_text(text)


class _Figure(str):
    """A figure of ours, which may begin with a minus sign."""

    __slots__ = ()


def _figure(amount: Decimal, currency: str) -> _Figure:
    return _Figure(Money(amount, currency).as_json()["amount"])


def _plain(text: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in text)
