"""One due line that follows another scenario than its customer: by a person's word, for a time."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent
from dunning.models import (
    LineOverride,
    Reminder,
    ReminderLine,
    Scenario,
    ScenarioOverride,
)
from dunning.queries.why import why_lines
from dunning.rules.grouping import remembered
from dunning.rules.outbox import CancelReason, State
from dunning.services.assignments import OverrideNotPossible
from dunning.services.barriers import walk_to_sent
from dunning.services.line_overrides import (
    LineNotChased,
    end_line_override,
    override_line_scenario,
)
from dunning.services.scenario_shelf import (
    ArchiveNotPossible,
    NameNotPossible,
    archive_scenario,
    rename_scenario,
)
from dunning.services.scenarios import ensure_ready_scenarios
from kernel.permissions import system_actor
from ledger.models import Customer, DueLine, TimelineEntry
from tests.dunning.conftest import NOW, TODAY, Chase
from tests.dunning.posting import let_go, send

TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def known(chase: Chase) -> Customer:
    """Return a customer who has heard of us before, long ago."""
    customer = chase.customer()
    old = chase.line(customer, 40)
    chase.plan(TODAY - timedelta(days=35), now=NOW - timedelta(days=35))
    with chase.house.scope():
        for reminder in Reminder.objects.filter(channel="email"):
            walk_to_sent(reminder, now=NOW - timedelta(days=35))
    chase.pay(old)
    return customer


def follow(chase: Chase, line: DueLine, code: str, *, days: int = 30) -> LineOverride:
    with chase.house.scope():
        ensure_ready_scenarios()
        return override_line_scenario(
            line=line,
            scenario=Scenario.objects.get(code=code),
            reason="A deposit: no patience",
            until=TODAY + timedelta(days=days),
            actor=system_actor(chase.house.tenant_id),
            today=TODAY,
            now=NOW,
        )


def steps(chase: Chase, **criteria: object) -> list[tuple[str, int, Decimal]]:
    with chase.house.scope():
        rows = Reminder.objects.exclude(state__in=[State.SENT, State.CANCELLED]).filter(**criteria)
        return [
            (row.scenario_version.scenario.code, row.step.offset_days, row.amount)
            for row in rows.select_related("scenario_version__scenario", "step").order_by("amount")
        ]


def test_a_deposit_is_asked_for_by_its_own_scenario_and_the_rest_waits(
    chase: Chase, known: Customer
) -> None:
    """The default begins three days after the due date; the risky one asks for a call by the fifth."""
    deposit = chase.line(known, 5, "700")
    chase.line(known, 2, "300")
    follow(chase, deposit, "risky")
    chase.plan()
    assert steps(chase) == [("risky", 5, Decimal(700))]
    with chase.house.scope():
        named = ReminderLine.objects.filter(reminder__state=State.PLANNED)
        assert list(named.values_list("due_line", flat=True)) == [deposit.pk]


def test_two_scenarios_never_speak_to_one_customer_on_one_day(
    chase: Chase, known: Customer
) -> None:
    """The higher step goes first, the other waits for the days between two contacts."""
    follow(chase, chase.line(known, 1, "700"), "risky")
    chase.line(known, 10, "300")
    result = chase.plan()
    assert steps(chase) == [("standard-b2b", 10, Decimal(300))]
    assert result.held_back == {"contact_gap": 1}
    assert result.coverage.uncovered == 0
    assert sum(result.coverage.lines_by_state.values()) == 2


def test_a_silent_item_is_told_of_nowhere_and_covered_all_the_same(
    chase: Chase, known: Customer
) -> None:
    follow(chase, chase.line(known, 10, "700"), "silent")
    chase.line(known, 12, "300")
    result = chase.plan()
    assert steps(chase) == [("standard-b2b", 10, Decimal(300))]
    assert result.coverage.lines_by_state == {"reminder": 1, "next_action": 1}


def test_a_credit_note_is_netted_wherever_it_may_belong(chase: Chase, known: Customer) -> None:
    follow(chase, chase.line(known, 5, "700"), "risky")
    chase.line(known, 1, "-200", kind="credit_note")
    chase.plan()
    assert steps(chase) == [("risky", 5, Decimal(500))]


def test_what_may_be_paid_already_keeps_every_scenario_waiting(
    chase: Chase, known: Customer
) -> None:
    follow(chase, chase.line(known, 5, "700"), "risky")
    chase.line(known, 12, "300")
    chase.line(known, 1, "-400", kind="payment")
    result = chase.plan()
    assert result.held_back == {"unapplied_cash": 2}


def test_a_line_told_of_already_never_gets_steps_of_days_gone_by(
    chase: Chase, known: Customer
) -> None:
    line = chase.line(known, 12, "700")
    chase.plan()
    with chase.house.scope():
        for reminder in Reminder.objects.filter(state=State.PLANNED):
            walk_to_sent(reminder, now=NOW)
    follow(chase, line, "risky")  # its call was due on D+5, its block on D+10
    later = TODAY + timedelta(days=2)
    chase.plan(later, now=NOW + timedelta(days=2))
    assert steps(chase) == []
    with chase.house.scope():
        row = LineOverride.objects.get()
        end_line_override(
            override=row, actor=system_actor(chase.house.tenant_id), today=later, now=NOW
        )
    chase.plan(later + timedelta(days=6), now=NOW + timedelta(days=8))
    assert [(code, offset) for code, offset, _ in steps(chase)] == [("standard-b2b", 20)]


@pytest.mark.parametrize("comes_back", [False, True])
def test_neither_the_move_nor_the_way_back_makes_up_for_past_days(
    chase: Chase, known: Customer, *, comes_back: bool
) -> None:
    """Told of on its third day, nothing was planned since: both scenarios have a step on the tenth, now past."""
    line = chase.line(known, 12, "700")
    before = timedelta(days=9)
    chase.plan(TODAY - before, now=NOW - before)
    with chase.house.scope():
        for reminder in Reminder.objects.filter(state=State.PLANNED):
            walk_to_sent(reminder, now=NOW - before)
    if comes_back:
        with chase.house.scope():
            LineOverride.objects.create(
                due_line=line,
                customer=known,
                scenario=Scenario.objects.get(code="silent"),
                reason="A deposit",
                from_date=TODAY - timedelta(days=8),
                until_date=TODAY - timedelta(days=1),
            )
    else:
        follow(chase, line, "risky")
    chase.plan()
    assert steps(chase) == []


@pytest.mark.parametrize(
    ("told", "moved_after", "expected"),
    [(None, 12, None), (-7, 12, -7), (3, 12, 11), (20, 12, 20), (3, None, 3), (3, -4, 3)],
)
def test_steps_before_the_day_of_the_move_are_past_for_who_was_told(
    told: int | None, moved_after: int | None, expected: int | None
) -> None:
    assert remembered(told, moved_after=moved_after) == expected


def test_the_choice_ends_by_itself_after_its_last_day(chase: Chase, known: Customer) -> None:
    follow(chase, chase.line(known, 10, "700"), "silent", days=0)
    chase.plan()
    assert steps(chase) == []
    chase.plan(TOMORROW, now=NOW + timedelta(days=1))
    assert steps(chase) == [("standard-b2b", 10, Decimal(700))]


def test_what_was_planned_before_gives_way_to_the_scenario_chosen(
    chase: Chase, known: Customer
) -> None:
    line = chase.line(known, 10, "700")
    chase.plan()
    assert steps(chase) == [("standard-b2b", 10, Decimal(700))]
    follow(chase, line, "silent")
    chase.plan()
    assert steps(chase) == []


def test_an_item_chosen_the_scenario_of_its_customer_goes_with_the_rest(
    chase: Chase, known: Customer
) -> None:
    follow(chase, chase.line(known, 10, "700"), "standard-b2b")
    chase.line(known, 11, "300")
    chase.plan()
    assert steps(chase) == [("standard-b2b", 10, Decimal(1000))]
    assert steps(chase, line_scenario=None) == steps(chase)


def test_how_often_a_customer_hears_is_said_by_his_own_scenario(
    chase: Chase, known: Customer
) -> None:
    """He follows one that waits 12 days between two contacts; the item's scenario would wait 5."""
    with chase.house.scope():
        ensure_ready_scenarios()
        patient = Scenario.objects.get(code="small-amounts")
        patient.versions.update(parameters={"contact_gap_days": 12})
        ScenarioOverride.objects.create(
            customer=known,
            scenario=patient,
            reason="Patience",
            from_date=TODAY - timedelta(days=90),
            until_date=TODAY,
        )
        Reminder.objects.update(contact_date=TODAY - timedelta(days=8))
    follow(chase, chase.line(known, 5, "700"), "risky")
    result = chase.plan()
    assert result.held_back == {"contact_gap": 1}


