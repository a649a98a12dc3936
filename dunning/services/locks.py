"""Locks that last as long as the transaction."""

from django.db import connection

from kernel.tenancy import current_tenant_id


def lock_plan() -> None:
    """Wait for any other planning of this tenant to end; two planners never see the same day at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"dunning.plan:{current_tenant_id()}"],
        )
