"""Run a command with the servers it needs: `python -m otc.embedded.run [--throw-away] COMMAND...`."""

import contextlib
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType

from otc.embedded.launcher import remove_data, services_running
from otc.embedded.processes import ServerFailedError

_INTERRUPTED = 130


class Terminated(BaseException):
    """SIGTERM or SIGHUP arrived: leave through every `finally`."""


def leave_on_termination() -> None:
    """Turn SIGTERM and SIGHUP into an exception, so that the servers are stopped on the way out."""

    def leave(signal_number: int, _: FrameType | None) -> None:
        raise Terminated(signal_number)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGHUP, leave)


@contextlib.contextmanager
def _throw_away_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="otc-"))
    try:
        yield folder
    finally:
        remove_data(folder)


def _run(command: Sequence[str], environment: dict[str, str]) -> int:
    """Run the command in the foreground, so that it owns the terminal and its Ctrl-C."""
    child = subprocess.Popen(list(command), env=environment)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            continue  # the child got it too and decides
        except Terminated:
            child.terminate()
            child.wait()
            raise


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    words = list(arguments)
    is_throw_away = words[:1] == ["--throw-away"]
    command = words[1:] if is_throw_away else words
    leave_on_termination()
    with contextlib.ExitStack() as stack:
        try:
            folder = stack.enter_context(_throw_away_folder()) if is_throw_away else None
            running = stack.enter_context(services_running(folder, is_durable=not is_throw_away))
        except ServerFailedError as problem:
            print(problem, file=sys.stderr)
            return 1
        environment = running.child_environment()
        if folder:
            environment["OTC_DATA_DIR"] = str(folder)
        status = _run(command, environment)
        return status if status >= 0 else 128 - status


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (KeyboardInterrupt, Terminated):
        sys.exit(_INTERRUPTED)
