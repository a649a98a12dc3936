"""A month of an invented ledger, lived through the services, with the real plan made every day of it.

What each plan let go is noted as the day, the group, the step and what it asked for, so that a simulation of the same
month can be held against it, message by message.
"""

import random
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.models import Scope, ScopeKind
from disputes.models import Dispute, DisputeOutcome, DisputeType
from disputes.services import close_dispute, open_dispute
from dunning.models import LineOverride, Pause, Promise, Reminder, Scenario, ScenarioAssignment
from dunning.queries.closures import closed_days
from dunning.rules.calendar import next_opening
from dunning.rules.causes import Cause
from dunning.rules.policy import DEFAULT_POLICY
from dunning.rules.promises import PromiseSource
from dunning.rules.simulated import SimulatedStep
from dunning.rules.steps import Channel
from dunning.services.barriers import walk_to_sent
from dunning.services.closures import close_days
from dunning.services.contact_reports import report_contact
from dunning.services.line_overrides import end_line_override, override_line_scenario
from dunning.services.pauses import end_pause, pause_reminders
from dunning.services.people import record_outcome
from dunning.services.plan import Coverage, plan_reminders
from dunning.services.promises import PromiseNotPossible, record_promise, withdraw_promise
from dunning.services.scenarios import ensure_ready_scenarios
from kernel.money import Money
from kernel.permissions import Actor, system_actor
from ledger.models import Allocation, Contact, Customer, DocumentKind, DueLine, Entity
from ledger.services import (
    NewDocument,
    NewLine,
    allocate,
    record_document,
    record_exchange_rate,
    reverse_allocation,
)
from tests.dunning.conftest import Chase
from tests.dunning.counted_elsewhere import CODE, install

PARIS = ZoneInfo("Europe/Paris")
AMOUNTS = ("4", "12", "19.99", "48", "75", "300", "900", "1234.56", "4999", "5000", "7500", "60000")
SCENARIOS = ("", "", "risky", "small-amounts", "key-account", "silent", "public", CODE, CODE)
CHOSEN = ("risky", "standard-b2b", "silent", "small-amounts", "key-account", CODE)
COUNTRIES = ("FR", "FR", "FR", "DE", "US", "AU")

Said = tuple[date, UUID, UUID, str, int, Decimal, str, frozenset[UUID]]
"""Day, customer, entity, currency, step number, amount, mode, due lines named."""


def said(step: SimulatedStep) -> Said:
    """Return a simulated step as the real plan's is noted."""
    return (
        step.day,
        step.customer_id,
        step.entity_id,
        step.currency,
        step.step.number,
        step.amount,
        step.mode.value,
        frozenset(step.lines),
    )


