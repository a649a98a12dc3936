"""A worker's round against a mail server that takes everything, for tests of what happens at the hour of sending."""

from datetime import datetime

from dunning.channels import OutgoingMail
from dunning.models import Reminder
from dunning.services.people import confirm_reminders
from dunning.services.sending import Sender
from dunning.services.worker import work_for
from tests.dunning.conftest import NOW, Chase
from tests.dunning.plain import compose_plainly
from tests.dunning.test_sales_notices import Post


def let_go(chase: Chase, *, role: str = "collector", now: datetime = NOW) -> None:
    """Let everything that is planned go at once."""
    actor = chase.person(role)
    with chase.house.scope():
        confirm_reminders(reminders=Reminder.objects.all(), actor=actor, now=now, opens_now=True)


def send(chase: Chase, *, now: datetime = NOW) -> list[OutgoingMail]:
    """Let a worker do its round, and return what left."""
    post = Post(now=now)
    sender = Sender(
        worker="w1", channel=post, evidence=post, clock=lambda: now, compose=compose_plainly
    )
    work_for(chase.house.tenant_id, sender=sender)
    return [mail for _at, mail in post.left]
