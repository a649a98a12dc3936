"""Reads a receivables file: one row a document line (CONTRACT, "Files that can be imported")."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from operator import itemgetter
from typing import Any, Final

from ledger.imports.parsers.headers import RECEIVABLES_FIELDS, Columns
from ledger.imports.parsers.parties import PARTY_FIELDS, ReadParty, read_party
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
from ledger.imports.rows import DocumentKind, Party, quoted

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
OPERATIONAL: Final = "operational"

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

    @property
    def json(self) -> str:
        """Return the three as members of the line's JSON."""
        if self.amount is None:
            return ""
        day = f',"t":"{self.date}"' if self.date else ""
        return f',"s":{self.amount!s}{day}' + (',"w":true' if self.by_paid_columns else "")


UNSAID: Final = Settled()
_REFERENCES: Final = (
    ("l", "linked_document", LONGEST_NUMBER),
    ("o", "order_number", LONGEST_NUMBER),
)


def _day_and_currency(due: str | None, code: str | None) -> str:
    return (f',"d":"{due}"' if due else "") + (f',"c":"{code}"' if code else "")


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


class _Known(dict[str, Any]):
    """Remembers what each distinct cell of a kind means: a value, None when blank, or a problem.

    Days, currencies and types repeat in a file, so a million rows cost a few hundred readings.
    """

    def __init__(self, read: Callable[[str], str]) -> None:
        super().__init__({"": None})
        self._read = read

    def __missing__(self, raw: str) -> Any:  # noqa: ANN401  str, None or ValueProblem
        text = raw.strip()
        try:
            self[raw] = self._read(text) if text else None
        except ValueProblem as problem:
            self[raw] = problem
        return self[raw]


