"""The dialogue with a relay, against a real one: phases, refusals, a relay that dies, and what a message carries."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from dunning.channels import (
    MailToCompose,
    NotAcceptedYetError,
    OutcomeUnknownError,
    OutgoingMail,
    RefusedForGoodError,
    UnreachableError,
)
from integrations.smtp.client import Relay, SmtpChannel, encode
from integrations.smtp.evidence import FolderEvidence
from otc.embedded.mailbox import MailCatcher, acceptances, list_messages
from tests.relay import relay_process

MAIL = MailToCompose(
    message_id="<0197-1@echeo.example>",
    sender_name="Sacha Témoin",
    sender_address="reminders@echeo.example",
    reply_to="sacha@orvanne.example",
    recipient_name="Comptabilité",
    recipient_address="compta@client.example",
    subject="Factures échues : 191 470,75 € à régler",
    html="<p>Bonjour</p><img src='cid:epc-qr' alt=''>",
    text="Bonjour\n.une ligne qui commence par un point\n",
    qr_png=b"\x89PNG-not-really",
    attachments=(("relevé.pdf", "application/pdf", b"%PDF-1.7 not really"),),
    date=datetime(2026, 11, 24, 8, 0, tzinfo=UTC),
)


def outgoing(raw: bytes | None = None) -> OutgoingMail:
    return OutgoingMail(
        MAIL.message_id, MAIL.sender_address, MAIL.recipient_address, raw or encode(MAIL)
    )


def relay_of(catcher: MailCatcher) -> Relay:
    return Relay(
        host="localhost",
        port=catcher.port,
        user="",
        password="",
        is_starttls=True,
        is_tls=False,
        authority_file=str(catcher.authority_file),
        timeout=5,
    )


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[MailCatcher]:
    with MailCatcher(tmp_path / "mail") as running:
        yield running


@pytest.fixture
def channel(catcher: MailCatcher) -> Iterator[SmtpChannel]:
    line = SmtpChannel(relay_of(catcher))
    yield line
    line.close()


def nothing() -> None:
    pass


def test_a_message_arrives_whole_over_a_verified_connection(
    catcher: MailCatcher, channel: SmtpChannel
) -> None:
    channel.hand_over(outgoing(), before_last_dot=nothing)
    (caught,) = list_messages(catcher.folder)
    content = caught.content
    assert (caught.sender, caught.recipients) == (
        "reminders@echeo.example",
        ("compta@client.example",),
    )
    assert content["Subject"] == MAIL.subject
    assert content["Auto-Submitted"] == "auto-generated"
    assert content["Reply-To"] == "Sacha Témoin <sacha@orvanne.example>"
    text = content.get_body(("plain",))
    assert text is not None
    assert text.get_content().replace("\r\n", "\n") == MAIL.text
    names = [part.get_filename() for part in content.walk() if part.get_filename()]
    assert names == ["qr.png", "relevé.pdf"]


def test_one_connection_serves_many_messages(catcher: MailCatcher, channel: SmtpChannel) -> None:
    for number in range(5):
        mail = replace(MAIL, message_id=f"<{number}@echeo.example>")
        channel.hand_over(
            replace(outgoing(encode(mail)), message_id=mail.message_id), before_last_dot=nothing
        )
        line = channel._line
    assert channel._line is line
    assert len(list_messages(catcher.folder)) == 5


def test_nothing_is_accepted_before_the_last_dot(
    catcher: MailCatcher, channel: SmtpChannel
) -> None:
    seen = []
    channel.hand_over(
        outgoing(),
        before_last_dot=lambda: seen.append(acceptances(MAIL.message_id, catcher.folder)),
    )
    assert seen == [0]
    assert acceptances(MAIL.message_id, catcher.folder) == 1


def test_a_message_stopped_before_the_last_dot_never_leaves(
    catcher: MailCatcher, channel: SmtpChannel
) -> None:
    def stop() -> None:
        raise RuntimeError("the red button")

    with pytest.raises(RuntimeError, match="red button"):
        channel.hand_over(outgoing(), before_last_dot=stop)
    channel.hand_over(outgoing(), before_last_dot=nothing)
    assert acceptances(MAIL.message_id, catcher.folder) == 1


@pytest.mark.parametrize(
    ("answer", "error", "is_address"),
    [
        ("451 4.7.1 Later", NotAcceptedYetError, False),
        ("550 5.1.1 Unknown", RefusedForGoodError, True),
        ("554 5.7.1 Spam", RefusedForGoodError, False),
    ],
)
def test_the_relays_refusal_is_told_in_its_words(
    tmp_path: Path, answer: str, error: type[Exception], is_address: bool
) -> None:
    with MailCatcher(tmp_path / "mail", answer=lambda _: answer) as catcher:
        channel = SmtpChannel(relay_of(catcher))
        with pytest.raises(error, match=answer) as caught:
            channel.hand_over(outgoing(), before_last_dot=nothing)
        assert getattr(caught.value, "is_address", False) is is_address
        channel.close()


def test_a_dead_relay_is_unreachable_in_words_for_people(catcher: MailCatcher) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    channel = SmtpChannel(replace(relay_of(catcher), port=port))
    with pytest.raises(UnreachableError, match=f"localhost:{port} does not answer"):
        channel.hand_over(outgoing(), before_last_dot=nothing)


def test_a_certificate_nobody_vouches_for_is_refused(catcher: MailCatcher) -> None:
    channel = SmtpChannel(replace(relay_of(catcher), authority_file=""))
    with pytest.raises(UnreachableError, match="certificate"):
        channel.hand_over(outgoing(), before_last_dot=nothing)


def test_a_relay_that_dies_is_found_again(tmp_path: Path) -> None:
    with relay_process(tmp_path / "mail") as first:
        relay = Relay("localhost", first.port, "", "", is_starttls=True, is_tls=False,
                      authority_file=first.authority_file, timeout=5)  # fmt: skip
        channel = SmtpChannel(relay)
        channel.hand_over(outgoing(), before_last_dot=nothing)
    with pytest.raises(UnreachableError):
        channel.hand_over(outgoing(), before_last_dot=nothing)
    with relay_process(tmp_path / "mail", first.port):
        channel.hand_over(outgoing(), before_last_dot=nothing)
        channel.close()
    assert acceptances(MAIL.message_id, tmp_path / "mail") == 2


def one_message_then_silence(server: socket.socket) -> None:
    """Speak SMTP up to the last dot, then hang up without an answer."""
    line, _ = server.accept()
    with line, line.makefile("rwb") as stream:
        answers: dict[bytes, bytes] = {b"data": b"354 Go\r\n"}
        stream.write(b"220 here\r\n")
        stream.flush()
        while command := stream.readline():
            stream.write(answers.get(command.strip().lower(), b"250 ok\r\n"))
            stream.flush()
            if command.strip().lower() == b"data":
                break
        while stream.readline() != b".\r\n":
            pass


def test_silence_after_the_last_dot_is_an_unknown_outcome() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=one_message_then_silence, args=[server])
        thread.start()
        relay = Relay("127.0.0.1", server.getsockname()[1], "", "", False, False, "", 5)  # noqa: FBT003
        with pytest.raises(OutcomeUnknownError):
            SmtpChannel(relay).hand_over(outgoing(), before_last_dot=nothing)
        thread.join(5)


def test_the_same_message_is_the_same_bytes() -> None:
    assert encode(MAIL) == encode(MAIL)


@pytest.mark.parametrize(("url", "is_there"), [("https://payer.example/u/1", True), ("", False)])
def test_a_message_can_be_unsubscribed_from_where_that_is_due(url: str, is_there: bool) -> None:
    message = message_from_bytes(encode(replace(MAIL, unsubscribe_url=url)), policy=policy.default)
    assert (message["List-Unsubscribe"] is not None) is is_there
    assert (message["List-Unsubscribe-Post"] is not None) is is_there


def test_evidence_is_found_by_the_message_id(
    tmp_path: Path, make_catcher: Callable[[Path], MailCatcher]
) -> None:
    folder = tmp_path / "mail"
    with make_catcher(folder) as catcher:
        channel = SmtpChannel(relay_of(catcher))
        assert FolderEvidence(folder).was_accepted(MAIL.message_id) is False
        channel.hand_over(outgoing(), before_last_dot=nothing)
        channel.close()
    assert FolderEvidence(folder).was_accepted(MAIL.message_id) is True
    assert FolderEvidence(folder).was_accepted("<other@echeo.example>") is False


def test_without_a_folder_there_is_no_evidence(tmp_path: Path) -> None:
    assert FolderEvidence("").was_accepted(MAIL.message_id) is None
    assert FolderEvidence(tmp_path / "gone").was_accepted(MAIL.message_id) is None


@pytest.fixture
def make_catcher() -> Callable[[Path], MailCatcher]:
    return MailCatcher
