"""What finds a tenant before any context exists: one narrow database function each.

The functions are in accounts/migrations/_security.py.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.db import connection


@dataclass(frozen=True, slots=True)
class Seat:
    """A tenant in which a user may act."""

    tenant_id: UUID
    membership_id: UUID
    slug: str
    name: str
    joined_at: datetime | None


def seats_of(user_id: UUID) -> list[Seat]:
    """Return the tenants in which the user is an active member, by name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM sec.memberships_of(%s)", [user_id])
        return [Seat(*row) for row in cursor.fetchall()]


def tenant_of_slug(slug: str) -> UUID | None:
    """Return the tenant of a slug; None when there is none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sec.tenant_of_slug(%s)", [slug])
        row = cursor.fetchone()
    return row[0] if row else None


def tenant_ids() -> list[UUID]:
    """Return the ids of all tenants, for scheduled work that visits each in a scope of its own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM sec.tenant_ids()")
        return [row[0] for row in cursor.fetchall()]


def hashed(secret: str) -> str:
    """Return the SHA-256 under which a secret of 256 random bits is stored, in hexadecimal."""
    return sha256(secret.encode()).hexdigest()


def tenant_of_secret(kind: str, secret: str) -> tuple[UUID, UUID] | None:
    """Return (tenant, row) of a secret; `kind` is `token` or `invitation`. None when nothing matches."""
    question = {
        "token": "SELECT * FROM sec.tenant_of_token(%s)",
        "invitation": "SELECT * FROM sec.tenant_of_invitation(%s)",
    }[kind]
    with connection.cursor() as cursor:
        cursor.execute(question, [hashed(secret)])
        row = cursor.fetchone()
    return (row[0], row[1]) if row else None
