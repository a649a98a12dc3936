"""Taking an import back by a compensating batch: every figure of every day is as if it never was.

Nothing is deleted. What the import allocated is reversed on the day it counted from; each document
it made is met by a counter-document of the same day and settled by it; documents it changed get
back what they were; disputes it declared end on the day they began. The made documents leave their
numbers, so that a corrected file can come in.
"""

from datetime import date, datetime, timedelta
from typing import ClassVar, Final
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.services import audit
from kernel.errors import Refused
from kernel.identifiers import uuid7
from kernel.permissions import Actor
from ledger.imports.ports import dispute_withdrawal
from ledger.imports.services import lock_imports
from ledger.imports.workspace import Workspace
from ledger.models import Allocation, BatchState, ImportBatch
from ledger.services.allocations import recompute_lines

UNDO_WITHIN: Final = timedelta(hours=24)
MOST_NAMED: Final = 5


class UndoRefused(Refused):
    """The import cannot be taken back any more, or not yet."""

    code: ClassVar[str] = "undo_refused"


def undo_import(*, batch: ImportBatch, actor: Actor, today: date, now: datetime) -> ImportBatch:
    """Take an applied import back and return the compensating batch, in the open transaction.

    Allowed for 24 hours, while nothing else has settled its documents, and latest import first.
    Customers and contacts it made stay. Raises UndoRefused.
    """
    lock_imports()
    undone = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    _refuse(undone, now)
    made = ImportBatch.objects.create(
        pk=uuid7(),
        kind=undone.kind,
        state=BatchState.APPLIED,
        file_name=undone.file_name,
        file_digest=undone.file_digest,
        file_date=today,
        entity=undone.entity,
        undoes=undone,
        imported_by_id=actor.membership_id,
        applied_at=now,
    )
    # First, while the documents are still found under the import that made them.
    disputes = dispute_withdrawal()(batch_id=undone.pk, actor=actor)
    counts = {**_compensate(undone, made), "disputes_taken_back": disputes}
    made.counts = {"created": counts, "updated": {}, "unchanged": {}}
    made.save(update_fields=["counts"])
    undone.state = BatchState.UNDONE
    undone.save(update_fields=["state"])
    audit.record(
        actor=actor,
        action="ledger.undo_import",
        object_kind="import_batch",
        object_id=undone.pk,
        compensating=str(made.pk),
        decided=today.isoformat(),
        **counts,
    )
    return made


def _refuse(batch: ImportBatch, now: datetime) -> None:
    name = {"name": batch.file_name}
    if batch.state != BatchState.APPLIED or batch.undoes_id is not None:
        raise UndoRefused(_("%(name)s is not written; there is nothing to undo.") % name)
    if batch.applied_at is None or now - batch.applied_at > UNDO_WITHIN:
        raise UndoRefused(
            _("%(name)s was written more than 24 hours ago. Correct it by a new file instead.")
            % name
        )
    later = ImportBatch.objects.filter(
        state=BatchState.APPLIED, undoes=None, created_at__gt=batch.created_at
    ).first()
    if later is not None:
        raise UndoRefused(
            _("%(other)s was written after %(name)s. Undo that import first.")
            % {**name, "other": later.file_name}
        )
    used = _settled_by_others(batch)
    if used:
        raise UndoRefused(
            _(
                "Documents of %(name)s have been settled since: %(numbers)s. Take these allocations back "
                "first."
            )
            % {**name, "numbers": ", ".join(used)}
        )


def _settled_by_others(batch: ImportBatch) -> list[str]:
    """Return the numbers of documents of the batch that allocations of others touch."""
    live = Allocation.objects.exclude(batch=batch).filter(reverses=None, reversed_by=None)
    numbers = {
        number
        for side in ("debit_line", "credit_line")
        for number in live.filter(**{f"{side}__document__batch": batch}).values_list(
            f"{side}__document__number", flat=True
        )[:MOST_NAMED]
    }
    return sorted(numbers)[:MOST_NAMED]


def _compensate(undone: ImportBatch, made: ImportBatch) -> dict[str, int]:
    work = Workspace(made.pk, made.file_date)
    work.allow_time()
    names = {"undone": str(undone.pk), "mark": undone.pk.hex[-6:]}
    touched = work.rows(_TOUCHED, **names)
    reversed_count = work.run(_REVERSE_ALLOCATIONS, **names)
    restored = work.run(_RESTORE_DOCUMENTS, **names)
    work.run(_RESTORE_LINES, **names)
    work.run(_FREE_NUMBERS, **names)
    documents = work.run(_COUNTER_DOCUMENTS, **names)
    work.run(_COUNTER_LINES, **names)
    work.run(_COUNTER_ALLOCATIONS, **names)
    ids: set[UUID] = {line_id for (line_id,) in touched}
    ids |= {line_id for (line_id,) in work.rows(_OF_UNDONE, **names)}
    recompute_lines(ids)
    return {
        "documents": documents,
        "documents_restored": restored,
        "allocations_reversed": reversed_count,
    }


_TOUCHED: Final = """
    SELECT debit_line_id FROM ledger_allocation WHERE batch_id = %(undone)s
    UNION SELECT credit_line_id FROM ledger_allocation WHERE batch_id = %(undone)s
"""

