"""From lines of receivable accounts to documents, and from lettering to dated settlements."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from ledger.imports.parsers.fec_accounts import Accounts, Nature
from ledger.imports.parsers.fec_balance import EntryOf, Key
from ledger.imports.parsers.fec_lines import Entry
from ledger.imports.parsers.report import Report
from ledger.imports.rows import DocumentKind, Line, Party, Settlement
from ledger.rules.allocation import effective_date

ZERO: Final = Decimal(0)
LONGEST_NUMBER: Final = 80
LONGEST_LABEL: Final = 250
LONGEST_NAME: Final = 250
LONGEST_CODE: Final = 60
OLDEST_PIECE_DAYS: Final = 730  # a piece dated further back than its entry is a typing error

_MEANINGLESS = re.compile(r"[\W_0]*|n/?a|neant|sans|none", re.IGNORECASE)
_LETTERS = re.compile(r"[A-Za-z]")

DocumentKey = tuple[str, DocumentKind, str]


@dataclass(slots=True)
class FecDocument:
    """A document in the making: the lines of one entry that make it up."""

    key: DocumentKey
    entries: list[Entry] = field(default_factory=list)
    net: Decimal = ZERO
    is_opening: bool = False
    is_brought_forward: bool = False
    perimeter: str = "operational"

    def line(self, parties: "Parties") -> Line:
        """Return the document as the one due line it has."""
        first = self.entries[0]
        _customer, kind, number = self.key
        known = [abs(e.original_amount) for e in self.entries if e.original_amount is not None]
        has_original = len(known) == len(self.entries) and bool(first.original_currency)
        sign = 1 if self.net > ZERO else -1
        return Line(
            row=first.row,
            party=parties.number(first),
            kind=kind.value,
            number=number,
            issue_date=first.date,
            amount=self.net,
            due_from=_due_from(first),
            label=first.label[:LONGEST_LABEL] or None,
            perimeter=self.perimeter,
            is_opening=self.is_opening,
            is_brought_forward=self.is_brought_forward,
            original_amount=sign * sum(known, ZERO) if has_original else None,
            original_currency=first.original_currency if has_original else None,
        )


class Parties:
    """The customers of the books, each with the name last used for it."""

    def __init__(self) -> None:
        self._found: dict[str, Party] = {}

    def number(self, entry: Entry) -> int:
        """Return the number of the entry's customer."""
        code, name = customer_code(entry), customer_name(entry)
        known = self._found.get(code)
        if known is None:
            known = Party(len(self._found), None, code, name)
        elif name:
            known = known._replace(customer_name=name)
        self._found[code] = known
        return known.number

    @property
    def found(self) -> list[Party]:
        """Return the customers met so far."""
        return list(self._found.values())


def customer_code(entry: Entry) -> str:
    """Return the customer of a receivable line: its auxiliary, else the account itself."""
    return (entry.auxiliary or entry.account)[:LONGEST_CODE]


def customer_name(entry: Entry) -> str | None:
    """Return the name that goes with `customer_code`."""
    if entry.auxiliary:
        return entry.auxiliary_label[:LONGEST_NAME] or None
    return entry.account_label[:LONGEST_NAME] or None


def _due_from(entry: Entry) -> str | None:
    """Return the piece's own date when it explains the entry's: terms count from the invoice."""
    if entry.piece_date is None or entry.piece_date >= entry.date:
        return None
    days = (date.fromisoformat(entry.date) - date.fromisoformat(entry.piece_date)).days
    return entry.piece_date if days <= OLDEST_PIECE_DAYS else None


def documents(
    receivable: Iterable[Entry],
    entry_of: EntryOf,
    natures: Mapping[Key, Nature],
    accounts: Accounts,
    report: Report,
) -> list[FecDocument]:
    """Return the documents: the lines of one entry, customer and kind are one document.

    A piece that comes back in another entry gets the entry's name behind its own, and is told.
    """
    made: dict[tuple[object, ...], FecDocument] = {}
    taken: dict[DocumentKey, FecDocument] = {}
    for entry in receivable:
        if entry.net == ZERO:
            continue
        found = natures[entry_of(entry)]
        kind, is_opening = found.kind(entry.net)
        perimeter = accounts.perimeter(entry.account)
        customer = customer_code(entry)
        is_moved = is_opening and not found.is_opening
        name = number(entry, by_entry=is_moved or kind is DocumentKind.PAYMENT)
        own = (customer, kind, name, entry_of(entry), entry.date, entry.net > ZERO, perimeter)
        document = made.get(own)
        if document is None:
            key = _free_key((customer, kind, name), entry, taken, report)
            document = FecDocument(
                key,
                is_opening=is_opening,
                is_brought_forward=found.is_opening,
                perimeter=perimeter,
            )
            made[own] = taken[key] = document
        document.entries.append(entry)
        document.net += entry.net
    return list(made.values())


