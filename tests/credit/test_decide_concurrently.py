"""Eight people decide the same request at the same instant: one effect (P4)."""

import os
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from credit.models import CreditLimit, CreditRequest, RequestStep
from credit.services.circuits import StepGone, complete_step
from kernel.permissions import Actor
from kernel.tenancy import tenant_scope
from tests.cast import House
from tests.credit.asking import NOW, TODAY, cast_of, person, to_decision

REQUESTS = int(os.environ.get("OTC_TEST_APPROVALS", "25"))  # 200 for the figure of the promise
AT_ONCE = 8


@pytest.mark.timeout(900)
@pytest.mark.django_db(transaction=True)
def test_eight_decisions_at_once_grant_one_limit_each(house: House) -> None:
    cast = cast_of(house)
    managers = [cast.manager, cast.other_manager] + [
        person(house, "credit_manager", f"manager.{number}@atelier.example")
        for number in range(AT_ONCE - 2)
    ]
    with house.scope():
        steps = [
            to_decision(cast, name=f"Kerlann {number}", siren="").steps.get(kind="decision")
            for number in range(REQUESTS)
        ]
    barrier = Barrier(AT_ONCE, timeout=60)

    def decide_all(actor: Actor) -> int:
        done = 0
        try:
            for step in steps:
                barrier.wait()
                done += _decide(house, step, actor)
        finally:
            connection.close()
        return done

    with ThreadPoolExecutor(AT_ONCE) as pool:
        done = list(pool.map(decide_all, managers))

    assert sum(done) == REQUESTS
    with house.scope():
        assert CreditLimit.objects.count() == REQUESTS
        assert CreditRequest.objects.filter(state="granted").count() == REQUESTS


def _decide(house: House, step: RequestStep, actor: Actor) -> bool:
    with tenant_scope(house.tenant_id):
        try:
            complete_step(
                step=step, outcome="as_asked", words="Fine", actor=actor, now=NOW, today=TODAY
            )
        except StepGone:
            return False
    return True
