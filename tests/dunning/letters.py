"""A house whose scenario has a step by plain letter, and what a person and a worker do with its letters."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from dunning.models import Letter, LetterBatch, Reminder, Step
from dunning.queries.letters import letters_to_post
from dunning.rules.steps import Channel, Mode
from dunning.services import people
from dunning.services.letter_round import work_on_letters
from dunning.services.letters import prepare_batch
from dunning.services.posting import NotPosted, say_posted
from dunning.services.scenarios import ensure_ready_scenarios
from ledger.models import Customer, DueLine, Entity
from tests.dunning.conftest import NOW, TODAY, Chase

STEP_DAY = 10
STREET = "12 rue des Tilleuls\n69003 Villemodèle"


@dataclass
class Letters:
    """A chase whose step on day 10 is a letter; `now` is what every clock shows."""

    chase: Chase
    mode: Mode = Mode.AUTO
    now: datetime = NOW
    today: date = TODAY
    lines: list[DueLine] = field(default_factory=list)

    def __post_init__(self) -> None:
        with self.chase.house.scope():
            ensure_ready_scenarios()
            Step.objects.filter(offset_days=STEP_DAY).update(channel=Channel.LETTER, mode=self.mode)
            Entity.objects.update(
                address="4 quai Modèle\n69002 Villemodèle", iban="FR7630006000011234567890189"
            )
        self.manager = self.chase.person("credit_manager")

    def customer(
        self, code: str = "C001", *, address: str = STREET, amount: str = "1000", **fields: Any
    ) -> Customer:
        """Add a customer with an invoice that is late enough for the letter, written to once before."""
        customer = self.chase.customer(code, address=address, **fields)
        self.lines.append(self.chase.line(customer, STEP_DAY + 2, amount, today=self.today))
        return customer

    def plan(self) -> None:
        """Plan the day and answer for the first contact."""
        self.chase.plan(self.today, now=self.now)

    def confirm(self) -> None:
        with self.chase.house.scope():
            people.confirm_reminders(
                reminders=Reminder.objects.filter(channel=Channel.LETTER),
                actor=self.manager,
                now=self.now,
            )

    def prepare(self) -> LetterBatch:
        with self.chase.house.scope():
            return prepare_batch(
                entity=Entity.objects.get(),
                reminders=letters_to_post(self.manager, now=self.now),
                actor=self.manager,
                today=self.today,
                now=self.now,
            )

    def work(self, **limits: int) -> bool:
        return work_on_letters(self.chase.house.tenant_id, clock=self.clock, **limits)

    @property
    def clock(self) -> Callable[[], datetime]:
        return lambda: self.now

    def batch(self, *codes: str) -> LetterBatch:
        """Plan, confirm, prepare and draw letters to these customers, and return their batch."""
        for code in codes or ("C001",):
            self.customer(code)
        self.plan()
        self.confirm()
        batch = self.prepare()
        while self.work():
            pass
        return batch

    def post(
        self, batch: LetterBatch, letters: list[Letter] | None = None, day: date | None = None
    ) -> None:
        with self.chase.house.scope():
            say_posted(
                batch=batch,
                letters=None if letters is None else [letter.pk for letter in letters],
                day=day or self.today,
                actor=self.manager,
                today=self.today,
                now=self.now,
            )
        while self.work():
            pass

    def post_refused(self, batch: LetterBatch) -> None:
        """Say that nothing of a batch can be posted any more."""
        with pytest.raises(NotPosted):
            self.post(batch)

    def letters(self, **criteria: Any) -> list[Letter]:
        with self.chase.house.scope():
            found = Letter.objects.filter(**criteria).select_related("entity", "reminder")
            return list(found.order_by("sequence", "batch__created_at", "place"))

    def reminder(self, code: str = "C001") -> Reminder:
        with self.chase.house.scope():
            return Reminder.objects.filter(customer__code=code).latest("created_at")

    def next_day(self, days: int = 1) -> None:
        self.now += timedelta(days=days)
        self.today += timedelta(days=days)
