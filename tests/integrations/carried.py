"""A house whose scenario has a step that leaves through a provider, and a worker to send it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dunning.channels import Carrier, MailToCompose, OutgoingMail
from dunning.models import Reminder, Step
from dunning.rules.steps import Channel
from dunning.services import people
from dunning.services.scenarios import ensure_ready_scenarios
from dunning.services.sending import Sender
from dunning.services.settling import settle
from dunning.services.worker import work_for
from kernel.permissions import system_actor
from ledger.models import Contact, Customer
from tests.dunning.conftest import NOW, Chase

MOBILE = "06 12 34 56 78"


class NoMail:
    """A mail server that nothing may reach in these tests."""

    def encode(self, _mail: MailToCompose) -> bytes:
        raise AssertionError("no e-mail may be written instead")

    def hand_over(self, _mail: OutgoingMail, *, before_last_dot: Callable[[], None]) -> None:
        raise AssertionError(f"no e-mail may leave instead {before_last_dot}")

    def close(self) -> None:
        """Nothing is held."""

    def was_accepted(self, _message_id: str) -> bool | None:
        return None


@dataclass
class Carried:
    """A chase with one step changed to `channel`; `now` is what the worker's clock shows."""

    chase: Chase
    channel: Channel
    offset_days: int
    carriers: Mapping[Channel, Carrier] = field(default_factory=dict)
    now: datetime = NOW

    def __post_init__(self) -> None:
        with self.chase.house.scope():
            ensure_ready_scenarios()
            Step.objects.filter(offset_days=self.offset_days).update(channel=self.channel)

    def customer(self, code: str = "C001", phone: str = MOBILE) -> Customer:
        customer = self.chase.customer(code)
        with self.chase.house.scope():
            Contact.objects.filter(customer=customer).update(phone=phone)
        self.chase.line(customer, self.offset_days + 2)
        return customer

    def planned(self, **fields: Any) -> Reminder:
        """Plan one reminder, let it go and return it."""
        self.customer(**fields)
        self.chase.plan()
        self.confirm()
        return self.only()

    def confirm(self) -> int:
        with self.chase.house.scope():
            actor = system_actor(self.chase.house.tenant_id)
            return len(
                people.confirm_reminders(
                    reminders=Reminder.objects.all(), actor=actor, now=self.now, opens_now=True
                )
            )

    def sender(self, carriers: Mapping[Channel, Carrier] | None = None) -> Sender:
        return Sender(
            worker="w1",
            channel=NoMail(),
            evidence=NoMail(),
            clock=lambda: self.now,
            carriers=self.carriers if carriers is None else carriers,
        )

    def send(self, carriers: Mapping[Channel, Carrier] | None = None) -> int:
        return self.sender(carriers).send_ready(self.chase.house.tenant_id).sent

    def work(self) -> None:
        work_for(self.chase.house.tenant_id, sender=self.sender())

    def settle(self) -> None:
        settle(self.chase.house.tenant_id, evidence=NoMail(), carriers=self.carriers, now=self.now)

    def only(self) -> Reminder:
        (reminder,) = self.chase.reminders(channel=self.channel)
        return reminder
