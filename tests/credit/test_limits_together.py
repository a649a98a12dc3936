"""Limits of a group and of an entity, per currency."""

from decimal import Decimal

import pytest

from credit.models import CreditLimit
from credit.queries.limits import limits_of_entity, limits_of_group
from kernel.money import Money
from ledger.models import Customer, CustomerGroup, Entity
from tests.cast import TODAY, CustomerMaker, House

pytestmark = pytest.mark.django_db


def test_limits_of_a_group_add_up_per_currency(house: House, make_customer: CustomerMaker) -> None:
    with house.scope():
        group = CustomerGroup.objects.create(code="G", name="Groupe Fictif")
        held = [make_customer(house, f"C{number}", f"Fille {number}") for number in range(4)]
        make_customer(house, "C9", "Ailleurs")
        Customer.objects.filter(pk__in=[one.pk for one in held]).update(group=group)
        for customer, amount, currency in zip(
            held, (10_000, 20_000, 5_000), ("EUR", "EUR", "USD"), strict=False
        ):
            CreditLimit.objects.create(
                customer=customer, amount=amount, currency=currency, valid_from=TODAY
            )
        found = limits_of_group(group.pk, TODAY)
        assert found.totals == (Money(Decimal(30_000), "EUR"), Money(Decimal(5_000), "USD"))
        assert found.accounts[0][0].code == "C1"
        assert found.without == 1
        assert limits_of_entity(Entity.objects.get(), TODAY).without == 2
