"""Kill everything at random while reminders leave, and count at the sink: `bin/outage [--reminders N] [--seed S] …`.

On servers of its own, thrown away afterwards. Workers are the Celery workers of production with their real clock, so
a claim that dies with its worker is taken up again after a minute. Ends with 1 when anything was lost, doubled, left
unknown, or not quarantined as promised.
"""

import argparse
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.outage.counting import MOST_UNKNOWN_SECONDS, Tally, Watch, arrived, tally
from otc.embedded.launcher import Servers, open_to_servers, remove_data, services_running
from otc.embedded.processes import last_lines, start_child, stop_child

NAMED = ("DATABASE_URL", "DATABASE_MIGRATE_URL", "DATABASE_WORKER_URL", "REDIS_URL")
PATIENCE = 90.0  # seconds without a message before the next kill comes all the same: workers must have time to start
OPENS_AT = 0.3  # the share that has arrived when those put off are let in
FIRST_KILL, LAST_KILL = 0.02, 0.9


@dataclass
class Scene:
    """The processes that die, and how each is brought back."""

    folder: Path
    servers: Servers
    environment: dict[str, str]
    port: int
    killed: Counter[str] = field(default_factory=Counter)
    worker: "subprocess.Popen[bytes] | None" = None
    sink: "subprocess.Popen[bytes] | None" = None

    @property
    def mail(self) -> Path:
        """Return the folder of the sink."""
        return self.folder / "mail"

    def start_sink(self) -> None:
        """Start the relay on its port, and wait until it listens."""
        command = [sys.executable, "-m", "bench.outage.sink", str(self.mail), str(self.port)]
        self.sink = start_child(command, log=self.folder / "sink.log", environment=self.environment)
        _until(lambda: _listens(self.port), "the sink does not listen", self.folder / "sink.log")

    def start_worker(self) -> None:
        """Start the workers: two processes, their clock beside them."""
        command = [
            sys.executable, "-m", "celery", "-A", "bench.outage.worker", "worker", "-c", "2", "-B",
            "-s", str(self.folder / "beat"), "--without-gossip", "--without-mingle", "-l", "WARNING",
        ]  # fmt: skip
        worker = self.environment | {"DATABASE_URL": self.environment["DATABASE_WORKER_URL"]}
        self.worker = start_child(command, log=self.folder / "worker.log", environment=worker)

    def kill_workers(self) -> None:
        """Kill every worker process at once and start new ones."""
        assert self.worker is not None
        os.killpg(self.worker.pid, signal.SIGKILL)
        self.worker.wait(30)
        self.start_worker()

    def kill_database(self) -> None:
        """Kill the server's first process; the others notice and end."""
        postgres = self.servers.postgres
        assert postgres is not None
        assert postgres.child is not None
        postgres.child.kill()
        postgres.child.wait(30)
        postgres.start()

    def kill_sink(self) -> None:
        """Kill the relay, whatever it is about to answer."""
        assert self.sink is not None
        self.sink.kill()
        self.sink.wait(30)
        self.start_sink()

    def flush_broker(self) -> None:
        """Forget every task that waits."""
        assert self.servers.valkey is not None
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(5)
            line.connect(str(self.servers.valkey.socket_path))
            line.sendall(b"FLUSHALL\r\n")
            assert line.recv(16).startswith(b"+OK")

    def stop(self) -> None:
        """End what is ours."""
        for child in (self.worker, self.sink):
            if child is not None and child.poll() is None:
                stop_child(child)


def _listens(port: int) -> bool:
    with socket.socket() as line:
        line.settimeout(1)
        return line.connect_ex(("127.0.0.1", port)) == 0


