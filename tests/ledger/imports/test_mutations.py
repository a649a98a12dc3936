"""Damaged files end in rows or in a sentence, never in an exception of ours (P12, smaller)."""

import io
import random
import time
from pathlib import Path

import pytest

from kernel.errors import Refused
from kernel.sandbox_child import Declined
from ledger.imports import gate
from ledger.imports.messages import FileRefused
from ledger.imports.parsers.reading import read_file
from ledger.imports.reader import read
from tests.generators.books import make_books, write_fec
from tests.ledger.imports.support import csv
from tests.ledger.imports.test_bad_input import FILES, xlsx

SEED = 20261119
NASTY = [
    b"\x00",
    b"\xff",
    b'"',
    b";",
    b"\t",
    b"\n",
    b"\r",
    b"-",
    b"9" * 40,
    b"\xc3",
    b"=",
    b"{",
    b"\\",
]


def mutated(content: bytes, dice: random.Random) -> bytes:
    data = bytearray(content)
    for _ in range(dice.randrange(1, 6)):
        at, what = dice.randrange(len(data)), dice.randrange(4)
        if what == 0:
            data[at : at + 1] = dice.choice(NASTY)
        elif what == 1:
            del data[at : at + dice.randrange(1, 60)]
        elif what == 2:
            data[at:at] = data[at : at + dice.randrange(1, 200)]
        else:
            data[at] = dice.randrange(256)
    return bytes(data) or b"x"


def ignore(channel: int, data: bytes) -> None:
    """Take what the parser hands on; only its end matters here."""


def fec_bytes(tmp_path: Path) -> bytes:
    path = tmp_path / "base.txt"
    write_fec(make_books(seed=2, lines=120, customers=6), path)
    return path.read_bytes()


def receivables_bytes() -> bytes:
    header = (
        "code client;nom client;n° pièce;type;date pièce;échéance;montant TTC;devise;solde;e-mail"
    )
    rows = [
        f'C{n};"Société {n} ""Été""";F{n};facture;{n % 28 + 1:02d}/0{n % 9 + 1}/2026;;{n * 7},50;EUR;{n};a@b.fr'
        for n in range(1, 60)
    ]
    return csv(*rows, header=header).encode()


@pytest.mark.parametrize("kind", ["fec", "receivables"])
def test_300_damaged_text_files_are_read_or_declined(kind: str, tmp_path: Path) -> None:
    base = fec_bytes(tmp_path) if kind == "fec" else receivables_bytes()
    dice = random.Random(SEED)  # noqa: S311  the seed makes the run repeatable
    outcomes = {"read": 0, "declined": 0}
    sentences: list[str] = []
    for _ in range(300):
        content = mutated(base, dice)
        try:
            summary = read_file(
                io.BytesIO(content),
                {"container": "text", "kind": "auto"},
                emit=ignore,
            )
        except Declined as declined:
            outcomes["declined"] += 1
            sentences.append(str(FileRefused(declined.code, **{"name": "f", **declined.facts})))
        else:
            outcomes["read"] += 1
            if summary["kind"] == "fec" and summary["state"] == "read":
                totals = summary["control_totals"]["file"]
                assert totals["debit"] == totals["credit"]
    assert min(outcomes.values()) > 10, outcomes
    assert all(sentences)


def test_damaged_workbooks_are_read_or_refused(tmp_path: Path) -> None:
    base = xlsx(
        ["Code client", "Nom client", "N° pièce", "Date pièce", "Montant TTC"],
        ["C", "N", "F", "x", 1],
    )
    dice = random.Random(SEED)  # noqa: S311
    path = tmp_path / "f.xlsx"
    sentences: list[str] = []
    for _ in range(25):
        path.write_bytes(mutated(base, dice))
        try:
            read(path, name="f.xlsx").close()
        except Refused as refused:
            sentences.append(refused.message)
    assert sentences
    assert all(sentences)


@pytest.mark.parametrize(
    "case", ["a far cell", "a document type", "an inflating workbook", "a lying header"]
)
def test_bombs_are_refused_within_two_seconds_of_work(case: str, tmp_path: Path) -> None:
    content, name, code = FILES[case]
    path = tmp_path / name
    path.write_bytes(content)
    started = time.process_time()
    with pytest.raises(FileRefused) as caught:
        gate.inspect(path, name=name)
    assert caught.value.code == code
    assert time.process_time() - started < 2


def test_a_hundred_megabytes_of_quotes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(b'a;b;c\n"' + b'"' * 100_000_000)
    with pytest.raises(Refused) as caught:
        read(path, name="f.csv")
    assert caught.value.code in {"field_too_long", "quotes_unclear"}
