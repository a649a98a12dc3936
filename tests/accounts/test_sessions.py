"""A session ends when it is left alone or old, and who owes a second factor sets it up first."""

import time
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, RoleGrant, Tenant, User
from tests.cast import House

pytestmark = pytest.mark.django_db


def with_session(client: Client, **values: int) -> Client:
    session = client.session
    for key, value in values.items():
        session[key] = value
    session.save()
    return client


@pytest.mark.parametrize(
    ("role", "minutes", "is_open"),
    [
        ("collector", 29, True),
        ("collector", 31, False),
        ("tenant_admin", 9, True),
        ("tenant_admin", 11, False),
        ("cash_accountant", 11, False),
    ],
)
def test_a_session_left_alone_ends(role: str, minutes: int, is_open: bool, house: House) -> None:
    now = int(time.time())
    client = with_session(house.client(role), seen=now - minutes * 60, since=now)
    assert (client.get(reverse("profile")).status_code == 200) is is_open


def test_the_longest_session_is_twelve_hours(house: House) -> None:
    now = int(time.time())
    client = with_session(house.client("collector"), seen=now, since=now - 12 * 3600 - 1)
    assert client.get(reverse("profile")).status_code == 302


def owe(house: House, role: str, *, days_ago: int) -> Client:
    """Return a browser of somebody who joined and got his role so many days ago."""
    client = house.client(role)
    then = timezone.now() - timedelta(days=days_ago)
    with house.scope():
        Membership.objects.update(joined_at=then)
        RoleGrant.objects.update(granted_at=then)
    return client


def test_within_the_grace_a_banner_says_until_when(house: House) -> None:
    text = owe(house, "credit_manager", days_ago=3).get(reverse("profile")).content.decode()
    assert "Your roles need a second factor by" in text


def test_after_the_grace_only_the_pages_to_set_it_up_open(house: House) -> None:
    client = owe(house, "credit_manager", days_ago=15)
    assert client.get(reverse("audit_trail"))["Location"] == reverse("mfa_index")
    assert client.get(reverse("mfa_index")).status_code == 200
    assert client.post(reverse("account_logout")).status_code == 302


def test_a_second_factor_pays_the_debt(house: House) -> None:
    client = owe(house, "credit_manager", days_ago=15)
    user = User.objects.get(email="credit.manager@atelier.example")
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    assert client.get(reverse("audit_trail")).status_code == 200


def test_who_holds_no_strong_role_owes_nothing(house: House) -> None:
    client = owe(house, "dispute_resolver", days_ago=100)
    assert client.get(reverse("profile")).status_code == 200


def test_a_demo_and_a_company_that_does_not_ask_owe_nothing(house: House) -> None:
    client = owe(house, "credit_manager", days_ago=100)
    with house.scope():
        Tenant.objects.update(is_second_factor_required=False)
    assert client.get(reverse("audit_trail")).status_code == 200


def test_a_session_is_noted_once_a_minute_and_at_once_from_elsewhere(house: House) -> None:
    client = house.client("collector")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client.get(reverse("profile"))
        first = UserSession.objects.get().last_seen_at
        clock.shift(30)
        client.get(reverse("profile"))
        assert UserSession.objects.get().last_seen_at == first
        client.get(reverse("profile"), headers={"User-Agent": "A telephone"})
        assert UserSession.objects.get().user_agent == "A telephone"
        clock.shift(61)
        client.get(reverse("profile"))
        assert UserSession.objects.get().last_seen_at == first + timedelta(seconds=91)
