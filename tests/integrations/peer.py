"""A provider on this machine: real HTTP, answers as recorded, and a connection that can break at any moment."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BROKEN = object()
"""Instead of an answer: the connection is closed without a word."""

Answers = Callable[["Call"], Any]


@dataclass(frozen=True)
class Call:
    """One request as it came."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class Peer:
    """Where the provider listens and what it was asked; `answers` gives (status, object) or BROKEN."""

    answers: Answers
    url: str = ""
    calls: list[Call] = field(default_factory=list)

    def of(self, method: str, ending: str) -> list[Call]:
        return [call for call in self.calls if call.method == method and call.path.endswith(ending)]


@contextmanager
def listening(answers: Answers) -> Iterator[Peer]:
    peer = Peer(answers)

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            call = Call(self.command, self.path, self.rfile.read(size), dict(self.headers))
            peer.calls.append(call)
            found = peer.answers(call)
            if found is BROKEN:
                self.close_connection = True
                return
            status, body = found
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def do_DELETE(self) -> None:
            self.answer()

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    peer.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield peer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
