import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.cast import House

pytestmark = pytest.mark.django_db
INVOICE = ("--principal", "12000", "--due", "2026-06-15", "--until", "2026-08-20")


def late_interest(house: House, *arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command("late_interest", "--tenant", house.slug, "--json", *arguments, stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def test_the_worked_example_of_the_law(house: House) -> None:
    assert late_interest(house, *INVOICE) == {
        "interest": "267.83",
        "fixed_charge": "40.00",
        "total": "307.83",
        "periods": [
            {
                "from": "2026-06-16",
                "to": "2026-06-30",
                "days": 15,
                "principal": "12000.00",
                "rate": 0.1215,
            },
            {
                "from": "2026-07-01",
                "to": "2026-08-20",
                "days": 51,
                "principal": "12000.00",
                "rate": 0.124,
            },
        ],
    }


def test_part_payments_split_the_periods(house: House) -> None:
    answer = late_interest(
        house, *INVOICE, "--payment", "2026-06-20:5000", "--payment", "2026-07-10:7000"
    )
    assert [(period["principal"], period["days"]) for period in answer["periods"]] == [
        ("12000.00", 5),
        ("7000.00", 10),
        ("7000.00", 10),
    ]


def test_a_half_year_without_a_legal_rate_is_refused(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command(
            "late_interest", "--tenant", house.slug, "--json", *INVOICE, "--contract-rate", "0.0975"
        )
    assert ended.value.code == 1
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "interest_rate_missing"
    assert "2026 H2" in error["message"]


def test_a_half_year_without_an_ecb_rate_is_refused(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        call_command(
            "late_interest", "--tenant", house.slug, "--json",
            "--principal", "100", "--due", "2026-12-01", "--until", "2027-01-10",
        )  # fmt: skip
    assert "2027 H1" in json.loads(capsys.readouterr().out)["error"]["message"]


def test_a_legal_rate_can_be_given(house: House) -> None:
    answer = late_interest(
        house, *INVOICE, "--contract-rate", "0.0700", "--legal-rate", "2026H2=0.03"
    )
    assert [period["rate"] for period in answer["periods"]] == [0.0786, 0.09]


def test_a_principal_of_nothing_is_refused(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        call_command(
            "late_interest", "--tenant", house.slug, "--json",
            "--principal", "0", "--due", "2026-06-15", "--until", "2026-08-20",
        )  # fmt: skip
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "principal_refused"


@pytest.mark.parametrize(
    "wrong",
    [
        ("--principal", "a lot"),
        ("--principal", "NaN"),
        ("--due", "15/06/2026"),
        ("--payment", "2026-06-20"),
        ("--legal-rate", "2026=0.03"),
    ],
)
def test_what_cannot_be_read_is_wrong_usage(house: House, wrong: tuple[str, str]) -> None:
    with pytest.raises(CommandError):
        call_command("late_interest", "--tenant", house.slug, *INVOICE, *wrong)
