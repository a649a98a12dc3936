"""Eight people grant the same release at the same instant: one effect (P4, S8)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection

from accounts.models import AuditEvent
from credit.models import Hold, HoldRelease
from credit.services import holds
from kernel.permissions import Actor
from kernel.tenancy import tenant_scope
from tests.cast import CustomerMaker, House
from tests.credit.asking import NOW, TODAY, person

AT_ONCE = 8


@pytest.mark.timeout(900)
@pytest.mark.django_db(transaction=True)
def test_eight_grants_at_once_release_once(house: House, make_customer: CustomerMaker) -> None:
    asker = house.actor("credit_manager")
    managers = [
        person(house, "credit_manager", f"manager.{number}@atelier.example")
        for number in range(AT_ONCE)
    ]
    with house.scope():
        hold = holds.place_hold(
            holds.Wanted(make_customer(house), "Silence", falls_on=TODAY),
            actor=asker,
            now=NOW,
            today=TODAY,
        )
        release = holds.ask_release(
            hold=hold,
            reason="Paid",
            until=TODAY + timedelta(days=3),
            ceiling=None,
            actor=asker,
            now=NOW,
            today=TODAY,
        )
    barrier = Barrier(AT_ONCE, timeout=60)

    def grant(actor: Actor) -> int:
        try:
            barrier.wait()
            with tenant_scope(house.tenant_id):
                holds.decide_release(
                    release=release, is_granted=True, words="", actor=actor, now=NOW, today=TODAY
                )
        except holds.ReleaseRefused:
            return 0
        finally:
            connection.close()
        return 1

    with ThreadPoolExecutor(AT_ONCE) as pool:
        done = sum(pool.map(grant, managers))

    assert done == 1
    with house.scope():
        assert HoldRelease.objects.get().state == "granted"
        assert Hold.objects.get().state == "released"
        assert AuditEvent.objects.filter(action="credit.grant_release").count() == 1