def test_the_plan_asks_no_statement_more_for_items_with_a_scenario(
    chase: Chase, known: Customer
) -> None:
    for days in (5, 6, 7, 8):
        chase.line(known, days, "100")
    chase.plan()
    with chase.house.scope(), CaptureQueriesContext(connection) as before:
        pass
    counts = []
    for number, line in enumerate([None, *_lines(chase)]):
        if line is not None:
            follow(chase, line, "risky" if number % 2 else "silent")
        with CaptureQueriesContext(connection) as after:
            chase.plan()
        counts.append(len(after) - len(before))
    assert (
        max(counts[1:]) - min(counts[1:]) <= 2
    )  # what is cancelled and added is one statement each
    assert counts[-1] <= counts[1] + 1


def _lines(chase: Chase) -> list[DueLine]:
    with chase.house.scope():
        return list(DueLine.objects.filter(is_open=True).select_related("document").order_by("pk"))


def test_why_an_item_follows_its_scenario_is_kept(chase: Chase, known: Customer) -> None:
    line = chase.line(known, 10, "700")
    follow(chase, line, "risky")
    with chase.house.scope():
        (why,) = why_lines(known.pk, today=TODAY)
        assert (why.override.reason, why.is_own, why.is_settled) == (
            "A deposit: no patience",
            False,
            False,
        )
        entry = TimelineEntry.objects.get(text_code="dunning.line_scenario_chosen")
        assert entry.facts["number"] == line.document.number
        event = AuditEvent.objects.get(action="dunning.override_line_scenario")
        assert event.details["scenario"] == "risky"
        assert "deposit" not in str(event.details)
        assert why_lines(known.pk, today=TODAY + timedelta(days=31)) == []


