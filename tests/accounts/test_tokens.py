"""API keys act for a named owner, live twelve months at most, and are shown once (S12)."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import look_ups
from accounts.api_authentication import client_actor
from accounts.models import ApiToken, AuditEvent, Membership
from accounts.services.tokens import TokenRefused, collect_token, issue_token, revoke_token
from kernel.permissions import Actor
from tests.cast import NOW, TODAY, House

pytestmark = pytest.mark.django_db


def issue(house: House, actor: Actor, owner: Actor, **changes: object) -> tuple[ApiToken, str]:
    facts: dict[str, object] = {
        "name": "ERP",
        "scopes": ["ledger.see_customers"],
        "expires_on": TODAY + timedelta(days=90),
        **changes,
    }
    with house.scope():
        return issue_token(
            owner=Membership.objects.get(email=owner.email),
            actor=actor,
            now=NOW,
            **facts,  # type: ignore[arg-type]
        )


def test_the_secret_finds_the_tenant_and_only_its_hash_is_kept(house: House) -> None:
    actor = house.actor("tenant_admin")
    token, secret = issue(house, actor, actor)
    assert look_ups.tenant_of_secret("token", secret) == (house.tenant_id, token.pk)
    assert look_ups.tenant_of_secret("token", secret[:-1]) is None
    assert secret not in str(token.__dict__)


def test_an_administrator_never_holds_the_secret_of_somebody_elses_key(house: House) -> None:
    admin, analyst = house.actor("tenant_admin"), house.actor("credit_analyst")
    token, secret = issue(house, admin, analyst)
    assert secret == ""
    with house.scope():
        with pytest.raises(TokenRefused):
            collect_token(token=token, actor=admin, now=NOW)
        collected = collect_token(token=token, actor=analyst, now=NOW)
        with pytest.raises(TokenRefused, match="already shown"):
            collect_token(token=token, actor=analyst, now=NOW)
    assert look_ups.tenant_of_secret("token", collected) == (house.tenant_id, token.pk)


@pytest.mark.parametrize("day", [TODAY - timedelta(days=1), TODAY + timedelta(days=400)])
def test_a_key_lives_from_tomorrow_to_twelve_months(day: date, house: House) -> None:
    actor = house.actor("tenant_admin")
    with pytest.raises(TokenRefused, match="twelve months"):
        issue(house, actor, actor, expires_on=day)


@pytest.mark.parametrize(
    "scopes", [[], ["accounts.manage_users"], ["ledger.see_customers", "king"]]
)
def test_a_key_holds_only_what_the_api_column_knows(scopes: list[str], house: House) -> None:
    actor = house.actor("tenant_admin")
    with pytest.raises(TokenRefused):
        issue(house, actor, actor, scopes=scopes)


def test_a_key_has_at_most_its_owners_rights(house: House) -> None:
    collector = house.actor("collector")
    token, _secret = issue(
        house, collector, collector, scopes=["ledger.see_customers", "ledger.import_ledger"]
    )
    client = client_actor(token, collector)
    assert [held.reach for held in client.held("ledger.see_customers")] == ["o"]
    assert not client.can("ledger.import_ledger")
    assert client.kind == "api"


def test_a_key_cannot_make_keys(house: House) -> None:
    collector = house.actor("collector")
    token, _secret = issue(house, collector, collector)
    with pytest.raises(TokenRefused, match="S12"):
        issue(house, client_actor(token, collector), collector)


def test_a_revoked_key_is_dead_and_stays_in_the_list(house: House) -> None:
    actor = house.actor("tenant_admin")
    token, _secret = issue(house, actor, actor)
    with house.scope():
        revoke_token(token=token, actor=actor, now=NOW)
        assert ApiToken.objects.get().revoked_at == NOW


def test_a_refused_call_of_the_api_is_kept_in_the_trail(house: House, client: Client) -> None:
    collector = house.actor("collector")
    _token, secret = issue(house, collector, collector, expires_on=later())
    answer = client.post(
        "/api/v1/customers",
        data={},
        content_type="application/json",
        headers={"authorization": f"Bearer {secret}"},
    )
    assert answer.status_code == 403
    with house.scope():
        event = AuditEvent.objects.first()
        assert event is not None
        assert (event.action, event.object_id) == ("accounts.deny_access", "ledger.edit_customer")
        assert event.actor.startswith("token:")


def later() -> date:
    """Return a day after the real one: the API reads its own clock."""
    return timezone.now().date() + timedelta(days=30)
