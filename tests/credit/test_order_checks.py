"""Orders against limits and holds: what is answered, and that no way around a hold is open."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import AuditEvent, Membership
from credit import order_check_words
from credit.models import (
    CheckOrigin,
    CreditCheck,
    GroupLimit,
    Hold,
    HoldRelease,
    HoldState,
    InternalNotice,
    OrderPolicy,
)
from credit.permissions import PUT_ON_HOLD, RELEASE_ORDER
from credit.queries.order_policy import effective_policy
from credit.rules.order_check import Facts, Rule, Word, answer
from credit.services import charter_drafts as drafts
from credit.services import holds
from credit.services.guarantees import PolicyRefused, approve_policy, write_policy
from credit.services.order_checks import Asked, CheckRefused, check_changed_orders, check_order
from kernel.money import Money
from kernel.permissions import Actor, system_actor
from ledger.models import Customer, CustomerGroup, Entity, Order, OrderStage, TimelineEntry
from tests.cast import CustomerMaker, House
from tests.credit.asking import NOW, TODAY, ident, person
from tests.credit.test_exposure import Books
from tests.ledger.test_api import Api


@dataclass
class Desk:
    """People around an order: a rep who asks, an analyst and two managers."""

    books: Books
    rep: Actor
    analyst: Actor
    manager: Actor
    second: Actor

    @property
    def customer(self) -> Customer:
        return self.books.customer

    def check(
        self,
        number: str,
        amount: str,
        stage: OrderStage = OrderStage.ORDER,
        *,
        customer: Customer | None = None,
        hours: int = 0,
        today: date = TODAY,
    ) -> CreditCheck:
        return check_order(
            Asked(
                self.books.entity,
                customer or self.customer,
                number,
                Money(Decimal(amount), "EUR"),
                stage,
            ),
            origin=CheckOrigin.API,
            actor=self.analyst,
            now=NOW + timedelta(hours=hours),
            today=today,
        )

    def hold_of(self, number: str) -> Hold:
        return Hold.objects.get(order_number=number)

    def ask(self, hold: Hold, actor: Actor | None = None, **more: object) -> HoldRelease:
        values = {
            "reason": "Paid by Friday.",
            "until": TODAY + timedelta(days=10),
            "ceiling": None,
            "actor": actor or self.rep,
            "now": NOW,
            "today": TODAY,
        }
        return holds.ask_release(hold=hold, **{**values, **more})  # type: ignore[arg-type]

    def grant(self, release: HoldRelease, actor: Actor | None = None) -> HoldRelease:
        return holds.decide_release(
            release=release,
            is_granted=True,
            words="",
            actor=actor or self.manager,
            now=NOW,
            today=TODAY,
        )


@pytest.fixture
def desk(house: House, make_customer: CustomerMaker) -> Iterator[Desk]:
    manager, analyst = house.actor("credit_manager"), house.actor("credit_analyst")
    rep = house.actor("sales_rep")
    second = person(house, "credit_manager", "second.manager@atelier.example")
    with house.scope():
        customer = make_customer(house, sales_rep_id=rep.membership_id)
        yield Desk(Books(house, manager, analyst, customer), rep, analyst, manager, second)


def test_an_order_within_the_limit_is_cleared_and_known_from_then_on(desk: Desk) -> None:
    desk.books.limit("1000")
    check = desk.check("88214", "600")
    assert (check.answer, check.rule, check.limit_origin) == ("yes", "limit", "customer")
    assert (check.exposure, check.headroom, check.limit_amount) == (600, 400, 1000)
    assert Order.objects.get(number="88214").ordered_amount == 600
    assert AuditEvent.objects.filter(action="credit.check_order").count() == 1


def test_an_order_beyond_the_limit_is_held_and_says_by_how_much(desk: Desk) -> None:
    desk.books.limit("1000")
    desk.books.document("FA1", "700")
    check = desk.check("88214", "400")
    assert (check.answer, check.rule, check.headroom) == ("no", "limit", -100)
    assert "100.00" in order_check_words.sentence(check)
    assert desk.hold_of("88214").state == HoldState.IN_FORCE
    assert InternalNotice.objects.filter(code="hold_placed").count() == 1  # the rep


def test_an_order_the_ledger_knows_counts_once(desk: Desk) -> None:
    desk.books.limit("1000")
    desk.books.order("O1", "900", delivered="300", invoiced="100")
    assert desk.check("O1", "900").headroom == 1000 - 800  # 100 of it is invoiced already


def test_an_order_of_a_customer_who_is_late_is_looked_at_with_the_figures(desk: Desk) -> None:
    desk.books.limit("5000")
    desk.books.document("F-OLD", "1000", day=TODAY - timedelta(days=120))
    draft = drafts.open_draft(actor=desk.analyst)
    drafts.publish(seen=drafts.stamp(draft), actor=desk.manager, today=TODAY, now=NOW)
    Customer.objects.filter(pk=desk.customer.pk).update(risk_class="A")
    assert desk.check("O1", "10").answer == Word.YES  # the article's amount itself
    desk.books.document("F-LATE", "0.01", day=TODAY - timedelta(days=62))
    check = desk.check("O2", "10")
    assert (check.answer, check.rule) == (Word.REVIEW, Rule.CHARTER_REVIEW)
    assert check.facts["articles"] == [13]
    told = order_check_words.sentence(check)
    assert "1,000.01" in told.replace("\u202f", ","), told


def test_a_customer_without_a_limit_is_looked_at(desk: Desk) -> None:
    check = desk.check("O1", "1")
    assert (check.answer, check.rule) == ("review", "no_limit")


def test_a_currency_without_a_rate_gives_no_answer_but_a_look(desk: Desk) -> None:
    desk.books.limit("1000")
    desk.books.order("O0", "5", currency="CHF")
    check = desk.check("O1", "1")
    assert (check.answer, check.rule, check.exposure) == ("review", "no_rate", None)
    assert "CHF" in order_check_words.sentence(check)


def test_two_orders_never_share_the_same_headroom(desk: Desk) -> None:
    desk.books.limit("1000")
    assert desk.check("O1", "600").answer == "yes"
    assert desk.check("O2", "600").answer == "no"


def test_a_raised_amount_asks_again(desk: Desk) -> None:
    desk.books.limit("1000")
    assert desk.check("O1", "900").answer == "yes"
    assert desk.check("O1", "1001").answer == "no"
    assert desk.check("O1", "10").rule == "order_hold"  # lowering it does not lift the hold


@pytest.mark.parametrize("stage", [OrderStage.QUOTE, OrderStage.ORDER, OrderStage.DELIVERED])
def test_sending_a_held_order_again_changes_nothing(desk: Desk, stage: OrderStage) -> None:
    desk.books.limit("1000")
    desk.check("O1", "1001")
    desk.check("O1", "0", OrderStage.CANCELLED)
    assert desk.check("O1", "500", stage).answer == "no"
    assert Hold.objects.live().count() == 1


def test_a_split_or_renumbered_order_is_looked_at_while_the_first_is_held(desk: Desk) -> None:
    desk.books.limit("1000")
    cleared = desk.check("O0", "100")
    desk.check("O1", "1001", hours=1)
    for number in ("O1-A", "O1bis"):
        check = desk.check(number, "400", hours=2)
        assert (check.answer, check.rule) == ("review", "other_hold")
    assert (cleared.answer, desk.check("O0", "100", hours=3).answer) == ("yes", "yes")
    assert desk.check("O0", "101", hours=4).rule == "other_hold"  # raised since


def test_a_release_is_a_ceiling(desk: Desk) -> None:
    desk.books.limit("1000")
    desk.check("O1", "1200")
    desk.grant(desk.ask(desk.hold_of("O1")))
    assert desk.check("O1", "1200").rule == "released"
    raised = desk.check("O1", "1200.01")
    assert (raised.answer, raised.rule) == ("review", "above_release")
    assert desk.hold_of("O1").state == HoldState.IN_FORCE
    assert desk.check("O1", "1200").rule == "order_hold"  # the release is used up


def test_a_hold_on_the_customer_stops_a_released_order_too(desk: Desk) -> None:
    desk.books.limit("1000")
    desk.check("O1", "1200")
    desk.grant(desk.ask(desk.hold_of("O1")))
    holds.place_hold(
        holds.Wanted(desk.customer, "Broken promises", falls_on=TODAY),
        actor=desk.manager,
        now=NOW,
        today=TODAY,
    )
    assert desk.check("O1", "1200").rule == "customer_hold"


def test_the_limit_of_the_group_really_applies(desk: Desk, make_customer: CustomerMaker) -> None:
    group = CustomerGroup.objects.create(code="G", name="Groupe")
    Customer.objects.filter(pk=desk.customer.pk).update(group=group)
    desk.customer.refresh_from_db()
    sister = make_customer(desk.books.house, "C002", "Sœur", group=group)
    desk.books.order("O-S", "900", customer=sister)
    desk.books.limit("1000")
    GroupLimit.objects.create(
        group=group,
        amount=1000,
        currency="EUR",
        valid_from=TODAY,
        reason="g",
        requested_by_id=ident(desk.analyst),
        requested_at=NOW,
        approved_by_id=desk.manager.membership_id,
        approved_at=NOW,
    )
    check = desk.check("O1", "200")
    assert (check.answer, check.rule, check.limit_origin) == ("no", "group_limit", "group")
    assert (check.exposure, check.headroom) == (1100, -100)


def test_the_policy_of_the_entity_comes_before_the_tenants_and_says_so(desk: Desk) -> None:
    entity = desk.books.entity
    assert effective_policy(entity.pk).origin == "default"
    for where, stage, origin in ((None, "invoice", "tenant"), (entity, "delivery", "entity")):
        row = write_policy(
            entity=where,
            stage=stage,
            beyond="review",
            notice_days=5,
            tells_customer=True,
            actor=desk.analyst,
            now=NOW,
        )
        assert effective_policy(entity.pk).stage != stage  # written, not approved
        with pytest.raises(PolicyRefused, match="S10"):
            approve_policy(policy=row, actor=desk.analyst, now=NOW)
        approve_policy(policy=row, actor=desk.manager, now=NOW)
        found = effective_policy(entity.pk)
        assert (found.stage, found.origin, found.beyond) == (stage, origin, "review")
    desk.books.limit("10")
    early = desk.check("O1", "100")
    assert (early.answer, early.rule) == ("yes", "not_yet")
    assert early.facts["policy"] == {"stage": "delivery", "origin": "entity"}
    assert desk.check("O1", "100", OrderStage.DELIVERED).answer == "review"


def test_every_change_of_an_order_is_checked_by_the_round(desk: Desk) -> None:
    desk.books.limit("1000")
    desk.books.order("O1", "500")
    system = system_actor(desk.books.house.tenant_id)

    def walk() -> int:
        return check_changed_orders(actor=system, now=NOW + timedelta(hours=1), today=TODAY)

    assert (walk(), walk()) == (1, 0)
    desk.books.order("O1", "1200")
    Order.objects.update(changed_at=NOW + timedelta(hours=2))
    assert walk() == 1
    assert desk.hold_of("O1").state == HoldState.IN_FORCE


def test_what_a_check_answered_does_not_change(desk: Desk) -> None:
    check = desk.check("O1", "1")
    with pytest.raises(IntegrityError, match="does not change"), transaction.atomic():
        CreditCheck.objects.filter(pk=check.pk).update(answer="yes")


def test_an_order_of_another_customer_is_refused(desk: Desk, make_customer: CustomerMaker) -> None:
    desk.books.order("O1", "5")
    with pytest.raises(CheckRefused, match="another customer"):
        desk.check("O1", "5", customer=make_customer(desk.books.house, "C002", "Autre"))


def test_a_check_costs_a_fixed_number_of_statements(desk: Desk) -> None:
    desk.books.limit("1000")
    desk.check("O1", "10")
    with CaptureQueriesContext(connection) as asked:
        desk.check("O1", "10", hours=1)
    assert len(asked) == 17, [one["sql"][:90] for one in asked]


# S8 and the life of a hold


def test_who_asks_for_a_release_does_not_grant_it(desk: Desk) -> None:
    desk.books.limit("10")
    desk.check("O1", "100")
    release = desk.ask(desk.hold_of("O1"), desk.manager)
    with pytest.raises(holds.ReleaseRefused, match="S8"):
        desk.grant(release, desk.manager)
    with pytest.raises(IntegrityError, match="s8_two_people"), transaction.atomic():
        HoldRelease.objects.filter(pk=release.pk).update(
            state="granted", decided_by=desk.manager.membership_id, decided_at=NOW
        )
    assert desk.grant(release, desk.second).state == "granted"


def test_a_second_account_of_who_asked_does_not_grant_it(desk: Desk) -> None:
    desk.books.limit("10")
    desk.check("O1", "100")
    release = desk.ask(desk.hold_of("O1"), desk.manager)
    Membership.objects.filter(
        pk__in=[desk.manager.membership_id, desk.second.membership_id]
    ).update(phone="+33 6 12 34 56 78")
    with pytest.raises(holds.ReleaseRefused, match="S8"):
        desk.grant(release, desk.second)


def test_a_withdrawn_and_repeated_request_does_not_change_who_asked(desk: Desk) -> None:
    desk.books.limit("10")
    desk.check("O1", "100")
    hold = desk.hold_of("O1")
    first = desk.ask(hold, desk.manager)
    holds.withdraw_release(release=first, actor=desk.manager, now=NOW)
    with pytest.raises(holds.ReleaseRefused):
        desk.grant(first, desk.second)
    with pytest.raises(holds.ReleaseRefused, match="S8"):
        desk.grant(desk.ask(hold, desk.manager), desk.manager)


@pytest.mark.parametrize("who", ["analyst", "rep", "machine"])
def test_only_a_person_who_approves_releases(desk: Desk, who: str) -> None:
    desk.books.limit("10")
    desk.check("O1", "100")
    release = desk.ask(desk.hold_of("O1"), desk.manager)
    actor = system_actor(desk.books.house.tenant_id) if who == "machine" else getattr(desk, who)
    with pytest.raises(holds.ReleaseRefused):
        desk.grant(release, actor)


def test_a_release_needs_a_reason_and_ends(desk: Desk) -> None:
    desk.books.limit("10")
    desk.check("O1", "100")
    hold = desk.hold_of("O1")
    with pytest.raises(holds.ReleaseRefused, match="why"):
        desk.ask(hold, reason=" ")
    for until in (TODAY - timedelta(days=1), TODAY + timedelta(days=91)):
        with pytest.raises(holds.ReleaseRefused, match="90 days"):
            desk.ask(hold, until=until)


def test_the_end_of_a_release_brings_the_hold_back(desk: Desk) -> None:
    desk.books.limit("10")
    desk.check("O1", "100")
    desk.grant(desk.ask(desk.hold_of("O1"), until=TODAY))
    tomorrow = TODAY + timedelta(days=1)
    assert desk.check("O1", "100", today=tomorrow).rule == "order_hold"  # before any round ran
    tenant_id = desk.books.house.tenant_id
    assert holds.run_holds(tenant_id, now=NOW, today=TODAY) == (0, 0)
    assert holds.run_holds(tenant_id, now=NOW, today=tomorrow) == (0, 1)
    assert holds.run_holds(tenant_id, now=NOW, today=tomorrow) == (0, 0)
    assert desk.hold_of("O1").state == HoldState.IN_FORCE
    assert TimelineEntry.objects.filter(text_code="credit.hold_again_order").count() == 1


def test_a_hold_is_announced_three_days_before_it_falls(desk: Desk) -> None:
    hold = holds.place_hold(
        holds.Wanted(desk.customer, "Broken promises"), actor=desk.manager, now=NOW, today=TODAY
    )
    assert (hold.state, hold.falls_on) == (HoldState.ANNOUNCED, TODAY + timedelta(days=3))
    assert InternalNotice.objects.get(code="hold_announced").recipient_id == desk.rep.membership_id
    desk.books.limit("10")
    assert desk.check("O1", "5").answer == "yes"
    tenant_id = desk.books.house.tenant_id
    assert holds.run_holds(tenant_id, now=NOW, today=TODAY + timedelta(days=2)) == (0, 0)
    assert holds.run_holds(tenant_id, now=NOW, today=TODAY + timedelta(days=3)) == (1, 0)


def test_a_collectors_hold_waits_for_another_person(desk: Desk) -> None:
    collector = Actor(
        tenant_id=desk.rep.tenant_id,
        membership_id=desk.rep.membership_id,
        name="Collector",
        permissions={},
    )
    hold = holds.place_hold(
        holds.Wanted(desk.customer, "Silence"), actor=collector, now=NOW, today=TODAY
    )
    assert hold.state == HoldState.PROPOSED
    with pytest.raises(holds.HoldRefused, match="another person"):
        holds.confirm_hold(hold=hold, actor=collector, now=NOW, today=TODAY)
    placed = holds.confirm_hold(hold=hold, actor=desk.analyst, now=NOW, today=TODAY)
    assert (placed.state, placed.falls_on) == (HoldState.ANNOUNCED, TODAY + timedelta(days=3))


def test_the_same_customer_is_not_held_twice(desk: Desk) -> None:
    wanted = holds.Wanted(desk.customer, "Silence")
    holds.place_hold(wanted, actor=desk.manager, now=NOW, today=TODAY)
    with pytest.raises(holds.HoldRefused, match="already"):
        holds.place_hold(wanted, actor=desk.second, now=NOW, today=TODAY)


# Over HTTP


def test_a_program_asks_and_is_told_the_rule(house: House, make_customer: CustomerMaker) -> None:
    api = Api(house, PUT_ON_HOLD)
    with house.scope():
        make_customer(house)
        code = Entity.objects.get().code
    body = {
        "order_number": "88214",
        "customer": "C001",
        "entity": code,
        "amount": "18400.00",
        "stage": "order",
    }
    first = api.post("credit-checks", body, key="k1")
    assert first.status_code == 201, first.content
    found = first.json()
    assert (found["answer"], found["rule"], found["headroom"]) == ("review", "no_limit", None)
    assert found["policy"] == {"stage": "order", "origin": "default"}
    assert api.post("credit-checks", body, key="k1").json()["id"] == found["id"]
    with house.scope():
        assert CreditCheck.objects.count() == 1
        assert OrderPolicy.objects.count() == 0
    assert api.post("credit-checks", {**body, "amount": "-1"}).status_code == 400
    assert api.post("credit-checks", {**body, "customer": "NOBODY"}).status_code == 404
    assert (
        Api(house, RELEASE_ORDER, role="credit_analyst").post("credit-checks", body).status_code
        == 403
    )


def test_no_token_releases(house: House) -> None:
    api = Api(house, PUT_ON_HOLD, RELEASE_ORDER)
    for path in ("holds", "credit-checks/1/release", "hold-releases"):
        assert api.post(path, {}).status_code in {403, 404, 405}


# The rule alone

AMOUNTS = st.decimals(min_value=-1000, max_value=1000, places=2)
FACTS = st.builds(
    Facts,
    amount=st.decimals(min_value=0, max_value=1000, places=2),
    beyond=st.sampled_from([Word.NO, Word.REVIEW]),
    is_early=st.booleans(),
    is_customer_held=st.booleans(),
    is_order_held=st.booleans(),
    release=st.none() | AMOUNTS,
    is_other_held=st.booleans(),
    was_cleared=st.booleans(),
    is_refused_by_charter=st.booleans(),
    is_escalated_by_charter=st.booleans(),
    has_limit=st.booleans(),
    left=st.none() | AMOUNTS,
    has_group_limit=st.booleans(),
    group_left=st.none() | AMOUNTS,
)


@given(FACTS)
def test_a_yes_is_never_given_past_a_hold_or_beyond_a_limit(facts: Facts) -> None:
    word, rule = answer(facts)
    if word is not Word.YES:
        return
    assert not facts.is_customer_held
    assert rule is Rule.RELEASED or not facts.is_order_held or facts.release is not None
    if rule is Rule.RELEASED:
        assert facts.release is not None
        assert facts.amount <= facts.release
    elif rule is not Rule.NOT_YET:
        assert facts.has_limit or facts.has_group_limit
        assert not facts.has_limit or (facts.left is not None and facts.left >= 0)
        assert not facts.has_group_limit or (facts.group_left is not None and facts.group_left >= 0)
