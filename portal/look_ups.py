"""What finds a tenant by a customer's link: one narrow database function, made by our first migration."""

from uuid import UUID

from django.db import connection

from accounts.look_ups import hashed

TOKEN_LENGTH = 43
"""256 random bits in URL-safe base 64, without padding."""


def link_of_token(token: str) -> tuple[UUID, UUID] | None:
    """Return (tenant, link) of a secret; None when no link has it, also for one cut or mistyped."""
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM sec.tenant_of_portal_link(%s)", [hashed(token)])
        row = cursor.fetchone()
    return (row[0], row[1]) if row else None
