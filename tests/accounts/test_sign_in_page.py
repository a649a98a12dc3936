"""Signing in: by password, by role on a demo, with a second factor; and what the trail keeps of it."""

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from accounts.models import AuditEvent, Membership, Tenant, User
from accounts.queries.people import demo_sign_ins
from tests.cast import House

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_counters")]
PASSWORD = "correct horse battery"


def sign_in(client: Client, email: str, password: str = PASSWORD) -> int:
    answer = client.post(reverse("account_login"), {"login": email, "password": password})
    return answer.status_code


def events(house: House) -> list[str]:
    with house.scope():
        return list(AuditEvent.objects.values_list("action", flat=True))


def make_demo(house: House) -> None:
    with house.scope():
        Tenant.objects.update(is_demo=True)


def test_a_password_opens_the_company_and_the_trail_says_so(house: House) -> None:
    house.member("collector")
    client = Client()
    assert sign_in(client, "collector@atelier.example") == 302
    assert client.get(reverse("profile")).context["request"].actor.roles == ("collector",)
    assert events(house)[0] == "accounts.sign_in"


def test_a_wrong_password_is_told_above_the_form_and_kept_in_the_trail(house: House) -> None:
    house.member("collector")
    answer = Client().post(
        reverse("account_login"), {"login": "collector@atelier.example", "password": "wrong"}
    )
    assert b'class="errsum"' in answer.content
    assert events(house)[0] == "accounts.fail_sign_in"


def test_an_unknown_address_gets_the_same_answer(house: House) -> None:
    house.member("collector")
    texts = []
    for email in ("collector@atelier.example", "nobody@atelier.example"):
        answer = Client().post(reverse("account_login"), {"login": email, "password": "wrong"})
        texts.append(answer.content.decode().split('class="errsum"')[1].split("</ul>")[0])
    assert texts[0] == texts[1]


def test_the_sixth_wrong_password_of_an_account_is_not_even_tried(house: House) -> None:
    house.member("collector")
    for _try in range(5):
        sign_in(Client(), "collector@atelier.example", "wrong")
    client = Client()
    sign_in(client, "collector@atelier.example")
    assert "_auth_user_id" not in client.session


def test_the_page_works_with_password_managers_and_without_inline_code(db: None) -> None:
    text = Client().get(reverse("account_login")).content.decode()
    assert 'autocomplete="current-password"' in text
    assert "style=" not in text
    assert "onclick" not in text
    assert "demo-title" not in text


def test_elsewhere_than_on_a_demo_nobody_comes_in_without_a_password(house: House) -> None:
    make_demo(house)
    person = house.member("collector")
    assert demo_sign_ins() == []
    assert Client().post(reverse("demo_sign_in", args=[person])).status_code == 404


def test_a_demo_offers_one_sign_in_for_each_role(
    house: House, other_house: House, settings: Settings
) -> None:
    settings.OTC_DEMO = True
    make_demo(house)
    person = house.member("collector")
    house.member("credit_manager")
    stranger = other_house.member("collector")
    assert [one.role_code for one in demo_sign_ins()] == [
        "tenant_admin",
        "credit_manager",
        "collector",
    ]
    client = Client()
    assert b"Look around as" in client.get(reverse("account_login")).content
    assert client.post(reverse("demo_sign_in", args=[person])).status_code == 302
    assert client.get(reverse("profile")).context["request"].actor.roles == ("collector",)
    assert Client().post(reverse("demo_sign_in", args=[stranger])).status_code == 404


def test_a_demo_sign_in_is_a_post(house: House, settings: Settings) -> None:
    settings.OTC_DEMO = True
    make_demo(house)
    person = house.member("collector")
    assert Client().get(reverse("demo_sign_in", args=[person])).status_code == 405


def test_a_second_factor_is_asked_for_after_the_password(house: House) -> None:
    pk = house.member("collector")
    with house.scope():
        user = Membership.objects.select_related("user").get(pk=pk).user
    secret = totp.generate_totp_secret()
    Authenticator.objects.create(
        user=user,
        type=Authenticator.Type.TOTP,
        data={"secret": get_adapter().encrypt(secret)},
    )
    client = Client()
    sign_in(client, "collector@atelier.example")
    assert "_auth_user_id" not in client.session
    page = client.get(reverse("mfa_authenticate"))
    assert page.status_code == 200
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "_auth_user_id" not in client.session
    code = totp.format_hotp_value(
        totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time())))
    )
    client.post(reverse("mfa_authenticate"), {"code": code})
    assert client.session["_auth_user_id"] == str(user.pk)  # type: ignore[union-attr]


def test_signing_out_is_kept_in_the_trail(house: House) -> None:
    house.client("collector").post(reverse("account_logout"))
    assert events(house)[0] == "accounts.sign_out"


def test_a_person_of_two_companies_switches_between_them(house: House, other_house: House) -> None:
    client = house.client("collector")
    user = User.objects.get(email="collector@atelier.example")
    with other_house.scope():
        Membership.objects.create(user=user, name="Invité", email=user.email, state="active")
    key = client.session.session_key
    client.post(reverse("switch_tenant"), {"tenant": "voisin", "next": "/me"})
    assert client.get(reverse("profile")).context["request"].tenant.slug == "voisin"
    assert client.session.session_key != key
    assert client.post(reverse("switch_tenant"), {"tenant": "nowhere"}).status_code == 404


def test_a_stranger_cannot_switch_into_a_company(house: House, other_house: House) -> None:
    client = house.client("collector")
    assert client.post(reverse("switch_tenant"), {"tenant": "voisin"}).status_code == 404
    assert client.get(reverse("profile")).context["request"].tenant.slug == "atelier"
