"""A real Chromium before real processes: web server, worker and mail server over the test's own database."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, Route

from otc.embedded.processes import start_child, stop_child
from tests.browser import CHROMIUM, MISSING, open_browser
from tests.conftest import process_number
from tests.relay import RunningRelay, relay_process

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0  # seconds for a process to start on a busy machine
OWN_BROKER = str(
    8 + 2 * process_number()
)  # our worker hears the bells of our pages, and no other test's


@dataclass(frozen=True)
class Site:
    """A web server of our own, and the environment in which its worker and commands run."""

    url: str
    environment: dict[str, str]
    worker_environment: dict[str, str]
    relay: RunningRelay

    def manage(self, *words: str) -> str:
        """Run a management command as an operator does, and return what it prints."""
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(
            command, cwd=ROOT, env=self.worker_environment, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()


@dataclass
class Chromium:
    """A browser that reaches this machine only; what it asked elsewhere, or complained about, is kept."""

    browser: Browser
    site: Site
    faults: list[str] = field(default_factory=list)

    def context(self, *, width: int = 1440, **options: Any) -> BrowserContext:
        """Open a window without cookies."""
        chosen = {"locale": "en-GB", "viewport": {"width": width, "height": 900}, **options}
        context = self.browser.new_context(base_url=self.site.url, **chosen)
        context.set_default_timeout(PATIENCE * 1000 / 2)
        context.route("**/*", self._let_home)
        context.on("console", lambda message: self._complain(message.type, message.text))
        context.on("weberror", lambda fault: self._complain("error", str(fault.error)))
        return context

    def enter(self, who: Client | str, **options: Any) -> Page:
        """Open a window in which the person of a client, or of a session's key, is signed in; options as `context`."""
        name = settings.SESSION_COOKIE_NAME
        session = who if isinstance(who, str) else who.cookies[name].value
        context = self.context(**options)
        context.add_cookies([{"name": name, "value": session, "url": self.site.url}])
        return context.new_page()

    def _let_home(self, route: Route) -> None:
        if urlsplit(route.request.url).hostname == "127.0.0.1":
            route.continue_()
        else:
            self.faults.append(f"asked {route.request.url}")
            route.abort()

    def _complain(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and "422" not in text:
            self.faults.append(f"{kind}: {text}")


def named(url: str, name: str) -> str:
    """Return the address of another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def own_broker(url: str) -> str:
    """Return the address of another database on the same broker."""
    if url.startswith("redis+socket://"):
        return f"{url.split('?', maxsplit=1)[0]}?virtual_host={OWN_BROKER}"
    return named(url, OWN_BROKER)


def free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        port: int = line.getsockname()[1]
        return port


@contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[None]:
    """Run a process that ends with the test, or with the tests when those are killed."""
    process = start_child(command, environment=environment, log=log)
    try:
        yield
    finally:
        stop_child(process)


def wait_until(is_there: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    """Look until something is there, and say what was missing."""
    deadline = time.monotonic() + seconds
    while not is_there():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def answers(url: str) -> bool:
    with (
        suppress(urllib.error.URLError, ConnectionError, TimeoutError),
        urllib.request.urlopen(url, timeout=5) as answer,  # noqa: S310  our own server
    ):
        return bool(answer.status == 200)
    return False


def environments(port: int, relay: RunningRelay) -> tuple[dict[str, str], dict[str, str]]:
    """Return what the web server needs, and what the worker needs, which has a role of its own."""
    name = str(connections["default"].settings_dict["NAME"])
    web = os.environ | {
        "DATABASE_URL": named(os.environ["DATABASE_URL"], name),
        "REDIS_URL": own_broker(settings.REDIS_URL),
        "EMAIL_URL": relay.url,
        "OTC_MAIL_CA_FILE": relay.authority_file,
        "OTC_MAIL_EVIDENCE_DIR": str(relay.folder),
        "OTC_DATA_DIR": str(settings.OTC_DATA_DIR),
        "OTC_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "OTC_LOG_LEVEL": "WARNING",
        "DJANGO_SETTINGS_MODULE": "otc.settings",
        "PYTHONPATH": str(ROOT),
    }
    worker = named(os.environ.get("DATABASE_WORKER_URL") or os.environ["DATABASE_URL"], name)
    return web, web | {"DATABASE_URL": worker}


@pytest.fixture(scope="module")
def site(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve the application from a process of its own; skip where there is no browser to look at it."""
    if CHROMIUM is None:
        pytest.skip(MISSING)
    folder = tmp_path_factory.mktemp("site")
    port = free_port()
    command = [
        sys.executable, "-m", "granian", "otc.wsgi:application", "--interface", "wsgi",
        "--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--blocking-threads", "4", "--no-ws",
    ]  # fmt: skip
    with ExitStack() as stack:
        relay = stack.enter_context(relay_process(folder / "mail"))
        web, worker = environments(port, relay)
        stack.enter_context(running(command, web, folder / "web.log"))
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(f"{url}/healthz"), f"no answer, see {folder}/web.log")
        yield Site(url, web, worker, relay)


@pytest.fixture
def worker(site: Site, transactional_db: None, tmp_path: Path) -> Iterator[None]:
    """Run a Celery worker that reads files and sends reminders."""
    command = [
        sys.executable, "-m", "celery", "-A", "otc.celery", "worker", "--concurrency", "1",
        "--without-gossip", "--without-mingle", "-l", "WARNING", "-n", f"journey-{os.getpid()}@%h",
    ]  # fmt: skip
    with running(command, site.worker_environment, tmp_path / "worker.log"):
        yield


@pytest.fixture
def chromium(site: Site) -> Iterator[Chromium]:
    """Open the browser, and hold at the end that it asked nothing of anybody else and had nothing to complain about.

    While it runs, this process cannot use the database: Django sees Playwright's loop.
    """
    with open_browser() as browser:
        chromium = Chromium(browser, site)
        yield chromium
    assert chromium.faults == []
