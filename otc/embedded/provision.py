"""The roles of the database, the same for the embedded cluster, the container image and production.

`python -m otc.embedded.provision ADMIN_URL` runs the statements on the server that ADMIN_URL (or the variable
DATABASE_ADMIN_URL) names, as often as one likes. With `--passwords FOLDER` each login role gets the password in
the file of its name.

Why so many roles: row-level security only holds for a role that is neither superuser nor BYPASSRLS nor owner of the
tables (docs/decisions/database-roles.md). The application owns nothing.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812  the name of a class

OWNER = "otc_owner"
MIGRATE = "otc_migrate"
WEB = "otc_web"
WORKER = "otc_worker"
BACKUP = "otc_backup"
SUPPORT = "otc_support"

_NOTHING_SPECIAL = "NOSUPERUSER NOCREATEROLE NOREPLICATION"
_ATTRIBUTES = {
    OWNER: f"NOLOGIN NOBYPASSRLS {_NOTHING_SPECIAL}",
    MIGRATE: f"LOGIN NOBYPASSRLS {_NOTHING_SPECIAL}",
    WEB: f"LOGIN NOBYPASSRLS NOCREATEDB {_NOTHING_SPECIAL}",
    WORKER: f"LOGIN NOBYPASSRLS NOCREATEDB {_NOTHING_SPECIAL}",
    BACKUP: f"LOGIN BYPASSRLS NOCREATEDB {_NOTHING_SPECIAL}",
    SUPPORT: f"LOGIN NOBYPASSRLS NOCREATEDB {_NOTHING_SPECIAL}",
}
LOGIN_ROLES = (MIGRATE, WEB, WORKER, BACKUP, SUPPORT)

# Everything times out: a lock in seconds, a page in half a minute, a task in a quarter of an hour.
_DEFAULTS: Mapping[str, Mapping[str, str]] = {
    # What a deploy creates belongs to the owner, who cannot log in.
    MIGRATE: {"role": OWNER, "lock_timeout": "10s"},
    WEB: {
        "statement_timeout": "30s",
        "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": "60s",
    },
    WORKER: {
        "statement_timeout": "15min",
        "lock_timeout": "30s",
        "idle_in_transaction_session_timeout": "15min",
    },
    SUPPORT: {"default_transaction_read_only": "on", "statement_timeout": "30s"},
    BACKUP: {"default_transaction_read_only": "on"},
}


@contextmanager
def _administrator(address: str, database: str | None = None) -> Iterator[Cursor]:
    connection = (
        psycopg2.connect(address, dbname=database) if database else psycopg2.connect(address)
    )
    try:
        connection.autocommit = True  # CREATE DATABASE refuses to run inside a transaction
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def _exists(cursor: Cursor, query: str, name: str) -> bool:
    cursor.execute(query, [name])
    return cursor.fetchone() is not None


def _create_roles(cursor: Cursor, *, may_create_databases: bool) -> None:
    create_databases = "CREATEDB" if may_create_databases else "NOCREATEDB"
    for role, attributes in _ATTRIBUTES.items():
        known = _exists(cursor, "SELECT 1 FROM pg_roles WHERE rolname = %s", role)
        verb = sql.SQL("ALTER ROLE {} {}") if known else sql.SQL("CREATE ROLE {} {}")
        words = f"{attributes} {create_databases}" if role in {OWNER, MIGRATE} else attributes
        cursor.execute(verb.format(sql.Identifier(role), sql.SQL(words)))
    cursor.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(OWNER), sql.Identifier(MIGRATE)))
    cursor.execute(sql.SQL("GRANT pg_read_all_data TO {}").format(sql.Identifier(BACKUP)))
    for role, defaults in _DEFAULTS.items():
        for name, value in defaults.items():
            cursor.execute(
                sql.SQL("ALTER ROLE {} SET {} = {}").format(
                    sql.Identifier(role), sql.Identifier(name), sql.Literal(value)
                )
            )


def _set_passwords(cursor: Cursor, passwords: Mapping[str, str]) -> None:
    for role, password in passwords.items():
        cursor.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(password))
        )


def _create_database(cursor: Cursor, database: str) -> None:
    if not _exists(cursor, "SELECT 1 FROM pg_database WHERE datname = %s", database):
        cursor.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(database), sql.Identifier(OWNER)
            )
        )


def _close_database(cursor: Cursor, database: str) -> None:
    """Leave the application roles what migrations grant, and nothing that PostgreSQL gives to all by itself."""
    cursor.execute(
        sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database))
    )
    cursor.execute(
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
            sql.Identifier(database), sql.SQL(", ").join(map(sql.Identifier, LOGIN_ROLES))
        )
    )
    # Servers of an earlier release may have given it to the worker.
    cursor.execute(
        sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM {}").format(
            sql.Identifier(database), sql.Identifier(WORKER)
        )
    )
    cursor.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")


def provision(
    address: str,
    *,
    database: str = "otc",
    may_create_databases: bool = False,
    passwords: Mapping[str, str] | None = None,
) -> None:
    """Create the roles and the database, or bring them back to what this page says; safe to run again.

    `address` names a superuser. `may_create_databases` is for the tests, which make databases of their own;
    a production role never needs it. Existing passwords stay as they are unless given.
    """
    with _administrator(address) as cursor:
        _create_roles(cursor, may_create_databases=may_create_databases)
        _set_passwords(cursor, passwords or {})
        _create_database(cursor, database)
    with _administrator(address, database) as cursor:
        _close_database(cursor, database)


def passwords_in(folder: Path) -> dict[str, str]:
    """Return the password of each login role that has a file of its name in `folder`."""
    files = {role: folder / role for role in LOGIN_ROLES}
    return {role: file.read_text().strip() for role, file in files.items() if file.is_file()}


def main(arguments: Sequence[str]) -> int:
    """Provision the server named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m otc.embedded.provision", description=__doc__)
    parser.add_argument(
        "address",
        metavar="ADMIN_URL",
        nargs="?",
        default=os.environ.get("DATABASE_ADMIN_URL"),
        help="a superuser's address; default: DATABASE_ADMIN_URL",
    )
    parser.add_argument("--database", default="otc")
    parser.add_argument("--passwords", type=Path, metavar="FOLDER", help="one file per login role")
    chosen = parser.parse_args(arguments)
    if not chosen.address:
        parser.error("name a superuser's address, or set DATABASE_ADMIN_URL")
    passwords = passwords_in(chosen.passwords) if chosen.passwords else {}
    provision(chosen.address, database=chosen.database, passwords=passwords)
    print(f"Roles and database {chosen.database} are in place.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
