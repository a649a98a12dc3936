"""Which scenario a customer follows: the rules as values, then every night over the ledger, then by a person's word."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import AuditEvent
from credit.models import CreditLimit
from dunning.models import (
    AssignmentRule,
    Reminder,
    Scenario,
    ScenarioAssignment,
    ScenarioOverride,
)
from dunning.queries.traits import traits_of_customers
from dunning.queries.why import why_scenario
from dunning.rules.assignment import (
    Choice,
    Conditions,
    ConditionUnknownError,
    Matched,
    Rule,
    Traits,
    Typology,
    as_stored,
    choose,
    conditions_of,
    matched,
    shadowed,
)
from dunning.services.assignments import (
    OverrideNotPossible,
    assign_scenarios,
    end_override,
    override_scenario,
)
from dunning.services.scenarios import ensure_ready_scenarios
from kernel.permissions import system_actor
from kpis.queries import FigureScope
from kpis.queries.sums import indicator_inputs
from kpis.rules.indicators import indicators
from ledger.models import Allocation, Customer, TimelineEntry
from ledger.rules.payers import PayerProfile, payer_profile
from tests.cast import House
from tests.dunning.conftest import NOW, TODAY, Chase

DEFAULT, RISKY, SMALL = (UUID(int=number) for number in (1, 2, 3))
PLAIN = Traits(
    typology=Typology.COMPANY,
    country="FR",
    portfolio="/FR/ATELIER/NORD/",
    profile="",
    risk_class="",
    open_amount=Decimal(1000),
    overdue=Decimal(0),
    limit_use=None,
)

conditions = st.builds(
    Conditions,
    typologies=st.frozensets(st.sampled_from([str(one) for one in Typology]), max_size=3),
    countries=st.frozensets(st.sampled_from(["FR", "BE", "DE"]), max_size=2),
    portfolios=st.frozensets(st.sampled_from(["/", "/FR/", "/FR/A/", "/BE/"]), max_size=2),
    profiles=st.frozensets(st.sampled_from([str(one) for one in PayerProfile]), max_size=3),
    risk_classes=st.frozensets(st.sampled_from("ABCD"), max_size=3),
    open_from=st.none() | st.sampled_from([Decimal(0), Decimal(300)]),
    open_below=st.none() | st.sampled_from([Decimal(300), Decimal(5000)]),
    overdue_from=st.none() | st.sampled_from([Decimal(0), Decimal(100)]),
    limit_used_from=st.none() | st.sampled_from([Decimal("0.8"), Decimal(1)]),
)
customers = st.builds(
    Traits,
    typology=st.sampled_from(Typology),
    country=st.sampled_from(["FR", "BE", "DE"]),
    portfolio=st.sampled_from(["/FR/A/N/", "/FR/B/", "/BE/"]),
    profile=st.sampled_from(["", *(str(one) for one in PayerProfile)]),
    risk_class=st.sampled_from(["", *"ABCD"]),
    open_amount=st.sampled_from([Decimal(value) for value in ("-5", "0", "299.99", "300", "9000")]),
    overdue=st.sampled_from([Decimal(value) for value in ("0", "99", "100")]),
    limit_use=st.none() | st.sampled_from([Decimal("0.5"), Decimal(1), Decimal(2)]),
)


@given(conditions)
def test_conditions_are_stored_and_read_back_as_they_were(asked: Conditions) -> None:
    assert conditions_of(as_stored(asked)) == asked


@pytest.mark.parametrize(
    "stored",
    [{"colour": ["red"]}, {"open_from": "x"}, {"open_from": "-1"}, {"open_below": "NaN"}],
)
def test_a_condition_about_nothing_known_is_refused(stored: dict[str, object]) -> None:
    with pytest.raises(ConditionUnknownError):
        conditions_of(stored)


@given(conditions, customers)
def test_taking_a_condition_away_never_loses_a_customer(asked: Conditions, has: Traits) -> None:
    if matched(asked, has) is None:
        return
    for name in as_stored(asked):
        looser = replace(asked, **{name: getattr(Conditions(), name)})
        assert matched(looser, has) is not None


@given(st.lists(conditions, min_size=2, max_size=5), customers)
def test_a_rule_said_to_be_out_of_reach_is_never_the_one_that_decides(
    asked: list[Conditions], has: Traits
) -> None:
    rules = [Rule(uuid4(), uuid4(), one) for one in asked]
    hidden = {rule_id for rule_id, _ in shadowed(rules)}
    assert choose(rules, has, default_id=DEFAULT).rule_id not in hidden


def test_a_rule_that_asks_more_of_the_same_is_out_of_reach_and_one_that_asks_other_is_not() -> None:
    first = Rule(UUID(int=1), RISKY, Conditions(countries=frozenset({"FR", "BE"})))
    inside = Rule(
        UUID(int=2), SMALL, Conditions(countries=frozenset({"BE"}), open_below=Decimal(9))
    )
    beside = Rule(UUID(int=3), SMALL, Conditions(countries=frozenset({"BE", "DE"})))
    assert shadowed([first, inside, beside]) == ((inside.id, first.id),)
    lower = Rule(UUID(int=4), SMALL, Conditions(overdue_from=Decimal(100)))
    higher = Rule(UUID(int=5), SMALL, Conditions(overdue_from=Decimal(500)))
    assert shadowed([lower, higher]) == ((higher.id, lower.id),)
    assert shadowed([higher, lower]) == ()


def test_the_first_rule_that_holds_decides_and_says_why() -> None:
    rules = [
        Rule(UUID(int=11), RISKY, Conditions(limit_used_from=Decimal(1))),
        Rule(UUID(int=12), SMALL, Conditions(open_below=Decimal(300), countries=frozenset({"FR"}))),
    ]
    over = replace(PLAIN, limit_use=Decimal("1.2"), open_amount=Decimal(200))
    assert choose(rules, over, default_id=DEFAULT) == Choice(
        RISKY, UUID(int=11), (Matched("limit_used_from", "1.2"),)
    )
    small = replace(over, limit_use=None)
    assert choose(rules, small, default_id=DEFAULT).because == (
        Matched("countries", "FR"),
        Matched("open_below", "200"),
    )
    assert choose(rules, PLAIN, default_id=DEFAULT) == Choice(DEFAULT)
    assert choose(rules, over, default_id=DEFAULT, override_id=SMALL) == Choice(SMALL)


def test_a_rule_that_asks_nothing_takes_nobody() -> None:
    assert choose([Rule(UUID(int=9), RISKY, Conditions())], PLAIN, default_id=DEFAULT) == Choice(DEFAULT)  # fmt: skip


def scenario(code: str) -> Scenario:
    ensure_ready_scenarios()
    return Scenario.objects.get(code=code)


def rule(position: int, code: str, **asked: object) -> AssignmentRule:
    return AssignmentRule.objects.create(
        position=position, name=f"Rule {position}", scenario=scenario(code), conditions=asked
    )


def paid(chase: Chase, customer: Customer, *, days_late: int, due: int = 100) -> None:
    """Add an invoice due so many days ago that was paid so many days late; inside an open scope."""
    ago = due - days_late
    cleared = TODAY - timedelta(days=ago)
    invoice = chase.add_line(customer, due, "900", cleared_date=cleared)
    payment = chase.add_line(customer, ago, "-900", kind="payment", cleared_date=cleared)
    for line in (invoice, payment):
        line.open_amount, line.is_open = Decimal(0), False
        line.save()
    Allocation.objects.create(
        debit_line=invoice, credit_line=payment, amount=900, effective_date=cleared
    )


@pytest.mark.django_db
def test_what_the_rules_know_is_what_the_figures_say(chase: Chase, house: House) -> None:
    """The profile is the one that the customer's page shows, computed for everybody at once."""
    several = [chase.customer(f"C{n}") for n in range(4)]
    with house.scope():
        for place, customer in enumerate(several):
            for n in range(place + 2):
                paid(chase, customer, days_late=place * 15 + n)
            paid(chase, customer, days_late=150, due=400)
            chase.add_line(customer, 10 + place, "250")
        CreditLimit.objects.create(
            customer=several[0], amount=200, currency="EUR", valid_from=TODAY, reason="x"
        )
        known = traits_of_customers(today=TODAY)
        for customer in several:
            figures = indicators(indicator_inputs(FigureScope(TODAY, customer_id=customer.pk)))
            late = figures["average_days_late_6m"].value
            expected = "" if late is None else payer_profile(late).value
            assert known[customer.pk].profile == expected
            assert known[customer.pk].open_amount == figures["receivables"].value
            assert known[customer.pk].overdue == figures["overdue"].value
        assert known[several[0].pk].limit_use == Decimal("1.25")
        assert known[several[1].pk].limit_use is None
        assert {known[one.pk].profile for one in several} > {""}
        assert traits_of_customers(today=TODAY, only=several[2].pk) == {
            several[2].pk: known[several[2].pk]
        }


