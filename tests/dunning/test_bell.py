"""The bell that an agenda rings: heard by a worker at once, missed without harm."""

import socket
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from pytest_django import DjangoCaptureOnCommitCallbacks

from dunning.models import Reminder
from dunning.rules.outbox import State
from tests.cast import House
from tests.dunning.conftest import Chase

TODAY = datetime.now(UTC).date()  # a page works on the day it is asked


@pytest.fixture
def planned(chase: Chase) -> Reminder:
    """Plan a reminder that waits for a person."""
    chase.line(chase.customer(), 12, "60000", today=TODAY)
    chase.plan(TODAY, now=datetime.now(UTC))
    (reminder,) = chase.reminders()
    return reminder


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """Return what the broker is given, in order."""
    heard: list[tuple[str, list[str]]] = []

    def hear(name: str, args: list[str], **_: Any) -> None:
        heard.append((name, args))

    monkeypatch.setattr(current_app, "send_task", hear)
    return heard


def test_a_confirmation_wakes_a_worker_once_it_is_written(
    house: House,
    planned: Reminder,
    heard: list[tuple[str, list[str]]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    client = house.client("credit_manager")
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/agenda/confirm", {"reminder": str(planned.pk), "now": "1"})
        assert heard == []
    assert heard == [("dunning.tasks.work_tenant", [str(house.tenant_id)])]


def test_a_confirmation_of_nothing_wakes_nobody(
    house: House,
    planned: Reminder,
    heard: list[tuple[str, list[str]]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        house.client("credit_manager").post("/agenda/confirm", {"reminder": "none"})
    assert heard == []


def test_a_stop_that_ends_wakes_a_worker(
    house: House,
    planned: Reminder,
    heard: list[tuple[str, list[str]]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    client = house.client("credit_manager")
    client.post("/agenda/stop", {"reason": "Books being closed"})
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/agenda/resume")
    assert len(heard) == 1


def test_the_bell_of_every_process_hangs_on_the_broker_of_the_settings(
    request: pytest.FixtureRequest,
) -> None:
    script = "import django; django.setup(); from celery import current_app as c; print(c.conf.broker_url)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=request.config.rootpath, capture_output=True, check=True
    )
    assert done.stdout.decode().strip() == settings.REDIS_URL


def test_a_dead_broker_leaves_the_confirmation_standing(
    house: House,
    planned: Reminder,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))  # taken, and nobody listens
        dead = f"redis://127.0.0.1:{line.getsockname()[1]}/0"
        monkeypatch.setattr(current_app.conf, "broker_write_url", dead)
        monkeypatch.setattr(current_app.amqp, "_producer_pool", None)
        with django_capture_on_commit_callbacks(execute=True):
            answer = house.client("credit_manager").post(
                "/agenda/confirm", {"reminder": str(planned.pk), "now": "1"}
            )
    assert answer.status_code == 302
    assert "the broker is out of reach" in caplog.text
    with house.scope():
        assert Reminder.objects.get().state == State.READY  # what every worker's own look asks for
