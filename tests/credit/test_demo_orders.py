"""The orders of a demo company are made by the services, as people would."""

from types import SimpleNamespace
from typing import Any, cast

from accounts.models import Membership
from credit.models import CustomerMargin, Guarantee, Hold, HoldRelease, Lesson
from credit.queries.hours import month_of_hours
from credit.services.limits import AskedLimit, grant_limit
from ledger.models import Order
from otc.demo.orders import HELD, take_orders
from otc.demo.relations import relate
from otc.demo.storage import Made
from tests.cast import CustomerMaker, House
from tests.credit.asking import TODAY, euros, ident


def test_a_demo_company_has_orders_a_hold_and_a_release_that_waits(
    house: House, make_customer: CustomerMaker
) -> None:
    manager, analyst = house.actor("credit_manager"), house.actor("credit_analyst")
    rep = house.actor("sales_rep")
    with house.scope():
        for number in range(4):
            customer = make_customer(house, f"C{number}", "Client", sales_rep_id=rep.membership_id)
            grant_limit(
                AskedLimit(customer, euros("10000"), TODAY, "demo"),
                requested_by=Membership.objects.get(pk=ident(analyst)),
                actor=manager,
                today=TODAY,
            )
        people = {
            role: SimpleNamespace(pk=actor.membership_id)
            for role, actor in (
                ("credit_manager", manager), ("credit_analyst", analyst), ("sales_rep", rep)
            )
        }  # fmt: skip
        made: Any = SimpleNamespace(
            today=TODAY,
            staff=SimpleNamespace(by_role=people),
            company=SimpleNamespace(language="fr"),
        )
        take_orders(cast("Made", made))
        assert Order.objects.count() == 4
        assert Hold.objects.get(order_number=HELD).state == "in_force"
        assert Hold.objects.get(order_number="").state == "announced"
        relate(cast("Made", made))
        assert 0 < Lesson.objects.filter(learnt_at=None).count() < Lesson.objects.count()
        assert month_of_hours(TODAY).training
        assert CustomerMargin.objects.count() == 4
        assert HoldRelease.objects.get().state == "waiting"
        assert [one.accepted_by_id is None for one in Guarantee.objects.order_by("reference")] == [
            False,
            True,
        ]
