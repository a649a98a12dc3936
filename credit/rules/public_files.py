"""Public files about companies: the insolvencies of URSSAF (procol) and the legal units of Sirene, row by row.

The shapes are those of the French State's early warning project (opensignauxfaibles): `Lib_actx_stdx` names a stage and
an action joined by underscores, days are written `26MAY2014`; a legal unit whose activity is not told in the French
nomenclature of 2008 is skipped, and a day that cannot be read is left out.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

MOST_ROWS = 500_000
MOST_LETTERS = 20_000_000
_SIREN = re.compile(r"\d{9}")
_ACTIONS = ("liquidation", "redressement", "sauvegarde")
KIND_OF_ACTION = {
    "liquidation": "liquidation",
    "redressement": "receivership",
    "sauvegarde": "safeguard",
}
_ENDED = ("solde_procedure", "fin_procedure")


@dataclass(frozen=True, slots=True)
class Proceeding:
    """A row of URSSAF's file: the day it takes effect, the action (redressement…) and its stage."""

    siren: str
    effective: date
    action: str
    stage: str

    @property
    def is_ended(self) -> bool:
        """Return whether the stage closes the procedure."""
        return self.stage in _ENDED


@dataclass(frozen=True, slots=True)
class LegalUnit:
    """A row of Sirene: a company, or a person who trades; an empty day was not told or not readable."""

    siren: str
    name: str
    first_name: str
    last_name: str
    legal_category: str
    activity: str
    activity_new: str
    is_active: bool
    created: date | None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that could not be read, by its number in the file."""

    number: int
    siren: str = ""


def proceedings(lines: Iterable[str]) -> Iterator[Proceeding | Unreadable]:
    """Yield the rows of URSSAF's file of insolvencies."""
    for number, row in enumerate(csv.DictReader(lines, delimiter=";"), start=2):
        if number > MOST_ROWS:
            return
        siren, words = row.get("Siren") or "", (row.get("Lib_actx_stdx") or "").casefold()
        parts = words.split("_")
        action = next((one for one in _ACTIONS if one in parts), "")
        stage = "_".join(part for part in parts if part != action)
        day = _english_day(row.get("Dt_effet") or "")
        if not _SIREN.fullmatch(siren) or not action or not stage or day is None:
            yield Unreadable(number, siren[:9])
            continue
        yield Proceeding(siren, day, action, stage)


_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def _english_day(text: str) -> date | None:
    found = re.fullmatch(r"(\d{1,2})([A-Z]{3})(\d{4})", text.strip().upper())
    if found is None or found[2] not in _MONTHS:
        return None
    try:
        return date(int(found[3]), _MONTHS.index(found[2]) + 1, int(found[1]))
    except ValueError:
        return None


def legal_units(lines: Iterable[str]) -> Iterator[LegalUnit | Unreadable]:
    """Yield the rows of Sirene's file of legal units; those of an older nomenclature are skipped, without a word."""
    for number, row in enumerate(csv.DictReader(lines), start=2):
        if number > MOST_ROWS:
            return
        if row.get("nomenclatureActivitePrincipaleUniteLegale") != "NAFRev2":
            continue
        siren = row.get("siren") or ""
        if not _SIREN.fullmatch(siren):
            yield Unreadable(number, siren[:9])
            continue
        yield LegalUnit(
            siren=siren,
            name=row.get("denominationUniteLegale") or "",
            first_name=row.get("prenom1UniteLegale") or "",
            last_name=row.get("nomUniteLegale") or "",
            legal_category=row.get("categorieJuridiqueUniteLegale") or "",
            activity=row.get("activitePrincipaleUniteLegale") or "",
            activity_new=row.get("activitePrincipaleNAF25UniteLegale") or "",
            is_active=row.get("etatAdministratifUniteLegale") == "A",
            created=_iso_day(row.get("dateCreationUniteLegale") or ""),
        )


def _iso_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
