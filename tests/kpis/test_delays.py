from decimal import Decimal

import pytest

from kpis.rules.delays import (
    Paid,
    Trend,
    average_days_late,
    average_days_late_with_open,
    payment_trend,
    shrunk_days_late,
)
from kpis.rules.figures import Figure, Flag, Unit
from ledger.rules.payers import PayerProfile, payer_profile
from tests.kpis.demo import thousand

PAID = Paid.of([(thousand(10), 5), (thousand(2), 45), (thousand(8), -3)])


def days(value: int | str) -> Figure:
    return Figure(Decimal(value), Unit.DAYS)


def test_the_delay_is_weighted_by_what_was_paid() -> None:
    assert average_days_late(PAID).as_json() == 5.8
    assert round((5 + 45 - 3) / 3, 1) == 15.7


def test_under_three_invoices_there_is_no_delay() -> None:
    figure = average_days_late(Paid.of([(Decimal(1), 5), (Decimal(1), 5)]))
    assert (figure.value, figure.flags) == (None, (Flag.TOO_FEW_PAID_INVOICES,))


def test_open_late_lines_make_the_pessimistic_twin_worse() -> None:
    twin = average_days_late_with_open(PAID, thousand(20), thousand(20 * 40))
    assert twin.value == (thousand(116) + thousand(800)) / thousand(40)


def test_a_thin_history_is_drawn_to_its_segment() -> None:
    assert shrunk_days_late(3, Decimal(20), Decimal(8)).as_json() == 11.3
    assert shrunk_days_late(0, Decimal(0), Decimal(8)).value == 8
    thick = shrunk_days_late(1000, Decimal(20), Decimal(8)).value
    assert thick is not None
    assert thick > 19


@pytest.mark.parametrize(
    ("late", "profile"),
    [
        ("-12", PayerProfile.EXCELLENT),
        ("0", PayerProfile.EXCELLENT),
        ("0.4", PayerProfile.EXCELLENT),
        ("1", PayerProfile.GOOD),
        ("7", PayerProfile.GOOD),
        ("8", PayerProfile.MEDIUM),
        ("20", PayerProfile.MEDIUM),
        ("20.5", PayerProfile.LATE),
        ("45", PayerProfile.LATE),
        ("46", PayerProfile.BAD),
        ("400", PayerProfile.BAD),
    ],
)
def test_a_payer_is_banded_by_whole_days(late: str, profile: PayerProfile) -> None:
    assert payer_profile(Decimal(late)) is profile


@pytest.mark.parametrize(
    ("last", "previous", "trend"),
    [
        ("12", "4", Trend.WORSE),
        ("4", "12", Trend.BETTER),
        ("5", "5.9", Trend.STABLE),
        ("5", "4", Trend.STABLE),
    ],
)
def test_a_trend_is_more_than_a_day_either_way(last: str, previous: str, trend: Trend) -> None:
    assert payment_trend(days(last), days(previous)).trend is trend


def test_a_missing_quarter_gives_no_trend() -> None:
    missing = Figure.missing(Unit.DAYS, Flag.TOO_FEW_PAID_INVOICES)
    found = payment_trend(days(3), missing)
    assert found.trend is None
    assert found.change.flags == (Flag.TOO_FEW_PAID_INVOICES,)
