"""Bells: no task carries anything but an id, and a lost one costs seconds, never a message (RELIABILITY D8).

Each worker process also looks by itself every quarter of a minute, so that sending goes on without a broker.
"""

import logging
import os
import socket
import threading
from uuid import UUID
from zoneinfo import ZoneInfo

from celery import shared_task
from celery.schedules import crontab
from celery.signals import worker_process_init
from django.db import close_old_connections
from django.utils import timezone

from accounts.models import Tenant
from accounts.rounds import for_each_tenant
from dunning.channels import carriers, mail_channel, mail_evidence
from dunning.services.carrying import take_reports
from dunning.services.legal_round import run_legal_round
from dunning.services.letter_round import work_on_letters
from dunning.services.sending import Sender
from dunning.services.sending_domains import check_again
from dunning.services.stored_simulations import forget_old_simulations
from dunning.services.watching import LOOK_BACK, take_in
from dunning.services.worker import plan_if_missing, work_for
from dunning.turns import TURN, letters_in_turns, send_in_turns, simulate_in_turns
from dunning.watch import PublishedInsolvency, insolvency_watch
from kernel.bells import ring
from kernel.tenancy import tenant_scope

logger = logging.getLogger(__name__)

POLL_SECONDS = 15.0

BEAT_SCHEDULE = {
    "dunning.plan": {
        "task": "dunning.tasks.plan_all",
        "schedule": crontab(
            hour="*", minute=10
        ),  # hourly: each tenant is planned once, after four in its own time
        "options": {"expires": 3000},
    },
    "dunning.legal": {
        "task": "dunning.tasks.legal_all",
        "schedule": crontab(hour=1, minute=40),  # before anybody's plan
        "options": {"expires": 7200},
    },
    "dunning.domains": {
        "task": "dunning.tasks.domains_all",
        "schedule": crontab(hour=2, minute=20),  # a record may go as it came
        "options": {"expires": 7200},
    },
    "dunning.reports": {
        "task": "dunning.tasks.reports_all",
        "schedule": crontab(
            hour="*", minute=25
        ),  # for days: an e-letter may be claimed for fifteen
        "options": {"expires": 3000},
    },
    "dunning.simulate": {
        "task": "dunning.tasks.simulate_all",
        "schedule": POLL_SECONDS,
        "options": {"expires": POLL_SECONDS},
    },
    "dunning.forget_simulations": {
        "task": "dunning.tasks.forget_simulations",
        "schedule": crontab(hour=3, minute=35),
        "options": {"expires": 7200},
    },
    "dunning.letters": {
        "task": "dunning.tasks.letters_all",
        "schedule": POLL_SECONDS,
        "options": {"expires": POLL_SECONDS},
    },
    "dunning.work": {
        "task": "dunning.tasks.work_all",
        "schedule": POLL_SECONDS,
        "options": {"expires": POLL_SECONDS},
    },
}

_hands = threading.local()


def hands() -> Sender:
    """Return this thread's sender: one connection to the relay, kept as long as it lives."""
    if not hasattr(_hands, "sender"):
        _hands.sender = Sender(
            worker=f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"[:80],
            channel=mail_channel(),
            evidence=mail_evidence(),
            clock=timezone.now,
            carriers=carriers(),
        )
    sender: Sender = _hands.sender
    return sender


@shared_task(name="dunning.tasks.plan_all")
def plan_all() -> None:
    """Ring for the day's plan of every tenant."""
    for_each_tenant("the plan", lambda tenant_id: plan_if_missing(tenant_id, sender=hands()))


@shared_task(name="dunning.tasks.legal_all")
def legal_all() -> None:
    """Ring for the nightly round of every tenant: insolvencies published, freezes, claims, deadlines, files."""
    today = timezone.now().date()
    watch = insolvency_watch()
    notices: tuple[PublishedInsolvency, ...] = ()
    if watch is not None:
        try:
            notices = tuple(watch.published(today - LOOK_BACK, today))
        except Exception:
            # The round goes on without the gazette: tomorrow's looks at these days again.
            logger.exception("the gazette could not be read")
    for_each_tenant("the legal round", lambda tenant_id: legal_round(tenant_id, notices))


def legal_round(tenant_id: UUID, notices: tuple[PublishedInsolvency, ...]) -> None:
    """Do one tenant's nightly round in one transaction."""
    with tenant_scope(tenant_id):
        now = timezone.now()
        zone = Tenant.objects.values_list("time_zone", flat=True).get(pk=tenant_id)
        today = now.astimezone(ZoneInfo(zone)).date()
        take_in(notices, today=today, now=now)
        run_legal_round(today=today, now=now)


@shared_task(name="dunning.tasks.domains_all")
def domains_all() -> None:
    """Ring for another look at every tenant's mail domain."""
    for_each_tenant("the mail domain", lambda tenant_id: check_again(tenant_id, now=timezone.now()))


@shared_task(name="dunning.tasks.reports_all")
def reports_all() -> None:
    """Ring for another look at what became of text messages and e-letters."""
    if not hands().carriers:
        return
    for_each_tenant(
        "the reports",
        lambda tenant_id: take_reports(tenant_id, carriers=hands().carriers, now=timezone.now()),
    )


@shared_task(name="dunning.tasks.simulate_all")
def simulate_all() -> None:
    """Ring for simulations that wait; after a turn of each tenant they queue up again, behind other bells."""
    if simulate_in_turns(clock=timezone.now):
        ring("dunning.tasks.simulate_all")


@shared_task(name="dunning.tasks.forget_simulations")
def forget_simulations() -> None:
    """Remove every tenant's old simulations."""
    for_each_tenant("the removal of old simulations", _forget_simulations)


def _forget_simulations(tenant_id: UUID) -> None:
    with tenant_scope(tenant_id):
        forget_old_simulations(now=timezone.now())


@shared_task(name="dunning.tasks.letters_all")
def letters_all() -> None:
    """Ring for letters to draw and postings to record."""
    letters_in_turns(clock=timezone.now)


@shared_task(name="dunning.tasks.letters_tenant")
def letters_tenant(tenant_id: str) -> None:
    """Ring for one tenant's letters, after somebody prepared a batch or said that it was posted."""
    if work_on_letters(UUID(tenant_id), clock=timezone.now):
        letters_in_turns(clock=timezone.now)


@shared_task(name="dunning.tasks.work_all")
def work_all() -> None:
    """Ring for whatever waits to leave."""
    send_in_turns(hands())


@shared_task(name="dunning.tasks.work_tenant")
def work_tenant(tenant_id: str) -> None:
    """Ring for one tenant, for example after somebody confirmed his reminders; a long queue goes on in turns."""
    if work_for(UUID(tenant_id), sender=hands(), at_most=TURN).has_more:
        send_in_turns(hands())


class Poller(threading.Thread):
    """Looks for work on its own, in case nobody rings."""

    def __init__(self, seconds: float = POLL_SECONDS) -> None:
        super().__init__(name="dunning-poll", daemon=True)
        self.seconds = seconds
        self.stopping = threading.Event()

    def run(self) -> None:
        """Work, wait, work again."""
        while not self.stopping.wait(self.seconds):
            close_old_connections()
            try:
                work_all()
                letters_all()
            except Exception:
                logger.exception("the poll broke off; the next one follows in %s s", self.seconds)


@worker_process_init.connect
def start_polling(**_signal: object) -> None:
    """Start looking for work in each worker process."""
    Poller().start()
