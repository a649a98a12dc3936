"""Recompute a tenant's audit chain and hold it against the anchors kept outside the database."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from accounts.queries.tenants import tenant_named
from accounts.services.anchors import verify_anchored_chain
from kernel.commands import JsonCommand
from kernel.tenancy import tenant_scope


class Command(JsonCommand):
    help = __doc__ or ""

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG")

    def answer(self, *, tenant: str, **_: Any) -> Mapping[str, Any]:
        tenant_id = tenant_named(tenant)
        with tenant_scope(tenant_id):
            verdict = verify_anchored_chain(tenant_id)
        answer: dict[str, Any] = {"events": verdict.events, "first_broken": verdict.first_broken}
        if verdict.first_broken is not None:
            answer["error"] = {
                "code": "audit_chain_broken",
                "message": f"The audit trail of {tenant} was changed: event {verdict.first_broken} is the first "
                f"that does not hold. Compare it with a backup or an anchor.",
                "details": {"first_broken": verdict.first_broken},
            }
        return answer
