"""What every test shares: a database in which the suite runs as the application's role, and a small cast."""

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings
from django.core.cache import caches
from django.core.management import call_command
from django.db import connections
from django.test import override_settings
from hypothesis import settings as hypothesis_settings
from psycopg2 import sql
from pytest_django import DjangoDbBlocker

ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"

FIRST_CACHE = 2  # of the broker's sixteen databases
UNCOMPRESSED = ("css", "js", "svg", "json", "txt", "md", "woff2")

pytest_plugins = ["tests.cast", "tests.copies"]

# A busy machine is no fault of the code: how long an example takes is for the benchmarks to say.
hypothesis_settings.register_profile("untimed", deadline=None)
hypothesis_settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow ones, so that no process is left with a long test while the other has none."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real files, used in place; skip where it is not beside the checkout."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the folder of real files is not beside this checkout")
    return SHARED_DATA


def template_name() -> str:
    """Return the name of the database that holds the migrations as they are now, and our context key."""
    digest = hashlib.sha256(settings.OTC_CONTEXT_KEY)
    for path in sorted([*ROOT.glob("*/migrations/*.py"), ROOT / "kernel" / "walls.py"]):
        digest.update(path.read_bytes())
    return f"test_otc_{digest.hexdigest()[:12]}"


@contextmanager
def migrating_connection(name: str) -> Iterator[psycopg2.extensions.connection]:
    """Open a connection of the migrating role to the database `name`, outside any transaction."""
    parameters = connections["migrate"].get_connection_params()
    parameters.pop("cursor_factory", None)
    connection = psycopg2.connect(**{**parameters, "dbname": name})
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(
            "SET ROLE NONE"
        )  # the owner of the tables may not make databases, the migrating role may
    try:
        yield connection
    finally:
        connection.close()


def run(
    connection: psycopg2.extensions.connection, statement: str, **names: str
) -> list[tuple[object, ...]]:
    """Run a statement in which `names` are identifiers."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(statement).format(**{key: sql.Identifier(name) for key, name in names.items()})
        )
        return cursor.fetchall() if cursor.description else []


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let one of the parallel processes make the template while the others wait."""
    folder = Path(settings.OTC_DATA_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "test-template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_template(admin: psycopg2.extensions.connection, name: str) -> None:
    """Migrate a fresh database as the migrating role; tests may also empty tables, which the application may not."""
    run(admin, "DROP DATABASE IF EXISTS {name}", name=f"{name}_new")
    run(admin, "CREATE DATABASE {name} OWNER otc_owner", name=f"{name}_new")
    migrate = connections["migrate"]
    migrate.close()
    migrate.settings_dict["NAME"] = f"{name}_new"
    call_command("migrate", verbosity=0)
    with migrate.cursor() as cursor:
        cursor.execute("GRANT TRUNCATE ON ALL TABLES IN SCHEMA public TO otc_web")
    migrate.close()
    run(admin, "ALTER DATABASE {new} RENAME TO {name}", new=f"{name}_new", name=name)


def limit_privileges(admin: psycopg2.extensions.connection, copy: str) -> None:
    """Leave the roles what provisioning leaves them."""
    run(admin, "REVOKE ALL ON DATABASE {copy} FROM PUBLIC", copy=copy)
    run(admin, "GRANT CONNECT ON DATABASE {copy} TO otc_web, otc_worker", copy=copy)


def process_number() -> int:
    """Return which of the parallel processes this one is, from 0."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


@pytest.fixture(scope="session", autouse=True)
def own_cache() -> None:
    """Give each parallel process a cache of its own: tests empty it, and count tries in it."""
    cache = settings.CACHES["default"]
    cache["LOCATION"] = re.sub(r"\d+$", str(FIRST_CACHE + process_number()), cache["LOCATION"])
    with suppress(AttributeError):  # none was opened while the tests were collected
        del caches["default"]


@pytest.fixture(scope="session", autouse=True)
def static_files() -> None:
    """Collect the static files once, uncompressed, so that pages are served as in production."""
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    newest = max(path.stat().st_mtime for path in (ROOT / "static").rglob("*"))
    with one_at_a_time():
        if not manifest.exists() or manifest.stat().st_mtime < newest:
            with override_settings(WHITENOISE_SKIP_COMPRESS_EXTENSIONS=UNCOMPRESSED):
                call_command("collectstatic", interactive=False, verbosity=0)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Give this process a copy of the migrated database, opened as the application's role `otc_web`."""
    template = template_name()
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    copy = f"{template}_{worker}_{os.getpid()}"
    with (
        django_db_blocker.unblock(),
        migrating_connection(settings.DATABASES["migrate"]["NAME"]) as admin,
    ):
        with one_at_a_time():
            known = run(admin, "SELECT datname FROM pg_database WHERE datname LIKE 'test_otc_%'")
            if (template,) not in known:
                make_template(admin, template)
            run(
                admin,
                "CREATE DATABASE {copy} TEMPLATE {template} OWNER otc_owner",
                copy=copy,
                template=template,
            )
            limit_privileges(admin, copy)
        for alias in ("default", "migrate"):
            connections[alias].close()
            connections[alias].settings_dict["NAME"] = copy
        yield
        for alias in ("default", "migrate"):
            connections[alias].close()
        with suppress(
            psycopg2.errors.ObjectInUse
        ):  # a thread's connection outlived its test; the servers go anyway
            run(admin, "DROP DATABASE IF EXISTS {copy}", copy=copy)
