"""A mailbox over IMAP: Python's own client against a small server that speaks as RFC 3501 says, over a real line."""

import re
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from dunning.models import Reply
from integrations.imap.client import Mailbox, MailboxUnreachableError, read_unseen
from integrations.imap.tasks import look
from tests.cast import House
from tests.dunning.conftest import Chase, chase

__all__ = ["chase"]  # the fixture, made for the chase's own tests

MAIL = (
    b"From: Compta <compta@c001.example>\r\nTo: x@atelier.example\r\nSubject: Re\r\n"
    b"Message-ID: <%d@c001.example>\r\n\r\nNous paierons vendredi.\r\n"
)


@dataclass
class Post:
    """The server's mailbox: messages by their lasting number, each with its flags; `breaks_at` ends the line there."""

    messages: dict[int, bytes] = field(default_factory=dict)
    flags: dict[int, set[str]] = field(default_factory=dict)
    breaks_at: str = ""
    url: str = ""

    def add(self, number: int, raw: bytes | None = None) -> None:
        self.messages[number] = MAIL % number if raw is None else raw
        self.flags[number] = set()


class Speaker(socketserver.StreamRequestHandler):
    """One conversation."""

    def say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")

    def handle(self) -> None:
        post: Post = self.server.post  # type: ignore[attr-defined]
        self.say(b"* OK ready")
        for line in self.rfile:
            tag, _, rest = line.decode().strip().partition(" ")
            if post.breaks_at and post.breaks_at in rest:
                return
            answer = self.answer(post, rest)
            self.say(f"{tag} {answer}".encode())
            if rest.startswith("LOGOUT"):
                return

    def answer(self, post: Post, rest: str) -> str:
        if rest.startswith("CAPABILITY"):
            self.say(b"* CAPABILITY IMAP4rev1")
        elif rest.startswith("LOGIN") and '"secret"' not in rest:
            return "NO [AUTHENTICATIONFAILED] wrong"
        elif rest.startswith("SELECT"):
            self.say(f"* {len(post.messages)} EXISTS".encode())
            return "OK [READ-WRITE] selected"
        elif rest.startswith("UID SEARCH"):
            found = [n for n, flags in sorted(post.flags.items()) if not flags]
            self.say(f"* SEARCH {' '.join(map(str, found))}".encode())
        elif rest.startswith("UID FETCH"):
            number = int(rest.split()[2])
            assert "BODY.PEEK[]" in rest
            raw = post.messages[number]
            self.wfile.write(b"* 1 FETCH (UID %d BODY[] {%d}\r\n" % (number, len(raw)) + raw)
            self.say(b")")
        elif rest.startswith("UID STORE"):
            post.flags[int(rest.split()[2])].update(re.findall(r"\\\w+", rest))
        elif rest.startswith("LOGOUT"):
            self.say(b"* BYE")
        return "OK done"


@pytest.fixture
def post() -> Iterator[Post]:
    post = Post()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Speaker) as server:
        server.daemon_threads = True
        server.post = post  # type: ignore[attr-defined]
        post.url = f"imap://robot:secret@127.0.0.1:{server.server_address[1]}/INBOX"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield post
        server.shutdown()


def test_what_is_unseen_is_handed_on_and_then_seen(post: Post) -> None:
    post.add(7)
    post.add(9)
    taken: list[bytes] = []

    def take(raw: bytes) -> bool:
        taken.append(raw)
        return True

    for expected in (2, 0):
        assert read_unseen(Mailbox.at(post.url), take) == expected
    assert taken == [MAIL % 7, MAIL % 9]
    assert post.flags == {7: {"\\Seen"}, 9: {"\\Seen"}}


def test_what_is_nobodys_is_flagged_for_people_and_not_asked_again(post: Post) -> None:
    post.add(7)
    assert read_unseen(Mailbox.at(post.url), lambda _raw: False) == 1
    assert post.flags == {7: {"\\Flagged"}}
    assert read_unseen(Mailbox.at(post.url), lambda _raw: False) == 0


def test_what_could_not_be_taken_in_stays_unseen(post: Post) -> None:
    post.add(7)

    def breaks(_raw: bytes) -> bool:
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError):
        read_unseen(Mailbox.at(post.url), breaks)
    assert post.flags == {7: set()}


@pytest.mark.parametrize("moment", ["LOGIN", "SELECT", "UID SEARCH", "UID FETCH", "UID STORE"])
def test_a_line_that_breaks_anywhere_is_said_in_words(post: Post, moment: str) -> None:
    post.add(7)
    post.breaks_at = moment
    with pytest.raises(MailboxUnreachableError):
        read_unseen(Mailbox.at(post.url), lambda _raw: True)


def test_a_wrong_password_is_said_in_words(post: Post) -> None:
    with pytest.raises(MailboxUnreachableError, match="wrong"):
        read_unseen(Mailbox.at(post.url.replace("secret", "other")), lambda _raw: True)


@pytest.mark.parametrize(
    "url", ["imap://u:p@mail.example/INBOX", "http://x", "imaps://mail.example", "INBOX"]
)
def test_an_address_that_is_none_or_sends_passwords_in_clear_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        Mailbox.at(url)


@pytest.mark.django_db
def test_a_look_keeps_each_message_once_even_when_the_line_broke(
    post: Post, chase: Chase, other_house: House, settings: Settings
) -> None:
    customer = chase.customer()
    settings.OTC_IMAP_URL = post.url
    post.add(7)
    post.breaks_at = "UID STORE"
    assert look() == 0
    post.breaks_at = ""
    assert look() == 1
    with chase.house.scope():
        reply = Reply.objects.get()
        assert (reply.customer, reply.source, reply.suggestion) == (customer, "imap", "promise")


def test_no_mailbox_is_no_look(settings: Settings) -> None:
    settings.OTC_IMAP_URL = ""
    assert look() == 0
