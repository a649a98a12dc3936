"""A worker as a process of its own, for tests that kill it: the loop of `dunning.tasks`, without Celery.

`python -m tests.dunning.worker_process TENANT_ID SPEED EPOCH`: its clock runs SPEED times as fast as ours since
EPOCH (seconds), so that leases of a minute run out in seconds.
"""

import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import django


def fast_clock(speed: float, epoch: float) -> Callable[[], datetime]:
    """Return a clock that showed the true time at `epoch` and runs `speed` times as fast."""
    start = datetime.fromtimestamp(epoch, tz=UTC)
    return lambda: start + timedelta(seconds=(time.time() - epoch) * speed)


def main(arguments: list[str]) -> None:
    django.setup()
    from dunning.channels import mail_channel, mail_evidence  # noqa: PLC0415  Django first
    from dunning.services.sending import Sender  # noqa: PLC0415
    from dunning.services.settling import settle  # noqa: PLC0415
    from tests.dunning.plain import compose_plainly  # noqa: PLC0415

    tenant_id = UUID(arguments[0])
    clock = fast_clock(float(arguments[1]), float(arguments[2]))
    sender = Sender(
        worker=f"process:{os.getpid()}",
        channel=mail_channel(),
        evidence=mail_evidence(),
        clock=clock,
        compose=compose_plainly,
    )
    while True:
        settle(tenant_id, evidence=sender.evidence, now=clock())
        sender.send_ready(tenant_id)
        time.sleep(0.1)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "otc.settings")
    main(sys.argv[1:])
