"""What is decided about a group: the rules of DOMAIN 5.2 as tables of cases, and the invariants of 5.5."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunning.rules.content import LineKind
from dunning.rules.coverage import line_coverage, tally
from dunning.rules.decision import (
    Circumstances,
    ConfirmReason,
    CustomerFacts,
    HoldReason,
    Verdict,
    VerdictKind,
    announcement_of,
    decide,
    next_free_date,
)
from dunning.rules.grouping import Exclusion, GroupFacts, OpenLine, group_facts, line_standing
from dunning.rules.policy import DEFAULT_POLICY, Policy
from dunning.rules.ready_scenarios import STANDARD_B2B
from dunning.rules.steps import Channel, Mode
from dunning.rules.translations import EVERY_REGISTER

TODAY = date(2026, 10, 31)
ONE = Decimal(1)


def line(
    days_late: int,
    amount: str = "1000",
    *,
    disputed: str = "0",
    excluded: Exclusion | None = None,
    last: int | None = None,
    kind: LineKind = LineKind.INVOICE,
    is_estimated: bool = False,
    number: int = 0,
) -> OpenLine:
    return OpenLine(
        id=UUID(int=number),
        document_number=f"F-{number}",
        kind=kind,
        due_date=TODAY - timedelta(days=days_late),
        open_amount=Decimal(amount),
        disputed_amount=Decimal(disputed),
        excluded=excluded,
        last_offset_days=last,
        is_estimated=is_estimated,
    )


def credit_note(amount: str) -> OpenLine:
    return line(1, amount, kind=LineKind.CREDIT_NOTE)


def payment(amount: str) -> OpenLine:
    return line(1, amount, kind=LineKind.PAYMENT)


def facts(lines: Sequence[OpenLine], today: date = TODAY) -> GroupFacts:
    return group_facts(
        lines,
        today=today,
        euro_rate=ONE,
        policy=DEFAULT_POLICY,
        announcement=announcement_of(STANDARD_B2B),
    )


def verdict(
    *lines: OpenLine,
    customer: CustomerFacts | None = None,
    today: date = TODAY,
    is_stale: bool = False,
    new_until: date | None = None,
    policy: Policy = DEFAULT_POLICY,
) -> Verdict:
    return decide(
        facts(lines, today),
        customer=customer or CustomerFacts(is_reachable=True),
        scenario=STANDARD_B2B,
        euro_rate=ONE,
        policy=policy,
        circumstances=Circumstances(
            today, confirm_everything_until=new_until, is_ledger_stale=is_stale
        ),
    )


def offset(of: Verdict) -> int | None:
    return of.due.step.offset_days if of.due else None


# --- the group's level ----------------------------------------------------------------------------------------------


def test_nobody_is_called_three_times_in_seven_days() -> None:
    """With a gap of a day the calls alone would come daily; a message is not kept waiting by them."""
    hasty = replace(DEFAULT_POLICY, contact_gap_days=1)
    calls = [TODAY - timedelta(days=5), TODAY - timedelta(days=2)]
    free = {
        channel: next_free_date(calls, today=TODAY, policy=hasty, calls=given)
        for channel, given in ((Channel.CALL, calls), (Channel.EMAIL, None))
    }
    assert free == {Channel.CALL: TODAY + timedelta(days=2), Channel.EMAIL: TODAY}
    called = CustomerFacts(is_reachable=True, contact_dates=calls, call_dates=calls)
    answer = verdict(line(20, last=10), customer=called, policy=hasty)
    assert (answer.reason, answer.next_date) == (
        HoldReason.FREQUENCY_CAP,
        TODAY + timedelta(days=2),
    )
    assert verdict(line(12), customer=called, policy=hasty).kind is VerdictKind.REMIND


def test_the_oldest_undisputed_line_sets_the_level() -> None:
    assert offset(verdict(line(12), line(4), line(1))) == 10


def test_a_disputed_oldest_line_does_not_set_the_level() -> None:
    assert offset(verdict(line(35, disputed="1000"), line(4))) == 3


def test_the_younger_lines_are_claimed_with_it() -> None:
    assert verdict(line(12, "1000"), line(4, "200"), line(-3, "400")).amount == Decimal(1200)


def test_a_line_under_fifty_never_raises_the_level() -> None:
    assert offset(verdict(line(35, "49.99"), line(4))) == 3
    assert offset(verdict(line(35, "50"), line(4))) == 30


def test_small_lines_alone_get_the_first_level_and_no_more() -> None:
    assert offset(verdict(line(35, "30"))) == 3
    assert verdict(line(35, "30", last=3)).reason is HoldReason.SCENARIO_ENDED


def test_a_younger_line_is_not_hidden_by_one_already_chased() -> None:
    """OCA 460: a reminder for one invoice must not hide the others."""
    answer = verdict(line(14, last=10), line(4))
    assert offset(answer) == 10
    assert answer.amount == Decimal(2000)


def test_a_younger_line_named_once_waits_for_the_next_step() -> None:
    answer = verdict(line(14, last=10), line(9, last=3))
    assert answer.kind is VerdictKind.WAIT
    assert answer.next_date == TODAY + timedelta(days=6)


def test_a_line_within_the_days_of_grace_calls_for_nothing() -> None:
    answer = verdict(line(2))
    assert (answer.kind, answer.next_date) == (VerdictKind.WAIT, TODAY + timedelta(days=1))


def test_a_line_due_today_is_not_late() -> None:
    assert verdict(line(0)).kind is VerdictKind.NOTHING


def test_part_payment_keeps_the_level() -> None:
    assert verdict(line(15, "400", last=10)).kind is VerdictKind.WAIT


# --- amounts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([line(12, "1000", disputed="380")], "620"),
        ([line(12, "1000"), credit_note("-200")], "800"),
        ([line(12, "1000"), payment("-499")], "501"),
        ([line(12, "1000"), line(20, "4.99")], "1000"),
    ],
)
def test_what_is_asked_for(lines: list[OpenLine], expected: str) -> None:
    assert verdict(*lines).amount == Decimal(expected)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([line(12, "100"), credit_note("-100")], HoldReason.CREDITS_COVER),
        ([line(12, "100"), credit_note("-150")], HoldReason.CREDITS_COVER),
        ([line(12, "19.99")], HoldReason.BELOW_MINIMUM),
        ([line(12, "100"), credit_note("-85")], HoldReason.BELOW_MINIMUM),
        ([line(12, "1000"), payment("-500")], HoldReason.UNAPPLIED_CASH),
        ([line(12, "1000"), payment("-5000")], HoldReason.UNAPPLIED_CASH),
        ([line(12, "30"), payment("-14")], HoldReason.BELOW_MINIMUM),
    ],
)
def test_what_is_held_back_by_its_amounts(lines: list[OpenLine], reason: HoldReason) -> None:
    assert verdict(*lines).reason is reason


def test_minimums_are_worth_euros_in_any_currency() -> None:
    yen = decide(
        group_facts(
            [line(12, "3000")],
            today=TODAY,
            euro_rate=Decimal("0.006"),
            policy=DEFAULT_POLICY,
            announcement=None,
        ),
        customer=CustomerFacts(is_reachable=True),
        scenario=STANDARD_B2B,
        euro_rate=Decimal("0.006"),
        policy=DEFAULT_POLICY,
        circumstances=Circumstances(TODAY),
    )
    assert yen.reason is HoldReason.BELOW_MINIMUM


# --- before the due date --------------------------------------------------------------------------------------------


def test_a_large_invoice_is_announced_a_week_before() -> None:
    answer = verdict(line(-7, "5000"), line(-7, "4999"), line(-8, "9000"))
    assert (offset(answer), answer.amount) == (-7, Decimal(5000))


def test_nothing_is_announced_while_something_is_late() -> None:
    assert offset(verdict(line(-7, "5000"), line(4))) == 3


def test_an_announced_invoice_is_asked_for_when_late() -> None:
    assert offset(verdict(line(3, "5000", last=-7))) == 3
    assert verdict(line(-6, "5000", last=-7)).kind is VerdictKind.NOTHING


# --- contact --------------------------------------------------------------------------------------------------------


def test_no_contact_is_a_reason_and_not_a_silence() -> None:
    assert (
        verdict(line(12), customer=CustomerFacts(is_reachable=False)).reason
        is HoldReason.NO_CONTACT
    )


@pytest.mark.parametrize(
    ("days_ago", "is_free"), [(0, False), (1, False), (4, False), (5, True), (-2, False)]
)
def test_five_days_lie_between_two_contacts(days_ago: int, is_free: bool) -> None:
    known = CustomerFacts(is_reachable=True, contact_dates=[TODAY - timedelta(days=days_ago)])
    answer = verdict(line(12), customer=known)
    assert (answer.kind is VerdictKind.REMIND) is is_free
    if not is_free:
        assert answer.reason is HoldReason.CONTACT_GAP
        assert answer.next_date == TODAY + timedelta(days=5 - days_ago)


def test_four_contacts_in_thirty_days_are_enough() -> None:
    dates = [TODAY - timedelta(days=n) for n in (6, 12, 18, 29)]
    answer = verdict(line(12), customer=CustomerFacts(is_reachable=True, contact_dates=dates))
    assert (answer.reason, answer.next_date) == (
        HoldReason.FREQUENCY_CAP,
        TODAY + timedelta(days=1),
    )


def test_a_decision_in_the_house_is_no_contact() -> None:
    answer = verdict(
        line(70, last=45), customer=CustomerFacts(is_reachable=False, contact_dates=[TODAY])
    )
    assert answer.due is not None
    assert answer.due.step.channel is Channel.DECISION


# --- who lets it go -------------------------------------------------------------------------------------------------


def test_a_known_customer_gets_the_second_level_by_itself() -> None:
    answer = verdict(line(12))
    assert (answer.mode, answer.confirm_reasons) == (Mode.AUTO, ())


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (verdict(line(12), new_until=TODAY + timedelta(days=1)), ConfirmReason.NEW_TENANT),
        (verdict(line(31)), ConfirmReason.LEVEL),
        (verdict(line(46)), ConfirmReason.FORMAL_NOTICE),
        (verdict(line(12, "50000.01")), ConfirmReason.LARGE_AMOUNT),
        (verdict(line(12), is_stale=True), ConfirmReason.STALE_LEDGER),
        (verdict(line(12, is_estimated=True)), ConfirmReason.ESTIMATED_DUE_DATE),
        (
            verdict(line(12), customer=CustomerFacts(is_reachable=True, is_first_contact=True)),
            ConfirmReason.FIRST_CONTACT,
        ),
        (
            verdict(line(12), customer=CustomerFacts(is_reachable=True, is_protected=True)),
            ConfirmReason.PROTECTED_CUSTOMER,
        ),
        (
            verdict(
                line(12), customer=CustomerFacts(is_reachable=True, untranslated=EVERY_REGISTER)
            ),
            ConfirmReason.NO_TRANSLATION,
        ),
    ],
)
def test_a_person_confirms(answer: Verdict, reason: ConfirmReason) -> None:
    assert answer.mode is Mode.CONFIRM
    assert reason in answer.confirm_reasons


def test_a_call_is_a_persons_from_the_start() -> None:
    assert verdict(line(21)).mode is Mode.MANUAL


def test_the_last_day_of_the_first_thirty_still_confirms() -> None:
    assert verdict(line(12), new_until=TODAY).mode is Mode.AUTO


# --- invariants -----------------------------------------------------------------------------------------------------

amounts = st.decimals(min_value=Decimal(-9000), max_value=Decimal(60000), places=2)
offsets = st.one_of(st.none(), st.sampled_from([-7, 0, 3, 10, 20, 30, 45, 60]))


@st.composite
def open_lines(draw: st.DrawFn) -> OpenLine:
    amount = draw(amounts.filter(bool))
    kind = LineKind.INVOICE
    if amount < 0:
        kind = draw(st.sampled_from([LineKind.CREDIT_NOTE, LineKind.PAYMENT]))
    return OpenLine(
        id=UUID(int=draw(st.integers(min_value=0, max_value=2**64))),
        document_number="F",
        kind=kind,
        due_date=TODAY - timedelta(days=draw(st.integers(min_value=-30, max_value=120))),
        open_amount=amount,
        disputed_amount=draw(st.decimals(min_value=0, max_value=70000, places=2)),
        excluded=draw(st.one_of(st.none(), st.none(), st.sampled_from(list(Exclusion)))),
        last_offset_days=draw(offsets),
    )


groups = st.lists(open_lines(), max_size=8)
customers = st.builds(
    CustomerFacts,
    is_reachable=st.booleans(),
    contact_dates=st.lists(
        st.dates(TODAY - timedelta(days=40), TODAY + timedelta(days=5)), max_size=6
    ),
)


@given(groups, customers)
def test_every_overdue_line_is_in_one_state_and_the_sums_agree(
    lines: list[OpenLine], customer: CustomerFacts
) -> None:
    """Invariants 2 and 13: one coverage state each; chased plus left out by reason is what is overdue."""
    answer = verdict(*lines, customer=customer)
    overdue = [each for each in lines if each.kind is LineKind.INVOICE and each.due_date < TODAY]
    coverages = [
        line_coverage(line_standing(each, euro_rate=ONE, policy=DEFAULT_POLICY), answer)
        for each in overdue
    ]
    assert all(each.state for each in coverages)
    sums = tally(coverages)
    assert sums.overdue == sum((each.open_amount for each in overdue), Decimal(0))
    assert sums.chased + sum(sums.left_out.values(), Decimal(0)) == sums.overdue


@given(groups)
def test_no_disputed_euro_is_claimed(lines: list[OpenLine]) -> None:
    for each in lines:
        standing = line_standing(each, euro_rate=ONE, policy=DEFAULT_POLICY)
        assert standing.claimed <= max(each.open_amount - each.disputed_amount, Decimal(0))
        if each.excluded:
            assert standing.claimed == 0


@given(groups, customers)
def test_a_step_taken_leaves_nothing_to_take_the_same_day(
    lines: list[OpenLine], customer: CustomerFacts
) -> None:
    """Invariant 1: once the lines remember the step, the same day asks for no further contact."""
    answer = verdict(*lines, customer=customer)
    if answer.due is None or not answer.due.step.channel.is_contact:
        return
    after = CustomerFacts(
        is_reachable=customer.is_reachable, contact_dates=[*customer.contact_dates, TODAY]
    )
    again = verdict(*lines, customer=after)
    assert again.kind is not VerdictKind.REMIND or not again.due.step.channel.is_contact  # type: ignore[union-attr]


@given(groups, customers)
def test_a_decision_does_not_depend_on_the_order_of_lines(
    lines: list[OpenLine], customer: CustomerFacts
) -> None:
    assert verdict(*lines, customer=customer) == verdict(*reversed(lines), customer=customer)


@given(st.integers(min_value=-10, max_value=120), offsets)
def test_taking_the_step_that_was_due_makes_nothing_new(days_late: int, last: int | None) -> None:
    """Invariant 7: memory only climbs, whatever was paid, credited or reopened in between."""
    answer = verdict(line(days_late, "6000", last=last))
    if answer.due is None:
        return
    taken = answer.due.step.offset_days
    assert last is None or taken > last
    assert verdict(line(days_late, "6000", last=taken)).due is None


@given(st.lists(st.integers(min_value=-5, max_value=40), max_size=8))
def test_the_day_found_keeps_the_gap(days_ago: list[int]) -> None:
    contacts = [TODAY - timedelta(days=n) for n in days_ago]
    free = next_free_date(contacts, today=TODAY, policy=DEFAULT_POLICY)
    assert free >= TODAY
    assert all(abs((free - day).days) >= DEFAULT_POLICY.contact_gap_days for day in contacts)
