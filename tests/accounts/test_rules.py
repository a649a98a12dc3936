"""Who is the same person, when a second factor is owed, where a node may lie."""

from datetime import UTC, datetime

import pytest

from accounts.rules.people import (
    is_same_person,
    must_use_second_factor,
    second_factor_deadline,
)
from accounts.rules.scopes import can_contain, is_code, moved_path, path_below

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
FRIDAY = datetime(2026, 11, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("max@firma.example", "MAX@firma.example", True),
        ("max+cash@firma.example", "max@firma.example", True),
        ("max+a@firma.example", "max+b@firma.example", True),
        ("max@firma.example", "maxime@firma.example", False),
        ("max@firma.example", "max@autre.example", False),
        ("", "", False),
    ],
)
def test_two_addresses_of_one_mailbox_are_one_person(one: str, other: str, expected: bool) -> None:
    assert is_same_person(one, other) is expected


@pytest.mark.parametrize(
    ("role", "may_export", "expected"),
    [
        ("tenant_admin", False, True),
        ("credit_manager", False, True),
        ("cash_accountant", False, True),
        ("executive", False, True),
        ("sales_rep", False, False),
        ("dispute_resolver", False, False),
        ("sales_director", True, True),
    ],
)
def test_a_second_factor_is_for_the_strong_roles_and_for_whoever_exports(
    role: str, may_export: bool, expected: bool
) -> None:
    assert must_use_second_factor(frozenset({role}), may_export=may_export) is expected


def test_the_grace_runs_from_the_later_of_joining_and_the_first_role() -> None:
    deadline = second_factor_deadline(joined_at=MONDAY, granted_at=FRIDAY, grace_days=14)
    assert deadline == datetime(2026, 11, 20, tzinfo=UTC)
    assert second_factor_deadline(joined_at=None, granted_at=MONDAY, grace_days=0) == MONDAY


@pytest.mark.parametrize(
    ("parent", "kind", "expected"),
    [
        ("group", "country", True),
        ("country", "entity", True),
        ("group", "portfolio", True),
        ("portfolio", "portfolio", False),
        ("entity", "country", False),
        ("portfolio", "entity", False),
    ],
)
def test_a_node_lies_below_a_higher_level(parent: str, kind: str, expected: bool) -> None:
    assert can_contain(parent, kind) is expected


@pytest.mark.parametrize("code", ["fr", "", "A B", "/", "É", "A" * 41, "-A"])
def test_what_would_break_a_path_is_no_code(code: str) -> None:
    assert not is_code(code)
    assert is_code("KEY-ACCOUNTS.2")


def test_a_moved_node_takes_its_descendants_along() -> None:
    old, new = "/FR/ALO/", path_below("/", "ALO")
    assert moved_path("/FR/ALO/NORD/", from_path=old, to_path=new) == "/ALO/NORD/"
