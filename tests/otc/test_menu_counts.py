"""The menu counts what waits once in a few seconds a person, and anew after what he does himself."""

import pytest
from django.core.cache import cache
from redis.exceptions import ConnectionError as CacheDown

from kernel.permissions import Actor
from otc.menu_counts import counts_of
from tests.cast import House

WAITING = [3]


def waiting(actor: Actor) -> int:
    return WAITING[0]


@pytest.fixture
def actor(house: House) -> Actor:
    WAITING[0] = 3
    return house.actor("collector")


@pytest.mark.django_db
def test_what_others_change_shows_later_and_the_page_one_is_on_at_once(actor: Actor) -> None:
    assert counts_of(actor, {"/agenda": waiting}, current="/home") == {"/agenda": 3}
    WAITING[0] = 4
    assert counts_of(actor, {"/agenda": waiting}, current="/home") == {"/agenda": 3}
    assert counts_of(actor, {"/agenda": waiting}, current="/agenda") == {"/agenda": 4}
    assert counts_of(actor, {"/agenda": waiting}, current="/home") == {"/agenda": 4}


@pytest.mark.django_db
def test_a_person_sees_what_he_did_himself_with_the_next_page(house: House, actor: Actor) -> None:
    client = house.client("collector")
    counts_of(actor, {"/agenda": waiting}, current="")
    WAITING[0] = 2
    client.get("/home")
    assert counts_of(actor, {"/agenda": waiting}, current="") == {"/agenda": 3}
    client.post("/me/theme", {"theme": "dark", "next": "/home"})
    assert counts_of(actor, {"/agenda": waiting}, current="") == {"/agenda": 2}


@pytest.mark.django_db
def test_nobody_is_told_the_counts_of_another(house: House, actor: Actor) -> None:
    counts_of(actor, {"/agenda": waiting}, current="")
    WAITING[0] = 0
    assert counts_of(house.actor("credit_manager"), {"/agenda": waiting}, current="") == {
        "/agenda": 0
    }


@pytest.mark.django_db
def test_without_the_cache_every_page_counts(
    house: House, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise CacheDown

    for name in ("get", "set", "delete"):
        monkeypatch.setattr(cache, name, fail)
    for count in (3, 5):
        WAITING[0] = count
        assert counts_of(actor, {"/agenda": waiting}, current="") == {"/agenda": count}
    assert (
        house.client("collector").post("/me/theme", {"theme": "dark", "next": "/home"}).status_code
        == 302
    )
