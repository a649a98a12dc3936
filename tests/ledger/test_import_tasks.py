"""The bells of imports: what waits is worked on once, whoever rings, whatever dies."""

import io
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from celery import current_app
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts import rounds
from accounts.look_ups import hashed
from accounts.models import ApiToken
from kernel.identifiers import uuid7
from ledger import permissions, tasks
from ledger.imports.files import stored_path
from ledger.imports.rows import FileKind
from ledger.imports.services import apply_upload, check_upload
from ledger.models import BatchState, Document, ImportBatch
from ledger.services.batches import go_ahead, take_upload
from tests.cast import NOW, TODAY, House

ROWS = b"Code client;Raison sociale;N\xc2\xb0 pi\xc3\xa8ce;Date facture;Montant TTC\nC1;Un;F1;01/09/2026;10,00\n"


Answer = Any  # Django's test response


class Killed(BaseException):
    """Ends a worker where no handler is asked, as a kill does."""


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    settings.MEDIA_ROOT = tmp_path
    cache.clear()
    yield tmp_path
    cache.clear()


def upload(house: House, content: bytes = ROWS) -> UUID:
    actor = house.actor("credit_manager")
    with house.scope():
        return take_upload(
            content=io.BytesIO(content),
            name="list.csv",
            kind=FileKind.AUTO,
            entity=None,
            file_date=None,
            is_full=False,
            actor=actor,
            today=TODAY,
        ).pk


def state(house: House, batch_id: UUID) -> str:
    with house.scope():
        return ImportBatch.objects.get(pk=batch_id).state


def release(house: House, batch_id: UUID) -> None:
    with house.scope():
        go_ahead(batch=ImportBatch.objects.get(pk=batch_id))


def documents(house: House) -> int:
    with house.scope():
        return Document.objects.count()


