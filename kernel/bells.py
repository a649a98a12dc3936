"""How a page wakes a worker. A bell that is not heard loses nothing: workers look by themselves (RELIABILITY D8)."""

import logging
from functools import partial

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

SECONDS_VALID = 60


def ring_after_commit(task: str, *ids: str) -> None:
    """Wake a worker for `task` as soon as the open transaction has committed; a dead broker is logged, no more."""
    transaction.on_commit(partial(ring, task, *ids))


def ring(task: str, *ids: str) -> None:
    """Wake a worker for `task` now, behind the bells that ring already; a dead broker is logged, no more."""
    try:
        current_app.send_task(
            task, args=list(ids), expires=SECONDS_VALID, ignore_result=True, retry=False
        )
    except (OperationalError, RedisError, OSError):
        logger.warning("the broker is out of reach; %s %s waits for the next look", task, ids)
