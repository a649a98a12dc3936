"""Open a tenant and print the link with which its administrator sets a password."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.core.validators import validate_email, validate_slug
from django.utils import timezone

from accounts.services.passwords import set_password_url
from accounts.services.sign_up import open_first_entity
from accounts.services.tenants import NewTenant, open_tenant
from kernel.commands import JsonCommand

COUNTRY_LETTERS = 2
CURRENCY_LETTERS = 3


class Command(JsonCommand):
    help = __doc__ or ""

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="short name used by commands: letters, digits and dashes")
        parser.add_argument("--name", required=True, help="name of the company")
        parser.add_argument("--admin", required=True, metavar="EMAIL", help="its administrator")
        parser.add_argument("--country", default="FR", help="ISO 3166 code, default FR")
        parser.add_argument("--currency", default="EUR", help="ISO 4217 code, default EUR")
        parser.add_argument("--language", default="fr", choices=["fr", "en"], help="default fr")

    def answer(
        self,
        *,
        slug: str,
        name: str,
        admin: str,
        country: str,
        currency: str,
        language: str,
        **_: Any,
    ) -> Mapping[str, Any]:
        _refuse_wrong_usage(slug=slug, admin=admin, country=country, currency=currency)
        opened = open_tenant(
            NewTenant(
                slug=slug.lower(),
                name=name,
                country=country.upper(),
                currency=currency.upper(),
                language=language,
            ),
            admin_email=admin,
            is_address_proven=True,
            now=timezone.now(),
        )
        open_first_entity(opened.tenant_id)
        return {
            "tenant": slug.lower(),
            "admin": opened.user.email,
            "set_password_url": set_password_url(opened.user),
        }


def _refuse_wrong_usage(*, slug: str, admin: str, country: str, currency: str) -> None:
    try:
        validate_slug(slug)
        validate_email(admin)
    except ValidationError as fault:
        message = f"“{slug}” or “{admin}”: {' '.join(fault.messages)}"
        raise CommandError(message, returncode=2) from fault
    if len(country) != COUNTRY_LETTERS or not country.isalpha():
        message = f"--country takes a code of two letters such as FR, not “{country}”."
        raise CommandError(message, returncode=2)
    if len(currency) != CURRENCY_LETTERS or not currency.isalpha():
        message = f"--currency takes a code of three letters such as EUR, not “{currency}”."
        raise CommandError(message, returncode=2)
