"""No log holds a secret that opens a page: asked of the formatter, and of the web server itself."""

import logging
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from otc.logs import MaskingFormatter, masked

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "kV3x-" + "a1B2_c3D4e5" * 3 + "zZ9_4"


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (f"Not Found: /r/{TOKEN}", "Not Found: /r/[secret]"),
        (f'"GET /r/{TOKEN}/statement.pdf HTTP/1.1" 200', '"GET /r/[secret]/statement.pdf HTTP/1.1" 200'),
        (f"<WSGIRequest: GET '/r/{TOKEN}?lang=en'>", "<WSGIRequest: GET '/r/[secret]?lang=en'>"),
        (f"https://pay.example/r/{TOKEN}", "https://pay.example/r/[secret]"),
        (f"Forbidden: /invitation/{TOKEN}", "Forbidden: /invitation/[secret]"),
        (f"/password/reset/key/1-{TOKEN}/", "/password/reset/key/[secret]/"),
        ("GET /items?state=overdue", "GET /items?state=overdue"),
        ("Not Found: /r/", "Not Found: /r/"),
    ],
)  # fmt: skip
def test_the_secret_of_an_address_is_masked_and_nothing_else(said: str, written: str) -> None:
    assert masked(said) == written
    assert masked(written) == written


def test_a_trace_is_masked_too() -> None:
    try:
        raise LookupError(f"/r/{TOKEN}")  # noqa: TRY301  the trace is what is asked about
    except LookupError:
        record = logging.LogRecord("x", 40, "", 0, "Error: %s", (f"/r/{TOKEN}",), sys.exc_info())
    text = MaskingFormatter().format(record)
    assert "Traceback" in text
    assert TOKEN not in text


def test_every_handler_of_ours_masks() -> None:
    logged: dict[str, Any] = settings.LOGGING
    for handler in logged["handlers"].values():
        assert logged["formatters"][handler["formatter"]]["()"] == "otc.logs.MaskingFormatter"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Serve the application with the access log on; yields its address and its log."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        port = line.getsockname()[1]
    log = tmp_path / "web.log"
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "otc.settings", "PYTHONPATH": str(ROOT)}
    command = [
        sys.executable, "-m", "granian", "otc.wsgi:application", "--interface", "wsgi", "--access-log",
        "--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--blocking-threads", "1", "--no-ws",
    ]  # fmt: skip
    with log.open("wb") as written:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=written, stderr=written
        )
    try:
        yield f"http://127.0.0.1:{port}", log
    finally:
        process.terminate()
        process.wait(20)


def status_of(url: str) -> int:
    """Return the status of an address, trying while the server starts."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  our own server
                return int(answer.status)
        except urllib.error.HTTPError as answer:
            return answer.code
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def test_the_web_server_writes_no_token_of_a_customer(served: tuple[str, Path]) -> None:
    url, log = served
    token = secrets.token_urlsafe(32)
    assert status_of(f"{url}/healthz") == 200
    assert status_of(f"{url}/r/{token}/no-such-page") == 404
    status_of(f"{url}/r/{token}")  # no such link, or a database without tables: both are logged
    status_of(f"{url}/r/{token}/statement.pdf?lang=en")
    deadline = time.monotonic() + 10
    while (text := log.read_text()).count("/r/[secret]/statement.pdf") < 1:
        assert time.monotonic() < deadline, text
        time.sleep(0.05)
    assert "GET /r/[secret]/no-such-page" in text
    assert "Not Found: /r/[secret]/no-such-page" in text
    assert token not in text
