"""Where documents become PDF: late, in a process of its own, or a clear refusal when that is not possible."""

from __future__ import annotations

import importlib
import threading
from functools import lru_cache
from typing import ClassVar

from django.utils.translation import gettext as _

from kernel.errors import Refused
from kernel.sandbox import run_limited

MEMORY_BYTES = 768 << 20  # 1,000 lines take 270 MB; the engine maps fonts and libraries besides
CPU_SECONDS = 60  # 1,000 lines take 11 s on a slow core


class PdfUnavailable(Refused):
    """The machine lacks the libraries that draw text."""

    code: ClassVar[str] = "pdf_unavailable"
    status: ClassVar[int] = 503


@lru_cache
def pdf_is_available() -> bool:
    """Return whether PDF can be made here, for the readiness page; loads the engine the first time."""
    try:
        importlib.import_module("dunning.documents.pdf_child")
    except (ImportError, OSError):
        return False
    return True


def render_pdf(html: str) -> bytes:
    """Return the PDF of `html`, rendered with limits and without network or files.

    A process without threads (a worker, a command) is copied, with the engine loaded; a web process
    starts a fresh interpreter, which costs a second. Raises PdfUnavailable, SandboxRefused.
    """
    if not pdf_is_available():
        raise PdfUnavailable(
            _(
                "PDF is off on this machine: the Pango libraries are missing. Install "
                "libpango-1.0-0 and libpangoft2-1.0-0, then try again. The page shows the same facts.",
            ),
        )
    from dunning.documents.pdf_child import write_pdf_once  # noqa: PLC0415  heavy, see above

    content: bytes = run_limited(
        write_pdf_once,
        html,
        memory_bytes=MEMORY_BYTES,
        cpu_seconds=CPU_SECONDS,
        fork=threading.active_count() == 1,
    )
    return content
