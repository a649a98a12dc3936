"""The fourteen invariants of DOMAIN 5.5, whatever happens in whichever order; `chased_house` says what may."""

from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.cast import CustomerMaker, make_house
from tests.dunning.chased_house import ChasedHouse

EXAMPLES = 6
STEPS = 20


@pytest.mark.slow
@pytest.mark.timeout(600)  # against hanging; a busy machine is no fault
def test_the_invariants_of_the_engine_hold_whatever_happens(
    db: None, make_customer: CustomerMaker
) -> None:
    """Six lives of twenty mornings each; the same ones on every run, so that a red one stays red."""
    numbers = count(1)

    def life() -> ChasedHouse:
        number = next(numbers)
        return ChasedHouse(
            make_house(f"maison-{number}", "Maison Fictive SA"),
            make_house(f"voisine-{number}", "Voisine Fictive SA"),
            make_customer,
        )

    run_state_machine_as_test(
        life,  # type: ignore[arg-type]  # a maker of machines does as well as their class
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
