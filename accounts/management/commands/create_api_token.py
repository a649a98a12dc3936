"""Make a key to the API for a colleague and print its secret, once."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.models import Membership
from accounts.queries.tenants import actor_with_address, tenant_named
from accounts.services.tokens import grantable_scopes, issue_token
from kernel.commands import JsonCommand
from kernel.tenancy import tenant_scope


class Command(JsonCommand):
    help = __doc__ or ""

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the tenant")
        parser.add_argument("--owner", required=True, metavar="EMAIL", help="for whom the key acts")
        parser.add_argument("--name", required=True, help="what the key is for")
        parser.add_argument(
            "--days", type=int, default=90, help="how long it lives, default 90, at most 365"
        )
        parser.add_argument(
            "--scope",
            action="append",
            metavar="PERMISSION",
            help="repeat; default all of the API column",
        )

    def answer(
        self, *, slug: str, owner: str, name: str, days: int, scope: list[str] | None, **_: Any
    ) -> Mapping[str, Any]:
        now = timezone.now()
        with tenant_scope(tenant_named(slug)):
            actor = actor_with_address(owner)
            token, secret = issue_token(
                name=name,
                owner=Membership.objects.get(email__iexact=owner),
                scopes=scope or grantable_scopes(),
                expires_on=now.date() + timedelta(days=days),
                actor=actor,
                now=now,
            )
        return {"token": secret, "expires_at": token.expires_at, "scopes": token.scopes}
