"""Open an archive written by `export_tenant` as a new tenant."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.core.validators import validate_slug

from accounts.services.archives import import_tenant
from kernel.commands import JsonCommand


class Command(JsonCommand):
    help = __doc__ or ""

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="the zip file to read")
        parser.add_argument(
            "--slug", required=True, metavar="NEW", help="short name of the new tenant"
        )

    def answer(self, *, path: Path, slug: str, **_: Any) -> Mapping[str, Any]:
        try:
            validate_slug(slug)
        except ValidationError as fault:
            message = f"--slug takes letters, digits and dashes, not “{slug}”."
            raise CommandError(message, returncode=2) from fault
        tenant, rows = import_tenant(path, slug=slug.lower())
        return {"tenant": tenant.slug, "rows": rows}
