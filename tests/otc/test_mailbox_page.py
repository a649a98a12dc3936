"""The demo's mailbox shows what left, harmlessly."""

from email.message import EmailMessage
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from otc.embedded.mail_folder import keep

pytestmark = pytest.mark.urls("tests.otc.demo_urls")

PIXEL = b"\x89PNG\r\n\x1a\n-not-really-a-picture"


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.OTC_DEMO = True
    settings.OTC_MAIL_EVIDENCE_DIR = str(tmp_path)
    return tmp_path


def reminder(html: str = "<p>Bonjour</p>") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Sacha Témoin <sacha.temoin@orvanne.example>"
    message["To"] = "compta@c-1001.example"
    message["Subject"] = "Relance : 2 factures échues"
    message["Message-ID"] = "<1@orvanne.example>"
    message.set_content("Votre page : https://pay.orvanne.example/r/secret.\n")
    message.add_alternative(html, subtype="html")
    html_part = message.get_body(("html",))
    assert html_part is not None
    html_part.add_related(PIXEL, "image", "png", cid="<qr>")
    message.add_attachment(b"%PDF-1.7", "application", "pdf", filename="Relevé 2026.pdf")
    return message


def keep_message(folder: Path, message: EmailMessage) -> str:
    recipients = ["compta@c-1001.example"]
    kept = keep(folder, sender="bounce@orvanne.example", recipients=recipients, raw=bytes(message))
    return kept.stem


def test_the_list_tells_who_wrote_what_to_whom(folder: Path, client: Client) -> None:
    keep_message(folder, reminder())
    page = client.get("/mailbox").content.decode()
    assert "Relance : 2 factures échues" in page
    assert "compta@c-1001.example" in page
    assert "Sacha Témoin" in page


def test_an_empty_mailbox_says_what_fills_it(folder: Path, client: Client) -> None:
    assert "Confirm a reminder in the agenda" in client.get("/mailbox").content.decode()


def test_a_message_shows_headers_text_link_and_files(folder: Path, client: Client) -> None:
    name = keep_message(folder, reminder())
    response = client.get(f"/mailbox/{name}")
    page = response.content.decode()
    assert "&lt;1@orvanne.example&gt;" in page
    assert '<a href="https://pay.orvanne.example/r/secret"' in page
    assert f'src="/mailbox/{name}/html"' in page
    policy = response.headers["Content-Security-Policy"]
    assert "frame-src 'self'" in policy
    assert "unsafe" not in policy


def test_a_statement_is_downloaded_as_it_was_sent(folder: Path, client: Client) -> None:
    name = keep_message(folder, reminder())
    response = client.get(f"/mailbox/{name}/attachments/1")
    assert response.content == b"%PDF-1.7"
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["Content-Disposition"] == 'attachment; filename="Relevé 2026.pdf"'
    assert client.get(f"/mailbox/{name}/attachments/2").status_code == 404
    assert client.get(f"/mailbox/{name}/attachments/0").status_code == 404


def test_the_html_keeps_its_looks_and_pictures_and_runs_nothing(
    folder: Path, client: Client
) -> None:
    hostile = (
        '<body style="font-family:Arial" onload="x()">'
        '<p style="color:#123456" onclick="x()">Bonjour</p><script>alert(1)</script><form><input></form>'
        '<img src="cid:qr" alt="QR"><img src="https://spy.example/p.gif"><iframe src="/"></iframe>'
        '<a href="javascript:x()">a</a><a href="data:text/html,x">b</a><a href="https://ok.example/r/t">c</a>'
        "</body>"
    )
    name = keep_message(folder, reminder(hostile))
    response = client.get(f"/mailbox/{name}/html")
    page = response.content.decode()
    assert 'style="font-family:Arial"' in page
    assert 'style="color:#123456"' in page
    assert 'src="data:image/png;base64,' in page
    assert 'href="https://ok.example/r/t"' in page
    assert 'target="_blank"' in page
    for word in (
        "script>alert",
        "onclick",
        "onload",
        "<form",
        "<iframe",
        "javascript:",
        "data:text",
        "spy.example",
    ):
        assert word not in page
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize("name", ["..", "x", "%2e%2e%2fetc%2fpasswd", "a" * 64 + ".1.ffffffff"])
def test_a_name_that_is_no_message_is_not_found(folder: Path, client: Client, name: str) -> None:
    for address in (f"/mailbox/{name}", f"/mailbox/{name}/html", f"/mailbox/{name}/attachments/1"):
        assert client.get(address).status_code == 404


def test_there_is_no_mailbox_off_a_demo(folder: Path, client: Client, settings: Settings) -> None:
    name = keep_message(folder, reminder())
    settings.OTC_DEMO = False
    for address in ("/mailbox", f"/mailbox/{name}", f"/mailbox/{name}/html"):
        assert client.get(address).status_code == 404
