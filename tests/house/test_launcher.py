"""The embedded servers: there when needed, shared, and gone with whoever started them."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from otc.embedded import account as accounts
from otc.embedded import processes, provision
from otc.embedded.launcher import remove_data
from otc.embedded.postgres import OLDEST_VERSION, major_version

ROOT = Path(__file__).resolve().parents[2]
SERVER_NAMES = ("DATABASE_", "REDIS_URL", "EMAIL_URL", "OTC_", "PYTEST_", "DJANGO_")
RUN = (sys.executable, "-m", "otc.embedded.run")
PRINT_ENVIRONMENT = "import json, os; print(json.dumps(dict(os.environ)), flush=True)"
ASK_DATABASE = """
import os, psycopg2
with psycopg2.connect(os.environ["DATABASE_URL"]).cursor() as cursor:
    cursor.execute(
        "SELECT current_setting('server_version_num')::int / 10000, upper('é'),"
        " current_setting('server_encoding')"
    )
    print(*cursor.fetchone())
"""
HOLD = PRINT_ENVIRONMENT + "; input()"


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Outside pytest's own folder, which is private: root's servers run as another account."""
    folder = Path(tempfile.mkdtemp(prefix="otc-house-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def environment(data_dir: Path) -> dict[str, str]:
    bare = {name: value for name, value in os.environ.items() if not name.startswith(SERVER_NAMES)}
    return {**bare, "OTC_DATA_DIR": str(data_dir)}


def run(data_dir: Path, code: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*RUN, sys.executable, "-c", textwrap.dedent(code)],
        env=environment(data_dir),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=90,
    )


@pytest.fixture
def holder(data_dir: Path) -> Iterator["Holder"]:
    held = Holder(data_dir)
    yield held
    held.end()


class Holder:
    """A command that keeps the servers of `data_dir` running until its input closes."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.process = subprocess.Popen(
            [*RUN, sys.executable, "-c", HOLD],
            env=environment(data_dir),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.environment: dict[str, str] = json.loads(self.process.stdout.readline())

    def postmaster(self) -> int:
        return int((self.data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0])

    def servers(self) -> list[int]:
        """Return the process ids of the servers, which are children of the launcher."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(word) for word in children.split()]

    def connect(self) -> "psycopg2.extensions.connection":
        return psycopg2.connect(self.environment["DATABASE_MIGRATE_URL"])

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.communicate("\n", timeout=60)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream:
                stream.close()


def are_gone(pids: list[int]) -> bool:
    return processes.wait_until(
        lambda: not any(processes.is_alive(pid) for pid in pids), seconds=30
    )


def test_each_role_of_the_database_is_who_it_should_be(data_dir: Path) -> None:
    done = run(
        data_dir,
        """
        import os, psycopg2
        for name in ("DATABASE_URL", "DATABASE_MIGRATE_URL", "DATABASE_WORKER_URL"):
            with psycopg2.connect(os.environ[name]).cursor() as cursor:
                cursor.execute(
                    "SELECT session_user, current_user, rolsuper, rolbypassrls, "
                    "pg_has_role(session_user, 'otc_owner', 'MEMBER'), "
                    "has_database_privilege(session_user, current_database(), 'TEMP') "
                    "FROM pg_roles WHERE rolname = session_user"
                )
                print(*cursor.fetchone())
        """,
    )
    assert done.stdout.splitlines() == [
        "otc_web otc_web False False False False",
        "otc_migrate otc_owner False False True True",
        "otc_worker otc_worker False False False False",
    ]


def test_broker_and_mail_answer(data_dir: Path) -> None:
    done = run(
        data_dir,
        """
        import os, smtplib, ssl, urllib.parse, redis
        path = urllib.parse.urlsplit(os.environ["REDIS_URL"]).path
        print(redis.Redis(unix_socket_path=path).ping())
        mail = urllib.parse.urlsplit(os.environ["EMAIL_URL"])
        with smtplib.SMTP(mail.hostname, mail.port) as line:
            line.starttls(context=ssl.create_default_context(cafile=os.environ["OTC_MAIL_CA_FILE"]))
            print(line.noop()[0])
        """,
    )
    assert done.stdout.split() == ["True", "250"]


def test_a_second_command_joins_the_servers_of_the_first(holder: Holder) -> None:
    joined = json.loads(run(holder.data_dir, PRINT_ENVIRONMENT).stdout)
    names = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "OTC_SECRET_KEY", "OTC_CONTEXT_KEY")
    assert {name: joined[name] for name in names} == {
        name: holder.environment[name] for name in names
    }
    holder.connect().close()  # and the one who joined did not stop them


def test_the_servers_end_with_their_command(holder: Holder) -> None:
    servers = holder.servers()
    assert len(servers) == 3, "PostgreSQL, Valkey and the command itself"
    holder.end()
    assert are_gone(servers)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no parent-death signal here")
def test_a_killed_command_leaves_no_orphan(holder: Holder) -> None:
    servers = holder.servers()
    holder.process.kill()
    assert are_gone(servers)


def test_termination_stops_the_servers_too(holder: Holder) -> None:
    servers = holder.servers()
    holder.process.send_signal(signal.SIGTERM)
    assert are_gone(servers)


def test_committed_rows_survive_a_killed_postmaster(holder: Holder) -> None:
    with holder.connect() as connection, connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE kept (n int); INSERT INTO kept SELECT generate_series(1, 1000)"
        )
    os.kill(holder.postmaster(), signal.SIGKILL)
    holder.end()
    again = Holder(holder.data_dir)
    with again.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM kept")
        row = cursor.fetchone()
    again.end()
    assert row == (1000,)


