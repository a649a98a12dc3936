"""The published cases of other systems, replayed with our rules; where ours differs on purpose, the test says why.

The cases are read in place from the folder of real files, whose README names their sources; without it these tests
skip with a word.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from dunning.rules.content import LineKind, Register
from dunning.rules.decision import (
    Circumstances,
    CustomerFacts,
    HoldReason,
    Verdict,
    VerdictKind,
    decide,
)
from dunning.rules.grouping import Exclusion, OpenLine, group_facts, named_lines
from dunning.rules.policy import DEFAULT_POLICY, Policy
from dunning.rules.steps import (
    CatchUp,
    Channel,
    Mode,
    ScenarioRules,
    Stage,
    StepRule,
    step_due,
    step_reached,
)
from kernel.periods import month_end

ONE = Decimal(1)


def scenario(*offsets: int, catch_up: CatchUp = CatchUp.ONE_BY_ONE) -> ScenarioRules:
    """Return a scenario with an e-mail of rising level at each offset."""
    return ScenarioRules(
        name="peer",
        version=1,
        catch_up=catch_up,
        steps=tuple(
            StepRule(
                number=number,
                offset_days=offset,
                channel=Channel.EMAIL,
                level=number,
                stage=Stage.AMICABLE,
                mode=Mode.AUTO,
                register=Register.COURTEOUS,
            )
            for number, offset in enumerate(offsets, start=1)
        ),
    )


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "peer_cases" / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def owed(due_date: date, amount: str = "100", **fields: object) -> OpenLine:
    line = OpenLine(uuid4(), "F", LineKind.INVOICE, due_date, Decimal(amount))
    return replace(line, **fields)  # type: ignore[arg-type]


def verdict_on(
    lines: Sequence[OpenLine],
    rules: ScenarioRules,
    today: date,
    *,
    policy: Policy = DEFAULT_POLICY,
    contacts: Sequence[date] = (),
) -> Verdict:
    facts = group_facts(lines, today=today, euro_rate=ONE, policy=policy, announcement=None)
    return decide(
        facts,
        customer=CustomerFacts(is_reachable=True, contact_dates=contacts),
        scenario=rules,
        euro_rate=ONE,
        policy=policy,
        circumstances=Circumstances(today),
    )


@dataclass
class Account:
    """A customer's lines over days on which what is due is taken at once, as the peers' tests do it."""

    rules: ScenarioRules
    policy: Policy = DEFAULT_POLICY
    lines: list[OpenLine] = field(default_factory=list)
    contacts: list[date] = field(default_factory=list)

    def run(self, today: date) -> Verdict:
        """Ask the rule, and take the step it answers: each line named remembers it."""
        verdict = verdict_on(
            self.lines, self.rules, today, policy=self.policy, contacts=self.contacts
        )
        if verdict.due is None:
            return verdict
        named = named_lines(
            self.lines,
            scenario=self.rules,
            step=verdict.due.step,
            today=today,
            euro_rate=ONE,
            policy=self.policy,
            announcement=None,
        )
        offsets = {each.standing.line.id: each.offset_days for each in named}
        self.lines = [
            replace(line, last_offset_days=offsets.get(line.id, line.last_offset_days))
            for line in self.lines
        ]
        self.contacts.append(today)
        return verdict


# --- OCA ------------------------------------------------------------------------------------------------------------


def instalments_of(invoice: dict[str, str], currency_amount: Decimal) -> list[tuple[date, Decimal]]:
    issued = date.fromisoformat(invoice["invoice_date"])
    terms = invoice["payment_term"]
    if terms == "30 Net Days":
        return [(issued + timedelta(days=30), currency_amount)]
    if terms == "30 Days End of Month":
        return [(month_end(issued + timedelta(days=30)), currency_amount)]
    advance = (currency_amount * Decimal("0.3")).quantize(Decimal("0.01"))
    return [
        (issued, advance),
        (month_end(issued + timedelta(days=30)), currency_amount - advance),
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
            day = month_end(due_date + delay)
        elif previous is not None and last is not None and int(rule["level"]) == level + 1:
            day = max(previous + delay, due_date + timedelta(days=last + 1))
        else:
            day = date(2999, 1, 1)
        offsets.append((day - due_date).days)
    return scenario(*offsets)


def test_the_credit_control_runs_of_oca_come_out_line_by_line(shared_data: Path) -> None:
    policies = rows(shared_data, "dunning_oca/policies.csv")
    by_customer = {
        row["customer"]: row["policy"].split(" (")[0]
        for row in rows(shared_data, "dunning_oca/customers.csv")
    }
    expected = {
        (row["run_date"], row["invoice"], row["due_date"], int(row["level"]))
        for row in rows(shared_data, "dunning_oca/expected_lines_jan_apr.csv")
    }
    found = set()
    history: dict[tuple[str, date], tuple[int, date, int]] = {}
    for run_date in (date(2013, 1, 31), date(2013, 2, 28), date(2013, 3, 31), date(2013, 4, 30)):
        for invoice in rows(shared_data, "dunning_oca/invoices.csv"):
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


def test_the_instalments_of_one_customer_make_one_message_and_not_four_as_at_oca() -> None:
    """DOMAIN 5.2, group level rule: the oldest line sets the step, younger ones are named and keep their own level."""
    day = date(2013, 3, 31)
    lines = [
        owed(date(2013, 1, 18), "300", last_offset_days=30),
        owed(date(2013, 2, 28), "700"),
        owed(date(2013, 3, 15), "450"),
    ]
    rules = scenario(10, 30, 40)
    verdict = verdict_on(lines, rules, day)
    assert verdict.due is not None
    assert (verdict.due.step.level, verdict.amount) == (3, Decimal(1450))
    named = named_lines(
        lines,
        scenario=rules,
        step=verdict.due.step,
        today=day,
        euro_rate=ONE,
        policy=DEFAULT_POLICY,
        announcement=None,
    )
    assert [each.level for each in named] == [3, 2, 1]


# --- Tryton -----------------------------------------------------------------------------------------------------------


def test_the_dunnings_of_tryton_climb_without_a_jump(shared_data: Path) -> None:
    case = {row["step"]: row for row in rows(shared_data, "dunning_tryton/case.csv")}
    assert "5, 20, 40" in case["0"]["action"]
    due = date(2026, 1, 1)
    rules, lines = scenario(5, 20, 40), [owed(due)]

    def level(step: str, *, on: Sequence[OpenLine] | None = None) -> int:
        today = due + timedelta(days=int(case[step]["date_offset_days"]))
        found = verdict_on(lines if on is None else on, rules, today).due
        return found.step.level if found else 0

    assert level("1") == 0
    assert level("2") == 1
    assert level("3") == 1  # the first one is still a draft: no jump
    sent = [replace(lines[0], last_offset_days=5)]
    assert level("5", on=[replace(sent[0], excluded=Exclusion.PAUSED)]) == 0
    assert level("6", on=sent) == 2
    assert level("7", on=[]) == 0
    assert level("8", on=[]) == 0


def test_a_scenario_may_take_the_step_of_todays_lateness_where_tryton_starts_softly() -> None:
    """DOMAIN 5.2, never two steps at once: after missed runs the matching step alone is taken, others are logged."""
    due = date(2026, 1, 1)
    verdict = verdict_on(
        [owed(due)], scenario(5, 20, 40, catch_up=CatchUp.CURRENT), due + timedelta(days=30)
    )
    assert verdict.due is not None
    assert (verdict.due.step.level, verdict.due.skipped) == (2, (1,))


# --- Lago -------------------------------------------------------------------------------------------------------------


def test_the_campaign_of_lago_waits_for_its_threshold_and_ends_after_two_attempts(
    shared_data: Path,
) -> None:
    case = rows(shared_data, "dunning_lago/case.csv")
    assert "threshold 150.00 EUR, max 2 attempts, 2 days between attempts" in case[0]["event"]
    policy = replace(DEFAULT_POLICY, group_minimum=Decimal(150), contact_gap_days=3)
    account = Account(scenario(1, 4), policy)
    account.lines = [owed(date(2025, 1, 3), "149")]
    below = account.run(date(2025, 1, 4))
    assert (below.kind, below.reason) == (VerdictKind.HOLD, HoldReason.BELOW_MINIMUM)
    account.lines.append(owed(date(2025, 1, 6), "6"))
    asked = {day: account.run(date(2025, 1, day)) for day in (7, 8, 9, 10, 13)}
    assert {day: verdict.amount for day, verdict in asked.items() if verdict.due} == {
        7: Decimal(155),
        10: Decimal(155),
    }
    # Lago is silent from then on for ever; ours says that a person must decide (DOMAIN R60: nothing slips through).
    assert asked[13].reason is HoldReason.SCENARIO_ENDED


# --- Kill Bill --------------------------------------------------------------------------------------------------------


def test_the_overdue_states_of_kill_bill_by_the_age_of_the_oldest_invoice(
    shared_data: Path,
) -> None:
    rules = scenario(30, 40, 50)
    issued = date(2012, 5, 31)
    events = rows(shared_data, "overdue_killbill/case.csv")
    for row in events:
        if row["date"] == "settings" or "paid" in row["event"].replace("unpaid", ""):
            continue
        reached = step_reached(rules, days_late=(date.fromisoformat(row["date"]) - issued).days)
        assert (f"OD{reached.level}" if reached else "CLEAR") == row["expected_state"], row
    assert events[-1]["expected_state"] == "CLEAR"
    assert verdict_on([], rules, date(2012, 7, 20)).kind is VerdictKind.NOTHING


def test_lateness_is_counted_from_the_due_date_where_kill_bill_takes_the_invoice_date() -> None:
    """DOMAIN 2.1, code-level lessons: an invoice due in thirty days is not a month late when they are over."""
    due = date(2012, 6, 30)
    assert verdict_on([owed(due)], scenario(30, 40, 50), due).kind is VerdictKind.NOTHING


def test_a_settled_oldest_invoice_does_not_make_the_next_one_skip_a_step() -> None:
    """DOMAIN 2.1, no 8: the state comes from each line's own clock, also after the leader is paid (Kill Bill #2297)."""
    day = date(2026, 3, 1)
    rules = scenario(3, 10, 30)
    old = owed(day - timedelta(days=30), last_offset_days=30)
    young = owed(day - timedelta(days=11), last_offset_days=3)
    assert verdict_on([old, young], rules, day).due is None
    after = verdict_on([young], rules, day)
    assert after.due is not None
    assert (after.due.step.level, after.due.skipped) == (2, ())


