"""The stage of a receivable in the plan, at the hour of sending and in front of people (DOMAIN R22)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from disputes.models import Dispute
from dunning.models import Exclusion, Pause, Reminder, Scenario, ScenarioOverride, Stage
from dunning.queries.agenda import seen_of
from dunning.queries.stages import line_stages
from dunning.rules.outbox import State
from dunning.services.barriers import walk_to_sent
from dunning.services.confirming import confirm_as_seen, confirm_whole
from dunning.services.scenarios import ensure_ready_scenarios
from dunning.services.stages import PreLitigationReserved
from kernel.money import Money
from ledger.models import Customer, DueLine
from tests.dunning.conftest import NOW, TODAY, Chase
from tests.dunning.posting import send

DAY = timedelta(days=1)


@pytest.fixture
def known(chase: Chase) -> Customer:
    """Return a customer of small amounts, whom the scenario writes to by itself, and who has heard of us before."""
    customer = chase.customer()
    old = chase.line(customer, 40, "200")
    chase.plan(TODAY - 35 * DAY, now=NOW - 35 * DAY)
    with chase.house.scope():
        for reminder in Reminder.objects.filter(channel="email"):
            walk_to_sent(reminder, now=NOW - 35 * DAY)
        ensure_ready_scenarios()
        ScenarioOverride.objects.create(
            customer=customer,
            scenario=Scenario.objects.get(code="small-amounts"),
            reason="Small",
            from_date=TODAY - 90 * DAY,
            until_date=TODAY + 90 * DAY,
        )
    chase.pay(old)
    return customer


def waiting(chase: Chase) -> Reminder:
    (found,) = chase.reminders(state=State.PLANNED)
    return found


def test_from_day_45_on_only_a_credit_manager_lets_it_go(chase: Chase, known: Customer) -> None:
    chase.line(known, 46, "200")
    chase.plan()
    reminder = waiting(chase)
    assert (reminder.stage, reminder.mode) == ("pre_litigation", "confirm")
    assert "pre_litigation" in reminder.confirm_reasons
    collector, manager = chase.person("collector"), chase.person("credit_manager")
    with chase.house.scope():
        planned = Reminder.objects.filter(state=State.PLANNED)
        with pytest.raises(PreLitigationReserved, match="Client C001"):
            confirm_as_seen(reminders=planned, seen={reminder.pk: None}, actor=collector, now=NOW)
        with pytest.raises(PreLitigationReserved):
            confirm_whole(
                reminders=planned,
                seen=seen_of(1, [Money(reminder.amount, "EUR")]),
                actor=collector,
                now=NOW,
            )
        done = confirm_as_seen(reminders=planned, seen={reminder.pk: None}, actor=manager, now=NOW)
    assert done.confirmed == (reminder.pk,)


def test_what_a_risky_customer_is_written_is_let_go_by_a_credit_manager_alone(
    chase: Chase, known: Customer
) -> None:
    with chase.house.scope():
        ScenarioOverride.objects.update(scenario=Scenario.objects.get(code="risky"))
    chase.line(known, 2, "200")
    chase.plan()
    reminder = waiting(chase)
    assert (reminder.level, reminder.mode) == (1, "confirm")
    assert reminder.confirm_reasons == ["credit_manager"]
    collector, manager = chase.person("collector"), chase.person("credit_manager")
    with chase.house.scope():
        rows = Reminder.objects.filter(state=State.PLANNED)
        with pytest.raises(PreLitigationReserved, match="high risk"):
            confirm_as_seen(reminders=rows, seen={reminder.pk: None}, actor=collector, now=NOW)
        assert confirm_as_seen(
            reminders=rows, seen={reminder.pk: None}, actor=manager, now=NOW
        ).confirmed


def test_what_waits_when_day_45_comes_waits_for_a_credit_manager(
    chase: Chase, known: Customer
) -> None:
    """Nobody confirmed the message of day 21 for weeks: it is still there, and the matter has gone on."""
    with chase.house.scope():
        small = Scenario.objects.get(code="small-amounts").versions.get()
        small.steps.filter(offset_days__gt=21).delete()
    chase.line(known, 44, "200")
    chase.plan()
    first = waiting(chase)
    assert (first.stage, first.mode) == ("amicable", "auto")
    chase.plan(TODAY + DAY, now=NOW + DAY)
    second = waiting(chase)
    assert (second.pk, second.stage, second.mode) == (first.pk, "pre_litigation", "confirm")


def test_a_letter_confirmed_before_day_45_is_confirmed_anew(chase: Chase, known: Customer) -> None:
    with chase.house.scope():
        small = Scenario.objects.get(code="small-amounts").versions.get()
        small.steps.filter(offset_days__gt=21).delete()
        small.steps.filter(offset_days=21).update(channel="letter", mode="confirm")
        Customer.objects.update(address="1 rue des Tests\n44000 Nantes")
    chase.line(known, 44, "200")
    chase.plan()
    letter, collector = waiting(chase), chase.person("collector")
    with chase.house.scope():
        confirm_as_seen(
            reminders=Reminder.objects.filter(pk=letter.pk),
            seen={letter.pk: None},
            actor=collector,
            now=NOW,
        )
    chase.plan()
    assert waiting(chase).confirmed_at is not None
    chase.plan(TODAY + DAY, now=NOW + DAY)
    again = waiting(chase)
    assert (again.stage, again.confirmed_at, again.confirmed_by_id) == (
        "pre_litigation",
        None,
        None,
    )


def test_what_a_collector_let_go_the_day_before_asks_again_at_the_hour_of_sending(
    chase: Chase, known: Customer
) -> None:
    chase.line(known, 44, "200")
    chase.plan()
    reminder, collector = waiting(chase), chase.person("collector")
    with chase.house.scope():
        confirm_as_seen(
            reminders=Reminder.objects.all(),
            seen={reminder.pk: None},
            actor=collector,
            now=NOW,
            opens_now=True,
        )
        Reminder.objects.filter(pk=reminder.pk).update(business_date=TODAY + DAY)
    assert not send(chase)
    back = waiting(chase)
    assert (back.stage, back.mode, back.confirmed_at) == ("pre_litigation", "confirm", None)


def stages(chase: Chase) -> list[tuple[str, str]]:
    with chase.house.scope():
        lines = list(DueLine.objects.select_related("document").order_by("due_date"))
        found = line_stages(lines, today=TODAY)
        return [(line.document.number, found[line.pk].stage) for line in lines if line.pk in found]


def test_the_stage_of_each_line_follows_what_is_known_of_it(chase: Chase) -> None:
    customer = chase.customer("C9")
    late, disputed, promised, entrusted, young, coming = (
        chase.line(customer, days, "900") for days in (90, 80, 70, 60, 10, -5)
    )
    chase.pay(chase.line(customer, 99, "900"))
    chase.line(customer, 50, "-100", kind="credit_note")
    with chase.house.scope():
        Dispute.objects.create(
            number=1,
            due_line=disputed,
            customer=customer,
            amount=Decimal(900),
            currency="EUR",
            type="price",
            opened_date=TODAY,
        )
        for line, why in ((promised, Exclusion.PROMISED), (entrusted, Exclusion.ENTRUSTED)):
            Pause.objects.create(
                customer=customer,
                due_line=line,
                reason="x",
                from_date=TODAY,
                until_date=TODAY,
                exclusion=why,
            )
    expected = {
        late: Stage.PRE_LITIGATION,
        disputed: Stage.AMICABLE,
        promised: Stage.AMICABLE,
        entrusted: Stage.LITIGATION,
        young: Stage.AMICABLE,
        coming: Stage.PREVENTIVE,
    }
    assert [each for _number, each in stages(chase)] == list(expected.values())
    with chase.house.scope():
        Pause.objects.create(
            customer=customer, reason="x", from_date=TODAY, exclusion=Exclusion.INSOLVENCY
        )
    assert {each for _number, each in stages(chase)} == {Stage.LITIGATION}
