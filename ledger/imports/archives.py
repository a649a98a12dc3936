"""A ZIP of files, opened one member at a time: what is a bomb, locked or damaged is refused before it hurts (P13)."""

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO, Final

from django.utils.translation import gettext as _

from kernel.errors import Refused

MOST_MEMBERS: Final = 2_000
MOST_INFLATED: Final = 200_000_000  # bytes of all members together
MOST_RATIO: Final = 200
RATIO_FROM: Final = 1_000_000  # a small file may well repeat itself more than that
BLOCK: Final = 1 << 18

# What the standard library raises over a damaged archive, as 4,000 damaged ones showed.
# What the standard library raises for a ZIP that is broken, cut off or made to mislead.
DAMAGED: Final = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    zlib.error,
)
_OF_A_MAC: Final = "__MACOSX/"  # shadows of the files, not files


class ArchiveRefused(Refused):
    """A ZIP is not opened, or not to its end."""

    code = "archive_refused"


def is_archive(start: bytes) -> bool:
    """Return whether bytes begin as a ZIP does."""
    return start.startswith(b"PK")


def members_of(source: IO[bytes], *, name: str, most_bytes: int) -> Iterator[tuple[str, bytes]]:
    """Yield (name, bytes) of each file in a ZIP, in memory one at a time.

    Of a file larger than `most_bytes` only one byte more than that is yielded, so that whoever judges it sees that it
    is too large. Raises ArchiveRefused: damaged, protected by a password, more than 2,000 files, more than 200 MB or
    200 times its size unpacked, by what really comes out and not by what its headers say.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            members = [each for each in archive.infolist() if _is_file(each)]
            _refuse_members(members, name)
            total = 0
            for member in members:
                content = _inflated(archive, member, name, most_bytes)
                total += len(content)
                if total > MOST_INFLATED:
                    raise ArchiveRefused(
                        _("%(name)s unpacks to more than %(most)s MB. Send it in several parts.")
                        % {"name": name, "most": MOST_INFLATED // 1_000_000}
                    )
                yield member.filename, content
    except DAMAGED as damaged:
        raise ArchiveRefused(
            _("%(name)s is damaged and cannot be opened to its end. Make the ZIP again.")
            % {"name": name}
        ) from damaged


def _is_file(member: zipfile.ZipInfo) -> bool:
    base = PurePosixPath(member.filename.replace("\\", "/")).name
    return not member.is_dir() and not member.filename.startswith(_OF_A_MAC) and base[:1] != "."


def _refuse_members(members: list[zipfile.ZipInfo], name: str) -> None:
    if len(members) > MOST_MEMBERS:
        raise ArchiveRefused(
            _("%(name)s holds %(count)s files; %(most)s are taken at once. Send it in parts.")
            % {"name": name, "count": len(members), "most": MOST_MEMBERS}
        )
    if any(member.flag_bits & 0x1 for member in members):
        raise ArchiveRefused(
            _("%(name)s is protected by a password. Make it again without one.") % {"name": name}
        )


def _inflated(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, most_bytes: int
) -> bytes:
    parts, size = [], 0
    with archive.open(member) as content:
        while block := content.read(BLOCK):
            size += len(block)
            if size > RATIO_FROM and size > MOST_RATIO * max(member.compress_size, 1):
                raise ArchiveRefused(
                    _(
                        "In %(name)s, %(member)s unpacks to more than %(most)s times its size. "
                        "Invoices do not; leave it out."
                    )
                    % {"name": name, "member": member.filename[-80:], "most": MOST_RATIO}
                )
            parts.append(block)
            if size > most_bytes:
                break
    return b"".join(parts)[: most_bytes + 1]
