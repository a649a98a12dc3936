"""The one function that runs in the sandbox: a file comes in, lines, settlements and a report go out."""

from collections.abc import Callable
from itertools import islice
from typing import Any, BinaryIO, TypeAlias

from kernel.sandbox_child import Declined
from ledger.imports.parsers.fec import read_fec
from ledger.imports.parsers.headers import (
    RECEIVABLES_FIELDS,
    REQUIRED,
    mapped,
    recognise,
    recognise_fec,
    signature,
)
from ledger.imports.parsers.receivables import (
    ReceivablesReading,
    control_totals,
    data_rows,
    survey,
)
from ledger.imports.parsers.report import Report
from ledger.imports.parsers.tables import Table, open_text, open_workbook
from ledger.imports.rows import FileKind

Summary: TypeAlias = dict[str, Any]
SAMPLE_ROWS = 5


def read_file(
    source: BinaryIO, options: dict[str, Any], *, emit: Callable[[int, bytes], None]
) -> Summary:
    """Read a file and return what it is, what it adds up to and what is wrong with it.

    `options`: `container` (text or workbook), `kind`, `mappings` (header signature to the columns
    and the date order a person once named) and `mapping` (columns named for this very file).
    The answer's `state` is `read`, or `mapping_needed` when a required column is not known.
    """
    table = open_workbook(source) if options["container"] == "workbook" else open_text(source)
    kind = _kind(table, FileKind(options["kind"]))
    report = Report(emit)
    summary: Summary = {
        "state": "read",
        "kind": kind.value,
        "encoding": table.encoding,
        "separator": table.separator,
        "header_row": table.header_row,
        "headers": table.headers,
        "signature": signature(table.headers),
    }
    if kind is FileKind.FEC:
        summary |= read_fec(table, report)
    else:
        summary |= _read_receivables(table, options, report)
    return summary | report.as_json()


def _kind(table: Table, asked: FileKind) -> FileKind:
    is_fec = recognise_fec(table.headers) is not None
    if asked is FileKind.FEC and not is_fec:
        raise Declined("fec_headers_missing", headers=", ".join(table.headers)[:300])
    if asked is FileKind.AUTO:
        return FileKind.FEC if is_fec else FileKind.RECEIVABLES
    return asked


def _read_receivables(table: Table, options: dict[str, Any], report: Report) -> Summary:
    known = options.get("mappings", {}).get(signature(table.headers), {})
    named = options.get("mapping") or known.get("columns") or {}
    columns = mapped(table.headers, named) if named else recognise(table.headers)
    answer: Summary = {
        "columns": {name: table.headers[at] for name, at in columns.positions.items()},
        "unsure": list(columns.unsure),
        "missing": columns.missing,
        "fields": list(RECEIVABLES_FIELDS),
        "required": list(REQUIRED),
        "sample": [cells for _row, cells in islice(data_rows(table), SAMPLE_ROWS)],
    }
    if columns.missing:
        return answer | {"state": "mapping_needed"}
    order = options.get("date_order") or known.get("date_order", "")
    habits = survey(table, columns, order)
    reading = ReceivablesReading(columns, len(table.headers), habits, report)
    reading.read(data_rows(table))
    return answer | {
        "date_order": habits.dates.order.value,
        "date_order_is_proven": habits.dates.is_proven,
        "decimal_mark": habits.mark,
        "control_totals": control_totals(reading.totals),
    }
