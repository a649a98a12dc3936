"""The committee of a demo company sat last week and votes this week, made by the services as people would."""

from types import SimpleNamespace
from typing import Any, cast

from credit.models import CommitteeMinutes, CommitteeSession, CommitteeTask, CommitteeVote
from otc.demo.committee import call_committee, hold_committee
from otc.demo.storage import Made
from tests.cast import CustomerMaker, House
from tests.credit.asking import TODAY
from tests.credit.sitting import at_committee, table_of


def test_a_demo_company_has_a_closed_session_with_minutes_and_one_that_votes(
    house: House, make_customer: CustomerMaker
) -> None:
    table = table_of(house)
    roles = (
        "credit_manager", "credit_analyst", "sales_director", "collector", "cash_accountant", "executive",
    )  # fmt: skip
    people = {role: SimpleNamespace(pk=house.member(role)) for role in roles}
    with house.scope():
        for number in range(2):
            make_customer(house, f"C{number}", sales_rep_id=table.cast.rep.membership_id)
        made: Any = SimpleNamespace(
            today=TODAY,
            staff=SimpleNamespace(by_role=people),
            company=SimpleNamespace(language="fr"),
        )
        hold_committee(cast("Made", made))
        at_committee(table)
        call_committee(cast("Made", made))
        states = CommitteeSession.objects.order_by("meets_at").values_list("state", flat=True)
        assert list(states) == ["closed", "called"]
        assert CommitteeSession.objects.latest("meets_at").files.count() == 2
        assert CommitteeMinutes.objects.count() == CommitteeTask.objects.count() == 1
        assert CommitteeVote.objects.count() == 3
