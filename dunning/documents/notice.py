"""The formal notice: a numbered letter with what is claimed, by when, and the ways out."""

from __future__ import annotations

from dunning.documents.letterhead import letterhead, render_layout
from dunning.documents.rendering import render_pdf
from dunning.documents.view import MessageView, account_holder, clean


def notice_number(view: MessageView) -> str:
    """Return the number of the notice: entity, customer and day name it once, `MD-ORV-C10482-261119`.

    It needs no counter, so that composing again gives the same letter; another currency of the same
    day adds its code.
    """
    content = view.content
    parts = [
        "MD" if view.language == "fr" else "FN",
        _alphanumeric(content.creditor.entity_code),
        _alphanumeric(content.customer.code),
        f"{content.as_of_date:%y%m%d}",
        "" if content.currency == "EUR" else content.currency,
    ]
    return "-".join(part for part in parts if part)


def notice_pdf(view: MessageView) -> bytes:
    """Return the letter as PDF. Raises PdfUnavailable, SandboxRefused."""
    return render_pdf(notice_html(view))


def notice_html(view: MessageView) -> str:
    """Return the letter as the HTML that becomes the PDF."""
    content, labels = view.content, view.labels
    number = notice_number(view)
    penalties = view.penalties
    is_computed = penalties is not None and bool(penalties.total)
    claimed = penalties.grand_total if penalties and is_computed else view.net
    facts = letterhead(view) | {
        "notice_number": number,
        "attention": labels.for_the_attention_of % labels.management,
        "place_and_date": labels.notice_place % view.today_full,
        "references": labels.notice_references % (clean(content.customer.code), number),
        "previous_message": view.previous_message,
        "subject": labels.notice_subject % claimed,
        "rows": [
            {
                "number": line.number,
                "issued": line.issued,
                "due": line.due,
                "late": line.late,
                "original": line.original,
                "open": line.claimed,
                "note": line.note,
            }
            for line in view.claimed
        ],
        "has_penalties": is_computed,
        "interest": penalties.interest if penalties else "",
        "fixed_indemnity": penalties.fixed_indemnity if penalties else "",
        "rates": penalties.rates if penalties else "",
        "total_label": labels.total_claimed % view.today_full,
        "claimed_total": claimed,
        "disputed_notes": [
            labels.disputed_line % (line.number, line.open) for line in view.disputed
        ],
        "payment_line": _payment_line(view, number),
    }
    return render_layout(f"notice.{view.language}.html", facts)


def notice_filename(view: MessageView) -> str:
    """Return the name of the file, its number in it."""
    word = "mise-en-demeure" if view.language == "fr" else "formal-notice"
    return f"{word}-{notice_number(view)}.pdf"


def _payment_line(view: MessageView, number: str) -> str:
    if not view.iban:
        return ""
    return view.labels.payment_line % (
        view.iban,
        account_holder(view.content.creditor),
        view.reference or number,
    )


def _alphanumeric(text: str) -> str:
    return "".join(letter for letter in text if letter.isascii() and letter.isalnum()).upper()
