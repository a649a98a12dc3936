"""Figures and dates as people read and type them, in French and in English (DESIGN 7).

Pure functions of a value and a `language` ("fr", "en", "en-us"); any other language reads as English.
The template filters of the same names (`{% load formats %}`) take the language of the page.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import ClassVar, Final

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kernel.errors import Refused
from kernel.money import Money, decimals_of

THIN_SPACE: Final = "\u202f"  # between groups of three digits in French
HARD_SPACE: Final = "\u00a0"  # between a figure and its unit
MINUS: Final = "\u2212"
NOTHING: Final = "\u2014"

_SYMBOLS: Final = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥"}
_FRENCH_MONTHS: Final = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
_FRENCH_MONTHS_SHORT: Final = (
    "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.",
)  # fmt: skip
_ENGLISH_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_FRENCH_DAYS: Final = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_ENGLISH_DAYS: Final = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)

_SHORT_FROM: Final = Decimal(10_000)  # below it, thousands would lose a figure that matters
_THOUSAND, _MILLION, _BILLION = Decimal(10) ** 3, Decimal(10) ** 6, Decimal(10) ** 9


def is_french(language: str) -> bool:
    """Return whether figures are written the French way in `language`."""
    return language.lower().startswith("fr")


def number(value: Decimal | int, language: str, *, decimals: int = 0) -> str:
    """Return `value` with grouped digits and `decimals` decimals, rounded half away from zero, U+2212 when negative."""
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    digits = f"{abs(rounded):,f}"
    if is_french(language):
        digits = digits.replace(",", THIN_SPACE).replace(".", ",")
    return f"{MINUS}{digits}" if rounded < 0 else digits


def _with_currency(figure: str, currency: str, language: str, scale: str = "") -> str:
    """Place the currency: after the figure in French, before it in English; an unknown symbol is its code."""
    symbol = _SYMBOLS.get(currency, currency)
    if is_french(language):
        space = "" if len(symbol) == 1 or not scale else HARD_SPACE
        return f"{figure}{HARD_SPACE}{scale}{space}{symbol}"
    sign = MINUS if figure.startswith(MINUS) else ""
    gap = "" if len(symbol) == 1 else HARD_SPACE
    return f"{sign}{symbol}{gap}{figure.removeprefix(MINUS)}{scale}"


def money(value: Money, language: str) -> str:
    """Return the amount with the decimals of its currency: `412 860,75 €`, `€412,860.75`, `−8 950,00 €`."""
    figure = number(value.amount, language, decimals=decimals_of(value.currency))
    return _with_currency(figure, value.currency, language)


def money_whole(value: Money, language: str) -> str:
    """Return the amount rounded to whole units, for dashboards: `412 861 €`, `€412,861`."""
    return _with_currency(number(value.amount, language), value.currency, language)


def amount_short(value: Money, language: str) -> str:
    """Return the amount in three or four figures: `18,04 M€`, `919 k€`, `€18.04M`; whole units under 10 000.

    The scale is chosen after rounding, so that 999 600 reads 1,00 M and never 1 000 k.
    """
    size = abs(value.amount)
    for unit, decimals, french, english in (
        (_BILLION, 2, "Md", "bn"),
        (_MILLION, 2, "M", "M"),
        (_THOUSAND, 0, "k", "k"),
    ):
        step = Decimal(1).scaleb(-decimals)
        fits = (size / unit).quantize(step, rounding=ROUND_HALF_UP) >= 1
        threshold = fits and (unit != _THOUSAND or size >= _SHORT_FROM)
        below = (size / (unit / 1000)).quantize(Decimal(1), rounding=ROUND_HALF_UP) >= 1000  # noqa: PLR2004
        if threshold and below:
            figure = number(value.amount / unit, language, decimals=decimals)
            scale = french if is_french(language) else english
            return _with_currency(figure, value.currency, language, scale)
    return money_whole(value, language)


def percent(fraction: Decimal, language: str, *, decimals: int = 1) -> str:
    """Return a fraction as a percentage: 0.252 reads `25,2 %` in French and `25.2%` in English."""
    figure = number(fraction * 100, language, decimals=decimals)
    return f"{figure}{HARD_SPACE}%" if is_french(language) else f"{figure}%"


def signed(value: Decimal | int, language: str, *, decimals: int = 0) -> str:
    """Return the number with its sign said, `+1,2` or `−0,6`; what rounds to nothing has none."""
    figure = number(value, language, decimals=decimals)
    is_nothing = not Decimal(value).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return figure.removeprefix(MINUS) if is_nothing else figure if value < 0 else f"+{figure}"


def change(value: Decimal | int, language: str, *, unit: str, decimals: int = 1) -> str:
    """Return a difference with its unit: `+1,2 j`, `−0,6 pt`; in English the unit "j" is written "d".

    `value` is in `unit` already: a difference of rates of 0.032 is 3.2 points, unit "pt".
    """
    shown = unit if is_french(language) or unit != "j" else "d"
    return f"{signed(value, language, decimals=decimals)}{HARD_SPACE}{shown}"


def days(value: Decimal | int, language: str, *, decimals: int = 0) -> str:
    """Return a number of days: `50 j`, `43,2 j`, `50 d`."""
    return f"{number(value, language, decimals=decimals)}{HARD_SPACE}{'j' if is_french(language) else 'd'}"


def days_late(count: int, language: str) -> str:
    """Return how late in words: "échue depuis 50 jours", "50 days overdue", "dans 11 jours", "due in 11 days"."""
    size = number(abs(count), language)
    plural = "" if abs(count) == 1 else "s"
    if is_french(language):
        if not count:
            return "échéance aujourd’hui"
        words = "échue depuis" if count > 0 else "dans"
        return f"{words} {size}{HARD_SPACE}jour{plural}"
    if not count:
        return "due today"
    return (
        f"{size}{HARD_SPACE}day{plural} overdue"
        if count > 0
        else f"due in {size}{HARD_SPACE}day{plural}"
    )


def day_offset(count: int, language: str) -> str:
    """Return a day around the due date: `J+10`, `J−7`, `J`; `D+10` in English."""
    letter = "J" if is_french(language) else "D"
    return f"{letter}{signed(count, language)}" if count else letter


def day_for_reader(value: date) -> str:
    """Return the date as `day` writes it, in the language of whoever reads the sentence it goes into."""
    return day(value, get_language() or "en")


def day(value: date, language: str) -> str:
    """Return the date for tables and documents: `19/11/2026`, `19 Nov 2026`."""
    if is_french(language):
        return f"{value:%d/%m/%Y}"
    return f"{value.day} {_ENGLISH_MONTHS[value.month - 1][:3]} {value.year}"


def day_short(value: date, language: str) -> str:
    """Return day and month, where the year is plain: `19 nov.`, `19 Nov`."""
    if is_french(language):
        return f"{_french_day(value)}{HARD_SPACE}{_FRENCH_MONTHS_SHORT[value.month - 1]}"
    return f"{value.day}{HARD_SPACE}{_ENGLISH_MONTHS[value.month - 1][:3]}"


def day_long(value: date, language: str) -> str:
    """Return weekday, day and month: `jeudi 19 novembre`, `Thursday 19 November`."""
    if is_french(language):
        return f"{_FRENCH_DAYS[value.weekday()]} {_french_day(value)}{HARD_SPACE}{_FRENCH_MONTHS[value.month - 1]}"
    return f"{_ENGLISH_DAYS[value.weekday()]} {value.day}{HARD_SPACE}{_ENGLISH_MONTHS[value.month - 1]}"


def day_full(value: date, language: str) -> str:
    """Return the date as letters write it: `19 novembre 2026`, `19 November 2026`."""
    if is_french(language):
        return f"{_french_day(value)}{HARD_SPACE}{_FRENCH_MONTHS[value.month - 1]} {value.year}"
    return f"{value.day}{HARD_SPACE}{_ENGLISH_MONTHS[value.month - 1]} {value.year}"


def month(value: date, language: str) -> str:
    """Return month and year: `novembre 2026`, `November 2026`."""
    names = _FRENCH_MONTHS if is_french(language) else _ENGLISH_MONTHS
    return f"{names[value.month - 1]} {value.year}"


def month_short(value: date, language: str) -> str:
    """Return the month alone, short, for the axis of a chart: `nov.`, `Nov`."""
    return (
        _FRENCH_MONTHS_SHORT[value.month - 1]
        if is_french(language)
        else _ENGLISH_MONTHS[value.month - 1][:3]
    )


def clock(value: datetime, language: str) -> str:
    """Return the time of day: `14 h 30`, `14:30`, and `2:30 pm` in American English. The zone is the caller's."""
    if is_french(language):
        return f"{value.hour}{HARD_SPACE}h{HARD_SPACE}{value.minute:02}"
    if language.lower() == "en-us":
        return f"{value.hour % 12 or 12}:{value.minute:02}{HARD_SPACE}{'am' if value.hour < 12 else 'pm'}"  # noqa: PLR2004
    return f"{value:%H:%M}"


