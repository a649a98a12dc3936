"""The part of a row that speaks of the customer, the contact and the entity.

It repeats from row to row, so each distinct combination of cells is worked out once.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from ledger.imports.parsers.values import ValueProblem, clean, email
from ledger.imports.parsers.vocabulary import country, language
from ledger.imports.rows import Line, copy_text
from ledger.rules.identifiers import siren_of, vat_number

PARTY_FIELDS: Final = Line._fields[Line._fields.index("entity") :]
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
class Party:
    """One combination of cells: its code, its COPY text, and what is wrong with it.

    `findings` are (column, code, facts); a party with a `fatal` one keeps its rows out.
    """

    customer_code: str
    entity: str | None
    text: str
    findings: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    fatal: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    is_told: bool = False


def read_party(cells: dict[str, str]) -> Party:
    """Return the party that these cells describe; `cells` holds the text of each mapped field."""
    party = Party("", None, "")
    values: dict[str, str | None] = {
        name: _text(name, cells.get(name, ""), party) for name in LENGTHS
    }
    for name, judge in _JUDGES.items():
        text = clean(cells.get(name, ""))
        values[name] = _judged(name, text, judge, party) if text else None
    if not values["customer_code"]:
        party.fatal.append(("customer_code", "customer_code_missing", {}))
    elif not values["customer_name"] and "customer_name" in cells:
        party.findings.append(
            ("customer_name", "customer_name_missing", {"customer": values["customer_code"]})
        )
    party.customer_code = values["customer_code"] or ""
    party.entity = values["entity"]
    party.text = copy_text(values[name] or None for name in PARTY_FIELDS)
    return party


def _text(name: str, raw: str, party: Party) -> str | None:
    text = clean(raw)
    if len(text) > LENGTHS[name]:
        facts = {"value": text[:60] + "…", "length": len(text), "limit": LENGTHS[name]}
        party.fatal.append((name, "text_too_long", facts))
    return text or None


def _judged(name: str, text: str, judge: Any, party: Party) -> str | None:  # noqa: ANN401
    try:
        return str(judge(text))
    except ValueProblem as problem:
        party.findings.append((name, problem.code, problem.facts))
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


_JUDGES: Final = {
    "siren": _siren,
    "vat_number": _vat,
    "country": country,
    "language": language,
    "email": email,
}
