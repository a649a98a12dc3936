"""Run one function of ours on hostile input in a throw-away process (RELIABILITY D9).

A parser can abort the whole interpreter, ask for 512 GiB or never end, and no `except` sees any of
it. Here that costs a child process: the parent gets a value, or a refusal in words.
"""

import contextlib
import json
import logging
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias

from django.utils.translation import gettext as _

from kernel.errors import Refused
from kernel.sandbox_child import (
    HEADER,
    Declined,
    Frame,
    Pipe,
    address_space_in_use,
    answer,
    confine,
)

__all__ = ["CPU_SECONDS", "MEMORY_BYTES", "Declined", "SandboxRefused", "run_limited"]

MEMORY_BYTES: Final = 1 << 30
CPU_SECONDS: Final = 20
WALL_SECONDS_PER_CPU_SECOND: Final = 3  # other processes share the cores
LARGEST_FRAME: Final = 256 << 20  # beyond this a child is no longer answering, it is flooding
READ_BYTES: Final = 1 << 20

Plain: TypeAlias = Any  # what JSON can carry, or bytes

_BOOTSTRAP = "import sys; sys.path[:0] = {paths!r}; from kernel.sandbox_child import serve; serve()"
_ROOT = str(Path(__file__).resolve().parent.parent)

logger = logging.getLogger(__name__)


class SandboxRefused(Refused):
    """The throw-away process died, or hit a limit, while it worked on the input."""

    code = "processing_limit"


@dataclass(frozen=True, slots=True)
class _Job:
    """What a child is to do, and within which limits."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    source: BinaryIO | None
    emits: bool
    memory_bytes: int
    cpu_seconds: int


@dataclass(slots=True)
class _Child:
    """A running child: its process id, our end of its pipe, and when its time is over."""

    process_id: int
    descriptor: int
    deadline: float
    on_block: Callable[[int, bytes], None] | None


def run_limited(
    function: Callable[..., Any],
    *args: Plain,
    source: BinaryIO | None = None,
    on_block: Callable[[int, bytes], None] | None = None,
    memory_bytes: int = MEMORY_BYTES,
    cpu_seconds: int = CPU_SECONDS,
    wall_seconds: float | None = None,
    fork: bool = False,
) -> Plain:
    """Return what `function(*args)` returns, computed in a process that is thrown away afterwards.

    `function` stands at the top of a module of ours; `args` are plain JSON values, and so is its
    result, or bytes. `source` is an open file that the function receives first. With `on_block` the
    function also receives a keyword `emit(channel, data)`, and each block comes here while it runs.
    Limits: address space, processor seconds, wall seconds (three times the processor's by default),
    no file written, few descriptors, no environment, no network where the kernel allows that.
    `fork` copies this process instead of starting a fresh interpreter: faster when heavy libraries
    are loaded here, and `args` may be anything, but only for a process without threads.

    Raises Declined when the function declined its input, SandboxRefused when it crashed, was killed
    or hit a limit.
    """
    job = _Job(function, args, source, on_block is not None, memory_bytes, cpu_seconds)
    deadline = time.monotonic() + (wall_seconds or cpu_seconds * WALL_SECONDS_PER_CPU_SECOND)
    reading, writing = os.pipe()
    try:
        try:
            process_id = _fork(job, writing) if fork else _spawn(job, writing)
        finally:
            os.close(writing)
        return _outcome(_Child(process_id, reading, deadline, on_block), job)
    finally:
        os.close(reading)


def _spawn(job: _Job, writing: int) -> int:
    source = None if job.source is None else job.source.fileno()
    order = {
        "function": f"{job.function.__module__}.{job.function.__qualname__}",
        "args": job.args,
        "source": source,
        "descriptor": writing,
        "emits": job.emits,
        "memory_bytes": job.memory_bytes,
        "cpu_seconds": job.cpu_seconds,
    }
    process = subprocess.Popen(  # noqa: S603  our own interpreter, our own code
        [sys.executable, "-E", "-s", "-B", "-c", _BOOTSTRAP.format(paths=[_ROOT])],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[writing] if source is None else [writing, source],
        # Our environment carries passwords: the child gets none of it.
        env={"PYTHONHASHSEED": "0", "LANG": "C.UTF-8"},
        start_new_session=True,
    )
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError), process.stdin:
            process.stdin.write(json.dumps(order).encode())
    # This module waits for the process itself; a known return code keeps Popen from complaining.
    process.returncode = 0
    return process.pid


def _fork(job: _Job, writing: int) -> int:
    process_id = os.fork()
    if process_id:
        return process_id
    try:
        os.setsid()
        pipe = Pipe(writing)
        _close_all_but(writing, *([] if job.source is None else [job.source.fileno()]))
        confine(
            address_space=address_space_in_use() + job.memory_bytes, cpu_seconds=job.cpu_seconds
        )
        args = list(job.args) if job.source is None else [job.source, *job.args]
        answer(pipe, job.function, args, {"emit": pipe.emit} if job.emits else {})
    finally:
        os._exit(0)  # no clean-up of what belongs to the parent: connections, buffers, exit hooks


def _close_all_but(*kept: int) -> None:
    """Close every descriptor above the standard three, the parent's database connection too."""
    last = 2
    for descriptor in sorted(kept):
        os.closerange(last + 1, descriptor)
        last = descriptor
    os.closerange(last + 1, os.sysconf("SC_OPEN_MAX"))


def _outcome(child: _Child, job: _Job) -> Plain:
    status = 0
    try:
        frame, data = _last_frame(child)
    finally:
        # A child that has answered is of no more use, and one that has not must not linger.
        os.kill(child.process_id, signal.SIGKILL)  # not waited for yet, so the id is still its own
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.process_id, signal.SIGKILL)
        status = os.waitpid(child.process_id, 0)[1]
    if frame is Frame.JSON:
        return json.loads(data)
    if frame is Frame.BYTES:
        return data
    if frame is Frame.DECLINED:
        code, facts = json.loads(data)
        raise Declined(code, **facts)
    if frame is Frame.FAILED:
        logger.warning("%s failed in its sandbox: %s", job.function.__qualname__, data.decode())
        raise SandboxRefused(_failed_sentence(), reason="failed")
    if frame is Frame.MEMORY:
        raise SandboxRefused(_memory_sentence(), reason="memory")
    raise _death(status)


