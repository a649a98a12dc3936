"""What sources say about a company, in one shape, and what of an answer cannot be used; no guess stands in for a fact.

Amounts are whole euros as accounts give them, a loss or negative equity below zero. Absent is None, never nought.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

FRANCE = ZoneInfo("Europe/Paris")  # registers tell days as the midnight of their own clock
OLDEST_YEAR, LAST_YEAR = 1700, 2200
MOST_DIGITS = 15
_NUMBER = re.compile(r"[-\u2212(]?\s*\d[\d\s\u00a0\u202f]*(?:[.,]\d{1,4})?\s*\)?-?")


@dataclass(frozen=True, slots=True)
class Year:
    """The figures of one financial year, by name: sales, equity, profit, cash, stable_debt, working_capital."""

    closed_on: str  # ISO 8601
    source: str
    figures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """Something the law published; `kind` is one of `credit.models.LegalEventKind`."""

    kind: str
    day: str  # ISO 8601
    notice_id: str
    stage: str = ""


@dataclass(frozen=True, slots=True)
class Company:
    """A company as a source describes it; `problems` are codes of what of the answer could not be used."""

    siren: str
    name: str = ""
    is_active: bool | None = None
    created_on: str = ""
    legal_form: str = ""
    activity_code: str = ""
    activity: str = ""
    staff: str = ""
    address: str = ""
    vat_number: str = ""
    score: str = ""
    years: tuple[Year, ...] = ()
    events: tuple[Event, ...] = ()
    problems: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the facts as plain JSON."""
        return asdict(self)


def company_of(stored: Mapping[str, Any]) -> Company:
    """Return the facts as they were stored; what a former release did not know is left out."""
    known = {one.name for one in fields(Company)} - {"years", "events", "problems"}
    plain = {key: value for key, value in stored.items() if key in known}
    return Company(
        **plain,
        years=tuple(Year(**one) for one in stored.get("years", ())),
        events=tuple(Event(**one) for one in stored.get("events", ())),
        problems=tuple(stored.get("problems", ())),
    )


def text_of(value: object, *, most: int = 250) -> str:
    """Return a short text, "" for anything else than text or a number."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return " ".join(str(value).split())[:most]


def amount_of(value: object) -> Decimal | None:
    """Return an amount written as number or text, with either minus or in parentheses; None when it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value) if len(str(abs(value))) <= MOST_DIGITS else None
    if isinstance(value, float):
        found = Decimal(str(value))
        return found if found.is_finite() and abs(found) < 10**MOST_DIGITS else None
    if not isinstance(value, str) or not _NUMBER.fullmatch(value.strip()):
        return None
    bare = value.strip()
    is_negative = bare[0] in "-\u2212(" or bare.endswith("-")
    digits = re.sub(r"[^\d.,]", "", bare).replace(",", ".")
    found = Decimal(digits)
    if abs(found) >= 10**MOST_DIGITS:
        return None
    return -found if is_negative else found


def day_of(value: object) -> str:
    """Return a day as ISO 8601: of an ISO text, a year and month, or seconds since 1970; "" when it is none."""
    if isinstance(value, bool):
        return ""
    if isinstance(value, int):
        return _from_seconds(value)
    text = value.strip() if isinstance(value, str) else ""
    try:
        if re.fullmatch(r"\d{6}", text):
            return _month_end(int(text[:4]), int(text[4:])).isoformat()
        found = date.fromisoformat(text[:10])
    except ValueError:
        return ""
    return found.isoformat() if OLDEST_YEAR <= found.year <= LAST_YEAR else ""


def _from_seconds(seconds: int) -> str:
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    except OverflowError:
        return ""
    found = moment.astimezone(FRANCE).date()
    return found.isoformat() if OLDEST_YEAR <= found.year <= LAST_YEAR else ""


def _month_end(year: int, month: int) -> date:
    first = date(year, month, 1)
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def merged(parts: Sequence[Company]) -> Company:
    """Return several partial descriptions of one company as one; the first that knows a fact says it."""
    first, *rest = parts
    whole = asdict(first) | {
        "years": first.years,
        "events": first.events,
        "problems": first.problems,
    }
    for one in rest:
        for name in ("years", "events", "problems"):
            whole[name] = (*whole[name], *getattr(one, name))
        for each in fields(Company):
            if each.name in {"years", "events", "problems"}:
                continue
            value = getattr(one, each.name)
            if whole[each.name] in {"", None} and value not in {"", None}:
                whole[each.name] = value
    return Company(**whole)