@dataclass
class Month:
    """A house with some customers; every method but `live` wants an open scope."""

    chase: Chase
    seed: int
    first_day: date
    opens_daily: bool
    told: list[tuple[date, Said]] = field(
        default_factory=list
    )  # with the day of the plan that let it go
    covered: dict[date, Coverage] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)  # noqa: S311  the same month for the same seed
        self.numbers = count(1)
        self.actor: Actor = system_actor(self.chase.house.tenant_id)

    def begin(self, customers: int = 16) -> None:
        """Make customers of two entities with invoices of every age."""
        with self.chase.house.scope():
            ensure_ready_scenarios()
            install()
            self.entities = [self.chase.house.entity_id, self._second_entity()]
            self._rate(self.first_day - timedelta(days=200))
            closed = self.first_day + timedelta(days=self.dice.randint(16, 25))
            close_days(
                first_date=closed,
                last_date=closed + timedelta(days=3),
                name="Bridge",
                actor=self.actor,
            )
            self.customers = [self._customer(number) for number in range(customers)]
            for _ in range(customers * 5):
                self._invoice(self.first_day - timedelta(days=self.dice.randint(0, 100)))

    def _second_entity(self) -> UUID:
        parent = Scope.objects.get(path="/FR/")
        scope = Scope.objects.create(
            parent=parent, kind=ScopeKind.ENTITY, code="SUD", name="Sud", path="/FR/SUD/"
        )
        return Entity.objects.create(scope=scope, code="SUD", name="Sud", country="FR").pk

    def _rate(self, day: date) -> None:
        rate = Decimal(self.dice.choice(["0.80", "0.95", "1.10"]))
        record_exchange_rate(currency="USD", valid_from=day, rate=rate, actor=self.actor, today=day)

    def _customer(self, number: int) -> Customer:
        customer = self.chase.make_customer(
            self.chase.house,
            code=f"C{number:03d}",
            name=f"Client {number}",
            country=self.dice.choice(COUNTRIES),
            is_vip=self.dice.random() < 0.1,
            pays_by_direct_debit=self.dice.random() < 0.08,
        )
        if self.dice.random() < 0.15:
            Contact.objects.filter(customer=customer).update(is_undeliverable=True)
        if code := self.dice.choice(SCENARIOS):
            ScenarioAssignment.objects.create(
                customer=customer,
                scenario=Scenario.objects.get(code=code),
                since_date=self.first_day - timedelta(days=self.dice.choice([1, 300])),
            )
        return customer

    def live(self, days: int, *, since: date | None = None, is_quiet: bool = False) -> None:
        """Let `days` days pass: things happen, unless it is quiet, the plan is made, what may leave leaves."""
        for number in range(days):
            day = (since or self.first_day) + timedelta(days=number)
            with self.chase.house.scope():
                for _ in range(0 if is_quiet else self.dice.choice([0, 1, 2, 5])):
                    self._something(day)
                self._plan(day)

    def told_between(self, first: date, last: date) -> list[Said]:
        """Return what the plans from `first` on let go and was heard up to `last`."""
        return [words for day, words in self.told if day >= first and words[0] <= last]

    def _something(self, day: date) -> None:
        happenings = (
            (self._invoice, 4),
            (self._credit, 3),
            (self._payment, 7),
            (self._reversal, 2),
            (self._refund, 1),
            (self._contest, 3),
            (self._decide, 3),
            (self._pause, 2),
            (self._resume, 1),
            (self._rate_again, 1),
            (self._promise, 4),
            (self._take_back, 1),
            (self._choose, 4),
            (self._leave, 2),
        )
        (happens,) = self.dice.choices(
            [each for each, _weight in happenings], [weight for _each, weight in happenings]
        )
        happens(day)

    def _document(
        self, customer: Customer, entity_id: UUID, kind: DocumentKind, day: date, amount: Money,
        *lines: NewLine,
    ) -> DueLine:  # fmt: skip
        new = NewDocument(
            entity=Entity.objects.get(pk=entity_id),
            customer=customer,
            kind=kind,
            number=f"N-{next(self.numbers)}",
            issue_date=day,
            amount=amount,
            lines=lines,
        )
        document = record_document(new, actor=self.actor, today=day)
        line: DueLine = document.due_lines.order_by("number")[0]
        return line

    def _invoice(self, day: date) -> None:
        currency = self.dice.choice(["EUR", "EUR", "EUR", "USD"])
        amount = Decimal(self.dice.choice(AMOUNTS))
        due_date = day + timedelta(days=self.dice.choice([0, 5, 10, 30, 45]))
        lines = [NewLine(due_date, amount)]
        if self.dice.random() < 0.2:
            second = NewLine(due_date + timedelta(days=15), amount)
            lines, amount = [*lines, second], 2 * amount
        self._document(
            self.dice.choice(self.customers),
            self.dice.choice(self.entities),
            DocumentKind.INVOICE,
            day,
            Money(amount, currency),
            *lines,
        )

    def _debt(self) -> DueLine | None:
        lines = DueLine.objects.filter(is_open=True, kind=DocumentKind.INVOICE).order_by("pk")
        found = list(lines.select_related("customer", "document"))
        return self.dice.choice(found) if found else None

    def _settle(self, day: date, kind: DocumentKind, share: str, *, is_kept: bool) -> None:
        """Write a payment or credit note for a share of some line, and allocate it unless it is kept on account."""
        line = self._debt()
        if line is None:
            return
        amount = max((line.open_amount * Decimal(share)).quantize(Decimal("0.01")), Decimal("0.01"))
        credit = self._document(
            line.customer, line.entity_id, kind, day, Money(-amount, line.currency)
        )
        if is_kept:
            return
        settled = min(amount, line.open_amount)
        allocate(
            debit_line=line,
            credit_line=credit,
            amount=Money(settled, line.currency),
            actor=self.actor,
            today=day,
        )

    def _payment(self, day: date) -> None:
        share = self.dice.choice(["1", "1", "0.4", "0.97", "1.2"])
        self._settle(day, DocumentKind.PAYMENT, share, is_kept=self.dice.random() < 0.2)

    def _credit(self, day: date) -> None:
        share = self.dice.choice(["1", "0.1", "0.6"])
        self._settle(day, DocumentKind.CREDIT_NOTE, share, is_kept=self.dice.random() < 0.5)

    def _reversal(self, day: date) -> None:
        made = Allocation.objects.filter(reverses=None, reversed_by=None, effective_date__lte=day)
        found = list(made.order_by("effective_date", "pk"))
        if found:
            reverse_allocation(
                allocation=self.dice.choice(found), actor=self.actor, today=day, reason="Bounced"
            )

    def _refund(self, day: date) -> None:
        line = self._debt()
        if line is not None:
            amount = Money(Decimal(150), line.currency)
            self._document(line.customer, line.entity_id, DocumentKind.PAYMENT, day, amount)

    def _contest(self, day: date) -> None:
        line = self._debt()
        if line is None or line.disputes.filter(closed_date=None).exists():
            return
        share = Decimal(self.dice.choice(["0.1", "0.5", "0.98", "1"]))
        amount = max((line.open_amount * share).quantize(Decimal("0.01")), Decimal("0.01"))
        open_dispute(
            line=line,
            amount=Money(amount, line.currency),
            type=DisputeType.PRICE,
            reason="Price",
            actor=self.actor,
            today=day,
        )

    def _decide(self, day: date) -> None:
        found = list(Dispute.objects.filter(closed_date=None).order_by("number"))
        if found:
            outcome = DisputeOutcome.UNJUSTIFIED
            close_dispute(
                dispute=self.dice.choice(found), outcome=outcome, actor=self.actor, today=day
            )

    def _pause(self, day: date) -> None:
        line = self._debt()
        if line is not None:
            pause_reminders(
                customer=line.customer,
                due_line=line if self.dice.random() < 0.6 else None,
                actor=self.actor,
                reason="Stock-taking",
                today=day,
                until=day + timedelta(days=self.dice.choice([0, 3, 12])),
                now=self._hour(day),
            )

    def _resume(self, day: date) -> None:
        by_hand = Pause.objects.filter(exclusion="paused", ended_date=None, until_date__gte=day)
        found = list(by_hand.order_by("pk"))
        if found:
            end_pause(
                pause=self.dice.choice(found), actor=self.actor, today=day, now=self._hour(day)
            )

    def _promise(self, day: date) -> None:
        line = self._debt()
        if line is None:
            return
        share = Decimal(self.dice.choice(["0.5", "1"]))
        with suppress(PromiseNotPossible):  # contested wholly, say
            record_promise(
                customer=line.customer,
                due_lines=[line.pk],
                promised_date=day + timedelta(days=self.dice.choice([0, 2, 6])),
                amount=max((line.open_amount * share).quantize(Decimal("0.01")), Decimal("0.01")),
                actor=self.actor,
                today=day,
                now=self._hour(day),
                source=PromiseSource.CALL,
            )

    def _take_back(self, day: date) -> None:
        found = list(Promise.objects.filter(ended_date=None, deadline__gte=day).order_by("pk"))
        if found:
            withdraw_promise(
                promise=self.dice.choice(found), actor=self.actor, today=day, now=self._hour(day)
            )

    def _choose(self, day: date) -> None:
        """Let a line, or all those of its document, follow a scenario of their own."""
        line = self._debt()
        if line is None:
            return
        scenario = Scenario.objects.get(code=self.dice.choice(CHOSEN))
        until = day + timedelta(days=self.dice.choice([0, 4, 15, 90]))
        for each in line.document.due_lines.filter(is_open=True):
            if each == line or self.dice.random() < 0.5:
                override_line_scenario(
                    line=each,
                    scenario=scenario,
                    reason="A deposit",
                    until=until,
                    actor=self.actor,
                    today=day,
                    now=self._hour(day),
                )

    def _leave(self, day: date) -> None:
        found = list(LineOverride.objects.in_force(day).order_by("pk"))
        if found:
            end_line_override(
                override=self.dice.choice(found), actor=self.actor, today=day, now=self._hour(day)
            )

    def _rate_again(self, day: date) -> None:
        self._rate(day)

    def _hour(self, day: date) -> datetime:
        """Return when the plan of a day is made."""
        return datetime.combine(day, time(4, 10), tzinfo=PARIS)

    def _plan(self, day: date) -> None:
        """Make the day's plan and let go what leaves before the next; people do on the day what is theirs."""
        result = plan_reminders(
            today=day, now=self._hour(day), actor=self.actor, opens_now=self.opens_daily
        )
        self.covered[day] = result.coverage
        waiting = Reminder.objects.not_let_go().select_related("customer", "step", "entity")
        for reminder in waiting.order_by("created_at", "pk"):
            if reminder.channel == Channel.EMAIL:
                if reminder.leaves_at < self._hour(day + timedelta(days=1)):
                    walk_to_sent(reminder, now=reminder.leaves_at)
                    self._note(reminder, day)
            else:
                self._do(reminder, day)

    def _do(self, reminder: Reminder, day: date) -> None:
        """Let a person decide on the day, and call or post a letter on a working day where the customer is."""
        at = datetime.combine(day, time(12), tzinfo=PARIS)  # the same day from Sydney to New York
        if not self.opens_daily and reminder.channel != Channel.DECISION:
            at = next_opening(
                self._hour(day),
                country=reminder.customer.country,
                window=DEFAULT_POLICY.window,
                closures=closed_days(since=day),
                is_formal=True,
            )
        if at < self._hour(day + timedelta(days=1)):
            record_outcome(reminder=reminder, actor=self.actor, outcome="done", words="", now=at)
            if reminder.channel == Channel.CALL:
                self._report(reminder)
            self._note(Reminder.objects.select_related("step").get(pk=reminder.pk), day)

    def _report(self, reminder: Reminder) -> None:
        """Somebody answered: a word not kept was talked about."""
        made = Reminder.objects.get(pk=reminder.pk)
        report_contact(
            customer=reminder.customer,
            actor=self.actor,
            channel="call",
            outcome="call_back",
            cause=Cause.CASH_SHORTAGE,
            words="",
            today=made.contact_date,
            now=made.state_at,
            reminder=reminder,
        )

    def _note(self, reminder: Reminder, day: date) -> None:
        words: Said = (
            reminder.contact_date,
            reminder.customer_id,
            reminder.entity_id,
            reminder.currency,
            reminder.step.number,
            reminder.amount,
            reminder.mode,
            frozenset(reminder.lines.values_list("due_line_id", flat=True)),
        )
        self.told.append((day, words))
