"""Who leaves is out at his next click, and so are the keys that acted for him."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import ApiToken, Membership
from accounts.services.members import (
    ManagerLoop,
    MemberNeverJoined,
    deactivate_member,
    reactivate_member,
    set_manager,
)
from accounts.services.roles import LastAdmin
from accounts.services.tokens import issue_token
from tests.cast import NOW, TODAY, House

pytestmark = pytest.mark.django_db


def person(house: House, role: str) -> Membership:
    pk = house.member(role)
    with house.scope():
        return Membership.objects.get(pk=pk)


def test_a_closed_access_is_closed_at_the_next_request(house: House) -> None:
    admin, browser = house.actor("tenant_admin"), house.client("collector")
    member = person(house, "collector")
    assert browser.get(reverse("profile")).context["request"].actor is not None
    with house.scope():
        deactivate_member(member=member, actor=admin, now=NOW)
    assert browser.get(reverse("profile")).context["request"].actor is None


def test_the_keys_that_act_for_a_leaver_end(house: House) -> None:
    admin, actor = house.actor("tenant_admin"), house.actor("credit_analyst")
    with house.scope():
        member = Membership.objects.get(email=actor.email)
        issue_token(
            name="ERP",
            owner=member,
            scopes=["ledger.see_customers"],
            expires_on=TODAY + timedelta(days=30),
            actor=actor,
            now=NOW,
        )
        deactivate_member(member=member, actor=admin, now=NOW)
        assert not ApiToken.objects.filter(revoked_at=None).exists()


def test_the_last_administrator_cannot_leave(house: House) -> None:
    admin = house.actor("tenant_admin")
    with house.scope(), pytest.raises(LastAdmin):
        deactivate_member(member=Membership.objects.get(email=admin.email), actor=admin, now=NOW)


def test_who_comes_back_has_his_roles_again(house: House) -> None:
    admin, member = house.actor("tenant_admin"), person(house, "collector")
    with house.scope():
        deactivate_member(member=member, actor=admin, now=NOW)
        reactivate_member(member=member, actor=admin, now=NOW)
    assert house.actor("collector").roles == ("collector",)


def test_who_never_signed_in_is_invited_instead(house: House) -> None:
    admin = house.actor("tenant_admin")
    with house.scope():
        named = Membership.objects.create(name="Nommé dans un fichier")
        with pytest.raises(MemberNeverJoined, match="invitation"):
            reactivate_member(member=named, actor=admin, now=NOW)


def test_nobody_becomes_his_own_manager(house: House) -> None:
    admin = house.actor("tenant_admin")
    chief, worker = person(house, "sales_director"), person(house, "sales_rep")
    with house.scope():
        set_manager(member=worker, manager=chief, actor=admin)
        with pytest.raises(ManagerLoop):
            set_manager(member=chief, manager=worker, actor=admin)
