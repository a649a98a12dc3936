"""Whether an identifier can exist, and its one written form. Source: docs/glossary.md, identifiers.

Arithmetic only: a right SIREN may still belong to nobody. `python-stdnum` does the sums; what it lets
through (all zeros, French national check digits of an IBAN) is caught here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from stdnum import bic as _bic
from stdnum import iban as _iban
from stdnum import iso11649 as _iso11649
from stdnum import lei as _lei
from stdnum.eu import vat as _eu_vat
from stdnum.exceptions import (
    InvalidChecksum,
    InvalidComponent,
    InvalidFormat,
    InvalidLength,
    ValidationError,
)
from stdnum.fr import siren as _siren
from stdnum.fr import siret as _siret
from stdnum.util import clean


class IdentifierKind(StrEnum):
    """The identifiers the product knows how to judge."""

    SIREN = "siren"
    SIRET = "siret"
    VAT = "vat"
    IBAN = "iban"
    BIC = "bic"
    CREDITOR_REFERENCE = "creditor_reference"
    LEI = "lei"


LEI_LENGTH = 20  # ISO 17442


class Reason(StrEnum):
    """Why an identifier cannot exist."""

    EMPTY = "empty"
    LENGTH = "length"
    FORMAT = "format"
    COMPONENT = "component"
    CHECKSUM = "checksum"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of an identifier as typed: its normal form when it can exist, the reason when it cannot.

    `normal` has no blanks or points, capital letters, and the country's letters before a VAT number.
    """

    kind: IdentifierKind
    normal: str | None
    reason: Reason | None = None

    @property
    def is_valid(self) -> bool:
        """Say whether the identifier can exist."""
        return self.normal is not None


_REASONS: dict[type[ValidationError], Reason] = {
    InvalidLength: Reason.LENGTH,
    InvalidFormat: Reason.FORMAT,
    InvalidComponent: Reason.COMPONENT,
    InvalidChecksum: Reason.CHECKSUM,
}


def judge(kind: IdentifierKind, text: str, *, country: str = "") -> Judgement:
    """Return whether `text`, as a person typed it, can be an identifier of that kind, and its normal form.

    `country` helps with VAT numbers typed without their letters (`FR`, `BE`); it is ignored elsewhere.
    """
    typed = clean(text, " .-/\u00a0\u202f").upper().strip()
    if not typed:
        return Judgement(kind, None, Reason.EMPTY)
    if kind is IdentifierKind.VAT and country:
        typed = _with_letters(typed, country.upper())
    try:
        return Judgement(kind, _NORMAL_FORMS[kind](typed))
    except ValidationError as fault:
        return Judgement(kind, None, _REASONS.get(type(fault), Reason.FORMAT))


# Greece writes EL where ISO 3166 says GR.
_VAT_LETTERS = {"GR": "EL"}


def _with_letters(typed: str, country: str) -> str:
    """Put the country's letters before a number typed without; a French key may be two letters of its own."""
    letters = _VAT_LETTERS.get(country, country)
    is_complete = typed[:2].lower() in _eu_vat.MEMBER_STATES or typed.startswith(letters)
    return typed if is_complete else f"{letters}{typed}"


def _normal_siren(typed: str) -> str:
    return _not_all_zeros(str(_siren.validate(typed)))


def _normal_siret(typed: str) -> str:
    """La Poste's own numbers (356000000) add up to a multiple of five instead of following Luhn."""
    return _not_all_zeros(str(_siret.validate(typed)))


def _not_all_zeros(number: str) -> str:
    if not number.strip("0"):
        raise InvalidComponent
    return number


def _normal_iban(typed: str) -> str:
    number = str(_iban.validate(typed))
    if number[:2] in {"FR", "MC"} and not _has_right_rib_key(number[4:]):
        raise InvalidChecksum
    return number


# A=1 … I=9, J=1 … R=9, S=2 … Z=9: letters of a French account number as the key counts them.
_RIB_LETTERS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "12345678912345678923456789")


def _has_right_rib_key(bban: str) -> bool:
    digits = bban.translate(_RIB_LETTERS)
    return int(digits) % 97 == 0


def _normal_vat(typed: str) -> str:
    return str(_eu_vat.validate(typed))


def _normal_lei(typed: str) -> str:
    """Twenty letters and digits, two digits last ; the check digits alone would let any length pass."""
    number = str(_lei.validate(typed))
    if len(number) != LEI_LENGTH:
        raise InvalidLength
    if not number[-2:].isdigit():
        raise InvalidFormat
    return number


_NORMAL_FORMS: dict[IdentifierKind, Callable[[str], str]] = {
    IdentifierKind.SIREN: _normal_siren,
    IdentifierKind.SIRET: _normal_siret,
    IdentifierKind.VAT: _normal_vat,
    IdentifierKind.IBAN: _normal_iban,
    IdentifierKind.BIC: lambda typed: str(_bic.validate(typed)),
    IdentifierKind.CREDITOR_REFERENCE: lambda typed: str(_iso11649.validate(typed)),
    IdentifierKind.LEI: _normal_lei,
}


def siren(text: str) -> str | None:
    """Return the nine digits of a SIREN, None when it cannot exist."""
    return judge(IdentifierKind.SIREN, text).normal


def siret(text: str) -> str | None:
    """Return the fourteen digits of a SIRET, None when it cannot exist."""
    return judge(IdentifierKind.SIRET, text).normal


def vat_number(text: str, *, country: str = "") -> str | None:
    """Return an EU VAT number with its country's letters, None when it cannot exist."""
    return judge(IdentifierKind.VAT, text, country=country).normal


def iban(text: str) -> str | None:
    """Return an IBAN without blanks, None when it cannot exist."""
    return judge(IdentifierKind.IBAN, text).normal


def bic(text: str) -> str | None:
    """Return a BIC of eight or eleven characters, None when it cannot exist."""
    return judge(IdentifierKind.BIC, text).normal


def creditor_reference(text: str) -> str | None:
    """Return an ISO 11649 creditor reference (RF…), None when it cannot exist."""
    return judge(IdentifierKind.CREDITOR_REFERENCE, text).normal


def lei(text: str) -> str | None:
    """Return a legal entity identifier, None when it cannot exist."""
    return judge(IdentifierKind.LEI, text).normal


def new_creditor_reference(text: str) -> str:
    """Return the ISO 11649 reference made of `text`: up to 21 letters and digits, blanks and points dropped.

    Raises ValueError when nothing is left of the text or too much.
    """
    body = "".join(
        character for character in text.upper() if character.isascii() and character.isalnum()
    )
    if not 1 <= len(body) <= 21:  # noqa: PLR2004
        raise ValueError(f"a creditor reference holds 1 to 21 letters and digits, unlike {text!r}")
    digits = "".join(str(int(character, 36)) for character in f"{body}RF00")
    return f"RF{98 - int(digits) % 97:02d}{body}"


def siren_of(text: str) -> str | None:
    """Return the SIREN inside a SIREN, a SIRET or a French VAT number; None when there is none.

    A French VAT number with all digits ends with the SIREN of its company.
    """
    if found := siren(text):
        return found
    if found := siret(text):
        return found[:9]
    number = vat_number(text, country="FR")
    return siren(number[4:]) if number and number.startswith("FR") else None


def vat_of_siren(text: str) -> str | None:
    """Return the French VAT number of a company known by its SIREN or SIRET, None when that cannot exist."""
    number = siren_of(text)
    if number is None:
        return None
    return f"FR{(12 + 3 * (int(number) % 97)) % 97:02d}{number}"
