"""Figures and dates are written and read as DESIGN 7 says."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.template import Context, Template
from django.utils import translation

from kernel import formats
from kernel.money import Money

TODAY = date(2026, 11, 19)


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


@pytest.mark.parametrize(
    ("amount", "french", "english"),
    [
        ("412860.75", "412\u202f860,75\u00a0€", "€412,860.75"),
        ("-8950", "\u22128\u202f950,00\u00a0€", "\u2212€8,950.00"),
        ("0", "0,00\u00a0€", "€0.00"),
        ("-0.004", "0,00\u00a0€", "€0.00"),
        ("0.005", "0,01\u00a0€", "€0.01"),
    ],
)
def test_an_amount_keeps_its_cents(amount: str, french: str, english: str) -> None:
    assert formats.money(eur(amount), "fr") == french
    assert formats.money(eur(amount), "en") == english


def test_the_currency_decides_decimals_and_symbol() -> None:
    assert formats.money(Money(Decimal(1500), "JPY"), "fr") == "1\u202f500\u00a0¥"
    assert formats.money(Money(Decimal("1500.5"), "CHF"), "fr") == "1\u202f500,50\u00a0CHF"
    assert formats.money(Money(Decimal("-1500.5"), "CHF"), "en") == "\u2212CHF\u00a01,500.50"
    assert formats.amount_short(Money(Decimal(919_000), "CHF"), "fr") == "919\u00a0k\u00a0CHF"


@pytest.mark.parametrize(
    ("amount", "french", "english"),
    [
        ("18040000", "18,04\u00a0M€", "€18.04M"),
        ("919000", "919\u00a0k€", "€919k"),
        ("999499", "999\u00a0k€", "€999k"),
        ("999600", "1,00\u00a0M€", "€1.00M"),
        ("999999999", "1,00\u00a0Md€", "€1.00bn"),
        ("1234000000", "1,23\u00a0Md€", "€1.23bn"),
        ("10000", "10\u00a0k€", "€10k"),
        ("9999.40", "9\u202f999\u00a0€", "€9,999"),
        ("612", "612\u00a0€", "€612"),
        ("-125000", "\u2212125\u00a0k€", "\u2212€125k"),
        ("0", "0\u00a0€", "€0"),
    ],
)
def test_a_short_amount_has_three_or_four_figures(amount: str, french: str, english: str) -> None:
    assert formats.amount_short(eur(amount), "fr") == french
    assert formats.amount_short(eur(amount), "en") == english


def test_a_rate_is_a_fraction_and_reads_as_percent() -> None:
    assert formats.percent(Decimal("0.2524"), "fr") == "25,2\u00a0%"
    assert formats.percent(Decimal("0.2525"), "en") == "25.3%"
    assert formats.percent(Decimal("1.13"), "fr", decimals=0) == "113\u00a0%"


@pytest.mark.parametrize(
    ("value", "unit", "french", "english"),
    [
        ("1.2", "j", "+1,2\u00a0j", "+1.2\u00a0d"),
        ("-0.6", "pt", "\u22120,6\u00a0pt", "\u22120.6\u00a0pt"),
        ("0.04", "j", "0,0\u00a0j", "0.0\u00a0d"),
        ("-0.04", "j", "0,0\u00a0j", "0.0\u00a0d"),
    ],
)
def test_a_change_says_its_sign_unless_it_is_none(
    value: str, unit: str, french: str, english: str
) -> None:
    assert formats.change(Decimal(value), "fr", unit=unit) == french
    assert formats.change(Decimal(value), "en", unit=unit) == english


def test_days_and_lateness_are_said_in_words() -> None:
    assert formats.days(50, "fr") == "50\u00a0j"
    assert formats.days(Decimal("43.24"), "en", decimals=1) == "43.2\u00a0d"
    assert formats.days_late(50, "fr") == "échue depuis 50\u00a0jours"
    assert formats.days_late(1, "fr") == "échue depuis 1\u00a0jour"
    assert formats.days_late(-11, "fr") == "dans 11\u00a0jours"
    assert formats.days_late(0, "fr") == "échéance aujourd’hui"
    assert formats.days_late(50, "en") == "50\u00a0days overdue"
    assert formats.days_late(-1, "en") == "due in 1\u00a0day"
    assert formats.days_late(0, "en") == "due today"


def test_a_day_around_the_due_date_has_a_letter_and_a_sign() -> None:
    assert [formats.day_offset(count, "fr") for count in (10, -7, 0)] == ["J+10", "J\u22127", "J"]
    assert [formats.day_offset(count, "en") for count in (10, -7, 0)] == ["D+10", "D\u22127", "D"]


@pytest.mark.parametrize(
    ("name", "french", "english"),
    [
        ("day", "19/11/2026", "19 Nov 2026"),
        ("day_short", "19\u00a0nov.", "19\u00a0Nov"),
        ("day_long", "jeudi 19\u00a0novembre", "Thursday 19\u00a0November"),
        ("day_full", "19\u00a0novembre 2026", "19\u00a0November 2026"),
        ("month", "novembre 2026", "November 2026"),
        ("month_short", "nov.", "Nov"),
    ],
)
def test_a_date_is_written_the_way_of_its_language(name: str, french: str, english: str) -> None:
    write = getattr(formats, name)
    assert (write(TODAY, "fr"), write(TODAY, "en")) == (french, english)


def test_the_first_of_a_month_is_1er_in_french() -> None:
    assert formats.day_full(date(2026, 12, 1), "fr") == "1er\u00a0décembre 2026"


def test_the_time_of_day_depends_on_the_language() -> None:
    afternoon = datetime(2026, 11, 19, 14, 30, tzinfo=UTC)
    midnight = datetime(2026, 11, 19, 0, 5, tzinfo=UTC)
    assert formats.clock(afternoon, "fr") == "14\u00a0h\u00a030"
    assert formats.clock(afternoon, "en") == "14:30"
    assert formats.clock(afternoon, "en-us") == "2:30\u00a0pm"
    assert formats.clock(midnight, "en-us") == "12:05\u00a0am"


@pytest.mark.parametrize(
    ("typed", "language", "read"),
    [
        ("412 860,75", "fr", "412860.75"),
        ("412\u202f860,75\u00a0€", "fr", "412860.75"),
        ("412.860,75", "fr", "412860.75"),
        ("412,860.75", "fr", "412860.75"),
        ("1 234 567", "fr", "1234567"),
        ("1.234.567", "fr", "1234567"),
        ("1,234,567", "en", "1234567"),
        ("12,500", "en", "12500"),
        ("12k", "fr", "12000"),
        ("1,5M", "fr", "1500000"),
        ("1.250k", "fr", "1250"),
        ("12.5", "fr", "12.5"),
        ("0,125", "fr", "0.125"),
        (",5", "fr", "0.5"),
        ("\u22128 950,00 €", "fr", "-8950"),
        ("+3", "en", "3"),
        ("97’858.40", "en", "97858.40"),
    ],
)
def test_a_typed_amount_is_understood(typed: str, language: str, read: str) -> None:
    assert formats.parse_amount(typed, language) == Decimal(read)


@pytest.mark.parametrize(
    ("typed", "language"),
    [
        ("12,500", "fr"),
        ("12.500", "fr"),
        ("12.500", "en"),
        ("", "fr"),
        ("abc", "fr"),
        ("12,34,56", "fr"),
        ("1.2.3,4", "fr"),
        ("1,2,3.4", "en"),
        ("--5", "fr"),
        ("1e9", "fr"),
        ("NaN", "fr"),
        ("12 kk", "fr"),
        ("1" * 41, "fr"),
    ],
)
def test_an_amount_that_could_be_two_or_none_is_refused(typed: str, language: str) -> None:
    with pytest.raises(formats.UnreadableAmount) as refusal:
        formats.parse_amount(typed, language)
    assert refusal.value.code == "unreadable_amount"
    assert "12k" in refusal.value.message


@pytest.mark.parametrize(
    ("typed", "language", "read"),
    [
        ("19/11/2026", "fr", TODAY),
        ("19/11/26", "fr", TODAY),
        ("19/11", "fr", TODAY),
        ("19.11.2026", "fr", TODAY),
        ("2026-11-19", "fr", TODAY),
        ("19 nov. 2026", "fr", TODAY),
        ("19 novembre", "fr", TODAY),
        ("1er décembre", "fr", date(2026, 12, 1)),
        ("19 Nov 2026", "en", TODAY),
        ("11/19/2026", "en-us", TODAY),
        ("+10", "fr", date(2026, 11, 29)),
        ("J+1", "fr", date(2026, 11, 20)),
        ("29/02/2028", "fr", date(2028, 2, 29)),
    ],
)
def test_a_typed_date_is_understood(typed: str, language: str, read: date) -> None:
    assert formats.parse_day(typed, language, today=TODAY) == read


@pytest.mark.parametrize(
    "typed",
    ["31/11/2026", "11/19/2026", "29/02/2026", "", "19", "19 jui", "demain", "00/00", "1/1/1/1"],
)
def test_a_day_the_calendar_does_not_have_is_refused(typed: str) -> None:
    with pytest.raises(formats.UnreadableDate) as refusal:
        formats.parse_day(typed, "fr", today=TODAY)
    assert refusal.value.details == {"typed": typed}
    assert "19/11/2026" in refusal.value.message


@pytest.mark.parametrize(
    ("source", "value", "shown"),
    [
        ("{{ x|money }}", eur("412860.75"), "412\u202f860,75\u00a0€"),
        ("{{ x|money_whole }}", eur("412860.75"), "412\u202f861\u00a0€"),
        ("{{ x|money_change }}", eur("919000"), "+919\u00a0k€"),
        ("{{ x|plain }}", eur("412860.75"), "412860.75"),
        ("{{ x|percent:0 }}", Decimal("0.748"), "75\u00a0%"),
        ("{{ x|days }}", Decimal("43.2"), "43,2\u00a0j"),
        ("{{ x|days }}", 43, "43\u00a0j"),
        ("{{ x|number }}", 1248, "1\u202f248"),
        ("{{ x|change }}", Decimal("1.2"), "+1,2\u00a0j"),
        ("{{ x|day }}", TODAY, "19/11/2026"),
        ("{{ x|moment }}", datetime(2026, 11, 19, 6, 12, tzinfo=UTC), "19\u00a0nov. 2026, 06:12"),
    ],
)
def test_a_filter_speaks_the_language_of_the_page(source: str, value: object, shown: str) -> None:
    with translation.override("fr"):
        page = Template("{% load formats %}" + source).render(Context({"x": value}))
    assert page == shown


@pytest.mark.parametrize(
    "name",
    ["money", "amount_short", "percent", "days", "day", "clock", "moment", "number", "change"],
)
def test_a_missing_value_prints_a_dash(name: str) -> None:
    page = Template("{% load formats %}{{ x|" + name + " }}").render(Context({"x": None}))
    assert page == "—"
