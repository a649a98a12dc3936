"""The facts computed in SQL for a whole ledger are those the pure rule computes line by line."""

import random
from datetime import timedelta
from decimal import Decimal
from itertools import cycle
from uuid import UUID

import pytest

from accounts.models import Tenant
from disputes.models import Dispute
from dunning.models import (
    DeliveryEvent,
    LineOverride,
    Pause,
    Reminder,
    ReminderLine,
    Run,
    Scenario,
    ScenarioAssignment,
)
from dunning.queries.facts import GroupKey, group_parameters, groups, overdue_count
from dunning.queries.lines import euro_rates, open_lines_of
from dunning.queries.scenarios import followings
from dunning.rules.coverage import line_coverage, tally
from dunning.rules.decision import Verdict, VerdictKind, announcement_of
from dunning.rules.grouping import Announcement, group_facts, line_standing, lines_following
from dunning.rules.policy import DEFAULT_POLICY
from dunning.services.scenarios import default_version
from ledger.models import Customer, DocumentKind, DueLine, ExchangeRate
from tests.cast import House
from tests.dunning.conftest import NOW, TODAY, Chase
from tests.dunning.counted_elsewhere import CODE, ELSEWHERE, install

COURSES = ("risky", "small-amounts", "silent", "standard-b2b", CODE)
RATES = {"USD": Decimal("0.9"), "JPY": Decimal("0.006")}
AMOUNTS = (
    "3",
    "4.99",
    "5",
    "19.99",
    "20",
    "49",
    "50",
    "51",
    "900",
    "4999",
    "5000",
    "5555.55",
    "60000",
)


def fill(chase: Chase, house: House, customers: list[Customer], seed: int) -> None:
    """Make a hundred and fifty lines of every kind, some contested, paused or chased before."""
    chance = random.Random(seed)  # noqa: S311  the same ledger for the same seed
    with house.scope():
        version = default_version()
        install()
        run = Run.objects.create(run_date=TODAY, started_at=NOW)
        for _ in range(150):
            customer = chance.choice(customers)
            kind = chance.choices(list(DocumentKind), weights=[8, 1, 1])[0]
            sign = "" if kind == DocumentKind.INVOICE else "-"
            line = chase.add_line(
                customer,
                chance.randint(-12, 90),
                sign + chance.choice(AMOUNTS),
                kind=kind,
                currency=chance.choice(["EUR", "EUR", "USD", "JPY"]),
                is_estimated=chance.random() < 0.1,
            )
            if kind != DocumentKind.INVOICE:
                continue
            if chance.random() < 0.25:
                contest(line, chance, number=_)
            if chance.random() < 0.1:
                Pause.objects.create(
                    customer=customer, due_line=line, reason="x", from_date=TODAY, until_date=TODAY
                )
            if chance.random() < 0.4:
                move(line, chance)
            if chance.random() < 0.4:
                remember(line, chance, version.steps.all()[0].pk, run, version.pk, cycle=_ + 1)


def move(line: DueLine, chance: random.Random) -> None:
    """Let a line follow a scenario now, or until lately."""
    begun, until, ended = chance.choice(
        [(20, 0, None), (0, 9, None), (30, -4, None), (25, 9, 12), (6, 9, 6), (3, 9, 0)]
    )
    LineOverride.objects.create(
        due_line=line,
        customer_id=line.customer_id,
        scenario=Scenario.objects.get(code=chance.choice(COURSES)),
        reason="A deposit",
        from_date=TODAY - timedelta(days=begun),
        until_date=TODAY + timedelta(days=until),
        ended_date=None if ended is None else TODAY - timedelta(days=ended),
    )


def contest(line: DueLine, chance: random.Random, *, number: int) -> None:
    closed = chance.choice(
        [None, None, TODAY, TODAY - timedelta(days=3), TODAY - timedelta(days=2)]
    )
    Dispute.objects.create(
        number=number + 1,
        due_line=line,
        customer_id=line.customer_id,
        amount=max(
            Decimal("0.01"),
            (line.amount * Decimal(chance.choice(["0.1", "0.5", "1"]))).quantize(Decimal("0.01")),
        ),
        currency=line.currency,
        type="price",
        opened_date=TODAY - timedelta(days=10),
        closed_date=closed,
        outcome="unjustified" if closed else "",
    )


