"""bin/demo from its start to Ctrl-C."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from otc.embedded import demo, processes

ROOT = Path(__file__).resolve().parents[2]
SERVER_NAMES = ("DATABASE_", "REDIS_URL", "EMAIL_URL", "OTC_", "PYTEST_", "DJANGO_")


@pytest.fixture
def data_dir() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="otc-demo-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def port() -> int:
    with socket.socket() as line:
        line.bind((demo.HOST, 0))
        return int(line.getsockname()[1])


@contextmanager
def started(data_dir: Path, *words: str) -> "Iterator[subprocess.Popen[str]]":
    """Start it as a shell starts what it sends to the background: with Ctrl-C ignored."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith(SERVER_NAMES)}
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    process = subprocess.Popen(
        [sys.executable, "-m", "otc.embedded.demo", *words],
        cwd=ROOT,
        env={**bare, "OTC_DATA_DIR": str(data_dir)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    signal.signal(signal.SIGINT, before)
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_demo_serves_until_ctrl_c_and_leaves_nothing_running(data_dir: Path, port: int) -> None:
    with started(data_dir, "--port", str(port), "--no-demo-data") as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if f"http://{demo.HOST}:{port}" in line:
                break
        assert process.poll() is None, "".join(said)
        with urllib.request.urlopen(f"http://{demo.HOST}:{port}/healthz", timeout=10) as answer:
            assert answer.status == 200
        pids = [pid for child in children(process.pid) for pid in (child, *children(child))]

        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()

    assert process.returncode == 0
    assert "The data is kept" in rest
    assert processes.wait_until(lambda: not any(map(processes.is_alive, pids)), seconds=30)


def test_a_busy_port_is_refused_with_a_way_out(data_dir: Path) -> None:
    with socket.socket() as line:
        line.bind((demo.HOST, 0))
        line.listen()
        port = line.getsockname()[1]
        with started(data_dir, "--port", str(port)) as process:
            said = process.communicate(timeout=60)[0]
    assert process.returncode == 1
    assert said.startswith(f"Port {port} of {demo.HOST} cannot be used")
    assert "bin/demo --port" in said


def test_a_port_that_is_none_is_wrong_usage(data_dir: Path) -> None:
    with started(data_dir, "--port", "70000") as process:
        said = process.communicate(timeout=60)[0]
    assert process.returncode == 2
    assert "from 1 to 65535" in said
