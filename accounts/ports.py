"""What accounts needs from the house that assembles it; settings name the modules that fill these in."""

from collections.abc import Callable, Mapping
from datetime import datetime
from importlib import import_module
from typing import Any, Protocol, cast
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from kernel.permissions import Cell, Grant, Held


class RolePage(Protocol):
    """The one page that says which role holds what (`settings.OTC_ROLES`)."""

    LABELS: Mapping[str, Any]
    COLLEAGUES: tuple[str, ...]
    API_CLIENT: str
    ACTIONS: tuple[str, ...]
    CELLS: Mapping[tuple[str, str], Cell | None]

    def conflict(self, roles: frozenset[str]) -> tuple[str, str, str] | None:
        """Return two roles that one person may not hold and the rule that says so; None when all agree."""

    def permissions_of(self, grants: tuple[Grant, ...]) -> dict[str, tuple[Held, ...]]:
        """Return every permission that the grants give."""


def role_page() -> RolePage:
    """Return the page of roles that the settings name."""
    return cast("RolePage", import_module(settings.OTC_ROLES))


def role_label(role: str) -> str:
    """Return the name of a role in the reader's language; the code itself when it is unknown."""
    return str(role_page().LABELS.get(role, role))


SampleLoader = Callable[[UUID, datetime], None]


def sample_loader() -> SampleLoader | None:
    """Return what fills a new tenant with sample data (`settings.OTC_SAMPLE_DATA`); None where there is none."""
    name: str = getattr(settings, "OTC_SAMPLE_DATA", "")
    return cast("SampleLoader", import_string(name)) if name else None


EntityOpener = Callable[..., None]


def entity_opener() -> EntityOpener | None:
    """Return what makes the legal entity of a scope node (`settings.OTC_ENTITY_OPENER`); None where there is none."""
    name: str = getattr(settings, "OTC_ENTITY_OPENER", "")
    return cast("EntityOpener", import_string(name)) if name else None
