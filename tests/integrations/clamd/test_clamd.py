"""The protocol of clamd against a small peer that speaks it, over TCP and over a socket file."""

import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dunning.channels import ScannerUnreachableError
from integrations.clamd.client import CHUNK_BYTES, Clamd

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@dataclass
class Peer:
    """A daemon that finds EICAR, refuses what breaks the protocol, and can fall silent."""

    listening: socket.socket
    mode: str = ""
    scanned: list[bytes] = field(default_factory=list)

    def serve(self) -> None:
        while True:
            try:
                talk, _address = self.listening.accept()
            except OSError:
                return
            with talk:
                self.answer(talk)

    def answer(self, talk: socket.socket) -> None:
        if exactly(talk, 10) != b"zINSTREAM\0":
            talk.sendall(b"UNKNOWN COMMAND\0")
            return
        content = b""
        while length := struct.unpack("!I", exactly(talk, 4))[0]:
            content += exactly(talk, length)
        self.scanned.append(content)
        if self.mode == "silent":
            return
        if self.mode == "limit":
            talk.sendall(b"INSTREAM size limit exceeded. ERROR\0")
        elif EICAR in content:
            talk.sendall(b"stream: Eicar-Signature FOUND\0")
        else:
            talk.sendall(b"stream: OK\0")


def exactly(talk: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = talk.recv(size - len(data))
        if not part:
            break
        data += part
    return data


@pytest.fixture(params=["tcp", "unix"])
def peer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Peer, str]]:
    if request.param == "tcp":
        listening = socket.create_server(("127.0.0.1", 0))
        url = f"tcp://127.0.0.1:{listening.getsockname()[1]}"
    else:
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(tmp_path / "clamd"))
        listening.listen()
        url = f"unix://{tmp_path / 'clamd'}"
    made = Peer(listening)
    thread = threading.Thread(target=made.serve)
    thread.start()
    yield made, url
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join()


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, 3 * CHUNK_BYTES + 7])
def test_every_byte_of_a_clean_file_is_scanned(peer: tuple[Peer, str], size: int) -> None:
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    assert Clamd(peer[1]).infection(content) == ""
    assert peer[0].scanned == [content]


def test_a_virus_that_lies_across_two_chunks_is_found(peer: tuple[Peer, str]) -> None:
    content = b"a" * (CHUNK_BYTES - 20) + EICAR
    assert Clamd(peer[1]).infection(content) == "Eicar-Signature"


@pytest.mark.parametrize("mode", ["silent", "limit"])
def test_no_answer_is_not_a_clean_file(peer: tuple[Peer, str], mode: str) -> None:
    peer[0].mode = mode
    with pytest.raises(ScannerUnreachableError):
        Clamd(peer[1]).infection(b"clean")


def test_a_daemon_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ScannerUnreachableError):
        Clamd(f"unix://{tmp_path / 'none'}").infection(b"clean")
