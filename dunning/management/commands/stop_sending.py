"""The red button: nothing leaves any more, what is queued included; `--resume` lets it go again."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.look_ups import tenant_ids
from accounts.queries.tenants import tenant_named
from dunning.models import SwitchScope
from dunning.services.barriers import resume_sending, stop_sending
from kernel.commands import JsonCommand
from kernel.permissions import system_actor
from kernel.tenancy import tenant_scope


class Command(JsonCommand):
    help = __doc__ or ""

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", help="default: every tenant of the house")
        parser.add_argument("--reason", default="", help="why nothing may leave")
        parser.add_argument("--resume", action="store_true")

    def answer(
        self, *, tenant: str | None, reason: str, resume: bool, **_: Any
    ) -> Mapping[str, Any]:
        scope = SwitchScope.TENANT if tenant else SwitchScope.HOUSE
        tenants = [tenant_named(tenant)] if tenant else tenant_ids()
        for tenant_id in tenants:
            actor, now = system_actor(tenant_id), timezone.now()
            with tenant_scope(tenant_id):
                if resume:
                    resume_sending(actor=actor, now=now, scope=scope)
                else:
                    stop_sending(actor=actor, reason=reason, now=now, scope=scope)
        return {"tenants": len(tenants), "stopped": not resume}
