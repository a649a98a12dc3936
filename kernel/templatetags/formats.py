"""Filters of `{% load formats %}`: kernel.formats in the language of the page; None prints a dash.

Filters that take amounts want `kernel.money.Money`, rates are fractions, days are numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from django import template
from django.utils import timezone
from django.utils.translation import get_language

from kernel import formats
from kernel.money import Money

register = template.Library()


def language() -> str:
    """Return the language of the page being rendered; English where none is active."""
    return get_language() or "en"


def is_missing(value: object) -> bool:
    """Return whether there is nothing to write: None, or a variable the template does not know."""
    return value is None or value == ""  # not falsy: zero is a figure


def _filter(name: str, write: Callable[..., str]) -> None:
    """Register `write(value, language)`; a missing value prints a dash rather than nothing."""

    def shown(value: object) -> str:
        return formats.NOTHING if is_missing(value) else write(value, language())

    shown.__doc__ = write.__doc__
    register.filter(name, shown)


for _name in (
    "money",
    "money_whole",
    "amount_short",
    "days_late",
    "day_offset",
    "day",
    "day_short",
    "day_long",
    "day_full",
    "month",
    "month_short",
):
    _filter(_name, getattr(formats, _name))


@register.filter
def number(value: Decimal | int | None, decimals: int = 0) -> str:
    """Write a plain number: `{{ 1248|number }}` reads `1 248`, `{{ x|number:1 }}` keeps one decimal."""
    if is_missing(value) or value is None:
        return formats.NOTHING
    return formats.number(value, language(), decimals=decimals)


@register.filter
def percent(fraction: Decimal | None, decimals: int = 1) -> str:
    """Write a fraction: 0.252 reads `25,2 %`; `|percent:0` keeps no decimal."""
    if is_missing(fraction) or fraction is None:
        return formats.NOTHING
    return formats.percent(fraction, language(), decimals=decimals)


@register.filter
def days(value: Decimal | int | None, decimals: int | None = None) -> str:
    """Write days: whole numbers as `50 j`, measured ones with one decimal, `43,2 j`."""
    if is_missing(value) or value is None:
        return formats.NOTHING
    if decimals is None:
        decimals = 0 if isinstance(value, int) else 1
    return formats.days(value, language(), decimals=decimals)


@register.filter
def change(value: Decimal | int | None, unit: str = "j") -> str:
    """Write a difference with its sign and unit: `{{ d|change:"j" }}` reads `+1,2 j`."""
    if is_missing(value) or value is None:
        return formats.NOTHING
    return formats.change(value, language(), unit=unit)


@register.filter
def money_change(value: Money | None) -> str:
    """Write a difference of amounts, short and signed: `+919 k€`, `−125 k€`."""
    if is_missing(value) or value is None:
        return formats.NOTHING
    short = formats.amount_short(value, language())
    return f"+{short}" if value.amount > 0 else short


@register.filter
def clock(value: datetime | None) -> str:
    """Write the time of day in the current time zone: `14 h 30`, `14:30`."""
    return (
        formats.NOTHING if value is None else formats.clock(timezone.localtime(value), language())
    )


@register.filter
def moment(value: datetime | date | None) -> str:
    """Write date and time in the current time zone: `19 nov. 2026, 06:12` for the age of data."""
    if is_missing(value) or value is None:
        return formats.NOTHING
    if not isinstance(value, datetime):
        return formats.day(value, language())
    local = timezone.localtime(value)
    return f"{formats.day_short(local, language())} {local.year}, {local:%H:%M}"


@register.filter
def plain(value: Money | Decimal | None) -> str:
    """Write an amount for a machine, a form value or a data attribute: `412860.75`."""
    if value is None:
        return ""
    return str(value.rounded().amount) if isinstance(value, Money) else str(value)
