"""The panel "show the calculation": each number with its own unit, in both languages."""

from decimal import Decimal

import pytest
from django.utils import translation

from kernel.components import CalculationStep
from kpis.presenting import calculation
from kpis.rules.delays import Paid, average_days_late
from kpis.rules.dso import overdue_dso
from kpis.rules.figures import Figure, Unit
from kpis.rules.overdue import average_age_of_overdue


def only_step(name: str, figure: Figure, language: str) -> CalculationStep:
    with translation.override(language):
        (step,) = calculation(name, figure, currency="EUR").steps
    return step


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


PAID = average_days_late(Paid(Decimal(40000), Decimal("1234567.5"), 12))
OVERDUE = average_age_of_overdue(Decimal(40000), Decimal("1234567.5"))


@pytest.mark.parametrize(
    ("name", "figure"),
    [("average_days_late_6m", PAID), ("average_age_of_overdue_days", OVERDUE)],
)
@pytest.mark.parametrize(
    ("language", "product", "amount"),
    [
        ("fr", "1 234 567,50 EUR × jours", "40 000,00 €"),
        ("en", "1,234,567.50 EUR × days", "€40,000.00"),
    ],
)
def test_an_amount_times_days_is_no_amount(
    name: str, figure: Figure, language: str, product: str, amount: str
) -> None:
    formula = plain(only_step(name, figure, language).formula)
    assert product in formula
    assert amount in formula
    assert "1 234 567,50 €" not in formula
    assert "€1,234,567.50" not in formula


def test_days_keep_their_tenths() -> None:
    dso = Figure(Decimal("43.2"), Unit.DAYS)
    best = Figure(Decimal("32.3"), Unit.DAYS)
    formula = plain(only_step("overdue_dso_days", overdue_dso(dso, best), "fr").formula)
    assert "43,2 j" in formula
    assert "32,3 j" in formula
