"""The verbs of imports: take a file in, check it, write it, remember its columns.

Reading happens outside any transaction; writing is one transaction under the tenant's import lock.
`run_import`, `check_upload` and `apply_upload` open their own tenant scopes, since progress must be
seen while they run; the other verbs work in the scope that is open.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from accounts.services import audit
from kernel.errors import Refused
from kernel.identifiers import uuid7
from kernel.permissions import Actor
from kernel.tenancy import current_tenant_id, tenant_scope
from ledger.imports.apply import Order, Outcome, apply_reading
from ledger.imports.files import stored_path
from ledger.imports.messages import FileRefused
from ledger.imports.reader import (
    ColumnChoice,
    Reading,
    digest_of,
    file_date,
    problem_json,
    read,
)
from ledger.imports.rows import FileKind, Problem
from ledger.models import BatchState, ColumnMapping, Entity, ImportBatch, StagedRow

SECONDS_BETWEEN_PROGRESS: Final = 1.0
MOST_PROBLEMS: Final = 1_000  # kept with the batch; those of rejected rows are kept with each row
AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What is asked: the file and what a person says about it.

    `is_full`: the file is a full picture, so what is open and absent was settled by its day.
    `choice` names columns for this file, and is remembered for files with the same headers.
    """

    path: Path
    name: str
    kind: FileKind = FileKind.AUTO
    entity_code: str = ""
    is_full: bool = False
    is_dry_run: bool = False
    choice: ColumnChoice | None = None


