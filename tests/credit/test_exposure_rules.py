from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from credit.rules import headroom
from credit.rules.order_check import Facts, Rule, Word, answer
from kernel.money import Money


def money(amount: str, currency: str = "EUR") -> Money:
    return Money(Decimal(amount), currency)


RATES = {"EUR": Decimal(1), "USD": Decimal("0.90"), "GBP": Decimal("1.20")}


def test_an_exposure_of_451_260_75_overruns_a_limit_of_400_000() -> None:
    room = headroom(money("400000"), {"EUR": money("451260.75")}, RATES)
    assert room.left == money("-51260.75")
    assert room.is_over
    assert room.used is not None
    assert round(room.used, 4) == Decimal("1.1282")


def test_currencies_are_converted_into_the_limits_own() -> None:
    room = headroom(money("1000", "USD"), {"EUR": money("90"), "GBP": money("30", "GBP")}, RATES)
    assert room.exposure == money("140", "USD")
    assert room.left == money("860", "USD")


def test_a_currency_without_a_rate_leaves_no_figure_and_is_named() -> None:
    room = headroom(money("1000"), {"EUR": money("90"), "CHF": money("30", "CHF")}, RATES)
    assert (room.exposure, room.left, room.used, room.is_over) == (None, None, None, False)
    assert room.currencies_without_rate == ("CHF",)


def test_a_limit_in_a_currency_without_a_rate_still_counts_its_own_currency() -> None:
    assert headroom(money("10", "CHF"), {"CHF": money("3", "CHF")}, {}).left == money("7", "CHF")
    assert headroom(money("10", "CHF"), {"EUR": money("3")}, RATES).currencies_without_rate == (
        "CHF",
    )


def test_nothing_owed_leaves_the_whole_limit() -> None:
    assert headroom(money("10"), {}, {}).left == money("10")
    assert headroom(money("0"), {}, {}).used is None


@given(st.integers(-300, 300), st.sampled_from(list(Word)[1:]), st.integers(-1, 1))
def test_an_order_is_answered_by_the_cent_on_which_side_of_the_limit_it_falls(
    left: int, beyond: Word, step: int
) -> None:
    amount = Decimal(100)
    known = {"amount": amount, "beyond": beyond, "has_limit": True, "has_group_limit": True}
    cents = Decimal(left) / 100
    own = answer(Facts(**known, left=cents, group_left=Decimal(1)))  # type: ignore[arg-type]
    group = answer(Facts(**known, left=Decimal(1), group_left=cents))  # type: ignore[arg-type]
    assert own == ((beyond, Rule.LIMIT) if left < 0 else (Word.YES, Rule.LIMIT))
    assert group == ((beyond, Rule.GROUP_LIMIT) if left < 0 else (Word.YES, Rule.LIMIT))
    released = answer(Facts(amount=amount + Decimal(step) / 100, release=amount))
    assert released == (
        (Word.REVIEW, Rule.ABOVE_RELEASE) if step > 0 else (Word.YES, Rule.RELEASED)
    )
    room = headroom(money("100"), {"EUR": Money(amount - cents, "EUR")}, RATES)
    assert room.is_over == (left < 0)
