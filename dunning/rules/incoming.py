"""A received message taken apart into plain values, whatever state it is in.

Nothing here trusts the writer: a broken header reads as absent, markup becomes text, a part that cannot be
decoded is left out. Source: RELIABILITY D16; RFC 5322, RFC 3464, RFC 5965, RFC 8601.
"""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from hashlib import sha256

import nh3

from dunning.rules.delivery import DeliveryReport
from dunning.rules.machine_mail import Envelope

MOST_BYTES = 25 * 1024 * 1024
MOST_TEXT = 50_000
LONGEST_HEADER = 8_000
MOST_PARTS = 200
MOST_ATTACHMENTS = 20

_HEADERS_KEPT = frozenset(
    {"auto-submitted", "precedence", "x-auto-response-suppress", "list-id", "list-unsubscribe", "x-autoreply",
     "x-autorespond", "x-auto-reply", "x-vacation"}
)  # fmt: skip
_MESSAGE_ID = re.compile(r"<[^<>\s]{3,240}>")
_LINE_ENDS = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6]|/blockquote)\b[^>]*>", re.IGNORECASE)
_RESULT = re.compile(r"\b(spf|dkim|dmarc)\s*=\s*([a-z]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file as it came: its name as the sender gave it, and its bytes."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class IncomingMail:
    """A received message. `answered` holds the Message-IDs it answers or reports about, the nearest first."""

    key: str
    message_id: str
    answered: tuple[str, ...]
    sender_name: str
    sender_address: str
    recipients: tuple[str, ...]
    subject: str
    written_at: datetime | None
    text: str
    envelope: Envelope
    authentication: Mapping[str, str]
    enclosures: tuple[Enclosure, ...] = ()
    reports: tuple[DeliveryReport, ...] = ()
    complained_recipient: str = field(default="")


def taken_apart(
    raw: bytes,
    *,
    envelope_recipients: tuple[str, ...] = (),
    envelope_sender: str | None = None,
    trusted_server: str = "",
) -> IncomingMail:
    """Return what a message says.

    `trusted_server` names our own mail server, whose Authentication-Results alone count; empty: none do.
    `envelope_sender` is None when nobody knows it, empty for a message that wants no answer.
    """
    message = _parsed(raw[:MOST_BYTES])
    parts = _leaves(message)
    text = _text(parts)
    message_id = _first_id(_header(message, "Message-ID"))
    name, address = next(iter(_addresses([_header(message, "From")])), ("", ""))
    reports = tuple(_reports(parts))
    return_path = envelope_sender
    if return_path is None and message.get("Return-Path") is not None:
        return_path = _header(message, "Return-Path")
    return IncomingMail(
        key=sha256((message_id or "").encode() or raw).hexdigest(),
        message_id=message_id,
        answered=_answered(message, parts),
        sender_name=_short(name, 150),
        sender_address=address.strip().lower()[:254],
        recipients=_recipients(message, envelope_recipients),
        subject=_short(_header(message, "Subject"), 300),
        written_at=_date(message),
        text=text,
        envelope=Envelope(
            headers={
                key.lower(): _header(message, key)
                for key in message.keys()  # noqa: SIM118  a message is no mapping
                if key.lower() in _HEADERS_KEPT
            },
            content_type=_header(message, "Content-Type"),
            return_path=return_path,
            sender_address=address.strip().lower(),
            subject=_header(message, "Subject"),
            text=text,
        ),
        authentication=_authentication(message, trusted_server),
        enclosures=tuple(_enclosures(parts))[:MOST_ATTACHMENTS],
        reports=reports,
        complained_recipient=_complained(parts),
    )


def _parsed(raw: bytes) -> "Message[str, str]":
    """Return the message; one nested so deep that nobody can read it reads as empty."""
    try:
        return message_from_bytes(raw, policy=policy.compat32)
    except RecursionError:
        return Message()


def _addresses(values: list[str]) -> list[tuple[str, str]]:
    """Return names and addresses; none where somebody nested comments to break the reader."""
    try:
        return getaddresses([value[:LONGEST_HEADER] for value in values])
    except RecursionError:
        return []


def _header(message: "Message[str, str]", name: str) -> str:
    """Return a header decoded and on one line; what cannot be decoded reads as empty."""
    value = message.get(name)
    if value is None:
        return ""
    text = str(value)[:LONGEST_HEADER]
    try:
        shown = str(policy.default.header_factory(name, text))
    except Exception:  # noqa: BLE001  the library fails in many ways on headers made to break it
        shown = text
    return _clean(" ".join(shown.split()))[:1000]


def _clean(text: str) -> str:
    """Return text that a database keeps: no null, no half of a character."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _short(text: str, length: int) -> str:
    return text.strip()[:length]


def _first_id(value: str) -> str:
    found = _MESSAGE_ID.search(value)
    return found.group() if found else ""


def _leaves(message: "Message[str, str]") -> list["Message[str, str]"]:
    found = []
    for number, part in enumerate(message.walk()):
        if number >= MOST_PARTS:
            break
        found.append(part)
    return found


def _answered(message: "Message[str, str]", parts: list["Message[str, str]"]) -> tuple[str, ...]:
    ids = _MESSAGE_ID.findall(_header(message, "In-Reply-To"))
    ids += reversed(_MESSAGE_ID.findall(_header(message, "References")))
    for part in parts[1:]:
        kind = part.get_content_type()
        if kind == "text/rfc822-headers":
            head = _parsed(_payload(part))
            ids.append(_first_id(_header(head, "Message-ID")))
        elif part.get("Message-ID") is not None:
            ids.append(_first_id(_header(part, "Message-ID")))
    return tuple(dict.fromkeys(one for one in ids if one))


def _recipients(message: "Message[str, str]", envelope: tuple[str, ...]) -> tuple[str, ...]:
    named = [
        str(value)
        for name in ("Delivered-To", "X-Original-To", "To", "Cc")
        for value in message.get_all(name, [])
    ]
    found = [*envelope, *(address for _name, address in _addresses(named))]
    return tuple(dict.fromkeys(one.strip(" <>").lower() for one in found if "@" in one))[:50]


def _date(message: "Message[str, str]") -> datetime | None:
    try:
        found = parsedate_to_datetime(_header(message, "Date"))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _payload(part: "Message[str, str]") -> bytes:
    try:
        content = part.get_payload(decode=True)
    except Exception:  # noqa: BLE001  as for headers
        return b""
    return content if isinstance(content, bytes) else b""


def _text(parts: list["Message[str, str]"]) -> str:
    """Return the plain text, else the text of the HTML; what is attached does not count."""
    for kind in ("text/plain", "text/html"):
        for part in parts:
            if (
                part.get_content_type() == kind
                and not _is_attached(part)
                and not part.is_multipart()
            ):
                words = _decoded(part)
                plain = _without_markup(words) if kind == "text/html" else words
                if plain.strip():
                    return _clean(plain.replace("\r\n", "\n"))[:MOST_TEXT]
    return ""


def _decoded(part: "Message[str, str]") -> str:
    content = _payload(part)
    charset = part.get_content_charset() or "utf-8"
    try:
        return content.decode(charset)
    except (LookupError, UnicodeDecodeError):
        return content.decode("utf-8", "replace")


def _without_markup(source: str) -> str:
    broken = _LINE_ENDS.sub("\n", source[: MOST_TEXT * 10])
    return html.unescape(nh3.clean(broken, tags=set()))


def _is_attached(part: "Message[str, str]") -> bool:
    return part.get_content_disposition() == "attachment" or bool(part.get_filename())


def _enclosures(parts: list["Message[str, str]"]) -> Iterator[Enclosure]:
    for part in parts:
        if not part.is_multipart() and _is_attached(part):
            content = _payload(part)
            if content:
                yield Enclosure(_clean(str(part.get_filename() or "")), content)


def _reports(parts: list["Message[str, str]"]) -> Iterator[DeliveryReport]:
    """Yield one report a recipient; a part of them is a block of fields of its own."""
    for part in parts:
        if part.get_content_type() != "message/delivery-status" or not part.is_multipart():
            continue
        blocks = part.get_payload()
        for block in blocks if isinstance(blocks, list) else []:
            if isinstance(block, Message) and block.get("Action"):
                yield DeliveryReport(
                    recipient=_after_type(
                        _header(block, "Final-Recipient") or _header(block, "Original-Recipient")
                    ),
                    action=_header(block, "Action"),
                    status=_header(block, "Status").split(" ")[0],
                    detail=_short(_after_type(_header(block, "Diagnostic-Code")), 300),
                )


def _after_type(value: str) -> str:
    """Return what follows the type in `rfc822; somebody@company.example`."""
    return value.partition(";")[2].strip() or value.strip()


def _complained(parts: list["Message[str, str]"]) -> str:
    """Return whose complaint a feedback report passes on; empty when it is none or hides the address."""
    for part in parts:
        if part.get_content_type() == "message/feedback-report":
            inner = part.get_payload()
            block = inner[0] if isinstance(inner, list) and inner else _parsed(_payload(part))
            if isinstance(block, Message):
                found = _addresses([_header(block, "Original-Rcpt-To")])
                return found[0][1].lower() if found else ""
    return ""


def _authentication(message: "Message[str, str]", trusted_server: str) -> dict[str, str]:
    """Return what our own server found; anybody can write such a header, so only its own counts."""
    if not trusted_server:
        return {}
    for value in message.get_all("Authentication-Results", []):
        server, _, results = str(value).partition(";")
        if server.split()[:1] == [trusted_server]:
            return {name.lower(): found.lower() for name, found in _RESULT.findall(results)}
    return {}