@dataclass(frozen=True, slots=True)
class ImportResult:
    """The answer of an import, as the contract shows it (`as_json`)."""

    import_id: UUID | None
    kind: str
    state: str
    rows: int = 0
    accepted: int = 0
    rejected: int = 0
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    control_totals: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[Mapping[str, Any], ...] = ()
    refusal: Refused | None = None
    columns: Mapping[str, Any] = field(default_factory=dict)
    figures: Mapping[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the import object of the contract; `error` is there when it was refused."""
        answer: dict[str, Any] = {
            "import_id": str(self.import_id) if self.import_id else None,
            "kind": self.kind,
            "state": self.state,
            "rows": self.rows,
            "accepted": self.accepted,
            "rejected": self.rejected,
            **{name: self.counts.get(name, {}) for name in ("created", "updated", "unchanged")},
            "control_totals": self.control_totals,
            "problems": list(self.problems),
        }
        if self.columns.get("missing"):
            answer["columns"] = self.columns
        if self.refusal is not None:
            answer["error"] = self.refusal.as_json()
        return answer


class _RolledBack(Exception):  # noqa: N818  leaves a transaction whose work was only to be seen
    """Ends a trial."""


@dataclass(frozen=True, slots=True)
class _Run:
    """One way of a file through an import: who sends it, and whether it is written or only tried."""

    request: ImportRequest
    batch_id: UUID
    digest: str
    tenant_id: UUID
    actor: Actor
    today: date
    now: Callable[[], datetime]
    has_record: bool = True
    is_trial: bool = False


def run_import(
    request: ImportRequest,
    *,
    tenant_id: UUID,
    actor: Actor,
    today: date,
    now: Callable[[], datetime],
) -> ImportResult:
    """Take a file from its bytes to the ledger, and say what came of it; refusals are part of that.

    Opens the tenant's scope itself, several times: for the record, for progress, and once for all
    that is written. With `is_dry_run` that last transaction is rolled back and no record is left.
    """
    if not request.path.is_file():
        refusal = FileRefused("file_missing", name=request.name)
        return ImportResult(None, request.kind.value, "refused", refusal=refusal)
    run = _Run(
        request,
        uuid7(),
        digest_of(request.path),
        tenant_id,
        actor,
        today,
        now,
        has_record=not request.is_dry_run,
        is_trial=request.is_dry_run,
    )
    with tenant_scope(tenant_id):
        known = _applied_with(run.digest)
        if known is not None:
            return result_of(known, state="duplicate")
        if run.has_record:
            _record(run)
    return _through(run)


def check_upload(
    batch_id: UUID,
    *,
    tenant_id: UUID,
    actor: Actor,
    today: date,
    now: Callable[[], datetime],
    choice: ColumnChoice | None = None,
) -> ImportResult:
    """Try an uploaded file and put on its batch what writing it would do; the ledger stays as it is.

    The batch ends as `staged`, `mapping_needed` or `refused`. `choice` names columns, and is kept
    with the batch and for later files. Opens the tenant's scope itself.
    """
    run = _of_upload(batch_id, tenant_id, actor, today, now, choice=choice, is_trial=True)
    result = _through(run)
    if result.refusal is None and result.state == "staged":
        with tenant_scope(tenant_id):
            _keep_trial(batch_id, result, choice)
    return result


def apply_upload(
    batch_id: UUID,
    *,
    tenant_id: UUID,
    actor: Actor,
    today: date,
    now: Callable[[], datetime],
) -> ImportResult:
    """Write an uploaded file that was checked; reads it again, so that nothing in between is lost."""
    return _through(_of_upload(batch_id, tenant_id, actor, today, now))


def _of_upload(
    batch_id: UUID,
    tenant_id: UUID,
    actor: Actor,
    today: date,
    now: Callable[[], datetime],
    *,
    choice: ColumnChoice | None = None,
    is_trial: bool = False,
) -> _Run:
    with tenant_scope(tenant_id):
        batch = ImportBatch.objects.select_related("entity").get(pk=batch_id)
        asked = batch.counts.get("asked", {})
        request = ImportRequest(
            stored_path(batch_id),
            batch.file_name,
            FileKind(asked.get("kind", batch.kind)),
            entity_code=batch.entity.code if batch.entity else "",
            is_full=batch.is_full,
            choice=choice,
        )
    return _Run(
        request, batch_id, batch.file_digest, tenant_id, actor, today, now, is_trial=is_trial
    )


def _keep_trial(batch_id: UUID, result: ImportResult, choice: ColumnChoice | None) -> None:
    batch = ImportBatch.objects.get(pk=batch_id)
    batch.state = BatchState.STAGED
    batch.kind = result.kind
    batch.rows = batch.rows_done = result.rows
    batch.accepted, batch.rejected = result.accepted, result.rejected
    batch.counts = {**batch.counts, **result.counts, "figures": dict(result.figures)}
    batch.control_totals = dict(result.control_totals)
    batch.problems = list(result.problems)[:MOST_PROBLEMS]
    batch.mapping = dict(result.columns)
    batch.refusal = None
    batch.save()
    if choice is not None:
        kind = FileKind(result.kind)
        remember_columns(kind=kind, signature=result.columns["signature"], choice=choice)


def _through(run: _Run) -> ImportResult:
    try:
        with _read(run) as reading:
            if reading.is_mapping_needed:
                return _mapping_needed(run, reading)
            try:
                return _write(run, reading)
            except FileRefused as refused:
                return _refused(run, refused, reading)
    except Refused as refused:
        return _refused(run, refused)


def _applied_with(digest: str) -> ImportBatch | None:
    return ImportBatch.objects.filter(
        file_digest=digest, state=BatchState.APPLIED, undoes=None
    ).first()


def _record(run: _Run) -> ImportBatch:
    request = run.request
    return ImportBatch.objects.create(
        pk=run.batch_id,
        kind=request.kind.value,
        state=BatchState.READING,
        file_name=request.name[:250],
        file_digest=run.digest,
        file_size=request.path.stat().st_size,
        file_date=file_date(request.name, today=run.today),
        is_full=request.is_full,
        imported_by_id=run.actor.membership_id,
    )


def _read(run: _Run) -> Reading:
    with tenant_scope(run.tenant_id):
        remembered = {
            mapping.header_digest: ColumnChoice(mapping.columns, mapping.date_order)
            for mapping in ColumnMapping.objects.all()
        }
    return read(
        run.request.path,
        name=run.request.name,
        kind=run.request.kind,
        remembered=remembered,
        choice=run.request.choice,
        on_rows=_progress(run) if run.has_record else None,
    )


def _progress(run: _Run) -> Callable[[int], None]:
    """Return what notes how far the reading is, about once a second."""
    last = time.monotonic()

    def note(rows: int) -> None:
        nonlocal last
        if time.monotonic() - last < SECONDS_BETWEEN_PROGRESS:
            return
        last = time.monotonic()
        with tenant_scope(run.tenant_id):
            ImportBatch.objects.filter(pk=run.batch_id).update(rows_done=rows)

    return note


def _write(run: _Run, reading: Reading) -> ImportResult:
    with suppress(_RolledBack), tenant_scope(run.tenant_id):
        lock_imports()
        known = _applied_with(run.digest)  # the same file may have come in twice at once
        if known is not None and known.pk == run.batch_id:
            return result_of(known, state=known.state)
        if known is not None:
            ImportBatch.objects.filter(pk=run.batch_id).delete()
            return result_of(known, state="duplicate")
        if not run.has_record:
            _record(run)
        batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=run.batch_id)
        _describe(batch, reading, run.request)
        outcome = apply_reading(reading, _order(batch, run))
        result = _conclude(batch, reading, outcome, run)
        if run.is_trial:
            raise _RolledBack
        return result
    if not run.has_record:
        return replace(result, import_id=None, state="staged")
    with tenant_scope(run.tenant_id):
        _keep_rejected(ImportBatch.objects.get(pk=run.batch_id), reading, outcome)
    return replace(result, state="staged")


def lock_imports() -> None:
    """Wait until no other import of the tenant is being written; holds until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"ledger.imports:{current_tenant_id()}"],
        )


