import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from kernel.sandbox import Declined, SandboxRefused, run_limited

MEBIBYTE = 1 << 20


def double(value: int) -> int:
    return value * 2


def as_bytes(text: str) -> bytes:
    return text.encode()


def decline() -> None:
    raise Declined("too_odd", found=3)


def raise_key_error() -> None:
    raise KeyError("parser")


def abort() -> None:
    os.abort()


def fill_memory() -> int:
    return len(bytearray(1 << 31))


def work_forever() -> None:
    while True:
        pass


def sleep_long() -> None:
    time.sleep(60)


def write_file(path: str) -> str:
    try:
        Path(path).write_text("secret", encoding="ascii")
    except OSError:
        return "refused"
    return "written"


def many_descriptors() -> int:
    opened = []
    try:
        for _ in range(100):
            opened.append(os.open("/dev/null", os.O_RDONLY))  # noqa: PERF401  counts up to a failure
    except OSError:
        pass
    return len(opened)


def environment_names() -> list[str]:
    return sorted(os.environ)


def connect(port: int) -> str:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return "refused"
    return "connected"


def blocks(source: BinaryIO, size: int, *, emit: Callable[[int, bytes], None]) -> int:
    count = 0
    while part := source.read(size):
        emit(count % 2, part)
        count += 1
    return count


def vanish() -> None:
    os._exit(3)


@pytest.mark.parametrize("fork", [False, True])
def test_a_result_comes_back_as_it_was(fork: bool) -> None:
    assert run_limited(double, 21, fork=fork) == 42
    assert run_limited(as_bytes, "é", fork=fork) == "é".encode()


@pytest.mark.parametrize("fork", [False, True])
@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (raise_key_error, "failed"),
        (abort, "memory"),
        (fill_memory, "memory"),
        (vanish, "crashed"),
    ],
)
def test_a_child_that_dies_becomes_a_refusal(
    function: Callable[[], object], reason: str, fork: bool
) -> None:
    with pytest.raises(SandboxRefused) as caught:
        run_limited(function, fork=fork, memory_bytes=512 * MEBIBYTE)
    assert caught.value.details["reason"] == reason
    assert "try again" in caught.value.message


@pytest.mark.parametrize("fork", [False, True])
def test_a_child_that_never_ends_is_stopped(fork: bool) -> None:
    started = time.monotonic()
    with pytest.raises(SandboxRefused, match="processing time"):
        run_limited(work_forever, cpu_seconds=1, fork=fork)
    with pytest.raises(SandboxRefused, match="processing time"):
        run_limited(sleep_long, wall_seconds=0.5, fork=fork)
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("fork", [False, True])
def test_what_the_function_declines_keeps_its_code_and_facts(fork: bool) -> None:
    with pytest.raises(Declined) as caught:
        run_limited(decline, fork=fork)
    assert (caught.value.code, caught.value.facts) == ("too_odd", {"found": 3})


@pytest.mark.parametrize("fork", [False, True])
def test_a_child_writes_no_file_and_opens_few(tmp_path: Path, fork: bool) -> None:
    target = tmp_path / "out"
    assert run_limited(write_file, str(target), fork=fork) == "refused"
    assert not target.exists() or target.stat().st_size == 0
    assert run_limited(many_descriptors, fork=fork) < 16


def test_a_child_sees_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    assert "DATABASE_URL" not in run_limited(environment_names)


def test_a_child_reaches_no_network_where_the_kernel_allows_to_forbid_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        outcome = run_limited(connect, server.getsockname()[1])
    if outcome == "connected":
        pytest.skip("this kernel gives ordinary users no network namespace")
    assert outcome == "refused"


@pytest.mark.parametrize("fork", [False, True])
def test_blocks_arrive_in_order_while_the_function_runs(tmp_path: Path, fork: bool) -> None:
    path = tmp_path / "source"
    path.write_bytes(bytes(range(256)) * 10_000)
    received: list[tuple[int, bytes]] = []
    with path.open("rb") as source:
        count = run_limited(
            blocks,
            300_000,
            source=source,
            on_block=lambda channel, data: received.append((channel, data)),
            fork=fork,
        )
    assert count == len(received) == 9
    assert [channel for channel, _ in received] == [0, 1] * 4 + [0]
    assert b"".join(data for _, data in received) == path.read_bytes()
