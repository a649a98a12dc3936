"""What the accounts and journals of French books mean for what customers owe."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ledger.imports.parsers.fec_balance import EntryOf, Key
from ledger.imports.parsers.fec_lines import Entry
from ledger.imports.parsers.headers import plain
from ledger.imports.rows import DocumentKind

RECEIVABLE: Final = ("411", "413", "416")  # 4191 deposits and 418 accruals are none
DOUBTFUL: Final = "416"
TREASURY: Final = ("5",)
SALES: Final = ("70", "71", "72", "74", "75")
SALES_TAX: Final = ("4457",)
ZERO: Final = Decimal(0)

_RECEIVABLE_WORDS = re.compile(r"receivable|client|customer|debtor|debiteur")
_PAYABLE_WORDS = re.compile(r"payable|supplier|fournisseur|creditor|vendor|crediteur|personnel")
_OPENING_CODES: Final = frozenset({"an", "ano", "anv", "ran", "ouv", "anouv", "open", "opn", "rep"})
_OPENING_WORDS = re.compile(
    r"\b(a nouveaux?|anouveaux?|ouverture|opening|balance initiale|report a nouveau|reports? a n)\b"
)
_BANK_CODES = re.compile(r"^(b|bq|bnq|bnk|bank|ca|cai|cash|csh|tr|ccp|bp)\d*$")
_BANK_WORDS = re.compile(r"\b(banque|bank|caisse|cash|tresorerie|encaissements?|ccp|receipts?)\b")


class Accounts:
    """Which accounts of one file are receivable, by their number or, in foreign charts, by use."""

    def __init__(self, lines: Iterable[Entry]) -> None:
        labels: dict[str, str] = {}
        with_auxiliary: dict[str, Decimal] = defaultdict(Decimal)
        for line in lines:
            labels.setdefault(line.account, line.account_label)
            if line.auxiliary:
                with_auxiliary[line.account] += line.net
        self.labels = labels
        self.receivable = {name for name in labels if name.startswith(RECEIVABLE)}
        self.is_inferred = not self.receivable
        if self.is_inferred:
            self.receivable = {
                name for name, net in with_auxiliary.items() if _looks_receivable(labels[name], net)
            }

    def is_receivable(self, account: str) -> bool:
        """Return whether what stands on the account is owed by customers."""
        return account in self.receivable

    def perimeter(self, account: str) -> str:
        """Return the perimeter of a receivable account: doubtful debts are shown apart."""
        return (
            "doubtful" if account.startswith(DOUBTFUL) and not self.is_inferred else "operational"
        )


def _looks_receivable(label: str, net: Decimal) -> bool:
    """Tell customers from suppliers where the chart is not the French one: by name, else by side."""
    words = plain(label)
    if _PAYABLE_WORDS.search(words):
        return False
    return bool(_RECEIVABLE_WORDS.search(words)) or net > ZERO


class Journals:
    """Which journals bring balances forward and which record the bank."""

    def __init__(self, lines: Iterable[Entry]) -> None:
        labels = {line.journal: line.journal_label for line in lines}
        self._opening = {code for code, label in labels.items() if _is_opening(code, label)}
        self._bank = {code for code, label in labels.items() if _is_bank(code, label)}

    def is_opening(self, line: Entry) -> bool:
        """Return whether the line brings a balance forward from the year before."""
        return line.journal in self._opening

    def is_bank(self, line: Entry) -> bool:
        """Return whether the journal records money moving."""
        return line.journal in self._bank


def _is_opening(code: str, label: str) -> bool:
    return plain(code) in _OPENING_CODES or _OPENING_WORDS.search(plain(label)) is not None


def _is_bank(code: str, label: str) -> bool:
    return bool(_BANK_CODES.match(plain(code)) or _BANK_WORDS.search(plain(label)))


@dataclass(slots=True)
class Nature:
    """What stands opposite the receivables in one entry of the books."""

    is_opening: bool = False
    is_bank: bool = False
    sells: bool = False
    takes_back: bool = False

    def kind(self, net: Decimal) -> tuple[DocumentKind, bool]:
        """Return what a receivable line of the entry is, and whether it is no sale of the period.

        A debit is an invoice; from the bank, a payment that came back. A credit is a payment when
        money or an older balance stands opposite, else a credit note: against sales a real one,
        against anything else (write-off, bill, deposit used) one that leaves sales alone.
        """
        if net > ZERO:
            if self.is_opening:
                return DocumentKind.INVOICE, True
            if self.is_bank and not self.sells:
                return DocumentKind.PAYMENT, False
            return DocumentKind.INVOICE, not self.sells
        if self.is_opening or (self.is_bank and not self.takes_back):
            return DocumentKind.PAYMENT, self.is_opening
        return DocumentKind.CREDIT_NOTE, not self.takes_back


def nature(
    lines: Sequence[Entry], entry_of: EntryOf, accounts: Accounts, journals: Journals
) -> dict[Key, Nature]:
    """Return the nature of every entry, by what `entry_of` says its lines share."""
    result: dict[Key, Nature] = defaultdict(Nature)
    for line in lines:
        found = result[entry_of(line)]
        found.is_opening = found.is_opening or journals.is_opening(line)
        if accounts.is_receivable(line.account):
            continue
        if accounts.is_inferred:
            found.is_bank = found.is_bank or journals.is_bank(line)
            found.sells = found.sells or (not journals.is_bank(line) and line.net < ZERO)
            found.takes_back = found.takes_back or (not journals.is_bank(line) and line.net > ZERO)
            continue
        found.is_bank = found.is_bank or line.account.startswith(TREASURY)
        if line.account.startswith(SALES) or line.account.startswith(SALES_TAX):
            found.sells = found.sells or line.net < ZERO
            found.takes_back = found.takes_back or line.net > ZERO
    return result
