"""The database alone keeps tenants apart (P8, P9)."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.models import Scope, Tenant
from kernel.tenancy import NoTenantScopeError, signed_context
from ledger.models import Contact, Customer
from tests.cast import CustomerMaker, House

pytestmark = pytest.mark.django_db


def test_the_suite_runs_as_a_role_that_owns_nothing(house: House) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user",
        )
        assert cursor.fetchone() == ("otc_web", False, False)


def test_without_a_context_a_tenant_table_is_an_error(
    house: House, make_customer: CustomerMaker
) -> None:
    with house.scope():
        make_customer(house)  # of an empty table PostgreSQL need not ask whose rows it has
    with pytest.raises(DatabaseError, match="no tenant context"), transaction.atomic():
        list(Customer.objects.all())


def test_a_row_cannot_be_made_outside_a_scope(house: House) -> None:
    with pytest.raises(NoTenantScopeError):
        Customer(code="X", name="X", sort_name="x", portfolio_id=house.portfolio_id)


def test_a_forged_context_shows_no_row(house: House, make_customer: CustomerMaker) -> None:
    with house.scope():
        make_customer(house)
    with transaction.atomic(), connection.cursor() as cursor:
        forged = signed_context(house.tenant_id, expires=9_999_999_999, key=b"not the key")
        cursor.execute("SELECT set_config('app.ctx', %s, true)", [forged])
        cursor.execute("SELECT count(*) FROM ledger_customer")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT set_config('app.ctx', '', true)")


def test_another_tenants_rows_do_not_exist(
    house: House, other_house: House, make_customer: CustomerMaker
) -> None:
    with house.scope():
        customer = make_customer(house)
    with other_house.scope():
        assert not Customer.objects.filter(pk=customer.pk).exists()
        assert Customer.objects.filter(pk=customer.pk).update(name="stolen") == 0
        assert list(Tenant.objects.values_list("slug", flat=True)) == ["voisin"]


def test_a_reference_to_another_tenants_row_is_refused(
    house: House, other_house: House, make_customer: CustomerMaker
) -> None:
    with house.scope():
        customer = make_customer(house)
    with other_house.scope():
        with pytest.raises(IntegrityError), transaction.atomic():
            Contact.objects.create(customer_id=customer.pk, name="Intruder")
        assert Scope.objects.count() == 4
