"""Whose work is done next: each tenant has a short turn, so that a huge run does not delay another's small one."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from accounts.rounds import for_each_tenant
from dunning.services.letter_round import work_on_letters
from dunning.services.sending import Sender, SendResult
from dunning.services.stored_simulations import take_turn
from dunning.services.worker import work_for

TURN = 5  # messages of one tenant in a row; another turn costs nothing but its place in the round
LOOK_EVERY_SECONDS = (
    5.0  # how long those who have much left go on before everybody is looked at again
)


def send_in_turns(sender: Sender, *, elapsed: Callable[[], float] = time.monotonic) -> None:
    """Send what is due of every tenant, in turns, until nobody has anything left.

    Whoever confirms a few messages meanwhile waits for the next look at everybody, and then for one turn of each other
    tenant, whatever the others have in their queues.
    """
    while True:
        waiting = _with_more(
            for_each_tenant(
                "the sending", lambda tenant_id: work_for(tenant_id, sender=sender, at_most=TURN)
            )
        )
        until = elapsed() + LOOK_EVERY_SECONDS
        while waiting and elapsed() < until:
            waiting = _with_more(
                for_each_tenant(
                    "the sending",
                    lambda tenant_id: sender.send_ready(tenant_id, at_most=TURN),
                    among=waiting,
                )
            )
        if not waiting:
            return


def letters_in_turns(*, clock: Callable[[], datetime]) -> None:
    """Draw letters and record postings of every tenant, a few at a time, until nobody has any left."""

    def turn(tenant_id: UUID) -> bool:
        return work_on_letters(tenant_id, clock=clock)

    waiting = for_each_tenant("the letters", turn)
    while more := [tenant_id for tenant_id, has_more in waiting.items() if has_more]:
        waiting = for_each_tenant("the letters", turn, among=more)


def _with_more(results: Mapping[UUID, SendResult]) -> list[UUID]:
    return [tenant_id for tenant_id, result in results.items() if result.has_more]


def simulate_in_turns(*, clock: Callable[[], datetime]) -> bool:
    """Take one turn of each tenant's large simulation; return whether any was taken, and so may be left.

    One worker at a time does so, whatever many there are: the others send. After the round it asks again, behind
    whatever else waits.
    """
    taken = for_each_tenant("the simulation", lambda tenant_id: take_turn(tenant_id, clock=clock))
    return any(taken.values())
