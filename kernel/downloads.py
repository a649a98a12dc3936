"""A file that somebody sent us, handed out again: as a download, never shown inside our pages."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header


def download(content: bytes, name: str) -> HttpResponse:
    """Return the answer that gives `content` as a file called `name`; no browser guesses or runs it."""
    response = HttpResponse(content, content_type="application/octet-stream")
    response.headers["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=name) or "attachment"
    )
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
