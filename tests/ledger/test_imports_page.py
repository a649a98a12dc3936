"""The pages of imports, from the upload to the ledger and back."""

import errno
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from ledger import tasks
from ledger.models import (
    BatchState,
    ColumnMapping,
    Customer,
    Document,
    ImportBatch,
    StagedRow,
)
from tests.cast import House

GOOD = """Code client;Raison sociale;N° pièce;Date pièce;Échéance;Montant TTC
C001;Bâti-Loire SAS;FA-1;01/09/2026;31/10/2026;1 200,00
C001;Bâti-Loire SAS;FA-2;15/09/2026;15/11/2026;300,50
C002;Marbrerie Fictive;FA-3;20/09/2026;20/11/2026;99,90
"""
FLAWED = GOOD + (
    "C002;=HYPERLINK(1);FA-4;20/09/2026;20/11/2026;douze\n"
    "C003;Tuilerie Fictive;FA-5;31/11/2026;20/12/2026;10,00\n"
)


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    settings.MEDIA_ROOT = tmp_path / "files"
    cache.clear()
    yield tmp_path / "files"
    cache.clear()


def file(text: str | bytes, name: str = "balance_20261031.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)


Sender = Callable[..., UUID]


@pytest.fixture
def client(house: House) -> Client:
    return house.client("credit_manager")


def send(client: Client, upload: SimpleUploadedFile, **fields: str) -> str:
    """Send a file in and return the address of its import."""
    answer = client.post("/imports", {"file": upload, **fields})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer.headers["Location"])


def work(house: House) -> None:
    tasks.work_imports()


def text_of(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return " ".join(answer.content.decode().replace("\u202f", " ").split())


def only_batch(house: House) -> ImportBatch:
    with house.scope():
        return ImportBatch.objects.select_related("entity").get()


def stored(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


def test_a_file_is_checked_shown_and_written_only_on_demand(client: Client, house: House) -> None:
    page = send(client, file(GOOD))
    assert "Waiting for a worker" in text_of(client, page)
    work(house)
    checked = text_of(client, page)
    assert "Nothing is written yet" in checked
    assert "Write 3 rows" in checked
    assert "Raison sociale" in checked
    with house.scope():
        assert not Document.objects.exists()
    assert client.post(f"{page}/apply").headers["Location"] == page
    assert "Writing into the ledger" in text_of(client, page)
    work(house)
    assert "The file is written." in text_of(client, page)
    with house.scope():
        assert Document.objects.count() == 3
        assert Customer.objects.count() == 2
    assert "balance_20261031.csv" in text_of(client, "/imports")


def test_the_first_visit_says_what_to_do(client: Client) -> None:
    assert "No file yet" in text_of(client, "/imports")
