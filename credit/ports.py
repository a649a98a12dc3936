"""What credit needs from outside; settings name the classes in `integrations` that fill these."""

from collections.abc import Mapping
from typing import Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string


class ExportTarget(Protocol):
    """Calls the accounting system of a tenant."""

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> str:
        """Send `body`; return what went wrong in a few words, empty when the peer took it."""

    def problem_with(self, url: str) -> str:
        """Return why an address cannot be called at all, in words; empty when it can."""


def export_target() -> ExportTarget | None:
    """Return what calls out (`settings.OTC_EXPORT_TARGET`); None where calls are switched off."""
    name: str = getattr(settings, "OTC_EXPORT_TARGET", "")
    return cast("ExportTarget", import_string(name)()) if name else None
