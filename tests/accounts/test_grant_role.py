"""Roles are given by another person, and never against the segregation rules."""

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AuditEvent, Membership, RoleGrant, Scope, Tenant
from accounts.queries import actor_of
from accounts.services.roles import (
    LastAdmin,
    OwnRole,
    RoleConflict,
    RoleNotGrantable,
    grant_role,
    revoke_role,
)
from kernel.permissions import Actor, Reach
from tests.cast import House

pytestmark = pytest.mark.django_db


def member(house: House, role: str) -> Membership:
    pk = house.member(role)
    with house.scope():
        return Membership.objects.get(pk=pk)


def give(house: House, admin: Actor, to: Membership, role: str, **extra: object) -> RoleGrant:
    reach = extra.get("reach")
    assert reach is None or isinstance(reach, Reach)
    with house.scope():
        scope = Scope.objects.get(path=extra.get("path", "/"))
        return grant_role(member=to, role=role, scope=scope, reach=reach, actor=admin)


def test_a_role_holds_at_the_next_request(house: House) -> None:
    admin, person = house.actor("tenant_admin"), member(house, "sales_rep")
    give(house, admin, person, "collector", path="/FR/ATELIER/NORD/", reach=Reach.ALL)
    with house.scope():
        actor = actor_of(person.pk)
        assert actor is not None
        held = actor.held("dunning.send_reminder")
        assert [(one.scope_path, one.reach) for one in held] == [("/FR/ATELIER/NORD/", Reach.ALL)]


def test_nobody_gives_a_role_to_himself(house: House) -> None:
    admin = house.actor("tenant_admin")
    with pytest.raises(OwnRole, match="S6"):
        give(house, admin, member(house, "tenant_admin"), "executive")


def test_a_second_account_of_the_same_mailbox_is_oneself(house: House) -> None:
    admin = house.actor("tenant_admin")
    with house.scope():
        alias = Membership.objects.create(name="Alias", email="tenant.admin+two@atelier.example")
    with pytest.raises(OwnRole):
        give(house, admin, alias, "credit_manager")


def test_the_database_too_refuses_a_role_given_to_oneself(house: House) -> None:
    person = member(house, "collector")
    with house.scope(), pytest.raises(IntegrityError), transaction.atomic():
        RoleGrant.objects.create(
            membership=person,
            role="executive",
            scope=Scope.objects.get(path="/"),
            granted_by=person,
        )


@pytest.mark.parametrize(
    ("held", "asked", "rule"),
    [
        ("collector", "cash_accountant", "S2"),
        ("cash_accountant", "credit_manager", "S3"),
        ("credit_manager", "tenant_admin", "S6"),
    ],
)
def test_a_pair_kept_apart_is_refused_with_the_rules_number(
    held: str, asked: str, rule: str, house: House
) -> None:
    with pytest.raises(RoleConflict, match=rule) as refused:
        give(house, house.actor("tenant_admin"), member(house, held), asked)
    assert refused.value.details["rule"] == rule


def test_the_roles_of_both_accounts_of_one_person_count_together(house: House) -> None:
    house.member("collector")
    with house.scope():
        alias = Membership.objects.create(name="Alias", email="collector+cash@atelier.example")
    with pytest.raises(RoleConflict, match="S2"):
        give(house, house.actor("tenant_admin"), alias, "cash_accountant")


def test_solo_mode_allows_the_pair_and_marks_it_single_control(house: House) -> None:
    admin, person = house.actor("tenant_admin"), member(house, "collector")
    with house.scope():
        Tenant.objects.update(is_solo=True)
    give(house, admin, person, "cash_accountant")
    with house.scope():
        event = AuditEvent.objects.filter(action="accounts.grant_role").first()
        assert event is not None
        assert event.details["single_control"] is True
        assert event.details["rule"] == "S2"


def test_solo_mode_ends_with_the_third_person(house: House) -> None:
    admin, person = house.actor("tenant_admin"), member(house, "collector")
    house.member("executive")
    with house.scope():
        Tenant.objects.update(is_solo=True)
    with pytest.raises(RoleConflict):
        give(house, admin, person, "cash_accountant")


@pytest.mark.parametrize(
    ("role", "path", "reach"),
    [
        ("portal_user", "/", None),
        ("api_client", "/", None),
        ("king", "/", None),
        ("tenant_admin", "/FR/", None),
        ("agency", "/", Reach.ALL),
    ],
)
def test_what_cannot_be_given_is_refused(
    role: str, path: str, reach: Reach | None, house: House
) -> None:
    with pytest.raises(RoleNotGrantable):
        give(
            house,
            house.actor("tenant_admin"),
            member(house, "executive"),
            role,
            path=path,
            reach=reach,
        )


def test_the_last_administrator_keeps_his_role(house: House) -> None:
    admin = house.actor("tenant_admin")
    with house.scope(), pytest.raises(LastAdmin):
        revoke_role(grant=RoleGrant.objects.get(role="tenant_admin"), actor=admin)


def test_one_of_two_administrators_can_go(house: House) -> None:
    admin, other = house.actor("tenant_admin"), member(house, "executive")
    give(house, admin, other, "tenant_admin")
    with house.scope():
        revoke_role(grant=RoleGrant.objects.get(membership=admin.membership_id), actor=admin)
        assert RoleGrant.objects.filter(role="tenant_admin").count() == 1
