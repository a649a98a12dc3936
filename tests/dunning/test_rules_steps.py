"""Which step is due for a line: our scenario, the bugs of peers as regressions, and their own cases."""

import csv
from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from dunning.rules.ready_scenarios import STANDARD_B2B
from dunning.rules.steps import (
    CatchUp,
    Channel,
    Mode,
    ScenarioRules,
    Stage,
    StepRule,
    follow_up_step,
    next_step_date,
    preventive_step_due,
    stage_of,
    step_due,
    step_reached,
)

DUE = date(2026, 9, 1)


def on(days_late: int) -> date:
    return DUE + timedelta(days=days_late)


def ladder(
    *offsets: int, catch_up: CatchUp = CatchUp.CURRENT, published: date | None = None
) -> ScenarioRules:
    steps = tuple(
        StepRule(
            number=number,
            offset_days=offset,
            channel=Channel.EMAIL,
            level=number,
            stage=Stage.AMICABLE,
            mode=Mode.AUTO,
        )
        for number, offset in enumerate(offsets, start=1)
    )
    return ScenarioRules("ladder", 1, steps, catch_up, published)


@pytest.mark.parametrize(
    ("days_late", "level", "channel"),
    [
        (0, None, None),
        (2, None, None),
        (3, 1, Channel.EMAIL),
        (9, 1, Channel.EMAIL),
        (10, 2, Channel.EMAIL),
        (20, 2, Channel.CALL),
        (30, 3, Channel.EMAIL),
        (45, 4, Channel.REGISTERED_LETTER),
        (60, 5, Channel.DECISION),
        (4000, 5, Channel.DECISION),
    ],
)
def test_the_standard_scenario_climbs_with_lateness(
    days_late: int, level: int | None, channel: Channel | None
) -> None:
    step = step_reached(STANDARD_B2B, days_late=days_late)
    assert (step.level if step else None) == level
    assert (step.channel if step else None) == channel


def test_the_formal_notice_is_always_to_confirm() -> None:
    notices = [step for step in STANDARD_B2B.steps if step.channel is Channel.REGISTERED_LETTER]
    assert [step.mode for step in notices] == [Mode.CONFIRM]


def test_missed_runs_take_one_step_and_log_the_others() -> None:
    due = step_due(STANDARD_B2B, due_date=DUE, today=on(31), last_offset_days=3)
    assert due is not None
    assert (due.step.offset_days, due.skipped) == (30, (3, 4))


def test_a_step_taken_is_not_due_again() -> None:
    for days_late in range(10, 20):
        assert (
            step_due(STANDARD_B2B, due_date=DUE, today=on(days_late), last_offset_days=10) is None
        )


def test_a_step_does_not_depend_on_the_very_day() -> None:
    """An exact same-day test skips the level when one run is missed (Invoice Ninja 637, Dolibarr 25197)."""
    for days_late in range(3, 10):
        due = step_due(STANDARD_B2B, due_date=DUE, today=on(days_late), last_offset_days=None)
        assert due is not None
        assert due.step.offset_days == 3


def test_the_clock_runs_from_the_due_date_and_not_from_the_oldest_unpaid_invoice() -> None:
    """Settling the oldest must not make the next one jump (Kill Bill 2297): each line has its own clock."""
    younger = step_due(STANDARD_B2B, due_date=on(20), today=on(31), last_offset_days=3)
    assert younger is not None
    assert younger.step.offset_days == 10


def test_a_small_line_stays_at_the_first_overdue_step() -> None:
    step = step_reached(STANDARD_B2B, days_late=40, is_small=True)
    assert step is not None
    assert step.offset_days == 3
    assert (
        step_due(STANDARD_B2B, due_date=DUE, today=on(40), last_offset_days=3, is_small=True)
        is None
    )


def test_an_imported_backlog_may_start_softly() -> None:
    """One step at a time is Tryton's way: a line 40 days late begins at the first level."""
    soft = ScenarioRules("soft", 1, STANDARD_B2B.steps, CatchUp.ONE_BY_ONE)
    first = step_due(soft, due_date=DUE, today=on(40), last_offset_days=None)
    second = step_due(soft, due_date=DUE, today=on(45), last_offset_days=3)
    assert first is not None
    assert second is not None
    assert (first.step.offset_days, second.step.offset_days) == (3, 10)


