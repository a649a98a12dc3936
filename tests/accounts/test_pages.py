"""Every page of accounts works, refuses the wrong role, and shows nothing of another company."""

from datetime import timedelta
from uuid import UUID

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse

from accounts.models import ApiToken, AuditEvent, Membership, RoleGrant, Scope, Tenant, User
from accounts.services import audit
from tests.accounts.conftest import Fresh
from tests.cast import TODAY, House

pytestmark = pytest.mark.django_db

OWN = (
    "profile",
    "account_email",
    "account_set_password",
    "mfa_index",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_list_webauthn",
    "usersessions_list",
)
ADMINISTRATION = ("company", "people", "invite", "scopes", "keys")
VISITORS = (
    "account_login",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_inactive",
    "account_email_verification_sent",
    "account_reset_password_from_key_done",
)


def node(house: House, path: str) -> UUID:
    with house.scope():
        return Scope.objects.get(path=path).pk


@pytest.mark.parametrize("name", [*OWN, *ADMINISTRATION, "audit_trail"])
def test_a_page_opens_for_who_may_see_it_without_inline_style_or_script(
    name: str, house: House, fresh: Fresh
) -> None:
    browser = fresh(house)
    EmailAddress.objects.update(verified=True)  # the second factor asks for a proven address
    answer = browser.get(reverse(name))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert " style=" not in text
    assert " onclick=" not in text
    assert text.count("<h1") == 1
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("name", VISITORS)
def test_a_visitors_page_opens_without_a_company(name: str, db: None) -> None:
    answer = Client().get(reverse(name))
    assert answer.status_code == 200
    assert " style=" not in answer.content.decode()


@pytest.mark.parametrize("name", ADMINISTRATION)
@pytest.mark.parametrize("role", ["credit_manager", "collector", "executive"])
def test_the_administration_is_for_administrators(name: str, role: str, house: House) -> None:
    assert house.client(role).get(reverse(name)).status_code == 403


@pytest.mark.parametrize("name", [*OWN, *ADMINISTRATION, "audit_trail"])
def test_a_visitor_is_sent_to_sign_in(name: str, db: None) -> None:
    answer = Client().get(reverse(name))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login")


@pytest.mark.parametrize(
    ("role", "status"),
    [("tenant_admin", 200), ("credit_manager", 200), ("executive", 200), ("collector", 403)],
)
def test_the_trail_is_read_by_those_who_may(role: str, status: int, house: House) -> None:
    assert house.client(role).get(reverse("audit_trail")).status_code == status


def test_a_denied_page_is_kept_in_the_trail(house: House) -> None:
    house.client("collector").get(reverse("company"))
    with house.scope():
        event = AuditEvent.objects.first()
        assert event is not None
        assert event.action == "accounts.deny_access"
        assert event.object_id == "accounts.manage_users"


def test_another_companys_people_scopes_and_keys_do_not_exist(
    house: House, other_house: House, fresh: Fresh
) -> None:
    client, stranger = fresh(house), other_house.member("collector")
    assert client.get(reverse("person", args=[stranger])).status_code == 404
    for name in ("deactivate_member", "reactivate_member", "change_manager", "grant_role"):
        assert client.post(reverse(name, args=[stranger])).status_code == 404
    foreign = node(other_house, "/FR/")
    for name in ("move_scope", "rename_scope", "remove_scope"):
        assert client.post(reverse(name, args=[foreign])).status_code == 404
    assert "voisin" not in client.get(reverse("people")).content.decode().casefold()


def test_the_settings_of_the_company_are_saved_and_kept_in_the_trail(
    house: House, fresh: Fresh
) -> None:
    facts = {
        "name": "Atelier Nouveau",
        "language": "en",
        "time_zone": "Europe/Berlin",
        "second_factor_grace_days": "3",
    }
    assert fresh(house).post(reverse("company"), facts).status_code == 302
    with house.scope():
        tenant = Tenant.objects.get()
        assert (tenant.name, tenant.time_zone) == ("Atelier Nouveau", "Europe/Berlin")
        assert not tenant.is_second_factor_required
        event = AuditEvent.objects.get(action="accounts.change_company")
        assert event.details["before"]["time_zone"] == "Europe/Paris"


