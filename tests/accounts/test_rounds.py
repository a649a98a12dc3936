"""Scheduled work for each company in turn."""

import logging
from uuid import UUID

import pytest

from accounts import rounds
from tests.cast import House


def test_a_failure_for_one_company_is_logged_and_keeps_no_other_waiting(
    house: House,
    other_house: House,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(rounds, "close_old_connections", lambda: None)  # the test's own

    def work(tenant_id: UUID) -> str:
        if tenant_id == house.tenant_id:
            raise RuntimeError
        return "done"

    with caplog.at_level(logging.ERROR):
        assert rounds.for_each_tenant("the test", work) == {other_house.tenant_id: "done"}
    assert f"the test of tenant {house.tenant_id} broke off" in caplog.text


def test_only_the_companies_named_are_visited(house: House, other_house: House) -> None:
    visited = rounds.for_each_tenant("the test", str, among=[other_house.tenant_id])
    assert visited == {other_house.tenant_id: str(other_house.tenant_id)}
