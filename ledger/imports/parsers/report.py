"""What a parser says about its file beside the rows: problems, rejected rows, counts."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from ledger.imports.rows import Channel, Party, Problem, Settlement

MOST_PROBLEMS: Final = 20_000  # told one by one; beyond that only counted
BLOCK_BYTES: Final = 1 << 20
AT_ONCE: Final = 2_000

Emit = Callable[[int, bytes], None]


class Report:
    """Collects problems and hands rows on in blocks, so that memory stays small."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._lines: list[str] = []
        self._size = 0
        self.rows = 0
        self.accepted = 0
        self.rejected = 0
        self.problems: list[Problem] = []
        self.counts: Counter[str] = Counter()

    def line(self, text: str) -> None:
        """Hand on one accepted line, as JSON."""
        self._lines.append(text)
        self._size += len(text)
        if self._size > BLOCK_BYTES:
            self.flush()

    def flush(self) -> None:
        """Hand on the lines collected so far."""
        if self._lines:
            self._emit(Channel.LINES, ("\n".join(self._lines) + "\n").encode())
            self._lines.clear()
            self._size = 0

    def settlements(self, found: Iterable[Settlement]) -> None:
        """Hand on what the books have settled."""
        self._emit_all(Channel.SETTLEMENTS, found)

    def parties(self, found: Iterable[Party]) -> None:
        """Hand on the customers and contacts that the lines point to by number."""
        self._emit_all(Channel.PARTIES, found)

    def _emit_all(self, channel: int, values: Iterable[object]) -> None:
        texts = [json.dumps(value, ensure_ascii=False) for value in values]
        for start in range(0, len(texts), AT_ONCE):
            self._emit(channel, ("\n".join(texts[start : start + AT_ONCE]) + "\n").encode())

    def tell(self, row: int, column: str, code: str, *, rejects: bool, **facts: Any) -> None:
        """Note a problem of one cell."""
        self.counts[code] += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(row, column, code, facts, rejects))

    def reject(self, row: int, cells: Sequence[str]) -> None:
        """Count a row as rejected and keep its cells for the file of rejected rows."""
        self.rejected += 1
        if self.rejected <= MOST_PROBLEMS:
            self._emit(Channel.REJECTED, json.dumps([row, list(cells)]).encode() + b"\n")

    def as_json(self) -> dict[str, Any]:
        """Return the counts and problems for the parent."""
        self.flush()
        return {
            "rows": self.rows,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "problems": self.problems,
            "problem_counts": dict(self.counts),
        }
