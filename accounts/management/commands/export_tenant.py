"""Write everything a tenant has to one archive that `import_tenant` reads again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from accounts.models import Tenant
from accounts.queries.tenants import tenant_named
from accounts.services.archives import write_archive
from kernel.commands import JsonCommand
from kernel.tenancy import tenant_scope


class Command(JsonCommand):
    help = __doc__ or ""

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("path", type=Path, help="the zip file to write")

    def answer(self, *, slug: str, path: Path, **_: Any) -> Mapping[str, Any]:
        if not path.parent.is_dir():
            message = f"There is no folder {path.parent} to write {path.name} into."
            raise CommandError(message, returncode=2)
        tenant_id = tenant_named(slug)
        with tenant_scope(tenant_id):
            manifest = write_archive(Tenant.objects.get(), path, now=timezone.now())
        tables = {table["table"]: table["rows"] for table in manifest["tables"]}
        return {
            "tenant": slug,
            "path": str(path),
            "rows": sum(tables.values()),
            "tables": tables,
            "audit_head": manifest["audit_head"],
        }
