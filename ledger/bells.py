"""How a page wakes a worker. A bell that is not heard loses nothing: workers look by themselves (RELIABILITY D8)."""

import logging
from functools import partial

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from ledger.models import ImportBatch

logger = logging.getLogger(__name__)

SECONDS_VALID = 60


def ring_for(batch: ImportBatch) -> None:
    """Wake a worker for this import as soon as the open transaction has committed."""
    transaction.on_commit(partial(_ring, str(batch.tenant_id), str(batch.pk)))


def _ring(tenant_id: str, batch_id: str) -> None:
    try:
        current_app.send_task(
            "ledger.tasks.work_import",
            args=[tenant_id, batch_id],
            expires=SECONDS_VALID,
            ignore_result=True,
            retry=False,
        )
    except (OperationalError, RedisError, OSError):
        logger.warning("the broker is out of reach; import %s waits for the next look", batch_id)