class ReceivablesReading:
    """One pass over the rows of a file; each is accepted whole or rejected with its reasons.

    A column that the file lacks is read from a blank cell put behind each row.
    """

    def __init__(self, columns: Columns, width: int, habits: Habits, report: Report) -> None:
        self._at = {field: columns.positions.get(field, width) for field in RECEIVABLES_FIELDS}
        self._width = width
        self._report = report
        self._days = _Known(DateReader(habits.dates).read)
        self._currencies = _Known(currency)
        self._types = _Known(document_type)
        self._amount = AmountReader(habits.mark).read
        named = columns.positions
        self._party_at = [(name, named[name]) for name in PARTY_FIELDS if name in named]
        self._party_cells = itemgetter(*[at for _, at in self._party_at])
        self._parties: dict[Any, ReadParty] = {}
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
        report.parties(read.party for read in self._parties.values() if not read.fatal)

    def _squared(self, cells: list[str]) -> list[str]:
        """Return one cell for each header and a blank one; a row may lack cells, or end in blanks."""
        width = len(cells)
        if width < self._width:
            return cells + [""] * (self._width - width + 1)
        if width > self._width:
            if any(cell.strip() for cell in cells[self._width :]):
                self._fault("", "too_many_cells", columns=self._width, cells=width)
                raise _RowRejected
            cells = cells[: self._width]
        return [*cells, ""]

    def _read_row(self, cells: list[str]) -> str:
        """Return the row as JSON, with the keys of `rows.LINE_COLUMNS`."""
        at = self._at
        party = self._party(cells)
        number = self._text(cells[at["document_number"]], "document_number", LONGEST_NUMBER)
        issued = self._known(self._days, cells[at["issue_date"]], "issue_date")
        amount = self._money(cells[at["amount"]], "amount")
        due = self._known(self._days, cells[at["due_date"]], "due_date")
        code = self._known(self._currencies, cells[at["currency"]], "currency")
        if number is None or issued is None or amount is None:
            self._tell_missing(cells)
        if self._faults or number is None or issued is None or amount is None:
            raise _RowRejected
        kind, perimeter = self._kind(cells[at["document_type"]], amount)
        if kind is not INVOICE:
            amount = -abs(amount)
        settled = self._settled(cells, kind, amount)
        excl_tax = self._excl_tax(cells[at["amount_excl_tax"]], kind, amount)
        disputed = self._disputed(cells[at["disputed_amount"]], kind, amount)
        self._check_repeats((party.entity, party.customer_code, kind, number), due, code)
        if self._faults:
            raise _RowRejected
        references = self._references(cells, disputed)
        if due is not None and due < issued:
            self._note("due_date", "due_before_issue", due=due, issued=issued)
        self._add_totals(kind, code or "", amount, settled)
        members = (
            f'"r":{self._row},"p":{party.number},"k":"{kind}","n":{quoted(number)},"i":"{issued}",'
            f'"a":{amount!s}{_day_and_currency(due, code)}{settled.json}'
        )
        if excl_tax is not None:
            members += f',"x":{excl_tax!s}'
        if perimeter is not OPERATIONAL:
            members += f',"q":"{perimeter}"'
        return "{" + members + references + "}"

    def _references(self, cells: list[str], disputed: Decimal | None) -> str:
        """Return what the row names beside the debt, as JSON members."""
        at = self._at
        members = ""
        for key, field, limit in _REFERENCES:
            text = self._text(cells[at[field]], field, limit)
            if text is not None:
                members += f',"{key}":{quoted(text)}'
        if disputed is not None:
            reason = self._text(cells[at["dispute_reason"]], "dispute_reason", LONGEST_REASON)
            members += f',"g":{disputed!s},"h":{quoted(reason or "")}'
        if self._faults:
            raise _RowRejected
        return members

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

    def _tell_missing(self, cells: list[str]) -> None:
        for field in ("document_number", "issue_date", "amount"):
            if not cells[self._at[field]].strip():
                self._fault(field, f"{field}_missing")

    def _party(self, cells: list[str]) -> Party:
        key = self._party_cells(cells)
        read = self._parties.get(key)
        if read is None:
            named = {name: cells[index] for name, index in self._party_at}
            read = self._parties[key] = read_party(len(self._parties), named)
            for column, code, facts in read.findings:
                self._note_once(column, code, facts)
        if read.fatal:
            for column, code, facts in read.fatal:
                self._fault(column, code, **facts)
        return read.party

    def _text(self, raw: str, field: str, limit: int) -> str | None:
        if not raw:
            return None
        text = clean(raw)
        if len(text) > limit:
            facts = {"value": text[:60] + "…", "length": len(text), "limit": limit}
            self._fault(field, "text_too_long", **facts)
        return text or None

    def _known(self, known: _Known, raw: str, field: str) -> str | None:
        found = known[raw]
        if found.__class__ is ValueProblem:
            self._fault(field, found.code, **found.facts)
            return None
        return found  # type: ignore[no-any-return]  # a str or None, as the line above leaves it

    def _money(self, raw: str, field: str) -> Decimal | None:
        text = raw.strip()
        if not text:
            return None
        try:
            return self._amount(text)
        except ValueProblem as problem:
            self._fault(field, problem.code, **problem.facts)
            return None

    def _kind(self, raw: str, amount: Decimal) -> tuple[str, str]:
        """Return the kind and the perimeter: what the row names, else what the sign tells."""
        if not amount:
            self._fault("amount", "amount_zero")
            raise _RowRejected
        kind = self._known(self._types, raw, "document_type")
        if self._faults:
            raise _RowRejected
        if kind == INVOICE and amount > ZERO:
            return INVOICE, OPERATIONAL
        if kind is None:
            return (INVOICE if amount > ZERO else CREDIT_NOTE), OPERATIONAL
        if kind == DEPOSIT:
            return (INVOICE if amount > ZERO else PAYMENT), DEPOSIT
        if kind == INVOICE:
            self._note("amount", "negative_invoice", value=str(amount))
            return CREDIT_NOTE, OPERATIONAL
        return kind, OPERATIONAL

    def _excl_tax(self, raw: str, kind: str, amount: Decimal) -> Decimal | None:
        value = self._money(raw, "amount_excl_tax") if raw else None
        if value is None:
            return None
        value = abs(value)
        if value > abs(amount):
            facts = {"value": str(value), "amount": str(amount)}
            self._note("amount_excl_tax", "excl_tax_above_amount", **facts)
        return value if kind == INVOICE else -value

    def _settled(self, cells: list[str], kind: str, amount: Decimal) -> Settled:
        """Return how much of the line is settled, from what is still owed or from what was paid."""
        at = self._at
        owed_text, paid_text = cells[at["open_amount"]], cells[at["paid_amount"]]
        date_text = cells[at["paid_date"]]
        if not owed_text and not paid_text and not date_text:
            return UNSAID
        owed = self._money(owed_text, "open_amount")
        paid_date = self._known(self._days, date_text, "paid_date")
        paid = self._money(paid_text, "paid_amount")
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

    def _disputed(self, raw: str, kind: str, amount: Decimal) -> Decimal | None:
        text = raw.strip()
        if not text:
            return None
        said = truth(text)
        if said is not None:
            return abs(amount) if said and kind == INVOICE else None
        disputed = self._money(text, "disputed_amount")
        if not disputed:
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
        digest = hash(document)
        row = self._rows_by_line.setdefault(hash((digest, due)), self._row)
        if row != self._row:
            self._fault("document_number", "duplicate_number", value=document[3], first=row)
        known = self._currency_by_document.setdefault(digest, code)
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
