"""Reads the lines of a FEC: each an entry on one account, its dates and amounts the way the whole file has them."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from kernel.sandbox_child import Declined
from ledger.imports.parsers.report import Report
from ledger.imports.parsers.tables import Table
from ledger.imports.parsers.values import (
    AmountReader,
    DateReader,
    DateRule,
    ValueProblem,
    clean,
    date_rule,
    decimal_mark,
)

ZERO: Final = Decimal(0)
DATES: Final = ("EcritureDate", "PieceDate")
AMOUNTS: Final = ("Debit", "Credit", "Montant", "Montantdevise")
MOST_UNREADABLE: Final = 200
SIDES: Final = {
    "d": 1,
    "debit": 1,
    "+1": 1,
    "1": 1,
    "+": 1,
    "c": -1,
    "credit": -1,
    "-1": -1,
    "-": -1,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the books, as read; dates in ISO 8601, `net` is debit less credit."""

    row: int
    journal: str
    journal_label: str
    number: str
    date: str
    account: str
    account_label: str
    auxiliary: str
    auxiliary_label: str
    piece: str
    piece_date: str | None
    label: str
    debit: Decimal
    credit: Decimal
    net: Decimal
    letter: str
    original_amount: Decimal | None
    original_currency: str


def read_entries(table: Table, at: dict[str, int], report: Report) -> Iterator[Entry]:
    """Read every line of the books; `at` says where each legal column stands.

    Tells the report what cannot be read, and declines at the end when a line had no date or no amount.
    """
    reader = _EntryReader(table, at, report)
    width = max(at.values()) + 1
    for row, cells in table.rows():
        if row <= table.header_row or not any(cell.strip() for cell in cells):
            continue
        report.rows += 1
        if len(cells) > len(table.headers) and any(c.strip() for c in cells[len(table.headers) :]):
            facts = {"columns": len(table.headers), "cells": len(cells)}
            report.tell(row, "", "too_many_cells", rejects=True, **facts)
            reader.unreadable += 1
            continue
        entry = reader.entry(row, cells + [""] * (width - len(cells)))
        if entry is not None:
            yield entry
    if reader.unreadable:
        first = [problem for problem in report.problems if problem.rejects][:MOST_UNREADABLE]
        raise Declined("fec_unreadable", count=reader.unreadable, problems=first)


class _EntryReader:
    """Reads the cells of one file's lines, its dates and amounts the way the whole file has them."""

    def __init__(self, table: Table, at: dict[str, int], report: Report) -> None:
        self._at = at
        self._report = report
        self.unreadable = 0
        rule, mark = _habits(table, at)
        self._date = DateReader(rule).read
        self._amount = AmountReader(mark).read
        self._texts: dict[str, str] = {}

    def entry(self, row: int, cells: list[str]) -> Entry | None:
        try:
            debit, credit = self._sides(cells)
            date = self._required_day(cells, "EcritureDate")
        except _Unreadable as fault:
            self._tell(row, fault, rejects=True)
            self.unreadable += 1
            return None
        piece_date, original = None, None
        try:
            piece_date = self._day(cells, "PieceDate")
            original = self._money(cells, "Montantdevise") or None
        except _Unreadable as fault:
            self._tell(row, fault, rejects=False)
        return Entry(
            row=row,
            journal=self._text(cells, "JournalCode"),
            journal_label=self._text(cells, "JournalLib"),
            number=self._text(cells, "EcritureNum"),
            date=date,
            account=self._text(cells, "CompteNum"),
            account_label=self._text(cells, "CompteLib"),
            auxiliary=self._text(cells, "CompAuxNum"),
            auxiliary_label=self._text(cells, "CompAuxLib"),
            piece=self._text(cells, "PieceRef"),
            piece_date=piece_date,
            label=self._text(cells, "EcritureLib"),
            debit=debit,
            credit=credit,
            net=debit - credit,
            letter=self._text(cells, "EcritureLet"),
            original_amount=original,
            original_currency=self._text(cells, "Idevise").upper()[:3],
        )

    def _tell(self, row: int, fault: "_Unreadable", *, rejects: bool) -> None:
        problem = fault.problem
        self._report.tell(row, fault.column, problem.code, rejects=rejects, **problem.facts)

    def _cell(self, cells: list[str], column: str) -> str:
        index = self._at.get(column)
        return "" if index is None else cells[index].strip()

    def _text(self, cells: list[str], column: str) -> str:
        """Return a cell's text; the same few texts fill most of the books, so each is kept once."""
        raw = self._cell(cells, column)
        known = self._texts.get(raw)
        if known is None:
            known = self._texts[raw] = clean(raw)
        return known

    def _day(self, cells: list[str], column: str) -> str | None:
        text = self._cell(cells, column)
        if not text:
            return None
        try:
            return self._date(text)
        except ValueProblem as problem:
            raise _Unreadable(column, problem) from problem

    def _required_day(self, cells: list[str], column: str) -> str:
        day = self._day(cells, column)
        if day is None:
            raise _Unreadable(column, ValueProblem("date_missing"))
        return day

    def _money(self, cells: list[str], column: str) -> Decimal:
        text = self._cell(cells, column)
        if not text:
            return ZERO
        try:
            return self._amount(text)
        except ValueProblem as problem:
            raise _Unreadable(column, problem) from problem

    def _sides(self, cells: list[str]) -> tuple[Decimal, Decimal]:
        """Return debit and credit, from either layout the law allows."""
        if "Debit" in self._at and "Credit" in self._at:
            return self._money(cells, "Debit"), self._money(cells, "Credit")
        amount = self._money(cells, "Montant")
        text = self._cell(cells, "Sens")
        side = SIDES.get(text.casefold().replace("é", "e"))
        if side is None:
            raise _Unreadable("Sens", ValueProblem("side_unknown", value=text))
        return (amount, ZERO) if side > 0 else (ZERO, amount)


class _Unreadable(Exception):  # noqa: N818  a finding about a cell
    """A cell of the books cannot be read."""

    def __init__(self, column: str, problem: ValueProblem) -> None:
        super().__init__(column)
        self.column = column
        self.problem = problem


def _habits(table: Table, at: dict[str, int]) -> tuple[DateRule, str | None]:
    """Return how the file writes dates and amounts; the legal decimal mark where nothing proves it."""
    days: set[str] = set()
    mark: str | None = None
    dates = [at[name] for name in DATES if name in at]
    amounts = [at[name] for name in AMOUNTS if name in at]
    for row, cells in table.rows():
        if row <= table.header_row:
            continue
        days.update(cells[index].strip() for index in dates if index < len(cells))
        if mark is None:
            mark = decimal_mark(cells[index].strip() for index in amounts if index < len(cells))
    return date_rule(day for day in days if day), mark or ","
