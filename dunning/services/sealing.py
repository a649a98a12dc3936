"""Secrets kept in the database, readable with a key that is not in it (OTC_SEALING_KEY)."""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE = b"otc sealed secrets 1"


class UnreadableSecretError(RuntimeError):
    """A secret was sealed with another key: OTC_SEALING_KEY was changed."""


def seal(secret: str) -> str:
    """Return a secret encrypted and authenticated, as text."""
    return _box(settings.OTC_SEALING_KEY).encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """Return what was sealed. Raises UnreadableSecretError."""
    try:
        return _box(settings.OTC_SEALING_KEY).decrypt(sealed.encode()).decode()
    except InvalidToken as problem:
        raise UnreadableSecretError("sealed with another OTC_SEALING_KEY") from problem


@lru_cache(maxsize=4)
def _box(key: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
