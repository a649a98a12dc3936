"""The signed call to an accounting system, against a peer on this machine; private addresses are never called."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest

from credit.models import AccountExport, CreditSettings, ExportState
from credit.services.exports import claim_calls, live_keys, make_call, record_call
from integrations.accounting.client import AccountingCall
from tests.cast import House
from tests.credit.asking import NOW, cast_of, end, to_decision

pytestmark = pytest.mark.django_db


class Peer(BaseHTTPRequestHandler):
    """Takes what is sent and answers what it is told to."""

    status: ClassVar[int] = 200
    taken: ClassVar[list[tuple[dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.taken.append((dict(self.headers), body))
        self.send_response(self.status)
        self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def peer() -> Iterator[str]:
    Peer.taken.clear()
    Peer.status = 200
    server = HTTPServer(("127.0.0.1", 0), Peer)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    server.server_close()


@pytest.fixture
def export(house: House, peer: str) -> AccountExport:
    cast = cast_of(house)
    with house.scope():
        CreditSettings.objects.create(export_url=peer, export_key_number=2)
        end(to_decision(cast), cast.manager, "as_asked", words="Fine")
        return AccountExport.objects.get()


def call_once(house: House, minutes: int = 1) -> str:
    now = NOW + timedelta(hours=1, minutes=minutes)
    with house.scope():
        (call,) = claim_calls(now=now)
        problem = make_call(call, AccountingCall(allows_any=True))
        record_call(call, problem, now=now)
        return problem


def test_the_peer_takes_a_signed_call_once(house: House, export: AccountExport) -> None:
    assert call_once(house) == ""
    ((headers, body),) = Peer.taken
    stamp, *signatures = headers["Otc-Signature"].split(",")
    message = f"{headers['Otc-Event-Id']}.{stamp.removeprefix('t=')}.".encode() + body
    with house.scope():
        keys = live_keys(CreditSettings.objects.get())
        export.refresh_from_db()
        assert not claim_calls(now=NOW + timedelta(days=9))
    assert signatures == [
        f"v1={hmac.new(key, message, hashlib.sha256).hexdigest()}" for key in keys
    ]
    assert json.loads(body)["credit_limit"] == "80000.00"
    assert export.state == ExportState.DELIVERED


@pytest.mark.parametrize("status", [500, 302])
def test_a_refused_call_is_tried_again_and_given_up_after_three_days(
    house: House, export: AccountExport, status: int
) -> None:
    Peer.status = status
    assert call_once(house) == f"HTTP {status}"
    with house.scope():
        assert not claim_calls(now=NOW + timedelta(hours=1, seconds=90)), "not before its time"
        AccountExport.objects.update(attempts=8, next_attempt_at=NOW)
    call_once(house, minutes=5)
    with house.scope():
        export.refresh_from_db()
        assert (export.state, export.problem) == (ExportState.GIVEN_UP, f"HTTP {status}")


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/hook",
        "https://localhost/hook",
        "https://10.0.0.8/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.8]/",
        "https://[2002:0a00:0001::]/",
        "https://0.0.0.0/",
        "http://93.184.215.14/",
        "https://93.184.215.14:8443/",
        "https://user:secret@93.184.215.14/",
        "ftp://93.184.215.14/",
        "https:///nothing",
        "https://[",
    ],
)
def test_no_call_leaves_for_a_private_address_or_another_way(url: str) -> None:
    assert AccountingCall().problem_with(url)
    assert AccountingCall().post(url, b"{}", {})


def test_a_public_address_over_tls_may_be_called() -> None:
    assert AccountingCall().problem_with("https://93.184.215.14/hook") == ""


def test_an_unreachable_peer_is_said_in_words() -> None:
    assert "Refused" in AccountingCall(allows_any=True).post("http://127.0.0.1:9/", b"{}", {})
