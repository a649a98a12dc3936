"""A killed or repeated import leaves no half and no double (P5, smaller)."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection

from ledger.models import Allocation, Customer, Document, DueLine, ImportBatch
from tests.cast import House
from tests.ledger.imports.support import csv

ROWS = 3_000
KILLS = 5


def environment() -> dict[str, str]:
    """Point a command at this process's copy of the database."""
    address = urlsplit(os.environ["DATABASE_URL"])
    url = urlunsplit(address._replace(path=f"/{connection.settings_dict['NAME']}"))
    return os.environ | {"DATABASE_URL": url}


def command(house: House, path: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "manage.py", "import_file", str(path), "--tenant", house.slug, "--json"],
        cwd=settings.BASE_DIR,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def written(house: House) -> tuple[int, int, int, int]:
    with house.scope():
        models = (Customer, Document, DueLine, Allocation)
        return tuple(model.objects.count() for model in models)  # type: ignore[return-value]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_an_import_killed_at_any_moment_is_all_or_nothing(house: House, tmp_path: Path) -> None:
    path = tmp_path / "receivables.csv"
    header = "code client;nom client;n° pièce;date pièce;échéance;montant TTC;date de règlement"
    rows = [
        f"C{n % 90};Client {n % 90};F{n};05/01/2026;04/02/2026;{n},10;10/02/2026"
        for n in range(1, ROWS + 1)
    ]
    path.write_text(csv(*rows, header=header), encoding="utf-8")
    dice = random.Random(5)  # noqa: S311
    nothing = (0, 0, 0, 0)
    for _ in range(KILLS):
        process = command(house, path)
        time.sleep(dice.uniform(0.8, 5))  # the moment is the point; any outcome but a half is right
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if written(house) != nothing:
            break
    done = [command(house, path) for _ in range(2)]
    answers: list[dict[str, Any]] = [json.loads(each.communicate()[0]) for each in done]
    assert {answer["state"] for answer in answers} <= {"applied", "duplicate"}
    customers, documents, lines, allocations = written(house)
    assert (customers, lines, allocations) == (90, ROWS + 90, ROWS)
    assert documents == ROWS + 90
    with house.scope():
        assert ImportBatch.objects.filter(state="applied").count() == 1
