"""A thousand reminders, workers killed by SIGKILL ten times at random: none lost, none twice, counted at the relay.

The seed is printed; OTC_TEST_SEED repeats a run.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from dunning.channels import mail_evidence
from dunning.models import Reminder
from dunning.rules.outbox import LEASE
from dunning.services.people import confirm_reminders
from dunning.services.plan import plan_reminders
from dunning.services.settling import settle
from integrations.smtp.evidence import FolderEvidence
from kernel.permissions import system_actor
from ledger.models import Contact, Customer, Document, DueLine
from otc.celery import app
from tests.cast import House
from tests.dunning.worker_process import fast_clock
from tests.relay import RunningRelay, relay_process

KILLS = 10
PATIENCE = 45.0  # seconds without any message before we call it lost
SPEED = 20.0

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]


def owe(house: House, count: int) -> None:
    """Let `count` customers be four days late, and let their reminders go."""
    now = timezone.now()
    today = now.date()
    due = today - timedelta(days=4)
    with house.scope():
        customers = Customer.objects.bulk_create(
            Customer(
                code=f"K{n:04d}",
                name=f"Client {n}",
                sort_name=f"client {n}",
                portfolio_id=house.portfolio_id,
            )
            for n in range(count)
        )
        Contact.objects.bulk_create(
            Contact(customer=each, email=f"{each.code.lower()}@client.example", is_primary=True)
            for each in customers
        )
        documents = Document.objects.bulk_create(
            Document(
                entity_id=house.entity_id,
                customer=each,
                kind="invoice",
                number=f"F-{each.code}",
                issue_date=due - timedelta(days=30),
                currency="EUR",
                amount=Decimal(1000),
            )
            for each in customers
        )
        DueLine.objects.bulk_create(
            DueLine(
                document=each,
                due_date=due,
                contractual_due_date=due,
                amount=each.amount,
                open_amount=each.amount,
                entity_id=house.entity_id,
                customer=each.customer,
                kind="invoice",
                issue_date=each.issue_date,
                currency="EUR",
            )
            for each in documents
        )
        actor = system_actor(house.tenant_id)
        plan_reminders(today=today, now=now, actor=actor, opens_now=True)
        waiting = Reminder.objects.all()
        assert (
            len(confirm_reminders(reminders=waiting, actor=actor, now=now, opens_now=True)) == count
        )


def environment(catcher: RunningRelay) -> dict[str, str]:
    """Return what a worker process needs to use this test's database and mailbox."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    database = urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))
    return os.environ | {
        "DATABASE_URL": database,
        "EMAIL_URL": catcher.url,
        "OTC_MAIL_CA_FILE": catcher.authority_file,
        "OTC_MAIL_EVIDENCE_DIR": str(catcher.folder),
        "OTC_LOG_LEVEL": "WARNING",
    }


def seed() -> int:
    chosen = int(os.environ.get("OTC_TEST_SEED") or random.SystemRandom().randrange(10**6))
    print(f"OTC_TEST_SEED={chosen}")  # noqa: T201  a failure shows it, and it repeats the run
    return chosen


def arrived(catcher: RunningRelay) -> Counter[str]:
    """Return how often each message arrived, by the digest of its Message-ID."""
    return Counter(
        path.name.split(".")[0]
        for path in catcher.folder.glob("*.eml")
        if not path.name.startswith(".")
    )


def states(house: House) -> Counter[str]:
    with house.scope():
        return Counter(Reminder.objects.values_list("state", flat=True))


@contextmanager
def killed_at_the_end(processes: list[subprocess.Popen[bytes]]) -> Iterator[None]:
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait(10)