def _free_key(
    wanted: DocumentKey, entry: Entry, taken: Mapping[DocumentKey, FecDocument], report: Report
) -> DocumentKey:
    if wanted not in taken:
        return wanted
    customer, kind, name = wanted
    first = taken[wanted].entries[0]
    if kind is not DocumentKind.PAYMENT and first.number != entry.number:
        facts = {"value": name, "first": first.row, "customer": customer}
        report.tell(entry.row, "PieceRef", "piece_repeated", rejects=False, **facts)
    own = "-".join(part for part in (entry.journal, entry.number, entry.date) if part)
    again, key = 1, (customer, kind, f"{name} {own}"[:LONGEST_NUMBER])
    while key in taken:
        again += 1
        key = (customer, kind, f"{name[:30]} {own[:40]} {again}")
    return key


def number(entry: Entry, *, by_entry: bool) -> str:
    """Return the number of a document: the same line always gives the same one.

    An invoice or credit note goes by its piece. A payment, or what only moves between accounts,
    goes `by_entry`, since its piece repeats another one's. Entry numbers begin anew every year, so
    a bare one is completed by its journal and day.
    """
    day = entry.date.replace("-", "")
    has_piece = _MEANINGLESS.fullmatch(entry.piece) is None
    if has_piece and not by_entry:
        return entry.piece[:LONGEST_NUMBER]
    if _LETTERS.search(entry.number):
        return entry.number[:LONGEST_NUMBER]
    own = entry.number or (entry.piece if has_piece else "")
    return "-".join(part for part in (entry.journal, own, day) if part)[:LONGEST_NUMBER]


def settlements(receivable: Iterable[Entry], made: Sequence[FecDocument]) -> Iterator[Settlement]:
    """Yield what the lettering says: in each lettered group the oldest debit is settled first.

    Each counts from the later of the two entries' dates. What a group leaves over stays open.
    """
    document_of = {entry.row: document for document in made for entry in document.entries}
    groups: dict[tuple[str, str, str], list[Entry]] = defaultdict(list)
    for entry in receivable:
        if entry.letter and entry.net:
            groups[entry.account, customer_code(entry), entry.letter].append(entry)
    sums: dict[tuple[DocumentKey, DocumentKey, str], Decimal] = defaultdict(Decimal)
    for group in groups.values():
        for debit, credit, amount in _matched(group):
            day = effective_date(date.fromisoformat(debit.date), date.fromisoformat(credit.date))
            keys = document_of[debit.row].key, document_of[credit.row].key
            sums[*keys, day.isoformat()] += amount
    for (debit_key, credit_key, day_text), amount in sums.items():
        yield Settlement(
            debit_key[0],
            debit_key[1].value,
            debit_key[2],
            credit_key[1].value,
            credit_key[2],
            str(amount),
            day_text,
        )


def _matched(group: Sequence[Entry]) -> Iterator[tuple[Entry, Entry, Decimal]]:
    """Yield (debit, credit, amount) of one lettered group, oldest first on both sides."""
    ordered = sorted(group, key=lambda entry: (entry.date, entry.row))
    debits = [(entry, entry.net) for entry in ordered if entry.net > ZERO]
    credits_ = [(entry, -entry.net) for entry in ordered if entry.net < ZERO]
    while debits and credits_:
        (debit, owed), (credit, left) = debits[0], credits_[0]
        amount = min(owed, left)
        yield debit, credit, amount
        debits[0], credits_[0] = (debit, owed - amount), (credit, left - amount)
        if debits[0][1] == ZERO:
            debits.pop(0)
        if credits_[0][1] == ZERO:
            credits_.pop(0)
