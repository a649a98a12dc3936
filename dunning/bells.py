"""The bell of reminders: somebody has let some go, and they need not wait for a worker's next look."""

from kernel.bells import ring_after_commit
from kernel.permissions import Actor


def ring_for(actor: Actor) -> None:
    """Wake a worker for the actor's tenant as soon as the open transaction has committed."""
    ring_after_commit("dunning.tasks.work_tenant", str(actor.tenant_id))


def ring_for_simulation() -> None:
    """Wake a worker for the simulations that wait as soon as the open transaction has committed."""
    ring_after_commit("dunning.tasks.simulate_all")


def ring_for_letters(actor: Actor) -> None:
    """Wake a worker for the letters of the actor's tenant as soon as the open transaction has committed."""
    ring_after_commit("dunning.tasks.letters_tenant", str(actor.tenant_id))
