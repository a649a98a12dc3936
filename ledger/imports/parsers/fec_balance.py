"""Whether books balance: by entry number, else by journal, date and piece, else as a whole."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

from kernel.sandbox_child import Declined
from ledger.imports.parsers.fec_lines import Entry

Key = tuple[str, ...]
EntryOf = Callable[[Entry], Key]

MOST_NAMED: Final = 50


def balanced_entries(lines: Sequence[Entry]) -> EntryOf:
    """Return how lines are grouped into entries; decline books whose debit differs from credit.

    A way of grouping binds when it groups at least half of the lines into entries that balance:
    some packages number every line, or restart their numbers, and then a number means nothing. The
    lines of one entry may carry different dates.
    """
    for key in (_by_number_in_journal, _by_number, _by_piece):
        groups = _grouped(lines, key)
        if groups is None:
            continue
        unbalanced = [group for group in groups.values() if group.debit != group.credit]
        if len(unbalanced) * 2 <= len(groups):
            if unbalanced:
                raise _unbalanced(unbalanced)
            return key
    whole = _Group(lines[0])
    for line in lines:
        whole.add(line)
    if whole.debit != whole.credit:
        named = _grouped(lines, _by_number_in_journal) or _grouped(lines, _by_piece) or {}
        raise _unbalanced([group for group in named.values() if group.debit != group.credit], whole)
    return _by_piece


class _Group:
    """The lines that belong together: where they begin, and their sums."""

    def __init__(self, first: Entry) -> None:
        self.first = first
        self.lines = 0
        self.debit = self.credit = Decimal(0)

    def add(self, line: Entry) -> None:
        self.lines += 1
        self.debit += line.debit
        self.credit += line.credit


def _by_number_in_journal(line: Entry) -> Key:
    return (line.journal, line.number) if line.number else ()


def _by_number(line: Entry) -> Key:
    return (line.number,) if line.number else ()


def _by_piece(line: Entry) -> Key:
    return (line.journal, line.date, line.piece)


def _grouped(lines: Sequence[Entry], key_of: EntryOf) -> dict[Key, _Group] | None:
    """Return the groups, or None when a line has no key or hardly any two lines share one."""
    groups: dict[Key, _Group] = {}
    for line in lines:
        key = key_of(line)
        if not key:
            return None
        group = groups.get(key)
        if group is None:
            group = groups[key] = _Group(line)
        group.add(line)
    return None if len(groups) * 3 > len(lines) * 2 and len(groups) > 1 else groups


def _unbalanced(groups: Sequence[_Group], whole: _Group | None = None) -> Declined:
    entries: list[dict[str, Any]] = [
        {
            "entry": group.first.number or group.first.piece,
            "journal": group.first.journal,
            "date": group.first.date,
            "row": group.first.row,
            **_sums(group),
        }
        for group in groups[:MOST_NAMED]
    ]
    facts: dict[str, Any] = {"count": len(groups), "entries": entries}
    if whole is not None:
        facts |= _sums(whole)
    return Declined("fec_unbalanced", **facts)


def _sums(group: _Group) -> dict[str, str]:
    return {
        "debit": f"{group.debit:.2f}",
        "credit": f"{group.credit:.2f}",
        "difference": f"{group.debit - group.credit:.2f}",
    }
