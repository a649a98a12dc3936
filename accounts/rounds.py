"""Scheduled work visits the companies in turn; what fails for one keeps no other waiting."""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar
from uuid import UUID

from django.db import close_old_connections

from accounts.look_ups import tenant_ids

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


def for_each_tenant(
    what: str, work: Callable[[UUID], Result], *, among: Iterable[UUID] | None = None
) -> dict[UUID, Result]:
    """Do the work of each tenant, of all unless some are named; return what each gave, without those where it failed.

    `work` opens the tenant's scope itself. A failure is logged as `what`, with its traceback, and the next follows.
    """
    done = {}
    for tenant_id in tenant_ids() if among is None else among:
        try:
            done[tenant_id] = work(tenant_id)
        except Exception:
            logger.exception("%s of tenant %s broke off", what, tenant_id)
            close_old_connections()
    return done
