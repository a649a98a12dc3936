"""The last look at a letter, before it is drawn and again before it is posted: the same rule as for every message."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from dunning.models import Reminder
from dunning.queries.contents import ContentBasis, reminder_content
from dunning.queries.letters import printed_address
from dunning.queries.sales import deadlines_of
from dunning.rules.content import ReminderContent
from dunning.rules.decision import Verdict
from dunning.rules.letters import WhyOut, why_gone
from dunning.rules.outbox import CancelReason, State
from dunning.rules.policy import DEFAULT_POLICY, Policy
from dunning.rules.steps import Mode
from dunning.services.barriers import Barrier
from dunning.services.claims import Judge
from dunning.services.sales_notices import Gate, gate_of, moment_of, put_behind_deadline
from dunning.services.turn_facts import TurnFacts
from ledger.models import Contact


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a letter found: why it may not leave, or what it says; `postal` are the lines of the address.

    `words` say more of why it may not leave, in the tenant's language.
    """

    why_out: WhyOut | None
    content: ReminderContent | None = None
    postal: tuple[str, ...] = ()
    words: str = ""

    @property
    def essence(self) -> str:
        """Return the digest of what must not change between the drawing and the post office."""
        return essence_of(self.content, self.postal) if self.content else ""


def essence_of(content: ReminderContent, postal: tuple[str, ...]) -> str:
    """Return the SHA-256 of whom a letter is for, what it claims line by line, and where to pay.

    Days of lateness and interest grow by themselves: the letter says of which day they are.
    """
    lines = [
        (line.document_number, str(line.open_amount), str(line.disputed_amount), line.section)
        for line in content.lines
    ]
    facts = [str(content.totals.net), content.creditor.iban, postal, sorted(lines)]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def look_at(
    reminder: Reminder, *, now: datetime, gate: Barrier, policy: Policy = DEFAULT_POLICY
) -> Look:
    """Look at a locked letter with the eyes of today: cancel it, give it back to be confirmed, or say what it says.

    A payment, credit note, dispute, promise or pause that was committed before stops it, always.
    """
    judge = _LetterJudge(reminder, now=now, policy=policy, turn=TurnFacts(now))
    return judge.look(gate)


class _LetterJudge(Judge):
    def look(self, gate: Barrier) -> Look:
        """Settle the reminder where it does not stand any more; else return what the letter says."""
        reminder = self.reminder
        if reminder.state != State.PLANNED:
            return Look(why_settled(reminder))
        if reminder.scenario_version.scenario_id in gate.stopped_scenarios:
            return Look(WhyOut.STOPPED)
        customer = self._customer()
        verdict = self._verdict(customer)
        gone = self._no_longer(verdict) or self._passed_by(verdict)
        if gone is not None:
            self._cancel(gone)
            return Look(why_gone(gone))
        if self._asks_again(verdict):
            return Look(WhyOut.CHANGED if reminder.amount != self._before else WhyOut.TO_CONFIRM)
        reader = self._reader()
        if self._waits_for_sales(is_protected=customer.tells_sales(reader.pk if reader else None)):
            return Look(WhyOut.HELD, words=self._sales_words())
        if verdict.amount != reminder.amount:
            reminder.amount = verdict.amount
            self._name_lines()
            reminder.save(update_fields=["amount", "line_count"])
        return self._content(reader)

    def _asks_again(self, verdict: Verdict) -> bool:
        self._before = self.reminder.amount
        if self.reminder.mode == Mode.CONFIRM and self.reminder.confirmed_at is None:
            return True
        return super()._asks_again(verdict)

    def _passed_by(self, verdict: Verdict) -> CancelReason | None:
        """Return SUPERSEDED where another step is due by now: a letter that lay too long is not the one to send."""
        due = verdict.due
        is_other = due is not None and due.step.offset_days != self.reminder.step.offset_days
        return CancelReason.SUPERSEDED if is_other else None

    def _waits_for_sales(self, *, is_protected: bool) -> bool:
        """Say whether sales may still object, or do; told just now if they were not, a letter waits for their hour."""
        gate = gate_of(self.reminder, is_protected=is_protected, now=self.now)
        if gate is Gate.WAITS:
            put_behind_deadline(self.reminder, now=self.now, policy=self.policy)
        return gate is not Gate.OPEN

    def _sales_words(self) -> str:
        """Return that sales may still object, or do, for whoever finds the letter taken out."""
        deadline = deadlines_of([self.reminder.pk]).get(self.reminder.pk)
        with translation.override(self.tenant.language):
            if deadline is None:
                return _("sales object to it")
            moment = moment_of(deadline, self.tenant.language)
            return _("sales may object until %(moment)s") % {"moment": moment}

    def _content(self, contact: Contact | None) -> Look:
        reminder = self.reminder
        postal = printed_address(reminder.customer, contact, reminder.entity)
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
            ),
        )
        return Look(None, replace(content, portal_url=""), postal)

    def _reader(self) -> Contact | None:
        """Return to whose attention it goes; whoever wants no messages gets none, the company is written to."""
        contact: Contact | None = self.reminder.contact
        return contact if contact and not contact.is_opted_out else None


def why_settled(reminder: Reminder) -> WhyOut:
    """Return why a letter is out whose reminder somebody, or the plan, settled meanwhile."""
    if reminder.state == State.CANCELLED:
        return why_gone(CancelReason(reminder.cancel_reason))
    return WhyOut.HELD
