"""From a file to typed lines: the gate, then the sandbox. Nothing here touches the database."""

import hashlib
import json
import re
import struct
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

from kernel.sandbox import CPU_SECONDS, Declined, run_limited
from ledger.imports import gate
from ledger.imports.messages import FileRefused, row_sentence
from ledger.imports.parsers.reading import read_file
from ledger.imports.rows import Channel, FileKind, Party, Problem, Settlement

READABLE: Final = frozenset({FileKind.AUTO, FileKind.FEC, FileKind.RECEIVABLES})
BYTES_PER_CPU_SECOND: Final = 1_500_000  # beyond the usual allowance, a longer file gets longer
DIGEST_BLOCK: Final = 1 << 20

_SIZE = struct.Struct(">I")
_DATED = re.compile(
    r"(?<!\d)(?P<year>20\d\d)(?P<mark>[-_.]?)(?P<month>\d\d)(?P=mark)(?P<day>\d\d)(?!\d)"
)


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """Which column holds which field, as a person said: field name to header; "" leaves one out.

    `date_order` is dmy, mdy or empty for recognised.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    date_order: str = ""


@dataclass(slots=True)
class Reading:
    """A file as read: what it is, its lines, parties and settlements, its rejected rows.

    `summary` is the parser's answer. Close it, or use it in a `with`: the lines lie in a temporary
    file, in blocks with their length before them.
    """

    name: str
    digest: str
    size: int
    lines: IO[bytes] = field(default_factory=tempfile.TemporaryFile)
    parties: list[Party] = field(default_factory=list)
    settlements: list[Settlement] = field(default_factory=list)
    rejected: list[tuple[int, list[str]]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Drop the temporary file."""
        self.lines.close()

    def blocks(self) -> Iterator[str]:
        """Yield the lines as JSON arrays of some thousand each."""
        self.lines.seek(0)
        while size := self.lines.read(_SIZE.size):
            yield "[" + self.lines.read(*_SIZE.unpack(size)).decode().replace("\n", ",") + "]"

    @property
    def kind(self) -> FileKind:
        """Return what the file turned out to be."""
        return FileKind(self.summary["kind"])

    @property
    def is_mapping_needed(self) -> bool:
        """Return whether a required column has yet to be named by a person."""
        return bool(self.summary["state"] == "mapping_needed")


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    sha = hashlib.sha256()
    with path.open("rb") as source:
        while block := source.read(DIGEST_BLOCK):
            sha.update(block)
    return sha.hexdigest()


def read(
    path: Path,
    *,
    name: str,
    kind: FileKind = FileKind.AUTO,
    remembered: Mapping[str, ColumnChoice] | None = None,
    choice: ColumnChoice | None = None,
    on_rows: Callable[[int], None] | None = None,
) -> Reading:
    """Return what a file holds.

    `remembered` are a tenant's earlier choices by header signature, `choice` the one made for this
    very file. `on_rows` is told how many lines have been read so far. Raises FileRefused, with the
    sentence, for a file that cannot be taken as a whole, and SandboxRefused for one that breaks its
    reader.
    """
    container = gate.inspect(path, name=name)
    if kind not in READABLE:
        raise FileRefused("kind_not_readable", name=name, kind=kind.value)
    size = path.stat().st_size
    reading = Reading(name, digest_of(path), size)
    options = {
        "container": container.value,
        "kind": kind.value,
        "mappings": {key: _plain(each) for key, each in (remembered or {}).items()},
        "mapping": dict(choice.columns) if choice else {},
        "date_order": choice.date_order if choice else "",
    }
    try:
        _run(path, reading, options, on_rows)
    except Declined as declined:
        reading.close()
        raise FileRefused(declined.code, **{"name": name, **declined.facts}) from declined
    except BaseException:
        reading.close()
        raise
    return reading


def _plain(choice: ColumnChoice) -> dict[str, Any]:
    return {"columns": dict(choice.columns), "date_order": choice.date_order}


def _run(
    path: Path,
    reading: Reading,
    options: dict[str, Any],
    on_rows: Callable[[int], None] | None,
) -> None:
    done = 0

    def take(channel: int, data: bytes) -> None:
        nonlocal done
        if channel == Channel.LINES:
            block = data.rstrip(b"\n")
            reading.lines.write(_SIZE.pack(len(block)) + block)
            done += block.count(b"\n") + 1
            if on_rows is not None:
                on_rows(done)
            return
        for text in data.splitlines():
            _take_value(reading, channel, json.loads(text))

    with path.open("rb") as source:
        reading.summary = run_limited(
            read_file,
            options,
            source=source,
            on_block=take,
            cpu_seconds=CPU_SECONDS + reading.size // BYTES_PER_CPU_SECOND,
        )
    reading.problems = [Problem(*each) for each in reading.summary.pop("problems")]


def _take_value(reading: Reading, channel: int, value: list[Any]) -> None:
    if channel == Channel.REJECTED:
        reading.rejected.append((value[0], value[1]))
    elif channel == Channel.SETTLEMENTS:
        reading.settlements.append(Settlement(*value))
    elif channel == Channel.PARTIES:
        reading.parties.append(Party(*value))


def file_date(name: str, *, today: date) -> date:
    """Return the day a file describes: the date in its name, else `today`.

    A name like balance_clients_20261119.csv, export-2026-11-19.xlsx or 123456789FEC20261231.txt
    tells; a day after today does not.
    """
    found = _dates_in(name)
    return max((day for day in found if day <= today), default=today)


def _dates_in(name: str) -> list[date]:
    days = []
    for match in _DATED.finditer(name):
        try:
            days.append(date(int(match["year"]), int(match["month"]), int(match["day"])))
        except ValueError:
            continue
    return days


def problem_json(problem: Problem) -> dict[str, Any]:
    """Return a problem as the contract shows it, in the language that is active."""
    return {
        "row": problem.row,
        "column": problem.column,
        "code": problem.code,
        "message": row_sentence(problem.code, problem.column, problem.facts),
        "rejected": problem.rejects,
    }
