"""Bells of credit: no task carries anything but an id, the rows say what is to be done."""

from uuid import UUID
from zoneinfo import ZoneInfo

from celery import shared_task
from celery.schedules import crontab
from django.utils import timezone

from accounts.models import Tenant
from accounts.rounds import for_each_tenant
from credit.ports import export_target
from credit.services.exports import claim_calls, make_call, record_call
from credit.services.holds import run_holds
from credit.services.notices import send_notices
from credit.services.order_checks import check_changed_orders
from credit.services.request_round import run_round
from kernel.permissions import system_actor
from kernel.tenancy import tenant_scope

MINUTE = 60.0

BEAT_SCHEDULE = {
    "credit.requests": {
        "task": "credit.tasks.requests_all",
        "schedule": crontab(hour="*", minute=5),
        "options": {"expires": 3000},
    },
    "credit.orders": {
        "task": "credit.tasks.orders_all",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 240},
    },
    "credit.messages": {
        "task": "credit.tasks.messages_all",
        "schedule": MINUTE,
        "options": {"expires": MINUTE},
    },
}


@shared_task(name="credit.tasks.requests_all")
def requests_all() -> None:
    """Ring for the hourly round of every tenant's requests."""
    for_each_tenant("the round of requests", requests_round)


def requests_round(tenant_id: UUID) -> None:
    """Do one tenant's round in one transaction."""
    with tenant_scope(tenant_id):
        tenant = Tenant.objects.get(pk=tenant_id)
        now = timezone.now()
        run_round(tenant, now=now, today=now.astimezone(ZoneInfo(tenant.time_zone)).date())


@shared_task(name="credit.tasks.orders_all")
def orders_all() -> None:
    """Ring for the check of orders that changed and for holds that fall or come back."""
    for_each_tenant("the round of orders", orders_round)


def orders_round(tenant_id: UUID) -> None:
    """Do one tenant's orders and holds in one transaction."""
    with tenant_scope(tenant_id):
        tenant = Tenant.objects.get(pk=tenant_id)
        now = timezone.now()
        today = now.astimezone(ZoneInfo(tenant.time_zone)).date()
        run_holds(tenant_id, now=now, today=today)
        check_changed_orders(actor=system_actor(tenant_id), now=now, today=today)


@shared_task(name="credit.tasks.messages_all")
def messages_all() -> None:
    """Ring for whatever waits to be told: mails to colleagues, calls to accounting systems."""
    for_each_tenant("the messages of credit", send_messages)


def send_messages(tenant_id: UUID) -> None:
    """Send one tenant's mails to colleagues, then call its accounting system with no transaction open."""
    with tenant_scope(tenant_id):
        send_notices(now=timezone.now())
    call_accounting(tenant_id)


def call_accounting(tenant_id: UUID) -> None:
    """Make the calls that wait; what goes wrong is written down and tried again later."""
    target = export_target()
    if target is None:
        return
    with tenant_scope(tenant_id):
        calls = claim_calls(now=timezone.now())
    for call in calls:
        problem = make_call(call, target)
        with tenant_scope(tenant_id):
            record_call(call, problem, now=timezone.now())
