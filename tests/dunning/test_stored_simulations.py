"""Simulations a worker computes: the same as at once, in turns, once at a time, told from the ledger of its start."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from accounts.models import AuditEvent, Tenant
from accounts.services import audit
from dunning import turns
from dunning.models import (
    Scenario,
    ScenarioVersion,
    SimulatedCustomer,
    SimulationState,
    StoredSimulation,
)
from dunning.queries import foresight
from dunning.queries.findings_kept import kept_customer
from dunning.queries.foresight import Circle
from dunning.queries.simulation import SimulationRefused, Span, simulate_version
from dunning.queries.stored_simulations import (
    KeptFindings,
    Question,
    VersionMove,
    ledger_moves,
    version_moves,
)
from dunning.rules.findings import findings, sides_of
from dunning.services import drafts, scenario_shelf
from dunning.services import stored_simulations as service
from dunning.services.scenarios import ensure_ready_scenarios
from dunning.services.stored_simulations import SimulationNotAsked
from kernel.permissions import system_actor
from kernel.tenancy import tenant_scope
from ledger.models import Customer
from tests.cast import House
from tests.dunning.conftest import Chase

TODAY = date(2026, 11, 2)
NOW = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)
MONTH = Span(date(2026, 10, 1), date(2026, 10, 31), TODAY)
CUSTOMERS = 7


@pytest.fixture
def ledger(chase: Chase, monkeypatch: pytest.MonkeyPatch) -> Chase:
    """Return a house of seven customers who owe, whose simulations take two customers a turn."""
    monkeypatch.setattr(service, "WALKED_A_TURN", 2 * 2 * (31 + foresight.ROUND_DAYS))
    chase.settle_in()
    with chase.house.scope():
        Tenant.objects.update(language="en")
        ensure_ready_scenarios()
    for place in range(CUSTOMERS):
        customer = chase.customer(f"C{place:03d}")
        for late in (5, 24, 25 + place):
            chase.line(customer, late, "1234.50", today=TODAY)
    return chase


def versions() -> list[ScenarioVersion]:
    chosen = ScenarioVersion.objects.select_related("scenario").prefetch_related("steps")
    return [chosen.get(scenario__code=code, is_draft=False) for code in ("risky", "standard-b2b")]


def ask(
    chase: Chase,
    span: Span = MONTH,
    *,
    circle: Circle | None = None,
    over: list[ScenarioVersion] | None = None,
) -> StoredSimulation:
    """Ask for the risky scenario beside the standard one, over everybody, and return the row."""
    actor = chase.person("credit_analyst")
    with chase.house.scope():
        question = Question(over or versions(), circle or Circle(None), span)
        standard = Scenario.objects.get(code="standard-b2b")
        return service.ask_simulation(scenario=standard, question=question, actor=actor, now=NOW)


def turn(chase: Chase) -> bool:
    return service.take_turn(chase.house.tenant_id, clock=lambda: NOW)


def through(chase: Chase) -> int:
    """Take turns until nothing is left and return how many were taken."""
    taken = 0
    while turn(chase):
        taken += 1
    return taken


def again(chase: Chase, stored: StoredSimulation) -> StoredSimulation:
    with chase.house.scope():
        return StoredSimulation.objects.select_related("over").get(pk=stored.pk)


def test_what_is_computed_in_turns_equals_what_is_computed_at_once(ledger: Chase) -> None:
    stored = ask(ledger)
    assert through(ledger) == 4
    manager = ledger.person("credit_manager")
    with ledger.house.scope():
        kept = KeptFindings(StoredSimulation.objects.get(pk=stored.pk), manager)
        everybody = list(Customer.objects.values_list("pk", flat=True))
        simulations = [simulate_version(one, MONTH, customers=everybody) for one in versions()]
        found = findings(simulations)
        assert [each.steps for each in simulations] != [[], []]
        assert kept.sides == sides_of(simulations, found)
        by_id = {each.customer_id: each for _code, _name, each in kept.everybody()}
        assert by_id == {each.customer_id: each for each in found}
        assert kept.changed_count == len([each for each in found if each.changes])
        assert [each[2].changed_from for each in kept.changed(3)] == sorted(
            each.changed_from for each in found if each.changed_from
        )[:3]


def test_a_turn_walks_over_few_customers_and_gives_its_place_back(ledger: Chase) -> None:
    stored = ask(ledger)
    assert turn(ledger)
    half = again(ledger, stored)
    assert (half.state, half.walked, half.customers) == ("running", 2, CUSTOMERS)
    through(ledger)
    assert again(ledger, stored).state == SimulationState.DONE


def test_a_killed_worker_loses_its_turn_and_no_more(
    ledger: Chase, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = ask(ledger)
    turn(ledger)

    def killed(_found: object) -> dict[str, object]:
        raise KeyboardInterrupt

    monkeypatch.setattr(service, "kept_customer", killed)
    with pytest.raises(KeyboardInterrupt):
        turn(ledger)
    monkeypatch.setattr(service, "kept_customer", kept_customer)
    assert again(ledger, stored).walked == 2
    through(ledger)
    done = again(ledger, stored)
    assert (done.state, done.walked, done.tries) == ("done", CUSTOMERS, 0)
    with ledger.house.scope():
        assert SimulatedCustomer.objects.filter(simulation=stored).count() == CUSTOMERS


def test_a_walk_that_always_breaks_off_ends_in_words(
    ledger: Chase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_found: object) -> dict[str, object]:
        raise ValueError

    stored = ask(ledger)
    monkeypatch.setattr(service, "kept_customer", broken)
    assert through(ledger) == service.MOST_TRIES + 1
    failed = again(ledger, stored)
    assert failed.state == SimulationState.FAILED
    assert "broke off 5 times" in failed.problem
    assert not turn(ledger)


def test_an_hour_of_work_is_enough(ledger: Chase) -> None:
    stored = ask(ledger)
    turn(ledger)
    with ledger.house.scope():
        StoredSimulation.objects.update(seconds=service.MOST_SECONDS)
    through(ledger)
    failed = again(ledger, stored)
    assert failed.state == SimulationState.FAILED
    assert "more than an hour" in failed.problem
    with ledger.house.scope():
        assert not SimulatedCustomer.objects.exists()


def test_the_same_question_is_computed_once(ledger: Chase) -> None:
    first, second = ask(ledger), ask(ledger)
    assert first.pk == second.pk
    through(ledger)
    assert ask(ledger).pk != first.pk


def test_one_simulation_of_a_tenant_is_computed_after_the_other(ledger: Chase) -> None:
    first = ask(ledger)
    second = ask(ledger, circle=Circle(None, "/"), span=Span(TODAY, TODAY, TODAY))
    assert turn(ledger)
    assert again(ledger, first).walked == 2
    assert again(ledger, second).state == SimulationState.WAITING
    through(ledger)
    assert again(ledger, second).state == SimulationState.DONE


def test_each_tenant_has_a_turn_in_every_round(
    ledger: Chase, other_house: House, make_customer: Callable[..., Customer]
) -> None:
    other = Chase(other_house, make_customer)
    other.settle_in()
    with other_house.scope():
        ensure_ready_scenarios()
    other.line(other.customer("X001"), 24, today=TODAY)
    large, small = ask(ledger), ask(other)
    assert turns.simulate_in_turns(clock=lambda: NOW)
    assert again(ledger, large).state == SimulationState.RUNNING
    assert again(other, small).state == SimulationState.DONE


def test_only_one_worker_simulates_and_the_others_go_on(ledger: Chase) -> None:
    stored = ask(ledger)
    other = connection.copy()
    try:
        other.ensure_connection()
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended('dunning.large_simulation', 0))"
            )
        assert not turn(ledger)
        assert again(ledger, stored).state == SimulationState.WAITING
        other.rollback()
    finally:
        other.close()
    assert turn(ledger)


def test_a_stopped_simulation_keeps_nothing_and_is_not_taken_up(ledger: Chase) -> None:
    stored = ask(ledger)
    turn(ledger)
    actor = ledger.person("credit_analyst")
    with ledger.house.scope():
        service.stop_simulation(stored=stored, actor=actor, now=NOW)
        assert not SimulatedCustomer.objects.exists()
    assert not turn(ledger)
    assert again(ledger, stored).state == SimulationState.STOPPED


def test_a_scenario_archived_meanwhile_ends_it_in_words(ledger: Chase) -> None:
    stored = ask(ledger)
    actor = ledger.person("credit_manager")
    with ledger.house.scope():
        risky = Scenario.objects.get(code="risky")
        scenario_shelf.archive_scenario(scenario=risky, actor=actor, today=TODAY)
    through(ledger)
    failed = again(ledger, stored)
    assert failed.state == SimulationState.FAILED
    assert "was archived meanwhile" in failed.problem


def test_a_draft_discarded_meanwhile_ends_it_in_words(ledger: Chase) -> None:
    actor = ledger.person("credit_analyst")
    with ledger.house.scope():
        draft = drafts.open_draft(scenario=Scenario.objects.get(code="standard-b2b"), actor=actor)
    stored = ask(ledger, over=[draft])
    with ledger.house.scope():
        drafts.discard_draft(draft=draft, actor=actor, seen=drafts.stamp(draft))
    through(ledger)
    assert "discarded meanwhile" in again(ledger, stored).problem


def test_a_result_says_that_its_scenario_changed_since(ledger: Chase) -> None:
    actor = ledger.person("credit_manager")
    stored = ask(ledger)
    through(ledger)
    with ledger.house.scope():
        assert version_moves(again_here(stored)) == []
        ScenarioVersion.objects.get(scenario__code="risky", is_draft=False).save()
        moved = [(kept["scenario"], move) for kept, move in version_moves(again_here(stored))]
        assert moved == [("risky", VersionMove.CHANGED)]
        risky = Scenario.objects.get(code="risky")
        scenario_shelf.archive_scenario(scenario=risky, actor=actor, today=TODAY)
        moved = [(kept["scenario"], move) for kept, move in version_moves(again_here(stored))]
        assert moved == [("risky", VersionMove.ARCHIVED)]


def again_here(stored: StoredSimulation) -> StoredSimulation:
    return StoredSimulation.objects.get(pk=stored.pk)


@pytest.mark.parametrize(
    ("action", "moves"),
    [
        ("ledger.allocate", True),
        ("disputes.open_dispute", True),
        ("dunning.record_promise", True),
        ("ledger.export", False),
        ("accounts.sign_in", False),
    ],
)
def test_a_result_says_that_the_ledger_changed_since(
    ledger: Chase, action: str, moves: bool
) -> None:
    stored = ask(ledger)
    through(ledger)
    actor = system_actor(ledger.house.tenant_id)
    with ledger.house.scope():
        sequence = again_here(stored).ledger_sequence
        assert sequence is not None
        assert ledger_moves(sequence) is None
        audit.record(actor=actor, action=action)
        found = ledger_moves(sequence)
        assert (found is not None and found.last_action == action) is moves


def test_what_is_far_too_large_is_refused_with_figures(
    ledger: Chase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "WALKED_AT_MOST", 3 * 2 * (31 + foresight.ROUND_DAYS))
    with pytest.raises(SimulationNotAsked, match=r"7 customers .* at most 3"):
        ask(ledger)


def test_days_no_ledger_has_are_refused(ledger: Chase) -> None:
    with pytest.raises(SimulationRefused, match="no ledger is that old"):
        ask(ledger, span=Span(date(1900, 1, 1), date(1900, 1, 31), TODAY))


def test_a_crowd_of_simulations_waits_for_the_first(ledger: Chase) -> None:
    for days in range(service.UNDER_WAY_AT_MOST):
        ask(ledger, span=Span(TODAY, TODAY + timedelta(days=days), TODAY))
    with pytest.raises(SimulationNotAsked, match="5 simulations"):
        ask(ledger)


def test_a_period_without_a_ledger_finds_nothing_and_is_done(ledger: Chase) -> None:
    stored = ask(ledger, span=Span(date(2001, 1, 1), date(2001, 1, 31), TODAY))
    through(ledger)
    done = again(ledger, stored)
    assert (done.state, done.sides[0]["touched"]) == ("done", 0)


def test_nobody_to_walk_over_is_done_at_once(
    other_house: House, make_customer: Callable[..., Customer]
) -> None:
    chase = Chase(other_house, make_customer)
    with chase.house.scope():
        ensure_ready_scenarios()
    stored = ask(chase)
    assert through(chase) == 1
    assert again(chase, stored).state == SimulationState.DONE


def test_old_simulations_are_forgotten(ledger: Chase) -> None:
    ask(ledger)
    through(ledger)
    with tenant_scope(ledger.house.tenant_id):
        days = timedelta(days=service.KEPT_DAYS)
        assert service.forget_old_simulations(now=NOW + days) == 0
        assert service.forget_old_simulations(now=NOW + days + timedelta(seconds=1)) == 1
        assert not SimulatedCustomer.objects.exists()


def test_who_asked_and_what_is_in_the_trail(ledger: Chase) -> None:
    stored = ask(ledger)
    with ledger.house.scope():
        event = AuditEvent.objects.get(action="dunning.ask_simulation")
        assert (event.object_id, event.details["customers"]) == (str(stored.pk), CUSTOMERS)
