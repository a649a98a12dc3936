"""Imports in a real Chromium: every step accessible in both themes, on a phone and on a screen."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from ledger.tasks import work_imports
from tests.browser import (
    PLAIN_FILES,
    Answer,
    faults_of_pages,
    needs_chromium,
)
from tests.cast import House

HEAD = "Code client;Raison sociale;N° pièce;Date pièce;Échéance;{amount}\n"
GOOD = "".join(
    f"C{n % 40};Négoce Fictif {n % 40};FA-{n};01/09/2026;31/10/2026;{n},50\n" for n in range(1, 90)
)
FLAWED = "".join(
    f"C{n};Négoce Fictif {n};FB-{n};31/11/2026;31/12/2026;douze\n" for n in range(1, 30)
)
BOOKS = (
    "JournalCode|JournalLib|EcritureNum|EcritureDate|CompteNum|CompteLib|CompAuxNum|CompAuxLib|PieceRef|PieceDate"
    "|EcritureLib|Debit|Credit|EcritureLet|DateLet|ValidDate|Montantdevise|Idevise\n"
    "VE|Ventes|1|20260901|411000|Clients|C1|Bâti-Loire|FA-1|20260901|Facture|412860,75|0,00|||20260930||\n"
    "VE|Ventes|1|20260901|706000|Ventes|||FA-1|20260901|Facture|0,00|412860,75|||20260930||\n"
)
STATES = ("list", "empty", "waiting", "naming", "staged", "flawed", "books", "refused")

pytestmark = [
    pytest.mark.browser,
    needs_chromium,
]


def sent(client: Client, name: str, text: str) -> str:
    answer = client.post("/imports", {"file": SimpleUploadedFile(name, text.encode())})
    return str(answer.headers["Location"])


@pytest.fixture
def answers(house: House, tmp_path: Path) -> Iterator[dict[str, Answer]]:
    """Return each state of the pages as the server answers it: bytes and policy."""
    cache.clear()
    client = house.client("credit_manager")
    head = HEAD.format(amount="Montant TTC")
    with override_settings(STORAGES=PLAIN_FILES, MEDIA_ROOT=tmp_path):
        asked = {"empty": client.get("/imports")}
        paths = {
            "naming": sent(client, "a.csv", HEAD.format(amount="Quagga") + GOOD),
            "staged": sent(client, "balance_clients_20261031.csv", head + GOOD),
            "flawed": sent(client, "c.csv", head + GOOD + FLAWED),
            "books": sent(client, "123456789FEC20261231.txt", BOOKS),
            "refused": sent(client, "e.csv", BOOKS.replace("0,00|412860,75", "0,00|1,00")),
        }
        asked["waiting"] = client.get(paths["staged"])
        work_imports()
        client.post(f"{paths['books']}/apply")
        work_imports()
        asked |= {state: client.get(path) for state, path in paths.items()}
        asked["list"] = client.get("/imports")
        yield {
            f"/{state}": (response.content, response.headers["Content-Security-Policy"])
            for state, response in asked.items()
        }
    cache.clear()


def test_axe_finds_nothing_in_any_step(answers: dict[str, Answer]) -> None:
    assert {path.strip("/") for path in answers} == set(STATES)
    assert faults_of_pages(answers, "import") == []
