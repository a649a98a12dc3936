"""Signs of life: a worker and the scheduler each leave a mark that `/readyz` reads."""

from typing import Any

from celery import shared_task
from celery.signals import heartbeat_sent, worker_ready
from django.core.cache import cache

from otc.health import HEARTBEAT, TICK

BEAT_SCHEDULE = {
    "otc.tick": {"task": "otc.tasks.tick", "schedule": 30.0, "options": {"expires": 30}}
}


@shared_task(name="otc.tasks.tick")
def tick() -> None:
    """Leave the scheduler's mark: it rang, and a worker heard it."""
    cache.set(TICK, "1", 120)


@worker_ready.connect
@heartbeat_sent.connect
def mark_worker(**_signal: Any) -> None:
    """Leave this worker's mark for a minute."""
    cache.set(HEARTBEAT, "1", 60)
