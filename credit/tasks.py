"""Bells of credit: no task carries anything but an id, the rows say what is to be done."""

import logging
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from celery import shared_task
from celery.schedules import crontab
from django.utils import timezone

from accounts.models import Tenant
from accounts.rounds import for_each_tenant
from credit.ports import export_target, information_from, insurer_covers
from credit.queries.insurance import insured_customers
from credit.services.committee_closing import after_step
from credit.services.committee_files import gather
from credit.services.committee_minutes import AT_ONCE, next_to_draw, paper
from credit.services.committee_sessions import remind
from credit.services.cover_losses import warn_of_stops
from credit.services.cover_sync import policies_to_sync, read_covers, take_in
from credit.services.covers import forget_old_rows
from credit.services.exports import claim_calls, make_call, record_call
from credit.services.holds import run_holds
from credit.services.information import (
    claim_look_ups,
    forget_old_answers,
    make_look_up,
    record_look_up,
)
from credit.services.notices import send_notices
from credit.services.order_checks import check_changed_orders
from credit.services.request_round import run_round
from credit.services.rescoring import rescore_if_missing
from kernel.errors import Refused
from kernel.permissions import system_actor
from kernel.tenancy import tenant_scope

logger = logging.getLogger(__name__)

MINUTE = 60.0
SCORE_FROM = time(4)  # after the night's imports, before the day's plan

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
    "credit.scores": {
        "task": "credit.tasks.scores_all",
        "schedule": crontab(hour="*", minute=8),  # two minutes before the plans, which look again
        "options": {"expires": 3000},
    },
    "credit.messages": {
        "task": "credit.tasks.messages_all",
        "schedule": MINUTE,
        "options": {"expires": MINUTE},
    },
    "credit.covers": {
        "task": "credit.tasks.covers_all",
        "schedule": crontab(hour=6, minute=10),
        "options": {"expires": 3600},
    },
    "credit.look_ups": {
        "task": "credit.tasks.look_ups_all",
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
        gather(now=now)
        remind(now=now)


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


@shared_task(name="credit.tasks.scores_all")
def scores_all() -> None:
    """Ring for the nightly scores of every tenant."""
    for_each_tenant("the scores", scores_round)


def scores_round(tenant_id: UUID) -> None:
    """Score one tenant's customers once a day, after four in its own time."""
    with tenant_scope(tenant_id):
        now = timezone.now()
        local = now.astimezone(ZoneInfo(Tenant.objects.get(pk=tenant_id).time_zone))
        if local.time() >= SCORE_FROM:
            rescore_if_missing(today=local.date(), now=now, actor=system_actor(tenant_id))


@shared_task(name="credit.tasks.messages_all")
def messages_all() -> None:
    """Ring for whatever waits to be told: mails to colleagues, calls to accounting systems."""
    for_each_tenant("the messages of credit", send_messages)


def send_messages(tenant_id: UUID) -> None:
    """Send one tenant's mails to colleagues, then call its accounting system with no transaction open."""
    with tenant_scope(tenant_id):
        send_notices(now=timezone.now())
    settle_committees(tenant_id)
    draw_minutes(tenant_id)
    call_accounting(tenant_id)


def settle_committees(tenant_id: UUID) -> None:
    """Let decisions of committees take effect that waited for somebody else, and freeze minutes that are complete."""
    with tenant_scope(tenant_id):
        tenant = Tenant.objects.get(pk=tenant_id)
        now = timezone.now()
        after_step(
            actor=system_actor(tenant_id),
            now=now,
            today=now.astimezone(ZoneInfo(tenant.time_zone)).date(),
        )


def draw_minutes(tenant_id: UUID) -> None:
    """Draw the minutes that lack a paper, one to a transaction; a machine without the engine tries again later."""
    for _count in range(AT_ONCE):
        with tenant_scope(tenant_id):
            found = next_to_draw()
            if found is None:
                return
            try:
                paper(*found, now=timezone.now())
            except Refused as refused:
                logger.warning("minutes could not be drawn: %s", refused.code)
                return


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


@shared_task(name="credit.tasks.covers_all")
def covers_all() -> None:
    """Ring for the morning's sync of every tenant's covers and for the clocks that ran out overnight."""
    for_each_tenant("the sync of covers", sync_covers)


def sync_covers(tenant_id: UUID) -> None:
    """Read one tenant's covers from its insurers, no transaction open meanwhile, and tell of covers that stopped."""
    insurer = insurer_covers()
    with tenant_scope(tenant_id):
        now, today = _clock(tenant_id)
        asked = policies_to_sync(today) if insurer is not None else []
    for one in asked:
        if insurer is None:
            break
        answer = read_covers(one, insurer)
        with tenant_scope(tenant_id):
            take_in(one, answer, now=timezone.now(), today=today)
    with tenant_scope(tenant_id):
        warn_of_stops(list(insured_customers(today)), now=now, today=today)
        forget_old_rows(now=now)
        forget_old_answers(now=now)


@shared_task(name="credit.tasks.look_ups_all")
def look_ups_all() -> None:
    """Ring for the look-ups of every tenant that wait."""
    for_each_tenant("the look-ups", make_look_ups)


@shared_task(name="credit.tasks.look_ups")
def look_ups(tenant_id: str) -> None:
    """Make one tenant's look-ups at once, for somebody waits for them."""
    make_look_ups(UUID(tenant_id))


def make_look_ups(tenant_id: UUID) -> None:
    """Ask the sources about what one tenant wants to know; no transaction is open while they think."""
    with tenant_scope(tenant_id):
        claimed = claim_look_ups(now=timezone.now())
    for row in claimed:
        client = information_from(row.source)
        if client is None:
            continue
        answer = make_look_up(row, client)
        with tenant_scope(tenant_id):
            record_look_up(row, answer, now=timezone.now())


def _clock(tenant_id: UUID) -> tuple[datetime, date]:
    """Return the instant, and the day in the tenant's calendar; inside its scope."""
    tenant = Tenant.objects.get(pk=tenant_id)
    now = timezone.now()
    return now, now.astimezone(ZoneInfo(tenant.time_zone)).date()
