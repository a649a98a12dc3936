"""Bells of the ledger. A file that waits is read or written; a lost bell costs a quarter of a minute (RELIABILITY D8).

Every night each tenant's books are held against their entries.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from celery import shared_task
from celery.schedules import crontab
from django.db import (
    DEFAULT_DB_ALIAS,
    InterfaceError,
    OperationalError,
    connections,
)
from django.utils import timezone, translation

from accounts.look_ups import tenant_ids
from accounts.models import Tenant
from accounts.queries import actor_of
from accounts.rounds import for_each_tenant
from kernel.permissions import Actor, system_actor
from kernel.tenancy import tenant_scope
from ledger.imports import files
from ledger.imports.files import stored_path
from ledger.imports.services import apply_upload, check_upload
from ledger.models import BatchState, ImportBatch
from ledger.queries.imports import WITH_A_WORKER
from ledger.queries.self_audit import Difference
from ledger.services.batches import refuse_batch
from ledger.services.self_audit import audit_books

logger = logging.getLogger(__name__)

POLL_SECONDS = 15.0
BLOCK = 1 << 20

BEAT_SCHEDULE = {
    "ledger.imports": {
        "task": "ledger.tasks.work_imports",
        "schedule": POLL_SECONDS,
        "options": {"expires": POLL_SECONDS},
    },
    "ledger.audit_books": {
        "task": "ledger.tasks.audit_all_books",
        "schedule": crontab(hour="1", minute="40"),  # before the chains are anchored
        "options": {"expires": 3600},
    },
    "ledger.forget_old_files": {
        "task": "ledger.tasks.forget_old_files",
        "schedule": crontab(hour="3", minute="10"),
        "options": {"expires": 3600},
    },
}


@shared_task(name="ledger.tasks.work_imports")
def work_imports() -> None:
    """Ring for every file that waits, one of each tenant in turn, so that none keeps the others waiting."""
    tenants = tenant_ids()
    done: set[UUID] = set()
    while tenants:
        worked = for_each_tenant(
            "the imports", lambda tenant: _work_on_next(tenant, done), among=tenants
        )
        tenants = [tenant_id for tenant_id, has_worked in worked.items() if has_worked]


@shared_task(name="ledger.tasks.work_import")
def work_import(tenant_id: str, batch_id: str) -> None:
    """Ring for one file, which somebody has just sent in or released."""
    work_on(UUID(tenant_id), UUID(batch_id))


@shared_task(name="ledger.tasks.forget_old_files")
def forget_old_files() -> None:
    """Remove the bytes of every tenant's files that are older than they may be kept."""
    for_each_tenant("the removal of old files", _forget_old_files)


def _forget_old_files(tenant_id: UUID) -> None:
    with tenant_scope(tenant_id):
        files.forget_old_files(now=timezone.now())


@shared_task(name="ledger.tasks.audit_all_books")
def audit_all_books() -> None:
    """Hold every tenant's books against their entries; what is found is told, never put right by itself."""
    for tenant_id, found in for_each_tenant("the self-audit", _audit_books).items():
        if found:
            logger.error("the books of tenant %s differ in %s places", tenant_id, len(found))


def _audit_books(tenant_id: UUID) -> tuple[Difference, ...]:
    with tenant_scope(tenant_id):
        return audit_books(actor=system_actor(tenant_id))


def _work_on_next(tenant_id: UUID, done: set[UUID]) -> bool:
    """Work on the oldest waiting file of a tenant; False when it has none left for this round."""
    with tenant_scope(tenant_id):
        waiting = ImportBatch.objects.filter(state__in=WITH_A_WORKER).exclude(pk__in=done)
        batch_id = waiting.order_by("created_at").values_list("pk", flat=True).first()
    if batch_id is None:
        return False
    done.add(batch_id)
    work_on(tenant_id, batch_id)
    return True


def work_on(tenant_id: UUID, batch_id: UUID) -> None:
    """Read or write one file, as its batch asks, unless another worker has it.

    A fault of ours ends the import with a sentence, since trying again would end alike; when the database is away
    the batch stays as it is and the next look goes on with it.
    """
    with alone_with(batch_id) as is_mine:
        if not is_mine:
            return
        try:
            _work_on(tenant_id, batch_id)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("import %s broke off", batch_id)
            with tenant_scope(tenant_id):
                refuse_batch(batch_id)


def _work_on(tenant_id: UUID, batch_id: UUID) -> None:
    with tenant_scope(tenant_id):
        batch = ImportBatch.objects.filter(pk=batch_id, state__in=WITH_A_WORKER).first()
        if batch is None:
            return
        actor, today = _who_and_when(tenant_id, batch)
        is_released = batch.state == BatchState.APPLYING
        if not is_released:
            batch.state = BatchState.READING
            batch.rows = lines_of(stored_path(batch_id))
            batch.rows_done = 0
            batch.save(update_fields=["state", "rows", "rows_done"])
    work = apply_upload if is_released else check_upload
    with translation.override(actor.language):
        work(batch_id, tenant_id=tenant_id, actor=actor, today=today, now=timezone.now)


def _who_and_when(tenant_id: UUID, batch: ImportBatch) -> tuple[Actor, date]:
    """Return the person who sent the file in, the system when he has left; and the day in the tenant's calendar."""
    actor = actor_of(batch.imported_by_id) if batch.imported_by_id else None
    tenant = Tenant.objects.get()
    today = timezone.now().astimezone(ZoneInfo(tenant.time_zone)).date()
    return actor or system_actor(tenant_id), today


def lines_of(path: Path) -> int:
    """Return about how many rows a text file has, for the progress bar; 0 for a workbook, which does not tell."""
    with path.open("rb") as source:
        if source.read(2) == b"PK":
            return 0
        return sum(block.count(b"\n") for block in iter(lambda: source.read(BLOCK), b""))


@contextmanager
def alone_with(batch_id: UUID) -> Iterator[bool]:
    """Hold a batch against other workers; yields False when another has it.

    The lock belongs to a transaction on a connection of its own: it outlasts the short transactions of the work, and
    goes with the process when that is killed, so that the next worker goes on at once.
    """
    own = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        own.set_autocommit(False)
        with own.cursor() as cursor:
            cursor.execute(
                "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 1))", [f"import:{batch_id}"]
            )
            (is_mine,) = cursor.fetchone()
        yield is_mine
    finally:
        own.close()
