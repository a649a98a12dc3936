"""Which files that come with a message may be handed to a colleague: small, and of a kind that runs nothing.

The kind is told by the first bytes, never by name or by what the sender says. Source: RELIABILITY D9, D16.
"""

import re
import unicodedata
from dataclasses import dataclass

MOST_BYTES = 10 * 1024 * 1024

PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"
PLAIN = "text/plain"

_BEGINNINGS = (
    (b"%PDF-", PDF),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
)
_ENDINGS = {PDF: (".pdf",), PNG: (".png",), JPEG: (".jpg", ".jpeg"), PLAIN: (".txt", ".csv")}
_ACTIVE_PDF = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFile|OpenAction|AA|RichMedia)\b")


@dataclass(frozen=True, slots=True)
class Judged:
    """A file with the name it is kept under; `quarantine` says why it is not handed out, empty when it is."""

    name: str
    media_type: str
    quarantine: str


def judged(name: str, content: bytes) -> Judged:
    """Return what a file is and whether it may be handed out.

    Quarantined: `too_large`, `kind` (no PDF, picture or plain text), `active` (a PDF that carries a program or files).
    """
    media_type = _kind(content)
    shown = _safe_name(name, media_type)
    if len(content) > MOST_BYTES:
        return Judged(shown, media_type, "too_large")
    if not media_type:
        return Judged(shown, "application/octet-stream", "kind")
    if media_type == PDF and _ACTIVE_PDF.search(content):
        return Judged(shown, media_type, "active")
    return Judged(shown, media_type, "")


def _kind(content: bytes) -> str:
    for beginning, media_type in _BEGINNINGS:
        if content.startswith(beginning):
            return media_type
    head = content[:65_536]
    if b"\x00" in head or re.search(rb"(?i)<\s*(?:html|script|svg|!doctype|\?xml)", head):
        return ""
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as fault:
        # A character may be cut in two at the end of what is looked at.
        return PLAIN if fault.start > len(head) - 4 else ""
    return PLAIN


def _safe_name(name: str, media_type: str) -> str:
    """Return a file name without folders, controls or a second meaning, ending as its kind does."""
    plain = "".join(
        char for char in name if unicodedata.category(char)[0] not in "CZ" or char == " "
    )
    base = re.split(r"[/\\]", plain)[-1].strip(" .")[:120] or "file"
    endings = _ENDINGS.get(media_type, (".bin",))
    return base if base.lower().endswith(endings) else f"{base}{endings[0]}"
