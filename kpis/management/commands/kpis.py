"""Every indicator of a scope on a day, whole or split into groups."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.models import Tenant
from accounts.queries.tenants import tenant_named
from kernel.commands import JsonCommand
from kernel.tenancy import tenant_scope
from kpis.queries import FigurePerimeter, FigureScope, Grouping, indicator_document


class Command(JsonCommand):
    help = __doc__ or ""

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument(
            "--as-of", type=date.fromisoformat, metavar="DATE", help="default: today"
        )
        parser.add_argument("--scope", default="/", metavar="PATH", help="default: the whole group")
        parser.add_argument("--by", type=Grouping, choices=list(Grouping), help="split into groups")
        parser.add_argument(
            "--perimeter",
            type=FigurePerimeter,
            choices=list(FigurePerimeter),
            default=FigurePerimeter.OPERATIONAL,
            help="which receivables count; default: operational",
        )

    def answer(
        self,
        *,
        tenant: str,
        as_of: date | None,
        scope: str,
        by: Grouping | None,
        perimeter: FigurePerimeter,
        **_: Any,
    ) -> Mapping[str, Any]:
        with tenant_scope(tenant_named(tenant)):
            return indicator_document(
                FigureScope(as_of or _today(), path=scope, perimeter=perimeter),
                tenant_slug=tenant,
                grouping=by,
            )

    def lines(self, answer: Mapping[str, Any]) -> Iterable[str]:
        for key, value in answer.items():
            if key == "groups":
                for group in value:
                    yield f"{group['key']}: {group['receivables']} {group['currency']}, {group['overdue']} overdue"
            elif isinstance(value, Mapping):
                yield from (f"{key}.{name}: {one}" for name, one in value.items())
            else:
                yield f"{key}: {value}"


def _today() -> date:
    zone = ZoneInfo(Tenant.objects.get().time_zone)
    return timezone.now().astimezone(zone).date()