def test_a_second_choice_ends_the_first(chase: Chase, known: Customer) -> None:
    line = chase.line(known, 10, "700")
    follow(chase, line, "risky")
    follow(chase, line, "silent")
    with chase.house.scope():
        held = LineOverride.objects.in_force(TODAY)
        assert [each.scenario.code for each in held] == ["silent"]
        first = LineOverride.objects.exclude(ended_date=None).get()
        with pytest.raises(IntegrityError), transaction.atomic():
            LineOverride.objects.filter(pk=first.pk).update(ended_date=None)


@pytest.mark.parametrize(
    ("reason", "days", "refusal"),
    [
        ("paid", 3, LineNotChased),
        ("  ", 3, OverrideNotPossible),
        ("why", -1, OverrideNotPossible),
        ("why", 400, OverrideNotPossible),
    ],
)
def test_a_choice_without_reason_end_or_debt_is_refused(
    chase: Chase,
    known: Customer,
    reason: str,
    days: int,
    refusal: type[Exception],
) -> None:
    line = chase.line(known, 10, "700")
    if reason == "paid":
        chase.pay(line)

    with chase.house.scope():
        ensure_ready_scenarios()
        with pytest.raises(refusal):
            override_line_scenario(
                line=DueLine.objects.select_related("document").get(pk=line.pk),
                scenario=Scenario.objects.get(code="risky"),
                reason=reason,
                until=TODAY + timedelta(days=days),
                actor=system_actor(chase.house.tenant_id),
                today=TODAY,
                now=NOW,
            )
        assert not LineOverride.objects.exists()