def test_a_new_version_never_sends_old_steps() -> None:
    version = ladder(5, 20, 40, published=on(30))
    assert step_due(version, due_date=DUE, today=on(35), last_offset_days=5) is None
    due = step_due(version, due_date=DUE, today=on(40), last_offset_days=5)
    assert due is not None
    assert due.step.offset_days == 40


def test_a_new_version_still_takes_up_a_line_never_chased() -> None:
    due = step_due(
        ladder(5, 20, 40, published=on(30)), due_date=DUE, today=on(35), last_offset_days=None
    )
    assert due is not None
    assert due.step.offset_days == 20


def test_a_line_is_announced_before_its_due_date_and_not_on_it() -> None:
    days = [
        n for n in range(-10, 3) if preventive_step_due(STANDARD_B2B, due_date=DUE, today=on(n))
    ]
    assert days == [-7, -6, -5, -4, -3, -2, -1]


@pytest.mark.parametrize(
    ("offset", "expected"), [(3, 3), (10, 10), (20, 10), (30, 30), (45, 30), (60, 30)]
)
def test_a_younger_line_travels_with_an_email(offset: int, expected: int) -> None:
    step = follow_up_step(STANDARD_B2B, up_to_offset_days=offset)
    assert step is not None
    assert step.offset_days == expected


def test_the_next_step_has_a_date() -> None:
    def following(last: int | None, days_late: int) -> date | None:
        return next_step_date(
            STANDARD_B2B, due_date=DUE, today=on(days_late), last_offset_days=last
        )

    assert following(None, 1) == on(3)
    assert following(3, 5) == on(10)
    assert following(3, 12) == on(12)
    assert following(60, 70) is None


@pytest.mark.parametrize(
    ("days_late", "stage"),
    [(0, Stage.PREVENTIVE), (1, Stage.AMICABLE), (44, Stage.AMICABLE), (45, Stage.PRE_LITIGATION)],
)
def test_the_stage_follows_from_lateness(days_late: int, stage: Stage) -> None:
    assert stage_of(days_late) is stage


def test_litigation_is_entered_by_hand() -> None:
    assert stage_of(400) is Stage.PRE_LITIGATION
    assert stage_of(10, is_litigation=True) is Stage.LITIGATION


# --- peers ----------------------------------------------------------------------------------------------------------


