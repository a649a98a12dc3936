"""From the facts of a reminder to the bytes that leave."""

from __future__ import annotations

import logging
from dataclasses import replace

from dunning.documents import figures
from dunning.documents.labels import labels_for
from dunning.documents.notice import notice_filename, notice_number, notice_pdf
from dunning.documents.rendering import PdfUnavailable
from dunning.documents.sheet import statement_xlsx
from dunning.documents.statement import (
    DocumentTooLong,
    statement_filename,
    statement_pdf,
)
from dunning.documents.view import MessageView, clean, message_view
from dunning.messages.bodies import Piece, html_body, pieces, text_body
from dunning.messages.engine import Fields, rendered
from dunning.messages.fields import kept_facts, merge_fields
from dunning.messages.sanitise import safe_html
from dunning.messages.shipped import shipped_template
from dunning.rules.content import (
    Attachment,
    ComposedMessage,
    MessageTemplate,
    Register,
    ReminderContent,
)
from dunning.rules.invoice_copies import copies_may_travel
from kernel.tables_export import XLSX_MEDIA_TYPE
from ledger.rules.payment_codes import qr_png

PDF_MEDIA_TYPE = "application/pdf"
SUBJECT_LENGTH = 200

logger = logging.getLogger(__name__)


def compose(content: ReminderContent, template: MessageTemplate | None = None) -> ComposedMessage:
    """Return the message of `content`, in `template`'s words or in those we ship.

    Pure: the same content gives the same message. Raises TemplateRefused when a text meets a limit or
    a gap, PdfUnavailable when a formal notice cannot be made, SandboxRefused when a PDF takes too long.
    """
    view = message_view(content)
    return replace(
        _without_documents(view, words_of(content, template)), attachments=tuple(_attachments(view))
    )


def compose_words(
    content: ReminderContent, template: MessageTemplate | None = None
) -> ComposedMessage:
    """Return the message of `content` without its documents: for a preview."""
    return _without_documents(message_view(content), words_of(content, template))


def message_words(content: ReminderContent) -> tuple[str, str]:
    """Return (subject, plain text) of `content`, without its documents: for a preview."""
    message = compose_words(content)
    return message.subject, message.text


def words_of(content: ReminderContent, template: MessageTemplate | None = None) -> MessageTemplate:
    """Return whose words a message is in: `template`'s, else the tenant's own, else ours."""
    shipped = labels_for(content.language).language
    return template or content.words or shipped_template(content.step.register, shipped)


def _without_documents(view: MessageView, words: MessageTemplate) -> ComposedMessage:
    fields = merge_fields(view, first_due=first_due(view), notice_number=notice_number(view))
    subject = header_text(words.subject, fields)
    parts = pieces(safe_html(rendered(words.body, fields)), words.blocks)
    is_recap = view.content.step.register is Register.PROMISE
    has_code = not is_recap and (words.blocks is None or "code" in words.blocks)
    return ComposedMessage(
        subject=subject,
        html=html_body(
            view,
            parts,
            subject=subject,
            preview=header_text(words.preview, fields),
            has_code=has_code,
        ),
        text=text_body(view, parts),
        qr_png=qr_png(view.epc_payload) if has_code and _shows_code(view, parts) else None,
        facts=kept_facts(fields),
    )


def header_text(source: str, fields: Fields) -> str:
    """Return a subject: one line, no control character, cut where a header gets too long."""
    text = clean(rendered(source, fields, autoescape=False))
    return text if len(text) <= SUBJECT_LENGTH else f"{text[: SUBJECT_LENGTH - 1]}…"


def _shows_code(view: MessageView, parts: list[Piece]) -> bool:
    return bool(view.epc_payload) and any(part.block == "transfer" for part in parts)


def first_due(view: MessageView) -> str:
    """Return the earliest due date of the lines claimed, written out; the day of the message when there is none."""
    numbers = {line.number for line in view.claimed if line.due}
    days = [line.due_date for line in view.content.lines if clean(line.document_number) in numbers]
    return figures.day_full(min(days, default=view.content.as_of_date), view.language)


def _attachments(view: MessageView) -> list[Attachment]:
    if view.content.step.register is Register.FORMAL_NOTICE:
        letter = Attachment(notice_filename(view), PDF_MEDIA_TYPE, notice_pdf(view))
        return [letter, _statement(view)] if view.content.step.has_statement else [letter]
    return [*([_statement(view)] if view.content.step.has_statement else []), *_copies(view)]


def _copies(view: MessageView) -> list[Attachment]:
    content = view.content
    if not copies_may_travel(content.copies, has_statement=content.step.has_statement):
        return []
    return [
        Attachment(copy.filename, PDF_MEDIA_TYPE, copy.content)
        for copy in content.copies
        if copy.content
    ]


def _statement(view: MessageView) -> Attachment:
    """Return the statement as PDF, or as a sheet where it is too long or PDF is off."""
    try:
        content = statement_pdf(view)
    except (DocumentTooLong, PdfUnavailable) as refused:
        logger.info("statement as a sheet: %s", refused.code)
        name = statement_filename(view, "xlsx")
        return Attachment(name, XLSX_MEDIA_TYPE, statement_xlsx(view))
    return Attachment(statement_filename(view, "pdf"), PDF_MEDIA_TYPE, content)
