"""What does not work is told on /readyz and in the agenda, in a sentence, and nothing is lost by it."""

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.test import Client, override_settings
from django.utils import translation

from otc import health
from tests.cast import House

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_look() -> Iterator[None]:
    """Let no look of another test answer for this one."""
    health.forget()
    yield
    health.forget()


@pytest.fixture
def dead_port() -> Iterator[int]:
    """Return a port that is taken and on which nobody listens."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        yield line.getsockname()[1]


def parts() -> dict[str, str]:
    answer = Client().get("/readyz", headers={"Accept-Language": "en"})
    told: dict[str, str] = answer.json()["parts"]
    assert (answer.status_code == 200) == all(words == "ok" for words in told.values())
    return told


def agenda(house: House) -> str:
    client = house.client("credit_manager")
    client.post("/me/language", {"language": "en", "next": "/agenda"})
    page = client.get("/agenda")
    assert page.status_code == 200
    return page.content.decode()


def test_a_dead_mail_server_is_named(house: House, dead_port: int) -> None:
    with override_settings(EMAIL_HOST="127.0.0.1", EMAIL_PORT=dead_port):
        sentence = parts()["mail"]
        assert sentence == (
            f"The mail server 127.0.0.1:{dead_port} does not answer (ConnectionRefusedError). "
            "Reminders wait and leave once it is back; nothing is lost."
        )
        assert sentence in agenda(house)


@pytest.fixture
def dead_broker(dead_port: int) -> Iterator[None]:
    """Point what asks the broker's server at a port on which nobody listens."""
    dead = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": f"redis://127.0.0.1:{dead_port}/1",
        }
    }
    with override_settings(CACHES=dead):
        yield


@pytest.mark.usefixtures("dead_broker")
def test_a_dead_broker_is_told_once_and_pages_still_open(house: House) -> None:
    told = parts()
    assert told["broker"].startswith("The broker does not answer (ConnectionError).")
    assert told["worker"] == told["scheduler"] == told["broker"]
    assert agenda(house).count("The broker does not answer") == 1


def test_a_full_disk_is_told_with_its_figures(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real = os.statvfs

    def full(path: str) -> SimpleNamespace:
        found = real(path)
        return SimpleNamespace(
            f_frsize=found.f_frsize,
            f_blocks=found.f_blocks,
            f_bfree=found.f_bfree,
            f_bavail=3 * 1024**2 // found.f_frsize,
        )

    monkeypatch.setattr(os, "statvfs", full)
    assert shutil.disk_usage(tmp_path).free <= 3 * 1024**2
    sentence = parts()["disk"]
    assert sentence.startswith("Only 3 MB are free on the disk of ")
    assert sentence in agenda(house)


def test_what_works_is_not_told(house: House) -> None:
    with translation.override("en"):
        assert "disk" not in " ".join(health.troubles())
    assert parts()["broker"] == "ok"
