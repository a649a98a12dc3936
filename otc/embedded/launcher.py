"""Start the servers a command needs, or join those that another command of the same checkout runs."""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from otc.embedded import account as accounts
from otc.embedded import processes
from otc.embedded.mailbox import MailCatcher
from otc.embedded.postgres import Postgres
from otc.embedded.provision import MIGRATE, WEB, WORKER
from otc.embedded.valkey import Valkey

CHECKOUT = Path(__file__).resolve().parents[2]
_JOIN_SECONDS = 90
_SECRETS = ("OTC_SECRET_KEY", "OTC_CONTEXT_KEY")


def default_data_dir() -> Path:
    """Return OTC_DATA_DIR, or `var` in the checkout."""
    return Path(os.environ.get("OTC_DATA_DIR") or CHECKOUT / "var").absolute()


@dataclass
class Servers:
    """The servers this process started, by what the environment left to us."""

    postgres: Postgres | None = None
    valkey: Valkey | None = None
    mail: MailCatcher | None = None
    environment: dict[str, str] = field(default_factory=dict)

    def revive(self) -> list[str]:
        """Start again what died by itself and return its names: for commands that run for long."""
        revived = []
        for name, server in (("PostgreSQL", self.postgres), ("Valkey", self.valkey)):
            if server and not server.is_running():
                server.start()
                revived.append(name)
        return revived

    def stop(self) -> None:
        """Stop them, the database last."""
        for server in (self.mail, self.valkey, self.postgres):
            if server:
                server.stop()


def _open_data_dir(data_dir: Path) -> None:
    is_new = not data_dir.exists()
    data_dir.mkdir(parents=True, exist_ok=True)
    if not os.access(data_dir, os.W_OK):
        message = (
            f"{data_dir} belongs to another account. Run the command as its owner, "
            "or set OTC_DATA_DIR to a folder of your own."
        )
        raise processes.ServerFailedError(message)
    if is_new:
        open_to_servers(data_dir)


def open_to_servers(folder: Path) -> None:
    """Close a new folder to all but its owner; root's servers, which run as another account, may pass through."""
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)


def _secrets_of(data_dir: Path) -> dict[str, str]:
    """Return the keys of this data directory, made at the first start and readable by their owner alone."""
    file = data_dir / "secrets.json"
    try:
        kept: dict[str, str] = json.loads(file.read_text())
    except FileNotFoundError:
        kept = {}
    missing = {name: secrets.token_urlsafe(48) for name in _SECRETS if name not in kept}
    if missing:
        kept |= missing
        _write_private(file, kept)
    return kept


def _write_private(file: Path, content: Mapping[str, object]) -> None:
    unfinished = file.with_suffix(f".{os.getpid()}")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as stream:
        json.dump(content, stream, indent=1)
    unfinished.replace(file)


def _start_servers(data_dir: Path, *, is_durable: bool) -> Servers:
    """Start what the environment does not name; on a failure stop what had started."""
    servers = Servers(environment=_secrets_of(data_dir))
    try:
        _start_each(servers, data_dir, is_durable=is_durable)
    except BaseException:
        servers.stop()
        raise
    return servers


def _start_each(servers: Servers, data_dir: Path, *, is_durable: bool) -> None:
    account = accounts.service_account()
    sockets = accounts.socket_folder(account, data_dir)
    logs = data_dir / "log"
    logs.mkdir(exist_ok=True)
    if not os.environ.get("DATABASE_URL"):
        servers.postgres = Postgres(
            account=account,
            folder=accounts.server_folder(account, data_dir, "postgres"),
            sockets=sockets,
            log=logs / "postgres.log",
            is_durable=is_durable,
        )
        servers.postgres.start()
        servers.environment |= {
            "DATABASE_URL": servers.postgres.url(WEB),
            "DATABASE_MIGRATE_URL": servers.postgres.url(MIGRATE),
            "DATABASE_WORKER_URL": servers.postgres.url(WORKER),
            "DATABASE_ADMIN_URL": servers.postgres.administrator_url,
        }
    if not os.environ.get("REDIS_URL"):
        servers.valkey = Valkey(
            account=account,
            folder=accounts.server_folder(account, data_dir, "valkey"),
            sockets=sockets,
            log=logs / "valkey.log",
            is_durable=is_durable,
        )
        servers.valkey.start()
        servers.environment["REDIS_URL"] = servers.valkey.url
    if not os.environ.get("EMAIL_URL"):
        servers.mail = MailCatcher(data_dir / "mail")
        servers.mail.start()
        servers.environment |= {
            "EMAIL_URL": servers.mail.url,
            "OTC_MAIL_CA_FILE": str(servers.mail.authority_file),
            "OTC_MAIL_EVIDENCE_DIR": str(servers.mail.folder),
        }


