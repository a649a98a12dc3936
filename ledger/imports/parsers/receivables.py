"""Reads a receivables file: one row a document line (CONTRACT, "Files that can be imported")."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from ledger.imports.parsers.headers import Columns
from ledger.imports.parsers.parties import PARTY_FIELDS, Party, read_party
from ledger.imports.parsers.report import Report
from ledger.imports.parsers.tables import Table
from ledger.imports.parsers.values import (
    AmountReader,
    DateOrder,
    DateReader,
    DateRule,
    ValueProblem,
    clean,
    date_rule,
    decimal_mark,
)
from ledger.imports.parsers.vocabulary import DEPOSIT, currency, document_type, truth
from ledger.imports.rows import DocumentKind, copy_cell

DATE_FIELDS: Final = ("issue_date", "due_date", "paid_date")
AMOUNT_FIELDS: Final = (
    "amount",
    "amount_excl_tax",
    "open_amount",
    "paid_amount",
    "disputed_amount",
)
LONGEST_NUMBER: Final = 80
LONGEST_REASON: Final = 250
CENT: Final = Decimal("0.01")
ZERO: Final = Decimal(0)
ORDERS: Final = {"dmy": DateOrder.DAY_FIRST, "mdy": DateOrder.MONTH_FIRST}
NULL: Final = "\\N"

INVOICE: Final = DocumentKind.INVOICE.value
CREDIT_NOTE: Final = DocumentKind.CREDIT_NOTE.value
PAYMENT: Final = DocumentKind.PAYMENT.value


@dataclass(frozen=True, slots=True)
class Habits:
    """How this file writes dates and amounts, found out over all its rows."""

    dates: DateRule
    mark: str | None


@dataclass(frozen=True, slots=True)
class Settled:
    """What a row says about how much of it is settled; all None when it says nothing."""

    amount: Decimal | None = None
    date: str | None = None
    by_paid_columns: bool = False


UNSAID: Final = Settled()


def survey(table: Table, columns: Columns, order: str = "") -> Habits:
    """Return how the whole file writes dates and amounts; `order` is what a person once said."""
    dates = [columns.positions[name] for name in DATE_FIELDS if name in columns.positions]
    amounts = [columns.positions[name] for name in AMOUNT_FIELDS if name in columns.positions]
    texts: set[str] = set()
    mark: str | None = None
    for _, cells in data_rows(table):
        try:
            for index in dates:
                texts.add(cells[index])
            if mark is None:
                mark = decimal_mark([cells[index] for index in amounts])
        except IndexError:  # a short row: it is told of when it is read
            continue
    rule = date_rule(text.strip() for text in texts if text.strip())
    if order in ORDERS:
        rule = DateRule(ORDERS[order], is_proven=True, serials=rule.serials)
    return Habits(rule, mark)


def data_rows(table: Table) -> Iterator[tuple[int, list[str]]]:
    """Return the rows below the header."""
    for number, cells in table.rows():
        if number > table.header_row:
            yield number, cells


class _RowRejected(Exception):  # noqa: N818  the row's problems are already told
    """Leaves the reading of a row whose problem makes the rest of it pointless."""


class ReceivablesReading:
    """One pass over the rows of a file; each is accepted whole or rejected with its reasons."""

    def __init__(self, columns: Columns, width: int, habits: Habits, report: Report) -> None:
        self._at = columns.positions
        self._width = width
        self._report = report
        self._date = DateReader(habits.dates).read
        self._amount = AmountReader(habits.mark).read
        self._party_at = [(name, self._at[name]) for name in PARTY_FIELDS if name in self._at]
        self._parties: dict[tuple[str, ...], Party] = {}
        self._told: set[tuple[str, str, str]] = set()
        self._rows_by_line: dict[int, int] = {}
        self._currency_by_document: dict[int, str | None] = {}
        self.totals: dict[tuple[str, str], list[Decimal]] = {}
        self._row = 0
        self._faults = 0

    def read(self, rows: Iterable[tuple[int, list[str]]]) -> None:
        """Read all rows and hand the accepted ones to the report."""
        report = self._report
        for number, cells in rows:
            if not any(cells):
                continue
            report.rows += 1
            self._row, self._faults = number, 0
            try:
                text = self._read_row(self._squared(cells))
            except _RowRejected:
                report.reject(number, cells)
            else:
                report.accepted += 1
                report.line(text)

    def _squared(self, cells: list[str]) -> list[str]:
        """Return the cells as many as there are headers; blank ones may be missing or too many."""
        width = len(cells)
        if width == self._width:
            return cells
        if width < self._width:
            return cells + [""] * (self._width - width)
        if any(cell.strip() for cell in cells[self._width :]):
            self._fault("", "too_many_cells", columns=self._width, cells=width)
            raise _RowRejected
        return cells[: self._width]

    def _read_row(self, cells: list[str]) -> str:
        """Return the row in COPY's text format."""
        party = self._party(cells)
        number = self._text(cells, "document_number", LONGEST_NUMBER)
        if number is None:
            self._fault("document_number", "document_number_missing")
        issued = self._day(cells, "issue_date")
        if issued is None and not self._faults:
            self._fault("issue_date", "issue_date_missing")
        amount = self._money(cells, "amount")
        if amount is None and not self._faults:
            self._fault("amount", "amount_missing")
        due = self._day(cells, "due_date")
        code = self._currency(cells)
        if self._faults or number is None or issued is None or amount is None:
            raise _RowRejected
        kind, perimeter = self._kind(cells, amount)
        amount = self._signed(kind, amount)
        settled = self._settled(cells, kind, amount)
        excl_tax = self._excl_tax(cells, kind, amount)
        disputed = self._disputed(cells, kind, amount)
        self._check_repeats((party.entity, party.customer_code, kind, number), due, code)
        if self._faults:
            raise _RowRejected
        if due is not None and due < issued:
            self._note("due_date", "due_before_issue", due=due, issued=issued)
        self._add_totals(kind, code or "", amount, settled)
        linked = self._text(cells, "linked_document", LONGEST_NUMBER)
        reason = self._text(cells, "dispute_reason", LONGEST_REASON)
        order = self._text(cells, "order_number", LONGEST_NUMBER)
        return (
            f"{self._row}\t{kind}\t{copy_cell(number)}\t{issued}\t{due or NULL}\t{NULL}\t"
            f"{code or NULL}\t{amount!s}\t{_or_null(excl_tax)}\t{_or_null(settled.amount)}\t"
            f"{settled.date or NULL}\t{'t' if settled.by_paid_columns else 'f'}\t"
            f"{copy_cell(linked)}\t{_or_null(disputed)}\t{copy_cell(reason)}\t{copy_cell(order)}\t"
            f"{NULL}\t{perimeter}\tf\t{NULL}\t{NULL}\t{party.text}"
        )

    def _fault(self, column: str, code: str, **facts: Any) -> None:
        self._faults += 1
        self._report.tell(self._row, column, code, rejects=True, **facts)

    def _note(self, column: str, code: str, **facts: Any) -> None:
        self._report.tell(self._row, column, code, rejects=False, **facts)

    def _note_once(self, column: str, code: str, facts: dict[str, Any]) -> None:
        """Tell of a value at its first row only: the same one stands in many."""
        found = (column, code, str(facts))
        if found not in self._told:
            self._told.add(found)
            self._note(column, code, **facts)

    def _party(self, cells: list[str]) -> Party:
        key = tuple([cells[index] for _, index in self._party_at])
        party = self._parties.get(key)
        if party is None:
            named = {name: cells[index] for name, index in self._party_at}
            party = self._parties[key] = read_party(named)
            for column, code, facts in party.findings:
                self._note_once(column, code, facts)
        for column, code, facts in party.fatal:
            self._fault(column, code, **facts)
        return party

    def _text(self, cells: list[str], field: str, limit: int) -> str | None:
        index = self._at.get(field)
        if index is None:
            return None
        text = clean(cells[index])
        if len(text) > limit:
            facts = {"value": text[:60] + "…", "length": len(text), "limit": limit}
            self._fault(field, "text_too_long", **facts)
        return text or None

    def _day(self, cells: list[str], field: str) -> str | None:
        index = self._at.get(field)
        text = "" if index is None else cells[index].strip()
        if not text:
            return None
        try:
            return self._date(text)
        except ValueProblem as problem:
            self._fault(field, problem.code, **problem.facts)
            return None

    def _money(self, cells: list[str], field: str) -> Decimal | None:
        index = self._at.get(field)
        text = "" if index is None else cells[index].strip()
        if not text:
            return None
        try:
            return self._amount(text)
        except ValueProblem as problem:
            self._fault(field, problem.code, **problem.facts)
            return None

    def _currency(self, cells: list[str]) -> str | None:
        index = self._at.get("currency")
        text = "" if index is None else cells[index].strip()
        if not text:
            return None
        try:
            return currency(text)
        except ValueProblem as problem:
            self._fault("currency", problem.code, **problem.facts)
            return None

    def _kind(self, cells: list[str], amount: Decimal) -> tuple[str, str]:
        """Return the kind and the perimeter: what the row names, else what the sign tells."""
        if amount == ZERO:
            self._fault("amount", "amount_zero")
            raise _RowRejected
        index = self._at.get("document_type")
        text = "" if index is None else cells[index].strip()
        by_sign = INVOICE if amount > ZERO else CREDIT_NOTE
        if not text:
            return by_sign, "operational"
        try:
            kind = document_type(text)
        except ValueProblem as problem:
            self._fault("document_type", problem.code, **problem.facts)
            raise _RowRejected from problem
        if kind == DEPOSIT:
            return (INVOICE if amount > ZERO else PAYMENT), DEPOSIT
        if kind == INVOICE and amount < ZERO:
            self._note("amount", "negative_invoice", value=str(amount))
            kind = CREDIT_NOTE
        return kind, "operational"

    @staticmethod
    def _signed(kind: str, amount: Decimal) -> Decimal:
        return amount if kind == INVOICE else -abs(amount)

    def _excl_tax(self, cells: list[str], kind: str, amount: Decimal) -> Decimal | None:
        value = self._money(cells, "amount_excl_tax")
        if value is None:
            return None
        value = self._signed(kind, abs(value) if kind == INVOICE else value)
        if abs(value) > abs(amount):
            facts = {"value": str(value), "amount": str(amount)}
            self._note("amount_excl_tax", "excl_tax_above_amount", **facts)
        return value

    def _settled(self, cells: list[str], kind: str, amount: Decimal) -> Settled:
        """Return how much of the line is settled, from what is still owed or from what was paid."""
        owed = self._money(cells, "open_amount")
        paid_date = self._day(cells, "paid_date")
        paid = self._money(cells, "paid_amount")
        if owed is None and paid is None and paid_date is None:
            return UNSAID
        whole = abs(amount)
        if owed is not None:
            owed = self._owed(kind, owed, amount)
        paid = None if paid is None else abs(paid)
        if owed is None:
            settled = whole if paid is None else paid
        else:
            settled = whole - owed
            if paid is not None and abs(settled - paid) > CENT:
                facts = {"amount": str(whole), "paid": str(paid), "owed": str(owed)}
                self._fault("open_amount", "settled_amounts_disagree", **facts)
        by_paid_columns = paid_date is not None or bool(paid)
        return Settled(settled, paid_date if settled else None, by_paid_columns)

    def _owed(self, kind: str, owed: Decimal, amount: Decimal) -> Decimal:
        """Return what is still open of the line, without sign."""
        if (kind == INVOICE and owed < ZERO) or abs(owed) > abs(amount):
            facts = {"value": str(owed), "amount": str(amount)}
            self._fault("open_amount", "open_amount_outside", **facts)
        return abs(owed)

    def _disputed(self, cells: list[str], kind: str, amount: Decimal) -> Decimal | None:
        index = self._at.get("disputed_amount")
        text = "" if index is None else cells[index].strip()
        if not text:
            return None
        said = truth(text)
        if said is not None:
            return abs(amount) if said and kind == INVOICE else None
        disputed = self._money(cells, "disputed_amount")
        if disputed is None or disputed == ZERO:
            return None
        if kind != INVOICE or disputed < ZERO or disputed > amount:
            facts = {"value": str(disputed), "amount": str(amount)}
            self._note("disputed_amount", "disputed_outside", **facts)
            return None
        return disputed

    def _check_repeats(
        self, document: tuple[str | None, str, str, str], due: str | None, code: str | None
    ) -> None:
        """Fault a second row of the same document and due date, or one in another currency.

        Digests stand for the keys: a million of them fit where a million tuples would not.
        """
        row = self._rows_by_line.setdefault(hash((document, due)), self._row)
        if row != self._row:
            self._fault("document_number", "duplicate_number", value=document[3], first=row)
        known = self._currency_by_document.setdefault(hash(document), code)
        if known != code:
            facts = {"value": code or "", "number": document[3], "first": known or ""}
            self._fault("currency", "currency_differs", **facts)

    def _add_totals(self, kind: str, code: str, amount: Decimal, settled: Settled) -> None:
        sums = self.totals.get((code, kind))
        if sums is None:
            sums = self.totals[code, kind] = [ZERO, ZERO, ZERO]
        sums[0] += 1
        sums[1] += amount
        if settled.amount is None:
            sums[2] += amount
        elif kind == INVOICE:
            sums[2] += max(amount - settled.amount, ZERO)
        else:
            sums[2] += min(amount + settled.amount, ZERO)


def _or_null(amount: Decimal | None) -> str:
    return NULL if amount is None else str(amount)


def control_totals(totals: dict[tuple[str, str], list[Decimal]]) -> dict[str, Any]:
    """Return what the file adds up to, per currency (empty: none named) and kind of document.

    `amount` is the sum as issued and `open` what the file says is still open of it, both with the
    ledger's sign; a line that says nothing counts as open.
    """
    names = {INVOICE: "invoices", CREDIT_NOTE: "credit_notes", PAYMENT: "payments"}
    result: dict[str, Any] = {}
    for (code, kind), (count, amount, owed) in sorted(totals.items()):
        entry = result.setdefault(code, {})
        entry[names[kind]] = {
            "count": int(count),
            "amount": f"{amount:.2f}",
            "open": f"{owed:.2f}",
        }
    for code, entry in result.items():
        sums = [values for key, values in totals.items() if key[0] == code]
        entry["amount"] = f"{sum((each[1] for each in sums), ZERO):.2f}"
        entry["open"] = f"{sum((each[2] for each in sums), ZERO):.2f}"
    return {"by_currency": result}
