"""The cast of accounts: a browser that has just proved who holds it, and what a page answers."""

import time
from collections.abc import Callable

import pytest
from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from tests.cast import House

Fresh = Callable[..., Client]


def prove(client: Client, *, seconds_ago: int = 0) -> Client:
    """Make the browser's session say that its person gave the password `seconds_ago`."""
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": "password", "at": time.time() - seconds_ago}
    ]
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = session["_auth_user_id"]
    session.save()
    User.objects.filter(pk=session["_auth_user_id"]).update(language="en")
    return client


@pytest.fixture(autouse=True)
def english_people(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody made here read English, whether or not the French catalogue is compiled."""
    monkeypatch.setattr(User._meta.get_field("language"), "default", "en")


@pytest.fixture
def fresh() -> Fresh:
    """Return a maker of browsers whose person signed in just now."""

    def make(house: House, role: str = "tenant_admin", *, seconds_ago: int = 0) -> Client:
        return prove(house.client(role), seconds_ago=seconds_ago)

    return make


@pytest.fixture
def own_counters(settings: Settings, request: pytest.FixtureRequest) -> None:
    """Count tries in this test alone: tests that run at the same time share the server's counters."""
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": request.node.nodeid,
        }
    }