def _order(batch: ImportBatch, run: _Run) -> Order:
    return Order(
        batch=batch,
        entity=batch.entity,
        is_full=run.request.is_full,
        actor=run.actor,
        implied_label=_("Settled according to %(name)s") % {"name": run.request.name[:200]},
    )


def _describe(batch: ImportBatch, reading: Reading, request: ImportRequest) -> None:
    """Put on the batch what the file turned out to be; refuse what cannot be written as asked."""
    summary = reading.summary
    batch.kind = reading.kind.value
    batch.encoding = summary["encoding"]
    batch.separator = summary["separator"]
    batch.mapping = column_facts(summary)
    batch.rows = batch.rows_done = summary["rows"]
    batch.state = BatchState.APPLYING
    batch.entity = _entity(request, reading)
    if reading.kind is FileKind.FEC:
        batch.file_date = max(batch.file_date, date.fromisoformat(summary["last_date"]))
        _refuse_before_opening(batch, summary)
    if not summary["accepted"]:
        raise FileRefused("nothing_accepted", name=reading.name, rows=summary["rows"])
    if request.is_full and summary["rejected"]:
        facts = {"rejected": summary["rejected"]}
        raise FileRefused("full_needs_all_rows", name=reading.name, **facts)
    batch.save()
    if request.choice is not None:
        signature = summary["signature"]
        remember_columns(kind=reading.kind, signature=signature, choice=request.choice)


def _entity(request: ImportRequest, reading: Reading) -> Entity | None:
    """Return the entity that the file is of; None when each row names its own."""
    entities = list(Entity.objects.select_related("scope").order_by("code"))
    if not entities:
        raise FileRefused("entity_missing")
    known = ", ".join(entity.code for entity in entities[:20])
    if request.entity_code:
        for entity in entities:
            if entity.code.casefold() == request.entity_code.casefold():
                return entity
        raise FileRefused("entity_unknown", value=request.entity_code, known=known)
    if len(entities) == 1:
        return entities[0]
    by_siren = {entity.siren: entity for entity in entities if entity.siren}
    for siren, entity in by_siren.items():
        if reading.kind is FileKind.FEC and reading.name.startswith(siren):
            return entity
    if reading.kind is FileKind.RECEIVABLES and "entity" in reading.summary["columns"]:
        return None
    raise FileRefused("entity_needed", name=reading.name, count=len(entities), known=known)


def _refuse_before_opening(batch: ImportBatch, summary: Mapping[str, Any]) -> None:
    """Refuse books of a time that a later file has brought forward: they would count twice."""
    later = ImportBatch.objects.filter(
        kind=FileKind.FEC.value,
        state=BatchState.APPLIED,
        entity=batch.entity,
        undoes=None,
        control_totals__opening_date__gt=summary["last_date"],
    ).first()
    if later is not None:
        raise FileRefused(
            "before_opening",
            name=batch.file_name,
            last=summary["last_date"],
            opening=later.control_totals["opening_date"],
            other=later.file_name,
        )


def _conclude(batch: ImportBatch, reading: Reading, outcome: Outcome, run: _Run) -> ImportResult:
    """Flip the batch to applied, in the transaction that wrote everything else."""
    summary = reading.summary
    late = len(set(outcome.rejected_rows))
    problems = _problems(reading, outcome)
    _keep_rejected(batch, reading, outcome)
    batch.state = BatchState.APPLIED
    batch.accepted = summary["accepted"] - late
    batch.rejected = summary["rejected"] + late
    batch.counts = {**outcome.counts, "figures": outcome.figures}
    batch.control_totals = dict(summary["control_totals"])
    if summary.get("opening_date"):
        batch.control_totals["opening_date"] = summary["opening_date"]
    batch.problems = [problem_json(problem) for problem in problems[:MOST_PROBLEMS]]
    batch.applied_at = run.now()
    batch.save()
    audit.record(
        actor=run.actor,
        action="ledger.import_file",
        object_kind="import_batch",
        object_id=batch.pk,
        kind=batch.kind,
        digest=batch.file_digest,
        rows=batch.rows,
        accepted=batch.accepted,
        rejected=batch.rejected,
    )
    return replace(
        result_of(batch, problems=problems),
        columns=column_facts(summary),
        figures=outcome.figures,
    )