def _french_day(value: date) -> str:
    return "1er" if value.day == 1 else str(value.day)


class UnreadableAmount(Refused):
    """What was typed is no amount, or could be two."""

    code: ClassVar[str] = "unreadable_amount"


class UnreadableDate(Refused):
    """What was typed is no date of the calendar."""

    code: ClassVar[str] = "unreadable_date"


_AMOUNT = re.compile(
    r"(?P<sign>[-+]?)(?P<digits>\d[\d.,]*|[.,]\d+)(?P<scale>k|m|md|bn)?", re.IGNORECASE
)
_SCALES: Final = {"": Decimal(1), "k": _THOUSAND, "m": _MILLION, "md": _BILLION, "bn": _BILLION}
_LONGEST_AMOUNT: Final = 40  # typed by a hand; anything longer is pasted by mistake


def parse_amount(text: str, language: str) -> Decimal:
    """Return the amount that was typed; spaces, a currency sign, comma or dot, `12k` and `1,5M` are understood.

    With both marks the last one is the decimal mark. A lone mark before exactly three digits is the thousands
    mark of `language`, or is refused as it could be either: "12.500" in French. Raises UnreadableAmount.
    """
    tidy = re.sub(r"[\s'’€$£\u00a0\u202f]|EUR|USD|GBP", "", text[: _LONGEST_AMOUNT + 1]).replace(
        MINUS, "-"
    )
    found = _AMOUNT.fullmatch(tidy)
    if found is None or len(text) > _LONGEST_AMOUNT:
        raise _unreadable_amount(text, language)
    scale = (found["scale"] or "").lower()
    plain = _plain_digits(found["digits"], language, is_scaled=bool(scale))
    if plain is None:
        raise _unreadable_amount(text, language)
    value = Decimal(plain) * _SCALES[scale]
    return -value if found["sign"] == "-" else value


