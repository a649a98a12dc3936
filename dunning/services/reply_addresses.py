"""Addresses that only we can make: where an answer to one reminder goes, and where its reader says stop.

A token is the name of the message (its Message-ID is no secret to its recipient) with a signature, in letters and
digits that survive mail servers which change case. One kind never opens the other (RELIABILITY D16, D17).
"""

import base64
import hmac
import re
from uuid import UUID

from django.conf import settings
from django.utils.crypto import salted_hmac

SIGNATURE_BYTES = 10
NAME_BYTES = 16
TOKEN_LENGTH = 42  # 26 bytes in base 32
REPLY, UNSUBSCRIBE, CLARITY = "dunning.reply", "dunning.unsubscribe", "dunning.clarity"

_TOKEN = re.compile(rf"[a-z2-7]{{{TOKEN_LENGTH}}}")
_MESSAGE_NAME = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@", re.IGNORECASE)
_REPLY_ADDRESS = re.compile(rf"reply\+([a-z2-7]{{{TOKEN_LENGTH}}})@(.+)")


def name_of(message_id: str) -> UUID | None:
    """Return the name in a Message-ID of ours; None for another's."""
    found = _MESSAGE_NAME.match(message_id.strip())
    return UUID(found.group(1)) if found else None


def token_for(name: UUID, *, kind: str) -> str:
    """Return the token of a message, lower case; `kind` is REPLY, UNSUBSCRIBE or CLARITY."""
    packed = base64.b32encode(name.bytes + _signature(name, kind)).decode()
    return packed.rstrip("=").lower()


def name_in(token: str, *, kind: str) -> UUID | None:
    """Return the message a token of this kind was made for; None when it was not made by us."""
    plain = token.lower()
    if not _TOKEN.fullmatch(plain):
        return None
    packed = base64.b32decode(plain.upper() + "=" * (-len(plain) % 8))
    name = UUID(bytes=packed[:NAME_BYTES])
    # The whole token is compared: two spare bits at its end would otherwise give each message four addresses.
    return name if hmac.compare_digest(token_for(name, kind=kind), plain) else None


def _signature(name: UUID, kind: str) -> bytes:
    return salted_hmac(kind, name.hex, algorithm="sha256").digest()[:SIGNATURE_BYTES]


def reply_address(message_id: str) -> str:
    """Return where an answer to a message of ours goes; empty where no mail is taken in (OTC_INBOUND_HOST)."""
    name = name_of(message_id)
    if not settings.OTC_INBOUND_HOST or name is None:
        return ""
    return f"reply+{token_for(name, kind=REPLY)}@{settings.OTC_INBOUND_HOST}"


def name_in_address(address: str) -> UUID | None:
    """Return the message that an address of ours was made for; None for any other."""
    found = _REPLY_ADDRESS.fullmatch(address.strip().lower())
    if found is None or found.group(2) != settings.OTC_INBOUND_HOST.lower():
        return None
    return name_in(found.group(1), kind=REPLY)


def slug_in_address(address: str) -> str:
    """Return the tenant that an address such as `atelier@reply.example` names; empty for any other."""
    local, _, host = address.strip().lower().partition("@")
    if not settings.OTC_INBOUND_HOST or host != settings.OTC_INBOUND_HOST.lower():
        return ""
    return "" if "+" in local else local


def unsubscribe_url(message_id: str) -> str:
    """Return the page on which the reader of a message says stop; empty for a message that is not ours."""
    name = name_of(message_id)
    if name is None:
        return ""
    return f"{settings.OTC_PORTAL_URL}/stop/{token_for(name, kind=UNSUBSCRIBE)}"


def clarity_url(message_id: str) -> str:
    """Return the page on which the reader of a message says whether it was clear; empty for one that is not ours."""
    name = name_of(message_id)
    if name is None:
        return ""
    return f"{settings.OTC_PORTAL_URL}/clear/{token_for(name, kind=CLARITY)}"
