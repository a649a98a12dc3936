"""What the pages of the ledger ask of apps further left; settings name the functions that answer."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Protocol, cast
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from ledger.models import DueLine


class ShownStage(Protocol):
    """How far the matter has gone for a line, ready to be shown; `notice` is the number of its formal notice."""

    @property
    def label(self) -> str: ...
    @property
    def tint(self) -> str: ...
    @property
    def notice(self) -> str: ...
    @property
    def notice_date(self) -> date | None: ...


class LineStages(Protocol):
    """Tells the stage of due lines (`settings.OTC_LINE_STAGES`)."""

    def __call__(self, lines: Iterable[DueLine], *, today: date) -> Mapping[UUID, ShownStage]:
        """Return the stage of each line that still owes anything."""


def line_stages() -> LineStages:
    """Return the function that the settings name."""
    return cast("LineStages", import_string(settings.OTC_LINE_STAGES))