def _until(condition: Callable[[], bool], what: str, log: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            message = f"{what}: {last_lines(log)}"
            raise RuntimeError(message)
        time.sleep(0.02)


def _free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


def read_arguments(words: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="bin/outage", description=__doc__)
    parser.add_argument("--reminders", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=20, help="of all workers")
    parser.add_argument("--database", type=int, default=5, help="kills of PostgreSQL")
    parser.add_argument("--sink", type=int, default=5, help="kills of the mail server")
    parser.add_argument("--broker", type=int, default=3, help="times the broker forgets all")
    parser.add_argument("--poison", type=int, default=20, help="rows of each of three kinds")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--minutes", type=float, default=30, help="after these it has failed")
    chosen = parser.parse_args(words)
    if 3 * chosen.poison > chosen.reminders:
        parser.error(f"of {chosen.reminders} reminders {3 * chosen.poison} cannot be poison")
    return chosen


def events(chosen: argparse.Namespace, chance: random.Random) -> list[tuple[int, str]]:
    """Return after how many messages what dies, in that order."""
    what = ["worker"] * chosen.kills + ["database"] * chosen.database
    what += ["sink"] * chosen.sink + ["broker"] * chosen.broker
    chance.shuffle(what)
    shares = sorted(chance.uniform(FIRST_KILL, LAST_KILL) for _ in what)
    sendable = chosen.reminders - 3 * chosen.poison
    return [(int(share * sendable), name) for share, name in zip(shares, what, strict=True)]


def run(chosen: argparse.Namespace, scene: Scene, chance: random.Random) -> tuple[Watch, bool]:
    """Let things die until all did, then wait until nothing is left to leave; return whether that was in time."""
    acts = {
        "worker": scene.kill_workers,
        "database": scene.kill_database,
        "sink": scene.kill_sink,
        "broker": scene.flush_broker,
    }
    url = scene.environment["DATABASE_ADMIN_URL"].replace("/postgres?", "/otc?")
    watch, waiting = Watch(url), events(chosen, chance)
    deadline = time.monotonic() + chosen.minutes * 60
    last, last_at = -1, time.monotonic()
    while time.monotonic() < deadline:
        leaving, count = watch.look(at=time.monotonic()), sum(arrived(scene.mail).values())
        if count != last:
            last, last_at = count, time.monotonic()
        if count >= OPENS_AT * chosen.reminders:
            (scene.folder / "open").touch()
        is_quiet = time.monotonic() - last_at > PATIENCE
        if waiting and (count >= waiting[0][0] or is_quiet):
            _, name = waiting.pop(0)
            time.sleep(chance.random() * 0.2)  # not always right after a message
            acts[name]()
            scene.killed[name] += 1
            last_at = time.monotonic()
        elif not waiting and leaving == 0 and not watch.since:
            return watch, True
        time.sleep(0.2)
    return watch, False


def tell(chosen: argparse.Namespace, scene: Scene, watch: Watch, found: Tally, took: float) -> None:
    """Print what happened as a table."""
    print(f"\n{'kind of row':<12}{'rows':>8}  states")
    for kind, states in sorted(found.by_kind.items()):
        said = ", ".join(f"{state} {count}" for state, count in sorted(states.items()))
        print(f"{kind:<12}{states.total():>8}  {said}")
    killed = ", ".join(f"{name} {count}" for name, count in sorted(scene.killed.items()))
    copies = sum(arrived(scene.mail).values())
    print(f"\nkilled              {killed}")
    print(f"arrived at the sink {copies} of {chosen.reminders - 2 * chosen.poison}")
    print(f"lost                {found.lost}\nduplicated          {found.duplicated}")
    print(f"outcomes unknown    {watch.seen}, the longest for {watch.longest:.0f} s")
    print(
        f"took                {took:.0f} s, {copies / took:.0f} messages a second, dying included"
    )
    for violation in found.violations[:20]:
        print(f"VIOLATION           {violation}")


def main(words: list[str]) -> int:
    """Run once and return 0 when every promise was kept."""
    chosen = read_arguments(words)
    print(f"seed {chosen.seed} (repeat with --seed {chosen.seed})", flush=True)
    for name in NAMED:
        os.environ.pop(name, None)
    folder = Path(tempfile.mkdtemp(prefix="otc-outage-"))
    open_to_servers(folder)
    port, mail = _free_port(), folder / "mail"
    os.environ |= {
        "EMAIL_URL": f"smtp+tls://localhost:{port}",
        "OTC_MAIL_CA_FILE": str(folder / "mail-ca.pem"),
        "OTC_MAIL_EVIDENCE_DIR": str(mail),
        "OTC_LOG_LEVEL": "ERROR",
        "OTC_DATA_DIR": str(folder),
    }
    try:
        with services_running(folder) as running:
            assert running.owned is not None
            scene = Scene(folder, running.owned, running.child_environment(), port)
            return _act(chosen, scene)
    finally:
        remove_data(folder)


def _act(chosen: argparse.Namespace, scene: Scene) -> int:
    manage = [
        sys.executable,
        "manage.py",
        "migrate",
        "--database",
        "migrate",
        "--no-input",
        "-v",
        "0",
    ]
    fill = [sys.executable, "-m", "bench.outage.fill", str(chosen.reminders), str(chosen.poison)]
    for command in (manage, fill):
        subprocess.run(command, env=scene.environment, check=True)  # noqa: S603  our own words
    begin = time.monotonic()
    try:
        scene.start_sink()
        scene.start_worker()
        chance = random.Random(chosen.seed)  # noqa: S311  repeatable chance, not secrecy
        watch, is_done = run(chosen, scene, chance)
    finally:
        scene.stop()
    found = tally(watch.url, scene.mail)
    tell(chosen, scene, watch, found, time.monotonic() - begin)
    if not is_done:
        print(f"VIOLATION           something still had to leave after {chosen.minutes:g} minutes")
    is_kept = is_done and not found.violations and not found.duplicated
    return 0 if is_kept and watch.longest < MOST_UNKNOWN_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