# Reversals that the import itself made are left: what they set free was never right to hold.
_REVERSE_ALLOCATIONS: Final = """
    INSERT INTO ledger_allocation (id, tenant_id, debit_line_id, credit_line_id, amount, effective_date,
        reverses_id, batch_id, created_at)
    SELECT uuidv7(), %(tenant)s, made.debit_line_id, made.credit_line_id, -made.amount, made.effective_date,
        made.id, %(batch)s, now()
    FROM ledger_allocation made
    WHERE made.batch_id = %(undone)s AND made.reverses_id IS NULL
        AND NOT EXISTS (SELECT FROM ledger_allocation taken WHERE taken.reverses_id = made.id)
"""

_RESTORE_DOCUMENTS: Final = """
    UPDATE ledger_document document
    SET issue_date = (kept.facts #>> '{before,issue_date}')::date,
        currency = kept.facts #>> '{before,currency}',
        amount = (kept.facts #>> '{before,amount}')::numeric,
        amount_excl_tax = (kept.facts #>> '{before,amount_excl_tax}')::numeric,
        order_number = kept.facts #>> '{before,order_number}',
        perimeter = kept.facts #>> '{before,perimeter}'
    FROM ledger_stagedrow kept
    WHERE kept.batch_id = %(undone)s AND kept.facts ? 'before' AND document.id = (kept.facts ->> 'document')::uuid
"""

# Lines that the changed document did not have before are brought to zero.
_RESTORE_LINES: Final = """
    UPDATE ledger_dueline line
    SET amount = coalesce(before.amount, 0), open_amount = coalesce(before.amount, 0),
        is_open = coalesce(before.amount, 0) <> 0, cleared_date = NULL,
        due_date = coalesce(before.due_date, line.due_date),
        contractual_due_date = coalesce(before.contractual_due_date, line.contractual_due_date),
        is_estimated = coalesce(before.is_estimated, line.is_estimated),
        issue_date = document.issue_date, currency = document.currency, perimeter = document.perimeter
    FROM ledger_dueline own
    JOIN ledger_document document ON document.id = own.document_id
    JOIN ledger_stagedrow kept ON kept.batch_id = %(undone)s AND kept.facts ? 'before'
        AND document.id = (kept.facts ->> 'document')::uuid
    LEFT JOIN LATERAL jsonb_to_recordset(kept.facts #> '{before,lines}') AS before (
        id uuid, amount numeric(19,4), due_date date, contractual_due_date date, is_estimated boolean
    ) ON before.id = own.id
    WHERE own.id = line.id
"""

_FREE_NUMBERS: Final = """
    UPDATE ledger_document SET number = left(number, 64) || ' [' || %(mark)s || ']', is_opening = true,
        linked_number = '', linked_document_id = NULL
    WHERE batch_id = %(undone)s
"""

_COUNTER_DOCUMENTS: Final = """
    INSERT INTO ledger_document (id, tenant_id, entity_id, customer_id, kind, number, issue_date, currency, amount,
        amount_excl_tax, original_currency, perimeter, is_opening, linked_document_id, linked_number, order_number,
        label, batch_id, created_at)
    SELECT uuidv7(), %(tenant)s, entity_id, customer_id,
        CASE kind WHEN 'invoice' THEN 'credit_note' WHEN 'credit_note' THEN 'invoice' ELSE 'payment' END,
        number || ' R', issue_date, currency, -amount, -amount_excl_tax, '', perimeter, true, id, '', '',
        label, %(batch)s, now()
    FROM ledger_document WHERE batch_id = %(undone)s
"""

_COUNTER_LINES: Final = """
    INSERT INTO ledger_dueline (id, tenant_id, document_id, number, due_date, contractual_due_date, is_estimated,
        amount, open_amount, is_open, redated_reason, entity_id, customer_id, kind, issue_date, currency, perimeter)
    SELECT uuidv7(), %(tenant)s, counter.id, line.number, line.due_date, line.contractual_due_date, false,
        -line.amount, -line.amount, line.amount <> 0, '', line.entity_id, line.customer_id, counter.kind,
        line.issue_date, line.currency, line.perimeter
    FROM ledger_document counter JOIN ledger_dueline line ON line.document_id = counter.linked_document_id
    WHERE counter.batch_id = %(batch)s
"""

_COUNTER_ALLOCATIONS: Final = """
    INSERT INTO ledger_allocation (id, tenant_id, debit_line_id, credit_line_id, amount, effective_date, batch_id,
        created_at)
    SELECT uuidv7(), %(tenant)s, CASE WHEN line.amount > 0 THEN line.id ELSE own.id END,
        CASE WHEN line.amount > 0 THEN own.id ELSE line.id END, abs(line.amount), line.issue_date, %(batch)s, now()
    FROM ledger_document counter
    JOIN ledger_dueline own ON own.document_id = counter.id
    JOIN ledger_dueline line ON line.document_id = counter.linked_document_id AND line.number = own.number
    WHERE counter.batch_id = %(batch)s AND line.amount <> 0
"""

_OF_UNDONE: Final = """
    SELECT line.id FROM ledger_dueline line JOIN ledger_document document ON document.id = line.document_id
    WHERE document.batch_id IN (%(undone)s, %(batch)s)
        OR document.id IN (SELECT (facts ->> 'document')::uuid FROM ledger_stagedrow
            WHERE batch_id = %(undone)s AND facts ? 'before')
"""
