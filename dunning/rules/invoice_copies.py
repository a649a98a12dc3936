"""Whether the copies of overdue invoices travel with a message. Source: DOMAIN 5.2, attachments."""

from collections.abc import Sequence
from typing import Final

from dunning.rules.content import InvoiceCopy

MOST_FILES: Final = 10
MOST_BYTES: Final = 8 * 1024 * 1024
ROOM_FOR_STATEMENT: Final = 512 * 1024


def copies_may_travel(copies: Sequence[InvoiceCopy], *, has_statement: bool) -> bool:
    """Return whether all copies fit into one message beside its statement: at most 10 files and 8 MB in all.

    All or none: a message with some of the invoices would make the reader look for the others.
    """
    files, size = len(copies), sum(copy.size for copy in copies)
    if has_statement:
        files, size = files + 1, size + ROOM_FOR_STATEMENT
    return files <= MOST_FILES and size <= MOST_BYTES
