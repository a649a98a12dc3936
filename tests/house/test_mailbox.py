"""The mail catcher: accepted means kept."""

import smtplib
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from otc.embedded import mail_folder
from otc.embedded.mailbox import MailCatcher, acceptances, accepted_message, list_messages


def message(
    message_id: str = "<a.1@example.test>", subject: str = "Relevé de compte"
) -> EmailMessage:
    written = EmailMessage()
    written["From"] = "reminders@example.test"
    written["To"] = "contact@customer.test"
    written["Subject"] = subject
    written["Message-ID"] = message_id
    written.set_content("Bonjour")
    return written


def send(catcher: MailCatcher, written: EmailMessage) -> None:
    with smtplib.SMTP("localhost", catcher.port, timeout=10) as line:
        line.starttls(context=ssl.create_default_context(cafile=catcher.authority_file))
        line.send_message(written)


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[MailCatcher]:
    with MailCatcher(tmp_path / "mail") as running:
        yield running


def test_an_accepted_message_is_found_by_its_id(catcher: MailCatcher) -> None:
    send(catcher, message())
    assert accepted_message("<a.1@example.test>", catcher.folder)
    assert not accepted_message("<a.2@example.test>", catcher.folder)


def test_a_message_sent_twice_counts_twice(catcher: MailCatcher) -> None:
    send(catcher, message())
    send(catcher, message())
    assert acceptances("<a.1@example.test>", catcher.folder) == 2


def test_a_folded_message_id_is_recognised(tmp_path: Path) -> None:
    raw = b"Subject: x\r\nMessage-ID:\r\n <folded@example.test>\r\n\r\nMessage-ID: <body@example.test>\r\n"
    mail_folder.keep(tmp_path, sender="a@b.test", recipients=["c@d.test"], raw=raw)
    assert accepted_message("<folded@example.test>", tmp_path)
    assert not accepted_message("<body@example.test>", tmp_path)


def test_the_latest_message_comes_first_with_its_envelope(catcher: MailCatcher) -> None:
    send(catcher, message("<a.1@example.test>", "Un"))
    send(catcher, message("<a.2@example.test>", "Deux"))
    latest, first = list_messages(catcher.folder)
    assert (latest.content["Subject"], first.content["Subject"]) == ("Deux", "Un")
    assert latest.recipients == ("contact@customer.test",)
    assert latest.sender == "reminders@example.test"


def test_nothing_is_taken_in_clear(catcher: MailCatcher) -> None:
    with (
        smtplib.SMTP("localhost", catcher.port, timeout=10) as line,
        pytest.raises(smtplib.SMTPSenderRefused, match="STARTTLS"),
    ):
        line.send_message(message())


@pytest.mark.parametrize("refusal", ["550 5.1.1 No such mailbox", "451 4.7.1 Try later"])
def test_a_refused_message_is_not_kept(tmp_path: Path, refusal: str) -> None:
    with MailCatcher(tmp_path / "mail", answer=lambda _: refusal) as catcher:
        with pytest.raises(smtplib.SMTPDataError) as raised:
            send(catcher, message())
        assert raised.value.smtp_code == int(refusal[:3])
        assert list_messages(catcher.folder) == []


def test_a_message_that_cannot_be_written_is_not_accepted(
    catcher: MailCatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("otc.embedded.mail_folder.os.fsync", full)
    with pytest.raises(smtplib.SMTPDataError) as raised:
        send(catcher, message())
    assert raised.value.smtp_code == 452
    assert not accepted_message("<a.1@example.test>", catcher.folder)