def test_solo_mode_is_refused_to_three_people(house: House, fresh: Fresh) -> None:
    house.member("collector")
    house.member("executive")
    facts = {
        "name": "X",
        "language": "en",
        "time_zone": "Europe/Paris",
        "second_factor_grace_days": "3",
        "is_solo": "on",
    }
    answer = fresh(house).post(reverse("company"), facts)
    assert answer.status_code == 422
    assert "S14" in answer.content.decode()


def test_a_role_is_given_and_taken_away_on_the_persons_page(house: House, fresh: Fresh) -> None:
    person, client = house.member("sales_rep"), fresh(house)
    facts = {"role": "collector", "scope": str(node(house, "/FR/")), "reach": "team"}
    assert client.post(reverse("grant_role", args=[person]), facts).status_code == 302
    with house.scope():
        held = RoleGrant.objects.get(membership=person, role="collector")
        assert held.reach == "t"
    assert client.post(reverse("revoke_role", args=[person, held.pk])).status_code == 302
    with house.scope():
        assert not RoleGrant.objects.filter(membership=person, role="collector").exists()


def test_a_refused_role_is_said_above_the_form(house: House, fresh: Fresh) -> None:
    person = house.member("collector")
    facts = {"role": "cash_accountant", "scope": str(node(house, "/"))}
    answer = fresh(house).post(reverse("grant_role", args=[person]), facts)
    assert answer.status_code == 422
    assert "S2" in answer.content.decode()


def test_the_last_administrator_is_told_why_he_stays(house: House, fresh: Fresh) -> None:
    admin = house.member("tenant_admin")
    answer = fresh(house).post(reverse("deactivate_member", args=[admin]))
    assert answer.status_code == 422
    assert "last administrator" in answer.content.decode()


def test_the_tree_is_shaped_on_its_page(house: House, fresh: Fresh) -> None:
    client, root = fresh(house), node(house, "/")
    facts = {"parent": str(root), "kind": "country", "code": "be", "name": "Belgique"}
    assert client.post(reverse("add_scope"), facts).status_code == 302
    client.post(reverse("move_scope", args=[node(house, "/FR/ATELIER/")]), {"parent": "/BE/"})
    client.post(reverse("rename_scope", args=[node(house, "/BE/")]), {"name": "Royaume"})
    text = client.get(reverse("scopes")).content.decode()
    assert "/BE/ATELIER/NORD/" in text
    assert "Royaume" in text
    facts = {"source": str(root), "target": str(node(house, "/FR/"))}
    client.post(reverse("transfer_portfolios"), facts)
    assert node(house, "/FR/NORD/")
    assert client.post(reverse("remove_scope", args=[node(house, "/FR/NORD/")])).status_code == 302


def test_a_wrong_node_is_refused_above_the_form(house: House, fresh: Fresh) -> None:
    facts = {"parent": str(node(house, "/")), "kind": "country", "code": "fr", "name": "x"}
    answer = fresh(house).post(reverse("add_scope"), facts)
    assert answer.status_code == 422
    assert "errsum" in answer.content.decode()


def test_a_key_is_shown_once_and_then_only_its_beginning(house: House, fresh: Fresh) -> None:
    client, admin = fresh(house), house.member("tenant_admin")
    facts = {
        "name": "ERP",
        "owner": str(admin),
        "scopes": ["ledger.see_customers"],
        "expires_on": str(TODAY + timedelta(days=60)),
    }
    shown = client.post(reverse("keys"), facts).content.decode()
    secret = shown.split('id="secret">')[1].split("<")[0]
    assert secret.startswith("otc_")
    listed = client.get(reverse("keys")).content.decode()
    assert secret not in listed
    assert secret[:10] in listed
    with house.scope():
        token = ApiToken.objects.get()
    client.post(reverse("revoke_key", args=[token.pk]))
    assert "Revoked" in client.get(reverse("keys")).content.decode()


