"""`portal_link --tenant SLUG --customer CODE`: a fresh link to a customer's page."""

from collections.abc import Mapping
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.look_ups import tenant_of_slug
from accounts.models import Tenant
from kernel.commands import JsonCommand
from kernel.errors import Refused
from kernel.permissions import system_actor
from kernel.tenancy import tenant_scope
from ledger.models import Customer
from portal.services import IssuedLink, issue_link


class NobodyThere(Refused):
    """There is no such tenant, or no such customer in it."""

    code: ClassVar[str] = "not_found"
    status: ClassVar[int] = 404


class Command(JsonCommand):
    help = "Issue a link to a customer's page; the address is shown this once."

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--customer", required=True, metavar="CODE")

    def answer(self, *arguments: Any, **options: Any) -> Mapping[str, Any]:
        issued = _issued(options["tenant"], options["customer"])
        return {"url": issued.url, "expires_at": issued.expires_at.isoformat()}


def _issued(slug: str, code: str) -> IssuedLink:
    tenant_id = tenant_of_slug(slug)
    if tenant_id is None:
        raise NobodyThere(
            _("There is no tenant %(slug)s. Check the name, or create it with create_tenant.")
            % {"slug": slug},
            tenant=slug,
        )
    with tenant_scope(tenant_id):
        customer = Customer.objects.filter(code=code).first()
        if customer is None:
            raise NobodyThere(
                _("There is no customer %(code)s in %(slug)s. Codes are those of your ledger.")
                % {"code": code, "slug": slug},
                tenant=slug,
                customer=code,
            )
        zone = ZoneInfo(Tenant.objects.get(pk=tenant_id).time_zone)
        today = timezone.now().astimezone(zone).date()
        return issue_link(customer=customer, actor=system_actor(tenant_id), today=today)
