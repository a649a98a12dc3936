import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import Money
from kernel.periods import Period, half_year_of
from ledger.rules.penalties import PartPayment, RateMissing, late_charge, rate_of, simple_interest
from ledger.rules.reference import (
    ECB,
    LEGAL_INTEREST,
    HalfYearRate,
    late_payment_reference,
)

REFERENCE = late_payment_reference()
DUE = date(2026, 6, 15)
PRINCIPAL = Money(Decimal(12_000), "EUR")


def eur(amount: str | int) -> Money:
    return Money(Decimal(amount), "EUR")


def half(text: str) -> Period:
    return half_year_of(date(int(text[:4]), 1 if text.endswith("H1") else 7, 1))


def test_the_worked_example_of_the_law() -> None:
    charge = late_charge(PRINCIPAL, DUE, date(2026, 8, 20), reference=REFERENCE)
    assert (charge.interest, charge.fixed_charge, charge.total) == (
        eur("267.83"),
        eur("40.00"),
        eur("307.83"),
    )
    first, second = charge.periods
    assert (first.first_day, first.last_day, first.days, first.rate) == (
        date(2026, 6, 16),
        date(2026, 6, 30),
        15,
        Decimal("0.1215"),
    )
    assert (second.first_day, second.last_day, second.days, second.rate) == (
        date(2026, 7, 1),
        date(2026, 8, 20),
        51,
        Decimal("0.1240"),
    )


def test_cents_are_rounded_once_at_the_end() -> None:
    charge = late_charge(eur("0.40"), date(2025, 12, 25), date(2026, 1, 6), reference=REFERENCE)
    halves = [
        simple_interest(period.principal, period.rate, period.days) for period in charge.periods
    ]
    assert [len(charge.periods), sum(halves)] == [2, 0]
    exact = sum((period.weight for period in charge.periods), Decimal(0)) / 365
    assert charge.interest == Money(exact, "EUR").rounded()


@pytest.mark.parametrize("until", [DUE, DUE - timedelta(days=1), date(2026, 1, 1)])
def test_nothing_is_owed_on_an_invoice_paid_by_its_due_date(until: date) -> None:
    charge = late_charge(PRINCIPAL, DUE, until, reference=REFERENCE)
    assert (charge.total, charge.periods) == (eur(0), ())


def test_one_day_late_owes_one_day_and_the_fixed_charge() -> None:
    charge = late_charge(PRINCIPAL, DUE, DUE + timedelta(days=1), reference=REFERENCE)
    assert charge.interest == eur("3.99")
    assert charge.fixed_charge == eur(40)


def test_a_part_payment_splits_the_period_and_bears_interest_to_its_day() -> None:
    payments = [PartPayment(date(2026, 6, 20), Decimal(5000))]
    charge = late_charge(PRINCIPAL, DUE, date(2026, 6, 30), reference=REFERENCE, payments=payments)
    assert [(period.principal, period.days) for period in charge.periods] == [
        (12_000, 5),
        (7_000, 10),
    ]
    assert (
        charge.interest
        == Money(Decimal(12_000 * 5 + 7_000 * 10) * Decimal("0.1215") / 365, "EUR").rounded()
    )


def test_a_payment_on_the_first_late_day_bears_interest_for_that_day() -> None:
    paid = [PartPayment(DUE + timedelta(days=1), Decimal(12_000))]
    charge = late_charge(PRINCIPAL, DUE, date(2026, 8, 20), reference=REFERENCE, payments=paid)
    assert [(period.principal, period.days) for period in charge.periods] == [(12_000, 1)]
    assert charge.interest == eur("3.99")


def test_two_payments_of_one_day_are_one_cut() -> None:
    payments = [PartPayment(date(2026, 6, 20), Decimal(1000))] * 2
    charge = late_charge(PRINCIPAL, DUE, date(2026, 6, 30), reference=REFERENCE, payments=payments)
    assert [period.principal for period in charge.periods] == [12_000, 10_000]


def test_a_payment_by_the_due_date_only_lowers_the_principal() -> None:
    charge = late_charge(
        PRINCIPAL,
        DUE,
        date(2026, 6, 30),
        reference=REFERENCE,
        payments=[PartPayment(DUE, Decimal(2000))],
    )
    assert [(period.principal, period.days) for period in charge.periods] == [(10_000, 15)]


