"""A grade that falls overnight chases by another scenario the same night (R27)."""

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from credit.models import CreditLimit, ScorecardVersion
from credit.rules.ready_scorecard import READY_CARD
from credit.rules.scorecard import as_stored
from dunning.models import AssignmentRule, Promise, Reminder, Run, Scenario, ScenarioAssignment
from dunning.queries.chase_facts import ChaseFacts
from dunning.services import worker
from dunning.services.scenarios import ensure_ready_scenarios
from dunning.services.sending import Sender
from ledger.models import Customer
from tests.cast import House
from tests.dunning.conftest import NOW, TODAY, Chase

pytestmark = pytest.mark.django_db


def sender_at(days: int) -> Sender:
    return cast("Sender", SimpleNamespace(clock=lambda: NOW + timedelta(days=days)))


def publish(chase: Chase) -> None:
    author, publisher = chase.person("credit_analyst"), chase.person("credit_manager")
    with chase.house.scope():
        ScorecardVersion.objects.create(
            number=1, is_draft=False, content=as_stored(READY_CARD), authors=[str(author.membership_id)],
            written_by_id=author.membership_id, published_by_id=publisher.membership_id, published_at=NOW,
            published_date=TODAY,
        )  # fmt: skip


def scenario_of(customer: Customer) -> str:
    """Return the scenario a customer follows; empty for the default one, which needs no row."""
    found = ScenarioAssignment.objects.filter(customer=customer).first()
    return found.scenario.code if found else ""


def test_a_grade_that_falls_changes_the_scenario_of_the_same_nights_plan(
    chase: Chase, house: House
) -> None:
    publish(chase)
    customer = chase.customer("C1")
    chase.line(customer, -3, "4000")
    with house.scope():
        ensure_ready_scenarios()
        firm = Scenario.objects.filter(is_default=False).earliest("code")
        AssignmentRule.objects.create(
            position=1, name="Weak", scenario=firm, conditions={"risk_classes": ["D"]}
        )
    assert worker.plan_if_missing(house.tenant_id, sender=sender_at(0))
    with house.scope():
        customer.refresh_from_db()
        assert customer.risk_class == "C"
        assert scenario_of(customer) != firm.code
    # Four weeks on it is overdue, and the promise about it is broken.
    with house.scope():
        Promise.objects.create(
            customer=customer, entity_id=house.entity_id, currency="EUR", amount=Decimal(4000), made_date=TODAY,
            promised_date=TODAY, deadline=TODAY + timedelta(days=2), source="call",
        )  # fmt: skip
        facts: dict[str, Any] = {"since": TODAY, "today": TODAY + timedelta(days=2)}
        assert ChaseFacts().broken_promises(None, **facts) == {}
        facts["today"] += timedelta(days=1)
        assert ChaseFacts().broken_promises([customer.pk], **facts)[customer.pk].count == 1
    assert worker.plan_if_missing(house.tenant_id, sender=sender_at(28))
    with house.scope():
        customer.refresh_from_db()
        assert customer.risk_class == "D"
        assert scenario_of(customer) == firm.code
        planned = Reminder.objects.filter(customer=customer, state="planned")
        assert {one.scenario_version.scenario.code for one in planned} <= {firm.code}


def test_a_limit_cut_changes_the_scenario_of_the_same_nights_plan(
    chase: Chase, house: House
) -> None:
    publish(chase)
    customer = chase.customer("C1")
    chase.line(customer, 5, "4000")
    with house.scope():
        ensure_ready_scenarios()
        firm = Scenario.objects.filter(is_default=False).earliest("code")
        AssignmentRule.objects.create(
            position=1, name="Used", scenario=firm, conditions={"limit_used_from": "1"}
        )
        CreditLimit.objects.create(customer=customer, amount=9000, currency="EUR", valid_from=TODAY)
    worker.plan_if_missing(house.tenant_id, sender=sender_at(0))
    with house.scope():
        assert scenario_of(customer) != firm.code
        CreditLimit.objects.create(
            customer=customer, amount=3000, currency="EUR", valid_from=TODAY + timedelta(days=1)
        )
    worker.plan_if_missing(house.tenant_id, sender=sender_at(1))
    with house.scope():
        assert scenario_of(customer) == firm.code


def test_a_fault_of_the_score_keeps_nobody_from_being_chased(
    chase: Chase, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_facts: object) -> None:
        raise RuntimeError("no score today")

    monkeypatch.setattr(worker, "rescore_if_missing", broken)
    assert worker.plan_if_missing(house.tenant_id, sender=sender_at(0))
    with house.scope():
        assert Run.objects.count() == 1
