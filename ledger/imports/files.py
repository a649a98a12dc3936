"""The bytes of uploaded files: taken in, kept while they may be needed, dropped."""

import os
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import IO, Final
from uuid import UUID

from django.conf import settings

from kernel.identifiers import uuid7
from kernel.permissions import Actor
from kernel.tenancy import current_tenant_id
from ledger.imports import gate
from ledger.imports.messages import FileRefused
from ledger.imports.reader import digest_of, file_date
from ledger.imports.rows import FileKind
from ledger.models import BatchState, Entity, ImportBatch

FILES_KEPT: Final = timedelta(days=90)


def receive_upload(
    *,
    content: IO[bytes],
    name: str,
    kind: FileKind,
    entity: Entity | None,
    is_full: bool,
    actor: Actor,
    today: date,
) -> ImportBatch:
    """Keep an uploaded file and its record, to be checked by a worker.

    The bytes lie under MEDIA_ROOT, in a folder of the tenant, under the batch's id. Raises
    FileRefused when the file is empty, too large, or of a kind that is not read, and OSError when
    the disk is full; nothing of the file stays then.
    """
    batch_id = uuid7()
    path = stored_path(batch_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    own_name = Path(name.replace("\\", "/")).name[-250:]
    try:
        with path.open("wb") as target:
            shutil.copyfileobj(content, target)
            target.flush()
            os.fsync(target.fileno())  # a worker reads it after the answer, even past a power cut
        gate.inspect(path, name=own_name)
    except (FileRefused, OSError):
        path.unlink(missing_ok=True)
        raise
    return ImportBatch.objects.create(
        pk=batch_id,
        kind=kind.value,
        state=BatchState.RECEIVED,
        file_name=own_name,
        file_digest=digest_of(path),
        file_size=path.stat().st_size,
        file_date=file_date(own_name, today=today),
        is_full=is_full,
        entity=entity,
        counts={"asked": {"kind": kind.value}},
        imported_by_id=actor.membership_id,
    )


def drop_upload(*, batch: ImportBatch) -> None:
    """Forget an uploaded file that was not written; raises FileRefused once it was."""
    if batch.state in {BatchState.APPLIED, BatchState.APPLYING, BatchState.UNDONE}:
        raise FileRefused("already_written", name=batch.file_name)
    stored_path(batch.pk).unlink(missing_ok=True)
    batch.delete()


def forget_old_files(*, now: datetime) -> int:
    """Remove the bytes of the tenant's files that came in more than 90 days before `now`; returns how many.

    What was written from them stays, and so does the record of the import (RELIABILITY D22).
    """
    folder = stored_path(uuid7()).parent
    there = {path.name: path for path in folder.iterdir()} if folder.is_dir() else {}
    kept = ImportBatch.objects.filter(created_at__gte=now - FILES_KEPT).values_list("pk", flat=True)
    names = {batch_id.hex for batch_id in kept}
    # A file that has just come in may have no record yet.
    cutoff = (now - timedelta(days=1)).timestamp()
    old = [
        path for name, path in there.items() if name not in names and path.stat().st_mtime < cutoff
    ]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def stored_path(batch_id: UUID) -> Path:
    """Return where the bytes of an uploaded file lie."""
    return Path(settings.MEDIA_ROOT) / "imports" / str(current_tenant_id()) / batch_id.hex