@pytest.mark.django_db
def test_a_night_moves_who_changed_and_nobody_else(chase: Chase, house: House) -> None:
    small, large = chase.customer("SMALL"), chase.customer("LARGE")
    chase.line(small, 5, "250")
    chase.line(large, 5, "9000")
    actor = system_actor(house.tenant_id)
    with house.scope():
        rule(1, "small-amounts", open_below="300")
        assert assign_scenarios(today=TODAY, actor=actor) == 1
        why = why_scenario(small.pk, today=TODAY)
        assert why is not None
        assert (why.scenario.code, why.rule, why.since) == ("small-amounts", "Rule 1", TODAY)
        assert why.because == (Matched("open_below", "250.0000"),)
        default = why_scenario(large.pk, today=TODAY)
        assert default is not None
        assert (default.scenario.code, default.since) == ("standard-b2b", None)
        assert assign_scenarios(today=TODAY + timedelta(days=1), actor=actor) == 0
        row = ScenarioAssignment.objects.get()
        assert (row.customer_id, row.since_date) == (small.pk, TODAY)
        AssignmentRule.objects.update(is_active=False)
        assert assign_scenarios(today=TODAY + timedelta(days=2), actor=actor) == 1
        row.refresh_from_db()
        assert (row.scenario.code, row.rule, row.since_date) == (
            "standard-b2b",
            None,
            TODAY + timedelta(days=2),
        )
        told = TimelineEntry.objects.filter(text_code="dunning.scenario_changed")
        assert [entry.customer_id for entry in told] == [small.pk, small.pk]
        assert AuditEvent.objects.filter(action="dunning.assign_scenarios").count() == 2


