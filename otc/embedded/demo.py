"""bin/demo: servers, migrations, demo tenants, web, worker and clock, until Ctrl-C."""

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from otc.embedded.launcher import CHECKOUT, Running, default_data_dir, remove_data, services_running
from otc.embedded.processes import ServerFailedError, last_lines, start_child, stop_child
from otc.embedded.run import Terminated, leave_on_termination

HOST = "127.0.0.1"
_READY_SECONDS = 120  # a laptop may be busy with other things
_LOOK_SECONDS = 1.0
_HIGHEST_PORT = 65_535


@dataclass
class Process:
    """One long-running part of the application; started again when it dies."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    child: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        """Start it; its words go to its log."""
        self.child = start_child(self.command, log=self.log, environment=self.environment)


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/demo", description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="start over: forget all kept data")
    parser.add_argument("--port", type=int, default=8000, metavar="N", help="default: 8000")
    parser.add_argument("--no-demo-data", action="store_true", help="create no demo tenants")
    chosen = parser.parse_args(words)
    if not 0 < chosen.port <= _HIGHEST_PORT:
        parser.error(f"--port wants a number from 1 to {_HIGHEST_PORT}, not {chosen.port}")
    return chosen


def _refuse_busy_port(port: int) -> None:
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            line.bind((HOST, port))
        except OSError as problem:
            message = f"Port {port} of {HOST} cannot be used ({problem.strerror}). Try `bin/demo --port {port + 1}`."
            raise ServerFailedError(message) from problem


def _environment(running: Running, data_dir: Path, port: int) -> dict[str, str]:
    """Return the environment of the demo's processes, and announce it: bin/manage makes links that lead here."""
    running.announce({"OTC_PUBLIC_URL": f"http://{HOST}:{port}", "OTC_DEMO": "1"})
    environment = running.child_environment()
    environment.pop("DATABASE_ADMIN_URL", None)  # no part of the application is ever a superuser
    return {
        **environment,
        "OTC_DATA_DIR": str(data_dir),
        "DJANGO_SETTINGS_MODULE": "otc.settings",
        "PYTHONPATH": str(CHECKOUT),
    }


def _manage(environment: Mapping[str, str], *words: str) -> None:
    """Run one management command to its end; what it prints is for the person at the terminal."""
    child = start_child(
        [sys.executable, str(CHECKOUT / "manage.py"), *words],
        environment=environment,
    )
    try:
        status = child.wait()
    finally:
        stop_child(child)
    if status:
        message = f"`manage.py {' '.join(words)}` ended with status {status}; see the lines above."
        raise ServerFailedError(message)


def _processes(environment: Mapping[str, str], data_dir: Path, port: int) -> list[Process]:
    logs = data_dir / "log"
    logs.mkdir(exist_ok=True)
    celery = [sys.executable, "-m", "celery", "-A", "otc.celery"]
    # Where the environment names one server for all, the worker shares the web's role.
    worker_role = {
        "DATABASE_URL": environment.get("DATABASE_WORKER_URL") or environment["DATABASE_URL"]
    }
    return [
        Process(
            "web",
            [
                *(sys.executable, "-m", "granian", "otc.wsgi:application", "--interface", "wsgi"),
                *("--host", HOST, "--port", str(port), "--workers", "2", "--blocking-threads", "4"),
                *("--no-ws", "--respawn-failed-workers"),
            ],
            environment,
            logs / "web.log",
        ),
        Process(
            "worker",
            [
                *(*celery, "worker", "--concurrency", "2", "--loglevel", "INFO"),
                *("--without-gossip", "--without-mingle", "--hostname", f"demo-{port}@%h"),
            ],
            {**environment, **worker_role},
            logs / "worker.log",
        ),
        Process(
            "beat",
            [
                *(*celery, "beat", "--loglevel", "INFO"),
                *("--schedule", str(data_dir / "beat-schedule"), "--pidfile", ""),
            ],
            {**environment, **worker_role},
            logs / "beat.log",
        ),
    ]


def _wait_until_served(web: Process, port: int) -> None:
    """Wait for the first good answer of /healthz."""
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and web.child.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            address = f"http://{HOST}:{port}/healthz"
            with urllib.request.urlopen(address, timeout=5) as answer:
                if answer.status == 200:  # noqa: PLR2004  HTTP's word for yes
                    return
        time.sleep(0.1)
    message = f"The web server did not answer. Its log {web.log} ends with:\n{last_lines(web.log)}"
    raise ServerFailedError(message)


def _watch(processes: Sequence[Process], running: Running) -> None:
    """Start again whatever dies, until a signal ends the command."""
    while True:
        time.sleep(_LOOK_SECONDS)
        for name in running.owned.revive() if running.owned else []:
            print(f"{name} had died and was started again.", file=sys.stderr)
        for process in processes:
            if process.child.poll() is not None:
                print(
                    f"{process.name} had died and is started again; see {process.log}.",
                    file=sys.stderr,
                )
                process.start()


def _stop(processes: Sequence[Process]) -> None:
    """Ask all to end at once, then wait for each."""
    started = [process.child for process in processes if hasattr(process, "child")]
    for child in started:
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(signal.SIGTERM)
    for child in started:
        stop_child(child)


def _serve(running: Running, data_dir: Path, chosen: argparse.Namespace) -> None:
    environment = _environment(running, data_dir, chosen.port)
    _manage(environment, "migrate", "--database", "migrate", "--no-input", "--verbosity", "0")
    _manage(environment, "collectstatic", "--no-input", "--verbosity", "0")
    if not chosen.no_demo_data:
        _manage(environment, "create_demo")
    processes = _processes(environment, data_dir, chosen.port)
    try:
        for process in processes:
            process.start()
        _wait_until_served(processes[0], chosen.port)
        print(f"Échéo serves http://{HOST}:{chosen.port} (Ctrl-C stops it).", flush=True)
        if not chosen.no_demo_data:
            _manage(environment, "demo_summary")
        _watch(processes, running)
    finally:
        _stop(processes)


def main(words: Sequence[str]) -> int:
    """Serve the demo until Ctrl-C; 1 when it could not start."""
    chosen = _arguments(words)
    data_dir = default_data_dir()
    leave_on_termination()
    # A shell starts what it sends to the background with Ctrl-C ignored; the demo says that it obeys.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        _refuse_busy_port(chosen.port)
        if chosen.fresh:
            remove_data(data_dir)
        with services_running(data_dir, is_patient=False) as running:
            _serve(running, data_dir, chosen)
    except ServerFailedError as problem:
        print(problem, file=sys.stderr)
        return 1
    except (KeyboardInterrupt, Terminated):
        print("\nStopped. The data is kept; `bin/demo` continues with it.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    os.chdir(CHECKOUT)
    sys.exit(main(sys.argv[1:]))
