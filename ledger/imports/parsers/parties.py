"""The part of a row that speaks of the customer, the contact and the entity.

It repeats from row to row, so each distinct combination of cells is worked out once.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from ledger.imports.parsers.values import ValueProblem, clean, email
from ledger.imports.parsers.vocabulary import country, language
from ledger.imports.rows import Party
from ledger.rules.identifiers import siren_of, vat_number

Finding = tuple[str, str, dict[str, Any]]

PARTY_FIELDS: Final = Party._fields[1:]
LENGTHS: Final = {
    "entity": 200,
    "customer_code": 60,
    "customer_name": 250,
    "contact_name": 150,
    "phone": 40,
    "sales_rep": 150,
    "collector": 150,
}


@dataclass(slots=True)
class ReadParty:
    """One combination of cells and what is wrong with it.

    `findings` are (column, code, facts); a party with a `fatal` one keeps its rows out.
    """

    party: Party
    findings: list[Finding] = field(default_factory=list)
    fatal: list[Finding] = field(default_factory=list)


def read_party(number: int, cells: dict[str, str]) -> ReadParty:
    """Return the party that these cells describe; `cells` holds the text of each mapped field."""
    read = ReadParty(Party(number, None, "", None))
    values: dict[str, str | None] = {name: _text(name, cells, read) for name in LENGTHS}
    for name, judge in _JUDGES.items():
        text = clean(cells.get(name, ""))
        values[name] = _judged(name, text, judge, read) if text else None
    code = values["customer_code"] or ""
    if not code:
        read.fatal.append(("customer_code", "customer_code_missing", {}))
    elif not values["customer_name"] and "customer_name" in cells:
        read.findings.append(("customer_name", "customer_name_missing", {"customer": code}))
    read.party = Party(**{**values, "number": number, "customer_code": code})  # type: ignore[arg-type]
    return read


def _text(name: str, cells: dict[str, str], read: ReadParty) -> str | None:
    text = clean(cells.get(name, ""))
    if len(text) > LENGTHS[name]:
        facts = {"value": text[:60] + "…", "length": len(text), "limit": LENGTHS[name]}
        read.fatal.append((name, "text_too_long", facts))
    return text or None


def _judged(name: str, text: str, judge: Callable[[str], str], read: ReadParty) -> str | None:
    try:
        return judge(text)
    except ValueProblem as problem:
        read.findings.append((name, problem.code, problem.facts))
        return None


def _siren(text: str) -> str:
    found = siren_of(text)
    if found is None:
        raise ValueProblem("siren_impossible", value=text)
    return found


def _vat(text: str) -> str:
    found = vat_number(text)
    if found is None:
        raise ValueProblem("vat_number_impossible", value=text)
    return found


_JUDGES: Final[dict[str, Callable[[str], str]]] = {
    "siren": _siren,
    "vat_number": _vat,
    "country": country,
    "language": language,
    "email": email,
}
