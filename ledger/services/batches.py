"""What a person does with an import on a page or by the API; reading and writing it is the worker's (`ledger.imports`).

Each verb only sets where the batch stands. The row is the promise: a worker that looks finds it, rung for or not.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import IO, ClassVar, Final
from uuid import UUID

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from kernel.errors import Refused
from kernel.permissions import Actor
from ledger.imports.files import drop_upload, receive_upload
from ledger.imports.messages import FileRefused
from ledger.imports.parsers.headers import REQUIRED
from ledger.imports.reader import ColumnChoice
from ledger.imports.rows import FileKind
from ledger.imports.services import remember_columns
from ledger.imports.undo import UNDO_WITHIN
from ledger.models import BatchState, Entity, ImportBatch
from ledger.queries.imports import standing_twin

PER_HOUR: Final = 20  # files a tenant may send in (RELIABILITY D21)
HOUR: Final = 3600  # seconds
NAMEABLE: Final = (BatchState.MAPPING_NEEDED, BatchState.STAGED)


class StorageFull(Refused):
    """There is no room for the file."""

    code: ClassVar[str] = "storage_full"
    status: ClassVar[int] = 507

    def __init__(self, name: str) -> None:
        super().__init__(
            _(
                "There is no room left on the server for %(name)s; nothing of it was kept. Tell your "
                "administrator, and send it again once there is room."
            )
            % {"name": name},
            name=name,
        )


class AlreadyImported(Refused):
    """The very same bytes came in before."""

    code: ClassVar[str] = "duplicate"

    def __init__(self, first: ImportBatch) -> None:
        self.first = first
        facts = {"name": first.file_name, "at": first.created_at.date().isoformat()}
        if first.state == BatchState.APPLIED:
            sentence = _(
                "This very file was written already, as %(name)s on %(at)s. Undo that import to "
                "import it again."
            )
        else:
            sentence = _(
                "This very file is here already, as %(name)s since %(at)s. Go on with that import, or "
                "drop it to choose otherwise."
            )
        super().__init__(sentence % facts, import_id=str(first.pk), **facts)


class TooManyImports(Refused):
    """The hour's allowance is used up."""

    code: ClassVar[str] = "too_many_imports"
    status: ClassVar[int] = 429


class NotNow(Refused):
    """The import does not stand where this could be done."""

    code: ClassVar[str] = "import_not_ready"

    def __init__(self, batch: ImportBatch, sentence: str) -> None:
        facts = {"name": batch.file_name, "state": str(BatchState(batch.state).label)}
        super().__init__(sentence % facts, **{**facts, "state": batch.state})


class ColumnsMissing(Refused):
    """A required field was given no column."""

    code: ClassVar[str] = "mapping_needed"


def take_upload(
    *,
    content: IO[bytes],
    name: str,
    kind: FileKind,
    entity: Entity | None,
    file_date: date | None,
    is_full: bool,
    actor: Actor,
    today: date,
) -> ImportBatch:
    """Keep an uploaded file and its record, waiting for a worker.

    `file_date` is the day the file describes, None for the date in its name, else `today`. Raises FileRefused,
    AlreadyImported (which names the first import), StorageFull (nothing of the file stays) and TooManyImports.
    """
    _count_upload(actor)
    try:
        batch = receive_upload(
            content=content,
            name=name,
            kind=kind,
            entity=entity,
            is_full=is_full,
            actor=actor,
            today=today,
        )
    except OSError as error:
        raise StorageFull(name) from error
    first = standing_twin(batch)
    if first is not None:
        drop_upload(batch=batch)
        raise AlreadyImported(first)
    if file_date is not None:
        batch.file_date = min(file_date, today)
        batch.save(update_fields=["file_date"])
    return batch


def _count_upload(actor: Actor) -> None:
    """Count an upload of the tenant and refuse the one too many; where the counter is out of reach, let it pass."""
    key = f"imports:{actor.tenant_id}"
    try:
        cache.add(key, 0, timeout=HOUR)
        count = int(cache.incr(key))
    except (RedisError, ValueError):
        return
    if count > PER_HOUR:
        raise TooManyImports(
            _(
                "%(limit)s files were sent in within an hour, which is the most. Wait a while, or put "
                "them together in one file."
            )
            % {"limit": PER_HOUR},
            limit=PER_HOUR,
        )


def name_columns(*, batch: ImportBatch, columns: Mapping[str, str], date_order: str = "") -> None:
    """Remember which column holds which field, and have the file checked again.

    `columns` gives the header for each field, "" to leave one out. Raises ColumnsMissing for a required field
    without a column, NotNow once the import is written or while a worker has it.
    """
    if batch.state not in NAMEABLE or "signature" not in batch.mapping:
        raise NotNow(
            batch, _("The columns of %(name)s cannot be changed now (%(state)s). Import it again.")
        )
    missing = [field for field in REQUIRED if not columns.get(field)]
    if missing:
        refused = FileRefused("mapping_needed", name=batch.file_name, missing=missing)
        raise ColumnsMissing(refused.message, **refused.details)
    remember_columns(
        kind=FileKind(batch.kind),
        signature=batch.mapping["signature"],
        choice=ColumnChoice(dict(columns), date_order),
    )
    batch.state = BatchState.RECEIVED
    batch.refusal = None
    batch.rows_done = 0
    batch.save(update_fields=["state", "refusal", "rows_done"])


def go_ahead(*, batch: ImportBatch) -> None:
    """Have a checked file written. Raises NotNow when it is not checked, AlreadyImported when its twin is ahead."""
    batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if batch.state in {BatchState.APPLYING, BatchState.APPLIED}:
        return  # pressed twice
    if batch.state != BatchState.STAGED:
        raise NotNow(
            batch,
            _("%(name)s cannot be written now (%(state)s). Wait until it is checked."),
        )
    try:
        with transaction.atomic():
            batch.state = BatchState.APPLYING
            batch.rows_done = 0
            batch.save(update_fields=["state", "rows_done"])
    except IntegrityError as error:
        first = standing_twin(batch)
        if first is None:
            raise
        raise AlreadyImported(first) from error


def can_be_undone(batch: ImportBatch, *, now: datetime) -> bool:
    """Return whether a written import may still be undone: within 24 hours, once, and not an undoing itself."""
    return (
        batch.state == BatchState.APPLIED
        and batch.undoes_id is None
        and batch.applied_at is not None
        and now - batch.applied_at <= UNDO_WITHIN
    )


class OurFault(Refused):
    """Reading or writing stopped on a mistake of ours."""

    code: ClassVar[str] = "our_fault"


def refuse_batch(batch_id: UUID) -> None:
    """End an import on which a worker failed; the ledger is as it was, since writing is one transaction."""
    for batch in ImportBatch.objects.filter(pk=batch_id).exclude(state=BatchState.APPLIED):
        reference = batch_id.hex[-8:].upper()
        facts = {"name": batch.file_name, "reference": reference}
        refused = OurFault(fault_sentence(facts), **facts)
        batch.state = BatchState.REFUSED
        batch.refusal = refused.as_json()
        batch.save(update_fields=["state", "refusal"])


def fault_sentence(facts: Mapping[str, str]) -> str:
    """Return what a person reads of a fault of ours: the file's `name`, and the `reference` to give us."""
    return (
        _(
            "%(name)s could not be read because of a fault of ours; nothing was written. Send it in "
            "again; if it happens again, give us the reference %(reference)s."
        )
        % facts
    )
