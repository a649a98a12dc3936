"""Scheduled work of accounts."""

from uuid import UUID

from celery import shared_task
from celery.schedules import crontab
from django.utils import timezone

from accounts.rounds import for_each_tenant
from accounts.services.anchors import anchor_chain
from accounts.services.solo_mails import tell_waiting
from kernel.tenancy import tenant_scope

BEAT_SCHEDULE = {
    "accounts.anchor_audit_chains": {
        "task": "accounts.tasks.anchor_audit_chains",
        "schedule": crontab(hour="2", minute="20"),
        "options": {"expires": 3600},
    },
    "accounts.tell_representatives": {
        "task": "accounts.tasks.tell_representatives",
        "schedule": 60.0,
        "options": {"expires": 60.0},
    },
}


@shared_task(name="accounts.tasks.anchor_audit_chains")
def anchor_audit_chains() -> int:
    """Write the head of every tenant's audit chain outside the database; returns how many had grown."""
    written = for_each_tenant("the anchor", _anchor_chain)
    return sum(written.values())


def _anchor_chain(tenant_id: UUID) -> bool:
    with tenant_scope(tenant_id):
        return anchor_chain(tenant_id, now=timezone.now()) is not None


@shared_task(name="accounts.tasks.tell_representatives")
def tell_representatives() -> int:
    """Write to each legal representative what waits for his word; returns how many mails left."""
    return sum(for_each_tenant("solo mode", tell_of_tenant).values())


def tell_of_tenant(tenant_id: UUID) -> int:
    """Write one tenant's mails; one that fails is tried again a minute later."""
    with tenant_scope(tenant_id):
        return tell_waiting(now=timezone.now())
