"""Copies of the demo's invoices: one page each, drawn by hand so that a few dozen cost no time."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from kernel import formats
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import Document, DocumentFile, DocumentFileKind, DocumentKind, DueLine
from ledger.services.document_files import add_file

COPIES: Final = 48
PROOFS: Final = 16
_PAGE: Final = "0 0 595 842"

_WORDS: Final = {
    "fr": ("Facture", "Client", "Émise le", "Échéance", "Hors taxes", "Total TTC", "Bon de livraison", "Reçu complet"),
    "en": ("Invoice", "Customer", "Issued", "Due", "Without tax", "Total", "Delivery note", "Received in full"),
}  # fmt: skip


def add_copies(*, language: str, actor: Actor, now: datetime) -> int:
    """Keep a copy with the largest invoices that are late, a proof with some of them, and return how many files."""
    today = now.date()
    # Asked in two steps: a fresh database has no statistics, and joined at once the planner may go through every pair.
    late = DueLine.objects.filter(kind=DocumentKind.INVOICE, is_open=True, due_date__lt=today)
    largest = (
        Document.objects.filter(pk__in=list(late.values_list("document", flat=True)))
        .select_related("customer", "entity")
        .prefetch_related("due_lines")
        .order_by("-amount", "number")
    )
    for place, document in enumerate(largest[:COPIES]):
        _keep(document, DocumentFileKind.COPY, language, actor, now)
        if place % (COPIES // PROOFS) == 0:
            _keep(document, DocumentFileKind.PROOF, language, actor, now)
    return DocumentFile.objects.count()


def _keep(
    document: Document, kind: DocumentFileKind, language: str, actor: Actor, now: datetime
) -> None:
    spoken = language if language in _WORDS else "en"
    is_copy = kind == DocumentFileKind.COPY
    add_file(
        document=document,
        name=f"{document.number}{'' if is_copy else '-bl'}.pdf",
        content=one_page(list(_lines(document, spoken, is_copy=is_copy))),
        kind=kind,
        actor=actor,
        now=now,
    )


def _lines(document: Document, language: str, *, is_copy: bool) -> Iterator[str]:
    invoice, customer, issued, due, excluded, total, delivery, received = _WORDS[language]
    yield document.entity.name
    yield f"{invoice if is_copy else delivery} {document.number}"
    yield f"{customer} : {document.customer.name} ({document.customer.code})"
    yield f"{issued} {formats.day(document.issue_date, language)}"
    if not is_copy:
        yield received
        return
    for line in document.due_lines.all():
        amount = formats.money(Money(line.amount, document.currency), language)
        yield f"{due} {formats.day(line.due_date, language)} : {amount}"
    if document.amount_excl_tax is not None:
        bare = Money(document.amount_excl_tax, document.currency)
        yield f"{excluded} : {formats.money(bare, language)}"
    yield f"{total} : {formats.money(Money(document.amount, document.currency), language)}"


def one_page(lines: list[str]) -> bytes:
    """Return a PDF of one A4 page that shows `lines`, the first one larger; letters Western Europe writes with."""
    shown = [f"BT /F1 {16 if place == 0 else 11} Tf 64 {760 - 26 * place} Td ({_escaped(line)}) Tj ET"
             for place, line in enumerate(lines)]  # fmt: skip
    stream = "\n".join(shown)
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [{_PAGE}] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    body, places = "%PDF-1.7\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{each}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    start = len(body)
    body += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    body += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    return body.encode("cp1252")


def _escaped(text: str) -> str:
    """Return a text as a PDF string holds it: one byte a letter, what has none as a question mark."""
    plain = text.replace("\u202f", " ").replace("\u00a0", " ").replace("\u2212", "-")
    kept = plain.encode("cp1252", "replace").decode("cp1252")
    return kept.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
