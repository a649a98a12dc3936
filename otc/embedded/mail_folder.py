"""The folder of caught messages: one file each, whose name begins with a digest of the Message-ID.

That name makes "was this message accepted?" one look into the folder. Apart from the server, so that a page or a
check can read the folder without a mail server's packages.
"""

import email
import email.policy
import hashlib
import os
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

_SUFFIX = ".eml"
_MESSAGE_ID = re.compile(rb"^message-id:[ \t]*(?:\r?\n[ \t]+)?(\S+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class CaughtMessage:
    """One kept message, read from its file."""

    path: Path
    accepted_at: datetime
    sender: str
    recipients: tuple[str, ...]
    content: EmailMessage


def _digest(message_id: str) -> str:
    return hashlib.sha256(message_id.strip().encode()).hexdigest()


def _message_id(raw: bytes) -> str:
    head = raw.partition(b"\r\n\r\n")[0].partition(b"\n\n")[0]
    found = _MESSAGE_ID.search(head)
    return found.group(1).decode(errors="replace") if found else ""


def _trace_headers(sender: str, recipients: Sequence[str], accepted_ns: int) -> bytes:
    """Return the envelope as headers, as a real mail server would leave it in the mailbox."""
    lines = [f"X-Accepted-Ns: {accepted_ns}", f"Return-Path: <{sender}>"]
    lines += [f"Delivered-To: {recipient}" for recipient in recipients]
    return "".join(f"{line}\r\n" for line in lines).encode()


def keep(folder: Path, *, sender: str, recipients: Sequence[str], raw: bytes) -> Path:
    """Store one message durably and return its file: written, flushed, renamed, and the folder flushed too."""
    accepted_ns = time.time_ns()
    name = f"{_digest(_message_id(raw))}.{accepted_ns}.{secrets.token_hex(4)}{_SUFFIX}"
    unfinished = folder / f".{name}"
    with unfinished.open("wb") as file:
        file.write(_trace_headers(sender, recipients, accepted_ns) + raw)
        file.flush()
        os.fsync(file.fileno())
    finished = folder / name
    unfinished.rename(finished)
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return finished


def accepted_message(message_id: str, folder: Path) -> bool:
    """Return whether the catcher accepted a message of that Message-ID (with its angle brackets)."""
    return acceptances(message_id, folder) > 0


def acceptances(message_id: str, folder: Path) -> int:
    """Return how often the catcher accepted a message of that Message-ID; more than once is a duplicate."""
    return sum(1 for _ in folder.glob(f"{_digest(message_id)}.*{_SUFFIX}"))


def list_messages(folder: Path) -> list[CaughtMessage]:
    """Return the kept messages, the latest first; none when the folder does not exist."""
    files = sorted(folder.glob(f"*{_SUFFIX}"), key=_accepted_ns, reverse=True)
    return [read_message(file) for file in files if not file.name.startswith(".")]


def _accepted_ns(file: Path) -> int:
    return int(file.name.split(".")[1])


def read_message(file: Path) -> CaughtMessage:
    """Return one kept message with the envelope it came in."""
    content = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    return CaughtMessage(
        path=file,
        accepted_at=datetime.fromtimestamp(_accepted_ns(file) / 1e9, tz=UTC),
        sender=str(content["Return-Path"] or "").strip("<>"),
        recipients=tuple(str(value) for value in content.get_all("Delivered-To", [])),
        content=content,
    )
