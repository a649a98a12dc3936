"""What every list of the application shares: columns, chips, saved views and exports, all kept in the query string."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from django.http import FileResponse, HttpResponse, QueryDict
from django.utils.translation import gettext as _

from accounts.models import SavedView
from accounts.services import audit
from accounts.step_up import ask_again, is_fresh
from kernel.components import Chip, Link
from kernel.http import TenantRequest
from kernel.tables_export import CSV_MEDIA_TYPE, XLSX_MEDIA_TYPE, Cell, write_csv, write_xlsx

Row = TypeVar("Row")

SPOOLED_BYTES = 8 * 1024 * 1024  # a larger export goes to disk
FORMATS = {"csv": CSV_MEDIA_TYPE, "xlsx": XLSX_MEDIA_TYPE}


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """A column of a list: its name in the query string, its heading, and what an export writes in its cells."""

    name: str
    label: str
    cell: Callable[[Row], Cell]
    is_default: bool = True


def shown_columns(query: QueryDict, columns: Sequence[Column[Row]]) -> set[str]:
    """Return the names of the columns to show: those asked for, else the default ones."""
    asked = {
        name for name in query.getlist("columns") if name in {column.name for column in columns}
    }
    return asked or {column.name for column in columns if column.is_default}


def column_choices(query: QueryDict, columns: Sequence[Column[Row]]) -> list[dict[str, object]]:
    """Return what the column picker offers."""
    shown = shown_columns(query, columns)
    return [
        {"name": column.name, "label": column.label, "is_shown": column.name in shown}
        for column in columns
    ]


def with_query(query: QueryDict, **changes: str | None) -> str:
    """Return the query string with `changes`, back on the first page; None takes a parameter away."""
    changed = query.copy()
    changed.pop("page", None)
    for name, value in changes.items():
        if value is None:
            changed.pop(name, None)
        else:
            changed[name] = value
    return f"?{changed.urlencode()}"


def choice_chip(query: QueryDict, name: str, label: str, choices: Mapping[str, str]) -> Chip:
    """Return the chip of a filter with a closed list of values."""
    current = query.get(name, "")
    return Chip(
        label=label,
        value=choices.get(current, current),
        options=[
            Link(with_query(query, **{name: value}), text, is_current=value == current)
            for value, text in choices.items()
        ],
        remove_url=with_query(query, **{name: None}) if current else "",
        is_on=bool(current),
    )


def value_chip(query: QueryDict, name: str, label: str, value: str) -> Chip | None:
    """Return the chip of a filter that came by a link and can only be removed; None when it is not set."""
    if not query.get(name):
        return None
    return Chip(label=label, value=value, remove_url=with_query(query, **{name: None}), is_on=True)


def export_links(query: QueryDict) -> list[Link]:
    """Return the downloads of the filter as it stands."""
    return [Link(with_query(query, format=name), name.upper()) for name in FORMATS]


def saved_views(request: TenantRequest, page: str, ready: Sequence[tuple[str, str]]) -> list[Link]:
    """Return the tabs of a list: the ready views (label, query), then the person's own and shared ones."""
    own = SavedView.objects.filter(membership=request.actor.membership_id, page=page)
    current = _plain(request.GET.urlencode())
    return [
        Link(f"?{query}" if query else request.path, label, is_current=_plain(query) == current)
        for label, query in [*ready, *((view.name, view.query) for view in own)]
    ]


def _plain(query: str) -> list[tuple[str, str]]:
    """Return a query string in a form that can be compared: order and page do not matter."""
    pairs = QueryDict(query).lists()
    return sorted(
        (name, value) for name, values in pairs if name != "page" for value in values if value
    )


def exported(
    request: TenantRequest,
    *,
    name: str,
    columns: Sequence[Column[Row]],
    rows: Iterable[Row],
) -> HttpResponse:
    """Return the file asked for by `?format=`, with the shown columns; who exported what is in the audit trail.

    Asks for a fresh proof of identity first (RELIABILITY D20, row 29). The file is complete before it is sent: a
    stream would outlive the tenant's transaction.
    """
    if not request.tenant.is_demo and not is_fresh(request):
        return ask_again(request)
    kind = request.GET["format"] if request.GET.get("format") in FORMATS else "csv"
    shown = shown_columns(request.GET, columns)
    chosen = [column for column in columns if column.name in shown]
    counted = _Counted(rows)
    lines = ([column.cell(row) for column in chosen] for row in counted)
    headings = [column.label for column in chosen]
    file = tempfile.SpooledTemporaryFile(max_size=SPOOLED_BYTES)  # noqa: SIM115  FileResponse closes it
    if kind == "csv":
        write_csv(file, headings, lines, language=request.actor.language)
    else:
        write_xlsx(file, headings, lines, sheet_name=name)
    audit.record(
        actor=request.actor,
        action="ledger.export",
        object_kind=name,
        rows=counted.count,
        filter=request.GET.urlencode(),
    )
    file.seek(0)
    answer = FileResponse(
        file,
        as_attachment=True,
        filename=f"{name}-{request.today.isoformat()}.{kind}",
        content_type=FORMATS[kind],
    )
    return cast("HttpResponse", answer)  # django-stubs keep the two apart


class _Counted(Generic[Row]):
    """Rows that are counted while they pass."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            self.count += 1
            yield row


def yes(condition: bool) -> str:  # noqa: FBT001  a cell's value
    """Return the word a spreadsheet shows for a truth."""
    return _("yes") if condition else ""
