"""Personal addresses to vote: a signature that only we can make, over the tenant and the row that says who may (R4).

Nothing secret is stored: the address is written when its mail leaves, and worth nothing once its seat has voted, the
file is closed or the votes are over.
"""

import base64
import hmac
from uuid import UUID

from django.conf import settings
from django.utils.crypto import salted_hmac

_KIND = "credit.committee_vote"
_SIGNATURE_BYTES = 16
_UUID_BYTES = 16
TOKEN_LENGTH = 64  # 48 bytes in URL-safe base 64


def token_for(tenant_id: UUID, link_id: UUID) -> str:
    """Return the token of a link."""
    signed = tenant_id.bytes + link_id.bytes
    return base64.urlsafe_b64encode(signed + _signature(signed)).decode()


def read_token(token: str) -> tuple[UUID, UUID] | None:
    """Return (tenant, link) of a token; None when it was not made by us."""
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    try:
        packed = base64.b64decode(token, altchars=b"-_", validate=True)
    except ValueError:
        return None
    signed = packed[: 2 * _UUID_BYTES]
    if not hmac.compare_digest(_signature(signed), packed[2 * _UUID_BYTES :]):
        return None
    return UUID(bytes=signed[:_UUID_BYTES]), UUID(bytes=signed[_UUID_BYTES:])


def vote_url(tenant_id: UUID, link_id: UUID) -> str:
    """Return the address to vote at."""
    return f"{settings.OTC_PUBLIC_URL}/v/{token_for(tenant_id, link_id)}"


def _signature(signed: bytes) -> bytes:
    return salted_hmac(_KIND, signed.hex(), algorithm="sha256").digest()[:_SIGNATURE_BYTES]
