"""The same questions asked of a raw FEC, line by line and without any of the product's code."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

RECEIVABLE = ("411", "413", "416")
BANKS = ("BQ1", "BQ2", "CA")
TERM = timedelta(days=30)


def rows_of(path: Path, *, encoding: str, separator: str = "\t") -> list[dict[str, str]]:
    """Return the lines of a FEC by column name."""
    text = path.read_bytes().decode(encoding).splitlines()
    names = text[0].lstrip("\ufeff").split(separator)
    return [dict(zip(names, line.split(separator), strict=True)) for line in text[1:]]


def number(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def day(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def is_receivable(row: dict[str, str], *, doubtful: bool = True) -> bool:
    wanted = RECEIVABLE if doubtful else RECEIVABLE[:2]
    return row["CompteNum"].startswith(wanted)


def balance(rows: list[dict[str, str]], as_of: date, *, doubtful: bool = False) -> Decimal:
    """Return debit less credit of the customers' accounts up to a day, included."""
    return sum(
        (
            number(row["Debit"]) - number(row["Credit"])
            for row in rows
            if is_receivable(row, doubtful=doubtful) and day(row["EcritureDate"]) <= as_of
        ),
        Decimal(0),
    )


def sales_by_month(rows: list[dict[str, str]]) -> dict[str, Decimal]:
    """Return what the sales journal put on customers' accounts, credit notes taken off, per month."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        if row["JournalCode"] == "VE" and is_receivable(row):
            found[row["EcritureDate"][:6]] += number(row["Debit"]) - number(row["Credit"])
    return dict(found)


def ageing(rows: list[dict[str, str]], as_of: date) -> dict[str, Decimal]:
    """Return what is open by days late, and what money is unallocated, for the operational perimeter.

    Lettered lines settle each other from the oldest on, each pair from the later of its two days;
    due 30 days after the piece. Open credits are unallocated.
    """
    groups: dict[tuple[str, str, str], list[dict[str, str]]] = defaultdict(list)
    open_now: dict[int, Decimal] = {}
    for index, row in enumerate(rows):
        row["at"] = str(index)
        if not is_receivable(row) or day(row["EcritureDate"]) > as_of:
            continue
        open_now[index] = number(row["Debit"]) - number(row["Credit"])
    for row in rows:
        if is_receivable(row) and row["EcritureLet"]:
            groups[row["CompteNum"], row["CompAuxNum"], row["EcritureLet"]].append(row)
    for group in groups.values():
        _settle(group, open_now, as_of)
    return _bucketed(rows, open_now, as_of)


def _settle(group: list[dict[str, str]], open_now: dict[int, Decimal], as_of: date) -> None:
    """Let the oldest credit of a lettered group settle its oldest debit, and so on."""
    group = sorted(group, key=lambda row: (row["EcritureDate"], int(row["at"])))
    debits = [row for row in group if number(row["Debit"])]
    credits_ = [row for row in group if number(row["Credit"])]
    left = {row["at"]: number(row["Debit"]) + number(row["Credit"]) for row in group}
    while debits and credits_:
        debit, credit = debits[0], credits_[0]
        part = min(left[debit["at"]], left[credit["at"]])
        if day(max(debit["EcritureDate"], credit["EcritureDate"])) <= as_of:
            open_now[int(debit["at"])] -= part
            open_now[int(credit["at"])] += part
        for row, side in ((debit, debits), (credit, credits_)):
            left[row["at"]] -= part
            if not left[row["at"]]:
                side.pop(0)


def _bucketed(
    rows: list[dict[str, str]], open_now: dict[int, Decimal], as_of: date
) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for index, left in open_now.items():
        row = rows[index]
        if not left or not is_receivable(row, doubtful=False):
            continue
        if left < 0:
            found["unallocated"] += left
            continue
        # Money that came back is due at once.
        due = (
            day(row["EcritureDate"])
            if row["JournalCode"] in BANKS
            else day(row["PieceDate"]) + TERM
        )
        found[_bucket((as_of - due).days)] += left
    return dict(found)


def _bucket(late: int) -> str:
    if late <= 0:
        return "not_due"
    for last, name in ((30, "1_30"), (60, "31_60"), (90, "61_90")):
        if late <= last:
            return name
    return "91_plus"
