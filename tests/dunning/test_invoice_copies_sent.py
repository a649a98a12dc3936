"""A reminder takes the copies of its overdue invoices along, as the step says, and what left is kept."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from dunning.messages import compose
from dunning.models import RenderedMessage, Step
from dunning.services.sending import Sender
from integrations.smtp.client import SmtpChannel
from integrations.smtp.evidence import FolderEvidence
from kernel.permissions import system_actor
from ledger.models import DocumentFile, DocumentFileKind, DueLine
from ledger.services.document_files import add_file, remove_file
from otc.embedded.mailbox import MailCatcher
from tests.dunning.conftest import NOW, Chase
from tests.dunning.test_sending import Post, planned, relay_of
from tests.ledger.files import pdf


@pytest.fixture
def post(chase: Chase, tmp_path: Path) -> Iterator[Post]:
    with MailCatcher(tmp_path / "mail", answer=lambda _: "") as catcher:
        yield Post(chase, catcher)


def keep(
    post: Post, line: DueLine, kind: DocumentFileKind = DocumentFileKind.COPY, words: str = "x"
) -> DocumentFile:
    with post.chase.house.scope():
        return add_file(
            document=line.document,
            name=f"{line.document.number}.pdf",
            content=pdf(words),
            kind=kind,
            actor=system_actor(post.tenant_id),
            now=NOW,
        )


def enclosed(post: Post) -> list[tuple[str | None, bytes]]:
    """Send what is ready with the real writer, and return the files of the one message, as kept for ever."""
    channel = SmtpChannel(relay_of(post.catcher))
    sender = Sender(
        worker="w1",
        channel=channel,
        evidence=FolderEvidence(post.catcher.folder),
        clock=lambda: post.now,
        compose=compose,
    )
    assert sender.send_ready(post.tenant_id).sent == 1
    channel.close()
    with post.chase.house.scope():
        raw = bytes(RenderedMessage.objects.get().raw)
    message = message_from_bytes(raw, policy=policy.default)
    return [
        (part.get_filename(), part.get_content())
        for part in message.iter_attachments()
        if part.get_content_type() == "application/pdf"
    ]


def switch(post: Post, *, has_invoices: bool) -> None:
    with post.chase.house.scope():
        Step.objects.update(has_invoices=has_invoices, has_statement=False)


def test_the_copies_of_overdue_invoices_leave_with_the_reminder(post: Post) -> None:
    line = planned(post)
    keep(post, line)
    keep(post, line, DocumentFileKind.PROOF, "proof")
    switch(post, has_invoices=True)
    assert enclosed(post) == [(f"{line.document.number}.pdf", pdf("x"))]


def test_a_step_that_does_not_ask_for_copies_sends_none(post: Post) -> None:
    keep(post, planned(post))
    switch(post, has_invoices=False)
    assert enclosed(post) == []


def test_a_file_removed_before_the_message_leaves_stays_here(post: Post) -> None:
    file = keep(post, planned(post))
    switch(post, has_invoices=True)
    with post.chase.house.scope():
        actor = system_actor(post.tenant_id)
        remove_file(file=file, reason="of another customer", actor=actor, now=NOW)
    assert enclosed(post) == []
