"""Make a tenant whose customers owe, plan and let go: `python -m bench.outage.fill REMINDERS POISON`.

Of every kind of poison there are POISON rows: who breaks the renderer, whom the relay does not know, and to whom it
will not write for a while. What a row is shows in its customer's code.
"""

import os
import sys
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "otc.settings")
django.setup()

from django.db import connection  # noqa: E402  Django first
from django.utils import timezone  # noqa: E402

from accounts.models import Scope, ScopeKind, Tenant  # noqa: E402
from accounts.services.tenants import NewTenant, open_tenant  # noqa: E402
from dunning.models import Reminder  # noqa: E402
from dunning.services.people import confirm_reminders  # noqa: E402
from dunning.services.plan import plan_reminders  # noqa: E402
from kernel.permissions import system_actor  # noqa: E402
from kernel.tenancy import tenant_scope  # noqa: E402
from ledger.models import Contact, Customer, Document, DueLine, Entity  # noqa: E402

POISON = ("crash", "refused", "later")
DAYS_LATE = 4


def fill(count: int, poison: int, *, slug: str = "outage") -> UUID:
    """Let `count` customers of a new tenant be four days late, let their reminders go at once, and return its id."""
    now = timezone.now()
    tenant = NewTenant(slug=slug, name="Outage SAS")
    tenant_id = open_tenant(tenant, admin_email=f"{slug}@bench.example", now=now).tenant_id
    with tenant_scope(tenant_id):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
        Tenant.objects.update(created_at=now - timedelta(days=400))
        scope = Scope.objects.create(
            parent=Scope.objects.get(), kind=ScopeKind.ENTITY, code="E", name="E", path="/E/"
        )
        entity = Entity.objects.create(scope=scope, code="E", name="Outage SAS")
        kinds = [kind for kind in POISON for _ in range(poison)]
        kinds += ["plain"] * (count - len(kinds))
        _owe([f"{kind}-{number:05d}" for number, kind in enumerate(kinds)], scope, entity)
        actor, today = system_actor(tenant_id), now.date()
        plan_reminders(today=today, now=now, actor=actor, opens_now=True)
        confirmed = confirm_reminders(
            reminders=Reminder.objects.all(), actor=actor, now=now, opens_now=True
        )
    assert len(confirmed) == count, f"{len(confirmed)} of {count} reminders were let go"
    return tenant_id


def _owe(codes: list[str], scope: Scope, entity: Entity) -> None:
    due = timezone.now().date() - timedelta(days=DAYS_LATE)
    customers = Customer.objects.bulk_create(
        (
            Customer(code=code, name=f"Client {code}", sort_name=code, portfolio_id=scope.pk)
            for code in codes
        ),
        batch_size=1000,
    )
    Contact.objects.bulk_create(
        (
            Contact(customer=each, email=f"{each.code}@client.example", is_primary=True)
            for each in customers
        ),
        batch_size=1000,
    )
    documents = Document.objects.bulk_create(
        (
            Document(
                entity=entity,
                customer=each,
                kind="invoice",
                number=f"F-{each.code}",
                issue_date=due - timedelta(days=30),
                currency="EUR",
                amount=Decimal(1000),
            )
            for each in customers
        ),
        batch_size=1000,
    )
    DueLine.objects.bulk_create(
        (
            DueLine(
                document=each,
                due_date=due,
                contractual_due_date=due,
                amount=each.amount,
                open_amount=each.amount,
                entity=entity,
                customer=each.customer,
                kind="invoice",
                issue_date=each.issue_date,
                currency="EUR",
            )
            for each in documents
        ),
        batch_size=1000,
    )


if __name__ == "__main__":
    fill(int(sys.argv[1]), int(sys.argv[2]))
