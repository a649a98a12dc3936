"""Rules of requests on values: hours, need, loss, likeness, authority, and circuits that can be published."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from credit.rules.authority import (
    Ceiling,
    Denial,
    Person,
    Seat,
    Taker,
    ceiling_for,
    is_same_person,
    is_within,
    may_end,
    phone_number,
)
from credit.rules.circuits import CircuitScope, Facts, Flaw, StepRule, faults, steps_for
from credit.rules.likeness import Match, bare_name, name_match
from credit.rules.need import credit_need, maximum_loss, months_of_credit, orders_left
from credit.rules.office_hours import OfficeHours
from credit.rules.ready_circuits import READY_CIRCUITS
from kernel.money import Money
from ledger.rules.calendars import WorkingCalendar
from ledger.rules.terms import TermKind, Terms

PARIS = ZoneInfo("Europe/Paris")
HOURS = OfficeHours(WorkingCalendar("FR"), PARIS)
KINDS = ("advice", "opening", "limit", "temporary", "review")
ME, ASKER, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)


def eur(amount: str | int) -> Money:
    return Money(Decimal(amount), "EUR")


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=PARIS)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        (at(17, 10), 4, at(17, 14)),
        (at(17, 16), 4, at(18, 11)),  # over night
        (at(20, 17), 4, at(23, 12)),  # over a weekend: Friday to Monday
        (at(21, 11), 9, at(23, 18)),  # begun on a Saturday
        (at(10, 17), 4, at(12, 12)),  # over the holiday of 11 November
        (at(17, 7), 1, at(17, 10)),  # before the house opens
        (at(17, 20), 1, at(18, 10)),  # after it closed
        (at(23, 17, month=10), 2, at(26, 10, month=10)),  # over the end of summer time
    ],
)
def test_a_deadline_counts_working_hours_alone(start: datetime, hours: int, due: datetime) -> None:
    assert HOURS.add_hours(start, hours) == due
    assert HOURS.minutes_between(start, due) == hours * 60
    assert HOURS.minutes_between(due, start) == -hours * 60


def test_a_deadline_is_the_same_instant_in_any_zone() -> None:
    start = at(17, 16)
    assert HOURS.add_hours(start.astimezone(UTC), 4) == HOURS.add_hours(start, 4)


@pytest.mark.parametrize(
    ("terms", "months"),
    [
        (Terms(TermKind.NET, 30), "1"),
        (Terms(TermKind.THEN_END_OF_MONTH, 45), "2"),
        (Terms(TermKind.END_OF_MONTH_THEN, 30), "1.5"),
        (Terms(TermKind.NET, 0), "0"),
    ],
)
def test_how_long_an_invoice_stays_open(terms: Terms, months: str) -> None:
    assert months_of_credit(terms) == Decimal(months)


def test_the_need_of_the_page_of_the_joinery() -> None:
    """310 k€ ÷ 12 × 2 months × VAT, peak × 1.4: the figure of the mock."""
    need = credit_need(
        eur(310_000),
        Terms(TermKind.THEN_END_OF_MONTH, 45),
        vat_rate=Decimal("0.2"),
        peak_factor=Decimal("1.4"),
    )
    assert need.amount == eur("86800.00")


@pytest.mark.parametrize(
    ("granted", "insured", "quota", "loss"),
    [
        (90_000, 80_000, "0.9", 18_000),  # the mock
        (60_000, 80_000, "0.9", 6_000),  # covered beyond what is granted
        (90_000, None, None, 90_000),
        (90_000, 80_000, None, 90_000),  # a cover without a quota is worth nothing known
        (0, 80_000, "0.9", 0),
    ],
)
def test_the_greatest_loss_counts_the_quota(
    granted: int, insured: int | None, quota: str | None, loss: int
) -> None:
    cover = None if insured is None else eur(insured)
    share = None if quota is None else Decimal(quota)
    assert maximum_loss(eur(granted), cover, share) == eur(loss)


def test_orders_left_are_whole_and_never_below_zero() -> None:
    assert orders_left(eur(8_000), eur(3_000)) == 2
    assert orders_left(eur(-1), eur(3_000)) == 0
    assert orders_left(eur(8_000), None) is None
    assert orders_left(eur(8_000), eur(0)) is None


@pytest.mark.parametrize(
    ("one", "other", "match"),
    [
        ("Menuiserie Kerlann", "MENUISERIE KERLANN S.A.S.", Match.NAME),
        ("Ets Kerlann et Cie", "Kerlann", Match.NAME),
        ("Menuiserie Kerlann", "Menuiserie Kerlan", Match.NEAR_NAME),
        ("Menuiserie Kerlann", "Charpentes Haut-Lys", None),
        ("SAS", "SARL", None),
        ("", "Kerlann", None),
    ],
)
def test_names_are_recognised(one: str, other: str, match: Match | None) -> None:
    assert name_match(one, other) is match


def test_a_name_of_nothing_but_forms_keeps_them() -> None:
    assert bare_name("La Compagnie") == "la compagnie"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Person(ME), Person(ME), True),
        (Person(ME), Person(OTHER), False),
        (Person(ME, frozenset({"jo@x.fr"})), Person(OTHER, frozenset({"Jo+b@x.fr"})), True),
        (Person(ME, frozenset({"j.o@gmail.com"})), Person(OTHER, frozenset({"jo@googlemail.com"})), True),
        (Person(ME, frozenset({"j.o@x.fr"})), Person(OTHER, frozenset({"jo@x.fr"})), False),
        (Person(ME, phones=frozenset({"06 12 34 56 78"})), Person(OTHER, phones=frozenset({"+33612345678"})), True),
        (Person(ME, phones=frozenset({"12"})), Person(OTHER, phones=frozenset({"12"})), False),
        (Person(ME, frozenset({""})), Person(OTHER, frozenset({""})), False),
        (Person(ME, subjects=frozenset({"sso:1"})), Person(OTHER, subjects=frozenset({"sso:1"})), True),
    ],
)  # fmt: skip
def test_two_accounts_of_one_person_are_one(one: Person, other: Person, *, same: bool) -> None:
    assert is_same_person(one, other) is same
    assert is_same_person(other, one) is same


def test_a_number_is_told_by_its_digits() -> None:
    assert phone_number("0033 6 12 34 56 78") == phone_number("06.12.34.56.78") == "33612345678"
    assert phone_number("+44 20 7946 0000") == "442079460000"


MANAGER = Taker(Person(ME), is_person=True, roles=frozenset({"cm"}), has_right=True)
SEAT = Seat(is_deciding=True, role="cm")


@pytest.mark.parametrize(
    ("seat", "taker", "asked", "line", "denial"),
    [
        (SEAT, MANAGER, (), (), None),
        (SEAT, replace(MANAGER, is_person=False), (), (), Denial.MACHINE),
        (SEAT, MANAGER, (Person(ME),), (), Denial.REQUESTER),
        (SEAT, replace(MANAGER, person=Person(ME, frozenset({"jo+2@x.fr"}))),
         (Person(OTHER, frozenset({"jo@x.fr"})),), (), Denial.SECOND_ACCOUNT),
        (SEAT, MANAGER, (), (ME,), Denial.SALES_LINE),
        (replace(SEAT, is_deciding=False), MANAGER, (), (ME,), None),
        (SEAT, replace(MANAGER, has_right=False), (), (), Denial.NO_RIGHT),
        (SEAT, replace(MANAGER, roles=frozenset()), (), (), Denial.NOT_HIS_STEP),
        (replace(SEAT, named=OTHER), MANAGER, (), (), Denial.NOT_HIS_STEP),
        (replace(SEAT, named=OTHER, also=frozenset({ME})), MANAGER, (), (), None),
        (replace(SEAT, named=ME, named_suffices=True), replace(MANAGER, has_right=False), (), (), None),
        (replace(SEAT, needs_country="IT"), MANAGER, (), (), Denial.COUNTRY),
        (replace(SEAT, needs_country="IT"), replace(MANAGER, countries=frozenset({"IT"})), (), (), None),
        (replace(SEAT, named=OTHER), replace(MANAGER, stands_for={OTHER: frozenset()}), (), (), None),
        (replace(SEAT, named=OTHER), replace(MANAGER, stands_for={OTHER: frozenset()}), (Person(OTHER),), (),
         Denial.DELEGATOR_ASKED),
    ],
)  # fmt: skip
def test_who_may_end_a_step(
    seat: Seat,
    taker: Taker,
    asked: tuple[Person, ...],
    line: tuple[UUID, ...],
    denial: Denial | None,
) -> None:
    assert may_end(seat, taker, requesters=asked, sales_line=line).denial is denial


def test_his_own_seat_comes_before_a_delegated_one() -> None:
    taker = replace(MANAGER, stands_for={OTHER: frozenset({"cm"})})
    assert may_end(SEAT, taker, requesters=(), sales_line=()).on_behalf_of is None


def test_a_ceiling_counts_by_kind_then_in_general() -> None:
    ceilings = [Ceiling("", eur(50_000)), Ceiling("temporary", eur(10_000))]
    assert ceiling_for(ceilings, "temporary") == eur(10_000)
    assert ceiling_for(ceilings, "opening") == eur(50_000)
    assert ceiling_for([], "opening") is None


def test_a_ceiling_in_another_currency_needs_a_rate() -> None:
    rates = {"EUR": Decimal(1), "USD": Decimal("0.9")}
    assert is_within(Money(Decimal(100), "USD"), eur(90), rates)
    assert not is_within(Money(Decimal(101), "USD"), eur(90), rates)
    assert not is_within(Money(Decimal(1), "GBP"), eur(90), rates)


def step(position: int, number: int, kind: str, **changes: object) -> StepRule:
    return replace(StepRule(position, number, kind, role="cm"), **changes)  # type: ignore[arg-type]


SCOPE = CircuitScope(KINDS)
DECISION = step(9, 3, "decision")


@pytest.mark.parametrize(
    ("steps", "flaws"),
    [
        ([], [Flaw.EMPTY]),
        ([DECISION], []),
        ([step(1, 1, "analysis")], [Flaw.NO_DECISION]),
        ([step(1, 1, "decision", above=Decimal(10))], [Flaw.NO_DECISION]),
        ([step(1, 1, "decision", up_to=Decimal(10)), step(2, 1, "committee", above=Decimal(10))], []),
        ([step(1, 1, "decision", grades=frozenset("ABC"))], [Flaw.NO_DECISION]),
        ([step(1, 1, "decision", countries=frozenset({"FR"}))], [Flaw.NO_DECISION]),
        ([step(1, 1, "decision", kinds=frozenset({"opening"}))], [Flaw.NO_DECISION]),
        ([DECISION, step(1, 4, "analysis")], [Flaw.NO_END]),
        ([DECISION, step(1, 1, "export", role="")], [Flaw.EXPORT_TOO_EARLY]),
        ([DECISION, step(1, 4, "export", role="")], []),
        ([DECISION, step(1, 1, "analysis", role="")], [Flaw.NOBODY]),
        ([DECISION, step(1, 1, "analysis", person="a", substitute="a")], [Flaw.LOOP]),
        ([DECISION, step(1, 1, "analysis", person="a", escalates_to="b"),
          step(2, 2, "analysis", person="b", escalates_to="a")], [Flaw.LOOP]),
        ([DECISION, step(1, 1, "analysis", person="a", escalates_to="b")], []),
        ([DECISION, step(1, 1, "analysis", above=Decimal(9), up_to=Decimal(9))], [Flaw.UNREACHABLE]),
        ([DECISION, step(1, 1, "analysis", grades=frozenset("Z"))], [Flaw.UNREACHABLE]),
    ],
)  # fmt: skip
def test_what_keeps_a_circuit_from_being_published(
    steps: list[StepRule], flaws: list[Flaw]
) -> None:
    assert [fault.flaw for fault in faults(steps, SCOPE)] == flaws


def test_a_step_for_requests_the_circuit_is_not_for_is_never_reached() -> None:
    scope = replace(SCOPE, kinds=frozenset({"opening"}), countries=frozenset({"FR"}))
    steps = [DECISION, step(1, 1, "analysis", kinds=frozenset({"limit"}))]
    assert [fault.flaw for fault in faults(steps, scope)] == [Flaw.UNREACHABLE]


def test_the_case_nobody_decides_is_named() -> None:
    (fault,) = faults([step(1, 1, "decision", up_to=Decimal(1_000))], SCOPE)
    assert fault.example is not None
    assert fault.example.amount == Decimal("1000.01")


@pytest.mark.parametrize("ready", READY_CIRCUITS, ids=lambda ready: ready.code)
def test_the_shipped_circuits_can_be_published(ready: object) -> None:
    circuit = next(one for one in READY_CIRCUITS if one is ready)
    assert faults(circuit.steps, replace(SCOPE, kinds=frozenset(circuit.kinds))) == []


def test_steps_are_taken_by_amount_grade_country_and_entity() -> None:
    steps = [
        step(4, 2, "committee", above=Decimal(100)),
        step(1, 1, "analysis", grades=frozenset("CDE")),
        step(2, 1, "analysis", countries=frozenset({"IT"})),
        step(3, 2, "decision"),
    ]
    facts = Facts("opening", Decimal(100), "EUR", grade="A", country="FR")
    assert [one.position for one in steps_for(steps, facts)] == [3]
    risky = replace(facts, amount=Decimal(101), grade="D", country="IT")
    assert [one.position for one in steps_for(steps, risky)] == [1, 2, 3, 4]


def test_an_amount_without_a_rate_takes_the_higher_way() -> None:
    steps = [step(1, 1, "committee", above=Decimal(100))]
    assert steps_for(steps, Facts("opening", Decimal(1), "USD"))
    rates = {"EUR": Decimal(1), "USD": Decimal("0.9")}
    assert not steps_for(steps, Facts("opening", Decimal(1), "USD", rates=rates))
