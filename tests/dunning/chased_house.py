"""A house to which anything may happen, in any order, and what must hold all the same (DOMAIN 5.5).

A state machine of hypothesis: its rules are what people, customers and calendars do, through the services; after
each morning the engine's own promises are checked against the rows and against what a recording mail server got.
Days lie years ahead of the real clock, around changes of clocks, 29 February and month ends: whatever reads the
real time is found out.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count, pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from accounts.models import Tenant
from disputes.models import Dispute, DisputeOutcome, DisputeType
from disputes.services import close_dispute, open_dispute
from dunning.channels import MailToCompose, OutgoingMail
from dunning.models import (
    LineOverride,
    Pause,
    Promise,
    Reminder,
    ReminderLine,
    RenderedMessage,
    Scenario,
    ScenarioVersion,
    SendingSwitch,
)
from dunning.queries.lines import open_lines_of
from dunning.queries.statement import customer_statement
from dunning.rules.calendar import is_working_day, zone_of
from dunning.rules.content import ComposedMessage, ReminderContent
from dunning.rules.grouping import line_standing
from dunning.rules.outbox import TAKEN_STATES, State
from dunning.rules.policy import DEFAULT_POLICY
from dunning.rules.promises import PromiseSource
from dunning.rules.steps import Channel, Mode
from dunning.services.barriers import resume_sending, stop_sending
from dunning.services.contact_reports import report_contact
from dunning.services.line_overrides import end_line_override, override_line_scenario
from dunning.services.pauses import end_pause, pause_reminders
from dunning.services.people import confirm_reminders
from dunning.services.plan import PlanResult, plan_reminders
from dunning.services.promises import record_promise, withdraw_promise
from dunning.services.scenarios import ensure_ready_scenarios
from dunning.services.sending import Sender
from dunning.services.worker import work_for
from kernel.errors import Refused
from kernel.money import Money
from kernel.permissions import Actor, system_actor
from ledger.models import Allocation, Contact, Customer, DocumentKind, DueLine, Entity
from ledger.services import (
    NewDocument,
    NewLine,
    allocate,
    record_document,
    record_exchange_rate,
    redate_line,
    reverse_allocation,
)
from tests.cast import CustomerMaker, House

PARIS = ZoneInfo("Europe/Paris")
FIRST_DAYS = (
    date(2027, 3, 22),  # clocks change on the 28th; Easter Monday is the 29th
    date(2028, 2, 21),  # the month has 29 days
    date(2027, 12, 20),  # Christmas and New Year
    date(2027, 10, 26),  # clocks change on the 31st, a month end; All Saints follows
    date(2027, 4, 28),  # 1 and 8 May, Ascension, Whit Monday
)
AMOUNTS = ("3", "15", "49.99", "75", "300", "1234.56", "6000", "60000")
COUNTRIES = ("FR", "DE", "US")
WHO = st.integers(0, 3)
MOSTLY = st.sampled_from([True, True, True, False])
LATENESS = st.one_of(st.integers(-12, 9), st.integers(-12, 9), st.integers(10, 70))
CURRENCIES = st.sampled_from(["EUR", "EUR", "USD"])
SHARES = st.sampled_from(["0.1", "0.5", "1"])

Event = tuple[str, dict[str, Any]]

HAPPENINGS: Mapping[str, Mapping[str, st.SearchStrategy[Any]]] = {
    "invoice": {
        "who": WHO,
        "late": LATENESS,
        "amount": st.sampled_from(AMOUNTS),
        "currency": CURRENCIES,
    },
    "settle": {
        "which": st.integers(0, 30),
        "share": SHARES,
        "is_kept": st.booleans(),
        "is_credit_note": st.booleans(),
    },
    "pay_what_is_asked": {"which": st.integers(0, 5), "is_all": st.booleans()},
    "take_back_a_payment": {"which": st.integers(0, 10)},
    "contest": {"which": st.integers(0, 30), "share": SHARES},
    "decide_a_dispute": {"which": st.integers(0, 5)},
    "promise": {"which": st.integers(0, 30), "days": st.integers(0, 20), "share": SHARES},
    "take_back_a_promise": {"which": st.integers(0, 5)},
    "pause": {"which": st.integers(0, 30), "days": st.integers(0, 12), "is_line": st.booleans()},
    "end_a_pause": {"which": st.integers(0, 5)},
    "choose_for_a_line": {
        "which": st.integers(0, 30),
        "days": st.integers(0, 20),
        "code": st.sampled_from(["risky", "small-amounts", "silent", "standard-b2b"]),
    },
    "leave_a_line": {"which": st.integers(0, 5)},
    "agree_on_another_day": {"which": st.integers(0, 30), "days": st.sampled_from([-3, 10, 40])},
    "opt_out_or_in": {"who": WHO, "is_out": st.booleans(), "is_all": st.booleans()},
    "stop": {"is_scenario": st.booleans()},
    "let_go_again": {},
    "publish_another_version": {"shift": st.sampled_from([-6, -3, 5])},
    "plan_again": {},
}
OFTEN = (
    *["invoice"] * 3,
    *["pay_what_is_asked"] * 3,
    *["let_go_again"] * 3,
    *["choose_for_a_line"] * 2,
    *["promise", "settle", "plan_again", "publish_another_version"],
)
EVENTS: st.SearchStrategy[Event] = st.sampled_from([*HAPPENINGS, *OFTEN]).flatmap(
    lambda name: st.tuples(st.just(name), st.fixed_dictionaries(dict(HAPPENINGS[name])))
)
HABITS = st.fixed_dictionaries({"confirms": MOSTLY, "is_busy": MOSTLY, "is_reached": st.booleans()})


@dataclass(frozen=True)
class Gone:
    """A message the mail server took: when, to which address, and all it said."""

    at: datetime
    recipient: str
    content: ReminderContent


@dataclass
class RecordingServer:
    """A mail server that takes everything and remembers it, and a writer that notes what it was asked to write."""

    clock: Callable[[], datetime]
    composed: dict[str, ReminderContent] = field(default_factory=dict)
    taken: list[Gone] = field(default_factory=list)

    def compose(self, content: ReminderContent) -> ComposedMessage:
        self.composed[content.reminder_id] = content
        return ComposedMessage(content.reminder_id, "<p></p>", content.reminder_id, None)

    def encode(self, mail: MailToCompose) -> bytes:
        return mail.subject.encode()

    def hand_over(self, mail: OutgoingMail, *, before_last_dot: Callable[[], None]) -> None:
        before_last_dot()
        content = self.composed[mail.raw.decode()]
        self.taken.append(Gone(self.clock(), mail.recipient, content))

    def close(self) -> None:
        """Nothing is open."""

    def was_accepted(self, _message_id: str) -> bool | None:
        return None


class ChasedHouse(RuleBasedStateMachine):
    """What may happen, and what must hold."""

    def __init__(self, house: House, neighbour: House, make_customer: CustomerMaker) -> None:
        super().__init__()
        self.house, self.neighbour, self.make_customer = house, neighbour, make_customer
        self.numbers = count(1)
        self.server = RecordingServer(clock=lambda: self.now)
        self.confirmed: dict[UUID, Decimal] = {}
        self.history: dict[UUID, tuple[Any, ...]] = {}
        self.day_of: dict[str, date] = {}  # of each message handed over, in its recipient's country
        self.machine: Actor = system_actor(house.tenant_id)
        self.person: Actor = house.actor("collector")

    @property
    def today(self) -> date:
        return self.now.astimezone(PARIS).date()

    # --- how it begins ------------------------------------------------------------------------------------------------

    @initialize(
        first=st.sampled_from(FIRST_DAYS),
        owed=st.lists(
            st.tuples(WHO, LATENESS, st.sampled_from(AMOUNTS), CURRENCIES),
            min_size=8,
            max_size=16,
        ),
    )
    def begin(self, first: date, owed: list[tuple[int, int, str, str]]) -> None:
        self.now = _at(first, time(3, 0))
        for house in (self.house, self.neighbour):
            with house.scope():
                Tenant.objects.filter(pk=house.tenant_id).update(
                    created_at=datetime(2025, 1, 1, tzinfo=UTC)
                )
                ensure_ready_scenarios()
                self._people_of(house)
        with self.house.scope():
            record_exchange_rate(
                currency="USD",
                valid_from=date(2027, 1, 1),
                rate=Decimal("0.9"),
                actor=self.machine,
                today=self.today,
            )
            self._said_long_ago()
            for who, late, amount, currency in owed:
                self._invoice(who, late=late, amount=amount, currency=currency)
        with self.neighbour.scope():
            self._invoice(0, late=12, amount="1000", currency="EUR")

    def _said_long_ago(self) -> None:
        """Everybody has heard of us before: what is not large or high then leaves by itself."""
        version = ScenarioVersion.objects.filter(scenario__is_default=True).get()
        step = version.steps.get(level=1)
        before = self.now - timedelta(days=200)
        for customer in Customer.objects.all():
            Reminder.objects.create(
                customer=customer,
                entity=Entity.objects.get(),
                currency="EUR",
                scenario_version=version,
                step=step,
                channel=Channel.EMAIL,
                level=1,
                stage="amicable",
                mode=Mode.AUTO,
                amount=1,
                planned_date=before.date(),
                contact_date=before.date(),
                leaves_at=before,
                sent_at=before,
                state=State.SENT,
                state_at=before,
            )

    def _people_of(self, house: House) -> None:
        for number, country in enumerate((*COUNTRIES, "FR")):
            customer = self.make_customer(
                house,
                code=f"{house.slug[0].upper()}{number}",
                name=f"Client {number}",
                country=country,
                language="fr" if country == "FR" else "en",
                is_vip=number == 3,
            )
            address = f"chef@{customer.code.lower()}.example"
            Contact.objects.create(customer=customer, name="Direction", email=address)

    # --- what may happen ----------------------------------------------------------------------------------------------

    def invoice(self, who: int, late: int, amount: str, currency: str) -> None:
        with self.house.scope():
            self._invoice(who, late=late, amount=amount, currency=currency)

    def _invoice(self, who: int, *, late: int, amount: str, currency: str) -> None:
        due_date = self.today - timedelta(days=late)
        self._document(
            list(Customer.objects.order_by("code"))[who],
            DocumentKind.INVOICE,
            min(self.today, due_date) - timedelta(days=10),
            Money(Decimal(amount), currency),
            NewLine(due_date, Decimal(amount)),
        )

    def _document(
        self, customer: Customer, kind: DocumentKind, day: date, amount: Money, *lines: NewLine
    ) -> DueLine:
        new = NewDocument(
            entity=Entity.objects.get(),
            customer=customer,
            kind=kind,
            number=f"N-{next(self.numbers)}",
            issue_date=day,
            amount=amount,
            lines=lines,
        )
        document = record_document(new, actor=self.machine, today=self.today)
        line: DueLine = document.due_lines.get()
        return line

    def settle(self, which: int, share: str, *, is_kept: bool, is_credit_note: bool) -> None:
        """A payment or credit note comes in for a share of an invoice, and is allocated unless it is kept apart."""
        with self.house.scope():
            line = self._line(which)
            if line is None:
                return
            amount = _share(line.open_amount, share)
            kind = DocumentKind.CREDIT_NOTE if is_credit_note else DocumentKind.PAYMENT
            credit = self._document(line.customer, kind, self.today, Money(-amount, line.currency))
            if not is_kept:
                allocate(
                    debit_line=line,
                    credit_line=credit,
                    amount=Money(amount, line.currency),
                    actor=self.machine,
                    today=self.today,
                )

    def pay_what_is_asked(self, which: int, *, is_all: bool) -> None:
        """The customer pays just what a message that waits or is queued asks for, or the first line of it."""
        with self.house.scope():
            waiting = Reminder.objects.filter(
                channel=Channel.EMAIL, state__in=[State.PLANNED, State.READY]
            )
            found = list(waiting.order_by("-state", "pk"))
            if not found:
                return
            named = found[which % len(found)].lines.select_related("due_line__customer")
            lines = [each.due_line for each in named.order_by("due_date", "pk")]
            for line in lines if is_all else lines[:1]:
                if line.open_amount > 0:
                    owed = Money(line.open_amount, line.currency)
                    kind = DocumentKind.PAYMENT
                    credit = self._document(line.customer, kind, self.today, -owed)
                    allocate(
                        debit_line=line,
                        credit_line=credit,
                        amount=owed,
                        actor=self.machine,
                        today=self.today,
                    )

    def take_back_a_payment(self, which: int) -> None:
        with self.house.scope():
            made = list(Allocation.objects.filter(reverses=None, reversed_by=None).order_by("pk"))
            if made:
                reverse_allocation(
                    allocation=made[which % len(made)],
                    actor=self.machine,
                    today=self.today,
                    reason="Bounced",
                )

    def contest(self, which: int, share: str) -> None:
        with self.house.scope():
            line = self._line(which)
            if line is not None:
                _try(
                    open_dispute,
                    line=line,
                    amount=Money(_share(line.open_amount, share), line.currency),
                    type=DisputeType.PRICE,
                    reason="Price",
                    actor=self.machine,
                    today=self.today,
                )

    def decide_a_dispute(self, which: int) -> None:
        with self.house.scope():
            found = list(Dispute.objects.filter(closed_date=None).order_by("number"))
            if found:
                close_dispute(
                    dispute=found[which % len(found)],
                    outcome=DisputeOutcome.UNJUSTIFIED,
                    actor=self.machine,
                    today=self.today,
                )

    def promise(self, which: int, days: int, share: str) -> None:
        with self.house.scope():
            line = self._line(which)
            if line is not None:
                _try(
                    record_promise,
                    customer=line.customer,
                    due_lines=[line.pk],
                    promised_date=self.today + timedelta(days=days),
                    amount=_share(line.open_amount, share),
                    actor=self.person,
                    today=self.today,
                    now=self.now,
                    source=PromiseSource.CALL,
                )

    def take_back_a_promise(self, which: int) -> None:
        with self.house.scope():
            found = list(Promise.objects.filter(ended_date=None).order_by("created_at", "pk"))
            if found:
                _try(
                    withdraw_promise,
                    promise=found[which % len(found)],
                    actor=self.person,
                    today=self.today,
                    now=self.now,
                )

    def pause(self, which: int, days: int, *, is_line: bool) -> None:
        with self.house.scope():
            line = self._line(which)
            if line is not None:
                pause_reminders(
                    customer=line.customer,
                    due_line=line if is_line else None,
                    actor=self.person,
                    reason="Stock-taking",
                    today=self.today,
                    until=self.today + timedelta(days=days),
                    now=self.now,
                )

    def end_a_pause(self, which: int) -> None:
        with self.house.scope():
            found = list(
                Pause.objects.not_over(self.today).filter(exclusion="paused").order_by("pk")
            )
            if found:
                end_pause(
                    pause=found[which % len(found)],
                    actor=self.person,
                    today=self.today,
                    now=self.now,
                )

    def choose_for_a_line(self, which: int, days: int, code: str) -> None:
        """A line follows another scenario than its customer, a deposit say."""
        with self.house.scope():
            line = self._line(which)
            if line is not None:
                override_line_scenario(
                    line=line,
                    scenario=Scenario.objects.get(code=code),
                    reason="A deposit",
                    until=self.today + timedelta(days=days),
                    actor=self.person,
                    today=self.today,
                    now=self.now,
                )

    def leave_a_line(self, which: int) -> None:
        with self.house.scope():
            found = list(LineOverride.objects.in_force(self.today).order_by("pk"))
            if found:
                end_line_override(
                    override=found[which % len(found)],
                    actor=self.person,
                    today=self.today,
                    now=self.now,
                )

    def agree_on_another_day(self, which: int, days: int) -> None:
        with self.house.scope():
            line = self._line(which)
            if line is not None:
                _try(
                    redate_line,
                    line=line,
                    due_date=line.due_date + timedelta(days=days),
                    reason="Agreed on the telephone",
                    actor=self.person,
                    today=self.today,
                )

    def opt_out_or_in(self, who: int, *, is_out: bool, is_all: bool) -> None:
        """One person at the customer wants no more mail, or nobody does; or they do again."""
        with self.house.scope():
            customer = Customer.objects.order_by("code")[who]
            people = Contact.objects.filter(customer=customer)
            asked = people if is_all else people.filter(is_primary=True)
            asked.update(is_opted_out=is_out)

    def stop(self, *, is_scenario: bool) -> None:
        with self.house.scope():
            scenario = Scenario.objects.get(is_default=True) if is_scenario else None
            stop_sending(actor=self.person, reason="Wrong text", now=self.now, scenario=scenario)

    def let_go_again(self) -> None:
        with self.house.scope():
            for switch in SendingSwitch.objects.filter(is_stopped=True).select_related("scenario"):
                resume_sending(
                    actor=self.person, now=self.now, scenario=switch.scenario, reason="Mended"
                )

    def publish_another_version(self, shift: int) -> None:
        """The later steps of the default scenario move by some days from today on."""
        with self.house.scope():
            former = (
                ScenarioVersion.objects.filter(scenario__is_default=True, is_draft=False)
                .prefetch_related("steps")
                .first()
            )
            assert former is not None
            steps = list(former.steps.all())
            first = min(step.offset_days for step in steps if step.offset_days > 0)
            moved = [
                step.offset_days + (shift if step.offset_days > first else 0) for step in steps
            ]
            if min(after for after in moved if after > 0) < first or len(set(moved)) < len(moved):
                return
            version = ScenarioVersion.objects.create(
                scenario_id=former.scenario_id,
                number=former.number + 1,
                catch_up=former.catch_up,
                parameters=former.parameters,
                published_date=self.today,
            )
            for step, offset in zip(steps, moved, strict=True):
                step.pk, step.version, step.offset_days = None, version, offset
                step._state.adding = True
                step.id = None
                step.save()

    def confirm_all(self) -> None:
        with self.house.scope():
            let_go = confirm_reminders(
                reminders=Reminder.objects.all(), actor=self.person, now=self.now
            )
            amounts = Reminder.objects.filter(pk__in=let_go).values_list("pk", "amount")
            self.confirmed.update(dict(amounts))

    def do_what_people_do(self, *, is_reached: bool) -> None:
        """Calls are made and letters posted on a working day; decisions are taken."""
        with self.house.scope():
            tasks = Reminder.objects.filter(state=State.PLANNED).exclude(channel=Channel.EMAIL)
            for task in tasks.select_related("customer"):
                if task.channel == Channel.CALL:
                    report_contact(
                        customer=task.customer,
                        actor=self.person,
                        channel="call",
                        outcome="call_back" if is_reached else "unreachable",
                        cause="forgotten",
                        words="",
                        today=self.today,
                        now=self.now,
                        reminder=task,
                    )
                task.state, task.state_at = State.DONE, self.now
                task.outcome, task.contact_date = "done", self.today
                task.save()

    def plan_again(self) -> None:
        """What happened since the morning is planned by somebody who does not want to wait for the night."""
        self._plan()

    # --- how time passes ----------------------------------------------------------------------------------------------

    @rule(
        events=st.lists(EVENTS, max_size=4),
        nights=st.sampled_from([1, 1, 1, 2, 3, 9]),
        habits=HABITS,
        queued=st.lists(EVENTS, max_size=2),
    )
    def a_day(
        self,
        events: list[Event],
        nights: int,
        habits: Mapping[str, bool],
        queued: list[Event],
    ) -> None:
        """Things happen; after a night, or several without anything running, people work and the mail goes.

        What happens between the confirmation and the hour of the mail is where the market's engines go wrong.
        """
        for name, arguments in events:
            getattr(self, name)(**arguments)
        self.now = _at(self.today + timedelta(days=nights), time(5, 5))
        self._work()
        self._plan()
        if habits["confirms"]:
            self.confirm_all()
        if habits["is_busy"]:
            self.do_what_people_do(is_reached=habits["is_reached"])
        for name, arguments in queued:
            getattr(self, name)(**arguments)
        self.now = _at(self.today, time(10, 5))
        self._work()

    # --- the engine at work, and what must hold ----------------------------------------------------------------------

    def _work(self) -> None:
        seen = len(self.server.taken)
        with self.house.scope():
            stopped = set(
                SendingSwitch.objects.filter(is_stopped=True).values_list("scope", flat=True)
            )
        sender = Sender(
            worker="w",
            channel=self.server,
            evidence=self.server,
            clock=lambda: self.now,
            compose=self.server.compose,
        )
        work_for(self.house.tenant_id, sender=sender)
        gone = self.server.taken[seen:]
        with self.house.scope():
            for message in gone:
                self._check_message(message, stopped)
            self._check_history()
            self._check_spacing()
        self._check_neighbour()

    def _plan(self) -> None:
        """Plan, and plan once more: the second run finds nothing to do (invariant 1)."""
        with self.house.scope():
            first = self._planned()
            before = _rows()
            again = self._planned()
            assert (again.planned, again.cancelled) == ((), 0)
            assert _rows() == before
            for result in (first, again):
                self._check_coverage(result)

    def _planned(self) -> PlanResult:
        return plan_reminders(today=self.today, now=self.now, actor=self.machine)

    def _check_coverage(self, result: PlanResult) -> None:
        """Every overdue line is in one state, and the sums say so (invariants 2 and 13)."""
        overdue = DueLine.objects.filter(
            kind=DocumentKind.INVOICE, open_amount__gt=0, due_date__lt=self.today
        )
        owed: Counter[str] = Counter()
        for line in overdue:
            owed[line.currency] += line.open_amount  # type: ignore[assignment]
        covered = result.coverage
        assert covered.uncovered == 0
        assert sum(covered.lines_by_state.values()) == len(overdue)
        for currency, amount in owed.items():
            left_out = sum(parts.get(currency, Decimal(0)) for parts in covered.left_out.values())
            assert covered.chased.get(currency, Decimal(0)) + left_out == amount

    def _check_message(self, message: Gone, stopped: set[str]) -> None:
        content = message.content
        reminder = Reminder.objects.select_related(
            "customer", "step", "contact", "scenario_version__scenario", "line_scenario"
        ).get(pk=content.reminder_id)
        self._check_stops(reminder, stopped)
        self._check_addressee(reminder, message)
        self._check_hour(reminder, message)
        self._check_amounts(reminder, content)
        self._check_exclusions(reminder)
        self._check_step(reminder)
        self._check_course(reminder)
        if reminder.step.offset_days > 0:
            self._check_move(reminder)

    def _check_stops(self, reminder: Reminder, stopped: set[str]) -> None:
        """A red button keeps what is queued too (invariant 12)."""
        assert "tenant" not in stopped
        is_default = reminder.scenario_version.scenario.is_default
        assert not (is_default and "scenario" in stopped)

    def _check_addressee(self, reminder: Reminder, message: Gone) -> None:
        """One customer of this house, in his language, who still wants to hear (invariants 4, 11, 14)."""
        contact = Contact.objects.get(customer=reminder.customer, email=message.recipient)
        assert not contact.is_opted_out
        assert not contact.is_undeliverable
        assert message.content.language == reminder.customer.language

    def _check_hour(self, reminder: Reminder, message: Gone) -> None:
        """Inside the window of the recipient's country, on one of its working days (invariants 5 and 6)."""
        window, country = DEFAULT_POLICY.window, reminder.customer.country
        local = message.at.astimezone(zone_of(country))
        assert window.opens_at <= local.time()
        # A round that begins inside the window may find a message whose hour came earlier that day, or the day before.
        assert reminder.leaves_at <= message.at
        opened = reminder.leaves_at.astimezone(zone_of(country))
        assert opened.weekday() in window.weekdays
        assert is_working_day(opened.date(), country=country)
        assert window.opens_at <= opened.time() < window.closes_at
        assert reminder.sent_at == message.at

    def _check_amounts(self, reminder: Reminder, content: ReminderContent) -> None:
        """What it asks for is what the customer's page asks for at that second (invariants 3, 9, 10)."""
        if reminder.mode == Mode.CONFIRM:
            assert self.confirmed[reminder.pk] == reminder.amount
        assert reminder.amount == content.totals.net > 0
        named = reminder.lines.select_related("due_line")
        for line in named:
            assert line.due_line.currency == reminder.currency
            assert line.open_amount == line.due_line.open_amount > 0
        if reminder.step.offset_days < 0:
            return
        account = customer_statement(reminder.customer, today=self.today)
        (part,) = [each for each in account.parts if each.currency == reminder.currency]
        assert part.to_pay.amount == content.totals.net + self._asked_elsewhere(reminder)

    def _asked_elsewhere(self, reminder: Reminder) -> Decimal:
        """Return what is late of the same account and asked for by the scenario of other lines."""
        account = open_lines_of(
            customer_id=reminder.customer_id,
            entity_id=reminder.entity_id,
            currency=reminder.currency,
            today=self.today,
            policy=DEFAULT_POLICY,
        )
        rate = Decimal("0.9") if reminder.currency == "USD" else Decimal(1)
        standings = [line_standing(line, euro_rate=rate, policy=DEFAULT_POLICY) for line in account]
        late = [each for each in standings if each.line.due_date < self.today]
        return sum(
            (each.claimed for each in late if self._course(each.line.id) != reminder.line_scenario),
            Decimal(0),
        )

    def _course(self, line_id: UUID) -> Scenario | None:
        """Return the scenario chosen for a line; None when it is its customer's, who follows the default here."""
        held = LineOverride.objects.in_force(self.today).filter(due_line=line_id)
        chosen = [each.scenario for each in held.select_related("scenario")]
        assert len(chosen) <= 1
        return chosen[0] if chosen and not chosen[0].is_default else None

    def _check_course(self, reminder: Reminder) -> None:
        """A message never mixes the steps of two scenarios, and follows the one its lines follow that day."""
        followed = reminder.scenario_version.scenario
        assert reminder.line_scenario == (None if followed.is_default else followed)
        for line in reminder.lines.all():
            assert self._course(line.due_line_id) == reminder.line_scenario

    def _check_exclusions(self, reminder: Reminder) -> None:
        """Nothing paused, promised, in a plan or wholly disputed is asked for."""
        for line in reminder.lines.all():
            held = Pause.objects.in_force(self.today).filter(customer=reminder.customer)
            assert not held.filter(due_line=None).exists()
            assert not held.filter(due_line=line.due_line_id).exists()
            disputed = sum(
                each.amount
                for each in Dispute.objects.filter(due_line=line.due_line_id, closed_date=None)
            )
            assert line.claimed_amount == line.open_amount - disputed > 0

    def _check_step(self, reminder: Reminder) -> None:
        """A version never says to lines already chased what was due before it was published (invariant 8)."""
        published = reminder.scenario_version.published_date
        offset = reminder.step.offset_days
        if published is None or offset < 0:
            return
        leaders = self._leaders(reminder)
        memories = [self._memory(line, reminder) for line in leaders]
        if all(memories) and offset > min(max(memory) for memory in memories):
            assert leaders[0].due_date + timedelta(days=offset) >= published

    def _check_move(self, reminder: Reminder) -> None:
        """A line told of before it was moved never gets what its new scenario said of days gone by (invariant 8)."""
        leaders = self._leaders(reminder)
        told = [max(self._memory(line, reminder), default=-1) for line in leaders]
        moved = [self._moved(line) for line in leaders]
        if min(told) < 0 or None in moved or reminder.step.offset_days <= min(told):
            return
        step_date = leaders[0].due_date + timedelta(days=reminder.step.offset_days)
        assert step_date >= min(day for day in moved if day is not None)

    def _moved(self, line: ReminderLine) -> date | None:
        """Return the last day on which somebody changed what a line follows."""
        days = [
            each.from_date
            if self.today <= each.until_date and each.ended_date is None
            else min(each.until_date + timedelta(days=1), each.ended_date or date.max)
            for each in LineOverride.objects.filter(due_line=line.due_line_id)
            if each.ended_date is None or each.ended_date > each.from_date
        ]
        return max(days, default=None)

    def _leaders(self, reminder: Reminder) -> list[ReminderLine]:
        """Return the oldest lines large enough to raise the tone, the oldest of all where none is."""
        rate = Decimal("0.9") if reminder.currency == "USD" else Decimal(1)
        lines = list(reminder.lines.order_by("due_date", "pk"))
        large = [
            line for line in lines if line.claimed_amount * rate >= DEFAULT_POLICY.raising_minimum
        ]
        oldest = (large or lines)[0].due_date
        return [line for line in large or lines if line.due_date == oldest]

    def _memory(self, line: ReminderLine, reminder: Reminder) -> list[int]:
        """Return the offsets of what was said before about a line under its present due date."""
        before = ReminderLine.objects.filter(
            due_line=line.due_line_id, due_date=line.due_date, reminder__state__in=TAKEN_STATES
        )
        return [each.offset_days for each in before.exclude(reminder=reminder)]

    def _check_history(self) -> None:
        """What was said stays as it was said, whatever happens to the ledger afterwards (invariant 7)."""
        said = Reminder.objects.filter(state__in=[State.SENT, State.DONE])
        for reminder in said.prefetch_related("lines"):
            rendered = RenderedMessage.objects.filter(reminder=reminder).first()
            facts = (
                reminder.amount,
                reminder.level,
                reminder.sent_at,
                bytes(rendered.raw) if rendered else None,
                sorted((line.due_line_id, line.open_amount) for line in reminder.lines.all()),
            )
            assert self.history.setdefault(reminder.pk, facts) == facts

    def _check_spacing(self) -> None:
        """Nobody gets two steps at once, nor two messages within the gap, nor more than the cap."""
        heard: dict[UUID, list[date]] = {}
        for reminder in Reminder.objects.filter(state=State.SENT):
            heard.setdefault(reminder.customer_id, []).append(reminder.contact_date)
        for days in heard.values():
            days.sort()
            gaps = [(after - before).days for before, after in pairwise(days)]
            assert all(gap >= DEFAULT_POLICY.contact_gap_days for gap in gaps)
            for day in days:
                within = [
                    each
                    for each in days
                    if 0 <= (day - each).days < DEFAULT_POLICY.contact_cap_days
                ]
                assert len(within) <= DEFAULT_POLICY.contact_cap
        assert len({gone.content.reminder_id for gone in self.server.taken}) == len(
            self.server.taken
        )

    def _check_neighbour(self) -> None:
        """The tenant next door, who owes a plan of his own, has got nothing (invariant 4)."""
        with self.neighbour.scope():
            assert not Reminder.objects.exists()
            theirs = set(Contact.objects.values_list("email", flat=True))
        assert not theirs & {gone.recipient for gone in self.server.taken}

    def _line(self, which: int) -> DueLine | None:
        lines = DueLine.objects.filter(kind=DocumentKind.INVOICE, open_amount__gt=0)
        found = list(lines.select_related("customer", "document").order_by("pk"))
        return found[which % len(found)] if found else None


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, tzinfo=PARIS).astimezone(UTC)


def _share(amount: Decimal, share: str) -> Decimal:
    return max((amount * Decimal(share)).quantize(Decimal("0.01")), Decimal("0.01"))


def _try(verb: Callable[..., object], **arguments: Any) -> None:
    """Do something that may well be refused: a refusal changes nothing."""
    try:
        verb(**arguments)
    except Refused:
        return


def _rows() -> list[tuple[Any, ...]]:
    """Return the state of every reminder and what it names."""
    lines = ReminderLine.objects.order_by("reminder", "due_line").values_list(
        "reminder", "due_line", "claimed_amount", "offset_days"
    )
    reminders = Reminder.objects.order_by("pk").values_list(
        "pk", "state", "amount", "step", "channel", "leaves_at", "line_count"
    )
    return [*reminders, *lines]
