"""Take a file of customers' debts into a tenant's ledger: a FEC, or receivables as CSV or XLSX."""

from argparse import ArgumentTypeError
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.models import Tenant
from accounts.queries.tenants import tenant_named
from kernel.commands import JsonCommand
from kernel.permissions import system_actor
from kernel.tenancy import tenant_scope
from ledger.imports.parsers.headers import RECEIVABLES_FIELDS
from ledger.imports.reader import ColumnChoice
from ledger.imports.rows import FileKind
from ledger.imports.services import ImportRequest, run_import


def named_column(text: str) -> tuple[str, str]:
    """Read `FIELD=HEADER`; an empty header leaves the field out."""
    name, equals, header = text.partition("=")
    if not equals or name not in RECEIVABLES_FIELDS:
        fields = ", ".join(RECEIVABLES_FIELDS)
        raise ArgumentTypeError(f"{text!r} is not FIELD=HEADER with FIELD one of {fields}")
    return name, header


class Command(JsonCommand):
    help = __doc__ or ""

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, metavar="PATH")
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--kind", choices=[kind.value for kind in FileKind], default="auto")
        parser.add_argument("--entity", default="", metavar="CODE")
        parser.add_argument("--dry-run", action="store_true", help="say what it would do")
        parser.add_argument(
            "--full",
            action="store_true",
            help="a full picture: what is open and not in the file was settled by its date",
        )
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            type=named_column,
            metavar="FIELD=HEADER",
            help="which column holds a field; remembered for files with the same headers",
        )
        parser.add_argument("--date-order", choices=["dmy", "mdy"], default="")

    def answer(
        self,
        *,
        path: Path,
        tenant: str,
        kind: str,
        entity: str,
        dry_run: bool,
        full: bool,
        map: Sequence[tuple[str, str]],  # noqa: A002  the option's name
        date_order: str,
        **_: Any,
    ) -> Mapping[str, Any]:
        tenant_id = tenant_named(tenant)
        with tenant_scope(tenant_id):
            zone = ZoneInfo(Tenant.objects.get().time_zone)
        is_choice = bool(map or date_order)
        result = run_import(
            ImportRequest(
                path=path,
                name=path.name,
                kind=FileKind(kind),
                entity_code=entity,
                is_full=full,
                is_dry_run=dry_run,
                choice=ColumnChoice(dict(map), date_order) if is_choice else None,
            ),
            tenant_id=tenant_id,
            actor=system_actor(tenant_id),
            today=datetime.now(zone).date(),
            now=timezone.now,
        )
        return result.as_json()

    def lines(self, answer: Mapping[str, Any]) -> Iterable[str]:
        yield f"{answer['kind']}: {answer['state']}"
        yield f"rows: {answer['rows']} ({answer['accepted']} accepted, {answer['rejected']} rejected)"
        for verb in ("created", "updated", "unchanged"):
            told = ", ".join(f"{count} {name}" for name, count in answer[verb].items() if count)
            if told:
                yield f"{verb}: {told}"
        for problem in answer["problems"]:
            yield f"{problem['row']}: {problem['message']}"
