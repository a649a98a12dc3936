"""Whether the database alone keeps tenants apart: the catalogue is asked for every way around the wall (P9).

The questions are in isolation.sql, one for each kind of fault. A table that holds no tenant's rows has to be named in
GLOBAL_TABLES, a function that steps over the wall in KNOWN_DEFINERS: what is new is a fault until somebody has
thought about it.
"""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from django.apps import apps
from django.db.models import ForeignKey

from kernel.tenancy import TenantModel

APPLICATION_ROLES = ("otc_web", "otc_worker")
QUESTIONS = Path(__file__).with_suffix(".sql")

# Users stand outside any one tenant; the rest are tables of libraries about users, and of Django about itself.
GLOBAL_TABLES = (
    "accounts_user",
    "accounts_user_groups",
    "accounts_user_user_permissions",
    "account_emailaddress",
    "account_emailconfirmation",
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "django_content_type",
    "django_migrations",
    "django_session",
    "mfa_authenticator",
    "usersessions_usersession",
)

# Functions that run with the owner's rights. Each finds ids by a secret or a narrow key, or writes the audit chain.
KNOWN_DEFINERS = (
    "sec.append_audit",
    "sec.demo_people",
    "sec.memberships_of",
    "sec.tenant",
    "sec.tenant_ids",
    "sec.tenant_of_invitation",
    "sec.tenant_of_message",
    "sec.tenant_of_portal_link",
    "sec.tenant_of_sender",
    "sec.tenant_of_slug",
    "sec.tenant_of_token",
    "sec.verify_audit",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One hole in the wall: what kind, in which object, and what is to be done."""

    kind: str
    object: str
    detail: str

    def as_json(self) -> dict[str, str]:
        """Return the fault as the command prints it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Check:
    """A kind of fault: its question answers with rows of (object, fact), and `detail` says what each means."""

    kind: str
    detail: str
    question: str


def checks() -> list[Check]:
    """Return the checks written in isolation.sql, in its order."""
    parts = re.split(r"^-- (\w+): (.+)$", QUESTIONS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    shared = parts[0]
    return [
        Check(kind, detail, shared + question)
        for kind, detail, question in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    ]


class Cursor(Protocol):
    """What the questions are put to: a cursor of Django's or of the driver."""

    def execute(self, query: str, parameters: Any = ..., /) -> Any:  # noqa: ANN401  drivers differ
        """Put a question."""

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return its answers."""


def isolation_faults(cursor: Cursor) -> list[Fault]:
    """Return every way around the wall that the catalogue of this database shows; none is a sound database.

    Reads the system catalogue only, so that it needs no tenant and no right beyond connecting.
    """
    faults = [fault for check in checks() for fault in _answers(cursor, check)]
    return faults + list(_references_without_wall(cursor))


def _answers(cursor: Cursor, check: Check) -> Iterator[Fault]:
    lists = {
        "roles": list(APPLICATION_ROLES),
        "globals": list(GLOBAL_TABLES),
        "definers": list(KNOWN_DEFINERS),
    }
    cursor.execute(check.question, lists)
    for name, fact in cursor.fetchall():
        yield Fault(check.kind, name, check.detail.replace("{fact}", fact))


_COMPOSITE_KEYS = """
SELECT c.relname, a.attname FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_attribute t ON t.attrelid = c.oid AND t.attname = 'tenant_id' AND t.attnum = ANY (k.conkey)
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname <> 'tenant_id' AND a.attnum = ANY (k.conkey)
WHERE k.contype = 'f' AND k.convalidated
"""


def _references_without_wall(cursor: Cursor) -> Iterator[Fault]:
    """Yield the references between tenants' tables that the models declare and no composite constraint holds."""
    cursor.execute(_COMPOSITE_KEYS)
    held = set(cursor.fetchall())
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if (
                _is_between_tenants(model, field)
                and (model._meta.db_table, field.column) not in held
            ):
                yield Fault(
                    "missing_composite_key",
                    model._meta.db_table,
                    f"nothing ties {field.column} to a row of the same tenant: add the constraint on "
                    f"(tenant_id, {field.column})",
                )


def _is_between_tenants(model: type[Any], field: object) -> bool:
    return (
        issubclass(model, TenantModel)
        and isinstance(field, ForeignKey)
        and issubclass(field.related_model, TenantModel)
    )
