"""Plain letters to post: how an address is written, how many sheets a letter has, and the life of its number.

An address has its lines as NF Z10-011 wants them: the last line, with the town, in capitals; abroad the country
below it, in capitals and in the sender's language, so that the sender's post office can read it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from babel import Locale

from dunning.rules.outbox import CancelReason

HOME = "FR"
MOST_LINES = 7  # six lines, and the country abroad
_FRENCH_TOWN = re.compile(r"\b(\d{5}|\d{2} \d{3})\b\s+\S")
_SOME_STREET_LINES = 2


class LetterState(StrEnum):
    """Where a letter is.

    WAITING: to be drawn, without a number. TO_POST: numbered and drawn. POSTED: it left. VOIDED: its number is kept and
    never used again. LEFT_OUT: it did not stand any more when it was to be drawn, and never had a number.
    """

    WAITING = "waiting"
    TO_POST = "to_post"
    POSTED = "posted"
    VOIDED = "voided"
    LEFT_OUT = "left_out"


LETTER_TRANSITIONS = MappingProxyType(
    {
        LetterState.WAITING: frozenset({LetterState.TO_POST, LetterState.LEFT_OUT}),
        LetterState.TO_POST: frozenset({LetterState.POSTED, LetterState.VOIDED}),
        LetterState.POSTED: frozenset[LetterState](),
        LetterState.VOIDED: frozenset[LetterState](),
        LetterState.LEFT_OUT: frozenset[LetterState](),
    }
)

LIVE = frozenset({LetterState.WAITING, LetterState.TO_POST})
"""It may still leave: its reminder cannot be in another batch."""


class WhyOut(StrEnum):
    """Why a letter was taken out of its batch."""

    PAID = "paid"
    EXCLUDED = "excluded"
    SUPERSEDED = "superseded"
    HELD_BACK = "held_back"
    NOT_DUE = "not_due"
    CANCELLED = "cancelled"
    HELD = "held"
    CHANGED = "changed"
    TO_CONFIRM = "to_confirm"
    NO_ADDRESS = "no_address"
    STOPPED = "stopped"
    BY_PERSON = "by_person"
    NOT_DRAWN = "not_drawn"


def why_gone(reason: CancelReason) -> WhyOut:
    """Return what takes a letter out whose reminder was cancelled for `reason`."""
    return {
        CancelReason.PAID: WhyOut.PAID,
        CancelReason.NOT_DUE: WhyOut.NOT_DUE,
        CancelReason.EXCLUDED: WhyOut.EXCLUDED,
        CancelReason.SUPERSEDED: WhyOut.SUPERSEDED,
        CancelReason.HELD_BACK: WhyOut.HELD_BACK,
        CancelReason.BY_PERSON: WhyOut.CANCELLED,
    }[reason]


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """An address as it is known: its lines without name and country; `country` is ISO 3166 alpha-2, or empty."""

    lines: tuple[str, ...]
    country: str = ""


def is_complete(address: PostalAddress, *, sender_country: str) -> bool:
    """Say whether a letter can be addressed: a street and a town, in France a town with its postcode.

    Without a country the letter stays in the sender's.
    """
    lines = _without_country(address)
    if len(lines) < _SOME_STREET_LINES:
        return False
    country = address.country or sender_country
    return country != HOME or bool(_FRENCH_TOWN.search(lines[-1]))


def postal_lines(
    names: Sequence[str], address: PostalAddress, *, sender_country: str, language: str
) -> tuple[str, ...]:
    """Return the lines to print: `names` first, the town in capitals where the country is France, the country abroad.

    `language` is the sender's, in which his post office reads where the letter goes.
    """
    lines = list(_without_country(address))
    country = address.country or sender_country
    if lines and country == HOME:
        lines[-1] = _capitals(lines[-1])
    abroad = [country_line(country, language)] if country != sender_country else []
    return (*(name for name in names if name), *lines, *abroad)[:MOST_LINES]


def country_line(country: str, language: str) -> str:
    """Return a country's name in capitals as post offices of `language` read it; the code where no name is known."""
    return _capitals(_territories(language).get(country, country))


def _territories(language: str) -> dict[str, str]:
    found: dict[str, str] = dict(Locale.parse(language[:2] or "en").territories.items())
    return found


def _without_country(address: PostalAddress) -> tuple[str, ...]:
    """Return the lines without a last one that only names the country: we print it ourselves, where it is needed."""
    lines = tuple(line.strip() for line in address.lines if line.strip())
    if not lines or not address.country:
        return lines
    names = {_territories(language).get(address.country, "").upper() for language in ("fr", "en")}
    return lines[:-1] if lines[-1].upper() in {*names, address.country} else lines


def _capitals(line: str) -> str:
    """Return a line in capitals; commas and full stops go, as sorting machines want it."""
    return " ".join(re.sub(r"[.,;]", " ", line).upper().split())


def sheets_of(pages: int, *, sides: int = 2) -> int:
    """Return how many sheets hold `pages` printed on one side or on both."""
    return -(-pages // sides)
