"""The mail catcher as a process of its own: what dies with its peers leaves nothing behind in the test's process."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunningRelay:
    """A catcher that listens, and the folder in which it keeps what it accepted."""

    url: str
    authority_file: str
    folder: Path

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])


@contextmanager
def relay_process(folder: Path, port: int = 0) -> Iterator[RunningRelay]:
    """Run the catcher and kill it at the end, as a relay that dies is."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "otc.embedded.mailbox", str(folder), "--port", str(port)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        url, authority_file = process.stdout.readline().split()
        try:
            yield RunningRelay(url, authority_file, folder)
        finally:
            process.kill()
