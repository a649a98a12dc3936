"""Start a server as a direct child that cannot outlive its parent, and stop it."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from otc.embedded.account import Account

_PR_SET_PDEATHSIG = 1
_POLL_SECONDS = 0.02


class ServerFailedError(RuntimeError):
    """A server did not start, or the machine lacks what it needs; the message is for the person at the terminal."""


def die_with_parent(signal_number: int) -> Callable[[], None] | None:
    """Return what a child runs before it becomes the server; None where the system has no such signal.

    Linux only. Elsewhere the lock file and the check of recorded process ids at the next start do the job.
    """
    if not sys.platform.startswith("linux"):
        return None
    # The C library is loaded before the fork: a child between fork and exec must do as little as it can.
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def arrange() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
        if os.getppid() != parent:  # the parent died before the signal was arranged
            os._exit(1)

    return arrange


def start_child(
    command: Sequence[str | Path],
    *,
    log: Path | None = None,
    account: Account | None = None,
    environment: Mapping[str, str] | None = None,
    death_signal: int = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start `command` in a process group of its own, so that Ctrl-C reaches the launcher alone.

    `log` receives both outputs (appended); without it the child writes to ours. Call it from the main thread:
    the parent-death signal is tied to the thread that forks.
    """
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(log.open("ab")) if log else None
        identity = account.identity() if account else {}
        return subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            env=dict(environment) if environment is not None else None,
            cwd="/" if account and account.is_other else None,
            preexec_fn=die_with_parent(death_signal),  # noqa: PLW1509  does one system call, made ready before
            process_group=0,
            **identity,
        )


def stop_child(
    child: subprocess.Popen[bytes],
    *,
    politely: int = signal.SIGTERM,
    firmly: int = signal.SIGKILL,
    patience_seconds: float = 20,
) -> None:
    """Ask the child to end, insist after `patience_seconds`, and wait until it has."""
    if child.poll() is not None:
        return
    child.send_signal(politely)
    try:
        child.wait(patience_seconds)
    except subprocess.TimeoutExpired:
        child.send_signal(firmly)
    try:
        child.wait(patience_seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def is_alive(pid: int) -> bool:
    """Return whether a process runs; a zombie, dead but not yet collected by a slow init, does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return not Path("/proc/self").exists()


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Return True as soon as `condition` holds, False when `seconds` have passed without it."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def last_lines(log: Path, count: int = 15) -> str:
    """Return the end of a server's log, for the message that says why it did not start."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-count:])
    except OSError:
        return "(no log)"
