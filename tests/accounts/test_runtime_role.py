"""The application refuses to run under a database role that no policy binds."""

from typing import Any

import psycopg2
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from accounts import runtime_role


class _Connection:
    """A connection of the application as the check sees it, on a cursor of ours."""

    vendor = "postgresql"

    def __init__(self, cursor: psycopg2.extensions.cursor, alias: str = "default") -> None:
        self.alias = alias
        self.inner = cursor
        self.is_closed = False

    def cursor(self) -> "_Lent":
        return _Lent(self.inner)

    def close(self) -> None:
        self.is_closed = True


class _Lent:
    """A cursor that stays open after its block."""

    def __init__(self, cursor: psycopg2.extensions.cursor) -> None:
        self.cursor = cursor

    def __enter__(self) -> psycopg2.extensions.cursor:
        return self.cursor

    def __exit__(self, *_problem: object) -> None:
        return


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime_role._Checked, "done", False)


STRONG = {
    "is a superuser": "",
    "has BYPASSRLS": "ALTER ROLE otc_web BYPASSRLS; SET LOCAL ROLE otc_web",
    "owns tables": "ALTER TABLE ledger_customer OWNER TO otc_web; SET LOCAL ROLE otc_web",
    "is a member of otc_owner": "GRANT otc_owner TO otc_web; SET LOCAL ROLE otc_web",
}


@pytest.mark.parametrize("strength", STRONG)
def test_a_strong_role_stops_the_start(
    strength: str, unchecked: None, superuser: psycopg2.extensions.cursor
) -> None:
    if STRONG[strength]:
        superuser.execute(STRONG[strength])
    pretended: Any = _Connection(superuser)
    with pytest.raises(ImproperlyConfigured, match=strength):
        runtime_role.refuse_strong_role(connection=pretended)
    assert pretended.is_closed


def test_the_application_role_passes_and_is_asked_once(
    unchecked: None, superuser: psycopg2.extensions.cursor
) -> None:
    pretended: Any = _Connection(superuser)
    superuser.execute("SET LOCAL ROLE otc_web")
    runtime_role.refuse_strong_role(connection=pretended)
    assert runtime_role._Checked.done
    superuser.execute("RESET ROLE")
    runtime_role.refuse_strong_role(connection=pretended)


def test_the_migrating_connection_is_left_alone(
    unchecked: None, superuser: psycopg2.extensions.cursor
) -> None:
    pretended: Any = _Connection(superuser, "migrate")
    runtime_role.refuse_strong_role(connection=pretended)


@pytest.mark.django_db
def test_the_suite_itself_runs_under_a_role_that_passes(unchecked: None) -> None:
    own: Any = connection
    runtime_role.refuse_strong_role(connection=own)
