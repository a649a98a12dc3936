"""`migrate` runs as a member of the owner role and installs the key that tenant contexts are signed with."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.core.management.commands import migrate
from django.db import connections

from otc.context_key import install_context_key
from otc.quick_states import quick_states


class Command(migrate.Command):
    """Migrate through the connection `migrate`, the only one whose role may change tables."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Take Django's options, with our connection as the default one."""
        super().add_arguments(parser)
        parser.set_defaults(database="migrate")

    def handle(self, *args: Any, **options: Any) -> None:
        """Apply the migrations, then install the context key."""
        with quick_states():
            super().handle(*args, **options)
        with connections[options["database"]].cursor() as cursor:
            install_context_key(cursor, settings.OTC_CONTEXT_KEY)
