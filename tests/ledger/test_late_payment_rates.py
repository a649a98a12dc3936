"""Rates of late payment as dated data: those of the release, those of a file, and the words where none is known."""

import io
import json
import os
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from pytest_django import Settings

from kernel.money import Money
from kernel.periods import half_year_of
from ledger.queries import current_late_payment_reference
from ledger.rules.penalties import late_charge, rate_of, rates_used
from ledger.rules.reference import ECB, LEGAL_INTEREST, late_payment_reference, parse_rates
from tests.cast import House

HEADER = "country,kind,valid_from,rate,source\n"
SECOND_HALF = "FR,legal_interest_professional,2026-07-01,0.0300,arrêté fictif\n"
H2 = half_year_of(date(2026, 7, 1))
INVOICE = ("--principal", "12000", "--due", "2026-06-15", "--until", "2026-08-20")


@pytest.fixture
def file(tmp_path: Path, settings: Settings) -> Path:
    path = tmp_path / "rates.csv"
    path.write_text(HEADER + SECOND_HALF, encoding="utf-8")
    settings.OTC_LATE_PAYMENT_RATES = str(path)
    return path


def late_interest(house: House, *more: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command("late_interest", "--tenant", house.slug, "--json", *INVOICE, *more, stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


@pytest.mark.django_db
@pytest.mark.usefixtures("file")
def test_a_rate_published_since_comes_from_a_file_and_no_option(house: House) -> None:
    periods = late_interest(house, "--contract-rate", "0.0700")["periods"]
    assert [period["rate"] for period in periods] == [0.0786, 0.09]


@pytest.mark.usefixtures("file")
def test_a_row_of_the_file_comes_before_ours_and_leaves_the_others() -> None:
    reference = current_late_payment_reference()
    assert reference.rate(LEGAL_INTEREST, H2, "FR") == Decimal("0.0300")
    assert rate_of(H2, reference=reference) == Decimal("0.1240")


def test_a_file_that_changes_is_read_anew(file: Path) -> None:
    current_late_payment_reference()
    file.write_text(HEADER + SECOND_HALF.replace("0.0300", "0.0310"), encoding="utf-8")
    os.utime(file, (1, 1))
    reference = current_late_payment_reference()
    assert reference.rate(LEGAL_INTEREST, H2, "FR") == Decimal("0.0310")


@pytest.mark.parametrize(
    "row",
    [
        "FR,legal_interest_professional,2026-08-01,0.03,a month\n",
        "FR,legal_interest_professional,2026-07-01,3.00,per cent\n",
        "FR,legal_interest_professional,2026-07-01,much,no number\n",
        "FR,a_rate,2026-07-01,0.03,no such kind\n",
        "FR,legal_interest_professional\n",
    ],
)
def test_a_row_that_cannot_be_used_is_named(file: Path, row: str) -> None:
    file.write_text(HEADER + SECOND_HALF + row, encoding="utf-8")
    os.utime(file, (2, 2))
    with pytest.raises(ImproperlyConfigured, match=r"rates\.csv cannot be used: row 3: expected"):
        current_late_payment_reference()


def test_a_file_that_is_not_there_is_named(settings: Settings) -> None:
    settings.OTC_LATE_PAYMENT_RATES = "/nowhere/rates.csv"
    with pytest.raises(ImproperlyConfigured, match=r"OTC_LATE_PAYMENT_RATES=/nowhere/rates\.csv"):
        current_late_payment_reference()


def test_the_rates_of_the_release_are_read_by_the_same_words() -> None:
    assert parse_rates(io.StringIO(HEADER + SECOND_HALF))[0].half_year == H2
    assert late_payment_reference().rate(ECB, H2, "FR") == Decimal("0.0240")


@pytest.mark.django_db
def test_a_refusal_says_the_last_rate_known_and_does_not_use_it(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        call_command(
            "late_interest", "--tenant", house.slug, "--json", *INVOICE, "--contract-rate", "0.0975"
        )
    message = json.loads(capsys.readouterr().out)["error"]["message"]
    assert message.endswith("The last one known is 2.62%, of 2026 H1; it is not carried on.")


def test_each_rate_is_told_once_with_the_half_year_it_began_in() -> None:
    reference = late_payment_reference()
    charges = [
        late_charge(Money(Decimal(100), "EUR"), due, date(2026, 10, 29), reference=reference)
        for due in (date(2025, 9, 3), date(2026, 5, 5), date(2026, 9, 10), date(2026, 9, 12))
    ]
    used = rates_used(period for charge in charges for period in charge.periods)
    # 12.15 % held through both halves around the new year.
    assert used == (
        (date(2025, 7, 1), Decimal("0.1215")),
        (date(2026, 7, 1), Decimal("0.1240")),
    )
