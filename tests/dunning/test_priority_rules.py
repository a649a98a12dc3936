"""Whom to turn to first: the score of DOMAIN 5.4 and the reasons that made it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunning.rules.priority import (
    EVEN,
    Factor,
    PaidInTime,
    Standing,
    band_of,
    margin_weight,
    priority,
    risk_weight,
    segment_chance,
    shrunk_chance,
)

D = Decimal
TEN_THOUSAND = D(10_000)


@pytest.mark.parametrize(
    ("days_late", "weight"),
    [
        (-7, "0.5"),
        (0, "0.5"),
        (1, "1"),
        (15, "1"),
        (16, "1.3"),
        (45, "1.3"),
        (46, "1.6"),
        (400, "1.6"),
    ],
)
def test_lateness_weighs_as_the_domain_says(days_late: int, weight: str) -> None:
    assert band_of(days_late).weight == D(weight)


@pytest.mark.parametrize(
    ("risk_class", "weight"), [("A", "1"), ("B", "1"), ("C", "1.3"), ("D", "1.6"), ("", "1")]
)
def test_risk_weighs_by_class(risk_class: str, weight: str) -> None:
    assert risk_weight(risk_class) == D(weight)


@pytest.mark.parametrize(
    ("margin", "weight"),
    [("0", "1.2"), ("0.2", "1"), ("0.4", "0.8"), ("0.9", "0.8"), ("-0.1", "1.2"), (None, "1")],
)
def test_a_thin_margin_weighs_more_and_an_unknown_one_nothing(
    margin: str | None, weight: str
) -> None:
    assert margin_weight(None if margin is None else D(margin)) == D(weight)


def test_three_lines_are_drawn_to_the_segment_and_many_speak_for_themselves() -> None:
    assert shrunk_chance(PaidInTime(3, 0), D("0.5")) == D(4) / D(11)
    assert shrunk_chance(PaidInTime(792, 0), D("0.5")) == D("0.005")
    assert shrunk_chance(PaidInTime(), D("0.3")) == D("0.3")


def test_a_house_without_history_gives_even_odds() -> None:
    assert segment_chance(PaidInTime(), PaidInTime()) == EVEN


def test_of_two_equal_claims_the_risky_one_with_a_thin_margin_comes_first_and_says_why() -> None:
    """R36: two claims of 10 k€, high risk and low margin first, reason displayed."""
    risky = priority(Standing(TEN_THOUSAND, 10, EVEN, "D", D("0.02")), usual_amount=TEN_THOUSAND)
    safe = priority(Standing(TEN_THOUSAND, 10, EVEN, "A", D("0.4")), usual_amount=TEN_THOUSAND)
    assert risky.score > safe.score
    assert risky.reasons == (Factor.RISK, Factor.MARGIN)


def test_the_score_is_the_product_of_its_weights() -> None:
    found = priority(Standing(D(1000), 50, D("0.2"), "C"), usual_amount=D(1000))
    assert found.score == D(1000) * D("1.6") * D("0.8") * D("1.3")


def test_what_is_not_due_or_pays_by_itself_is_a_reason_too() -> None:
    found = priority(Standing(D(1000), -5, D("0.95"), "A"), usual_amount=D(1000))
    assert set(found.reasons) == {Factor.LATENESS, Factor.CHANCE}


counts = st.integers(0, 5000).flatmap(
    lambda lines: st.builds(PaidInTime, st.just(lines), st.integers(0, lines))
)


@given(counts, counts)
def test_a_chance_stays_between_nothing_and_all(own: PaidInTime, house: PaidInTime) -> None:
    chance = shrunk_chance(own, segment_chance(own, house + own))
    assert 0 <= chance <= 1


@given(counts, st.decimals(0, 1, places=4))
def test_a_customers_chance_lies_between_his_own_and_that_of_his_kind(
    own: PaidInTime, wider: Decimal
) -> None:
    chance = shrunk_chance(own, wider)
    own_rate = D(own.paid) / own.lines if own.lines else wider
    low, high = sorted((own_rate, wider))
    assert low - D("1e-9") <= chance <= high + D("1e-9")


@given(st.decimals(1, 10**9, places=2), st.integers(-30, 400), st.sampled_from("ABCD"))
def test_who_is_less_likely_to_pay_never_comes_later(
    amount: Decimal, days_late: int, risk_class: str
) -> None:
    likely, unlikely = (
        priority(Standing(amount, days_late, chance, risk_class), usual_amount=amount)
        for chance in (D("0.9"), D("0.1"))
    )
    assert unlikely.score > likely.score
