"""Read the unseen messages of one mailbox, each handed on before it is marked as seen.

A message is marked only once the database has it: whatever breaks in between, it is read again, and the intake knows
it by its Message-ID. TLS is verified; a mailbox without it is read on this machine alone.
"""

import contextlib
import imaplib
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

logger = logging.getLogger(__name__)

MOST_A_LOOK = 200
TIMEOUT_SECONDS = 20
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})

Taker = Callable[[bytes], bool]
"""Takes one message in; False when it belongs to nobody."""


class MailboxUnreachableError(Exception):
    """The mailbox did not answer, or not as the standard says; what was not marked is read at the next look."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where the mailbox is: `imaps://user:password@host:993/FOLDER`, and the file of a private authority, if any."""

    host: str
    port: int
    user: str
    password: str
    folder: str
    is_tls: bool
    authority_file: str = ""

    @classmethod
    def at(cls, url: str, *, authority_file: str = "") -> "Mailbox":
        """Return the mailbox of an address. Raises ImproperlyConfigured for none, or one that sends words in clear."""
        parts = urlsplit(url)
        is_tls = parts.scheme == "imaps"
        if parts.scheme not in {"imap", "imaps"} or not parts.hostname or not parts.username:
            message = "OTC_IMAP_URL has the form imaps://user:password@host/INBOX."
            raise ImproperlyConfigured(message)
        if not is_tls and parts.hostname not in LOCAL:
            message = (
                "OTC_IMAP_URL without TLS (imap://) is read on this machine alone: write imaps://."
            )
            raise ImproperlyConfigured(message)
        return cls(
            host=parts.hostname,
            port=parts.port or (993 if is_tls else 143),
            user=unquote(parts.username),
            password=unquote(parts.password or ""),
            folder=unquote(parts.path.strip("/")) or "INBOX",
            is_tls=is_tls,
            authority_file=authority_file,
        )


def read_unseen(mailbox: Mailbox, take: Taker) -> int:
    """Hand each unseen message to `take`, the oldest first; return how many. Raises MailboxUnreachableError."""
    try:
        line = _opened(mailbox)
        try:
            return sum(_handed_on(line, number, take) for number in _unseen(line)[:MOST_A_LOOK])
        finally:
            _close(line)
    except (imaplib.IMAP4.error, OSError) as problem:
        raise MailboxUnreachableError(f"{mailbox.host}:{mailbox.port}: {problem}") from problem


def _close(line: imaplib.IMAP4) -> None:
    """Say goodbye if anybody listens, and let go of the line in any case."""
    try:
        line.logout()
    except (imaplib.IMAP4.error, OSError):
        with contextlib.suppress(OSError):
            line.shutdown()


def _opened(mailbox: Mailbox) -> imaplib.IMAP4:
    if mailbox.is_tls:
        context = ssl.create_default_context(cafile=mailbox.authority_file or None)
        line: imaplib.IMAP4 = imaplib.IMAP4_SSL(
            mailbox.host, mailbox.port, ssl_context=context, timeout=TIMEOUT_SECONDS
        )
    else:
        line = imaplib.IMAP4(mailbox.host, mailbox.port, timeout=TIMEOUT_SECONDS)
    try:
        line.login(mailbox.user, mailbox.password)
        _expect(line.select(f'"{mailbox.folder}"'))
    except BaseException:
        _close(line)
        raise
    return line


def _unseen(line: imaplib.IMAP4) -> list[str]:
    """Return the lasting numbers (UID) of what is neither seen nor flagged as nobody's."""
    (found,) = _expect(line.uid("SEARCH", "UNSEEN", "UNFLAGGED"))[:1] or [b""]
    return found.decode().split() if isinstance(found, bytes) else []


def _handed_on(line: imaplib.IMAP4, number: str, take: Taker) -> int:
    # PEEK leaves it unseen until we have it.
    answer = _expect(line.uid("FETCH", number, "(BODY.PEEK[])"))
    raw = next((part[1] for part in answer if isinstance(part, tuple)), None)
    if not isinstance(raw, bytes):
        logger.warning("message %s went away before it was read", number)
        return 0
    flag = r"(\Seen)" if take(raw) else r"(\Flagged)"
    _expect(line.uid("STORE", number, "+FLAGS.SILENT", flag))
    return 1


def _expect(answer: tuple[str, list[Any]]) -> list[Any]:
    kind, data = answer
    if kind != "OK":
        raise imaplib.IMAP4.error(f"{kind} {data!r}")
    return data
