"""Walking the clock over one customer: the days are those of the rules, and quiet days hide nothing."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunning.rules.content import LineKind
from dunning.rules.history import Change, CustomerHistory, LineHistory, Rates
from dunning.rules.policy import DEFAULT_POLICY, Policy
from dunning.rules.ready_scenarios import (
    READY_SCENARIOS,
    SMALL_AMOUNTS,
    STANDARD_B2B,
    ReadyScenario,
)
from dunning.rules.simulated import CustomerWalk
from dunning.rules.simulation import covered_by_day, simulation_of
from dunning.rules.steps import Anchor, Channel
from dunning.rules.walk import Followed, Frame, _Walker, walk
from tests.dunning.counted_elsewhere import ELSEWHERE

PARIS = ZoneInfo("Europe/Paris")
EUROS = Rates("EUR", {})
STANDARD = Followed(STANDARD_B2B, DEFAULT_POLICY)


def line(due_date: date, amount: str = "900", *, number: int = 1, **facts: Any) -> LineHistory:
    """Return an invoice due on a day, issued a month before."""
    given_facts: dict[str, Any] = {
        "id": UUID(int=number),
        "entity_id": UUID(int=9),
        "currency": "EUR",
        "kind": LineKind.INVOICE,
        "issue_date": due_date - timedelta(days=30),
        "due_date": due_date,
        "open_amount": Decimal(amount),
    }
    return LineHistory(**{**given_facts, **facts})


def customer(*lines: LineHistory, country: str = "FR", **facts: Any) -> CustomerHistory:
    return CustomerHistory(UUID(int=7), country, lines, **facts)


def frame(first: date, days: int = 40, *, opens_daily: bool = False, rates: Rates = EUROS) -> Frame:
    return Frame(first, first + timedelta(days=days), PARIS, rates, opens_daily=opens_daily)


def first_step(due_date: date, *, country: str = "FR", days_before: int = 1) -> date:
    """Return when somebody hears for the first time of a line due on a day."""
    walked = walk(
        customer(line(due_date), country=country),
        STANDARD,
        frame(due_date - timedelta(days=days_before), 35),
    )
    return walked.steps[0].day


# Three days after the due date, then the next Tuesday, Wednesday or Thursday that is worked in the country.
@pytest.mark.parametrize(
    ("due_date", "country", "expected"),
    [
        (
            date(2026, 10, 29),
            "FR",
            date(2026, 11, 3),
        ),  # Sunday: the weekend is missed, not the step
        (date(2024, 2, 26), "FR", date(2024, 2, 29)),  # the day that only leap years have
        (date(2023, 2, 26), "FR", date(2023, 3, 1)),  # and that 2023 has not
        (date(2026, 3, 31), "FR", date(2026, 4, 7)),  # Friday, then Easter Monday
        (date(2026, 1, 31), "FR", date(2026, 2, 3)),  # over the end of a month
        (date(2026, 11, 8), "FR", date(2026, 11, 12)),  # Armistice Day is a Wednesday
        (date(2026, 11, 8), "DE", date(2026, 11, 11)),  # and is worked in Germany
        (date(2026, 3, 27), "FR", date(2026, 3, 31)),  # the clocks changed on the 29th
        (date(2026, 10, 24), "FR", date(2026, 10, 27)),  # and back on 25 October
        (date(2026, 12, 29), "FR", date(2027, 1, 5)),  # New Year is a Friday
        (
            date(2026, 10, 24),
            "AU",
            date(2026, 10, 28),
        ),  # when Paris plans, Sydney's morning is over
        (date(2026, 10, 24), "US", date(2026, 10, 27)),
    ],
)
def test_a_message_leaves_on_the_day_the_rules_say(
    due_date: date, country: str, expected: date
) -> None:
    assert first_step(due_date, country=country) == expected
    assert first_step(due_date, country=country, days_before=20) == expected


def test_a_call_waits_for_monday_and_a_message_for_tuesday() -> None:
    """Due on Sunday 8 November: the call of day 20 falls on a Saturday, the message of day 10 on a Wednesday."""
    walked = walk(customer(line(date(2026, 11, 8))), STANDARD, frame(date(2026, 11, 7), 70))
    assert [(step.step.channel.value, step.day) for step in walked.steps] == [
        ("email", date(2026, 11, 12)),
        ("email", date(2026, 11, 18)),
        ("call", date(2026, 11, 30)),
        ("email", date(2026, 12, 8)),
        ("registered_letter", date(2026, 12, 23)),
        ("decision", date(2027, 1, 7)),
    ]


def test_the_days_after_a_silence_bring_one_step_and_name_those_passed_over() -> None:
    (step,) = walk(customer(line(date(2026, 9, 1))), STANDARD, frame(date(2026, 10, 6), 2)).steps
    assert (step.step.offset_days, step.skipped) == (30, (2, 3, 4))


def test_what_was_taken_before_is_not_said_again() -> None:
    chased = line(date(2026, 9, 1), last_offset_days=30)
    contacts = (date(2026, 10, 4),)
    walked = walk(customer(chased, contact_dates=contacts), STANDARD, frame(date(2026, 10, 6), 20))
    assert [step.step.offset_days for step in walked.steps] == [45]


def test_contacts_across_entities_that_collide_are_told() -> None:
    """A scenario may set a shorter gap than five days; then two entities may meet at one customer."""
    hasty = Followed(STANDARD_B2B, Policy(contact_gap_days=1))
    lines = (
        line(date(2026, 10, 1), number=1),
        line(date(2026, 10, 1), number=2, entity_id=UUID(int=10)),
    )
    found = simulation_of(
        [(customer(*lines), hasty)], frame(date(2026, 10, 5), 5, opens_daily=True)
    )
    (collision,) = found.collisions
    assert (collision.earlier, collision.later) == (date(2026, 10, 5), date(2026, 10, 6))
    assert collision.days_apart == 1
    careful = simulation_of(
        [(customer(*lines), STANDARD)], frame(date(2026, 10, 5), 5, opens_daily=True)
    )
    assert careful.collisions == []


def test_a_contact_from_before_the_first_day_collides_too() -> None:
    hasty = Followed(STANDARD_B2B, Policy(contact_gap_days=1))
    known = customer(line(date(2026, 10, 1)), contact_dates=(date(2026, 10, 3),))
    found = simulation_of([(known, hasty)], frame(date(2026, 10, 5), 1, opens_daily=True))
    assert [each.days_apart for each in found.collisions] == [2]


def test_the_hour_of_the_day_says_what_may_still_leave_today() -> None:
    tuesday = date(2026, 10, 6)
    late = line(date(2026, 9, 29))
    for hour, expected in ((9, tuesday), (13, tuesday + timedelta(days=1))):
        now = datetime(2026, 10, 6, hour, 30, tzinfo=PARIS)
        walked = walk(
            customer(late),
            STANDARD,
            Frame(tuesday, tuesday + timedelta(days=2), PARIS, EUROS, now=now),
        )
        assert [step.day for step in walked.steps] == [expected]


COURSES = {
    UUID(int=100 + number): Followed(ready.rules, DEFAULT_POLICY)
    for number, ready in enumerate(READY_SCENARIOS)
}


def test_a_line_leaves_to_another_scenario_and_comes_back() -> None:
    """Risky asks for its call, and the default goes on with what is not past by then: its D+10 is, once it is back."""
    risky = next(key for key, each in COURSES.items() if each.rules.name == "Risky or uninsured")
    moved = line(
        date(2026, 11, 1),
        changes=(
            Change(date(2026, 11, 5), moves=True, follows=risky),
            Change(date(2026, 11, 12), moves=True),
        ),
    )
    followed = Followed(STANDARD_B2B, DEFAULT_POLICY, None, COURSES)
    walked = walk(customer(moved), followed, frame(date(2026, 11, 1), 40, opens_daily=True))
    assert [step.step.offset_days for step in walked.steps] == [3, 5, 20, 30]
    assert walked.steps[1].step.channel is Channel.CALL  # after the days between two contacts


FIRST = date(2026, 10, 20)
DAYS = 45
days = st.integers(-20, DAYS).map(lambda number: FIRST + timedelta(days=number))
amounts = st.sampled_from(["4", "19.99", "49", "60", "900", "5000", "60000"]).map(Decimal)
RATES = Rates(
    "EUR", {"USD": [(FIRST - timedelta(days=9), Decimal("0.5")), (FIRST + timedelta(days=7), Decimal(2))]}
)  # fmt: skip


@st.composite
def changes(draw: st.DrawFn, amount: Decimal) -> tuple[Change, ...]:
    """Draw payments that never exceed the amount and may bounce, disputes and pauses."""
    found: list[Change] = []
    left = amount
    for _ in range(draw(st.integers(0, 3))):
        part = min(left, draw(st.sampled_from([amount, amount / 2, Decimal(1)])))
        day = draw(days)
        if part and day > FIRST:
            left -= part
            found.append(Change(day, opened=-part if amount > 0 else part))
            if draw(st.booleans()):
                back = day + timedelta(days=draw(st.integers(0, 9)))
                found.append(Change(back, opened=part))
    if draw(st.booleans()):
        day, length = draw(days), draw(st.integers(1, 20))
        contested = draw(amounts)
        found += [Change(day, contested=contested)]
        found += [Change(day + timedelta(days=length), contested=-contested)]
    if draw(st.booleans()):
        day = draw(days)
        found += [
            Change(day, held=1),
            Change(day + timedelta(days=draw(st.integers(1, 9))), held=-1),
        ]
    return tuple(found)


@st.composite
def moves(draw: st.DrawFn) -> tuple[Change, ...]:
    """Draw scenarios that somebody chose for the line, each until a day; sometimes one right after another."""
    found: list[Change] = []
    day = draw(days)
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2]))):
        found.append(Change(day, moves=True, follows=draw(st.sampled_from(sorted(COURSES)))))
        day += timedelta(days=draw(st.integers(1, 15)))
        found.append(Change(day, moves=True))
        day += timedelta(days=draw(st.sampled_from([0, 3])))
    return tuple(found)


@st.composite
def histories(draw: st.DrawFn) -> CustomerHistory:
    lines = []
    for number in range(draw(st.integers(1, 7))):
        kind = draw(
            st.sampled_from([LineKind.INVOICE] * 4 + [LineKind.CREDIT_NOTE, LineKind.PAYMENT])
        )
        amount = draw(amounts)
        due_date = FIRST + timedelta(days=draw(st.integers(-70, DAYS)))
        issue_date = due_date - timedelta(days=draw(st.sampled_from([0, 2, 30])))
        is_invoice = kind is LineKind.INVOICE
        lines.append(
            line(
                due_date,
                number=number + 1,
                entity_id=UUID(int=draw(st.sampled_from([8, 9]))),
                currency=draw(st.sampled_from(["EUR", "EUR", "USD"])),
                kind=kind,
                issue_date=issue_date,
                open_amount=amount if is_invoice else -amount,
                last_offset_days=draw(st.sampled_from([None, None, -7, 0, 3, 20])),
                changes=(*draw(changes(amount)), *draw(moves())) if is_invoice else (),
            )
        )
    return customer(
        *lines,
        country=draw(st.sampled_from(["FR", "US", "AU"])),
        is_reachable=draw(st.sampled_from([True, True, False])),
        contact_dates=tuple(draw(st.lists(st.integers(1, 12), max_size=3).map(ago))),
    )


def ago(numbers: list[int]) -> list[date]:
    return [FIRST - timedelta(days=number) for number in numbers]


@given(
    history=histories(),
    ready=st.sampled_from(READY_SCENARIOS),
    opens_daily=st.booleans(),
)
def test_looking_only_when_something_may_change_misses_nothing(
    history: CustomerHistory, ready: ReadyScenario, *, opens_daily: bool
) -> None:
    """The walk skips quiet days; a walk that looks at every group on every day finds the very same."""
    own = next(key for key, each in COURSES.items() if each.rules == ready.rules)
    followed = Followed(ready.rules, DEFAULT_POLICY, own, COURSES)
    walked = walk(history, followed, frame(FIRST, DAYS, opens_daily=opens_daily, rates=RATES))
    patient = look_every_day(
        history, followed, frame(FIRST, DAYS, opens_daily=opens_daily, rates=RATES)
    )
    assert walked.steps == patient.steps
    each_day = [FIRST + timedelta(days=number) for number in range(DAYS + 1)]
    assert covered_by_day([walked], each_day) == covered_by_day([patient], each_day)


def look_every_day(history: CustomerHistory, followed: Followed, over: Frame) -> CustomerWalk:
    """Walk with every group taken for changed every day."""

    class Patient(_Walker):
        def _look(self, day: date) -> None:
            for group in self.groups.values():
                group.is_changed = True
            super()._look(day)

    walker = Patient(history, followed, over)
    count = (over.last_day - over.first_day).days + 1
    walker.days = [over.first_day + timedelta(days=number) for number in range(count)]
    return walker.walk()


def test_the_third_call_of_a_week_waits_in_the_walk_as_in_the_plan() -> None:
    """A scenario of daily calls under a gap of a day: of any seven days two hear one."""
    calls = tuple(
        replace(STANDARD_B2B.steps[3], number=number, offset_days=number) for number in range(1, 21)
    )
    hasty = Followed(replace(STANDARD_B2B, steps=calls), Policy(contact_gap_days=1, contact_cap=30))
    days = date(2026, 10, 5), 20
    walked = walk(customer(line(date(2026, 10, 4))), hasty, frame(*days, opens_daily=True))
    told = [step.day for step in walked.steps]
    assert told[:4] == [
        date(2026, 10, 5),
        date(2026, 10, 6),
        date(2026, 10, 12),
        date(2026, 10, 13),
    ]
    assert all((later - first).days >= 7 for first, later in zip(told, told[2:], strict=False))


def test_new_customers_hear_before_the_due_date_until_they_are_known() -> None:
    """Ten euros due on 31 October, the first invoice on 1 or 31 July: three months are over on the first of the two."""
    due_date = date(2026, 10, 31)
    for first_invoice, expected in ((date(2026, 7, 1), []), (date(2026, 7, 31), [-7])):
        theirs = customer(line(due_date, "10"), first_invoice_date=first_invoice)
        walked = walk(theirs, STANDARD, frame(date(2026, 10, 20), 11, opens_daily=True))
        assert [step.step.offset_days for step in walked.steps] == expected


def test_a_step_waits_for_what_it_is_counted_from() -> None:
    """Forty days after the invoice, six after the message, four after a dispute, two after a letter came back."""
    elsewhere = Followed(ELSEWHERE, DEFAULT_POLICY)
    due_date = date(2026, 9, 10)
    happened = (
        Change(date(2026, 9, 30), event=Anchor.DISPUTE_CLOSED),
        Change(date(2026, 10, 4), event=Anchor.LETTER_RETURNED),
    )
    theirs = customer(line(due_date, changes=happened))
    walked = walk(theirs, elsewhere, frame(date(2026, 9, 11), 60, opens_daily=True))
    assert [(step.step.number, step.day) for step in walked.steps] == [
        (2, date(2026, 9, 20)),  # forty days after the invoice of 11 August
        (4, date(2026, 9, 26)),  # six days after that
        (6, date(2026, 10, 4)),  # four days after the dispute was closed
        (
            7,
            date(2026, 10, 9),
        ),  # two days after the letter came back, and five after the last contact
        (8, date(2026, 10, 20)),  # nine days after that, and not the fifth contact in thirty days
    ]


@pytest.mark.parametrize("amounts", [("4",), ("12",), ("4", "12")], ids=" and ".join)
def test_what_is_too_small_is_stated_once_a_year(amounts: tuple[str, ...]) -> None:
    """A line under five euros, a group under twenty: from the first of December on, and never besides."""
    lines = [
        line(date(2026, 9, 1), amount, number=number) for number, amount in enumerate(amounts, 1)
    ]
    small = Followed(SMALL_AMOUNTS, DEFAULT_POLICY)
    walked = walk(customer(*lines), small, frame(date(2026, 9, 2), 700, opens_daily=True))
    assert [(step.step.label, step.day) for step in walked.steps] == [
        ("Yearly statement of small amounts", date(2026, 12, 1)),
        ("Yearly statement of small amounts", date(2027, 12, 1)),
    ]
    assert {(step.amount, len(step.lines)) for step in walked.steps} == {
        (sum(map(Decimal, amounts)), len(lines))
    }


def test_a_statement_of_small_amounts_leaves_the_chase_as_it_was() -> None:
    """Stated in December, a line that grows with another one later gets the first step, not the last."""
    first = line(date(2026, 9, 1), "12", number=1)
    second = line(date(2026, 12, 10), "900", number=2)
    small = Followed(SMALL_AMOUNTS, DEFAULT_POLICY)
    walked = walk(customer(first, second), small, frame(date(2026, 9, 2), 110, opens_daily=True))
    assert [step.step.offset_days for step in walked.steps] == [730, 7]


def test_small_amounts_get_a_statement_every_month_after_day_45() -> None:
    small = Followed(SMALL_AMOUNTS, DEFAULT_POLICY)
    walked = walk(
        customer(line(date(2026, 1, 1), "200")),
        small,
        frame(date(2026, 1, 2), 200, opens_daily=True),
    )
    assert [step.step.offset_days for step in walked.steps] == [7, 21, 45, 75, 105, 135, 165, 195]
