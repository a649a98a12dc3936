"""After a restore text messages and e-letters are compared with their provider too, before anything leaves again."""

from dataclasses import dataclass

import pytest
from pytest_django import Settings

from dunning.channels import UnreachableError
from dunning.models import Reminder
from dunning.rules.steps import Channel
from dunning.services import barriers
from dunning.services.identity import message_id_of
from kernel.permissions import system_actor
from tests.dunning.conftest import Chase
from tests.integrations.carried import Carried

pytestmark = pytest.mark.django_db


@dataclass
class Provider:
    """A provider that knows which parcels it took; None: it does not tell."""

    answer: bool | None = True
    is_gone: bool = False
    asked: str = ""

    def was_accepted(self, message_id: str) -> bool | None:
        self.asked = message_id
        if self.is_gone:
            raise UnreachableError("no route")
        return self.answer


class Relay:
    """A relay's log in which nothing is found."""

    def was_accepted(self, message_id: str) -> bool | None:
        del message_id
        return False


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        (Provider(), (1, 0, "sent")),
        (Provider(answer=False), (0, 0, "planned")),
        (Provider(answer=None), (0, 1, "planned")),
        (Provider(is_gone=True), (0, 1, "planned")),
    ],
)
def test_a_text_message_is_asked_about_at_its_provider(
    chase: Chase, settings: Settings, provider: Provider, expected: tuple[int, int, str]
) -> None:
    texts = Carried(chase, Channel.SMS, 10)
    texts.customer()
    chase.plan()
    settings.OTC_SENDING_EPOCH = "after the restore"
    with chase.house.scope():
        done = barriers.reconcile_outbox(
            actor=system_actor(chase.house.tenant_id),
            evidence=Relay(),
            now=texts.now,
            carriers={Channel.SMS: provider},  # type: ignore[dict-item]  # asked for evidence, no more
        )
        reminder = Reminder.objects.get(channel="sms")
        assert (done.found_sent, done.unanswered, reminder.state) == expected
        assert provider.asked == message_id_of(reminder)
