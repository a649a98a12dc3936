"""Days as people write them in French and English mail, told from the day of the mail.

Spans are positions in the text given, which is folded: lower case, no accents (`dunning.rules.folding`).
Where the words leave a choice the later day is taken: "next week" is its Friday, "next month" its last day.
"""

import calendar
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from dunning.rules.calendar import is_working_day

FRIDAY = 4
EARLY, MIDDLE = 5, 15
"""The days that "early" and "mid" of a month stand for."""


@dataclass(frozen=True, slots=True)
class SaidDate:
    """A day with where it is said; `is_past` tells that the words themselves point back."""

    day: date
    start: int
    end: int
    is_past: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read: from which day, whose holidays, and whether 03/04 is in March."""

    today: date
    country: str = "FR"
    is_month_first: bool = False
    looks_back: bool = False  # a day without year or month is then the last one, else the next


_WEEKDAYS: Mapping[str, int] = MappingProxyType(
    {
        word: number
        for number, words in enumerate(
            (
                ("lundi", "monday"),
                ("mardi", "tuesday", "tue", "tues"),
                ("mercredi", "wednesday", "wed"),
                ("jeudi", "thursday", "thu", "thurs"),
                ("vendredi", "friday", "fri"),
                ("samedi", "saturday"),
                ("dimanche", "sunday"),
            )
        )
        for word in words
    }
)
_MONTHS: Mapping[str, int] = MappingProxyType(
    {
        word: number
        for number, words in enumerate(
            (
                ("janvier", "january", "janv", "jan"),
                ("fevrier", "february", "fevr", "fev", "feb"),
                ("mars", "march", "mar"),
                ("avril", "april", "avr", "apr"),
                ("mai", "may"),
                ("juin", "june", "jun"),
                ("juillet", "july", "juil", "jul"),
                ("aout", "august", "aug"),
                ("septembre", "september", "sept", "sep"),
                ("octobre", "october", "oct"),
                ("novembre", "november", "nov"),
                ("decembre", "december", "dec"),
            ),
            start=1,
        )
        for word in words
    }
)
_NUMBERS: Mapping[str, int] = MappingProxyType(
    {"un": 1, "une": 1, "a": 1, "one": 1, "deux": 2, "two": 2, "trois": 3, "three": 3, "quatre": 4, "four": 4,
     "cinq": 5, "five": 5, "six": 6, "sept": 7, "seven": 7, "huit": 8, "eight": 8, "dix": 10, "ten": 10,
     "quinze": 15, "fifteen": 15, "vingt": 20, "trente": 30, "thirty": 30}
)  # fmt: skip


def _alternatives(words: Mapping[str, int]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_W, _M, _N = _alternatives(_WEEKDAYS), _alternatives(_MONTHS), _alternatives(_NUMBERS)

Found = date | None
Reader = Callable[["re.Match[str]", Reading], Found]


def _end_of_month(day: date, months_on: int = 0) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months_on, 12)
    return date(year, month + 1, calendar.monthrange(year, month + 1)[1])


def _friday(day: date, weeks_on: int = 0) -> date:
    """Return the Friday of a week; said on a weekend, "this week" is the one to come."""
    monday = day - timedelta(days=day.weekday())
    if day.weekday() > FRIDAY and not weeks_on:
        weeks_on = 1
    return monday + timedelta(days=FRIDAY, weeks=weeks_on)


def _made(year: int, month: int, day: int) -> Found:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _numeric(found: "re.Match[str]", how: Reading) -> Found:
    first, second, year = int(found["a"]), int(found["b"]), found["y"]
    day, month = (second, first) if how.is_month_first and second > 0 else (first, second)
    if month > 12 >= day:  # noqa: PLR2004  only the other order makes a date
        day, month = month, day
    if year:
        full = int(year) + (2000 if len(year) == 2 else 0)  # noqa: PLR2004
        return _made(full, month, day)
    return _nearest(month, day, how)


def _nearest(month: int, day: int, how: Reading) -> Found:
    """Return the next such day from the mail's on, or the last one when looking back."""
    this_year = _made(how.today.year, month, day)
    if how.looks_back:
        is_behind = this_year is not None and this_year <= how.today
        return this_year if is_behind else _made(how.today.year - 1, month, day)
    if this_year is not None and this_year >= how.today:
        return this_year
    return _made(how.today.year + 1, month, day)


