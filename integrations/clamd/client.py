"""A client of clamd: one connection a file, everything within a few seconds."""

import socket
import struct
from urllib.parse import urlsplit

from django.conf import settings

from dunning.channels import ScannerUnreachableError

CHUNK_BYTES = 1 << 16
SECONDS = 20  # for each step of the talk: a scan of ten megabytes takes some
LONGEST_ANSWER = 4_096
DEFAULT_PORT = 3310


class Clamd:
    """Asks the daemon at OTC_CLAMD_URL: `tcp://host:3310` or `unix:///run/clamav/clamd.ctl`."""

    def __init__(self, url: str = "") -> None:
        self.url = url or settings.OTC_CLAMD_URL

    def infection(self, content: bytes) -> str:
        """Return the name of what was found, empty for a clean file. Raises ScannerUnreachableError."""
        try:
            with self._connected() as talk:
                talk.sendall(b"zINSTREAM\0")
                for start in range(0, len(content), CHUNK_BYTES):
                    chunk = content[start : start + CHUNK_BYTES]
                    talk.sendall(struct.pack("!I", len(chunk)) + chunk)
                talk.sendall(struct.pack("!I", 0))
                answer = _answer(talk)
        except OSError as problem:
            raise ScannerUnreachableError(str(problem)) from problem
        return _meaning(answer)

    def _connected(self) -> socket.socket:
        parts = urlsplit(self.url)
        if parts.scheme == "unix":
            talk = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            talk.settimeout(SECONDS)
            try:
                talk.connect(parts.path)
            except OSError:
                talk.close()
                raise
            return talk
        return socket.create_connection(
            (parts.hostname or "localhost", parts.port or DEFAULT_PORT), timeout=SECONDS
        )


def _answer(talk: socket.socket) -> str:
    """Return what the daemon says up to its null byte, or to the end of the connection."""
    said = b""
    while b"\0" not in said and len(said) < LONGEST_ANSWER:
        part = talk.recv(LONGEST_ANSWER)
        if not part:
            break
        said += part
    return said.split(b"\0")[0].decode("utf-8", "replace").strip()


def _meaning(answer: str) -> str:
    """Return what was found. Whatever is neither clean nor a find is no answer: the file is not called clean."""
    if answer == "stream: OK":
        return ""
    if answer.startswith("stream: ") and answer.endswith(" FOUND"):
        return answer.removeprefix("stream: ").removesuffix(" FOUND")
    raise ScannerUnreachableError(answer or "no answer")
