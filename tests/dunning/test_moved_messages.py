"""A message that cannot go to its contact any more goes to a colleague of his in the open: history and task."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.models import User
from dunning.models import MailTask
from ledger.models import Contact, TimelineEntry
from otc.embedded.mailbox import MailCatcher, list_messages
from tests.dunning.conftest import Chase
from tests.dunning.test_sending import Post, planned


@pytest.fixture
def post(chase: Chase, tmp_path: Path) -> Iterator[Post]:
    with MailCatcher(tmp_path / "mail", answer=lambda _: "") as catcher:
        made = Post(chase, catcher)
        yield made
        for sender in made.senders:
            sender.channel.close()


def test_a_message_that_moves_to_a_colleague_is_told_and_becomes_a_task(post: Post) -> None:
    line = planned(post)
    with post.chase.house.scope():
        former = Contact.objects.get(customer=line.customer)
        Contact.objects.filter(pk=former.pk).update(is_opted_out=True)
        Contact.objects.create(
            customer=line.customer, name="Collègue", email="collegue@c001.example"
        )
    assert post.send() == 1
    (mail,) = list_messages(post.catcher.folder)
    assert mail.content["To"].addresses[0].addr_spec == "collegue@c001.example"
    with post.chase.house.scope():
        task = MailTask.objects.get(kind="moved", done_at=None)
        assert (task.contact, str(task.alternative)) == (former, "Collègue")
        told = TimelineEntry.objects.get(text_code="dunning.message_moved")
        assert told.facts == {"before": str(former), "after": "Collègue"}
    client = post.chase.house.client("credit_manager")
    User.objects.update(language="en")
    page = client.get("/agenda/replies").content.decode()
    assert "A message went to another contact" in page


def test_a_message_that_stays_with_its_contact_says_nothing(post: Post) -> None:
    planned(post)
    assert post.send() == 1
    with post.chase.house.scope():
        assert not MailTask.objects.filter(kind="moved").exists()
        assert not TimelineEntry.objects.filter(text_code="dunning.message_moved").exists()