def rows_of(shared_data: Path, name: str) -> list[dict[str, str]]:
    with (shared_data / "peer_cases" / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_levels_follow_tryton(shared_data: Path) -> None:
    assert len(rows_of(shared_data, "dunning_tryton/case.csv")) == 9
    tryton = ladder(5, 20, 40, catch_up=CatchUp.ONE_BY_ONE)

    def level(days_late: int, last: int | None) -> int | None:
        due = step_due(tryton, due_date=DUE, today=on(days_late), last_offset_days=last)
        return due.step.number if due else None

    assert level(4, None) is None
    assert level(5, None) == 1
    assert level(30, None) == 1, "no jump while the first one is still a draft"
    assert level(30, 5) == 2, "the next level once the first was sent"
    assert level(30, 20) is None


def test_levels_follow_odoo_8(shared_data: Path) -> None:
    assert len(rows_of(shared_data, "dunning_odoo8/case.csv")) == 4
    odoo = ladder(15, 30, 40, catch_up=CatchUp.ONE_BY_ONE)
    last = None
    levels = []
    for days_late in (3, 15, 40, 40):
        due = step_due(odoo, due_date=DUE, today=on(days_late), last_offset_days=last)
        levels.append(due.step.number if due else 0)
        last = due.step.offset_days if due else last
    assert levels == [0, 1, 2, 3]


def test_states_follow_kill_bill(shared_data: Path) -> None:
    """Kill Bill counts from the invoice date; with that date as due date its states are our steps reached."""
    settings, *events = rows_of(shared_data, "overdue_killbill/case.csv")
    assert "OD1 30 days, OD2 40 days, OD3 50 days" in settings["event"]
    states = {None: "CLEAR", 1: "OD1", 2: "OD2", 3: "OD3"}
    first_invoice = date(2012, 5, 31)
    for event in events:
        if event["event"] == "all unpaid invoices paid":
            continue
        days_late = (date.fromisoformat(event["date"]) - first_invoice).days
        step = step_reached(ladder(30, 40, 50), days_late=days_late)
        assert states[step.number if step else None] == event["expected_state"], event


def end_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def instalments_of(invoice: dict[str, str], currency_amount: Decimal) -> list[tuple[date, Decimal]]:
    issued = date.fromisoformat(invoice["invoice_date"])
    terms = invoice["payment_term"]
    if terms == "30 Net Days":
        return [(issued + timedelta(days=30), currency_amount)]
    if terms == "30 Days End of Month":
        return [(end_of_month(issued + timedelta(days=30)), currency_amount)]
    advance = (currency_amount * Decimal("0.3")).quantize(Decimal("0.01"))
    return [
        (issued, advance),
        (end_of_month(issued + timedelta(days=30)), currency_amount - advance),
    ]


def oca_ladder(
    policy: list[dict[str, str]],
    due_date: date,
    level: int,
    previous: date | None,
    last: int | None,
) -> ScenarioRules:
    """Return OCA's policy for one line as offsets from its due date.

    `previous_date` counts from the day of the previous level's line; until that one is taken it never comes.
    """
    offsets = []
    for rule in policy:
        delay = timedelta(days=int(rule["delay_days"]))
        if rule["rule"] == "net_days":
            day = due_date + delay
        elif rule["rule"] == "end_of_month":
            day = end_of_month(due_date + delay)
        elif previous is not None and last is not None and int(rule["level"]) == level + 1:
            day = max(previous + delay, due_date + timedelta(days=last + 1))
        else:
            day = date(2999, 1, 1)
        offsets.append((day - due_date).days)
    return ladder(*offsets, catch_up=CatchUp.ONE_BY_ONE)


def test_lines_and_levels_follow_oca(shared_data: Path) -> None:
    policies = rows_of(shared_data, "dunning_oca/policies.csv")
    by_customer = {
        row["customer"]: row["policy"].split(" (")[0]
        for row in rows_of(shared_data, "dunning_oca/customers.csv")
    }
    expected = {
        (row["run_date"], row["invoice"], row["due_date"], int(row["level"]))
        for row in rows_of(shared_data, "dunning_oca/expected_lines_jan_apr.csv")
    }
    found = set()
    history: dict[tuple[str, date], tuple[int, date, int]] = {}
    for run_date in (date(2013, 1, 31), date(2013, 2, 28), date(2013, 3, 31), date(2013, 4, 30)):
        for invoice in rows_of(shared_data, "dunning_oca/invoices.csv"):
            policy = [
                row
                for row in policies
                if row["policy"] == by_customer[invoice["customer"]] and row["level"]
            ]
            is_tolerated = Decimal(invoice["amount"]) <= Decimal("0.10")
            is_excluded = invoice["receivable_account"] == "Debtors GBP"
            is_issued = date.fromisoformat(invoice["invoice_date"]) <= run_date
            if not policy or is_tolerated or is_excluded or not is_issued:
                continue
            for due_date, _ in instalments_of(invoice, Decimal(invoice["amount"])):
                level, taken, last = history.get((invoice["invoice"], due_date), (0, None, None))
                rules = oca_ladder(policy, due_date, level, taken, last)
                due = step_due(rules, due_date=due_date, today=run_date, last_offset_days=last)
                if due is None:
                    continue
                assert due.step.number == level + 1, "levels come in order"
                history[invoice["invoice"], due_date] = (
                    due.step.number,
                    run_date,
                    due.step.offset_days,
                )
                found.add(
                    (
                        run_date.isoformat(),
                        invoice["invoice"],
                        due_date.isoformat(),
                        due.step.number,
                    )
                )
    assert found == expected
