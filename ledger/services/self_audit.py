"""The nightly self-audit: hold the stored figures against the entries, and write down what came of it (D18)."""

from collections import Counter

from django.db import connection

from accounts.services import audit
from kernel.permissions import Actor
from ledger.queries.self_audit import BOOKS_AGREE, BOOKS_DIFFER, Difference, differences

ROWS_NAMED = 20  # in the trail; whoever looks into it asks the database for the rest
MOST_SECONDS = 600  # a million lines take one


def audit_books(*, actor: Actor) -> tuple[Difference, ...]:
    """Compare the tenant's stored figures with its entries, record the outcome and return the differences.

    Corrects nothing: a difference is a fault of ours or somebody's hand in the database, and a person looks at it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{MOST_SECONDS}s"])
    found = differences()
    if not found:
        audit.record(actor=actor, action=BOOKS_AGREE, object_kind="ledger", differences=0)
        return found
    audit.record(
        actor=actor,
        action=BOOKS_DIFFER,
        object_kind="ledger",
        differences=len(found),
        kinds=dict(Counter(difference.kind.value for difference in found)),
        rows_differing=[str(difference.row_id) for difference in found[:ROWS_NAMED]],
    )
    return found
