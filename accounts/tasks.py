"""Scheduled work of accounts."""

from celery import shared_task
from celery.schedules import crontab
from django.utils import timezone

from accounts import look_ups
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
    written = 0
    for tenant_id in look_ups.tenant_ids():
        with tenant_scope(tenant_id):
            written += anchor_chain(tenant_id, now=timezone.now()) is not None
    return written
