"""The file that leaves with a hand-over holds the copies and proofs there are, and says which are missing."""

import csv
import io
import zipfile

from dunning.services.hand_over_files import build_file
from kernel.permissions import Actor
from ledger.models import DocumentFileKind
from ledger.services.document_files import add_file
from tests.cast import House
from tests.dunning.conftest import NOW, TODAY, Chase
from tests.dunning.test_hand_overs import approved, collector, manager, proposed
from tests.ledger.files import pdf

__all__ = ["collector", "manager"]


def test_invoices_and_proofs_are_enclosed_and_the_missing_named(
    house: House, chase: Chase, collector: Actor, manager: Actor
) -> None:
    customer = chase.customer()
    line, bare = chase.line(customer, 70, "5000"), chase.line(customer, 60, "700")
    with house.scope():
        kinds = ((DocumentFileKind.COPY, "copy"), (DocumentFileKind.PROOF, "signed"))
        for kind, words in kinds:
            add_file(
                document=line.document, name=f"{words}.pdf", content=pdf(words), kind=kind,
                actor=manager, now=NOW,
            )  # fmt: skip
        hand_over = approved(proposed(customer, line, bare, actor=collector), manager)
        built = build_file(hand_over=hand_over, actor=manager, today=TODAY, now=NOW)
        archive = zipfile.ZipFile(io.BytesIO(bytes(built.file or b"")))
        numbers = [each.document.number for each in (line, bare)]
    enclosed = {name: archive.read(name) for name in archive.namelist() if name.endswith(".pdf")}
    assert pdf("copy") in enclosed.values()
    assert pdf("signed") in enclosed.values()
    rows = list(csv.DictReader(io.StringIO(archive.read("documents.csv").decode("utf-8-sig"))))
    files = {
        number: [row["file"] for row in rows if row["invoice"] == number] for number in numbers
    }
    assert [name in enclosed for name in files[numbers[0]]] == [True, True]
    assert files[numbers[1]] == ["", ""]
    assert numbers[1] in archive.read("README.txt").decode()
    assert numbers[0] not in archive.read("README.txt").decode()
