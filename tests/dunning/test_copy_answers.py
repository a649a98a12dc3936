"""A request for copies is answered in one click: the files leave to whoever asked, or a sentence says why not."""

from dataclasses import dataclass, field

import pytest

from dunning.channels import MailToCompose, OutgoingMail
from dunning.models import MailTask, SideMail, TaskKind
from dunning.services.copy_answers import CopiesNotSent, send_copies
from dunning.services.side_mail_sending import SideMailSender
from kernel.permissions import system_actor
from ledger.models import Contact, DocumentFileKind, DueLine
from ledger.services.document_files import add_file
from tests.dunning.conftest import NOW, Chase
from tests.ledger.files import pdf


@dataclass
class Relay:
    """A mail server that takes everything, and knows of nothing."""

    written: list[MailToCompose] = field(default_factory=list)

    def encode(self, mail: MailToCompose) -> bytes:
        self.written.append(mail)
        return b"To: x\r\n\r\n"

    def hand_over(self, mail: OutgoingMail, *, before_last_dot: object) -> None:
        del mail, before_last_dot

    def close(self) -> None:
        """Nothing is held."""

    def was_accepted(self, message_id: str) -> bool | None:
        del message_id
        return None


@pytest.fixture
def line(chase: Chase) -> DueLine:
    return chase.line(chase.customer("C001"), 12, "1000")


def asked_for(chase: Chase, *lines: DueLine, detail: str | None = None) -> MailTask:
    with chase.house.scope():
        numbers = ", ".join(line.document.number for line in lines)
        return MailTask.objects.create(
            customer=lines[0].customer,
            kind=TaskKind.COPY,
            contact=Contact.objects.get(customer=lines[0].customer),
            detail=numbers if detail is None else detail,
            created_at=NOW,
        )


def keep(chase: Chase, line: DueLine, content: bytes = b"") -> None:
    with chase.house.scope():
        add_file(
            document=line.document,
            name="copy.pdf",
            content=content or pdf(),
            kind=DocumentFileKind.COPY,
            actor=system_actor(chase.house.tenant_id),
            now=NOW,
        )


def test_the_copies_leave_to_whoever_asked_and_the_task_is_done(
    chase: Chase, line: DueLine
) -> None:
    keep(chase, line)
    task = asked_for(chase, line)
    answer = chase.house.client("credit_manager").post(f"/agenda/mail-tasks/{task.pk}/copies")
    assert answer.status_code == 302
    with chase.house.scope():
        task.refresh_from_db()
        assert task.done_at is not None
        mail = SideMail.objects.get()
        assert (mail.kind, mail.recipient) == ("copies", "compta@c001.example")
    relay = Relay()
    sender = SideMailSender(channel=relay, evidence=relay, clock=lambda: mail.leaves_at)
    assert sender.send(chase.house.tenant_id) == 1
    (written,) = relay.written
    assert written.attachments == (("copy.pdf", "application/pdf", pdf()),)
    assert line.document.number in written.text


def test_what_cannot_be_answered_is_said_and_the_task_stays(chase: Chase, line: DueLine) -> None:
    task = asked_for(chase, line)
    actor = chase.house.actor("credit_manager")
    with chase.house.scope():
        with pytest.raises(CopiesNotSent, match="No copy is kept of"):
            send_copies(task=task, actor=actor, now=NOW)
        MailTask.objects.update(detail="")
        with pytest.raises(CopiesNotSent, match="names no invoice"):
            send_copies(task=task, actor=actor, now=NOW)
        Contact.objects.update(is_undeliverable=True)
        with pytest.raises(CopiesNotSent, match="Nobody at"):
            send_copies(task=task, actor=actor, now=NOW)
        assert not SideMail.objects.exists()
        assert MailTask.objects.filter(done_at=None).count() == 1
