"""From a record of the BODACC to the insolvency it publishes; the natures are free words of the gazette."""

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Any

from dunning.watch import PublishedInsolvency

_SIREN = re.compile(r"^\d{9}$")
_OPENS = ("ouverture", "ouvrant", "conversion", "extension", "resolution", "reprise", "prononcant")
_NOT_OURS = ("cloture", "liste des", "depot", "arretant le plan", "modifiant", "delai")
_PROCEDURES = (  # the gravest first
    ("liquidation judiciaire", "liquidation"),
    ("redressement judiciaire", "receivership"),
    ("sauvegarde", "safeguard"),
)


def procedure_of(nature: str, complement: str = "") -> str | None:
    """Return the procedure a judgment opens or converts to, None where it opens none or ends one.

    The nature decides; an unnamed opening ("Autre jugement d'ouverture") is told by its complement. Of two procedures
    named the graver one counts: a conversion names the one that is left too.
    """
    words = _plain(nature)
    if not words.startswith(("jugement", "autre jugement", "arret")):
        return None
    if any(word in words for word in _NOT_OURS) or not any(word in words for word in _OPENS):
        return None
    named = _plain(complement) if words.startswith("autre") else words
    return next((procedure for name, procedure in _PROCEDURES if name in named), None)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.replace("’", "'")).casefold()
    return "".join(letter for letter in folded if not unicodedata.combining(letter)).strip()


def insolvency_of(record: Mapping[str, Any]) -> PublishedInsolvency | None:
    """Return what a record of either shape of the API publishes, None where it is no insolvency or cannot be read.

    The old shape wraps the facts in `fields` and writes `registre` with a comma; the new one has a list. `jugement`
    is JSON inside a string in both. A judgment without a day counts as of its publication, the safe day for freezing.
    """
    facts = record.get("fields") or record
    if facts.get("familleavis") != "collective":
        return None
    judgment = _inner(facts.get("jugement"))
    procedure = procedure_of(
        str(judgment.get("nature") or ""), str(judgment.get("complementJugement") or "")
    )
    siren = _siren(facts.get("registre"))
    published = _day(facts.get("dateparution"))
    notice_id = str(facts.get("id") or "")
    if procedure is None or not siren or published is None or not notice_id:
        return None
    judged = _day(judgment.get("date")) or published
    return PublishedInsolvency(
        notice_id=notice_id,
        siren=siren,
        procedure=procedure,
        judgment_date=min(judged, published),
        published_date=published,
        court=str(facts.get("tribunal") or "")[:150],
    )


def _inner(text: object) -> dict[str, Any]:
    if isinstance(text, dict):
        return text
    try:
        found = json.loads(str(text or "{}"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _siren(registre: object) -> str:
    given = registre if isinstance(registre, list) else str(registre or "").split(",")
    for text in given:
        digits = str(text).replace(" ", "").replace("\u00a0", "")
        if _SIREN.match(digits):
            return digits
    return ""


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text or "")[:10])
    except ValueError:
        return None
