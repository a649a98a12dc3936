"""One worker's round: for a tenant, plan the day if that was missed, let go what is due, settle, send."""

import logging
from collections.abc import Callable
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.models import Tenant
from credit.services.rescoring import rescore_if_missing
from dunning.models import Run
from dunning.services.carrying import give_to_people
from dunning.services.escalations import tell_house
from dunning.services.follow_ups import chase_questions
from dunning.services.hold_notices import warn_customers
from dunning.services.learning import learn_if_missing
from dunning.services.lessons import tell_lessons
from dunning.services.people import promote_due
from dunning.services.plan import plan_reminders
from dunning.services.sales_notices import tell_sales
from dunning.services.sending import Sender, SendResult
from dunning.services.settling import settle
from dunning.services.side_mail_sending import SideMailSender
from kernel.permissions import system_actor
from kernel.tenancy import tenant_scope

logger = logging.getLogger(__name__)

PLAN_FROM = time(4, 0)  # in the tenant's time: before anybody is at work, after the night's imports


def plan_if_missing(tenant_id: UUID, *, sender: Sender) -> bool:
    """Plan the tenant's day unless that was done; return whether it was done now. Opens its own scope.

    The nightly bell may have been lost with the broker: the row of the run is what counts. Customers are scored first,
    so that a grade that fell chooses another scenario the same night (R27).
    """
    _score_first(tenant_id, now=sender.clock())
    with tenant_scope(tenant_id):
        now = sender.clock()
        local = now.astimezone(ZoneInfo(Tenant.objects.get(pk=tenant_id).time_zone))
        if local.time() < PLAN_FROM or Run.objects.filter(run_date=local.date()).exists():
            return False
        plan_reminders(today=local.date(), now=now, actor=system_actor(tenant_id))
        tell_house(today=local.date(), now=now)
    return True


def _today(tenant_id: UUID, now: datetime) -> date:
    """Return the day in the tenant's calendar; inside his scope."""
    return now.astimezone(ZoneInfo(Tenant.objects.get(pk=tenant_id).time_zone)).date()


def _score_first(tenant_id: UUID, *, now: datetime) -> None:
    """Score the tenant's customers unless that was done today; a fault there keeps nobody from being chased."""
    try:
        with tenant_scope(tenant_id):
            local = now.astimezone(ZoneInfo(Tenant.objects.get(pk=tenant_id).time_zone))
            if local.time() >= PLAN_FROM and not Run.objects.filter(run_date=local.date()).exists():
                actor = system_actor(tenant_id)
                rescore_if_missing(today=local.date(), now=now, actor=actor)
    except Exception:
        logger.exception("the customers of tenant %s could not be scored", tenant_id)


def learn_in_the_night(tenant_id: UUID, *, now: datetime) -> bool:
    """Learn the tenant's day unless that was done; return whether it was done now. Opens its own scope."""
    with tenant_scope(tenant_id):
        local = now.astimezone(ZoneInfo(Tenant.objects.get(pk=tenant_id).time_zone))
        if local.time() < PLAN_FROM:
            return False
        return learn_if_missing(today=local.date())


def work_for(
    tenant_id: UUID,
    *,
    sender: Sender,
    is_stopping: Callable[[], bool] = lambda: False,
    at_most: int | None = None,
) -> SendResult:
    """Do everything that waits to be done for one tenant; safe to run in many workers at once.

    `at_most` so many messages are sent: the rest has its turn after those of other tenants.
    """
    plan_if_missing(tenant_id, sender=sender)
    learn_in_the_night(tenant_id, now=sender.clock())
    with tenant_scope(tenant_id):
        give_to_people(carried=sender.carriers, now=sender.clock())
        tell_sales(now=sender.clock())
        chase_questions(now=sender.clock())
        promote_due(now=sender.clock())
        today = _today(tenant_id, sender.clock())
        warn_customers(today=today, now=sender.clock())
        tell_lessons(today=today, now=sender.clock())
    SideMailSender(sender.channel, sender.evidence, sender.clock).send(tenant_id)
    settle(tenant_id, evidence=sender.evidence, carriers=sender.carriers, now=sender.clock())
    return sender.send_ready(tenant_id, is_stopping=is_stopping, at_most=at_most)
