"""What credit needs from outside; settings name the classes that fill these, in `integrations` or further left."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol, cast
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from credit.rules.company_facts import Company


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


class ProviderError(Exception):
    """A provider gave no usable answer: `code` says how, `is_lasting` that asking again soon will not help."""

    def __init__(self, code: str, words: str = "", *, is_lasting: bool = False) -> None:
        super().__init__(f"{code}: {words}" if words else code)
        self.code = code
        self.is_lasting = is_lasting


class CompanyInformation(Protocol):
    """Answers about one company, by its SIREN."""

    def look_up(self, siren: str) -> Company | None:
        """Return what is known of the company, None when it is not known there. Raises ProviderError."""


class InsurerCovers(Protocol):
    """Reads the covers of one policy from an insurer's system."""

    def covers(self, policy_number: str, key: str) -> list[dict[str, str]]:
        """Return each cover as texts by `credit.rules.covers.Field`. Raises ProviderError."""


def information_from(source: str) -> CompanyInformation | None:
    """Return what answers for a source; None where the settings leave it off."""
    address, _key = settings.OTC_INFORMATION.get(source, ("", ""))
    if not address:
        return None
    made = import_string(settings.OTC_INFORMATION_CLIENTS[source])
    return cast("CompanyInformation", made())


def insurer_covers() -> InsurerCovers | None:
    """Return what reads covers from the insurer's system; None where the settings leave it off."""
    if not settings.OTC_INSURER_URL:
        return None
    return cast("InsurerCovers", import_string(settings.OTC_INSURER_COVERS)())


def insurer_key(tenant_slug: str, policy_number: str) -> str:
    """Return the key of a tenant's policy, empty without one; a policy's number alone opens nothing."""
    keys: Mapping[str, str] = settings.OTC_INSURER_KEYS
    return keys.get(f"{tenant_slug}/{policy_number}", "")


def pdf_press() -> Callable[[str], bytes]:
    """Return what makes a PDF of a page of HTML (`settings.OTC_PDF_PRESS`); it may refuse in words."""
    return cast("Callable[[str], bytes]", import_string(settings.OTC_PDF_PRESS))


@dataclass(frozen=True, slots=True)
class LegalEvent:
    """A procedure against a company: safeguard, receivership or liquidation, from a day until another, excluded."""

    code: str
    from_date: date
    until_date: date | None
    source: str

    def is_on(self, day: date) -> bool:
        """Return whether the procedure was known and ran on `day`."""
        return self.from_date <= day and (self.until_date is None or day < self.until_date)


@dataclass(frozen=True, slots=True)
class Broken:
    """How many promises to pay a customer broke, and the last day on which one was due."""

    count: int
    last_date: date


class ChaseFacts(Protocol):
    """What the chase knows of customers that credit asks for; None asks for all of them in one question."""

    def legal_events(
        self, customer_ids: Collection[UUID] | None
    ) -> Mapping[UUID, tuple[LegalEvent, ...]]:
        """Return each customer's procedures, past ones included; who has none is absent."""

    def broken_promises(
        self, customer_ids: Collection[UUID] | None, *, since: date, today: date
    ) -> Mapping[UUID, Broken]:
        """Return the promises broken whose last day lies between `since` and yesterday."""


def chase_facts() -> ChaseFacts:
    """Return who tells what the chase knows (`settings.OTC_CHASE_FACTS`)."""
    return cast("ChaseFacts", import_string(settings.OTC_CHASE_FACTS)())
