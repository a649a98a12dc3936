"""Eight people do the same at the same instant: one file taken in, one declaration, one look-up the budget pays for."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection
from pytest_django import Settings

from credit.models import Cover, InsuranceDeclaration, LookUp, Source
from credit.services.covers import apply_import
from credit.services.declarations import declare
from credit.services.information import ask_look_up, set_source
from kernel.errors import Refused
from kernel.tenancy import tenant_scope
from tests.cast import CustomerMaker, House
from tests.credit.insuring import NOW, SNCF, TODAY, insured_house

AT_ONCE = 8
SIRENS = (
    "552049447",
    "775663438",
    "732829320",
    "404833048",
    "303265045",
    "383755949",
    "880878145",
    "130025265",
)


@pytest.mark.timeout(900)
@pytest.mark.django_db(transaction=True)
def test_eight_at_once_have_one_effect_each(
    house: House, make_customer: CustomerMaker, settings: Settings
) -> None:
    settings.OTC_INFORMATION = {"commercial": ("http://127.0.0.1:9", "k"), "register": ("", "")}
    people = insured_house(house)
    with house.scope():
        policy = people.policy(valid_from=TODAY - timedelta(days=400))
        alpha = make_customer(house, "C-1", "Alpha", siren=SNCF)
        people.take(policy, f"{SNCF};Alpha;Accordé;50 000;EUR;01/03/2026;;CF-1")
        invoice = people.invoice(alpha, "F-1", "9000", TODAY - timedelta(days=130))
        waiting = people.file(policy, f"{SNCF};Alpha;Réduit;9 000;EUR;01/11/2026;;CF-1")
        set_source(
            source=Source.COMMERCIAL, is_on=True, price=Decimal(1), monthly_budget=Decimal(1), currency="EUR",
            kept_days=1, actor=people.manager,
        )  # fmt: skip

    def at_once(act: Callable[[int], object]) -> int:
        barrier = Barrier(AT_ONCE, timeout=60)

        def one(number: int) -> int:
            try:
                barrier.wait()
                with tenant_scope(house.tenant_id):
                    act(number)
            except Refused:
                return 0
            finally:
                connection.close()
            return 1

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return sum(pool.map(one, range(AT_ONCE)))

    actor = people.manager
    assert at_once(lambda _n: apply_import(batch=waiting, actor=actor, now=NOW, today=TODAY)) == 1
    documents = [invoice.document_id]
    assert (
        at_once(
            lambda _n: declare(
                documents=documents, kind="overdue", actor=actor, now=NOW, today=TODAY
            )
        )
        == 1
    )
    asked = at_once(
        lambda n: ask_look_up(
            source=Source.COMMERCIAL, siren=SIRENS[n], actor=actor, now=NOW, today=TODAY
        )
    )
    assert asked == 1
    with house.scope():
        assert Cover.objects.count() == 2
        assert InsuranceDeclaration.objects.get().number.endswith("-001")
        assert LookUp.objects.count() == 1