def _plain_digits(digits: str, language: str, *, is_scaled: bool) -> str | None:
    """Return the digits with a dot as decimal mark and no other, or None when they could be read in two ways."""
    thousands = "." if digits.rfind(",") > digits.rfind(".") else ","
    mark = "," if thousands == "." else "."
    if thousands in digits:
        whole, _mark, cents = digits.partition(mark)
        is_grouped = (
            re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", whole)
            and thousands not in cents
            and mark not in cents
        )
        return f"{whole.replace(thousands, '')}.{cents or 0}" if is_grouped else None
    if digits.count(mark) > 1:
        return digits.replace(mark, "") if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", digits) else None
    whole, _mark, cents = digits.partition(mark)
    if len(cents) == 3 and whole.strip("0") and not is_scaled:  # noqa: PLR2004
        own_thousands = "" if is_french(language) else ","
        return whole + cents if mark == own_thousands else None
    return f"{whole or 0}.{cents or 0}"


def _unreadable_amount(text: str, language: str) -> UnreadableAmount:
    shown = text.strip()[:_LONGEST_AMOUNT]
    sample = number(Decimal("12500.5"), language, decimals=2)
    message = _("“%(typed)s” cannot be read as an amount. Write it like %(sample)s or 12k.")
    return UnreadableAmount(message % {"typed": shown, "sample": sample}, typed=shown)


_NUMERIC_DAY = re.compile(r"(\d{1,4})[/.\- ](\d{1,2})(?:[/.\- ](\d{2,4}))?")
_WORDED_DAY = re.compile(r"(\d{1,2})(?:er)?\s+([^\W\d_]+)\.?(?:\s+(\d{4}))?")
_OFFSET_DAY = re.compile(r"[jd]?\s*([+-]\d{1,4})", re.IGNORECASE)
_ISO_YEAR_DIGITS: Final = 4


def parse_day(text: str, language: str, *, today: date) -> date:
    """Return the date that was typed: `19/11/2026`, `19/11`, `2026-11-19`, `19 nov. 2026`, `+10` (days from today).

    Without a year, the year of `today`; two figures mean this century. Day first, month first in American
    English. Raises UnreadableDate, also for a day the calendar does not have.
    """
    tidy = text.strip().replace(MINUS, "-")[:_LONGEST_AMOUNT]
    try:
        if found := _OFFSET_DAY.fullmatch(tidy):
            return today + timedelta(days=int(found[1]))
        if found := _NUMERIC_DAY.fullmatch(tidy):
            return _numeric_day(found[1], found[2], found[3], language, today)
        if found := _WORDED_DAY.fullmatch(tidy.lower()):
            return date(int(found[3] or today.year), _month_named(found[2]), int(found[1]))
    except (ValueError, OverflowError) as no_such_day:
        raise _unreadable_day(text, language, today) from no_such_day
    raise _unreadable_day(text, language, today)


def _numeric_day(first: str, second: str, third: str | None, language: str, today: date) -> date:
    if len(first) == _ISO_YEAR_DIGITS and third is not None:
        return date(int(first), int(second), int(third))
    year = today.year if third is None else int(third)
    year += 2000 if third is not None and len(third) == 2 else 0  # noqa: PLR2004
    day_part, month_part = (second, first) if language.lower() == "en-us" else (first, second)
    return date(year, int(month_part), int(day_part))


def _month_named(word: str) -> int:
    """Return the month whose French or English name begins with `word`; three letters tell all but jui(n|llet)."""
    for names in (_FRENCH_MONTHS, _ENGLISH_MONTHS):
        found = [
            place for place, name in enumerate(names, start=1) if name.lower().startswith(word)
        ]
        if len(found) == 1 and len(word) >= 3:  # noqa: PLR2004
            return found[0]
    message = f"no month begins with {word!r}"
    raise ValueError(message)


def _unreadable_day(text: str, language: str, today: date) -> UnreadableDate:
    shown = text.strip()[:_LONGEST_AMOUNT]
    message = _("“%(typed)s” is not a date of the calendar. Write it like %(sample)s.")
    return UnreadableDate(message % {"typed": shown, "sample": day(today, language)}, typed=shown)
