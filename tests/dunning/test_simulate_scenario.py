"""`simulate_scenario`: one JSON document, and a sentence for each thing that cannot be."""

import json
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from dunning.models import Reminder
from dunning.services.scenarios import default_version
from tests.cast import House
from tests.dunning.conftest import Chase

DAY = date(2025, 3, 4)  # a Tuesday in the past, since the command reads the clock itself
LAST = DAY + timedelta(days=9)


def run(*arguments: str) -> tuple[int, str, str]:
    """Return (exit status, standard output, standard error)."""
    out, error = StringIO(), StringIO()
    try:
        call_command("simulate_scenario", *arguments, stdout=out, stderr=error)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue(), error.getvalue()
    return 0, out.getvalue(), error.getvalue()


def asked(slug: str, scenario: str = "standard-b2b", **given: str) -> list[str]:
    period = {"from": DAY.isoformat(), "to": LAST.isoformat(), **given}
    return [scenario, "--tenant", slug, "--from", period["from"], "--to", period["to"]]


def answer(slug: str, *more: str, **given: str) -> dict[str, Any]:
    status, out, error = run(*asked(slug, **given), "--json", *more)
    assert (status, error) == (0, "")
    document: dict[str, Any] = json.loads(out)
    return document


@pytest.fixture
def ledger(chase: Chase) -> Chase:
    """Two customers late, one of them for two amounts, and one who owes too little."""
    with chase.house.scope():
        default_version()
    first = chase.customer("C001")
    chase.line(first, 12, "1000", today=DAY)
    chase.line(first, 4, "250.50", today=DAY)
    chase.line(chase.customer("C002"), 19, "80", today=DAY)
    chase.line(chase.customer("C003"), 40, "3", today=DAY)
    return chase


def test_the_answer_tells_each_day_each_customer_and_the_collisions(ledger: Chase) -> None:
    found = answer(ledger.house.slug)
    told = ("tenant", "scenario", "version", "is_draft", "from", "to")
    assert [found[key] for key in told] == [
        ledger.house.slug, "standard-b2b", 1, False, DAY.isoformat(), LAST.isoformat(),
    ]  # fmt: skip
    assert [day["date"] for day in found["days"]] == [
        (DAY + timedelta(days=number)).isoformat() for number in range(10)
    ]
    assert found["days"][0] == {
        "date": DAY.isoformat(),
        "messages": {"email": 2},
        "calls": 0,
        "decisions": 0,
        "amounts": {"EUR": "1330.50"},
    }
    first, second = found["customers"]
    assert first == {
        "customer": "C001",
        "dates": [
            {
                "date": DAY.isoformat(), "channel": "email", "level": 2, "step": 3, "mode": "confirm",
                "entity": "ATELIER", "currency": "EUR", "amount": "1250.50", "is_let_go": False,
            },
            {
                "date": (DAY + timedelta(days=8)).isoformat(), "channel": "call", "level": 2, "step": 4,
                "mode": "manual", "entity": "ATELIER", "currency": "EUR", "amount": "1250.50",
                "is_let_go": False,
            },
        ],
    }  # fmt: skip
    assert [each["date"] for each in second["dates"]] == [
        DAY.isoformat(),
        (DAY + timedelta(days=6)).isoformat(),
    ]
    assert found["collisions"] == []
    assert found["totals"] == {
        "messages": {"email": 2},
        "calls": 2,
        "decisions": 0,
        "amounts": {"EUR": "2661.00"},
        "customers": 3,
        "customers_touched": 2,
    }
    assert found["by_level"] == [{"level": 2, "count": 4, "share": 1.0}]
    assert found["peak_day"] == found["days"][0]


def test_without_json_the_same_document_is_laid_out(ledger: Chase) -> None:
    status, out, _error = run(*asked(ledger.house.slug))
    assert (status, json.loads(out)) == (0, answer(ledger.house.slug))


def test_a_version_is_found_by_its_id(ledger: Chase) -> None:
    with ledger.house.scope():
        version_id = str(default_version().pk)
    assert answer(ledger.house.slug, scenario=version_id) == answer(ledger.house.slug)


def test_what_was_said_before_counts_unless_it_is_forgotten(ledger: Chase) -> None:
    ledger.plan(DAY - timedelta(days=1))
    with ledger.house.scope():
        Reminder.objects.update(state="ready")
    assert answer(ledger.house.slug)["days"][0]["messages"] == {}
    fresh = answer(ledger.house.slug, "--from-scratch")
    assert fresh["days"][0]["messages"] == {"email": 2}


def test_every_amount_has_two_decimals(ledger: Chase) -> None:
    found = answer(ledger.house.slug)
    for each in (*found["days"], found["totals"]):
        for amount in each["amounts"].values():
            assert amount == f"{Decimal(amount):.2f}"


def test_another_tenants_customers_are_not_in_the_answer(ledger: Chase, other_house: House) -> None:
    with other_house.scope():
        default_version()
    found = answer(other_house.slug)
    assert (found["customers"], found["totals"]["customers"]) == ([], 0)
    with ledger.house.scope():
        foreign = str(default_version().pk)
    status, out, _error = run(*asked(other_house.slug, scenario=foreign), "--json")
    assert (status, json.loads(out)["error"]["code"]) == (1, "unknown_scenario")


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ({"scenario": "no-such"}, "unknown_scenario", ("no-such", "standard-b2b", "silent")),
        ({"scenario": str(UUID(int=5))}, "unknown_scenario", (str(UUID(int=5)),)),
        ({"slug": "nobody"}, "unknown_tenant", ("nobody", "create_tenant")),
        ({"to": "2025-03-03"}, "simulation_refused", ("2025-03-04", "2025-03-03", "not earlier")),
        ({"from": "2024-03-04"}, "simulation_refused", ("375 days", "366 at most", "2025-03-04")),
        ({"from": "0001-01-01", "to": "0001-01-09"}, "simulation_refused", ("1970-01-01",)),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(
    ledger: Chase, given: dict[str, str], code: str, words: tuple[str, ...]
) -> None:
    arguments = asked(given.pop("slug", ledger.house.slug), **given)
    status, out, error = run(*arguments)
    assert (status, out) == (1, "")
    assert all(word in error for word in words), error
    assert "Traceback" not in error
    status, out, _error = run(*arguments, "--json")
    assert (status, json.loads(out)["error"]["code"]) == (1, code)


def test_a_company_that_never_planned_simulates_the_ready_scenarios(house: House) -> None:
    for code in ("standard-b2b", "key-account", "public", "risky", "small-amounts", "silent"):
        assert answer(house.slug, scenario=code)["scenario"] == code


def test_a_day_that_is_no_day_is_wrong_usage(ledger: Chase) -> None:
    with pytest.raises((CommandError, SystemExit)):
        call_command("simulate_scenario", *asked(ledger.house.slug, to="2026-02-30"))
