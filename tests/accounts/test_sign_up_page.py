"""Opening a company: five fields and a role."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts import look_ups
from accounts.models import AuditEvent, Membership, RoleGrant, Tenant, User
from kernel.tenancy import tenant_scope

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_counters")]
FACTS = {
    "company": "Orvanne Industries",
    "first_name": "Camille",
    "last_name": "Exemple",
    "email": "camille@orvanne.example",
    "password": "trois coups d'avance",
    "role": "collector",
    "is_solo": "on",
}


def sign_up(client: Client, **changes: str) -> int:
    return client.post(reverse("account_signup"), {**FACTS, **changes}).status_code


def roles_in(slug: str) -> list[str]:
    tenant_id = look_ups.tenant_of_slug(slug)
    assert tenant_id is not None
    with tenant_scope(tenant_id):
        return list(RoleGrant.objects.order_by("granted_at").values_list("role", flat=True))


def test_a_person_alone_works_at_once_with_every_right_he_needs() -> None:
    client = Client()
    assert sign_up(client) == 302
    assert roles_in("orvanne-industries") == ["collector", "credit_manager", "tenant_admin"]
    assert client.get(reverse("profile")).context["request"].tenant.is_solo


def test_single_control_is_marked_in_the_trail() -> None:
    sign_up(Client())
    tenant_id = look_ups.tenant_of_slug("orvanne-industries")
    assert tenant_id is not None
    with tenant_scope(tenant_id):
        event = AuditEvent.objects.get(action="accounts.open_tenant")
        assert event.details["single_control"] is True
        assert event.details["rule"] == "S6"


def test_with_colleagues_to_come_the_rules_hold_from_the_first_day() -> None:
    sign_up(Client(), role="credit_manager", is_solo="")
    assert roles_in("orvanne-industries") == ["tenant_admin"]


def test_the_address_is_asked_to_be_confirmed() -> None:
    sign_up(Client())
    assert mail.outbox[0].to == ["camille@orvanne.example"]
    assert "/confirm-email/" in mail.outbox[0].body


def test_two_companies_of_one_name_get_two_short_names() -> None:
    sign_up(Client())
    sign_up(Client(), email="other@orvanne.example")
    assert look_ups.tenant_of_slug("orvanne-industries-2") is not None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("company", ""),
        ("first_name", ""),
        ("email", "no address"),
        ("password", "short"),
        ("password", "camille@orvanne.example"),
        ("role", "tenant_admin"),
    ],
)
def test_what_is_missing_is_said_above_the_form_and_at_the_field(field: str, value: str) -> None:
    answer = Client().post(reverse("account_signup"), {**FACTS, field: value})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert f'href="#id_{field}' in text or f'"#id_{field}' in text
    assert "errsum" in text
    assert not User.objects.exists()


def test_an_address_with_an_account_is_sent_to_sign_in() -> None:
    sign_up(Client())
    answer = Client().post(reverse("account_signup"), FACTS)
    assert answer.status_code == 422
    assert "already has an account" in answer.content.decode()


def test_a_person_signed_in_opens_a_second_company_without_a_password() -> None:
    client = Client()
    sign_up(client)
    answer = client.post(
        reverse("account_signup"), {"company": "Seconde SARL", "role": "executive"}
    )
    assert answer.status_code == 302
    assert client.get(reverse("profile")).context["request"].tenant.slug == "seconde-sarl"
    assert User.objects.count() == 1


def test_nothing_is_half_opened_when_the_page_refuses() -> None:
    sign_up(Client(), password="short")
    assert look_ups.tenant_of_slug("orvanne-industries") is None


def test_the_first_company_sees_nothing_of_the_second() -> None:
    sign_up(Client())
    sign_up(Client(), company="Autre", email="x@autre.example")
    tenant_id = look_ups.tenant_of_slug("autre")
    assert tenant_id is not None
    with tenant_scope(tenant_id):
        assert Tenant.objects.count() == 1
        assert Membership.objects.count() == 1


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("page", ["account_signup", "account_login"])
def test_the_entrance_promises_nothing_that_is_not_there(language: str, page: str) -> None:
    answer = Client().get(reverse(page), headers={"Accept-Language": language})
    text = answer.content.decode()
    assert f'<html lang="{language}"' in text
    for absent in ("SSO", "single sign-on", "SIREN", "nous remplirons", "we will fill"):
        assert absent.casefold() not in text.casefold()
    for later in ("répondent en un geste", "answer in one tap", "décident au même endroit"):
        assert later not in text