def test_a_recorded_process_id_that_is_now_another_program_does_not_block(data_dir: Path) -> None:
    run(data_dir, "pass")
    account = accounts.service_account()
    program = processes.start_child(["sleep", "60"], account=account)
    record = data_dir / "postgres" / "postmaster.pid"
    record.write_text(f"{program.pid}\n{data_dir}/postgres\n")
    run(data_dir, "pass")
    processes.stop_child(program)


def test_the_first_command_waits_for_those_that_joined(holder: Holder) -> None:
    joined = Holder(holder.data_dir)
    assert holder.process.stdin is not None
    assert holder.process.stderr is not None
    holder.process.stdin.write("\n")
    holder.process.stdin.flush()
    assert "still uses the servers" in holder.process.stderr.readline()
    joined.connect().close()
    joined.end()
    assert holder.process.wait(30) == 0


def test_provisioning_again_sets_passwords_and_takes_what_tests_alone_need(
    holder: Holder, tmp_path: Path
) -> None:
    for role in provision.LOGIN_ROLES:
        (tmp_path / role).write_text(f"secret of {role}\n")
    address = holder.environment["DATABASE_ADMIN_URL"]
    for _ in range(2):
        assert provision.main([address, "--passwords", str(tmp_path)]) == 0
    with psycopg2.connect(address) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolname, rolpassword IS NOT NULL, rolcreatedb, rolbypassrls, rolsuper "
            "FROM pg_authid WHERE rolname LIKE 'otc\\_%' AND rolname <> 'otc_admin' ORDER BY rolname"
        )
        assert cursor.fetchall() == [
            ("otc_backup", True, False, True, False),
            ("otc_migrate", True, False, False, False),
            ("otc_owner", False, False, False, False),
            ("otc_support", True, False, False, False),
            ("otc_web", True, False, False, False),
            ("otc_worker", True, False, False, False),
        ]


def test_servers_named_by_the_environment_are_used_and_none_started(data_dir: Path) -> None:
    named = {
        "DATABASE_URL": "postgres://a@b/c",
        "REDIS_URL": "redis://b/0",
        "EMAIL_URL": "smtp://b",
    }
    done = subprocess.run(
        [*RUN, sys.executable, "-c", PRINT_ENVIRONMENT],
        env={**environment(data_dir), **named},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert named.items() <= json.loads(done.stdout).items()
    assert not (data_dir / "postgres").exists()
    assert not (data_dir / "valkey").exists()


def test_the_system_s_own_postgresql_will_do(data_dir: Path) -> None:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    usable = [folder for folder in folders if major_version(folder / "postgres") >= OLDEST_VERSION]
    if not usable:
        pytest.skip("no PostgreSQL of the system from version 15 up")
    done = subprocess.run(
        [*RUN, sys.executable, "-c", ASK_DATABASE],
        env={**environment(data_dir), "EMBEDDED_POSTGRES_BIN": str(usable[-1])},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [usable[-1].parent.name, "É", "UTF8"]


def test_servers_to_be_thrown_away_leave_nothing_behind(tmp_path: Path) -> None:
    # Root cannot share pytest's private folder with its servers, so these go where such servers go.
    scratch = tempfile.mkdtemp(prefix="otc-house-")
    Path(scratch).chmod(0o711)
    done = subprocess.run(
        [*RUN, "--throw-away", sys.executable, "-c", PRINT_ENVIRONMENT],
        env={**environment(tmp_path), "TMPDIR": scratch},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    data_dir = Path(json.loads(done.stdout)["OTC_DATA_DIR"])
    assert data_dir.parent == Path(scratch)
    assert list(Path(scratch).iterdir()) == []
    assert not any(folder.exists() for folder in accounts.kept_elsewhere(data_dir))
    Path(scratch).rmdir()


def test_fresh_refuses_while_the_servers_run(holder: Holder) -> None:
    with pytest.raises(processes.ServerFailedError, match="stop that command first"):
        remove_data(holder.data_dir)


def test_a_long_data_folder_gets_a_short_socket_path() -> None:
    deep = Path(tempfile.gettempdir()) / ("d" * 60) / ("e" * 60)
    folder = accounts.socket_folder(accounts.service_account(), deep)
    assert len(str(folder / ".s.PGSQL.5432")) <= 107
    assert folder.stat().st_mode & 0o077 == 0
    folder.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs servers as another account")
def test_binaries_in_a_private_home_are_copied_not_the_home_opened(
    monkeypatch: pytest.MonkeyPatch, data_dir: Path, tmp_path: Path
) -> None:
    monkeypatch.setattr(accounts, "ROOT_HOME", data_dir / "home")
    package = tmp_path / "package"
    (package / "bin").mkdir(parents=True)
    shutil.copy2("/bin/true", package / "bin" / "server")
    tmp_path.chmod(0o700)
    account = accounts.service_account()
    assert not account.can_run(package / "bin" / "server")

    copy = accounts.reachable_package(account, package, version="1", program=Path("bin/server"))

    assert account.can_run(copy / "bin" / "server")
    assert tmp_path.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs servers as another account")
def test_a_cluster_in_a_private_home_is_sheltered_elsewhere(
    monkeypatch: pytest.MonkeyPatch, data_dir: Path, tmp_path: Path
) -> None:
    monkeypatch.setattr(accounts, "ROOT_HOME", data_dir / "home")
    tmp_path.chmod(0o700)
    account = accounts.service_account()
    folder = accounts.server_folder(account, tmp_path / "var", "postgres")
    assert account.can_enter(folder)
    assert folder.is_relative_to(data_dir)
