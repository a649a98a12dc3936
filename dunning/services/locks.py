"""Locks that last as long as the transaction."""

from django.db import connection

from kernel.tenancy import current_tenant_id


def lock_plan() -> None:
    """Wait for any other planning of this tenant to end; two planners never see the same day at once."""
    _lock("dunning.plan")


def lock_scenarios() -> None:
    """Wait for anybody else who adds a scenario or changes the rules, so that names and order stay unique."""
    _lock("dunning.scenarios")


def lock_learning() -> None:
    """Wait for any other worker that learns what the past year teaches; the second one finds it done."""
    _lock("dunning.learn")


def may_simulate() -> bool:
    """Take the one place for a large simulation on this database; False when another worker has it.

    All tenants share it, each for a turn: the other workers go on sending meanwhile.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended('dunning.large_simulation', 0))"
        )
        (is_free,) = cursor.fetchone()
    return bool(is_free)


def lock_numbers(what: str) -> None:
    """Wait for anybody else who takes the next number of `what`, so that numbers have no gap and no double."""
    _lock(f"dunning.number.{what}")


def _lock(what: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"{what}:{current_tenant_id()}"],
        )
