"""Covers taken in from an insurer's file or system: read, judged row by row, shown, then applied whole or not at all.

An import stores what came in as text; its verdicts are counted anew each time it is looked at and once more when it is
applied, so that nothing is taken in on the strength of an old look. Undone, its rows never were: what stood before
stands again, for every day.
"""

import hashlib
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import IO, ClassVar

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.services import audit
from credit.models import (
    Cover,
    CoverImport,
    CoverOrigin,
    ImportState,
    InsurerColumns,
    InsurerPolicy,
)
from credit.queries.insurance import last_words, policies_on
from credit.rules.cover_files import lines_of, read_table
from credit.rules.covers import (
    Change,
    CoverWord,
    Field,
    Line,
    Standing,
    Terms,
    Verdict,
    judge,
    loses,
    missing,
    recognise,
    same_company,
    without_doubles,
)
from credit.services.cover_losses import warn_of_losses
from kernel.errors import Refused
from kernel.money import Money
from kernel.permissions import Actor
from kernel.sandbox import Declined, run_limited
from ledger.imports import gate
from ledger.imports.messages import FileRefused
from ledger.imports.parsers.headers import signature
from ledger.models import Customer, TimelineKind
from ledger.rules.identifiers import vat_of_siren
from ledger.services.history import note_each

MOST_BYTES = 20_000_000
ROWS_KEPT = timedelta(days=90)
IN_FORCE = frozenset(
    {Change.NEW, Change.RAISED, Change.LOWERED, Change.CLOSED, Change.PENDING, Change.CHANGED}
)


class CoverImportRefused(Refused):
    """The file cannot be taken in, or taken back, so."""

    code: ClassVar[str] = "cover_import_refused"


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would do: a verdict for each row, and which columns are still to be named."""

    verdicts: list[Verdict]
    missing: tuple[str, ...]
    customers: Mapping[str, Customer]

    @property
    def counts(self) -> dict[str, int]:
        """Return how many rows do what."""
        found: dict[str, int] = {}
        for one in self.verdicts:
            found[one.change.value] = found.get(one.change.value, 0) + 1
        found["losses"] = sum(1 for one in self.verdicts if loses(one))
        return found


def receive_file(
    *, policy: InsurerPolicy, content: IO[bytes], name: str, actor: Actor, now: datetime
) -> CoverImport:
    """Read an insurer's file, CSV or XLSX, and keep it to be looked at; nothing of it counts yet.

    Raises FileRefused for a file that is no table, too large or harmful, and CoverImportRefused.
    """
    own_name = Path(name.replace("\\", "/")).name[-250:]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        digest = _store(content, path, own_name)
        container = gate.inspect(path, name=own_name)
        try:
            with path.open("rb") as source:
                table = run_limited(read_table, container.value, source=source)
        except Declined as declined:
            raise FileRefused(declined.code, **{"name": own_name, **declined.facts}) from declined
    named = InsurerColumns.objects.filter(
        insurer=policy.insurer, signature=table["signature"]
    ).first()
    columns = recognise(table["headers"], named.columns if named else None)
    row = CoverImport.objects.create(
        insurer=policy.insurer,
        policy_number=policy.number,
        origin=CoverOrigin.FILE,
        state=ImportState.PREVIEWED,
        file_name=own_name,
        file_digest=digest,
        headers=table["headers"],
        columns={name.value: table["headers"][at] for name, at in columns.items()},
        rows=table["rows"],
        taken_by_id=actor.membership_id,
        received_at=now,
    )
    _keep(row, "receive_covers", actor)
    return row


def _store(content: IO[bytes], path: Path, name: str) -> str:
    digest = hashlib.sha256()
    size = 0
    with path.open("wb") as target:
        while block := content.read(1 << 18):
            size += len(block)
            if size > MOST_BYTES:
                raise FileRefused("file_too_large", name=name, bytes=size, limit=MOST_BYTES)
            digest.update(block)
            target.write(block)
    return digest.hexdigest()


def name_columns(*, batch: CoverImport, columns: Mapping[str, str], actor: Actor) -> CoverImport:
    """Say which column holds what; remembered for the insurer's next file of this shape. Raises CoverImportRefused."""
    row = _previewed(batch)
    chosen = {
        Field(name).value: heading
        for name, heading in columns.items()
        if name in set(Field) and heading in row.headers
    }
    if len(set(chosen.values())) < len(chosen):
        raise CoverImportRefused(
            _("One column of %(name)s is named for two things: choose another for one of them.")
            % {"name": row.file_name}
        )
    # What was left out on purpose is remembered as empty, so that it is not guessed again.
    whole = {one.value: chosen.get(one.value, "") for one in Field}
    InsurerColumns.objects.update_or_create(
        insurer=row.insurer, signature=signature(row.headers), defaults={"columns": whole}
    )
    row.columns = chosen
    row.save(update_fields=["columns"])
    _keep(row, "name_cover_columns", actor)
    return row