def _problems(reading: Reading, outcome: Outcome | None) -> list[Problem]:
    """Return what reading found and what the ledger found, in the order of the file."""
    found = [*reading.problems, *(outcome.problems if outcome else ())]
    return sorted(found, key=lambda each: each.row)


def _keep_rejected(batch: ImportBatch, reading: Reading, outcome: Outcome | None = None) -> None:
    """Keep the rows that were not taken with their cells as read, in the place of those of an earlier trial."""
    cells = dict(reading.rejected)
    rejected = set(cells) | set(outcome.rejected_rows if outcome else ())
    by_row: dict[int, list[dict[str, Any]]] = {}
    for problem in _problems(reading, outcome):
        if problem.row in rejected:
            by_row.setdefault(problem.row, []).append(problem_json(problem))
    StagedRow.objects.filter(batch=batch, is_accepted=False).delete()
    rows = [
        StagedRow(
            batch=batch,
            row=row,
            raw={"cells": cells.get(row, [])},
            problems=by_row.get(row, []),
            is_accepted=False,
        )
        for row in sorted(rejected)
    ]
    StagedRow.objects.bulk_create(rows, batch_size=AT_ONCE)


def result_of(
    batch: ImportBatch, *, state: str = "", problems: list[Problem] | None = None
) -> ImportResult:
    """Return what became of a batch; `problems` in full where they are at hand."""
    told = batch.problems if problems is None else [problem_json(each) for each in problems]
    counts = {name: batch.counts.get(name, {}) for name in ("created", "updated", "unchanged")}
    totals = {key: value for key, value in batch.control_totals.items() if key != "opening_date"}
    return ImportResult(
        batch.pk,
        batch.kind,
        state or batch.state,
        batch.rows,
        batch.accepted,
        batch.rejected,
        counts,
        totals,
        tuple(told),
    )


def column_facts(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a page needs to show and change which column is what."""
    names = ("headers", "columns", "missing", "unsure", "sample", "signature", "date_order")
    return {name: summary[name] for name in names if name in summary}


def _mapping_needed(run: _Run, reading: Reading) -> ImportResult:
    """Leave the file waiting until a person has named its columns."""
    summary = reading.summary
    facts = {"name": run.request.name, "missing": summary["missing"]}
    refusal = FileRefused("mapping_needed", **facts)
    columns = column_facts(summary)
    if run.has_record:
        with tenant_scope(run.tenant_id):
            ImportBatch.objects.filter(pk=run.batch_id).update(
                state=BatchState.MAPPING_NEEDED,
                kind=reading.kind.value,
                encoding=summary["encoding"],
                separator=summary["separator"],
                mapping=columns,
                refusal=refusal.as_json(),
            )
    kept = run.batch_id if run.has_record else None
    return ImportResult(kept, reading.kind.value, "staged", refusal=refusal, columns=columns)


def _refused(run: _Run, refused: Refused, reading: Reading | None = None) -> ImportResult:
    """Note on the batch why nothing was written, with the rows behind it."""
    found = [Problem(*each) for each in getattr(refused, "problems", [])]
    if reading is not None:
        found = reading.problems
    problems = [problem_json(each) for each in found]
    rows = reading.summary["rows"] if reading else 0
    rejected = len(reading.rejected) if reading else 0
    if run.has_record:
        with tenant_scope(run.tenant_id):
            batch = ImportBatch.objects.get(pk=run.batch_id)
            batch.state, batch.refusal = BatchState.REFUSED, refused.as_json()
            batch.rows, batch.rejected = rows, rejected
            batch.problems = problems[:MOST_PROBLEMS]
            batch.save()
            if reading is not None:
                _keep_rejected(batch, reading)
    return ImportResult(
        run.batch_id if run.has_record else None,
        reading.kind.value if reading else run.request.kind.value,
        "refused",
        rows,
        rejected=rejected,
        problems=tuple(problems),
        refusal=refused,
    )


def remember_columns(*, kind: FileKind, signature: str, choice: ColumnChoice) -> None:
    """Keep what a person said about the columns of files with these headers."""
    ColumnMapping.objects.update_or_create(
        kind=kind.value,
        header_digest=signature,
        defaults={"columns": dict(choice.columns), "date_order": choice.date_order},
    )
