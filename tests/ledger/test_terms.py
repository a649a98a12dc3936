from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.rules.reference import payment_term_caps
from ledger.rules.terms import (
    Buyer,
    TermFlag,
    TermKind,
    Terms,
    due_date,
    end_of_ten_days,
    review_terms,
)

INVOICE_DATE = date(2026, 3, 10)
dates = st.dates(min_value=date(2010, 1, 1), max_value=date(2060, 12, 31))
CAPS = payment_term_caps()


def net(days: int) -> Terms:
    return Terms(TermKind.NET, days)


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        (net(60), date(2026, 5, 9)),
        (Terms(TermKind.THEN_END_OF_MONTH, 45), date(2026, 4, 30)),
        (Terms(TermKind.END_OF_MONTH_THEN, 45), date(2026, 5, 15)),
        (Terms(TermKind.PERIODIC, 45), date(2026, 4, 24)),
        (net(0), INVOICE_DATE),
        (Terms(TermKind.END_OF_TEN_DAYS, 30), date(2026, 4, 9)),
        (Terms(TermKind.THEN_END_OF_MONTH, 30, day_of_month=15), date(2026, 5, 15)),
        (Terms(TermKind.THEN_END_OF_MONTH, 30, day_of_month=31), date(2026, 4, 30)),
    ],
)
def test_an_invoice_of_10_march_2026_falls_due(terms: Terms, expected: date) -> None:
    assert due_date(INVOICE_DATE, terms) == expected


def test_no_agreed_term_means_thirty_days() -> None:
    assert due_date(INVOICE_DATE) == date(2026, 4, 9)


def test_a_due_date_on_a_holiday_stays_due() -> None:
    assert due_date(date(2026, 4, 1), net(30)) == date(2026, 5, 1)


@pytest.mark.parametrize(
    ("day", "end"), [(1, 10), (10, 10), (11, 20), (20, 20), (21, 28), (28, 28)], ids=str
)
def test_a_ten_day_period_ends_on_the_10th_the_20th_or_the_last(day: int, end: int) -> None:
    assert end_of_ten_days(date(2026, 2, day)) == date(2026, 2, end)


@pytest.mark.parametrize(("days", "day_of_month"), [(-1, None), (30, 0), (30, 32)])
def test_a_term_that_cannot_be_counted_is_refused(days: int, day_of_month: int | None) -> None:
    with pytest.raises(ValueError, match="term"):
        Terms(TermKind.NET, days, day_of_month)


@pytest.mark.parametrize(
    ("terms", "over"),
    [
        (net(60), 0),
        (net(61), 1),
        (net(75), 15),
        (Terms(TermKind.THEN_END_OF_MONTH, 45), 0),
        (Terms(TermKind.END_OF_MONTH_THEN, 45), 0),
        (Terms(TermKind.THEN_END_OF_MONTH, 60), 31),
        (Terms(TermKind.END_OF_MONTH_THEN, 60), 15),
        (Terms(TermKind.PERIODIC, 45), 0),
        (Terms(TermKind.PERIODIC, 60), 15),
    ],
)
def test_a_term_is_held_against_the_cap_of_its_own_counting(terms: Terms, over: int) -> None:
    review = review_terms(INVOICE_DATE, terms, CAPS)
    assert review.days_over == over
    assert review.is_legal is (over == 0)
    assert review.flags == ((TermFlag.ILLEGAL_TERM,) if over else ())
    assert "L441-10" in review.source


def test_an_illegal_term_keeps_its_agreed_date_beside_the_legal_one() -> None:
    review = review_terms(INVOICE_DATE, net(90), CAPS)
    assert review.due_date == date(2026, 6, 8)
    assert review.legal_due_date == date(2026, 5, 9)


@pytest.mark.parametrize(
    ("sector", "terms", "over"),
    [
        ("perishable_food", Terms(TermKind.END_OF_TEN_DAYS, 30), 0),
        ("perishable_food", net(30), 0),
        ("perishable_food", net(31), 1),
        ("taxed_alcohol", Terms(TermKind.END_OF_MONTH_THEN, 30), 0),
        ("taxed_alcohol", net(60), 9),
        ("transport", net(30), 0),
        ("transport", Terms(TermKind.THEN_END_OF_MONTH, 45), 21),
        ("bakery", net(60), 0),
    ],
)
def test_a_sector_has_its_own_cap(sector: str, terms: Terms, over: int) -> None:
    assert review_terms(INVOICE_DATE, terms, CAPS, sector=sector).days_over == over


@pytest.mark.parametrize(("sector", "over"), [("", 20), ("health", 0), ("public_undertaking", 0)])
def test_a_public_buyer_has_its_own_cap(sector: str, over: int) -> None:
    review = review_terms(INVOICE_DATE, net(50), CAPS, sector=sector, buyer=Buyer.PUBLIC)
    assert review.days_over == over


def test_a_country_without_a_rule_is_said_to_have_none() -> None:
    review = review_terms(INVOICE_DATE, net(200), CAPS, country="XK")
    assert review.flags == (TermFlag.NO_LEGAL_REFERENCE,)
    assert review.legal_due_date is None
    assert review.is_legal


def test_a_rule_counts_from_its_day_and_not_before() -> None:
    before = review_terms(date(2008, 12, 31), net(90), CAPS)
    assert before.flags == (TermFlag.NO_LEGAL_REFERENCE,)


@given(dates, st.sampled_from(TermKind), st.integers(0, 120), st.none() | st.integers(1, 31))
def test_nothing_falls_due_before_its_days_are_over(
    day: date, kind: TermKind, days: int, day_of_month: int | None
) -> None:
    due = due_date(day, Terms(kind, days, day_of_month))
    assert (due - day).days >= days
    assert (due - day).days <= days + 62


@given(dates, st.sampled_from(TermKind), st.integers(0, 120))
def test_a_longer_term_never_falls_due_sooner(day: date, kind: TermKind, days: int) -> None:
    assert due_date(day, Terms(kind, days)) <= due_date(day, Terms(kind, days + 1))
