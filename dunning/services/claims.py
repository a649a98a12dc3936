"""Claim one reminder: ask the rule again in the same transaction, and take it only if it still stands.

A payment, credit note, dispute or pause that was committed before the claim stops the message, always
(RELIABILITY D7). What the message says is gathered in that transaction too.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from dunning.models import (
    Reminder,
    ReminderLine,
    RenderedMessage,
    ScenarioAssignment,
    ScenarioVersion,
    SendAttempt,
)
from dunning.queries.contents import ContentBasis, reminder_content
from dunning.queries.facts import CustomerRow, customers
from dunning.queries.lines import lines_of, open_lines_of
from dunning.queries.scenarios import contact_policy, since
from dunning.rules.content import ReminderContent
from dunning.rules.decision import ConfirmReason, Verdict, VerdictKind, announcement_of, decide
from dunning.rules.grouping import OpenLine, group_facts, named_lines
from dunning.rules.outbox import LEASE, CancelReason, State
from dunning.rules.policy import DEFAULT_POLICY, Policy
from dunning.rules.sales import SALES_OBJECTION
from dunning.rules.steps import Channel, Mode, ScenarioRules, Stage
from dunning.services.barriers import Barrier, barrier
from dunning.services.departures import contact_dates, is_out_of_hours, set_departure
from dunning.services.identity import digest_of, message_id_of
from dunning.services.moved_messages import tell_moved
from dunning.services.numbers import no_number, number_of, to_text
from dunning.services.sales_notices import Gate, gate_of, put_behind_deadline
from dunning.services.sending_domains import may_leave
from dunning.services.turn_facts import TurnFacts
from kernel.money import Money
from ledger.models import Contact

ONE = Decimal(1)

CLAIMED_FIELDS = (
    "amount", "line_count", "contact", "state", "state_at", "attempt", "worker", "lease_until", "message_id", "problem",
)  # fmt: skip


class ClaimOutcome(StrEnum):
    """What became of the attempt to claim the next reminder."""

    CLAIMED = "claimed"
    SETTLED = "settled"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Claim:
    """A reminder in one worker's hands. `attempt` is the fence: later writes must still find it.

    `content` is None when `stored` holds the bytes composed from the very same content before.
    """

    reminder: Reminder  # as it was claimed
    reminder_id: UUID
    customer_id: UUID
    attempt: int
    worker: str
    message_id: str
    recipient_name: str
    recipient_address: str  # of a text message the number, as +33…
    reply_to: str
    sender_name: str
    content: ReminderContent
    digest: str
    stored: bytes | None
    asks_evidence: bool
    channel: Channel = Channel.EMAIL

    @property
    def in_copy(self) -> str:
        """The address of our sales representative who gets the message too, empty where nobody does."""
        return self.content.in_copy.email if self.content.in_copy else ""


def claim_next(
    *,
    now: datetime,
    worker: str,
    policy: Policy = DEFAULT_POLICY,
    only_run: UUID | None = None,
    channels: Collection[Channel] = (Channel.EMAIL,),
    turn: TurnFacts | None = None,
) -> tuple[ClaimOutcome, Claim | None]:
    """Take the next reminder of one of `channels` that may leave, inside the tenant's open scope.

    `turn` holds what is the same for every message of a tenant, read by those before it. SETTLED: one was looked at
    and did not stand any more. NOTHING: none is due, or a barrier is closed.
    """
    gate = barrier(now=now)
    if gate.is_closed:
        return ClaimOutcome.NOTHING, None
    if not may_leave(now=now, has_domain=gate.has_domain):
        # A sending domain is a matter of e-mails: a text message or an e-letter does not wait for it.
        channels = [channel for channel in channels if channel is not Channel.EMAIL]
    turn = turn or TurnFacts(now)
    reminder = _locked(_due(now=now, gate=gate, only_run=only_run, channels=channels), turn)
    if reminder is None:
        return ClaimOutcome.NOTHING, None
    claim = Judge(reminder, now=now, policy=policy, turn=turn).claim(worker=worker, gate=gate)
    return (ClaimOutcome.CLAIMED, claim) if claim else (ClaimOutcome.SETTLED, None)


def _due(
    *, now: datetime, gate: Barrier, only_run: UUID | None, channels: Collection[Channel]
) -> QuerySet[Reminder]:
    due = Reminder.objects.filter(
        state=State.READY, channel__in=sorted(channels), leaves_at__lte=now
    )
    if gate.stopped_scenarios:
        due = due.exclude(scenario_version__scenario__in=gate.stopped_scenarios)
    if only_run is not None:
        due = due.filter(run=only_run)
    return due.order_by("leaves_at")


def _locked(due: QuerySet[Reminder], turn: TurnFacts) -> Reminder | None:
    """Lock the first that nobody else holds; its relations are read afterwards, one row's worth."""
    row = due.select_for_update(skip_locked=True).values_list("pk", flat=True).first()
    if row is None:
        return None
    reminder = Reminder.objects.select_related(
        "customer__collector", "customer__sales_rep", "contact"
    ).get(pk=row)
    turn.lend_relations(reminder)
    return reminder


