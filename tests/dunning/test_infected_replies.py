"""A file of a reply that carries a virus is kept back and said; so is one the scanner gave no answer about."""

from pathlib import Path

import pytest
from pytest_django import Settings

from accounts.models import User
from dunning.models import Reply, ReplyAttachment
from tests.dunning.conftest import Chase
from tests.dunning.test_receive_mail import mail, take
from tests.integrations.clamd.test_clamd import EICAR, Peer, peer

__all__ = ["peer"]


@pytest.mark.django_db
def test_an_infected_file_of_a_reply_is_kept_back_and_said(
    chase: Chase, peer: tuple[Peer, str], settings: Settings
) -> None:
    settings.OTC_CLAMD_URL = peer[1]
    settings.OTC_VIRUS_SCANNER = "integrations.clamd.client.Clamd"
    chase.customer()
    message = mail("relances@x.example", "Voici")
    message.add_attachment(b"hello " + EICAR, maintype="text", subtype="plain", filename="a.txt")
    message.add_attachment(b"hello", maintype="text", subtype="plain", filename="b.txt")
    take(message)
    with chase.house.scope():
        kept = dict(ReplyAttachment.objects.values_list("file_name", "quarantine"))
        assert kept == {"a.txt": "virus", "b.txt": ""}
        infected = ReplyAttachment.objects.get(quarantine="virus")
        assert infected.content is None
        reply = Reply.objects.get()
    client = chase.house.client("credit_manager")
    User.objects.update(language="en")
    page = client.get(f"/agenda/replies/{reply.pk}").content.decode()
    assert "it carries a virus" in page
    path = f"/agenda/replies/{reply.pk}/files/{infected.pk}"
    assert client.get(path).status_code == 404


@pytest.mark.django_db
def test_a_file_nobody_could_scan_is_kept_back_too(
    chase: Chase, settings: Settings, tmp_path: Path
) -> None:
    settings.OTC_CLAMD_URL = f"unix://{tmp_path / 'none'}"
    settings.OTC_VIRUS_SCANNER = "integrations.clamd.client.Clamd"
    chase.customer()
    message = mail("relances@x.example", "Voici")
    message.add_attachment(b"hello", maintype="text", subtype="plain", filename="b.txt")
    take(message)
    with chase.house.scope():
        file = ReplyAttachment.objects.get()
        assert (file.quarantine, file.content) == ("unscanned", None)