def test_a_full_late_payment_ends_the_interest_and_keeps_the_fixed_charge() -> None:
    paid = [PartPayment(date(2026, 6, 25), Decimal(12_000))]
    charge = late_charge(PRINCIPAL, DUE, date(2026, 8, 20), reference=REFERENCE, payments=paid)
    assert [period.days for period in charge.periods] == [10]
    assert charge.fixed_charge == eur(40)


def test_a_full_payment_in_time_leaves_nothing_to_claim() -> None:
    paid = [PartPayment(DUE, Decimal(12_000))]
    assert late_charge(
        PRINCIPAL, DUE, date(2026, 8, 20), reference=REFERENCE, payments=paid
    ).total == eur(0)


def test_a_payment_after_the_day_of_the_claim_does_not_count() -> None:
    later = [PartPayment(date(2026, 9, 1), Decimal(12_000))]
    charge = late_charge(PRINCIPAL, DUE, date(2026, 8, 20), reference=REFERENCE, payments=later)
    assert charge.interest == eur("267.83")


def test_a_contract_rate_above_the_floor_counts() -> None:
    rate = rate_of(half("2026H1"), reference=REFERENCE, contract_rate=Decimal("0.0975"))
    assert rate == Decimal("0.0975")


def test_a_contract_rate_never_falls_under_three_times_the_legal_rate() -> None:
    assert rate_of(half("2026H1"), reference=REFERENCE, contract_rate=Decimal("0.03")) == Decimal(
        "0.0786"
    )
    assert rate_of(half("2024H2"), reference=REFERENCE, contract_rate=Decimal("0.12")) == Decimal(
        "0.1476"
    )


@pytest.mark.parametrize(
    ("half_year", "floor", "default"),
    [
        ("2024H2", "0.1476", "0.1425"),
        ("2025H1", "0.1113", "0.1315"),
        ("2025H2", "0.0828", "0.1215"),
        ("2026H1", "0.0786", "0.1215"),
    ],
)
def test_floor_and_default_are_apart_in_each_half_year(
    half_year: str, floor: str, default: str
) -> None:
    lowest = rate_of(half(half_year), reference=REFERENCE, contract_rate=Decimal(0))
    assert (lowest, rate_of(half(half_year), reference=REFERENCE)) == (
        Decimal(floor),
        Decimal(default),
    )


def test_the_default_rate_ignores_the_floor_even_where_it_is_higher() -> None:
    assert rate_of(half("2024H2"), reference=REFERENCE) == Decimal("0.1425")


def test_a_half_year_without_an_ecb_rate_is_refused_and_never_carried_on() -> None:
    with pytest.raises(RateMissing) as refused:
        late_charge(PRINCIPAL, DUE, date(2027, 1, 1), reference=REFERENCE)
    assert (refused.value.kind, refused.value.name) == (ECB, "2027 H1")


def test_a_contract_rate_needs_the_legal_rate_of_its_half_year() -> None:
    with pytest.raises(RateMissing) as refused:
        late_charge(
            PRINCIPAL, DUE, date(2026, 8, 20), reference=REFERENCE, contract_rate=Decimal("0.0975")
        )
    assert (refused.value.kind, refused.value.name) == (LEGAL_INTEREST, "2026 H2")


def test_a_rate_entered_by_the_tenant_fills_the_gap() -> None:
    entered = HalfYearRate("FR", LEGAL_INTEREST, half("2026H2"), Decimal("0.0300"), "arrêté")
    charge = late_charge(
        PRINCIPAL,
        DUE,
        date(2026, 8, 20),
        reference=REFERENCE.with_rates([entered]),
        contract_rate=Decimal("0.0800"),
    )
    assert [period.rate for period in charge.periods] == [Decimal("0.0800"), Decimal("0.0900")]


def rows(shared_data: Path, *path: str) -> list[dict[str, str]]:
    with shared_data.joinpath(*path).open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_our_rates_by_half_year_are_the_published_ones(shared_data: Path) -> None:
    for row in rows(shared_data, "rates", "late_payment_reference_by_half_year.csv"):
        period = half(row["half_year"])
        assert REFERENCE.rate(ECB, period, "FR") == Decimal(row["ecb_rate_in_force"]) / 100
        assert rate_of(period, reference=REFERENCE) == Decimal(row["french_default_plus_10"]) / 100