@pytest.mark.django_db
def test_each_customer_is_planned_by_his_own_scenario(chase: Chase, house: House) -> None:
    """At seven days late the standard has written at D+3, small amounts write today, silent never does."""
    known = {name: chase.customer(name) for name in ("STANDARD", "SMALL", "SILENT", "RISKY")}
    for customer in known.values():
        chase.line(customer, 7, "900")
    with house.scope():
        for name, code in (("SMALL", "small-amounts"), ("SILENT", "silent"), ("RISKY", "risky")):
            ScenarioAssignment.objects.create(
                customer=known[name],
                scenario=scenario(code),
                override=ScenarioOverride.objects.create(
                    customer=known[name], scenario=scenario(code), reason="x",
                    from_date=TODAY, until_date=TODAY + timedelta(days=300),
                ),
                since_date=TODAY - timedelta(days=90),
            )  # fmt: skip
    chase.plan(TODAY)
    with house.scope():
        planned = {
            reminder.customer.code: (reminder.step.offset_days, reminder.channel)
            for reminder in Reminder.objects.select_related("customer", "step")
        }
    assert planned == {"STANDARD": (3, "email"), "SMALL": (7, "email"), "RISKY": (5, "call")}


@pytest.mark.django_db
def test_who_moves_to_another_scenario_is_not_sent_what_it_asked_for_before(
    chase: Chase, house: House
) -> None:
    customer = chase.customer()
    chase.line(customer, 3, "900")
    chase.plan(TODAY)
    with house.scope():
        Reminder.objects.update(state="done")
    later = TODAY + timedelta(
        days=9
    )  # twelve days late: risky asked for a call at 5 and a mail at 10
    actor = system_actor(house.tenant_id)
    with house.scope():
        override_scenario(
            customer=customer, scenario=scenario("risky"), reason="Over his limit",
            until=later + timedelta(days=90), actor=actor, today=later, now=NOW + timedelta(days=9),
        )  # fmt: skip
    chase.plan(later, now=NOW + timedelta(days=9))
    with house.scope():
        assert not Reminder.objects.filter(planned_date=later).exists()
    third = TODAY + timedelta(days=12)  # fifteen days late: its next step
    chase.plan(third, now=NOW + timedelta(days=12))
    with house.scope():
        (reminder,) = Reminder.objects.filter(planned_date=third).select_related("step")
        assert reminder.step.offset_days == 15


