"""The application does not start under a database role before which the wall between tenants does not hold.

Superusers, BYPASSRLS roles and the owner of the tables see every tenant's rows whatever the policies say
(RELIABILITY D1). Checked once in a process, at its first connection. The connection `migrate` is not looked at:
it exists to be strong, and only deploys use it.
"""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS
from django.db.backends.base.base import BaseDatabaseWrapper

_QUESTION = """
SELECT r.rolname, concat_ws(', ',
    CASE WHEN r.rolsuper THEN 'is a superuser' END,
    CASE WHEN r.rolbypassrls THEN 'has BYPASSRLS' END,
    CASE WHEN EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relowner = r.oid AND n.nspname IN ('public', 'sec')) THEN 'owns tables' END,
    CASE WHEN EXISTS (SELECT FROM pg_roles o WHERE o.rolname = 'otc_owner' AND pg_has_role(r.oid, o.oid, 'MEMBER'))
        AND NOT r.rolsuper THEN 'is a member of otc_owner' END)
FROM pg_roles r WHERE r.rolname = current_user
"""


class _Checked:
    """Whether this process has already found its role to be weak enough."""

    done = False


def refuse_strong_role(connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """Raise ImproperlyConfigured when the application's own connection has a role that no policy binds."""
    if _Checked.done or connection.alias != DEFAULT_DB_ALIAS or connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(_QUESTION)
        role, strengths = cursor.fetchone()
    if strengths:
        connection.close()
        message = (
            f"DATABASE_URL connects as {role}, which {strengths}: row-level security would not keep tenants apart. "
            f"Use otc_web or otc_worker, which own nothing."
        )
        raise ImproperlyConfigured(message)
    _Checked.done = True
