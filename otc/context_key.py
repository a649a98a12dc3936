"""The key that signs tenant contexts, in the form the database checks it: the two padded halves of an HMAC key."""

import hashlib

from django.db.backends.utils import CursorWrapper

BLOCK_BYTES = 64  # of SHA-256


def padded_halves(key: bytes) -> tuple[bytes, bytes]:
    """Return the inner and outer pad of HMAC-SHA-256 (RFC 2104) for `key`."""
    block = (hashlib.sha256(key).digest() if len(key) > BLOCK_BYTES else key).ljust(
        BLOCK_BYTES, b"\0"
    )
    return bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)


def install_context_key(cursor: CursorWrapper, key: bytes) -> None:
    """Store the key, keeping the one before it alive so that running processes are not cut off by a rotation."""
    inner, outer = padded_halves(key)
    cursor.execute(
        "INSERT INTO sec.context_key (inner_pad, outer_pad) VALUES (%s, %s) "
        "ON CONFLICT (inner_pad) DO UPDATE SET installed_at = clock_timestamp()",
        [inner, outer],
    )
    cursor.execute(
        "DELETE FROM sec.context_key WHERE inner_pad NOT IN "
        "(SELECT inner_pad FROM sec.context_key ORDER BY installed_at DESC LIMIT 2)",
    )
