"""The formal notice: a numbered letter with what is claimed, by when, and the ways out."""

from __future__ import annotations

from dunning.documents.letterhead import letterhead, render_layout
from dunning.documents.rendering import render_pdf
from dunning.documents.view import LineView, MessageView, account_holder, clean


def notice_number(view: MessageView) -> str:
    """Return the number of an issued notice, `MD-2026-0009`; before that the word that it is a draft."""
    issued = view.content.notice
    return issued.number if issued else view.labels.notice_draft


def notice_pdf(view: MessageView, *, number: str = "", signatory: str = "") -> bytes:
    """Return the letter as PDF, the stored bytes where it was issued. Raises PdfUnavailable, SandboxRefused."""
    if view.content.notice and not number:
        return view.content.notice.pdf
    return render_pdf(notice_html(view, number=number, signatory=signatory))


def notice_html(view: MessageView, *, number: str = "", signatory: str = "") -> str:
    """Return the letter as the HTML that becomes the PDF.

    `number` and `signatory`, the person who signs for the company, are given when it is issued.
    """
    content, labels = view.content, view.labels
    number = number or notice_number(view)
    penalties = view.penalties
    is_computed = penalties is not None and bool(penalties.total)
    claimed = penalties.grand_total if penalties and is_computed else view.net
    total_label = labels.total_claimed % view.today_full
    facts = letterhead(view) | {
        "notice_number": number,
        "signatory": clean(signatory),
        "attention": labels.for_the_attention_of % labels.management,
        "place_and_date": labels.notice_place % view.today_full,
        "references": labels.notice_references % (clean(content.customer.code), number),
        "previous_message": view.previous_message,
        "subject": labels.notice_subject % claimed,
        "rows": [_row(line) for line in view.claimed],
        "has_penalties": is_computed,
        "interest": penalties.interest if penalties else "",
        "fixed_indemnity": penalties.fixed_indemnity if penalties else "",
        "rates": penalties.rates if penalties else "",
        "total_line": f"{total_label}{labels.colon}{claimed}",
        "claimed_total": claimed,
        "disputed_notes": [
            labels.disputed_line % (line.number, line.open) for line in view.disputed
        ],
        "payment_line": _payment_line(view, number),
    }
    return render_layout(f"notice.{view.language}.html", facts)


def _row(line: LineView) -> dict[str, str]:
    return {
        "number": line.number,
        "issued": line.issued,
        "due": line.due,
        "late": line.late,
        "original": line.original,
        "open": line.claimed,
        "interest": line.interest,
        "fixed_charge": line.fixed_charge,
        "note": line.note,
    }


def notice_filename(view: MessageView, *, number: str = "") -> str:
    """Return the name of the file, its number in it; a draft says that it is one."""
    word = "mise-en-demeure" if view.language == "fr" else "formal-notice"
    issued = number or (view.content.notice.number if view.content.notice else "")
    draft = "projet" if view.language == "fr" else "draft"
    return f"{word}-{issued or draft}.pdf"


def _payment_line(view: MessageView, number: str) -> str:
    if not view.iban:
        return ""
    return view.labels.payment_line % (
        view.iban,
        account_holder(view.content.creditor),
        view.reference or number,
    )
