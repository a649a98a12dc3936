"""HTML to PDF, as run inside the throw-away process: a closed fetcher, our own fonts, nothing else.

Importing this module loads the PDF engine (0.8 s, Pango); only `rendering` does, and late. Everything
that needs a file is read at import, before the process gives up files. Source: RELIABILITY D13.
"""

from __future__ import annotations

import gc
import logging
import os
import warnings
from pathlib import Path
from urllib.request import DataHandler, Request

_FOLDER = Path(__file__).parent
# Before the engine loads: fontconfig reads its address once. The system's fonts stay as a fall-back.
os.environ["FONTCONFIG_FILE"] = str(_FOLDER / "fonts" / "fonts.conf")

# The engine would print every address it leaves out, whole images and customers' data included.
logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
logging.getLogger("weasyprint.progress").setLevel(logging.CRITICAL)

with warnings.catch_warnings():
    # The engine announces optional libraries on import; readiness speaks of the ones we need.
    warnings.simplefilter("ignore", DeprecationWarning)
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher, URLFetcherResponse

DATA_BYTES = 2_000_000
_BASE64_GROWTH = 4 / 3


class ForbiddenAddress(ValueError):  # noqa: N818  it names what was asked for
    """A document referred to something we did not hand it; the engine leaves it out."""


class ClosedFetcher(URLFetcher):  # type: ignore[misc]  # the engine ships no types
    """Gives a document the images inside its own text (`data:`, up to 2 MB) and nothing else.

    No network, no file, no redirect: the parent's openers are never reached (CVE-2025-68616 was a
    redirect that passed by a custom fetcher).
    """

    def __init__(self) -> None:
        super().__init__(allowed_protocols=["data"], allow_redirects=False)

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:  # noqa: ARG002
        if not url[:5].lower() == "data:":
            raise ForbiddenAddress(f"a document may not refer to {url[:80]}")
        if len(url) > DATA_BYTES * _BASE64_GROWTH:
            raise ForbiddenAddress(f"an image of more than {DATA_BYTES} bytes")
        answer = DataHandler().data_open(Request(url))  # noqa: S310  decodes the text itself
        return URLFetcherResponse(url, answer.read(), dict(answer.headers))


_FONTS = FontConfiguration()
_FETCHER = ClosedFetcher()
_STYLE = CSS(filename=str(_FOLDER / "print.css"), font_config=_FONTS, url_fetcher=_FETCHER)


def write_pdf(html: str) -> bytes:
    """Return `html` as a tagged PDF under our print style."""
    document = HTML(string=html, base_url=None, url_fetcher=_FETCHER)
    content: bytes = document.write_pdf(
        stylesheets=[_STYLE],
        font_config=_FONTS,
        pdf_variant="pdf/ua-1",
    )
    return content


def write_pdf_once(html: str) -> bytes:
    """Return the PDF, in a process that ends right after: what is not freed goes with it.

    Without the collector a fifth of the time is saved, most of it spent copying the parent's pages.
    """
    gc.disable()
    return write_pdf(html)
