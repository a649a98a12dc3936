"""A limit asked for by one person and approved by another (S7)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Membership
from credit.models import CreditLimit
from credit.queries import exposure, headroom, limit_on
from credit.services import AskedLimit, LimitRefused, grant_limit
from kernel.money import Money
from kernel.permissions import Actor, system_actor
from ledger.models import Customer, Perimeter
from ledger.services import record_exchange_rate, set_owners
from tests.cast import TODAY, CustomerMaker, House
from tests.ledger.books import Books

pytestmark = pytest.mark.django_db

JANUARY, JULY, NOVEMBER = date(2026, 1, 1), date(2026, 7, 1), date(2026, 11, 1)


@pytest.fixture
def analyst(house: House) -> Actor:
    return house.actor("credit_analyst")


@pytest.fixture
def manager(house: House) -> Actor:
    return house.actor("credit_manager")


def euros(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def asked(customer: Customer, amount: str, start: date = JANUARY) -> AskedLimit:
    return AskedLimit(customer, euros(amount), start, reason="Good payer since 2019")


def grant(limit: AskedLimit, requester: Actor, approver: Actor) -> CreditLimit:
    assert requester.membership_id is not None
    membership = Membership.objects.get(pk=requester.membership_id)
    return grant_limit(limit, requested_by=membership, actor=approver, today=TODAY)


def test_another_person_grants_what_was_asked(
    house: House, analyst: Actor, manager: Actor, make_customer: CustomerMaker
) -> None:
    with house.scope():
        customer = make_customer(house)
        grant(replace(asked(customer, "400000"), insured=euros("250000")), analyst, manager)
        limit = limit_on(customer.pk, TODAY)
        assert limit is not None
        assert (limit.amount, limit.own_risk) == (euros("400000"), euros("150000"))
        assert limit_on(customer.pk, date(2025, 12, 31)) is None


def test_whoever_asked_does_not_grant(
    house: House, manager: Actor, make_customer: CustomerMaker
) -> None:
    with house.scope():
        customer = make_customer(house)
        with pytest.raises(LimitRefused, match="S7"):
            grant(asked(customer, "1"), manager, manager)
        with pytest.raises(IntegrityError, match="s7"), transaction.atomic():
            CreditLimit.objects.create(
                customer=customer,
                amount=1,
                currency="EUR",
                valid_from=TODAY,
                requested_by_id=manager.membership_id,
                approved_by_id=manager.membership_id,
            )


def test_a_machine_and_the_accounts_own_seller_never_grant(
    house: House, analyst: Actor, manager: Actor, make_customer: CustomerMaker
) -> None:
    with house.scope():
        customer = make_customer(house)
        with pytest.raises(LimitRefused, match="S12"):
            grant(asked(customer, "1"), analyst, system_actor(house.tenant_id))
        seller = Membership.objects.get(email=manager.email)
        set_owners(customer=customer, sales_rep=seller, actor=analyst, today=TODAY)
        with pytest.raises(LimitRefused, match="sells to"):
            grant(asked(customer, "1"), analyst, manager)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"amount": euros("-1")}, "neither is below zero"),
        ({"insured": euros("11")}, "11.00 EUR cannot be insured of a limit of 10.00 EUR"),
        ({"insured": Money(Decimal(1), "USD")}, "in the currency of the limit"),
        ({"valid_until": date(2025, 12, 31)}, "cannot end on 2025-12-31"),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(  # noqa: PLR0917  fixtures come by name
    house: House,
    analyst: Actor,
    manager: Actor,
    make_customer: CustomerMaker,
    change: dict[str, object],
    sentence: str,
) -> None:
    with house.scope():
        limit = replace(asked(make_customer(house), "10"), **change)  # type: ignore[arg-type]
        with pytest.raises(LimitRefused, match=sentence):
            grant(limit, analyst, manager)


def test_a_temporary_limit_steps_in_front_and_gives_way_again(
    house: House, analyst: Actor, manager: Actor, make_customer: CustomerMaker
) -> None:
    with house.scope():
        customer = make_customer(house)
        grant(asked(customer, "400"), analyst, manager)
        temporary = replace(asked(customer, "450", JULY), valid_until=date(2026, 9, 30))
        grant(temporary, analyst, manager)
        with pytest.raises(LimitRefused, match="already has a limit from 2026-07-01"):
            grant(asked(customer, "500", JULY), analyst, manager)
        days = (date(2026, 6, 30), JULY, date(2026, 9, 30), date(2026, 10, 1))
        found = [limit_on(customer.pk, day) for day in days]
        assert [limit.amount.amount for limit in found if limit] == [400, 450, 450, 400]


def test_exposure_counts_every_perimeter_and_the_headroom_converts_it(
    house: House, analyst: Actor, manager: Actor, make_customer: CustomerMaker
) -> None:
    with house.scope():
        books, customer = Books(house, manager), make_customer(house)
        books.invoice(customer, "F-1", JULY, "100")
        books.invoice(customer, "F-2", JULY, "50", perimeter=Perimeter.DOUBTFUL)
        books.invoice(customer, "F-3", JULY, "40", currency="USD")
        books.payment(customer, "P-1", JULY, "30", perimeter=Perimeter.DEPOSIT)
        assert exposure(customer.pk, TODAY) == {
            "EUR": euros("120"),
            "USD": Money(Decimal(40), "USD"),
        }
        assert headroom(customer.pk, TODAY) is None
        grant(asked(customer, "200"), analyst, manager)
        room = headroom(customer.pk, TODAY)
        assert room is not None
        assert room.currencies_without_rate == ("USD",)
        record_exchange_rate(
            currency="USD",
            valid_from=JULY,
            rate=Decimal("0.5"),
            actor=manager,
            today=TODAY,
        )
        room = headroom(customer.pk, TODAY)
        assert room is not None
        assert (room.exposure, room.left) == (euros("140"), euros("60"))
        assert headroom(customer.pk, date(2026, 6, 30)).exposure == euros("0")  # type: ignore[union-attr]