def remember(
    line: DueLine,
    chance: random.Random,
    step_id: UUID,
    run: Run,
    version_id: UUID,
    *,
    cycle: int,
) -> None:
    state = chance.choice(["sent", "ready", "cancelled", "done"])
    reminder = Reminder.objects.create(
        customer_id=line.customer_id,
        entity_id=line.entity_id,
        currency=line.currency,
        scenario_version_id=version_id,
        step_id=step_id,
        cycle=cycle,
        run=run,
        channel=chance.choice(["email", "letter", "decision"]),
        level=1,
        stage="amicable",
        mode="auto",
        amount=1,
        planned_date=TODAY - timedelta(days=40),
        contact_date=TODAY - timedelta(days=40),
        leaves_at=NOW,
        state=state,
        state_at=NOW,
        cancel_reason=chance.choice(["paid", "by_person"]) if state == "cancelled" else "",
    )
    if reminder.channel == "letter" and state == "sent":
        DeliveryEvent.objects.create(
            event_key=f"letter-returned:{cycle}",
            kind="undelivered",
            reminder=reminder,
            occurred_at=NOW - timedelta(days=chance.randint(-1, 20)),
            received_at=NOW,
        )
    ReminderLine.objects.create(
        reminder=reminder,
        due_line=line,
        due_date=line.due_date - timedelta(days=chance.choice([0, 0, 0, 5])),
        open_amount=line.open_amount,
        claimed_amount=line.open_amount,
        days_late=0,
        level=1,
        offset_days=chance.choice([-7, 0, 3, 10, 20, 30]),
    )


@pytest.mark.parametrize("seed", range(4))
def test_the_facts_in_sql_are_those_of_the_rule(chase: Chase, house: House, seed: int) -> None:
    customers = [chase.customer(f"C{n:03d}", pays_by_direct_debit=n == 0) for n in range(6)]
    fill(chase, house, customers, seed)
    followed = cycle(("", "risky", "small-amounts", CODE, "silent", "standard-b2b"))
    with house.scope():
        announcements: dict[UUID, Announcement | None] = {}
        own: dict[UUID, UUID] = {}
        for customer, code in zip(customers, followed, strict=False):
            scenario = Scenario.objects.get(code=code or "standard-b2b")
            version = scenario.versions.get()
            announcements[scenario.pk] = announcement_of(version.as_rules())
            own[customer.pk] = scenario.pk
            if code:
                ScenarioAssignment.objects.create(
                    customer=customer, scenario=scenario, since_date=TODAY
                )
        known = followings()
        parameters = group_parameters(
            today=TODAY,
            policy=DEFAULT_POLICY,
            rates=RATES,
            announcements={each.scenario_id: each.announcement for each in known.all},
            default_id=known.default.scenario_id,
            is_anchored=known.is_anchored,
        )
        found = {group.key: group for group in groups(parameters)}
        expected: set[GroupKey] = set()
        keys = {
            (customer.pk, house.entity_id, currency, course)
            for customer in customers
            for currency in ("EUR", "USD", "JPY")
            for course in (None, *announcements)
        }
        seen_lines = 0
        for key in keys:
            account = open_lines_of(
                customer_id=key[0],
                entity_id=key[1],
                currency=key[2],
                today=TODAY,
                policy=DEFAULT_POLICY,
                scenario=ELSEWHERE,
            )
            if key[3] == own[key[0]]:
                assert key not in found
                continue
            lines = lines_following(account, key[3], own=own[key[0]])
            rate = RATES.get(key[2], Decimal(1))
            facts = group_facts(
                lines,
                today=TODAY,
                euro_rate=rate,
                policy=DEFAULT_POLICY,
                announcement=announcements[key[3] or own[key[0]]],
            )
            standings = [
                line_standing(line, euro_rate=rate, policy=DEFAULT_POLICY) for line in lines
            ]
            late = [
                each
                for each in standings
                if each.line.due_date < TODAY and each.line.open_amount > 0
            ]
            if not late and facts.upcoming is None:
                assert key not in found
                continue
            expected.add(key)
            assert found[key].facts == facts
            sums = tally(line_coverage(each, Verdict(VerdictKind.WAIT)) for each in late)
            assert {part.reason.value: part.amount for part in found[key].left_out} == sums.left_out
            whole = sum(part.lines for part in found[key].left_out)
            assert whole == sum(1 for each in late if not each.is_claimed)
            seen_lines += whole + facts.late_lines
        assert set(found) == expected
        assert seen_lines == overdue_count(today=TODAY).lines


def test_the_worth_in_euros_is_crossed_where_books_are_kept_in_another_currency(
    house: House,
) -> None:
    with house.scope():
        Tenant.objects.update(currency="GBP")
        for currency, rate in (("EUR", "0.80"), ("USD", "0.72")):
            ExchangeRate.objects.create(currency=currency, valid_from=TODAY, rate=Decimal(rate))
        assert euro_rates(today=TODAY) == {
            "GBP": Decimal("1.25"),
            "EUR": Decimal(1),
            "USD": Decimal("0.9"),
        }
        assert euro_rates(today=TODAY - timedelta(days=1)) == {}
