"""Scheduled work of accounts."""

from uuid import UUID

from celery import shared_task
from celery.schedules import crontab
from django.utils import timezone

from accounts.rounds import for_each_tenant
from accounts.services.anchors import anchor_chain
from kernel.tenancy import tenant_scope

BEAT_SCHEDULE = {
    "accounts.anchor_audit_chains": {
        "task": "accounts.tasks.anchor_audit_chains",
        "schedule": crontab(hour="2", minute="20"),
        "options": {"expires": 3600},
    }
}


@shared_task(name="accounts.tasks.anchor_audit_chains")
def anchor_audit_chains() -> int:
    """Write the head of every tenant's audit chain outside the database; returns how many had grown."""
    written = for_each_tenant("the anchor", _anchor_chain)
    return sum(written.values())


def _anchor_chain(tenant_id: UUID) -> bool:
    with tenant_scope(tenant_id):
        return anchor_chain(tenant_id, now=timezone.now()) is not None