def test_a_worker_killed_while_it_reads_leaves_the_file_to_the_next(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id = upload(house)

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(tasks, "check_upload", killed)
        with pytest.raises(Killed):
            tasks.work_imports()
    assert state(house, batch_id) == BatchState.READING
    tasks.work_imports()
    assert state(house, batch_id) == BatchState.STAGED


def test_a_worker_killed_while_it_writes_leaves_nothing_half_and_nothing_twice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id = upload(house)
    tasks.work_imports()
    release(house, batch_id)

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("ledger.imports.services._conclude", killed)
        with pytest.raises(Killed):
            tasks.work_imports()
    assert state(house, batch_id) == BatchState.APPLYING
    assert documents(house) == 0
    tasks.work_imports()
    tasks.work_import(str(house.tenant_id), str(batch_id))
    assert state(house, batch_id) == BatchState.APPLIED
    assert documents(house) == 1


def test_a_file_that_another_worker_has_is_left_alone(house: House) -> None:
    batch_id = upload(house)
    with tasks.alone_with(batch_id) as is_mine:
        assert is_mine
        tasks.work_imports()
        assert state(house, batch_id) == BatchState.RECEIVED
    tasks.work_imports()
    assert state(house, batch_id) == BatchState.STAGED


def test_a_fault_of_ours_ends_with_a_sentence_and_does_not_come_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id = upload(house)

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(tasks, "check_upload", broken)
    tasks.work_imports()
    with house.scope():
        batch = ImportBatch.objects.get(pk=batch_id)
    assert batch.state == BatchState.REFUSED
    assert batch.refusal is not None
    assert batch.refusal["code"] == "our_fault"
    page = house.client("credit_manager").get(f"/imports/{batch_id}").content.decode()
    assert batch.refusal["details"]["reference"] in page


def test_a_database_that_is_away_leaves_the_file_waiting_and_other_tenants_at_work(
    house: House, other_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = upload(house), upload(other_house)
    check = check_upload

    def away(batch_id: UUID, **given: object) -> object:
        if batch_id == first:
            raise OperationalError
        return check(batch_id, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(tasks, "check_upload", away)
    monkeypatch.setattr(rounds, "close_old_connections", lambda: None)  # the test's own
    tasks.work_imports()
    assert state(house, first) == BatchState.READING
    assert state(other_house, second) == BatchState.STAGED


def test_a_dead_broker_loses_nothing(
    house: House,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    def dead(*_: object, **__: object) -> None:
        raise BrokerError

    monkeypatch.setattr(current_app, "send_task", dead)
    client = house.client("credit_manager")
    with django_capture_on_commit_callbacks(execute=True) as rung:
        answer = client.post("/imports", {"file": SimpleUploadedFile("list.csv", ROWS)})
    assert len(rung) == 1
    assert answer.status_code == 302
    assert client.get(answer.headers["Location"]).status_code == 200
    tasks.work_imports()
    with house.scope():
        assert ImportBatch.objects.get().state == BatchState.STAGED


def test_the_clock_looks_every_quarter_of_a_minute() -> None:
    from otc.celery import app  # noqa: PLC0415  what the scheduler itself loads

    app.finalize()
    assert app.conf.beat_schedule["ledger.imports"]["schedule"] == 15.0


def token(house: House) -> dict[str, str]:
    owner_id = house.member("credit_manager")
    with house.scope():
        ApiToken.objects.create(
            name="Books",
            owner_id=owner_id,
            prefix="books",
            secret_hash=hashed(house.slug),
            scopes=[permissions.IMPORT_LEDGER],
            expires_at=NOW + timedelta(days=300),
        )
    return {"Authorization": f"Bearer {house.slug}"}


def test_a_written_file_that_is_written_again_stays_as_it_is(house: House) -> None:
    batch_id = upload(house)
    tasks.work_imports()
    release(house, batch_id)
    tasks.work_imports()
    again = apply_upload(
        batch_id,
        tenant_id=house.tenant_id,
        actor=house.actor("credit_manager"),
        today=TODAY,
        now=timezone.now,
    )
    assert (again.import_id, again.state) == (batch_id, BatchState.APPLIED)
    assert state(house, batch_id) == BatchState.APPLIED
    assert documents(house) == 1


def test_the_bytes_of_a_file_go_after_ninety_days_and_what_was_written_stays(
    house: House, media: Path
) -> None:
    first = upload(house)
    tasks.work_imports()
    release(house, first)
    tasks.work_imports()
    second = upload(house, ROWS.replace(b"F1", b"F2"))
    long_ago = timezone.now() - timedelta(days=91)
    with house.scope():
        ImportBatch.objects.filter(pk=first).update(created_at=long_ago)
    for path in media.rglob("*"):
        if path.is_file():
            os.utime(path, (long_ago.timestamp(), long_ago.timestamp()))
    with house.scope():
        coming_in = stored_path(uuid7())  # its record is about to be written
    coming_in.write_bytes(ROWS)
    tasks.forget_old_files()
    left = {path.name for path in media.rglob("*") if path.is_file()}
    assert left == {second.hex, coming_in.name}
    assert state(house, first) == BatchState.APPLIED
    assert documents(house) == 1


def test_one_key_for_two_files_of_one_name_is_refused(house: House) -> None:
    headers = {**token(house), "Idempotency-Key": "k"}

    def sent(content: bytes) -> Answer:
        file = SimpleUploadedFile("list.csv", content)
        return Client().post("/api/v1/imports", {"file": file}, headers=headers)

    assert sent(ROWS).status_code == 202
    assert sent(ROWS).status_code == 202
    refused = sent(ROWS.replace(b"10,00", b"11,00"))
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")


def test_a_machine_sends_a_file_in_has_it_written_and_takes_it_back(
    house: House, other_house: House
) -> None:
    headers = token(house)
    client = Client()

    def post(path: str, key: str = "", **body: object) -> Answer:
        extra = {"Idempotency-Key": key} if key else {}
        return client.post(f"/api/v1/{path}", body, headers={**headers, **extra})

    def sent(key: str) -> Answer:
        return post("imports", key, file=SimpleUploadedFile("list.csv", ROWS), kind="receivables")

    first = sent("k1")
    assert first.status_code == 202, first.content
    made = first.json()
    assert made["state"] == "received"
    assert sent("k1").json()["import_id"] == made["import_id"]
    assert sent("k2").json()["state"] == "duplicate"
    early = post(f"imports/{made['import_id']}/apply", "k3")
    assert early.status_code == 422
    tasks.work_imports()
    shown = client.get(f"/api/v1/imports/{made['import_id']}", headers=headers).json()
    assert (shown["state"], shown["created"]["documents"]) == ("staged", 1)
    assert post(f"imports/{made['import_id']}/apply", "k4").status_code == 202
    tasks.work_imports()
    assert documents(house) == 1
    undone = post(f"imports/{made['import_id']}/undo", "k5")
    assert undone.json()["undoes"] == made["import_id"]
    stranger = token(other_house)
    assert client.get(f"/api/v1/imports/{made['import_id']}", headers=stranger).status_code == 404
    listed = client.get("/api/v1/imports", headers=headers).json()
    assert len(listed["results"]) == 2
    empty = client.post(
        "/api/v1/imports", {"file": SimpleUploadedFile("e.csv", b"")}, headers=headers
    )
    assert (empty.status_code, empty.json()["code"]) == (422, "file_empty")