def _iso(found: "re.Match[str]", _how: Reading) -> Found:
    return _made(int(found["y"]), int(found["m"]), int(found["d"]))


def _named(found: "re.Match[str]", how: Reading) -> Found:
    month, day = _MONTHS[found["m"]], int(found["d"])
    return _made(int(found["y"]), month, day) if found["y"] else _nearest(month, day, how)


def _day_alone(found: "re.Match[str]", how: Reading) -> Found:
    day = int(found["d"])
    for months_on in (0, -1) if how.looks_back else (0, 1, 2):
        last = _end_of_month(how.today, months_on)
        made = _made(last.year, last.month, day)
        if made and (made <= how.today if how.looks_back else made >= how.today):
            return made
    return None


def _weekday(found: "re.Match[str]", how: Reading) -> Found:
    ahead = (_WEEKDAYS[found["w"]] - how.today.weekday() - 1) % 7 + 1
    words = found.group()
    if how.looks_back or "dernier" in words or "last" in words:
        return how.today + timedelta(days=ahead - 7 if ahead < 7 else -7)  # noqa: PLR2004
    day = how.today + timedelta(days=ahead)
    if "en huit" in words:
        return day + timedelta(days=7)
    if "semaine prochaine" in words or "next week" in words:
        monday = how.today - timedelta(days=how.today.weekday())
        return monday + timedelta(days=7 + _WEEKDAYS[found["w"]])
    return day


def _in_days(found: "re.Match[str]", how: Reading) -> Found:
    said = found["n"]
    count = int(said) if said.isdigit() else _NUMBERS[said]
    unit = found["u"]
    if unit.startswith(("sem", "week")):
        count *= 7
    if unit.startswith("h"):
        count = -(-count // 24)
    if count > 400:  # noqa: PLR2004  no promise is about that
        return None
    if not (found["ouv"] or found["ouv2"]):
        return how.today + timedelta(days=count)
    day = how.today
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day, country=how.country)
    return day


def _part_of_month(found: "re.Match[str]", how: Reading) -> Found:
    start = found["p"]
    month = _MONTHS[found["m"]]
    year = int(found["y"]) if found["y"] else how.today.year
    last = calendar.monthrange(year, month)[1]
    day = (
        EARLY if start.startswith(("deb", "ear", "beg")) else MIDDLE if start[:2] == "mi" else last
    )
    if found["y"]:
        return _made(year, month, day)
    made = date(year, month, day)
    return made if made >= how.today else _made(year + 1, month, min(day, last))


def _fixed(days: int) -> Reader:
    return lambda _found, how: how.today + timedelta(days=days)


def _month(months_on: int, day: int | None = None) -> Reader:
    def read(_found: "re.Match[str]", how: Reading) -> Found:
        last = _end_of_month(how.today, months_on)
        made = last.replace(day=day) if day else last
        if made >= how.today or day is None:
            return made
        return _end_of_month(how.today, months_on + 1).replace(day=day)

    return read


def _week(weeks_on: int, weekday: int = FRIDAY) -> Reader:
    return lambda _found, how: _friday(how.today, weeks_on) + timedelta(days=weekday - FRIDAY)


