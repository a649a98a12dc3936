"""The port through which published insolvencies come in: one class of `integrations` fills it, off by default."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True, slots=True)
class PublishedInsolvency:
    """A judgment as an official gazette published it; `procedure` is one of `dunning.models.Procedure`."""

    notice_id: str
    siren: str
    procedure: str
    judgment_date: date
    published_date: date
    court: str


class InsolvencyWatch(Protocol):
    """Reads what a gazette published; asks for days, never for customers, so that it tells nobody whom we know."""

    def published(self, first: date, last: date) -> Iterable[PublishedInsolvency]:
        """Return the openings and conversions published from `first` to `last`, both included."""


def insolvency_watch() -> InsolvencyWatch | None:
    """Return the watch that the settings name, None while it is switched off."""
    if not getattr(settings, "OTC_BODACC_URL", ""):
        return None
    made: InsolvencyWatch = import_string(settings.OTC_INSOLVENCY_WATCH)()
    return made