def preview(batch: CoverImport, *, today: date) -> Preview:
    """Return what an import would do to what is known now; writes nothing."""
    named = {one.value: batch.columns.get(one.value, "") for one in Field}
    columns = recognise(batch.headers, named)
    lost = missing(columns)
    if lost:
        return Preview([], lost, {})
    lines = lines_of([(number, cells) for number, cells in batch.rows], columns)
    return _judged(lines, policy_of(batch, today), today)


def policy_of(batch: CoverImport, today: date) -> InsurerPolicy:
    """Return the clauses an import is judged by. Raises CoverImportRefused once no such policy is in force."""
    found = next((one for one in policies_on(today) if one.number == batch.policy_number), None)
    if found is None:
        raise CoverImportRefused(
            _("No policy %(number)s is in force today: confirm it first, then take the covers in.")
            % {"number": batch.policy_number}
        )
    return found


def _judged(lines: list[Line], policy: InsurerPolicy, today: date) -> Preview:
    customers = _customers(lines)
    by_code = {one.code.upper(): one for one in customers}
    by_siren: dict[str, list[Customer]] = {}
    by_vat: dict[str, list[Customer]] = {}
    for one in customers:
        siren = one.siren or (one.vat_number[-9:] if one.vat_number.startswith("FR") else "")
        by_siren.setdefault(siren, []).append(one)
        by_vat.setdefault(one.vat_number, []).append(one)
    words = last_words([one.pk for one in customers], date.max)
    known = {
        ident: _standing(cover)
        for ident, covers in words.items()
        for cover in covers
        if cover.policy_number == policy.number
    }
    terms = Terms(policy.currency, policy.currencies, today)
    verdicts = []
    for line in lines:
        if line.code:
            found = [by_code[line.code.upper()]] if line.code.upper() in by_code else []
        else:
            found = by_siren.get(line.siren, []) if line.siren else by_vat.get(line.vat, [])
        before = known.get(found[0].pk) if len(found) == 1 else None
        verdict = judge(line, [one.code for one in found], before, terms)
        verdicts.append(_doubted(verdict, line, found))
    return Preview(without_doubles(verdicts), (), {one.code: one for one in customers})


def _doubted(verdict: Verdict, line: Line, found: list[Customer]) -> Verdict:
    """Refuse a row whose code and SIREN name two companies; say so where only the names differ."""
    if verdict.change is Change.REFUSED or not found:
        return verdict
    customer = found[0]
    if line.siren and customer.siren and line.siren != customer.siren:
        facts = {"code": customer.code, "given": line.siren, "known": customer.siren}
        return Verdict(
            line, Change.REFUSED, None, verdict.before, customer.code, "other_company", (), facts
        )
    if same_company(line.name, customer.name):
        return verdict
    return Verdict(
        line, verdict.change, verdict.after, verdict.before, verdict.customer, "",
        (*verdict.notes, "name_differs"), {"given": line.name[:80], "known": customer.name},
    )  # fmt: skip


def _customers(lines: Iterable[Line]) -> list[Customer]:
    rows = list(lines)
    sirens = {line.siren for line in rows if line.siren}
    codes = {line.code for line in rows if line.code} | {
        line.code.upper() for line in rows if line.code
    }
    vats = {line.vat for line in rows if line.vat}
    vats |= {number for siren in sirens if (number := vat_of_siren(siren))}
    return list(
        Customer.objects.filter(
            Q(code__in=codes) | Q(siren__in=sirens) | Q(vat_number__in=vats)
        ).select_related("risk_owner")
    )


def _standing(cover: Cover) -> Standing:
    return Standing(
        CoverWord(cover.state), cover.amount, cover.currency, cover.valid_from, cover.valid_until, cover.reference
    )  # fmt: skip


