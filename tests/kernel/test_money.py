from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import CurrencyMismatch, Money, total

amounts = st.decimals(
    allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12
)


def eur(amount: str | int) -> Money:
    return Money(Decimal(amount), "EUR")


def usd(amount: str | int) -> Money:
    return Money(Decimal(amount), "USD")


@pytest.mark.parametrize("amount", [1.0, "1.00", None, True, float("nan")])
def test_an_amount_that_is_not_a_decimal_is_refused(amount: object) -> None:
    with pytest.raises(TypeError):
        Money(amount, "EUR")  # type: ignore[arg-type]


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity"])
def test_an_amount_without_end_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match="finite"):
        eur(amount)


@pytest.mark.parametrize("currency", ["", "eur", "EURO", "€", "ÉÉÉ"])
def test_a_currency_is_three_capital_letters(currency: str) -> None:
    with pytest.raises(ValueError, match="three capital letters"):
        Money(Decimal(1), currency)


def test_two_currencies_never_mix() -> None:
    for mixed in (
        lambda: eur(1) + usd(1),
        lambda: eur(1) - usd(1),
        lambda: eur(1) < usd(1),
        lambda: eur(1) >= usd(1),
        lambda: eur(1).share_of(usd(1)),
        lambda: total([eur(1), usd(1)], currency="EUR"),
    ):
        with pytest.raises(CurrencyMismatch, match="EUR and USD"):
            mixed()


def test_a_float_factor_is_refused() -> None:
    with pytest.raises(TypeError):
        eur(1) * 0.5  # type: ignore[operator]
    with pytest.raises(TypeError):
        eur(1) / 0.5  # type: ignore[operator]


def test_zero_euros_are_not_zero_dollars() -> None:
    assert eur(0) != usd(0)
    assert not eur(0)


@pytest.mark.parametrize(
    ("amount", "expected"),
    [("0.005", "0.01"), ("-0.005", "-0.01"), ("2.344999", "2.34"), ("1000", "1000.00")],
)
def test_rounding_is_half_away_from_zero_to_the_cent(amount: str, expected: str) -> None:
    assert str(eur(amount).rounded().amount) == expected


@pytest.mark.parametrize(
    ("currency", "expected"), [("JPY", "1235"), ("TND", "1234.568"), ("USD", "1234.57")]
)
def test_rounding_follows_what_the_currency_can_pay(currency: str, expected: str) -> None:
    assert str(Money(Decimal("1234.5678"), currency).rounded().amount) == expected


def test_nothing_is_rounded_unless_asked() -> None:
    assert (eur("0.001") * 3).amount == Decimal("0.003")
    assert eur(100) / 8 == eur("12.5")


def test_the_public_form_is_a_string_and_a_currency() -> None:
    assert eur("120").as_json() == {"amount": "120.00", "currency": "EUR"}
    assert str(eur("119.999")) == "120.00 EUR"


def test_a_share_of_nothing_is_no_number() -> None:
    assert eur(1).share_of(eur(0)) is None
    assert eur(1).share_of(eur(4)) == Decimal("0.25")


def test_the_total_of_nothing_is_zero_in_its_currency() -> None:
    assert total([], currency="CHF") == Money.zero("CHF")


@given(st.lists(amounts, max_size=20))
def test_a_total_does_not_depend_on_the_order(values: list[Decimal]) -> None:
    forth = total([Money(value, "EUR") for value in values], currency="EUR")
    back = total([Money(value, "EUR") for value in reversed(values)], currency="EUR")
    assert forth == back


@given(amounts, amounts)
def test_what_is_added_can_be_taken_away(left: Decimal, right: Decimal) -> None:
    a, b = Money(left, "EUR"), Money(right, "EUR")
    assert a + b - b == a
    assert a + -a == Money.zero("EUR")
    assert (a < b) == (left < right)
