import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import DjangoAssertNumQueries

from tests.cast import House
from tests.kpis.demo import DOCUMENT
from tests.kpis.demo_ledger import demo_ledger
from tests.kpis.stored_ledger import random_ledger, store

pytestmark = pytest.mark.django_db
# The tenant and its context, the scope, currency and rates, four scans for the whole, four for the groups, their names.
QUESTIONS = 18


def kpis(house: House, *arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command("kpis", "--tenant", house.slug, "--json", *arguments, stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


@pytest.fixture
def demo(house: House) -> House:
    with house.scope():
        store(demo_ledger(), house)
    return house


def test_the_demo_entity_in_the_database_gives_the_document_of_the_contract(demo: House) -> None:
    # One customer holds it all: shares are an illustration in the contract.
    expected = DOCUMENT | {"concentration": {"top_10_share": 1.0, "hhi": 1.0}}
    about = {
        "tenant": "atelier",
        "as_of": "2026-10-31",
        "scope": "/",
        "currency": "EUR",
        "perimeter": "operational",
    }
    answer = kpis(demo, "--as-of", "2026-10-31")
    assert answer == about | expected
    assert list(answer) == [*about, *DOCUMENT]


def test_the_balance_of_a_past_day_is_told_as_it_was(demo: House) -> None:
    answer = kpis(demo, "--as-of", "2026-09-30")
    assert (answer["receivables"], answer["overdue"], answer["unallocated"]) == (
        "880000.00",
        "280000.00",
        "-5000.00",
    )


@pytest.mark.parametrize("by", ["customer", "sales_rep", "collector", "entity", "country"])
def test_groups_have_the_shape_of_the_whole_and_their_amounts_sum_to_it(
    house: House, by: str
) -> None:
    with house.scope():
        store(random_ledger(21), house)
    answer = kpis(house, "--as-of", "2026-10-31", "--by", by)
    for group in answer["groups"]:
        assert set(group) == (set(answer) - {"groups"}) | {"key", "label"}
    for name in ("receivables", "open_items", "not_due", "overdue", "unallocated", "disputed"):
        cents = sum(int(group[name].replace(".", "")) for group in answer["groups"])
        assert cents == int(answer[name].replace(".", "")), name


def test_a_group_is_named_by_code_address_or_country(house: House) -> None:
    with house.scope():
        store(random_ledger(21), house)
    keys = {
        by: {group["key"] for group in kpis(house, "--as-of", "2026-10-31", "--by", by)["groups"]}
        for by in ("customer", "collector", "entity", "country")
    }
    assert keys == {
        "customer": {"C1", "C2", "C3", "C4", "C5"},
        "collector": {"anne@example.com", "bob@example.com", ""},
        "entity": {"ATELIER", "BEL"},
        "country": {"FR", "BE", "DE"},
    }


def test_an_empty_tenant_has_figures_and_reasons(house: House) -> None:
    answer = kpis(house, "--as-of", "2026-10-31", "--by", "customer")
    assert answer["receivables"] == "0.00"
    assert answer["groups"] == []
    assert "no_open_items" in answer["flags"]


def test_an_unknown_scope_is_refused_with_the_known_ones(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("kpis", "--tenant", house.slug, "--json", "--scope", "/ES/")
    assert ended.value.code == 1
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "scope_unknown"
    assert "/ES/" in error["message"]
    assert "/FR/ATELIER/NORD/" in error["details"]["known"]


def test_an_unknown_tenant_is_refused(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("kpis", "--tenant", "nobody", "--json")
    assert ended.value.code == 1
    assert json.loads(capsys.readouterr().out)["error"]["message"]


def test_an_unknown_grouping_is_wrong_usage(house: House) -> None:
    with pytest.raises(CommandError):
        call_command("kpis", "--tenant", house.slug, "--by", "colour")


def test_a_scope_holds_the_customers_followed_below_it(house: House) -> None:
    with house.scope():
        store(random_ledger(22), house)
    whole = kpis(house, "--as-of", "2026-10-31")
    below = kpis(house, "--as-of", "2026-10-31", "--scope", "/FR/ATELIER/NORD/")
    assert below == whole | {"scope": "/FR/ATELIER/NORD/"}


def test_groups_cost_no_more_questions_than_the_whole(
    house: House, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with house.scope():
        store(random_ledger(23), house)
    with django_assert_num_queries(QUESTIONS):
        kpis(house, "--as-of", "2026-10-31", "--by", "customer")
