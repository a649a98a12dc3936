"""Reads a FEC: the 18 legal columns of French books (LPF art. A47 A-1, DOMAIN 4.7).

All lines are checked to balance. The receivable accounts become customers, documents and, where the
books lettered them, settlements. A FEC knows no due date: it is estimated later from the terms.
"""

from typing import Any, Final

from kernel.sandbox_child import Declined
from ledger.imports.parsers.fec_accounts import Accounts, Journals, nature
from ledger.imports.parsers.fec_balance import balanced_entries
from ledger.imports.parsers.fec_documents import Parties, documents, settlements
from ledger.imports.parsers.fec_lines import ZERO, Entry, read_entries
from ledger.imports.parsers.headers import recognise_fec
from ledger.imports.parsers.report import Report
from ledger.imports.parsers.tables import Table

ALWAYS: Final = ("JournalCode", "EcritureDate", "CompteNum")


def read_fec(table: Table, report: Report) -> dict[str, Any]:
    """Read the file, hand documents and settlements to the report, return totals and accounts.

    Declines books that do not balance, or with a line whose date or amount cannot be read: a total
    that cannot be checked is not imported.
    """
    positions = recognise_fec(table.headers) or {}
    _check_columns(positions)
    lines = list(read_entries(table, positions, report))
    if not lines:
        raise Declined("file_empty")
    entry_of = balanced_entries(lines)
    accounts = Accounts(lines)
    journals = Journals(lines)
    receivable = [line for line in lines if accounts.is_receivable(line.account)]
    if not receivable:
        raise Declined("no_receivable_account", lines=len(lines))
    natures = nature(lines, entry_of, accounts, journals)
    made = documents(receivable, entry_of, natures, accounts, report)
    report.accepted = report.rows
    parties = Parties()
    for document in made:
        report.line(document.line(parties).as_json())
    report.parties(parties.found)
    report.settlements(settlements(receivable, made))
    _tell(report, accounts, receivable)
    return {
        "columns": {name: table.headers[at] for name, at in positions.items()},
        "first_date": min(line.date for line in lines),
        "last_date": max(line.date for line in lines),
        "opening_date": min(
            (line.date for line in receivable if journals.is_opening(line)), default=None
        ),
        "receivable_accounts": sorted(accounts.receivable),
        "control_totals": {
            "receivables": _totals(receivable),
            "file": _totals(lines),
            "accounts": {
                account: _totals([line for line in receivable if line.account == account])
                for account in sorted(accounts.receivable)[:50]
            },
        },
    }


def _check_columns(positions: dict[str, int]) -> None:
    missing = [name for name in ALWAYS if name not in positions]
    has_sides = "Debit" in positions and "Credit" in positions
    if not has_sides and not ("Montant" in positions and "Sens" in positions):
        missing += [name for name in ("Debit", "Credit") if name not in positions]
    if missing:
        raise Declined("fec_columns_missing", missing=", ".join(missing))


def _totals(lines: list[Entry]) -> dict[str, str]:
    debit = sum((line.debit for line in lines), ZERO)
    credit = sum((line.credit for line in lines), ZERO)
    return {"debit": f"{debit:.2f}", "credit": f"{credit:.2f}", "balance": f"{debit - credit:.2f}"}


def _tell(report: Report, accounts: Accounts, receivable: list[Entry]) -> None:
    if accounts.is_inferred:
        names = ", ".join(sorted(accounts.receivable)[:10])
        report.tell(0, "CompteNum", "receivable_accounts_inferred", rejects=False, accounts=names)
    for account in sorted({line.account for line in receivable if not line.auxiliary}):
        without = [line for line in receivable if line.account == account and not line.auxiliary]
        balance = sum((line.net for line in without), ZERO)
        facts = {"account": account, "lines": len(without), "balance": f"{balance:.2f}"}
        report.tell(without[0].row, "CompAuxNum", "no_auxiliary", rejects=False, **facts)