def wait_for(
    house: House, catcher: RunningRelay, count: int, ring: Callable[[], object] = lambda: None
) -> None:
    """Wait until everything is sent, as long as something still arrives now and then, and count at the relay."""
    seen, deadline = -1, 0.0
    while states(house)["sent"] < count:
        if len(arrived(catcher)) > seen:
            seen, deadline = len(arrived(catcher)), time.monotonic() + PATIENCE
        assert time.monotonic() < deadline, f"nothing leaves any more: {states(house)}"
        ring()
        time.sleep(0.2)
    assert states(house) == Counter(sent=count)
    copies = arrived(catcher)
    assert (len(copies), sum(copies.values())) == (count, count), "lost, or sent twice"


def test_a_thousand_reminders_survive_ten_kills(house: House, tmp_path: Path) -> None:
    chance = random.Random(seed())  # noqa: S311  repeatable chance, not secrecy
    owe(house, 1000)
    epoch = time.time()
    command = [
        sys.executable,
        "-m",
        "tests.dunning.worker_process",
        str(house.tenant_id),
        str(SPEED),
        str(epoch),
    ]
    workers: list[subprocess.Popen[bytes]] = []
    with relay_process(tmp_path / "mail") as catcher, killed_at_the_end(workers):
        known = environment(catcher)
        workers += [subprocess.Popen(command, env=known) for _ in range(2)]
        for kill in range(KILLS):
            # The next kill comes while messages leave: some time after one arrived, not while Django starts.
            target = min(
                sum(arrived(catcher).values()) + 1 + chance.randrange(60), 1000 - (KILLS - kill) * 5
            )
            deadline = time.monotonic() + 20
            while sum(arrived(catcher).values()) < target and time.monotonic() < deadline:
                time.sleep(0.02)
            time.sleep(chance.random() * 0.05)
            for place in range(len(workers)) if chance.random() < 0.5 else [chance.randrange(2)]:
                workers[place].kill()
                workers[place].wait(10)
                workers[place] = subprocess.Popen(command, env=known)
        wait_for(house, catcher, 1000)
    evidence = FolderEvidence(tmp_path / "mail")
    now = fast_clock(SPEED, epoch)()
    assert settle(house.tenant_id, evidence=evidence, now=now + LEASE).open_unknown == 0


def test_celery_workers_survive_kills_and_lose_nothing(house: House, tmp_path: Path) -> None:
    if not settings.REDIS_URL.startswith(("redis", "unix")):
        pytest.skip("no broker is named by REDIS_URL")
    chance = random.Random(seed())  # noqa: S311
    count, queue = 60, f"killed-{os.getpid()}"
    owe(house, count)

    def ring() -> None:
        app.send_task("dunning.tasks.work_tenant", [str(house.tenant_id)], queue=queue, expires=5)

    command = [
        sys.executable, "-m", "celery", "-A", "otc.celery", "worker", "-Q", queue, "-c", "2",
        "--without-gossip", "--without-mingle", "-l", "WARNING", "-n", f"{queue}@%h",
    ]  # fmt: skip
    workers: list[subprocess.Popen[bytes]] = []
    with relay_process(tmp_path / "mail") as catcher, killed_at_the_end(workers):
        known = environment(catcher)
        for _ in range(3):
            workers.append(subprocess.Popen(command, env=known, start_new_session=True))
            target = min(sum(arrived(catcher).values()) + 1 + chance.randrange(10), count - 10)
            deadline = time.monotonic() + PATIENCE
            while sum(arrived(catcher).values()) < target and time.monotonic() < deadline:
                ring()
                time.sleep(0.2)
            os.killpg(workers[-1].pid, signal.SIGKILL)
            workers[-1].wait(10)
            later = timezone.now() + LEASE + timedelta(seconds=10)
            settle(house.tenant_id, evidence=FolderEvidence(catcher.folder), now=later)
        workers.append(subprocess.Popen(command, env=known, start_new_session=True))
        try:
            wait_for(house, catcher, count, ring)
        finally:
            os.killpg(workers[-1].pid, signal.SIGKILL)


def test_the_evidence_of_the_settings_is_the_folder() -> None:
    assert isinstance(mail_evidence(), FolderEvidence)