# --- Odoo 8 -----------------------------------------------------------------------------------------------------------


def test_the_follow_ups_of_odoo(shared_data: Path) -> None:
    case = {row["case"]: row for row in rows(shared_data, "dunning_odoo8/case.csv")}
    assert "15, 30, 40 days" in case["too early"]["input"]
    due = date(2026, 1, 1)
    account = Account(scenario(15, 30, 40), lines=[owed(due, "1000")])
    assert account.run(due + timedelta(days=3)).due is None
    first = account.run(due + timedelta(days=15))
    assert first.due is not None
    assert (first.due.step.level, first.amount) == (1, Decimal(1000))


def test_three_runs_on_one_day_take_one_step_where_odoo_climbs_three_levels() -> None:
    """DOMAIN 5.2, at most one step per group and day; 5.5 no 1: running again sends nothing more."""
    due = date(2026, 1, 1)
    account = Account(scenario(15, 30, 40), lines=[owed(due, "1000")])
    taken = [account.run(due + timedelta(days=40)) for _ in range(3)]
    assert [verdict.kind for verdict in taken] == [
        VerdictKind.REMIND,
        VerdictKind.HOLD,
        VerdictKind.HOLD,
    ]
    assert taken[1].reason is HoldReason.CONTACT_GAP


@pytest.mark.parametrize("amount", ["0.05", "0.10", "4.99"])
def test_what_is_too_small_is_never_asked_for(amount: str) -> None:
    """OCA leaves out up to 0.10; DOMAIN 5.2 draws the line at 5 euros a line and 20 a message."""
    day = date(2026, 3, 1)
    verdict = verdict_on([owed(day - timedelta(days=60), amount)], scenario(10), day)
    assert verdict.due is None
