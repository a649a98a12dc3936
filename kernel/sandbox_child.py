"""What runs inside the throw-away process of `kernel.sandbox`.

Only the standard library is imported here, so that a fresh interpreter starts fast.
"""

import ctypes
import importlib
import json
import os
import resource
import struct
import sys
import traceback
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from typing import Any, TypeAlias

HEADER = struct.Struct(">BBI")  # kind of frame, channel, length of what follows
FEW_DESCRIPTORS = 16  # enough to import a module and read one file; too few for anything else
LOG_BYTES = 4000  # the end of a traceback is the part that tells
NEW_NAMESPACES = 0x10000000 | 0x40000000  # CLONE_NEWUSER | CLONE_NEWNET: a network with no way out


Plain: TypeAlias = Any  # what JSON can carry


class Frame(IntEnum):
    """The kinds of frame a child writes; every run ends with exactly one that is not BLOCK."""

    BLOCK = 1
    JSON = 2
    BYTES = 3
    DECLINED = 4
    MEMORY = 5
    FAILED = 6


class Declined(Exception):  # noqa: N818  an answer about the input, not a fault
    """The function refuses its input: `code` and `facts` are put into words by the parent.

    Sentences need the reader's language, which the child does not know.
    """

    def __init__(self, code: str, **facts: Plain) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


class Pipe:
    """The way out of the child: frames on one file descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def send(self, frame: Frame, data: bytes, channel: int = 0) -> None:
        """Write one frame whole."""
        view = memoryview(HEADER.pack(frame, channel, len(data)) + data)
        while view:
            view = view[os.write(self._descriptor, view) :]

    def emit(self, channel: int, data: bytes) -> None:
        """Hand a block of bytes to the parent while the function still runs."""
        self.send(Frame.BLOCK, data, channel)


def address_space_in_use() -> int:
    """Return the bytes of address space in use; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:  # not Linux: the limit then counts from nothing, which is stricter
        return 0
    return pages * resource.getpagesize()


def confine(*, address_space: int, cpu_seconds: int) -> None:
    """Give up memory, time, files and the network beyond what one small job needs."""
    # Processor time: the soft limit says why (SIGXCPU), the hard one a second later just kills.
    limits = {
        resource.RLIMIT_AS: (address_space, address_space),
        resource.RLIMIT_CPU: (cpu_seconds, cpu_seconds + 1),
        resource.RLIMIT_FSIZE: (0, 0),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_NOFILE: (FEW_DESCRIPTORS, FEW_DESCRIPTORS),
    }
    # Where the kernel forbids new namespaces to ordinary users the other limits still hold.
    ctypes.CDLL(None).unshare(NEW_NAMESPACES)
    for limit, (soft, hard) in limits.items():
        ceiling = resource.getrlimit(limit)[1]
        if ceiling == resource.RLIM_INFINITY:
            ceiling = hard
        resource.setrlimit(limit, (min(soft, ceiling), min(hard, ceiling)))


def answer(
    pipe: Pipe, function: Callable[..., Any], args: list[Any], named: dict[str, Any]
) -> None:
    """Call the function and write its outcome as the last frame."""
    try:
        result = function(*args, **named)
        if isinstance(result, bytes):
            pipe.send(Frame.BYTES, result)
        else:
            pipe.send(Frame.JSON, json.dumps(result).encode())
    except Declined as declined:
        facts = json.dumps([declined.code, declined.facts], default=str)
        pipe.send(Frame.DECLINED, facts.encode())
    except MemoryError:
        pipe.send(Frame.MEMORY, b"")
    except BaseException:  # noqa: BLE001  whatever a parser throws must become a word to the parent
        pipe.send(Frame.FAILED, traceback.format_exc()[-LOG_BYTES:].encode("utf-8", "replace"))


def serve() -> None:
    """Run the one job described on standard input: the entry point of a fresh interpreter."""
    job = json.loads(sys.stdin.buffer.read())
    pipe = Pipe(job["descriptor"])
    try:
        function, args, named = _prepared(job, pipe)
    except Exception:  # noqa: BLE001  a missing module must reach the parent's log
        pipe.send(Frame.FAILED, traceback.format_exc()[-LOG_BYTES:].encode("utf-8", "replace"))
    else:
        confine(address_space=job["memory_bytes"], cpu_seconds=job["cpu_seconds"])
        answer(pipe, function, args, named)


def _prepared(
    job: dict[str, Any], pipe: Pipe
) -> tuple[Callable[..., Any], list[Any], dict[str, Any]]:
    module, _, name = job["function"].rpartition(".")
    args = list(job["args"])
    if job["source"] is not None:
        args.insert(0, os.fdopen(job["source"], "rb"))
    named = {"emit": pipe.emit} if job["emits"] else {}
    return getattr(importlib.import_module(module), name), args, named
