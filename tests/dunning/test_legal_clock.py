"""The legal clock: worked dates of the domain, month ends, leap days, alerts that are never given twice."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunning.rules.legal_clock import (
    DeadlineKind,
    DeadlineUnknown,
    Urgency,
    alert_due,
    deadline,
    deadline_rule,
    insurer_declaration,
    is_escalated,
    legal_deadlines,
    urgency,
)


@pytest.mark.parametrize(
    ("kind", "start", "variant", "expected"),
    [
        # The insurer: invoice of 1 July, 120 days, then 30 (DOMAIN 4.9).
        (DeadlineKind.INSURER_MAXIMUM, date(2026, 7, 1), "", date(2026, 10, 29)),
        (DeadlineKind.INSURER_DECLARATION, date(2026, 10, 29), "", date(2026, 11, 28)),
        (DeadlineKind.INSURER_MAXIMUM, date(2026, 7, 1), "export", date(2026, 12, 28)),
        # Payment orders: six months before 1 September 2026, three from then on (decree 2026-96).
        (DeadlineKind.INJUNCTION_SERVICE, date(2026, 8, 31), "", date(2027, 2, 28)),
        (DeadlineKind.INJUNCTION_SERVICE, date(2026, 9, 1), "", date(2026, 12, 1)),
        (DeadlineKind.INJUNCTION_SERVICE, date(2026, 11, 30), "", date(2027, 2, 28)),
        (DeadlineKind.INJUNCTION_SERVICE, date(2027, 11, 30), "", date(2028, 2, 29)),
        (DeadlineKind.OPPOSITION, date(2027, 1, 31), "", date(2027, 2, 28)),
        (DeadlineKind.OPPOSITION, date(2026, 10, 31), "", date(2026, 11, 30)),
        (DeadlineKind.CLAIM_FILING, date(2026, 11, 22), "", date(2027, 1, 22)),
        (DeadlineKind.CLAIM_FILING, date(2026, 12, 31), "", date(2027, 2, 28)),
        (DeadlineKind.CLAIM_FILING, date(2026, 11, 22), "abroad", date(2027, 3, 22)),
        (DeadlineKind.RELIEF, date(2026, 8, 31), "", date(2027, 2, 28)),
        (DeadlineKind.PRESCRIPTION, date(2024, 2, 29), "", date(2029, 2, 28)),
        (DeadlineKind.PRESCRIPTION, date(2026, 6, 15), "", date(2031, 6, 15)),
        (DeadlineKind.PRESCRIPTION, date(2026, 2, 28), "consumer", date(2028, 2, 28)),
        (DeadlineKind.PRESCRIPTION, date(2026, 6, 15), "transport", date(2027, 6, 15)),
        (DeadlineKind.FORMAL_NOTICE, date(2026, 12, 28), "", date(2027, 1, 5)),
    ],
)
def test_the_last_day_to_act(kind: DeadlineKind, start: date, variant: str, expected: date) -> None:
    assert deadline(kind, start, variant=variant) == expected


def test_the_insurer_hears_of_an_invoice_by_the_clauses_of_the_policy() -> None:
    invoice = date(2026, 7, 1)
    assert insurer_declaration(invoice, maximum_days=120, declaration_days=30) == date(2026, 11, 28)
    assert insurer_declaration(invoice, maximum_days=90, declaration_days=15) == date(2026, 10, 14)


def test_what_the_tables_do_not_know_is_not_guessed() -> None:
    with pytest.raises(DeadlineUnknown):
        deadline(DeadlineKind.PRESCRIPTION, date(2026, 1, 1), country="IT")
    with pytest.raises(DeadlineUnknown):
        deadline(DeadlineKind.CLAIM_FILING, date(1990, 1, 1))


def test_every_length_has_a_source_and_no_two_rows_hold_on_one_day() -> None:
    rows = legal_deadlines()
    assert all(row.source for row in rows)
    for row in rows:
        for other in rows:
            same = (row.kind, row.country, row.variant) == (
                other.kind,
                other.country,
                other.variant,
            )
            if same and row is not other:
                earlier, later = sorted((row, other), key=lambda each: each.valid_from)
                assert earlier.valid_to is not None
                assert earlier.valid_to <= later.valid_from


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (31, Urgency.FAR),
        (30, Urgency.NEAR),
        (16, Urgency.NEAR),
        (15, Urgency.URGENT),
        (5, Urgency.CRITICAL),
        (0, Urgency.CRITICAL),
        (-1, Urgency.MISSED),
    ],
)
def test_how_near_a_deadline_is(left: int, expected: Urgency) -> None:
    today = date(2026, 11, 22)
    assert urgency(today + timedelta(days=left), today=today) is expected
    assert is_escalated(today + timedelta(days=left), today=today) is (left <= 15)


@given(st.lists(st.integers(-10, 60), min_size=1, max_size=40, unique=True))
def test_each_alert_is_given_once_whatever_days_nobody_looked(days_left: list[int]) -> None:
    due, alerted, given_alerts = date(2027, 1, 31), None, []
    for left in sorted(days_left, reverse=True):
        alert = alert_due(due, today=due - timedelta(days=left), alerted=alerted)
        if alert is not None:
            given_alerts.append(alert)
            alerted = alert
    nearest = min(days_left)
    assert given_alerts == sorted(set(given_alerts), reverse=True)
    assert (
        given_alerts[-1:] == [min((day for day in (30, 15, 5) if nearest <= day), default=None)]
    ) or nearest > 30


def test_the_row_in_force_is_that_of_the_start() -> None:
    before = deadline_rule(DeadlineKind.INJUNCTION_SERVICE, date(2026, 8, 31))
    after = deadline_rule(DeadlineKind.INJUNCTION_SERVICE, date(2026, 9, 1))
    assert (before.amount, after.amount) == (6, 3)
    assert "2026-96" in after.source