_YEAR = r"(?:,? (?P<y>20\d\d))?"
_READERS: tuple[tuple["re.Pattern[str]", Reader], ...] = tuple(
    (re.compile(pattern), reader)
    for pattern, reader in (
        (r"\b(?P<y>20\d\d)-(?P<m>\d\d)-(?P<d>\d\d)\b", _iso),
        (r"(?<![\d/.-])(?P<a>\d{1,2})[/.](?P<b>\d{1,2})(?:[/.](?P<y>20\d\d|\d\d))?(?![\d/]|[.,]\d)", _numeric),
        (r"(?<![\d/.-])(?P<a>\d{1,2})-(?P<b>\d{1,2})-(?P<y>20\d\d)(?!\d)", _numeric),
        (rf"\b(?P<d>\d{{1,2}})(?:er|st|nd|rd|th)? (?:of )?(?P<m>{_M})\b\.?{_YEAR}", _named),
        (rf"\b(?P<m>{_M})\.? (?:the )?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b(?![:h/]){_YEAR}", _named),
        (rf"\b(?P<p>fin|mi|mid|debut|early|end of|beginning of|late)(?: de| d'| in)?[ -]?(?P<m>{_M})\b{_YEAR}", _part_of_month),
        (r"\b(?:la )?fin (?:du|de) mois prochain\b|\bend of (?:the )?next month\b", _month(1)),
        (r"\bdebut (?:du|de) mois prochain\b|\b(?:early|beginning of) next month\b", _month(1, EARLY)),
        (r"\bfin (?:du |de |de ce |ce )?mois\b|\b(?:the )?end of (?:the |this )?month\b|\bmonth[- ]end\b|\beom\b", _month(0)),
        (r"\bmi-mois\b|\bmid-month\b", _month(0, MIDDLE)),
        (r"\b(?:le |au )?mois prochain\b|\bnext month\b", _month(1)),
        (rf"\b(?P<w>{_W})(?: de)?(?: la)? (?:semaine prochaine|next week)\b", _weekday),
        (r"\bdebut de (?:la )?semaine prochaine\b|\b(?:early|beginning of) next week\b", _week(1, 0)),
        (r"\bfin de (?:la )?semaine prochaine\b|\b(?:the )?end of next week\b|\b(?:la )?semaine prochaine\b|\bnext week\b", _week(1)),
        (r"\b(?:fin de (?:la |cette )?|cette |en fin de |dans la )semaine\b|\b(?:the )?end of (?:the |this )?week\b|\bthis week\b", _week(0)),
        (rf"\b(?:last |next |this )?(?P<w>{_W})(?: prochain| dernier| en huit)?\b", _weekday),
        (r"\b(?:apres-demain|the day after tomorrow)\b", _fixed(2)),
        (r"\b(?:demain|tomorrow)\b", _fixed(1)),
        (r"\b(?:aujourd'hui|ce jour|ce soir|ce matin|today|tonight)\b", _fixed(0)),
        (r"\b(?:avant-hier)\b", _fixed(-2)),
        (r"\b(?:hier|yesterday)\b", _fixed(-1)),
        (r"\bsous (?:une )?huitaine\b", _fixed(8)),
        (r"\bsous (?:une )?quinzaine\b|\bin a fortnight\b|\bwithin a fortnight\b", _fixed(15)),
        (
            rf"\b(?:sous|dans(?: les)?|d'ici(?: a)?|within|in)(?: the next)? (?P<n>\d{{1,3}}|{_N}) ?(?:(?P<ouv>working|business) )?(?P<u>jours?|semaines?|heures?|h|days?|weeks?|hours?)\b(?: (?P<ouv2>ouvres?|ouvrables?))?",
            _in_days,
        ),
        (r"\b(?:le|au|the|du) (?P<d>\d{1,2})(?:er|st|nd|rd|th)?\b(?! ?(?:/|h\b|:|%|eur|€|\$|jours|factures|invoices|\.\d|,\d))", _day_alone),
    )
)  # fmt: skip
_POINTS_BACK = re.compile(r"dernier|last|hier|yesterday")


def said_dates(folded: str, how: Reading) -> tuple[SaidDate, ...]:
    """Return the days named in folded text in the order they are named, each stretch of words read once."""
    taken: list[SaidDate] = []
    for pattern, reader in _READERS:
        for found in pattern.finditer(folded):
            if any(found.start() < one.end and one.start < found.end() for one in taken):
                continue
            day = reader(found, how)
            if day is not None:
                is_past = bool(_POINTS_BACK.search(found.group()))
                taken.append(SaidDate(day, found.start(), found.end(), is_past))
    return tuple(sorted(taken, key=lambda one: one.start))
