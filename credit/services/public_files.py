"""Taking in public files about companies: events and facts of those who are customers; nobody else is kept."""

import csv
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, ClassVar

from django.utils.translation import gettext as _

from accounts.services import audit
from credit.models import LookUp, LookUpState, Source
from credit.rules.company_facts import Company, Event
from credit.rules.public_files import (
    KIND_OF_ACTION,
    MOST_LETTERS,
    LegalUnit,
    Proceeding,
    Unreadable,
    legal_units,
    proceedings,
)
from credit.services.information import keep_events
from kernel.errors import Refused
from kernel.permissions import Actor
from ledger.models import Customer


class PublicFileRefused(Refused):
    """The file cannot be taken in."""

    code: ClassVar[str] = "public_file_refused"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a file: rows read, rows about customers, what was new, and rows that could not be read."""

    rows: int
    customers: int
    new: int
    unreadable: int


def take_in_file(*, content: IO[bytes], name: str, actor: Actor, now: datetime) -> Taken:
    """Take in URSSAF's insolvencies or Sirene's legal units, whichever the headings say. Raises PublicFileRefused."""
    given = content.read(MOST_LETTERS + 1)
    if len(given) > MOST_LETTERS:
        raise PublicFileRefused(
            _("%(name)s is larger than 20 MB: cut it to the departments of your customers.")
            % {"name": name}
        )
    try:
        lines = given.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as fault:
        raise PublicFileRefused(
            _("%(name)s is not a text file in UTF-8.") % {"name": name}
        ) from fault
    heading = lines[0] if lines else ""
    try:
        if "Lib_actx_stdx" in heading:
            taken = _proceedings(lines, now)
        elif "nomenclatureActivitePrincipaleUniteLegale" in heading:
            taken = _units(lines, now)
        else:
            raise PublicFileRefused(
                _(
                    "%(name)s has the headings of neither URSSAF's insolvencies nor Sirene's legal units."
                )
                % {"name": name}
            )
    except csv.Error as fault:
        raise PublicFileRefused(
            _("%(name)s cannot be read as a table.") % {"name": name}
        ) from fault
    audit.record(
        actor=actor,
        action="credit.take_in_events",
        object_kind="public_file",
        rows=taken.rows,
        customers=taken.customers,
        new=taken.new,
        unreadable=taken.unreadable,
    )
    return taken


def _known(sirens: set[str]) -> set[str]:
    rows = Customer.objects.filter(siren__in=sirens).exclude(siren="")
    return set(rows.values_list("siren", flat=True))


def _proceedings(lines: list[str], now: datetime) -> Taken:
    rows = list(proceedings(lines))
    read = [row for row in rows if isinstance(row, Proceeding)]
    known = _known({row.siren for row in read})
    new = 0
    for row in read:
        if row.siren not in known:
            continue
        kind = "ended" if row.is_ended else KIND_OF_ACTION[row.action]
        notice = f"{row.action}-{row.stage}-{row.effective:%Y%m%d}"
        event = Event(kind, row.effective.isoformat(), notice, f"{row.stage} {row.action}")
        new += keep_events([event], siren=row.siren, source=Source.URSSAF, now=now)
    return Taken(
        len(rows), sum(1 for row in read if row.siren in known), new, len(rows) - len(read)
    )


def _units(lines: list[str], now: datetime) -> Taken:
    rows = list(legal_units(lines))
    read = [row for row in rows if isinstance(row, LegalUnit)]
    known = _known({row.siren for row in read})
    kept = [row for row in read if row.siren in known]
    LookUp.objects.bulk_create(
        LookUp(
            source=Source.SIRENE,
            siren=row.siren,
            state=LookUpState.FOUND,
            facts=_company(row).as_json(),
            asked_at=now,
            answered_at=now,
        )
        for row in kept
    )
    bad = sum(1 for row in rows if isinstance(row, Unreadable))
    return Taken(len(rows), len(kept), len(kept), bad)


def _company(row: LegalUnit) -> Company:
    created: date | None = row.created
    return Company(
        siren=row.siren,
        name=row.name or f"{row.first_name} {row.last_name}".strip(),
        is_active=row.is_active,
        created_on=created.isoformat() if created else "",
        activity_code=row.activity,
    )
