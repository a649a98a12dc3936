"""The bordereau: the list that goes to the post office with a batch of letters, and comes back stamped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from dunning.documents.letterhead import render_layout
from dunning.documents.rendering import render_pdf
from dunning.documents.view import clean
from kernel import formats


@dataclass(frozen=True, slots=True)
class BordereauRow:
    """A letter on the list: its number, to whom and where it goes, how thick it is."""

    number: str
    addressee: str
    address: str
    pages: int
    sheets: int


@dataclass(frozen=True, slots=True)
class TakenOut:
    """A letter that is not in the envelope pile any more: its number is void."""

    number: str
    addressee: str
    why: str


@dataclass(frozen=True, slots=True)
class Bordereau:
    """Everything the list says; `posted` is None before somebody said so."""

    number: str
    entity_name: str
    sender_lines: tuple[str, ...]
    legal_ids: tuple[str, ...]
    day: date
    rows: Sequence[BordereauRow]
    out: Sequence[TakenOut] = ()
    posted: date | None = None


def bordereau_pdf(bordereau: Bordereau) -> bytes:
    """Return the list as PDF, in the reader's language. Raises PdfUnavailable, SandboxRefused."""
    return render_pdf(bordereau_html(bordereau))


def bordereau_html(bordereau: Bordereau) -> str:
    """Return the list as the HTML that becomes the PDF."""
    language = get_language() or "en"
    count = len(bordereau.rows)
    name = clean(bordereau.entity_name)
    facts = {
        "language": language[:2],
        "title": _("List of letters to post"),
        "number": bordereau.number,
        "entity_name": name,
        "initial": name[:1].upper(),
        "sender_lines": [clean(line) for line in bordereau.sender_lines],
        "legal_foot": ", ".join([name, *(clean(each) for each in bordereau.legal_ids)]),
        "day": formats.day_full(bordereau.day, language),
        "letters": formats.number(count, language),
        "pages": formats.number(sum(row.pages for row in bordereau.rows), language),
        "sheets": formats.number(sum(row.sheets for row in bordereau.rows), language),
        "posted": formats.day(bordereau.posted, language) if bordereau.posted else "—",
        "rows": [
            {
                "number": row.number,
                "addressee": clean(row.addressee),
                "address": clean(row.address),
                "pages": row.pages,
                "sheets": row.sheets,
            }
            for row in bordereau.rows
        ],
        "total": ngettext("%(count)s letter", "%(count)s letters", count)
        % {"count": formats.number(count, language)},
        "out": bordereau.out,
        "words": _words(),
    }
    return render_layout("bordereau.html", facts)


def _words() -> dict[str, str]:
    return {
        "page": _("Page"),
        "letters": _("Letters"),
        "pages": _("Pages"),
        "sheets": _("Sheets, both sides"),
        "sheets_short": _("Sheets"),
        "posted": _("Posted on"),
        "rank": _("No."),
        "number": pgettext("letter", "Number"),
        "addressee": _("Addressee"),
        "address": _("Postal address"),
        "out": _("Taken out before posting: these numbers are void"),
        "stamp": _("Stamp of the post office"),
        "signature": _("Handed over by: name, day, signature"),
    }