def apply_import(*, batch: CoverImport, actor: Actor, now: datetime, today: date) -> CoverImport:
    """Take the covers of an import in, all that were not refused, in one transaction. Raises CoverImportRefused.

    Whoever loses cover is told about to the owner of his risk, and put forward for a hold where he owes more.
    """
    list(InsurerPolicy.objects.select_for_update().filter(number=batch.policy_number))
    row = _previewed(batch)
    if row.file_digest and _same_applied(row):
        raise CoverImportRefused(
            _("%(name)s was taken in already: nothing would change. Undo that import first.")
            % {"name": row.file_name}
        )
    policy = policy_of(row, today)
    found = preview(row, today=today)
    if found.missing:
        raise CoverImportRefused(
            _(
                "%(name)s: name the columns first, in which the amount and the customer's SIREN stand."
            )
            % {"name": row.file_name or row.insurer}
        )
    taken = [one for one in found.verdicts if one.change in IN_FORCE and one.after is not None]
    if not taken and not any(one.change is Change.SAME for one in found.verdicts):
        raise CoverImportRefused(
            _("No row of %(name)s can be taken in: each one says why below.")
            % {"name": row.file_name or row.insurer}
        )
    Cover.objects.bulk_create(
        (_cover(one, found.customers[one.customer], row, now) for one in taken), batch_size=1000
    )
    row.state, row.applied_at, row.counts = ImportState.APPLIED, now, found.counts
    row.save(update_fields=["state", "applied_at", "counts"])
    note_each(
        {found.customers[one.customer].pk: _told(one, policy) for one in taken},
        kind=TimelineKind.CHANGE,
        text_code="credit.cover_changed",
        actor=actor,
    )
    _keep(row, "apply_covers", actor)
    lost = {found.customers[one.customer]: one for one in taken if loses(one)}
    warn_of_losses(lost, policy=policy, batch=row, now=now, today=today)
    return row


def _cover(verdict: Verdict, customer: Customer, batch: CoverImport, now: datetime) -> Cover:
    after, line = verdict.after, verdict.line
    assert after is not None  # noqa: S101  chosen by the caller
    return Cover(
        customer=customer,
        policy_number=batch.policy_number,
        state=after.state.value,
        amount=after.amount,
        requested_amount=line.requested,
        currency=after.currency,
        valid_from=after.valid_from,
        valid_until=after.valid_until,
        reference=after.reference,
        reason=line.reason,
        came_with=batch,
        recorded_at=now,
    )


def _told(verdict: Verdict, policy: InsurerPolicy) -> dict[str, object]:
    after = verdict.after
    assert after is not None  # noqa: S101  chosen by the caller
    return {
        "insurer": policy.insurer,
        "amount": Money(after.amount, after.currency).as_json(),
        "day": after.valid_from.isoformat(),
    }


def undo_import(*, batch: CoverImport, actor: Actor, now: datetime) -> CoverImport:
    """Take an import back: what each insurer had said before stands again. Raises CoverImportRefused."""
    row = CoverImport.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if row.state == ImportState.UNDONE:
        return row
    if row.state != ImportState.APPLIED:
        raise CoverImportRefused(_("Only an import that was taken in can be undone."))
    _person(actor)
    touched = list(row.covers.values_list("customer_id", flat=True))
    row.covers.update(undone_at=now)
    row.state, row.undone_by_id, row.undone_at = ImportState.UNDONE, actor.membership_id, now
    row.save(update_fields=["state", "undone_by", "undone_at"])
    note_each(
        {ident: {"insurer": row.insurer} for ident in touched},
        kind=TimelineKind.CHANGE,
        text_code="credit.cover_undone",
        actor=actor,
    )
    _keep(row, "undo_covers", actor)
    return row


def drop_import(*, batch: CoverImport, actor: Actor) -> None:
    """Forget a file that was never taken in. Raises CoverImportRefused once it was."""
    row = _previewed(batch)
    _keep(row, "drop_covers", actor)
    row.delete()


def forget_old_rows(*, now: datetime) -> int:
    """Empty what came in more than 90 days ago, and drop files nobody took in; covers and counts stay (D22)."""
    old = CoverImport.objects.filter(received_at__lt=now - ROWS_KEPT)
    dropped, _each = old.filter(state=ImportState.PREVIEWED).delete()
    return dropped + old.exclude(rows=[]).update(rows=[])


def _previewed(batch: CoverImport) -> CoverImport:
    row = CoverImport.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if row.state != ImportState.PREVIEWED:
        raise CoverImportRefused(
            _("%(name)s is no longer waiting: it was taken in, undone or failed.")
            % {"name": row.file_name or row.insurer}
        )
    return row


def _same_applied(row: CoverImport) -> bool:
    return CoverImport.objects.filter(
        policy_number=row.policy_number, file_digest=row.file_digest, state=ImportState.APPLIED
    ).exists()


def _person(actor: Actor) -> None:
    if actor.kind != "person" or actor.membership_id is None:
        raise CoverImportRefused(_("This is a person's act, never a machine's (S12)."))


def _keep(row: CoverImport, verb: str, actor: Actor) -> None:
    counts = {key: value for key, value in row.counts.items() if isinstance(value, int)}
    audit.record(
        actor=actor,
        action=f"credit.{verb}",
        object_kind="cover_import",
        object_id=row.pk,
        origin=row.origin,
        rows=len(row.rows),
        **counts,
    )
