"""A plain letter: the words of the tenant's text on the house's paper, with what e-mails show in blocks.

What a screen needs and paper has not, the button and the answers, stays out; every line is listed, however many.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.utils.safestring import mark_safe

from dunning.documents.joining import join, page_count
from dunning.documents.letterhead import letterhead, render_layout
from dunning.documents.rendering import render_pdf
from dunning.documents.statement import code_image, statement_pdf
from dunning.documents.view import MessageView, account_holder, clean, message_view
from dunning.messages.bodies import (
    Piece,
    is_shown,
    not_due_note,
    penalties_sentence,
    pieces,
    text_body,
)
from dunning.messages.composing import first_due, header_text, words_of
from dunning.messages.engine import rendered
from dunning.messages.fields import kept_facts, merge_fields
from dunning.messages.sanitise import safe_html
from dunning.rules.content import ReminderContent


@dataclass(frozen=True, slots=True)
class DrawnLetter:
    """A letter as it is printed, and the same words as text. `facts` are the values its text was filled with."""

    subject: str
    text: str
    pdf: bytes
    pages: int
    facts: dict[str, Any]


def letter_words(content: ReminderContent) -> tuple[str, str]:
    """Return (subject, text) of a letter, without drawing it. Raises TemplateRefused."""
    subject, parts, view, _facts = _composed(content)
    return subject, text_body(view, parts, is_letter=True)


def draw_letter(content: ReminderContent, *, number: str, postal: tuple[str, ...]) -> DrawnLetter:
    """Return the letter of `content` under its number, with the statement behind it where the step has one.

    `postal` are the lines of the address as they are printed. Raises TemplateRefused, PdfUnavailable, SandboxRefused,
    DocumentTooLong.
    """
    subject, parts, view, facts = _composed(content)
    html = letter_html(view, parts, subject=subject, number=number, postal=postal)
    pdf = render_pdf(html)
    if content.step.has_statement:
        pdf = join([pdf, statement_pdf(view)], title=number)
    return DrawnLetter(
        subject=subject,
        text=text_body(view, parts, is_letter=True),
        pdf=pdf,
        pages=page_count(pdf),
        facts=facts,
    )


def _composed(
    content: ReminderContent,
) -> tuple[str, list[Piece], MessageView, dict[str, Any]]:
    """Return the subject, the pieces that paper has, the view and the values the text was filled with."""
    content = replace(content, portal_url="", portal_valid_until=None)
    view = message_view(content)
    words = words_of(content)
    fields = merge_fields(view, first_due=first_due(view), notice_number="")
    parts = pieces(safe_html(rendered(words.body, fields)), words.blocks)
    shown = [part for part in parts if not part.block or is_shown(part.block, view)]
    return header_text(words.subject, fields), shown, view, kept_facts(fields)


def letter_html(
    view: MessageView, parts: list[Piece], *, subject: str, number: str, postal: tuple[str, ...]
) -> str:
    """Return the letter as the HTML that becomes the PDF."""
    content, labels = view.content, view.labels
    holder = account_holder(content.creditor)
    facts = letterhead(view) | {
        "number": number,
        "subject": subject,
        "postal": [clean(line) for line in postal],
        "place_and_date": labels.notice_place % view.today_full,
        "references": labels.notice_references % (clean(content.customer.code), number),
        "previous_message": view.previous_message,
        # Written pieces were sanitised; blocks are our own.
        "parts": [
            {"html": mark_safe(part.html), "block": part.block}  # noqa: S308
            for part in parts
        ],
        "heading": labels.to_pay_now,
        "rows": view.claimed,
        "notes": _notes(view),
        "penalties": penalties_sentence(view),
        "settle": labels.settle % view.net,
        "transfer_line": (
            f"{labels.holder}{labels.colon}{holder}. {labels.reference}{labels.colon}{view.reference}"
        ),
        "code": code_image(view),
        "code_alternative": labels.qr_alternative % view.net,
        "enclosed": f"{labels.statement} {labels.statement_at % view.today_full}"
        if content.step.has_statement
        else "",
    }
    return render_layout("letter.html", facts)


def _notes(view: MessageView) -> list[str]:
    disputed = [view.labels.disputed_line % (line.number, line.open) for line in view.disputed]
    coming = not_due_note(view)
    return [*disputed, *([coming] if coming else [])]
