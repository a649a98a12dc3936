"""The scope tree: what moves takes everything below along, and the trail keeps where it came from (R16)."""

import pytest

from accounts.models import AuditEvent, Scope
from accounts.services.scopes import (
    ScopeInUse,
    ScopeRefused,
    add_scope,
    move_portfolios,
    move_scope,
    remove_scope,
    rename_scope,
)
from ledger.models import Customer
from tests.cast import CustomerMaker, House

pytestmark = pytest.mark.django_db


def node(path: str) -> Scope:
    return Scope.objects.get(path=path)


def test_a_moved_entity_takes_its_portfolios_along(house: House) -> None:
    admin = house.actor("tenant_admin")
    with house.scope():
        add_scope(
            parent=node("/"),
            kind="country",
            code="be",
            name="Belgique",
            currency="EUR",
            actor=admin,
        )
        move_scope(scope=node("/FR/ATELIER/"), parent=node("/BE/"), actor=admin)
        assert [scope.path for scope in Scope.objects.all()] == [
            "/",
            "/BE/",
            "/BE/ATELIER/",
            "/BE/ATELIER/NORD/",
            "/FR/",
        ]
        assert node("/BE/ATELIER/").parent == node("/BE/")
        event = AuditEvent.objects.filter(action="accounts.move_scope").get()
        assert event.details == {"from_path": "/FR/ATELIER/", "to_path": "/BE/ATELIER/"}


def test_rights_follow_the_new_place_at_once(house: House, make_customer: CustomerMaker) -> None:
    admin = house.actor("tenant_admin")
    analyst = house.actor("credit_analyst", path="/FR/ATELIER/")
    with house.scope():
        make_customer(house)
        assert Customer.objects.visible_to(analyst).count() == 1
        move_scope(scope=node("/FR/ATELIER/NORD/"), parent=node("/"), actor=admin)
        assert Customer.objects.visible_to(analyst).count() == 0


def test_a_country_changes_to_a_shared_centre_and_back_in_one_move_each(house: House) -> None:
    admin = house.actor("tenant_admin")
    with house.scope():
        entity = node("/FR/ATELIER/")
        add_scope(parent=entity, kind="portfolio", code="SUD", name="Sud", currency="", actor=admin)
        moved = move_portfolios(source=node("/FR/"), target=node("/"), actor=admin)
        assert [portfolio.path for portfolio in moved] == ["/NORD/", "/SUD/"]
        move_portfolios(source=node("/"), target=entity, actor=admin)
        assert {"/FR/ATELIER/NORD/", "/FR/ATELIER/SUD/"} <= set(
            Scope.objects.values_list("path", flat=True)
        )
        assert AuditEvent.objects.filter(action="accounts.move_scope").count() == 4


def test_a_node_cannot_be_moved_below_itself_nor_against_the_levels(house: House) -> None:
    admin = house.actor("tenant_admin")
    with house.scope():
        with pytest.raises(ScopeRefused, match="below itself"):
            move_scope(scope=node("/FR/"), parent=node("/FR/ATELIER/"), actor=admin)
        with pytest.raises(ScopeRefused, match="order"):
            move_scope(scope=node("/FR/ATELIER/"), parent=other_portfolio(admin), actor=admin)
        with pytest.raises(ScopeRefused, match="root"):
            move_scope(scope=node("/"), parent=node("/FR/"), actor=admin)


def other_portfolio(admin: object) -> Scope:
    return Scope.objects.create(parent=node("/"), kind="portfolio", code="X", name="X", path="/X/")


def test_two_nodes_never_share_a_path(house: House) -> None:
    admin = house.actor("tenant_admin")
    with house.scope(), pytest.raises(ScopeRefused, match="/FR/"):
        add_scope(parent=node("/"), kind="country", code="FR", name="x", currency="", actor=admin)


@pytest.mark.parametrize("code", ["A/B", "é", " ", "a b"])
def test_a_code_that_would_break_the_path_is_refused(code: str, house: House) -> None:
    admin = house.actor("tenant_admin")
    with house.scope(), pytest.raises(ScopeRefused):
        add_scope(parent=node("/"), kind="country", code=code, name="x", currency="", actor=admin)


def test_a_node_in_use_stays_and_an_empty_one_goes(
    house: House, make_customer: CustomerMaker
) -> None:
    admin = house.actor("tenant_admin")
    with house.scope():
        make_customer(house)
        with pytest.raises(ScopeInUse, match="Nord"):
            remove_scope(scope=node("/FR/ATELIER/NORD/"), actor=admin)
        Customer.objects.update(portfolio=node("/"))
        rename_scope(scope=node("/FR/ATELIER/NORD/"), name="Grand Nord", actor=admin)
        remove_scope(scope=node("/FR/ATELIER/NORD/"), actor=admin)
        assert not Scope.objects.filter(code="NORD").exists()
