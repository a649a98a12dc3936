"""A throw-away copy of the migrated database and its superuser, for tests that break in from below."""

import os
from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest
from django.conf import settings
from pytest_django import DjangoDbBlocker

from tests.conftest import migrating_connection, run, template_name

# What a production database has never been given, and a test database has.
CLOSED = """
REVOKE TRUNCATE ON ALL TABLES IN SCHEMA public FROM otc_web;
REVOKE ALL ON DATABASE {copy} FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
"""


def administrator() -> str:
    """Return the address of the cluster's superuser; skip where there is none."""
    address = os.environ.get("DATABASE_ADMIN_URL", "")
    if not address:
        pytest.skip("breaking in from below needs the superuser of a cluster of our own")
    return address


@pytest.fixture(scope="session")
def database_copy(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Return the name of a throw-away copy of the migrated database."""
    address = administrator()
    name = f"test_copy_{os.getpid()}"
    with (
        django_db_blocker.unblock(),
        migrating_connection(settings.DATABASES["migrate"]["NAME"]) as admin,
    ):
        run(
            admin,
            "CREATE DATABASE {copy} TEMPLATE {template} OWNER otc_owner",
            copy=name,
            template=template_name(),
        )
        yield name
    # A superuser's session may still be on its way out; nobody weaker may end it.
    with closing(psycopg2.connect(address)) as connection:
        connection.autocommit = True
        run(connection, "DROP DATABASE IF EXISTS {copy} WITH (FORCE)", copy=name)


@pytest.fixture
def superuser(database_copy: str) -> Iterator[psycopg2.extensions.cursor]:
    """Return a cursor of the cluster's superuser in the copy, closed as in production; all it does is undone."""
    connection = psycopg2.connect(administrator(), dbname=database_copy)
    with connection.cursor() as cursor:
        cursor.execute(CLOSED.format(copy=database_copy))
        yield cursor
    connection.rollback()
    connection.close()
