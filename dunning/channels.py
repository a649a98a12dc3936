"""The ways out of the chase and back: ports that settings fill with a class or function of the apps on the left.

`OTC_MAIL_CHANNEL` names a `MailChannel`, `OTC_MAIL_EVIDENCE` a `MailEvidence`, `OTC_PORTAL_LINKS` a
`PortalLinks` function (empty: messages carry no link). `OTC_CARRIERS` names by channel a `Carrier`, for what leaves
through a provider: text messages and registered e-letters. It is empty unless a provider is set up.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from dunning.rules.delivery import EventKind
from dunning.rules.steps import Channel

DEFAULT_CHANNEL = "integrations.smtp.client.SmtpChannel"
DEFAULT_EVIDENCE = "integrations.smtp.evidence.FolderEvidence"
DEFAULT_RECORDS = "integrations.dns.client.Resolver"


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """A message ready to leave: its envelope and its bytes, which a retry sends unchanged.

    A server that does not want the copy for `in_copy` gets the message for `recipient` all the same.
    """

    message_id: str
    sender: str
    recipient: str
    raw: bytes
    in_copy: str = ""


@dataclass(frozen=True, slots=True)
class MailToCompose:
    """What a channel needs to turn a composed message into bytes."""

    message_id: str
    sender_name: str
    sender_address: str
    reply_to: str
    recipient_name: str
    recipient_address: str
    subject: str
    html: str
    text: str
    qr_png: bytes | None
    attachments: tuple[tuple[str, str, bytes], ...]
    date: datetime
    unsubscribe_url: str = ""
    copy_name: str = ""
    copy_address: str = ""


class NotAcceptedYetError(Exception):
    """The server said "later" (4xx): nothing was accepted, try again after a while."""


class RefusedForGoodError(Exception):
    """The server said "never" (5xx). `is_address` tells that it is the recipient's address it does not know."""

    def __init__(self, reason: str, *, is_address: bool = False) -> None:
        """Keep the server's own words."""
        super().__init__(reason)
        self.is_address = is_address


class UnreachableError(Exception):
    """No server answered, or it went away before the last dot: certainly nothing was accepted."""


class OutcomeUnknownError(Exception):
    """The connection broke after the last dot: the server may or may not have accepted the message."""


class MailChannel(Protocol):
    """A way to hand messages to a mail server, one connection per worker."""

    def encode(self, mail: MailToCompose) -> bytes:
        """Return the bytes of a message, the same for the same input."""

    def hand_over(self, mail: OutgoingMail, *, before_last_dot: Callable[[], None]) -> None:
        """Hand one message over and return once the server has accepted it.

        `before_last_dot` is called when everything but the last dot was sent; what it raises is passed on,
        and the message then certainly did not leave. Raises the errors of this module otherwise.
        """

    def close(self) -> None:
        """Let the connection go."""


class MailEvidence(Protocol):
    """A way to find out later whether the server accepted a message."""

    def was_accepted(self, message_id: str) -> bool | None:
        """Say whether a message was accepted; None when nothing can be found out."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a provider is given: `raw` is the text in UTF-8, or a PDF; `recipient` an address, or a number as +33….

    `reference` is the reminder's own name (a UUID), the same on every attempt: the provider gets it as its key.
    """

    reference: UUID
    recipient: str
    recipient_name: str
    company: str
    subject: str
    file_name: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class CarrierReport:
    """What became of a parcel; `event_id` is the same whoever asks, and however often."""

    kind: EventKind
    event_id: str
    at: datetime | None
    detail: str = ""


class Carrier(Protocol):
    """A provider over HTTP that takes text messages or registered e-letters."""

    def hand_over(self, parcel: Parcel, *, before_last_step: Callable[[], None]) -> None:
        """Hand one parcel over and return once the provider has accepted it.

        `before_last_step` is called before the one request after which it may leave; what it raises is passed on, and
        nothing leaves. Raises the errors of this module otherwise.
        """

    def was_accepted(self, message_id: str) -> bool | None:
        """Say whether the parcel of a message was accepted; None when the provider does not tell."""

    def report(self, reference: UUID) -> CarrierReport | None:
        """Return what became of a parcel; None while nothing final is known.

        Raises UnreachableError, NotAcceptedYetError.
        """

    def close(self) -> None:
        """Let go of what is held."""


class PortalLinks(Protocol):
    """Makes the link that a reminder carries, inside the customer's tenant scope."""

    def __call__(self, customer_id: UUID, today: date) -> str:
        """Return the address of a customer's page, fresh for a message written on `today`."""


class RecordsUnreachableError(Exception):
    """The domain name system did not answer: nothing is known, which is not the same as nothing being there."""


class ScannerUnreachableError(Exception):
    """The virus scanner gave no answer: nothing is known about the file, which is not the same as clean."""


class VirusScanner(Protocol):
    """A way to ask whether a file carries a virus."""

    def infection(self, content: bytes) -> str:
        """Return the name of what was found, empty for a clean file. Raises ScannerUnreachableError."""


class DomainRecords(Protocol):
    """A way to ask what a domain says of itself."""

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the TXT records of a name, empty when it has none. Raises RecordsUnreachableError."""


PORTAL_LINK_DAYS = 60
"""How long a link in a message opens the page (RELIABILITY D14)."""


@lru_cache(maxsize=8)
def _imported(path: str) -> object:
    return import_string(path)


def mail_channel() -> MailChannel:
    """Return a new channel, to be kept by its worker and closed at the end."""
    made: MailChannel = _imported(getattr(settings, "OTC_MAIL_CHANNEL", DEFAULT_CHANNEL))()  # type: ignore[operator]
    return made


def mail_evidence() -> MailEvidence:
    """Return the way to settle unknown outcomes."""
    made: MailEvidence = _imported(getattr(settings, "OTC_MAIL_EVIDENCE", DEFAULT_EVIDENCE))()  # type: ignore[operator]
    return made


def domain_records() -> DomainRecords:
    """Return the way to ask about a sending domain."""
    made: DomainRecords = _imported(getattr(settings, "OTC_DOMAIN_RECORDS", DEFAULT_RECORDS))()  # type: ignore[operator]
    return made


def virus_scanner() -> VirusScanner | None:
    """Return the scanner that files of strangers go through; None where this deployment has none."""
    path = getattr(settings, "OTC_VIRUS_SCANNER", "")
    if not path:
        return None
    made: VirusScanner = _imported(path)()  # type: ignore[operator]
    return made


def portal_link(*, customer_id: UUID, today: date) -> str:
    """Return a link to the customer's page; empty where no portal is set."""
    path = getattr(settings, "OTC_PORTAL_LINKS", "")
    if not path:
        return ""
    links: PortalLinks = _imported(path)  # type: ignore[assignment]
    return links(customer_id, today)


def carriers() -> Mapping[Channel, Carrier]:
    """Return a provider of each channel that has one here, to be kept by its worker and closed at the end."""
    found: Mapping[str, str] = getattr(settings, "OTC_CARRIERS", {})
    return {Channel(name): _imported(path)() for name, path in found.items()}  # type: ignore[operator]


def carried_channels() -> frozenset[Channel]:
    """Return the channels that leave through a provider and have one here."""
    return frozenset(Channel(name) for name in getattr(settings, "OTC_CARRIERS", {}))


def sent_channels() -> frozenset[Channel]:
    """Return every channel that leaves by itself here."""
    return carried_channels() | {Channel.EMAIL}
