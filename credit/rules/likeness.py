"""Whether a company that asks for an account is one we know already."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from enum import StrEnum

from ledger.rules.names import sort_key

NEAR = 0.88  # one typing error in a name of nine letters is still near
# fmt: off
_FORMS = frozenset({
    "sa", "sas", "sasu", "sarl", "eurl", "sci", "snc", "scop", "selarl", "gie", "ei", "bv",
    "nv", "gmbh", "ag", "srl", "spa", "sl", "ltd", "limited", "plc", "inc", "llc", "ste",
    "societe", "ets", "etablissements", "cie", "compagnie", "et", "and", "the", "la", "le", "les", "de",
    "du", "des",
})
# fmt: on


class Match(StrEnum):
    """By what a known company was recognised, the surest first."""

    SIREN = "siren"
    VAT = "vat"
    NAME = "name"
    NEAR_NAME = "near_name"


def bare_name(name: str) -> str:
    """Return a name without legal form, articles and punctuation: « Ets Kerlann, SAS » gives `kerlann`."""
    words = re.sub(r"[^a-z0-9]+", " ", sort_key(name).replace(".", "")).split()
    kept = [word for word in words if word not in _FORMS]
    return " ".join(kept or words)


def name_match(asked: str, known: str) -> Match | None:
    """Return whether two names are the same company's, nearly, or not at all (None)."""
    one, other = bare_name(asked), bare_name(known)
    if not one or not other:
        return None
    if one == other:
        return Match.NAME
    return Match.NEAR_NAME if SequenceMatcher(None, one, other).ratio() >= NEAR else None