@pytest.mark.django_db
def test_a_persons_choice_stands_above_the_rules_until_it_ends(chase: Chase, house: House) -> None:
    customer = chase.customer()
    chase.line(customer, 3, "100")
    actor = system_actor(house.tenant_id)
    with house.scope():
        rule(1, "small-amounts", open_below="300")
        override = override_scenario(
            customer=customer, scenario=scenario("silent"), reason="Talks with his director",
            until=TODAY + timedelta(days=10), actor=actor, today=TODAY, now=NOW,
        )  # fmt: skip
        assert not ScenarioOverride.objects.in_force(TODAY - timedelta(days=1)).exists()
        codes = []
        for day in (0, 10, 11):
            assign_scenarios(today=TODAY + timedelta(days=day), actor=actor)
            codes.append(ScenarioAssignment.objects.get().scenario.code)
        assert codes == ["silent", "silent", "small-amounts"]
        assign_scenarios(today=TODAY, actor=actor)
        end_override(override=override, actor=actor, today=TODAY, now=NOW)
        assert ScenarioAssignment.objects.get().scenario.code == "small-amounts"
        kept = AuditEvent.objects.get(action="dunning.override_scenario").details
        assert "Talks with his director" not in kept.values(), "an event can never be erased"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("reason", "days", "sentence"),
    [(" ", 5, "Say why"), ("x", -1, "is outside"), ("x", 367, "is outside")],
)
def test_a_choice_needs_a_reason_and_an_end(
    chase: Chase, house: House, reason: str, days: int, sentence: str
) -> None:
    customer = chase.customer()
    with house.scope(), pytest.raises(OverrideNotPossible, match=sentence):
        override_scenario(
            customer=customer, scenario=scenario("silent"), reason=reason,
            until=TODAY + timedelta(days=days), actor=system_actor(house.tenant_id), today=TODAY, now=NOW,
        )  # fmt: skip


@pytest.mark.django_db
def test_on_the_customers_page_the_scenario_is_explained_chosen_and_left(
    chase: Chase, house: House
) -> None:
    customer = chase.customer("C9")
    chase.line(customer, 3, "100")
    with house.scope():
        rule(1, "small-amounts", open_below="300")
        assign_scenarios(today=TODAY, actor=system_actor(house.tenant_id))
        silent = scenario("silent")
    client = house.client("credit_manager")
    page = client.get("/customers/C9?tab=scenario").content.decode()
    assert "Règle «\u00a0Rule 1\u00a0»" in page or "Rule “Rule 1”" in page
    today = datetime.now(UTC).date()
    form = {"scenario": str(silent.pk), "until": str(today + timedelta(days=9)), "reason": "Talks"}
    assert client.post(f"/customers/{customer.pk}/scenario", form).status_code == 302
    with house.scope():
        assert ScenarioAssignment.objects.get().scenario == silent
    bad = client.post(f"/customers/{customer.pk}/scenario", form | {"until": "2019-01-01"})
    assert bad.status_code == 422
    assert client.post(f"/customers/{customer.pk}/scenario/leave").status_code == 302
    with house.scope():
        assert ScenarioAssignment.objects.get().scenario.code == "small-amounts"
    assert client.post(f"/customers/{customer.pk}/scenario/leave").status_code == 404
    assert house.client("collector").post(f"/customers/{customer.pk}/scenario", form).status_code == 403  # fmt: skip


@pytest.mark.django_db
def test_a_customer_is_classified_by_who_may_edit_him(chase: Chase, house: House) -> None:
    customer = chase.customer("C9")
    form = {"risk_class": "D", "is_vip": "on"}
    url = f"/customers/{customer.pk}/classification"
    assert house.client("credit_analyst").post(url, form).status_code == 302
    with house.scope():
        found = Customer.objects.get()
        assert (found.risk_class, found.is_vip, found.is_public_buyer) == ("D", True, False)
        assert AuditEvent.objects.filter(action="ledger.classify").count() == 1
        assert traits_of_customers(today=TODAY)[customer.pk].typology is Typology.KEY_ACCOUNT
    assert house.client("sales_rep").post(url, form).status_code in {403, 404}
