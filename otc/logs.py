"""What may not be read in a log: the secrets that open a page to whoever holds the address (RELIABILITY D14).

Every line that leaves this process passes here, the web server's access log and the traces of errors included.
"""

import logging
import re

MASK = "[secret]"

# A customer's page, an invitation, a password to be set anew, an address to be confirmed.
SECRET_PATHS = re.compile(
    r"(/r/|/invitation/|/password/reset/key/|/confirm-email/)(?!\[secret\])[^/\s\"'?#<>&]+"
)


def masked(text: str) -> str:
    """Return `text` with the secret part of every address replaced."""
    return SECRET_PATHS.sub(rf"\1{MASK}", text)


class MaskingFormatter(logging.Formatter):
    """Writes a record as its format says, traces included, without the secrets of addresses."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the whole text of the record, masked."""
        return masked(super().format(record))
