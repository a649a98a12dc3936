"""What the page of an import shows at each of its steps: file, columns, check, preview, write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kernel import formats
from kernel.components import Stage
from kernel.http import TenantRequest
from kernel.money import Money
from ledger.imports.messages import field_label
from ledger.imports.queries import Correction, corrections
from ledger.imports.undo import UNDO_WITHIN
from ledger.lists import with_query
from ledger.models import BatchState, Document, ImportBatch
from ledger.queries.imports import WITH_A_WORKER
from ledger.queries.paging import Page, bounds
from ledger.services.batches import can_be_undone
from ledger.views.import_words import (
    DOCUMENT_SUMS,
    FIGURES,
    GROUPS,
    KINDS,
    OBJECTS,
    refusal_sentence,
)

PAGE_ROWS: Final = 50
MOST_TOLD: Final = 1_000  # problems kept with the batch; the rest stand with their rows
WIDEST_SAMPLE: Final = 5


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a worker is: rows read of about `total` (0: not known), as a share of 100."""

    title: str
    text: str
    share: int


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """A column of the file and what it is taken for; `label` is empty for one that is left out."""

    header: str
    label: str
    sample: str
    is_sure: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Problems that one correction settles, in how many rows, with the address of these rows."""

    title: str
    correction: Correction
    count: int
    url: str


@dataclass(frozen=True, slots=True)
class Sums:
    """A line of the control totals: amounts in the order of their headings."""

    label: str
    amounts: Sequence[Money]
    count: int | None = None
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class Control:
    """Control totals as a table, and what they are compared with."""

    headings: Sequence[str]
    rows: Sequence[Sums]
    checks: Sequence[tuple[str, Money, bool]]


def is_working(batch: ImportBatch) -> bool:
    """Return whether the batch waits for a worker or is with one."""
    return batch.state in WITH_A_WORKER


def stages(batch: ImportBatch, request: TenantRequest) -> list[Stage]:
    """Return the five steps with where the import stands."""
    language = request.actor.language
    state = batch.state
    order = {
        BatchState.MAPPING_NEEDED: 1,
        BatchState.RECEIVED: 2,
        BatchState.READING: 2,
        BatchState.REFUSED: 2,
        BatchState.STAGED: 3,
        BatchState.APPLYING: 4,
        BatchState.APPLIED: 5,
        BatchState.UNDONE: 5,
    }
    at = order[BatchState(state)]
    sent = formats.clock(batch.created_at.astimezone(ZoneInfo(request.tenant.time_zone)), language)
    known = len(known_columns(batch))
    details = [
        _("sent in at %(time)s") % {"time": sent},
        ngettext("%(count)s recognised", "%(count)s recognised", known) % {"count": known}
        if known
        else "",
        _check_detail(state),
        _("before and after"),
        _("undone") if state == BatchState.UNDONE else _("can be undone for 24 hours"),
    ]
    names = [_("File"), _("Columns"), _("Check"), _("Preview"), _("Write")]
    return [
        Stage(name, _stage_state(index, at, state), detail)
        for index, (name, detail) in enumerate(zip(names, details, strict=True))
    ]


def _check_detail(state: str) -> str:
    if state == BatchState.REFUSED:
        return _("refused, nothing is written")
    if state in {BatchState.RECEIVED, BatchState.READING}:
        return _("under way, nothing is written")
    return ""


def _stage_state(index: int, at: int, state: str) -> str:
    if index < at:
        return "done"
    if index > at:
        return ""
    return "no" if state == BatchState.REFUSED else "now"


def progress(batch: ImportBatch, language: str) -> Progress:
    """Return how far the worker is, in words and for the bar."""
    done = formats.number(batch.rows_done, language)
    share = min(99, 100 * batch.rows_done // batch.rows) if batch.rows else 0
    if batch.state == BatchState.RECEIVED:
        return Progress(_("Waiting for a worker"), _("It starts within seconds."), 0)
    is_written = batch.state == BatchState.APPLYING
    title = _("Writing into the ledger") if is_written else _("Checking the file")
    if not batch.rows:
        text = _("%(done)s rows read") % {"done": done}
    else:
        total = formats.number(batch.rows, language)
        facts = {"done": done, "total": total, "share": share}
        text = _("%(share)s %%: row %(done)s of %(total)s") % facts
    return Progress(title, text, share)


def known_columns(batch: ImportBatch) -> dict[str, str]:
    """Return the header of each field: a batch keeps them with the headers, or alone once it is written."""
    columns = batch.mapping.get("columns", batch.mapping)
    return {name: header for name, header in columns.items() if isinstance(header, str)}


def column_rows(batch: ImportBatch) -> list[ColumnRow]:
    """Return every column of the file with what it was recognised as and a value of it."""
    fields: dict[str, list[str]] = {}
    for name, header in known_columns(batch).items():
        fields.setdefault(header, []).append(name)
    unsure = set(batch.mapping.get("unsure", ()))
    sample = batch.mapping.get("sample") or []
    headers = batch.mapping.get("headers") or list(fields)
    return [
        ColumnRow(
            header=header,
            label=", ".join(field_label(name) for name in fields.get(header, ())),
            sample=_first_value(sample, index),
            is_sure=not unsure & set(fields.get(header, ())),
        )
        for index, header in enumerate(headers)
        if header
    ]


def _first_value(sample: Sequence[Sequence[str]], index: int) -> str:
    values = (row[index].strip() for row in sample if index < len(row))
    return next((value for value in values if value), "")[:40]


def groups(batch: ImportBatch, request: TenantRequest) -> list[Group]:
    """Return the problems grouped by what has to be done."""
    return [
        Group(
            title=str(GROUPS.get(found.code, found.column_label)),
            correction=found,
            count=len(set(found.rows)),
            url=with_query(request.GET, code=found.code, column=found.column or None) + "#rows",
        )
        for found in corrections(batch)
    ]


def problem_rows(batch: ImportBatch, request: TenantRequest) -> Page[Mapping[str, Any]]:
    """Return a page of the problems row by row, of one group when the query string says so."""
    code, column = request.GET.get("code", ""), request.GET.get("column", "")
    chosen: list[Mapping[str, Any]] = [
        {**problem, "label": field_label(problem["column"]) if problem["column"] else ""}
        for problem in batch.problems
        if (not code or problem["code"] == code) and (not column or problem["column"] == column)
    ]
    asked = request.GET.get("page", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1  # noqa: PLR2004  a page
    page, cut = bounds(number, PAGE_ROWS, len(chosen))
    return Page(chosen[cut], page, PAGE_ROWS, len(chosen))


def preview(batch: ImportBatch) -> list[tuple[str, int, int, int]]:
    """Return what writing does (or did) per kind of object: created, updated, unchanged."""
    counts = [batch.counts.get(verb, {}) for verb in ("created", "updated", "unchanged")]
    rows = []
    for name, label in OBJECTS.items():
        figures = [count.get(name, 0) for count in counts]
        if any(figures):
            rows.append((str(label), *figures))
    return rows


def other_figures(batch: ImportBatch) -> list[tuple[str, int]]:
    """Return what else writing does, such as documents settled because the file leaves them out."""
    figures = batch.counts.get("figures", {})
    return [(str(label), figures[name]) for name, label in FIGURES.items() if figures.get(name)]


def control(batch: ImportBatch, currency: str) -> Control | None:
    """Return the control totals of a file: of a FEC, tied to the customer accounts; None when there are none."""
    totals = batch.control_totals
    if "receivables" in totals:
        return _control_of_books(batch, totals, currency)
    if "by_currency" in totals:
        return _control_of_receivables(totals["by_currency"], currency)
    return None


def _sums(label: str, sums: Mapping[str, str], currency: str, *, is_total: bool = False) -> Sums:
    amounts = [Money(Decimal(sums[side]), currency) for side in ("debit", "credit", "balance")]
    return Sums(label, amounts, is_total=is_total)


def _control_of_books(batch: ImportBatch, totals: Mapping[str, Any], currency: str) -> Control:
    accounts = totals.get("accounts", {})
    rows = [
        _sums(_("Account %(code)s") % {"code": code}, sums, currency)
        for code, sums in accounts.items()
    ]
    rows.append(_sums(_("Customer accounts (411)"), totals["receivables"], currency, is_total=True))
    rows.append(_sums(_("Whole file"), totals["file"], currency))
    whole = Money(Decimal(totals["file"]["balance"]), currency)
    checks = [(_("Debit less credit of the whole file"), whole, whole.amount == 0)]
    written = _written_alone(batch)
    if written is not None:
        gap = Money(written - Decimal(totals["receivables"]["balance"]), currency)
        checks.append((_("Written into the ledger less account 411"), gap, gap.amount == 0))
    return Control([_("Debit"), _("Credit"), _("Balance")], rows, checks)


def _written_alone(batch: ImportBatch) -> Decimal | None:
    """Return what this import alone put into the ledger; None unless all of the file was new to it."""
    if batch.state != BatchState.APPLIED or batch.rejected:
        return None
    known = sum(batch.counts.get(verb, {}).get("documents", 0) for verb in ("updated", "unchanged"))
    if known or any(problem["code"] == "opening_known" for problem in batch.problems):
        return None
    written = Document.objects.filter(batch=batch).aggregate(sum=Sum("amount"))["sum"]
    return written or Decimal(0)


def _control_of_receivables(by_currency: Mapping[str, Any], currency: str) -> Control:
    rows = []
    for code, sums in by_currency.items():
        unit = code or currency
        for name, label in DOCUMENT_SUMS.items():
            if name in sums:
                part = sums[name]
                amounts = [Money(Decimal(part[key]), unit) for key in ("amount", "open")]
                rows.append(Sums(str(label), amounts, part["count"]))
        amounts = [Money(Decimal(sums[key]), unit) for key in ("amount", "open")]
        rows.append(Sums(_("Total in %(currency)s") % {"currency": unit}, amounts, is_total=True))
    return Control([_("Amount, tax included"), _("Still open")], rows, [])


def lede(batch: ImportBatch, language: str) -> str:
    """Return what the file is, in a line: name, size, rows, separator and encoding as far as they are known."""
    parts = [batch.file_name, _size(batch.file_size, language)]
    if batch.rows and not is_working(batch):
        rows = formats.number(batch.rows, language)
        parts.append(ngettext("%(rows)s row", "%(rows)s rows", batch.rows) % {"rows": rows})
    separators = {";": _("semicolon"), ",": _("comma"), "\t": _("tab"), "|": _("vertical bar")}
    if batch.separator in separators:
        parts.append(_("separator %(name)s") % {"name": separators[batch.separator]})
    if batch.encoding:
        parts.append(batch.encoding.upper())
    return ", ".join(parts) + "."


def _size(count: int, language: str) -> str:
    """Return a number of bytes in megabytes with one decimal, below a tenth of one in kilobytes."""
    if count < 100_000:  # noqa: PLR2004  a tenth of a megabyte
        return _("%(size)s kB") % {"size": formats.number(-(-count // 1000), language)}
    megabytes = formats.number(Decimal(count) / 1_000_000, language, decimals=1)
    return _("%(size)s MB") % {"size": megabytes}


def wizard(batch: ImportBatch, request: TenantRequest) -> dict[str, Any]:
    """Return the context of the page of an import."""
    language = request.actor.language
    return {
        "batch": batch,
        "kind": KINDS.get(batch.kind, batch.kind),
        "lede": lede(batch, language),
        "stages": stages(batch, request),
        "is_working": is_working(batch),
        "progress": progress(batch, language),
        "refusal": refusal_sentence(batch.refusal) if batch.state == BatchState.REFUSED else "",
        "refusal_code": (batch.refusal or {}).get("code", ""),
        "groups": groups(batch, request),
        "problems": problem_rows(batch, request),
        "problems_are_cut": len(batch.problems) >= MOST_TOLD,
        "is_one_group": bool(request.GET.get("code")),
        "columns": column_rows(batch),
        "preview": preview(batch),
        "figures": other_figures(batch),
        "control": control(batch, request.tenant.currency),
        "can_write": batch.state == BatchState.STAGED,
        "can_name": batch.state in {BatchState.MAPPING_NEEDED, BatchState.STAGED}
        and "signature" in batch.mapping
        and batch.kind == "receivables",
        "can_drop": batch.state
        in {
            BatchState.RECEIVED,
            BatchState.READING,
            BatchState.MAPPING_NEEDED,
            BatchState.STAGED,
            BatchState.REFUSED,
        },
        "can_undo": can_be_undone(batch, now=request.now),
        "undo_until": batch.applied_at + UNDO_WITHIN if batch.applied_at else None,
    }