def test_the_owner_of_a_key_collects_it_from_his_profile(house: House, fresh: Fresh) -> None:
    analyst = house.member("credit_analyst")
    facts = {
        "name": "ERP",
        "owner": str(analyst),
        "scopes": ["ledger.see_customers"],
        "expires_on": str(TODAY + timedelta(days=60)),
    }
    assert 'id="secret"' not in fresh(house).post(reverse("keys"), facts).content.decode()
    with house.scope():
        token = ApiToken.objects.get()
    assert fresh(house).post(reverse("collect_key", args=[token.pk])).status_code == 404
    mine = fresh(house, "credit_analyst")
    assert 'id="secret">otc_' in mine.post(reverse("collect_key", args=[token.pk])).content.decode()


def test_the_trail_is_filtered_by_person_action_and_day(house: House, fresh: Fresh) -> None:
    client = fresh(house)
    house.client("collector").get(reverse("company"))
    page = client.get(reverse("audit_trail"), {"action": "accounts.deny_access"})
    assert [row.event.action for row in page.context["rows"]] == ["accounts.deny_access"]
    page = client.get(reverse("audit_trail"), {"to_day": "2020-01-01"})
    assert page.context["rows"] == []
    page = client.get(reverse("audit_trail"), {"action": "no such thing", "from_day": "soon"})
    assert page.status_code == 200


def test_a_long_list_says_where_it_stands(house: House, fresh: Fresh) -> None:
    client, actor = fresh(house), house.actor("tenant_admin")
    with house.scope():
        for number in range(60):
            audit.record(actor=actor, action="test.note", number=number)
    text = client.get(reverse("audit_trail"), {"page": "2", "action": "test.note"}).content.decode()
    assert "51–60 of 60" in text
    assert "page=1" in text


def test_the_trail_names_people_and_proves_its_chain(house: House, fresh: Fresh) -> None:
    house.client("collector").get(reverse("company"))
    text = fresh(house).get(reverse("audit_trail"), {"verify": "1"}).content.decode()
    assert "Collector" in text
    assert "The chain holds" in text


def test_the_profile_keeps_language_colours_and_shortcuts(house: House) -> None:
    client = house.client("collector")
    facts = {"name": "Sacha", "language": "en", "theme": "dark"}
    assert client.post(reverse("profile"), facts).status_code == 302
    user = User.objects.get(email="collector@atelier.example")
    assert (user.language, user.theme, user.has_shortcuts) == ("en", "dark", False)
    assert 'data-theme="dark"' in client.get(reverse("profile")).content.decode()
    with house.scope():
        assert Membership.objects.get(user=user).name == "Sacha"


@pytest.mark.parametrize(
    ("name", "field", "value"), [("set_theme", "theme", "dark"), ("set_language", "language", "fr")]
)
def test_a_visitor_keeps_colours_and_language_in_a_cookie(
    name: str, field: str, value: str, db: None
) -> None:
    client = Client()
    answer = client.post(reverse(name), {field: value, "next": "/login"})
    assert answer["Location"] == "/login"
    assert client.cookies[field].value == value
    assert client.post(reverse(name), {field: "nonsense"}).status_code == 404


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"]
)
def test_a_form_never_leads_to_another_site(target: str, db: None) -> None:
    answer = Client().post(reverse("set_theme"), {"theme": "dark", "next": target})
    assert answer["Location"] == "/"


def test_a_script_that_keeps_the_colours_gets_no_page(db: None) -> None:
    answer = Client().post(
        reverse("set_theme"), {"theme": "dark"}, headers={"sec-fetch-mode": "cors"}
    )
    assert answer.status_code == 204


def test_a_person_without_a_company_still_reaches_his_own_pages(db: None) -> None:
    user = User.objects.create_user("alone@nowhere.example", "correct horse battery")
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get(reverse("profile")).status_code == 200
    assert client.get("/").status_code == 403
    assert client.get(reverse("company"))["Location"].startswith("/login")
