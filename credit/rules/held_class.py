"""Whose risk class a customer has: the one the score writes each night, or one that a person set, for a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Held:
    """The class the score wrote last, and a person's own one with its last day, included."""

    written: str = ""
    by_hand: str = ""
    held_until: date | None = None


def settle(held: Held, *, now_is: str, wanted: str, today: date, until: date) -> tuple[Held, str]:
    """Return whose class a customer has from tonight on, and the class.

    What differs from everything written before was set by a person: it stands through `until`. An empty class says
    that nobody judges, which gives the customer back to the score.
    """
    if now_is and now_is not in {held.written, held.by_hand}:
        held = Held(held.written, now_is, until)
    stands = held.held_until is not None and held.held_until >= today
    if now_is and now_is == held.by_hand and stands:
        return held, now_is
    return Held(wanted), wanted
