"""Whether a message was written by a machine, so that no two machines ever talk to each other.

Source: RELIABILITY D16, P17; RFC 3834 (automatic responses), RFC 3464 (delivery reports), RFC 5965 (complaints).
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from dunning.rules.folding import folded

SENDER_CAP_PER_HOUR = 100
"""More than this from one address within an hour and the rest is kept without asking anybody."""


class Machine(StrEnum):
    """What kind of machine wrote a message."""

    DELIVERY_REPORT = "delivery_report"
    COMPLAINT = "complaint"
    OUT_OF_OFFICE = "out_of_office"
    AUTOMATIC = "automatic"
    LIST = "list"
    OURSELVES = "ourselves"
    FLOOD = "flood"


@dataclass(frozen=True, slots=True)
class Envelope:
    """What tells man from machine. `headers` have lower-case names; `return_path` is None when nobody knows it."""

    headers: Mapping[str, str]
    content_type: str
    return_path: str | None
    sender_address: str
    subject: str
    text: str


_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
_AWAY_HEADERS = ("x-autoreply", "x-autorespond", "x-auto-reply", "x-vacation")
_SYSTEM_SENDERS = re.compile(r"^(mailer-daemon|postmaster|no-?reply|ne-?pas-?repondre|bounces?)\b")

_AWAY_SUBJECT = re.compile(
    r"^\W*(?:(?:re|tr|fwd?|rép|rep) ?: ?)*\W*(?:"
    r"out of (?:the )?office|automatic (?:reply|response)|auto(?:matic)?[- ]?(?:reply|response)|away from (?:the|my) office|"
    r"on (?:annual )?leave|on holidays?|vacation|reponse automatique|message automatique|absence du bureau|"
    r"absent[e]?(?:\b| du bureau)|en conges|conges annuels|hors du bureau|indisponible)"
)
_AWAY_TEXT = re.compile(
    r"(?:"
    r"\bi am (?:currently |now )?(?:out of (?:the )?office|away|on (?:annual |maternity |parental )?leave|on holidays?|on vacation)|"
    r"\bi'm (?:currently )?(?:out of (?:the )?office|away until|on (?:annual )?leave|on vacation)|"
    r"\bi will be (?:out of (?:the )?office|away|on leave|back on|returning)|"
    r"\bwith (?:no|limited) access to (?:my )?e-?mails?|"
    r"\bthis is an automat(?:ic|ed) (?:reply|response|message)|"
    r"\bje suis (?:actuellement |en ce moment )?(?:absente?|en conges?|en vacances|en deplacement|en arret|hors du bureau|indisponible)|"
    r"\bje serai (?:absente?|de retour|en conges?|a nouveau joignable)|"
    r"\bactuellement (?:absente?|en conges?)|"
    r"\bceci est un(?:e)? (?:message|reponse) automatique|"
    r"\b(?:vos|mes) (?:e-?mails?|messages?|courriels?) ne seront? pas (?:lus?|transferes?)|"
    r"\ben mon absence\b"
    r")"
)
_WORDS_READ = 600  # an absence is said at the beginning; further down it may be quoted or planned


def machine_behind(
    mail: Envelope, *, own_addresses: Collection[str], is_our_thread_mail: bool = False
) -> Machine | None:
    """Return which machine wrote a message, None for a person.

    `own_addresses` are those we write from, in lower case. `is_our_thread_mail` says that its own Message-ID is
    one of ours: our message came back.
    """
    reported = _report(mail.content_type)
    if reported:
        return reported
    if is_our_thread_mail or mail.sender_address.casefold() in own_addresses:
        return Machine.OURSELVES
    if _says_away(mail):
        return Machine.OUT_OF_OFFICE
    return _by_headers(mail)


def _report(content_type: str) -> Machine | None:
    kind = content_type.casefold().replace('"', "")
    if "message/delivery-status" in kind or "report-type=delivery-status" in kind:
        return Machine.DELIVERY_REPORT
    if "report-type=feedback-report" in kind:
        return Machine.COMPLAINT
    if "multipart/report" in kind:
        return Machine.AUTOMATIC
    return None


def _by_headers(mail: Envelope) -> Machine | None:
    headers = mail.headers
    if "list-id" in headers or "list-unsubscribe" in headers:
        return Machine.LIST
    submitted = headers.get("auto-submitted", "no").split(";")[0].strip().casefold()
    precedence = headers.get("precedence", "").strip().casefold()
    suppress = headers.get("x-auto-response-suppress", "").strip().casefold()
    is_automatic = (
        submitted != "no"
        or precedence in _BULK
        or suppress not in {"", "none"}
        or any(name in headers for name in _AWAY_HEADERS)
        or (mail.return_path is not None and mail.return_path.strip(" <>") == "")
        or bool(_SYSTEM_SENDERS.match(mail.sender_address.casefold()))
    )
    return Machine.AUTOMATIC if is_automatic else None


def _says_away(mail: Envelope) -> bool:
    if _AWAY_SUBJECT.match(folded(mail.subject)):
        return True
    return bool(_AWAY_TEXT.search(folded(mail.text)[:_WORDS_READ]))


def is_flood(received_last_hour: int) -> bool:
    """Say whether a sender whose last hour held so many messages, this one not counted, is over his cap."""
    return received_last_hour >= SENDER_CAP_PER_HOUR
