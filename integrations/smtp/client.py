"""Hand messages to an SMTP relay so that the moment of no return is ours to record.

`smtplib.sendmail` hides the last dot; here the dialogue is written out: everything is sent, the caller records
that the message is about to leave, then the dot goes, then the server answers. STARTTLS is verified; one
connection serves a worker until it breaks (RELIABILITY D7, D17).
"""

import logging
import re
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from functools import lru_cache
from typing import Any

from django.conf import settings

from dunning.channels import (
    MailToCompose,
    NotAcceptedYetError,
    OutcomeUnknownError,
    OutgoingMail,
    RefusedForGoodError,
    UnreachableError,
)

logger = logging.getLogger(__name__)

OK = 250
START_INPUT = 354
FIRST_PERMANENT = 500
ADDRESS_UNKNOWN = re.compile(rb"\b5\.1\.\d+\b")
REPLY_LENGTH = 200  # of a server's words, as much as people need
CONTENT_ID = "epc-qr"


@dataclass(frozen=True, slots=True)
class Relay:
    """Where the relay is and how to speak with it; `timeout` in seconds."""

    host: str
    port: int
    user: str
    password: str
    is_starttls: bool
    is_tls: bool
    authority_file: str
    timeout: float


def configured_relay() -> Relay:
    """Return the relay of EMAIL_URL; `OTC_MAIL_CA_FILE` names a private authority, empty the system's."""
    return Relay(
        host=settings.EMAIL_HOST,
        port=settings.EMAIL_PORT,
        user=settings.EMAIL_HOST_USER,
        password=settings.EMAIL_HOST_PASSWORD,
        is_starttls=settings.EMAIL_USE_TLS,
        is_tls=settings.EMAIL_USE_SSL,
        authority_file=settings.OTC_MAIL_CA_FILE,
        timeout=settings.EMAIL_TIMEOUT,
    )


