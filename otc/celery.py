"""Workers and the clock: tasks are bells, the rows in the database say what is to be done (RELIABILITY D8)."""

import os
from importlib import import_module

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "otc.settings")

app = Celery("otc")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    [
        "accounts",
        "ledger",
        "credit",
        "disputes",
        "dunning",
        "kpis",
        "portal",
        "integrations.imap",
        "otc",
    ]
)

SCHEDULED_APPS = (
    "accounts.tasks",
    "credit.tasks",
    "dunning.tasks",
    "integrations.imap.tasks",
    "ledger.tasks",
    "otc.tasks",
)


@app.on_after_finalize.connect
def collect_schedules(sender: Celery, **_: object) -> None:
    """Gather the `BEAT_SCHEDULE` that each app with scheduled work declares beside its tasks."""
    schedule: dict[str, object] = {}
    for module in SCHEDULED_APPS:
        schedule.update(import_module(module).BEAT_SCHEDULE)
    sender.conf.beat_schedule = schedule
