"""Row identifiers: UUID version 7, so that rows made together lie together in an index."""

import secrets
import time
from uuid import UUID

_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62


def uuid7() -> UUID:
    """Return a time-ordered UUID (RFC 9562, version 7): 48 bits of milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    random_a = secrets.randbits(12) << 64
    random_b = secrets.randbits(62)
    return UUID(
        int=(milliseconds & 0xFFFF_FFFF_FFFF) << 80 | _VERSION_7 | random_a | _VARIANT | random_b
    )