def _take_lock(data_dir: Path) -> IO[str] | None:
    """Return the open lock file if nobody else holds it."""
    lock = (data_dir / "services.lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def _announced(data_dir: Path) -> dict[str, str] | None:
    """Return the environment that the owner of the running servers announced, if it still lives."""
    try:
        announced = json.loads((data_dir / "services.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    environment: dict[str, str] = announced["environment"]
    return environment if processes.is_alive(announced["pid"]) else None


@contextlib.contextmanager
def _as_user(data_dir: Path) -> Iterator[IO[str]]:
    """Count among those whose work the servers carry, see `_wait_for_users`."""
    with (data_dir / "users.lock").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        yield users


def _wait_for_users(data_dir: Path) -> None:
    """Wait for the other commands that joined our servers; Ctrl-C stops the wait."""
    with (data_dir / "users.lock").open("a") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(
                "Another command still uses the servers; they stop when it ends (Ctrl-C: now).",
                file=sys.stderr,
            )
            with contextlib.suppress(KeyboardInterrupt):
                fcntl.flock(users, fcntl.LOCK_EX)


@dataclass(frozen=True)
class Running:
    """Servers that answer: what to put into the environment, and the ones we own (None when we joined)."""

    environment: dict[str, str]
    owned: Servers | None
    data_dir: Path

    def announce(self, more: Mapping[str, str]) -> None:
        """Tell commands that join which addresses, and what else, to work with; silent when we joined ourselves."""
        self.environment.update(more)
        if self.owned:
            announcement = {"pid": os.getpid(), "environment": self.environment}
            _write_private(self.data_dir / "services.json", announcement)

    def child_environment(self) -> dict[str, str]:
        """Return our environment with the servers' addresses; what the person set himself wins."""
        return {**self.environment, **{name: value for name, value in os.environ.items() if value}}


@contextlib.contextmanager
def services_running(
    data_dir: Path | None = None, *, is_durable: bool = True, is_patient: bool = True
) -> Iterator[Running]:
    """Keep PostgreSQL, Valkey and the mail catcher running for the length of the block.

    Joins the servers of another command of the same data directory when there are any; else starts them and stops
    them at the end, after those who joined meanwhile (`is_patient`) have ended. Servers named by the environment
    are used as they are. Raises ServerFailedError with a sentence for the terminal. Main thread only.
    """
    folder = data_dir or default_data_dir()
    _open_data_dir(folder)
    lock, environment = _lock_or_join(folder)
    if lock is None:
        with _as_user(folder):
            yield Running(environment, None, folder)
        return
    with lock:
        # A successor must not believe what a predecessor that was killed announced.
        (folder / "services.json").unlink(missing_ok=True)
        servers = _start_servers(folder, is_durable=is_durable)
        try:
            running = Running(servers.environment, servers, folder)
            running.announce({})
            yield running
            if is_patient:
                _wait_for_users(folder)
        finally:
            (folder / "services.json").unlink(missing_ok=True)
            servers.stop()


def _lock_or_join(data_dir: Path) -> tuple[IO[str] | None, dict[str, str]]:
    """Return the lock, or what its holder announced once its servers answer."""
    deadline = time.monotonic() + _JOIN_SECONDS
    while True:
        lock = _take_lock(data_dir)
        if lock:
            return lock, {}
        environment = _announced(data_dir)
        if environment:
            return None, environment
        if time.monotonic() > deadline:
            message = (
                f"Another command has held the servers of {data_dir} for {_JOIN_SECONDS} s without "
                "bringing them up. End it, or set OTC_DATA_DIR to another folder."
            )
            raise processes.ServerFailedError(message)
        time.sleep(0.1)


def remove_data(data_dir: Path) -> None:
    """Forget everything kept in the data directory, for `--fresh`; refuses while its servers run."""
    if data_dir.exists():
        lock = _take_lock(data_dir)
        if lock is None:
            message = f"The servers of {data_dir} are running: stop that command first."
            raise processes.ServerFailedError(message)
        with lock:
            shutil.rmtree(data_dir)
    for elsewhere in accounts.kept_elsewhere(data_dir):
        shutil.rmtree(elsewhere, ignore_errors=True)
