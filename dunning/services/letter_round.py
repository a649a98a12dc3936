"""One worker's round over a tenant's letters: look at addresses, draw what waits, record what was posted."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from dunning.services.letters import draw_waiting, look_at_addresses, void_settled
from dunning.services.posting import record_postings
from kernel.tenancy import tenant_scope

DRAWN_IN_A_TURN = 10
RECORDED_IN_A_TURN = 50

Clock = Callable[[], datetime]


def work_on_letters(
    tenant_id: UUID,
    *,
    clock: Clock,
    drawn: int = DRAWN_IN_A_TURN,
    recorded: int = RECORDED_IN_A_TURN,
) -> bool:
    """Do a turn of a tenant's letters and return whether some are left; opens its own scopes, many may run at once."""
    with tenant_scope(tenant_id):
        look_at_addresses()
        void_settled(now=clock())
    is_posting = record_postings(tenant_id, clock=clock, at_most=recorded)
    return draw_waiting(tenant_id, clock=clock, at_most=drawn).has_more or is_posting
