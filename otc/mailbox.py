"""The demo's mailbox: what left by SMTP and was caught, as the customer's mail program would show it.

It reads the catcher's folder and exists on a demo machine alone. The HTML of a message is a page of its own with a
policy of its own, shown in a sandboxed frame: inline styles, as e-mails need, are allowed there and nowhere else.
"""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage, MIMEPart
from pathlib import Path

import nh3
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from kernel.http import public
from otc.embedded.mail_folder import CaughtMessage, list_messages, read_message

MOST_SHOWN = 200
_FILE_NAME = re.compile(r"[0-9a-f]{64}\.\d{1,20}\.[0-9a-f]{8}")
_SHOWN_HEADERS = ("From", "Sender", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID")
_LINK = re.compile(r"https?://[^\s<>\"]+")

# An e-mail brings its styles inline and its pictures inside; it loads nothing, runs nothing and sends nothing.
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
_PRESENTATION = {
    *(
        "style",
        "class",
        "align",
        "valign",
        "width",
        "height",
        "bgcolor",
        "border",
        "role",
        "dir",
        "lang",
    ),
    *("cellpadding", "cellspacing", "colspan", "rowspan", "alt", "title", "scope", "aria-label"),
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message; `number` counts from 1."""

    number: int
    name: str
    content_type: str
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A line of the list."""

    name: str
    accepted_at: datetime
    sender: str
    recipients: str
    subject: str
    attachments: int


def folder() -> Path:
    """Return where the catcher keeps messages; raises Http404 off a demo machine or without a catcher."""
    if not settings.OTC_DEMO or not settings.OTC_MAIL_EVIDENCE_DIR:
        raise Http404
    return Path(settings.OTC_MAIL_EVIDENCE_DIR)


def message_called(name: str) -> CaughtMessage:
    """Return the message of that file name; raises Http404 for any other text."""
    file = folder() / f"{name}.eml"
    if not _FILE_NAME.fullmatch(name) or not file.is_file():
        raise Http404
    return read_message(file)


@public
@require_safe
@never_cache
def mailbox(request: HttpRequest) -> HttpResponse:
    caught = list_messages(folder())
    rows = [_row(message) for message in caught[:MOST_SHOWN]]
    return render(request, "otc/mailbox.html", {"rows": rows, "count": len(caught)})


def _row(message: CaughtMessage) -> MessageRow:
    return MessageRow(
        name=message.path.stem,
        accepted_at=message.accepted_at,
        sender=str(message.content["From"] or message.sender),
        recipients=", ".join(message.recipients),
        subject=str(message.content["Subject"] or ""),
        attachments=sum(1 for _ in message.content.iter_attachments()),
    )


@public
@require_safe
@never_cache
def mailbox_message(request: HttpRequest, name: str) -> HttpResponse:
    message = message_called(name)
    text = _text(message.content)
    context = {
        "message": message,
        "name": name,
        "subject": str(message.content["Subject"] or ""),
        "headers": [
            (header, str(message.content[header]))
            for header in _SHOWN_HEADERS
            if message.content[header]
        ],
        "text_parts": list(_with_links(text)),
        "has_html": message.content.get_body(("html",)) is not None,
        "attachments": list(_attachments(message.content)),
    }
    response = render(request, "otc/mailbox_message.html", context)
    response.headers["Content-Security-Policy"] = _policy_with_frame()
    return response


def _policy_with_frame() -> str:
    """Return the policy of every page, with frames of our own allowed."""
    directives = {**settings.CONTENT_SECURITY_POLICY["DIRECTIVES"], "frame-src": ["'self'"]}
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


@public
@require_safe
@never_cache
@xframe_options_sameorigin
def mailbox_html(request: HttpRequest, name: str) -> HttpResponse:
    message = message_called(name)
    body = message.content.get_body(("html",))
    if body is None:
        raise Http404
    cleaned = mark_safe(_clean(_with_pictures(body, message.content)))  # noqa: S308  just cleaned, and sandboxed
    response = render(request, "otc/mailbox_html.html", {"body": cleaned})
    response.headers["Content-Security-Policy"] = _MAIL_POLICY
    return response


@public
@require_safe
@never_cache
def mailbox_attachment(request: HttpRequest, name: str, number: int) -> HttpResponse:  # noqa: ARG001  a view's
    message = message_called(name)
    parts = list(message.content.iter_attachments())
    if not 1 <= number <= len(parts):
        raise Http404
    part = parts[number - 1]
    response = HttpResponse(_bytes(part), content_type=part.get_content_type())
    file_name = re.sub(r"[^\w.() -]", "_", part.get_filename() or f"attachment-{number}")
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


def _text(content: EmailMessage) -> str:
    body = content.get_body(("plain",))
    return str(body.get_content()) if body is not None else ""


def _with_links(text: str) -> Iterator[tuple[str, bool]]:
    """Give the text in pieces, each with whether it is an address to click on."""
    end = 0
    for found in _LINK.finditer(text):
        address = found.group().rstrip(".,;:)»")
        yield text[end : found.start()], False
        yield address, True
        end = found.start() + len(address)
    yield text[end:], False


def _attachments(content: EmailMessage) -> Iterator[Attachment]:
    for number, part in enumerate(content.iter_attachments(), start=1):
        name = part.get_filename() or f"attachment-{number}"
        yield Attachment(number, name, part.get_content_type(), len(_bytes(part)))


def _bytes(part: MIMEPart) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _with_pictures(body: MIMEPart, content: EmailMessage) -> str:
    """Return the HTML with the pictures that came along put in place of their `cid:` addresses."""
    html = str(body.get_content())
    for part in content.walk():
        identifier = str(part["Content-ID"] or "").strip("<>")
        if identifier and part.get_content_maintype() == "image":
            data = base64.b64encode(_bytes(part)).decode()
            html = html.replace(
                f"cid:{identifier}", f"data:{part.get_content_type()};base64,{data}"
            )
    return html


_BODY = re.compile(r"<(/?)body\b", re.IGNORECASE)


def _clean(html: str) -> str:
    """Return what is harmless of the HTML; links open beside the mailbox."""
    tags = nh3.ALLOWED_TAGS | {"center", "font"}
    attributes = {tag: set(_PRESENTATION) for tag in tags}
    attributes["a"] |= {"href"}
    attributes["img"] |= {"src"}
    return nh3.clean(
        _BODY.sub(r"<\1div", html),  # its style says in which type the whole message is set
        tags=tags,
        attributes=attributes,
        attribute_filter=_only_pictures_inside,
        clean_content_tags={"script", "style", "title"},
        set_tag_attribute_values={"a": {"target": "_blank"}},
        url_schemes={"http", "https", "mailto", "tel", "data"},
    )


def _only_pictures_inside(tag: str, attribute: str, value: str) -> str | None:
    """Keep `data:` for pictures; a link may not carry a page inside itself."""
    is_data = value.strip().lower().startswith("data:")
    if attribute in {"href", "src"} and is_data != (tag == "img"):
        return None
    return value


urlpatterns = [
    path("mailbox", mailbox, name="mailbox"),
    path("mailbox/<str:name>", mailbox_message, name="mailbox_message"),
    path("mailbox/<str:name>/html", mailbox_html, name="mailbox_html"),
    path(
        "mailbox/<str:name>/attachments/<int:number>", mailbox_attachment, name="mailbox_attachment"
    ),
]