def test_our_half_years_follow_from_the_days_the_ecb_changed_its_rate(shared_data: Path) -> None:
    changes = [
        (date.fromisoformat(row["effective_from"]), Decimal(row["rate_percent"]) / 100)
        for row in rows(shared_data, "rates", "ecb_main_refinancing_rate.csv")
    ]
    for row in REFERENCE.rates:
        if row.kind == ECB:
            assert row.rate == [rate for day, rate in changes if day <= row.half_year.start][-1]


def test_our_legal_rates_and_floors_are_the_published_ones(shared_data: Path) -> None:
    published = rows(shared_data, "rates", "french_legal_interest_rate.csv")
    for row in published:
        period = half(row["half_year"])
        assert (
            REFERENCE.rate(LEGAL_INTEREST, period, "FR")
            == Decimal(row["professional_percent"]) / 100
        )
        floor = rate_of(period, reference=REFERENCE, contract_rate=Decimal(0))
        assert floor == Decimal(row["floor_3x_professional"]) / 100
    assert len(published) == sum(row.kind == LEGAL_INTEREST for row in REFERENCE.rates)


def test_published_examples_of_the_same_convention_are_met(shared_data: Path) -> None:
    published = {
        row["id"]: row["expected"]
        for row in rows(shared_data, "peer_cases", "late_interest_worked_examples.csv")
    }
    percent = Decimal(100)
    floors = {
        name: rate_of(half(name), reference=REFERENCE, contract_rate=Decimal(0))
        for name in ("2026H1", "2025H2")
    }
    computed = {
        "L01": f"{simple_interest(Decimal(5000), Decimal('0.10'), 30)} EUR",
        "L02": f"{floors['2026H1'] * percent:.2f} %",
        "L03": f"{floors['2025H2'] * percent:.2f} %",
        "L04": f"{rate_of(half('2024H2'), reference=REFERENCE) * percent:.2f} %",
        "L05": f"{late_charge(eur(1), DUE, date(2026, 6, 16), reference=REFERENCE).fixed_charge.amount:.0f} EUR",
        "L06": f"{rate_of(half('2024H2'), reference=REFERENCE, country='BE') * percent:.2f} %",
        "L07": f"{simple_interest(Decimal(100), Decimal('0.10'), 15)}",
    }
    assert computed == published


def test_the_peer_dunning_with_interest_is_met(shared_data: Path) -> None:
    for row in rows(shared_data, "peer_cases", "dunning_erpnext", "case.csv"):
        rate = Decimal(row["yearly_rate_pct"]) / 100
        interest = simple_interest(Decimal(row["principal"]), rate, int(row["days_overdue"]))
        assert f"{interest:.2f}" == row["expected_interest"]


days = st.dates(min_value=date(2010, 1, 1), max_value=date(2026, 12, 31))
cents = st.integers(1, 10**9).map(lambda value: Decimal(value) / 100)


@given(cents, days, days)
def test_the_days_of_the_sheet_are_the_days_late(amount: Decimal, due: date, until: date) -> None:
    charge = late_charge(Money(amount, "EUR"), due, until, reference=REFERENCE)
    assert sum(period.days for period in charge.periods) == max(0, (until - due).days)
    assert all(
        half_year_of(period.first_day) == half_year_of(period.last_day) for period in charge.periods
    )


@given(
    cents,
    st.dates(date(2026, 1, 1), date(2026, 6, 1)),
    st.lists(st.tuples(st.integers(-10, 200), cents), max_size=4),
)
def test_paying_a_part_never_raises_the_interest(
    amount: Decimal, due: date, paid: list[tuple[int, Decimal]]
) -> None:
    until = date(2026, 12, 1)
    payments = [PartPayment(due + timedelta(days=offset), part) for offset, part in paid]
    without = late_charge(Money(amount, "EUR"), due, until, reference=REFERENCE)
    reduced = late_charge(Money(amount, "EUR"), due, until, reference=REFERENCE, payments=payments)
    assert eur(0) <= reduced.interest <= without.interest
    assert all(period.principal > 0 for period in reduced.periods)
