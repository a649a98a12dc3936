"""A simulation a worker computes in turns: how long, how much memory, how long a turn keeps others waiting.

`python -m bench.simulation 100000 2` walks 100,000 customers of ten invoices over the twelve months before the ledger's
last day, two versions side by side. No limit stands beside it: what it is for is the size it bears.
"""

import resource
import sys
import time
from datetime import timedelta

from bench import data

# isort: split
# `bench.data` sets Django up, so the models come after it.
from django.db import connection
from django.utils import timezone

from bench.dunning_plan import CONTACTS
from dunning.models import Scenario, ScenarioVersion, SimulatedCustomer, StoredSimulation
from dunning.queries.foresight import Circle, back_test_span
from dunning.queries.stored_simulations import Question
from dunning.services.scenarios import ensure_ready_scenarios
from dunning.services.stored_simulations import ask_simulation, take_turn
from kernel.permissions import system_actor
from kernel.tenancy import tenant_scope

LINES = 10
CODES = ("standard-b2b", "risky")


def filled(customers: int) -> data.BenchLedger:
    """Return a ledger of so many customers, each with somebody to write to."""
    data.LINES_PER_CUSTOMER = LINES
    ledger = data.make_ledger(round(customers * LINES / 0.99))
    with tenant_scope(ledger.tenant_id):
        ensure_ready_scenarios()
        with connection.cursor() as cursor:
            cursor.execute(CONTACTS, {"tenant": str(ledger.tenant_id)})
    return ledger


def megabytes() -> float:
    """Return the most memory this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def asked(ledger: data.BenchLedger, versions: int) -> StoredSimulation:
    """Ask for the twelve months before the last day of the ledger, of so many versions."""
    with tenant_scope(ledger.tenant_id):
        known = ScenarioVersion.objects.select_related("scenario").prefetch_related("steps")
        chosen = [known.get(scenario__code=code) for code in CODES[:versions]]
        return ask_simulation(
            scenario=Scenario.objects.get(code=CODES[0]),
            question=Question(chosen, Circle(None), back_test_span(data.DAY + timedelta(days=1))),
            actor=system_actor(ledger.tenant_id),
            now=timezone.now(),
        )


def main() -> None:
    """Fill a ledger, compute, and tell."""
    customers, versions = (int(text) for text in (*sys.argv[1:], "2000", "1")[:2])
    ledger = filled(customers)
    stored = asked(ledger, versions)
    before, turns = megabytes(), []
    while True:
        begin = time.perf_counter()
        if not take_turn(ledger.tenant_id, clock=timezone.now):
            break
        turns.append(time.perf_counter() - begin)
        print(f"turn {len(turns)}: {turns[-1]:.1f} s, {megabytes():.0f} MB", flush=True)
    with tenant_scope(ledger.tenant_id):
        done = StoredSimulation.objects.get(pk=stored.pk)
        rows = SimulatedCustomer.objects.filter(simulation=stored).count()
    print(
        f"{done.customers:,} customers, {versions} version(s), twelve months: {done.state} in {sum(turns):.0f} s, "
        f"{len(turns)} turns of {max(turns):.1f} s at most, {rows:,} customers touched; "
        f"memory {before:.0f} MB before, {megabytes():.0f} MB at most"
    )


if __name__ == "__main__":
    main()