@lru_cache(maxsize=256)
def _version(version_id: UUID, policy: Policy) -> tuple[ScenarioRules, Policy]:
    """Return a version's rules and policy; a published one never changes, and its id is known to one tenant only."""
    version = ScenarioVersion.objects.select_related("scenario").get(pk=version_id)
    return version.as_rules(), version.as_policy(policy)


def _since(reminder: Reminder) -> date | None:
    """Return since when the customer follows the reminder's scenario, None when nobody ever moved him."""
    assigned = ScenarioAssignment.objects.filter(
        customer=reminder.customer_id, scenario=reminder.scenario_version.scenario_id
    )
    return assigned.values_list("since_date", flat=True).first()


class Judge:
    """Looks at one locked reminder with the eyes of today."""

    def __init__(
        self, reminder: Reminder, *, now: datetime, policy: Policy, turn: TurnFacts
    ) -> None:
        self.reminder = reminder
        self.now = now
        self.turn = turn
        self.channel = Channel(reminder.channel)
        self.tenant = turn.tenant
        self.today: date = (
            reminder.business_date or now.astimezone(ZoneInfo(self.tenant.time_zone)).date()
        )
        rules, self.policy = _version(reminder.scenario_version_id, policy)
        moved = _since(reminder)
        self.scenario = since(rules, moved) if moved else rules
        self.announcement = announcement_of(self.scenario)
        self.euro_rate = self.turn.euro_rates(self.today).get(reminder.currency, ONE)
        self.account: Sequence[OpenLine] = open_lines_of(
            customer_id=reminder.customer_id,
            entity_id=reminder.entity_id,
            currency=reminder.currency,
            today=self.today,
            policy=self.policy,
            except_reminder=reminder.pk,
            scenario=self.scenario,
        )
        self.lines: Sequence[OpenLine] = lines_of(reminder, self.account)

    def claim(self, *, worker: str, gate: Barrier) -> Claim | None:
        """Take the reminder, or settle it otherwise and return None."""
        if is_out_of_hours(
            self.reminder, now=self.now, policy=self.policy, closures=self.turn.closures
        ):
            self._roll_on()
            return None
        customer = self._customer()
        verdict = self._verdict(customer)
        gone = self._no_longer(verdict)
        if gone is not None:
            self._cancel(gone)
            return None
        if self._asks_again(verdict):
            return None
        contact = self._contact(customer)
        if contact is None and self.channel is Channel.SMS:
            self._give_to_person(verdict, no_number(self.reminder, self.tenant))
            return None
        if contact is None:
            self._cancel(CancelReason.HELD_BACK)
        if contact is None or self._is_kept_for_sales(customer, contact):
            return None
        self._take(worker, verdict, contact)
        return self._claim(contact, gate)

    def _is_kept_for_sales(self, customer: CustomerRow, contact: Contact) -> bool:
        """Keep a message that sales may still object to, or did: it waits behind their deadline, or for finance."""
        reminder = self.reminder
        is_protected = customer.tells_sales(contact.pk)
        kept = gate_of(reminder, is_protected=is_protected, now=self.now)
        if kept is Gate.WAITS:
            put_behind_deadline(reminder, now=self.now, policy=self.policy)
        elif kept is Gate.HELD:
            reminder.state, reminder.state_at = State.HELD, self.now
            reminder.held_reason = SALES_OBJECTION
            reminder.save(update_fields=["state", "state_at", "held_reason"])
        return kept is not Gate.OPEN

    def _roll_on(self) -> None:
        """Let a message that missed its window wait for the next one; a stop, or a dead server, may have kept it."""
        reminder = self.reminder
        others = contact_dates([reminder.customer_id], except_reminder=reminder.pk)
        theirs = others.get(reminder.customer_id, [])
        policy = contact_policy(reminder, self.policy)
        set_departure(reminder, theirs, now=self.now, policy=policy)
        reminder.save(update_fields=["leaves_at", "leaves_any_hour", "contact_date"])

    def _customer(self) -> CustomerRow:
        found = customers(
            today=self.today,
            policy=self.policy,
            translations=self.turn.translations,
            only=self.reminder.customer_id,
        )
        return found[self.reminder.customer_id]

    def _verdict(self, customer: CustomerRow) -> Verdict:
        """Ask the rule as the plan did; gap and cap were respected when the reminder was let go."""
        return decide(
            group_facts(
                self.lines,
                today=self.today,
                euro_rate=self.euro_rate,
                policy=self.policy,
                announcement=self.announcement,
            ),
            customer=replace(customer.facts, contact_dates=(), call_dates=()),
            scenario=self.scenario,
            euro_rate=self.euro_rate,
            policy=self.policy,
            circumstances=self.turn.circumstances(self.today, self.policy),
        )

    def _no_longer(self, verdict: Verdict) -> CancelReason | None:
        """Return why the reminder no longer stands, None when it does."""
        if verdict.kind is VerdictKind.HOLD:
            return CancelReason.HELD_BACK
        if verdict.due is None:
            return self._why_nothing()
        step, due = self.reminder.step, verdict.due.step
        is_other = due.is_preventive != (step.offset_days < 0)
        is_called = ConfirmReason.BROKEN_WORD in verdict.confirm_reasons
        if is_other or is_called or due.offset_days < step.offset_days:
            return CancelReason.SUPERSEDED
        return None

    def _why_nothing(self) -> CancelReason:
        """Return whether the lines it names were taken out of the chase, follow another scenario, or are paid."""
        named = set(
            ReminderLine.objects.filter(reminder=self.reminder).values_list(
                "due_line_id", flat=True
            )
        )
        is_out = any(
            line.id in named and (line.excluded or line.disputed_amount) for line in self.lines
        )
        if is_out:
            return CancelReason.EXCLUDED
        is_moved = named & {line.id for line in self.account} - {line.id for line in self.lines}
        return CancelReason.SUPERSEDED if is_moved else CancelReason.PAID

    def _asks_again(self, verdict: Verdict) -> bool:
        """Send a reminder back to a person when what he confirmed, or nobody had to, has changed."""
        reminder = self.reminder
        if verdict.stage is Stage.PRE_LITIGATION and reminder.stage != Stage.PRE_LITIGATION:
            # Whoever let it go may have been nobody, or somebody who does not go that far (R22).
            reminder.stage = verdict.stage
            reminder.mode = Mode.CONFIRM
            reminder.confirm_reasons = [reason.value for reason in verdict.confirm_reasons]
            return self._return_to_person(verdict, "")
        if reminder.mode == Mode.CONFIRM and verdict.amount != reminder.amount:
            before = Money(reminder.amount, reminder.currency)
            after = Money(verdict.amount, reminder.currency)
            return self._return_to_person(verdict, f"{before} → {after}")
        if reminder.mode == Mode.AUTO and verdict.mode is Mode.CONFIRM:
            reminder.mode = Mode.CONFIRM
            reminder.confirm_reasons = [reason.value for reason in verdict.confirm_reasons]
            return self._return_to_person(verdict, "")
        return False

    def _give_to_person(self, verdict: Verdict, problem: str) -> None:
        """Make a task of a message that cannot leave; another channel is never taken instead by itself."""
        self.reminder.mode = Mode.MANUAL
        self._return_to_person(verdict, problem)

    def _return_to_person(self, verdict: Verdict, problem: str) -> bool:
        reminder = self.reminder
        reminder.state = State.PLANNED
        reminder.state_at = self.now
        reminder.amount = verdict.amount
        reminder.problem = problem
        reminder.confirmed_by = None
        reminder.confirmed_at = None
        self._name_lines()
        reminder.save()
        return True

    def _cancel(self, reason: CancelReason) -> None:
        self.reminder.state = State.CANCELLED
        self.reminder.state_at = self.now
        self.reminder.cancel_reason = reason
        self.reminder.save(update_fields=["state", "state_at", "cancel_reason"])

    def _contact(self, customer: CustomerRow) -> Contact | None:
        """Return the contact the reminder was planned for, another of the customer's when that one is gone."""
        contact: Contact | None = self.reminder.contact
        if self.channel is Channel.SMS:
            return to_text(contact, self.reminder.customer)
        if contact and contact.email and not contact.is_opted_out and not contact.is_undeliverable:
            return contact
        if customer.contact_id is None:
            return None
        return Contact.objects.get(pk=customer.contact_id)

    def _take(self, worker: str, verdict: Verdict, contact: Contact) -> None:
        reminder = self.reminder
        if reminder.amount != verdict.amount:
            reminder.amount = verdict.amount
            self._name_lines()
        if reminder.contact is not None and reminder.contact != contact:
            tell_moved(reminder, contact, now=self.now)
        reminder.contact = contact
        reminder.state = State.CLAIMED
        reminder.state_at = self.now
        reminder.attempt += 1
        reminder.worker = worker
        reminder.lease_until = self.now + LEASE
        reminder.message_id = message_id_of(reminder)
        reminder.problem = ""
        reminder.save(update_fields=CLAIMED_FIELDS)
        SendAttempt.objects.create(
            reminder=reminder, number=reminder.attempt, worker=worker, started_at=self.now
        )

    def _name_lines(self) -> None:
        """Write down the lines as they stand now."""
        reminder = self.reminder
        named = named_lines(
            self.lines,
            scenario=self.scenario,
            step=reminder.step.as_rule(),
            today=self.today,
            euro_rate=self.euro_rate,
            policy=self.policy,
            announcement=self.announcement,
        )
        ReminderLine.objects.filter(reminder=reminder).delete()
        ReminderLine.objects.bulk_create(
            ReminderLine(
                reminder=reminder,
                due_line_id=each.standing.line.id,
                due_date=each.standing.line.due_date,
                open_amount=each.standing.line.open_amount,
                claimed_amount=each.standing.claimed,
                days_late=(self.today - each.standing.line.due_date).days,
                level=each.level,
                offset_days=each.offset_days,
            )
            for each in named
        )
        reminder.line_count = len(named)

    def _claim(self, contact: Contact, gate: Barrier) -> Claim:
        reminder = self.reminder
        content = reminder_content(
            reminder,
            contact,
            ContentBasis(
                lines=self.lines,
                today=self.today,
                euro_rate=self.euro_rate,
                policy=self.policy,
                scenario=self.scenario,
                announcement=self.announcement,
                tenant=self.tenant,
                text_in_force=self.turn.text_in_force,
            ),
        )
        digest = digest_of(content)
        stored = self._stored(digest)
        return Claim(
            reminder=reminder,
            reminder_id=reminder.pk,
            customer_id=reminder.customer_id,
            attempt=reminder.attempt,
            worker=reminder.worker,
            message_id=reminder.message_id,
            recipient_name=contact.name,
            recipient_address=number_of(contact, reminder.customer)
            if self.channel is Channel.SMS
            else contact.email,
            reply_to=content.sender.email,
            sender_name=f"{content.sender.name}, {content.creditor.tenant_name}"
            if content.sender.name != content.creditor.tenant_name
            else content.sender.name,
            content=content,
            digest=digest,
            stored=bytes(stored.raw) if stored else None,
            asks_evidence=gate.asks_evidence,
            channel=self.channel,
        )

    def _stored(self, digest: str) -> RenderedMessage | None:
        """Return what an earlier attempt composed from the same content; the first has none to find."""
        if self.reminder.attempt == 1:
            return None
        return RenderedMessage.objects.filter(reminder=self.reminder, digest=digest).first()
