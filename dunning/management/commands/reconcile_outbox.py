"""After a restored backup: compare the outbox with what left, and let messages leave again."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.look_ups import tenant_ids
from accounts.queries.tenants import tenant_named
from dunning.channels import carriers, mail_evidence
from dunning.services.barriers import reconcile_outbox
from kernel.commands import JsonCommand
from kernel.permissions import system_actor
from kernel.tenancy import tenant_scope


class Command(JsonCommand):
    help = __doc__ or ""

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", help="default: every tenant")

    def answer(self, *, tenant: str | None, **_: Any) -> Mapping[str, Any]:
        looked_up = found_sent = unanswered = 0
        providers = carriers()
        tenants = [tenant_named(tenant)] if tenant else tenant_ids()
        for tenant_id in tenants:
            with tenant_scope(tenant_id):
                result = reconcile_outbox(
                    actor=system_actor(tenant_id),
                    evidence=mail_evidence(),
                    now=timezone.now(),
                    carriers=providers,
                )
            looked_up += result.looked_up
            found_sent += result.found_sent
            unanswered += result.unanswered
        for provider in providers.values():
            provider.close()
        return {
            "tenants": len(tenants),
            "looked_up": looked_up,
            "found_sent": found_sent,
            "unanswered": unanswered,
        }
