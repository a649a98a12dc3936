"""Take an import back by a compensating batch, within 24 hours."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Tenant
from accounts.queries.tenants import tenant_named
from kernel.commands import JsonCommand
from kernel.permissions import system_actor
from kernel.tenancy import tenant_scope
from ledger.imports.undo import UndoRefused, undo_import
from ledger.models import ImportBatch


class Command(JsonCommand):
    help = __doc__ or ""

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("import_id", type=UUID, metavar="IMPORT_ID")
        parser.add_argument("--tenant", required=True, metavar="SLUG")

    def answer(self, *, import_id: UUID, tenant: str, **options: Any) -> Mapping[str, Any]:
        tenant_id = tenant_named(tenant)
        with tenant_scope(tenant_id):
            batch = ImportBatch.objects.filter(pk=import_id).first()
            if batch is None:
                raise UndoRefused(_("There is no import %(id)s.") % {"id": import_id})
            made = undo_import(
                batch=batch,
                actor=system_actor(tenant_id),
                today=datetime.now(ZoneInfo(Tenant.objects.get().time_zone)).date(),
                now=timezone.now(),
            )
            return {
                "import_id": str(batch.pk),
                "state": "undone",
                "undone_by": str(made.pk),
                "created": made.counts["created"],
            }