def _death(status: int) -> SandboxRefused:
    killer = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if killer == signal.SIGXCPU:
        return SandboxRefused(_time_sentence(), reason="time")
    if killer == signal.SIGABRT:
        return SandboxRefused(_memory_sentence(), reason="memory")
    return SandboxRefused(_failed_sentence(), reason="crashed")


def _last_frame(child: _Child) -> tuple[Frame | None, bytes]:
    """Return the frame that ends the run, or None when the pipe closed without one."""
    while True:
        header = _read(child, HEADER.size)
        if len(header) < HEADER.size:
            return None, b""
        kind, channel, length = HEADER.unpack(header)
        if kind not in Frame._value2member_map_ or length > LARGEST_FRAME:
            return None, b""
        data = _read(child, length)
        if len(data) < length:
            return None, b""
        if kind != Frame.BLOCK:
            return Frame(kind), data
        if child.on_block is not None:
            child.on_block(channel, data)


def _read(child: _Child, count: int) -> bytes:
    """Return `count` bytes from the child, fewer when it closed its pipe; raises when time is up."""
    parts: list[bytes] = []
    while count:
        left = child.deadline - time.monotonic()
        if left <= 0 or not select.select([child.descriptor], [], [], left)[0]:
            raise SandboxRefused(_time_sentence(), reason="time")
        part = os.read(child.descriptor, min(count, READ_BYTES))
        if not part:
            break
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _time_sentence() -> str:
    return _(
        "This takes more processing time than one file may have. Nothing was kept. "
        "Split the content into smaller parts and try again."
    )


def _memory_sentence() -> str:
    return _(
        "This needs more memory than one file may have; a spreadsheet with one cell far away from "
        "the others does that. Nothing was kept. Delete the empty rows and columns, or save the "
        "sheet as CSV, and try again."
    )


def _failed_sentence() -> str:
    return _(
        "The content could not be read: it is damaged, or not what its name says. "
        "Nothing was kept. Export it again from the program it comes from and try again."
    )