def test_a_scenario_that_open_items_follow_is_not_archived(chase: Chase, known: Customer) -> None:
    line = chase.line(known, 10, "700")
    follow(chase, line, "risky")
    with chase.house.scope():
        risky, actor = Scenario.objects.get(code="risky"), system_actor(chase.house.tenant_id)
        with pytest.raises(ArchiveNotPossible, match=line.document.number):
            archive_scenario(scenario=risky, actor=actor, today=TODAY)
        Scenario.objects.filter(code="silent").update(is_archived=True)
        silent = Scenario.objects.get(code="silent")
        with pytest.raises(OverrideNotPossible):
            override_line_scenario(
                line=line,
                scenario=silent,
                reason="why",
                until=TODAY,
                actor=actor,
                today=TODAY,
                now=NOW,
            )
    chase.pay(line)
    with chase.house.scope():
        archive_scenario(scenario=risky, actor=actor, today=TODAY)


def test_a_scenario_gets_another_name_and_keeps_its_address(chase: Chase) -> None:
    with chase.house.scope():
        ensure_ready_scenarios()
        scenario, actor = Scenario.objects.get(code="risky"), system_actor(chase.house.tenant_id)
        former = scenario.name
        named = rename_scenario(scenario=scenario, name="  Fermes  rapides ", actor=actor, now=NOW)
        assert (named.name, named.code) == ("Fermes rapides", "risky")
        assert [each.name for each in named.former_names.all()] == [former]
        assert AuditEvent.objects.filter(action="dunning.rename_scenario").count() == 1
        rename_scenario(scenario=scenario, name="Fermes rapides", actor=actor, now=NOW)
        assert named.former_names.count() == 1


@pytest.mark.parametrize("name", [" ", "x" * 121, "SILENCIEUX", "silencieux "])
def test_a_name_that_is_empty_too_long_or_anothers_is_refused(chase: Chase, name: str) -> None:
    with chase.house.scope():
        ensure_ready_scenarios()
        Scenario.objects.filter(code="silent").update(name="Silencieux")
        with pytest.raises(NameNotPossible):
            rename_scenario(
                scenario=Scenario.objects.get(code="risky"),
                name=name,
                actor=system_actor(chase.house.tenant_id),
                now=NOW,
            )


def test_a_message_on_its_way_gives_up_when_its_lines_moved(chase: Chase, known: Customer) -> None:
    """It was let go; before the hour of sending somebody chose silence for the only item it names."""
    line = chase.line(known, 10, "700")
    chase.plan()
    let_go(chase)
    follow(chase, line, "silent")
    assert not send(chase)
    with chase.house.scope():
        gone = Reminder.objects.get(
            scenario_version__scenario__code="standard-b2b", step__offset_days=10
        )
        assert (gone.state, gone.cancel_reason) == (State.CANCELLED, CancelReason.SUPERSEDED)


def test_a_message_on_its_way_that_lost_an_item_asks_again(chase: Chase, known: Customer) -> None:
    line = chase.line(known, 10, "700")
    chase.line(known, 12, "300")
    chase.plan()
    with chase.house.scope():
        Reminder.objects.filter(state=State.PLANNED).update(mode="confirm")
    let_go(chase)
    follow(chase, line, "silent")
    assert not send(chase)
    assert steps(chase) == [("standard-b2b", 10, Decimal(300))]
    with chase.house.scope():
        assert Reminder.objects.get(amount=300).state == State.PLANNED
