"""What one person calls in a day: said by the credit manager, counted by simulations, in the trail."""

import pytest
from django.test import Client

from accounts.models import AuditEvent, Tenant, User
from dunning.models import TeamCapacity
from dunning.queries.capacity import CALLS_A_DAY, calls_a_day, calls_a_person
from dunning.services.scenarios import ensure_ready_scenarios
from ledger.models import Customer
from tests.cast import House
from tests.dunning.conftest import Chase
from tests.dunning.test_scenario_pages import STANDARD, text

PAGE = "/scenarios/capacity"


@pytest.fixture
def manager(chase: Chase) -> Client:
    for role in ("credit_manager", "credit_analyst"):
        chase.house.member(role)
    User.objects.update(language="en")
    with chase.house.scope():
        Tenant.objects.update(language="en")
        ensure_ready_scenarios()
    return chase.house.client("credit_manager")


def test_a_sensible_number_is_counted_with_until_somebody_says_another(
    chase: Chase, manager: Client
) -> None:
    with chase.house.scope():
        assert calls_a_person() == CALLS_A_DAY
    assert f"{CALLS_A_DAY} calls a day are counted with" in text(manager.get(PAGE))


def test_what_the_manager_says_is_counted_with_and_in_the_trail(
    chase: Chase, manager: Client
) -> None:
    customer = chase.customer()
    assert manager.post(PAGE, {"calls": "35"}).status_code == 302
    assert manager.post(PAGE, {"calls": "40"}).status_code == 302
    with chase.house.scope():
        assert calls_a_day([customer.pk]) == 40
        assert calls_a_day(list(Customer.objects.values_list("pk", flat=True))) == 40
        events = AuditEvent.objects.filter(action="dunning.set_capacity").order_by("sequence")
        assert [each.details for each in events] == [
            {"before": CALLS_A_DAY, "after": 35},
            {"before": 35, "after": 40},
        ]
        assert TeamCapacity.objects.count() == 1
    assert 'value="40"' in text(manager.get(f"{STANDARD}/simulation"))


@pytest.mark.parametrize(
    ("calls", "said"),
    [
        ("0", "0 calls a day cannot be what one person makes"),
        ("-3", "-3 calls a day cannot be"),
        ("201", "write 1 to 200"),
        ("99999", "No one makes so many"),
        ("many", "Write a whole number of calls"),
        ("", "Write how many calls one person makes"),
    ],
)
def test_what_nobody_can_call_is_refused(
    chase: Chase, manager: Client, calls: str, said: str
) -> None:
    answer = manager.post(PAGE, {"calls": calls})
    assert answer.status_code == 422
    assert said in text(answer)
    with chase.house.scope():
        assert not TeamCapacity.objects.exists()


def test_others_may_not_say_it(chase: Chase, manager: Client, other_house: House) -> None:
    assert chase.house.client("credit_analyst").get(PAGE).status_code == 403
    manager.post(PAGE, {"calls": "35"})
    assert "35" not in text(other_house.client("credit_manager").get(PAGE)).split("<main")[1]
