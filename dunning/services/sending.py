"""Send what is ready, one row at a time: claim, compose with no transaction open, hand over, record.

Whatever dies, and whenever, a message leaves once: before the last dot it is certainly unsent, after the
relay's 250 it is recorded, and only what lies between is unknown and settled by evidence (RELIABILITY P1, D7).
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from dunning.channels import (
    PORTAL_LINK_DAYS,
    Carrier,
    MailChannel,
    MailEvidence,
    MailToCompose,
    NotAcceptedYetError,
    OutcomeUnknownError,
    OutgoingMail,
    Parcel,
    RefusedForGoodError,
    UnreachableError,
    portal_link,
)
from dunning.messages import compose
from dunning.messages.composing import compose_words
from dunning.messages.short_text import compose_short_text
from dunning.models import Reminder
from dunning.queries.invoice_copies import with_copies
from dunning.rules.content import ComposedMessage, Register, ReminderContent
from dunning.rules.outbox import State
from dunning.rules.steps import Channel
from dunning.services import attempts
from dunning.services.barriers import walk_to_sent
from dunning.services.claims import Claim, ClaimOutcome, claim_next
from dunning.services.notices import with_letter
from dunning.services.reply_addresses import clarity_url, name_of, reply_address, unsubscribe_url
from dunning.services.sending_domains import house_address, signed
from dunning.services.turn_facts import TurnFacts
from kernel.permissions import system_actor
from kernel.tenancy import tenant_scope

logger = logging.getLogger(__name__)

LEGAL_REGISTERS = frozenset({Register.FORMAL_NOTICE})
"""Nobody can ask to be spared a statutory notice (RELIABILITY D17)."""

Clock = Callable[[], datetime]
Composer = Callable[[ReminderContent], ComposedMessage]


class Delivery(StrEnum):
    """What became of one attempt, as the loop sees it."""

    SENT = "sent"
    PUT_OFF = "put_off"
    FAILED = "failed"
    UNKNOWN = "unknown"
    UNREACHABLE = "unreachable"
    STOPPED = "stopped"


@dataclass(slots=True)
class SendResult:
    """How many messages of a pass ended how.

    `is_relay_gone` ends a pass early, nothing is lost by it; `has_more` says that it ended for others to have a turn.
    """

    counts: dict[Delivery, int] = field(default_factory=lambda: dict.fromkeys(Delivery, 0))
    is_relay_gone: bool = False
    has_more: bool = False

    @property
    def sent(self) -> int:
        """Messages the relay accepted."""
        return self.counts[Delivery.SENT]


@dataclass(frozen=True, slots=True)
class Sender:
    """One worker's hands: its name, its connection, its clock, and how it composes and looks for evidence.

    `carriers` are the providers of channels other than e-mail; a channel without one is never claimed.
    """

    worker: str
    channel: MailChannel
    evidence: MailEvidence
    clock: Clock
    compose: Composer = compose
    carriers: Mapping[Channel, Carrier] = field(default_factory=dict)

    def send_ready(
        self,
        tenant_id: UUID,
        *,
        only_run: UUID | None = None,
        is_stopping: Callable[[], bool] = lambda: False,
        at_most: int | None = None,
    ) -> SendResult:
        """Send the tenant's messages that are due until none is left; opens its own scopes, none may be open.

        After `at_most` messages it ends all the same, and says whether it did.
        """
        result = SendResult()
        looked_at = 0
        channels = {Channel.EMAIL, *self.carriers}
        turn = TurnFacts(self.clock())
        while channels and not is_stopping():
            if looked_at == at_most:
                result.has_more = True
                break
            looked_at += 1
            now = self.clock()
            if turn.is_over(now):
                turn = TurnFacts(now)
            # A claim that a crash takes back was never acted upon: the commit before the last dot waits for the disk.
            with tenant_scope(tenant_id, waits_for_disk=False):
                outcome, claim = claim_next(
                    now=now, worker=self.worker, only_run=only_run, channels=channels, turn=turn
                )
            if outcome is ClaimOutcome.NOTHING:
                break
            if claim is None:
                continue
            delivery = self._deliver(tenant_id, claim, turn)
            result.counts[delivery] += 1
            if delivery is Delivery.UNREACHABLE:
                result.is_relay_gone = True
                channels.discard(Channel.EMAIL)
        return result

    def _deliver(self, tenant_id: UUID, claim: Claim, turn: TurnFacts) -> Delivery:
        if claim.asks_evidence:
            known = self._was_accepted(claim)
            if known:
                return self._found_sent(tenant_id, claim)
            if known is None and claim.channel is not Channel.EMAIL:
                # A provider that does not answer now will: what it may have sent already is not sent again meanwhile.
                with tenant_scope(tenant_id):
                    attempts.put_off(
                        claim, before=State.CLAIMED, reason="no evidence", now=self.clock()
                    )
                return Delivery.PUT_OFF
        try:
            message, raw = self._bytes(tenant_id, claim, turn)
        except Exception as problem:
            # Whatever a text, a font or a figure can break must stop this row alone, and be seen (P2).
            logger.exception("reminder %s could not be composed", claim.reminder_id)
            with tenant_scope(tenant_id):
                attempts.record_failure(
                    claim, reason=f"{type(problem).__name__}: {problem}", now=self.clock()
                )
            return Delivery.FAILED
        return self._hand_over(tenant_id, claim, message, raw)

    def _was_accepted(self, claim: Claim) -> bool | None:
        asked = self.evidence if claim.channel is Channel.EMAIL else self.carriers[claim.channel]
        return asked.was_accepted(claim.message_id)

    def _bytes(
        self, tenant_id: UUID, claim: Claim, turn: TurnFacts
    ) -> tuple[ComposedMessage | None, bytes]:
        """Return the message and its bytes; those of an earlier attempt when nothing changed since."""
        if claim.stored is not None:
            return None, claim.stored
        # The link, and a notice's number, are on disk before the last dot too: the commit before it waits for both.
        with tenant_scope(tenant_id, waits_for_disk=False):
            identity = turn.identity
            link = portal_link(customer_id=claim.customer_id, today=claim.content.as_of_date)
            content = with_letter(
                claim.content,
                reminder_id=claim.reminder_id,
                actor=system_actor(tenant_id),
                now=self.clock(),
            )
            content = replace(with_copies(content), clarity_url=clarity_url(claim.message_id))
        if link:
            until = content.as_of_date + timedelta(days=PORTAL_LINK_DAYS)
            content = replace(content, portal_url=link, portal_valid_until=until)
        if claim.channel is not Channel.EMAIL:
            return _composed(claim.channel, content)
        message = self.compose(content)
        raw = self.channel.encode(self._envelope(claim, message, identity.address))
        return message, signed(raw, identity)

    def _envelope(
        self, claim: Claim, message: ComposedMessage, sender_address: str
    ) -> MailToCompose:
        return MailToCompose(
            message_id=claim.message_id,
            sender_name=claim.sender_name,
            sender_address=sender_address,
            reply_to=reply_address(claim.message_id) or claim.reply_to,
            recipient_name=claim.recipient_name,
            recipient_address=claim.recipient_address,
            copy_name=claim.content.in_copy.name if claim.content.in_copy else "",
            copy_address=claim.in_copy,
            subject=message.subject,
            html=message.html,
            text=message.text,
            qr_png=message.qr_png,
            attachments=tuple(
                (each.filename, each.media_type, each.content) for each in message.attachments
            ),
            date=self.clock(),
            unsubscribe_url=""
            if claim.content.step.register in LEGAL_REGISTERS
            else unsubscribe_url(claim.message_id),
        )

    def _hand_over(
        self, tenant_id: UUID, claim: Claim, message: ComposedMessage | None, raw: bytes
    ) -> Delivery:
        reached = State.CLAIMED

        def before_last_dot() -> None:
            nonlocal reached
            with tenant_scope(tenant_id):
                attempts.mark_handing(claim, message=message, raw=raw, now=self.clock())
            reached = State.HANDING

        try:
            self._leave(claim, raw, before_last_dot)
        except attempts.FenceError as stop:
            with tenant_scope(tenant_id):
                attempts.give_back(claim, reason=str(stop), now=self.clock())
            return Delivery.STOPPED
        except (NotAcceptedYetError, UnreachableError) as problem:
            with tenant_scope(tenant_id):
                attempts.put_off(claim, before=reached, reason=str(problem), now=self.clock())
            # Only the relay's absence ends a pass: a provider's holds up nobody but its own messages.
            is_gone = isinstance(problem, UnreachableError) and claim.channel is Channel.EMAIL
            return Delivery.UNREACHABLE if is_gone else Delivery.PUT_OFF
        except RefusedForGoodError as refusal:
            with tenant_scope(tenant_id):
                attempts.record_refusal(
                    claim,
                    before=reached,
                    reason=str(refusal),
                    is_address=refusal.is_address,
                    now=self.clock(),
                )
            return Delivery.FAILED
        except OutcomeUnknownError as problem:
            with tenant_scope(tenant_id):
                attempts.record_unknown(claim, reason=str(problem), now=self.clock())
            return Delivery.UNKNOWN
        # What a crash of the database's machine takes back of this is settled by evidence, as an unknown outcome is;
        # the next message's commit before its last dot brings it to disk.
        with tenant_scope(tenant_id, waits_for_disk=False):
            attempts.record_sent(claim, now=self.clock())
        return Delivery.SENT

    def _leave(self, claim: Claim, raw: bytes, before_last_dot: Callable[[], None]) -> None:
        """Hand the bytes over by the claim's channel. Raises what the channel raises."""
        if claim.channel is Channel.EMAIL:
            mail = OutgoingMail(
                message_id=claim.message_id,
                # Where reports of the servers on the way come back to: signed for this message, where we take mail in.
                sender=reply_address(claim.message_id) or house_address(),
                recipient=claim.recipient_address,
                raw=raw,
                in_copy=claim.in_copy,
            )
            self.channel.hand_over(mail, before_last_dot=before_last_dot)
            return
        reference = name_of(claim.message_id)
        if reference is None:
            raise RefusedForGoodError(f"{claim.message_id} is no name of ours")
        content = claim.content
        parcel = Parcel(
            reference=reference,
            recipient=claim.recipient_address,
            recipient_name=claim.recipient_name,
            company=content.customer.name,
            subject=f"{content.creditor.entity_name}, {content.customer.code}",
            file_name=f"{reference}.pdf",
            raw=raw,
        )
        self.carriers[claim.channel].hand_over(parcel, before_last_step=before_last_dot)

    def _found_sent(self, tenant_id: UUID, claim: Claim) -> Delivery:
        """After a restore: what the lost part of the database had already sent is not sent again."""
        with tenant_scope(tenant_id):
            reminder = Reminder.objects.select_for_update().get(pk=claim.reminder_id)
            if reminder.attempt == claim.attempt and reminder.state == State.CLAIMED:
                walk_to_sent(reminder, now=self.clock())
        return Delivery.SENT


def _composed(channel: Channel, content: ReminderContent) -> tuple[ComposedMessage, bytes]:
    """Return what leaves through a provider: the words of a text message, or the PDF of a numbered notice."""
    if channel is Channel.SMS:
        message = compose_short_text(content)
        return message, message.text.encode()
    if content.notice is None:
        raise ValueError("a registered e-letter is a formal notice, and none was issued")
    return replace(compose_words(content), html="", qr_png=None), content.notice.pdf
