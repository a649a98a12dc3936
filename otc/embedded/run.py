"""Run a command with the servers it needs: `python -m otc.embedded.run [OPTIONS] COMMAND...`.

`--throw-away` uses fresh servers and removes their data afterwards; `--durable` makes those write as safely as
the kept ones do, for measurements.
"""

import contextlib
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType

from otc.embedded.launcher import open_to_servers, remove_data, services_running
from otc.embedded.processes import ServerFailedError, die_with_parent

_INTERRUPTED = 130
_OPTIONS = {"--throw-away", "--durable"}


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
    open_to_servers(folder)
    try:
        yield folder
    finally:
        remove_data(folder)


def _run(command: Sequence[str], environment: dict[str, str]) -> int:
    """Run the command in the foreground, so that it owns the terminal and its Ctrl-C."""
    child = subprocess.Popen(
        list(command),
        env=environment,
        preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509  one system call, made ready before
    )
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            continue  # the child got it too and decides
        except Terminated:
            child.terminate()
            child.wait()
            raise


def _without_options(words: list[str]) -> tuple[set[str], list[str]]:
    """Return our own options and the command behind them."""
    options: set[str] = set()
    while words and words[0] in _OPTIONS:
        options.add(words.pop(0))
    return options, words


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    options, command = _without_options(list(arguments))
    is_throw_away = "--throw-away" in options
    leave_on_termination()
    with contextlib.ExitStack() as stack:
        try:
            folder = stack.enter_context(_throw_away_folder()) if is_throw_away else None
            is_durable = not is_throw_away or "--durable" in options
            running = stack.enter_context(services_running(folder, is_durable=is_durable))
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