class SmtpChannel:
    """One connection to the relay, opened when first needed and again after it broke."""

    def __init__(self, relay: Relay | None = None) -> None:
        self.relay = relay or configured_relay()
        self._line: smtplib.SMTP | None = None

    def encode(self, mail: MailToCompose) -> bytes:
        """Return the message as it goes over the wire, lines ending in CR LF."""
        return encode(mail)

    def hand_over(self, mail: OutgoingMail, *, before_last_dot: Callable[[], None]) -> None:
        """Hand one message over; returns once the relay has said 250."""
        line = self._open()
        try:
            self._offer(line, mail)
            before_last_dot()
        except BaseException:
            # A connection in the middle of a message cannot be used again; without its dot nothing leaves.
            self._drop()
            raise
        self._finish(line)

    def close(self) -> None:
        """Say goodbye, if there is anybody to say it to."""
        line, self._line = self._line, None
        if line is not None:
            try:
                line.quit()
            except (smtplib.SMTPException, OSError):
                line.close()

    def _open(self) -> smtplib.SMTP:
        if self._line is not None and self._is_alive(self._line):
            return self._line
        self._drop()
        try:
            self._line = _connected(self.relay)
        except smtplib.SMTPAuthenticationError as problem:
            raise UnreachableError(
                f"the relay refused our sign-in: {problem.smtp_code}"
            ) from problem
        except (smtplib.SMTPException, OSError) as problem:
            raise UnreachableError(
                f"the relay {self.relay.host}:{self.relay.port} does not answer: {problem}"
            ) from problem
        return self._line

    @staticmethod
    def _is_alive(line: smtplib.SMTP) -> bool:
        try:
            return line.rset()[0] == OK
        except (smtplib.SMTPException, OSError):
            return False

    def _drop(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def _offer(self, line: smtplib.SMTP, mail: OutgoingMail) -> None:
        """Send the envelope and the whole message, all but the last dot."""
        with _readable_errors():
            _expect(line.mail(mail.sender), OK)
            _expect(line.rcpt(mail.recipient), OK)
            if mail.in_copy and not OK <= line.rcpt(mail.in_copy)[0] < START_INPUT:
                # A colleague's address that does not work is no reason to keep the message from its reader.
                logger.warning("the copy of %s was not taken", mail.message_id)
            line.putcmd("data")
            _expect(line.getreply(), START_INPUT)
            line.send(_dot_stuffed(mail.raw))

    def _finish(self, line: smtplib.SMTP) -> None:
        try:
            line.send(b".\r\n")
            reply = line.getreply()
        except (smtplib.SMTPException, OSError) as problem:
            self._drop()
            raise OutcomeUnknownError(
                f"the relay went away after the message was sent: {problem}"
            ) from problem
        _expect(reply, OK)


def _connected(relay: Relay) -> smtplib.SMTP:
    context = ssl.create_default_context(cafile=relay.authority_file or None)
    if relay.is_tls:
        line: smtplib.SMTP = smtplib.SMTP_SSL(
            relay.host, relay.port, timeout=relay.timeout, context=context
        )
    else:
        line = smtplib.SMTP(relay.host, relay.port, timeout=relay.timeout)
    try:
        if relay.is_starttls:
            line.starttls(context=context)
        line.ehlo_or_helo_if_needed()
        if relay.user:
            line.login(relay.user, relay.password)
    except BaseException:
        line.close()
        raise
    return line


@contextmanager
def _readable_errors() -> Iterator[None]:
    try:
        yield
    except (smtplib.SMTPException, OSError) as problem:
        raise UnreachableError(
            f"the relay went away before the message was complete: {problem}"
        ) from problem


def _expect(reply: tuple[int, bytes], code: int) -> None:
    """Pass a good answer; raise what a bad one means, in the relay's own words."""
    given, words = reply
    if given == code or (code == OK and OK <= given < START_INPUT):
        return
    reason = f"{given} {words.decode(errors='replace')}"[:REPLY_LENGTH]
    if given >= FIRST_PERMANENT:
        raise RefusedForGoodError(reason, is_address=bool(ADDRESS_UNKNOWN.search(words)))
    raise NotAcceptedYetError(reason)


def _dot_stuffed(raw: bytes) -> bytes:
    """Return the message with leading dots doubled and its last line ended (RFC 5321, 4.5.2)."""
    stuffed = re.sub(rb"(?m)^\.", b"..", raw)
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"


SAME_IN_EVERY_MESSAGE = frozenset(
    {
        "auto-submitted",
        "content-disposition",
        "content-transfer-encoding",
        "content-type",
        "list-unsubscribe-post",
        "mime-version",
        "x-auto-response-suppress",
    }
)
"""Headers whose few values come again in each message, all but the boundaries."""


class _RememberingPolicy(EmailPolicy):
    """SMTP's policy that parses and folds a header known from the message before only once."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:  # noqa: ANN401  as the library has it
        if _is_common(name, value):
            return _parsed(name, str(value))
        return super().header_store_parse(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        if _is_common(name, value):
            return _folded(name, str(value))
        return super().fold_binary(name, value)


def _is_common(name: str, value: Any) -> bool:  # noqa: ANN401  as the library has it
    is_known = isinstance(value, str) and name.lower() in SAME_IN_EVERY_MESSAGE
    return is_known and "boundary" not in value


@lru_cache(maxsize=256)
def _parsed(name: str, value: str) -> tuple[str, Any]:
    return SMTP.header_store_parse(name, value)


@lru_cache(maxsize=256)
def _folded(name: str, value: str) -> bytes:
    return SMTP.fold_binary(name, SMTP.header_store_parse(name, value)[1])


SMTP_POLICY = _RememberingPolicy(linesep="\r\n")


def encode(mail: MailToCompose) -> bytes:
    """Return a message as bytes, the same for the same input: boundaries come from its id, not from chance."""
    message = EmailMessage(policy=SMTP_POLICY)
    message["Message-ID"] = mail.message_id
    message["Date"] = mail.date
    message["From"] = _address(mail.sender_name, mail.sender_address)
    message["To"] = _address(mail.recipient_name, mail.recipient_address)
    if mail.copy_address:
        message["Cc"] = _address(mail.copy_name, mail.copy_address)
    if mail.reply_to and mail.reply_to != mail.sender_address:
        message["Reply-To"] = _address(mail.sender_name, mail.reply_to)
    message["Subject"] = mail.subject
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if mail.unsubscribe_url:
        message["List-Unsubscribe"] = f"<{mail.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    if mail.qr_png:
        html_part = message.get_body(("html",))
        if html_part is not None:
            html_part.add_related(
                mail.qr_png,
                "image",
                "png",
                cid=f"<{CONTENT_ID}>",
                disposition="inline",
                filename="qr.png",
            )
    for filename, media_type, content in mail.attachments:
        maintype, _, subtype = media_type.partition("/")
        message.add_attachment(content, maintype=maintype, subtype=subtype, filename=filename)
    _fix_boundaries(message, mail.message_id)
    return message.as_bytes()


def _address(name: str, address: str) -> Address:
    return Address(display_name=name, addr_spec=address)


def _fix_boundaries(message: EmailMessage, message_id: str) -> None:
    seed = re.sub(r"[^A-Za-z0-9]", "", message_id)[:40]
    parts = [part for part in message.walk() if part.is_multipart()]
    for number, part in enumerate(parts):
        part.set_boundary(f"=_{seed}_{number}")
