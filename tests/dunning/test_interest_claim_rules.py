"""The rules of penalty claims: summed by invoice, rounded once, imputed by law, never below zero."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunning.rules.interest_claims import (
    ClaimState,
    Owed,
    Part,
    Parts,
    RateKind,
    claim_state,
    document_charge,
    imputation_order,
    impute,
    in_number_gaps,
    outstanding,
    rate_basis,
)
from dunning.rules.legal_clock import imputation_rules
from kernel.money import Money
from kernel.periods import half_year_of
from ledger.rules.penalties import (
    PartPayment,
    RateMissing,
    late_charge,
    rate_of,
    simple_interest,
)
from ledger.rules.reference import late_payment_reference

REFERENCE = late_payment_reference()
FIRST, LAST = date(2018, 1, 1), date(2026, 12, 31)


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def test_the_worked_example_of_the_law_as_an_invoice() -> None:
    charge = late_charge(eur("12000"), date(2026, 6, 15), date(2026, 8, 20), reference=REFERENCE)
    whole = document_charge([charge], currency="EUR")
    assert whole.interest == eur("267.83")
    assert whole.fixed_charge == eur("40.00")
    assert whole.parts.total == Decimal("307.83")


def test_instalments_share_one_fixed_charge_and_are_rounded_once() -> None:
    # Each third alone is 0.0041 €: three times 0.00 €, together 0.01 €.
    thirds = [
        late_charge(eur("1.2155"), date(2026, 1, 31), date(2026, 2, 10), reference=REFERENCE)
        for _instalment in range(3)
    ]
    assert [third.interest for third in thirds] == [eur("0.00")] * 3
    whole = document_charge(thirds, currency="EUR")
    assert whole.interest == eur("0.01")
    assert sum(whole.by_line) == Decimal("0.01")
    assert whole.fixed_charge == eur("40.00")


payments = st.lists(
    st.tuples(st.dates(FIRST, LAST), st.decimals("0.01", "9000", places=2)),
    max_size=5,
)
instalments = st.lists(
    st.tuples(st.decimals("0.01", "90000", places=2), st.dates(FIRST, LAST), payments),
    min_size=1,
    max_size=4,
)


@given(instalments, st.dates(FIRST, LAST))
def test_the_shares_sum_to_the_whole_and_none_is_negative(
    parts: list[tuple[Decimal, date, list[tuple[date, Decimal]]]], until: date
) -> None:
    charges = [
        late_charge(
            Money(principal, "EUR"),
            due,
            until,
            reference=REFERENCE,
            payments=[PartPayment(day, amount) for day, amount in paid],
        )
        for principal, due, paid in parts
    ]
    whole = document_charge(charges, currency="EUR")
    exact = sum((period.weight for charge in charges for period in charge.periods), Decimal(0))
    assert abs(whole.interest.amount - exact / 365) <= Decimal("0.005")  # rounded once
    assert sum(whole.by_line, Decimal(0)) == whole.interest.amount
    assert all(share >= 0 for share in whole.by_line)
    assert whole.fixed_charge.amount in {Decimal(0), Decimal(40)}
    assert bool(whole.periods) == bool(whole.fixed_charge.amount)


@given(st.dates(FIRST, LAST), st.integers(1, 900), st.integers(0, 900))
def test_the_pieces_before_and_after_a_day_sum_to_the_whole(due: date, days: int, cut: int) -> None:
    until = min(due + timedelta(days=days), LAST)
    middle = min(due + timedelta(days=cut), until)
    weights = [
        sum((period.weight for period in each.periods), Decimal(0))
        for each in (
            late_charge(eur("1000"), due, until, reference=REFERENCE),
            late_charge(eur("1000"), due, middle, reference=REFERENCE),
            late_charge(eur("1000"), middle, until, reference=REFERENCE),
        )
    ]
    assert weights[0] == weights[1] + weights[2]


def test_a_part_payment_never_raises_the_interest() -> None:
    late = late_charge(eur("5000"), date(2026, 1, 31), date(2026, 9, 30), reference=REFERENCE)
    paid = late_charge(
        eur("5000"),
        date(2026, 1, 31),
        date(2026, 9, 30),
        reference=REFERENCE,
        payments=[PartPayment(date(2026, 4, 30), Decimal(2000))],
    )
    assert paid.interest < late.interest
    assert paid.fixed_charge == late.fixed_charge  # due even after part payment


def test_in_the_second_half_of_2024_the_floor_is_above_the_default() -> None:
    half_year = half_year_of(date(2024, 8, 1))
    agreed = rate_of(half_year, reference=REFERENCE, contract_rate=Decimal("0.10"))
    assert agreed == Decimal("0.1476")
    assert rate_of(half_year, reference=REFERENCE) == Decimal("0.1425")
    basis = rate_basis(
        half_year,
        reference=REFERENCE,
        contract_rate=Decimal("0.10"),
        contract_source="terms of sale, article 7",
        country="FR",
    )
    assert basis.kind is RateKind.FLOOR
    assert "L441-10" in basis.source


@pytest.mark.parametrize(
    ("half_year", "floor"),
    [
        ("2024-07-01", "0.1476"),
        ("2025-01-01", "0.1113"),
        ("2025-07-01", "0.0828"),
        ("2026-01-01", "0.0786"),
    ],
)
def test_a_contract_never_falls_under_three_times_the_legal_rate(
    half_year: str, floor: str
) -> None:
    period = half_year_of(date.fromisoformat(half_year))
    assert rate_of(period, reference=REFERENCE, contract_rate=Decimal("0.01")) == Decimal(floor)


def test_a_contract_rate_needs_the_floor_of_its_half_year() -> None:
    with pytest.raises(RateMissing):
        rate_of(half_year_of(date(2026, 8, 1)), reference=REFERENCE, contract_rate=Decimal("0.10"))


DUE = Parts(Decimal("267.83"), Decimal(40))


@pytest.mark.parametrize(
    ("paid", "waived", "is_claimed", "is_barred", "state"),
    [
        (Parts(), Parts(), False, False, ClaimState.COMPUTED),
        (Parts(), Parts(), True, False, ClaimState.CLAIMED),
        (DUE, Parts(), True, False, ClaimState.PAID),
        (Parts(), DUE, True, False, ClaimState.WAIVED),
        (Parts(), Parts(Decimal(100)), True, False, ClaimState.CLAIMED),
        (Parts(fixed_charge=Decimal(40)), Parts(Decimal("267.83")), True, False, ClaimState.PAID),
        (Parts(), Parts(), True, True, ClaimState.BARRED),
        (DUE, Parts(), True, True, ClaimState.PAID),
    ],
)
def test_the_state_follows_from_the_amounts(
    paid: Parts, waived: Parts, is_claimed: bool, is_barred: bool, state: ClaimState
) -> None:
    assert (
        claim_state(DUE, paid=paid, waived=waived, is_claimed=is_claimed, is_barred=is_barred)
        is state
    )


def test_a_paid_claim_that_grows_is_claimed_again() -> None:
    grown = Parts(DUE.interest + 1, DUE.fixed_charge)
    assert (
        claim_state(grown, paid=DUE, waived=Parts(), is_claimed=True, is_barred=False)
        is ClaimState.CLAIMED
    )


amounts = st.decimals("0", "9999", places=2)


@given(amounts, amounts, amounts, amounts)
def test_a_payment_is_imputed_whole_in_the_order_of_the_law(
    paid: Decimal, costs: Decimal, interest: Decimal, principal: Decimal
) -> None:
    rule = imputation_order(imputation_rules(), country="FR", day=date(2026, 11, 22))
    assert rule is not None
    owed = Owed(costs, interest, principal)
    taken, rest = impute(paid, owed, rule.order)
    assert taken.total + rest == paid
    assert rest == max(paid - owed.total, 0)
    assert taken.principal == 0 or (taken.interest == interest and taken.costs == costs)
    assert taken.interest == 0 or taken.costs == costs


def test_the_order_of_imputation_is_the_countrys_and_never_guessed() -> None:
    rule = imputation_order(imputation_rules(), country="FR", day=date(2026, 1, 1))
    assert rule is not None
    assert rule.order == (Part.COSTS, Part.INTEREST, Part.PRINCIPAL)
    assert "1343-1" in rule.source
    assert imputation_order(imputation_rules(), country="ES", day=date(2026, 1, 1)) is None


@given(amounts, amounts, amounts, amounts)
def test_what_is_outstanding_is_never_negative(
    due: Decimal, paid: Decimal, waived: Decimal, charge: Decimal
) -> None:
    left = outstanding(
        Parts(due, charge), paid=Parts(paid, charge), waived=Parts(waived, Decimal(0))
    )
    assert left.interest >= 0
    assert left.fixed_charge == 0


def test_gaps_in_numbers_are_found() -> None:
    assert in_number_gaps([1, 2, 3]) == []
    assert in_number_gaps([1, 4]) == [2, 3]


def _cases(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "peer_cases" / name).open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_the_worked_examples_of_others(shared_data: Path) -> None:
    cases = {row["id"]: row for row in _cases(shared_data, "late_interest_worked_examples.csv")}
    assert simple_interest(Decimal(5000), Decimal("0.10"), 30) == Decimal("41.10")  # L01
    for case, day in (("L02", date(2026, 1, 1)), ("L03", date(2025, 7, 1))):
        floor = rate_of(half_year_of(day), reference=REFERENCE, contract_rate=Decimal("0.0001"))
        assert f"{floor * 100:.2f} %" == cases[case]["expected"]
    default = rate_of(half_year_of(date(2024, 7, 1)), reference=REFERENCE)
    assert f"{default * 100:.2f} %" == cases["L04"]["expected"]
    charge = late_charge(eur("10"), date(2026, 1, 1), date(2026, 1, 2), reference=REFERENCE)
    assert f"{charge.fixed_charge.amount:.0f} EUR" == cases["L05"]["expected"]
    union = rate_of(half_year_of(date(2024, 7, 1)), reference=REFERENCE, country="IE")
    assert f"{union * 100:.2f} %" == cases["L06"]["expected"]
    assert str(simple_interest(Decimal(100), Decimal("0.10"), 15)) == cases["L07"]["expected"]
    assert len(cases) == 7


def test_erpnexts_dunnings(shared_data: Path) -> None:
    """The interest is theirs to the cent; two things differ on purpose.

    Their fee is charged by each dunning and becomes part of the invoice's total; ours is the 40 € of the law, once for
    each invoice and never on the invoice (DOMAIN 4.2, 2.1 code-level lessons). And they take interest on today's
    outstanding over the whole late period, which a part payment makes wrong (R1): ours splits the period.
    """
    for case in _cases(shared_data, "dunning_erpnext/case.csv"):
        rate = Decimal(case["yearly_rate_pct"]) / 100
        interest = simple_interest(Decimal(case["principal"]), rate, int(case["days_overdue"]))
        assert interest == Decimal(case["expected_interest"])
    paid = [PartPayment(date(2026, 2, 9), Decimal(90))]
    split = late_charge(
        eur("100"), date(2026, 1, 31), date(2026, 2, 19), reference=REFERENCE, payments=paid
    )
    theirs = simple_interest(Decimal(10), Decimal("0.1215"), 19)
    assert split.interest.amount == Decimal("0.33")
    assert theirs == Decimal("0.06")
