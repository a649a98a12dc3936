"""Figures and dates of a message in every language a text may be written in.

French and English are those of the pages (`kernel.formats`); the other languages are read by customers only.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kernel import formats
from kernel.formats import HARD_SPACE, MINUS
from kernel.money import Money, decimals_of

_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥"}


@dataclass(frozen=True, slots=True)
class _Habits:
    """How a language writes: dates by their parts, the names of the months, a day by its letter."""

    day: str
    day_full: str
    months: tuple[str, ...]
    days: str
    is_currency_first: bool = False


_HABITS = {
    "de": _Habits(
        "{d:02}.{m:02}.{y}",
        "{d}.\u00a0{name} {y}",
        (
            "Januar",
            "Februar",
            "März",
            "April",
            "Mai",
            "Juni",
            "Juli",
            "August",
            "September",
            "Oktober",
            "November",
            "Dezember",
        ),
        "Tg.",
    ),
    "es": _Habits(
        "{d:02}/{m:02}/{y}",
        "{d}\u00a0de {name} de {y}",
        (
            "enero",
            "febrero",
            "marzo",
            "abril",
            "mayo",
            "junio",
            "julio",
            "agosto",
            "septiembre",
            "octubre",
            "noviembre",
            "diciembre",
        ),
        "d",
    ),
    "it": _Habits(
        "{d:02}/{m:02}/{y}",
        "{d}\u00a0{name} {y}",
        (
            "gennaio",
            "febbraio",
            "marzo",
            "aprile",
            "maggio",
            "giugno",
            "luglio",
            "agosto",
            "settembre",
            "ottobre",
            "novembre",
            "dicembre",
        ),
        "gg",
    ),
    "nl": _Habits(
        "{d:02}-{m:02}-{y}",
        "{d}\u00a0{name} {y}",
        (
            "januari",
            "februari",
            "maart",
            "april",
            "mei",
            "juni",
            "juli",
            "augustus",
            "september",
            "oktober",
            "november",
            "december",
        ),
        "d",
        is_currency_first=True,
    ),
}


def number(value: Decimal | int, language: str, *, decimals: int = 0) -> str:
    """Return `value` with grouped digits, rounded half away from zero: `1.234,50` in these four languages."""
    figure = formats.number(value, "en" if language in _HABITS else language, decimals=decimals)
    return figure.translate(str.maketrans(",.", ".,")) if language in _HABITS else figure


def money(value: Money, language: str) -> str:
    """Return the amount with its currency: `1.234,50 €`, `€ 1.234,50` in Dutch."""
    if language not in _HABITS:
        return formats.money(value, language)
    figure = number(value.amount, language, decimals=decimals_of(value.currency))
    symbol = _SYMBOLS.get(value.currency, value.currency)
    if not _HABITS[language].is_currency_first:
        return f"{figure}{HARD_SPACE}{symbol}"
    sign = MINUS if figure.startswith(MINUS) else ""
    return f"{sign}{symbol}{HARD_SPACE}{figure.removeprefix(MINUS)}"


def percent(fraction: Decimal, language: str, *, decimals: int = 1) -> str:
    """Return a fraction as a percentage: `12,40 %`."""
    if language not in _HABITS:
        return formats.percent(fraction, language, decimals=decimals)
    return f"{number(fraction * 100, language, decimals=decimals)}{HARD_SPACE}%"


def days(value: int, language: str) -> str:
    """Return a number of days: `50 Tg.`."""
    if language not in _HABITS:
        return formats.days(value, language)
    return f"{number(value, language)}{HARD_SPACE}{_HABITS[language].days}"


def day(value: date, language: str) -> str:
    """Return the date for tables: `19.11.2026`."""
    if language not in _HABITS:
        return formats.day(value, language)
    return _HABITS[language].day.format(d=value.day, m=value.month, y=value.year)


def day_full(value: date, language: str) -> str:
    """Return the date as letters write it: `19. November 2026`."""
    if language not in _HABITS:
        return formats.day_full(value, language)
    habits = _HABITS[language]
    name = habits.months[value.month - 1]
    return habits.day_full.format(d=value.day, name=name, y=value.year)
