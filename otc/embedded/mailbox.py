"""A mail catcher: a real SMTP server with STARTTLS that keeps every message and delivers none.

It answers 250 only after the message is on disk (written, flushed, renamed), so that "accepted" means kept: the
tests kill workers at random and count here.

`python -m otc.embedded.mailbox FOLDER [--port N] [--refuse 550]` runs it alone, for tests that kill it.
"""

import argparse
import asyncio
import os
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from otc.embedded.mail_folder import acceptances, accepted_message, keep, list_messages

__all__ = ["MailCatcher", "acceptances", "accepted_message", "list_messages"]

HOST = "127.0.0.1"
CERTIFICATE_NAME = "localhost"
MOST_BYTES = 50_000_000
_SAID_OK = "250 2.0.0 Kept"


def _tls_context(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Return the server's context and the file of the authority that signed it, made for this run."""
    authority = trustme.CA(organization_name="Échéo mail catcher")
    certificate = authority.issue_cert(CERTIFICATE_NAME, HOST)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    file = folder.parent / f"{folder.name}-ca.pem"
    unfinished = file.with_suffix(f".{os.getpid()}")
    authority.cert_pem.write_to_path(str(unfinished))
    unfinished.replace(file)
    return context, file


class Handler:
    """What the SMTP dialogue does with a message; `answer` decides per message, for tests that need a refusal."""

    def __init__(self, folder: Path, answer: Callable[[Envelope], str] | None = None) -> None:
        self.folder = folder
        self.answer = answer

    async def handle_DATA(  # noqa: N802  the name aiosmtpd looks for
        self,
        server: SMTP,  # noqa: ARG002
        session: Session,  # noqa: ARG002
        envelope: Envelope,
    ) -> str:
        """Refuse as told, else keep the message and only then accept it."""
        refusal = self.answer(envelope) if self.answer else ""
        if refusal:
            return refusal
        raw = envelope.original_content or b""
        recipients = [str(address) for address in envelope.rcpt_tos]
        try:
            await asyncio.to_thread(
                keep, self.folder, sender=envelope.mail_from or "", recipients=recipients, raw=raw
            )
        except OSError as problem:
            return f"452 4.3.1 Not kept: {problem.strerror}"
        return _SAID_OK


class MailCatcher:
    """The catcher in a thread of this process; a context manager.

    `answer` gets the envelope of each message and returns an SMTP refusal ("550 5.1.1 Unknown", "451 4.7.1
    Later") or an empty string to accept it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        answer: Callable[[Envelope], str] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.handler = Handler(folder, answer)
        context, self.authority_file = _tls_context(folder)
        self._controller = Controller(
            self.handler,
            hostname=HOST,
            port=port or _free_port(),
            server_hostname=CERTIFICATE_NAME,
            tls_context=context,
            require_starttls=True,
            data_size_limit=MOST_BYTES,
            decode_data=False,
        )

    @property
    def port(self) -> int:
        """Return the port it listens on, on the loopback interface only."""
        return int(self._controller.port)

    @property
    def url(self) -> str:
        """Return the address in the form of EMAIL_URL."""
        return f"smtp+tls://{CERTIFICATE_NAME}:{self.port}"

    def start(self) -> None:
        """Listen; returns when connections are accepted."""
        self._controller.start()

    def stop(self) -> None:
        """Stop listening."""
        self._controller.stop(no_assert=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _free_port() -> int:
    """Return a port nobody listens on; aiosmtpd wants to know it before it listens."""
    with socket.socket() as line:
        line.bind((HOST, 0))
        return int(line.getsockname()[1])


def main(arguments: Sequence[str]) -> int:
    """Run the catcher until a signal ends it; prints its address as one line when it listens."""
    parser = argparse.ArgumentParser(prog="python -m otc.embedded.mailbox")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--refuse", metavar="CODE", help="answer every message with this SMTP code")
    chosen = parser.parse_args(arguments)
    refusal = f"{chosen.refuse} Refused as asked" if chosen.refuse else ""
    with MailCatcher(chosen.folder, port=chosen.port, answer=lambda _: refusal) as catcher:
        print(catcher.url, catcher.authority_file, flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
