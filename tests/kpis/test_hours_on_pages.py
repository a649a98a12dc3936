"""Hours on a page are those of the tenant's clock, whatever zone the machine is in."""

from datetime import UTC, datetime

import pytest

from accounts.models import Tenant
from ledger.models import Customer, TimelineEntry, TimelineKind
from tests.cast import CustomerMaker, House

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "hour"), [("Europe/Paris", "13"), ("America/New_York", "07"), ("UTC", "12")]
)
def test_a_page_tells_the_hour_of_the_tenant(
    house: House, make_customer: CustomerMaker, zone: str, hour: str
) -> None:
    client = house.client("credit_manager")
    with house.scope():
        Tenant.objects.filter(pk=house.tenant_id).update(time_zone=zone)
        customer: Customer = make_customer(house, code="H1")
        TimelineEntry.objects.create(
            customer=customer, kind=TimelineKind.NOTE, at=NOON, text_code="kpis.note", words="Noted"
        )
    page = client.get("/customers/H1", {"tab": "history"}).content.decode()
    assert (
        f"{int(hour)} h 00" in page.replace("\u00a0", " ").replace("\u202f", " ")
        or f"{hour}:00" in page
    )
