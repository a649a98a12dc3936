"""Send the mails besides the reminders: claim one, hand it over with no transaction open, record what came of it.

After a worker died in between, the relay's evidence says whether the mail had left. Mails to colleagues leave whatever
is stopped; what goes to a customer waits behind the red buttons like every other message.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from uuid import UUID, uuid5

from django.conf import settings
from django.db.models import QuerySet

from accounts.models import Tenant
from dunning.channels import (
    MailChannel,
    MailEvidence,
    MailToCompose,
    NotAcceptedYetError,
    OutcomeUnknownError,
    OutgoingMail,
    RefusedForGoodError,
    UnreachableError,
)
from dunning.models import Promise, Ruling, SideMail, SideMailKind, SideMailState
from dunning.rules.outbox import LEASE, next_attempt_at
from dunning.services.barriers import barrier
from dunning.services.hold_notices import is_pointless
from dunning.services.sending_domains import house_address, sending_identity, signed
from dunning.services.side_mails import is_reachable
from kernel.tenancy import current_tenant_id, tenant_scope
from ledger.models import DocumentFile
from ledger.queries.document_files import content_of

logger = logging.getLogger(__name__)

NAMES = UUID("d1f3f0c4-6a0e-4b0b-8b5e-0f6d6d0c7a11")
MOST_TRIES = 20
MOST_AT_ONCE = 50
LONGEST_PROBLEM = 300
UNKNOWN = "outcome unknown"


@dataclass(frozen=True, slots=True)
class _InHand:
    """One mail in a worker's hands; of one that `may_have_left` the relay is asked first."""

    mail_id: UUID
    attempt: int
    message: MailToCompose
    may_have_left: bool
    is_to_customer: bool


@dataclass(frozen=True, slots=True)
class _Ended:
    """How an attempt ended; `is_relay_gone` ends the round."""

    state: SideMailState
    problem: str = ""
    is_relay_gone: bool = False


@dataclass(frozen=True, slots=True)
class SideMailSender:
    """A worker's hands for these mails; opens its own scopes, none may be open."""

    channel: MailChannel
    evidence: MailEvidence
    clock: Callable[[], datetime]

    def send(self, tenant_id: UUID) -> int:
        """Send what is due for a tenant, at most MOST_AT_ONCE; return how many left."""
        sent = 0
        for _turn in range(MOST_AT_ONCE):
            with tenant_scope(tenant_id):
                is_done, in_hand = _claim(now=self.clock())
            if is_done:
                break
            if in_hand is None:
                continue
            ended = self._hand_over(tenant_id, in_hand)
            with tenant_scope(tenant_id):
                _record(in_hand, ended, now=self.clock())
            sent += ended.state is SideMailState.SENT
            if ended.is_relay_gone:
                break
        return sent

    def _hand_over(self, tenant_id: UUID, in_hand: _InHand) -> _Ended:
        message = in_hand.message
        if in_hand.may_have_left and (known := self._looked_up(in_hand)):
            return known
        try:
            raw = self.channel.encode(message)
            with tenant_scope(tenant_id):
                raw = signed(raw, sending_identity())
        except Exception as problem:
            # Whatever an address or a text can break must stop this mail alone, and be seen.
            logger.exception("mail %s could not be written", in_hand.mail_id)
            return _Ended(SideMailState.FAILED, f"{type(problem).__name__}: {problem}")
        mail = OutgoingMail(message.message_id, house_address(), message.recipient_address, raw)
        return self._leave(mail)

    def _looked_up(self, in_hand: _InHand) -> _Ended | None:
        """Return how an attempt ended of which only the relay knows; None to try again."""
        known = self.evidence.was_accepted(in_hand.message.message_id)
        if known:
            return _Ended(SideMailState.SENT)
        if known is None and in_hand.is_to_customer:
            # A colleague may read the same words twice; a customer is never written to twice by guessing.
            return _Ended(SideMailState.FAILED, UNKNOWN)
        return None

    def _leave(self, mail: OutgoingMail) -> _Ended:
        try:
            self.channel.hand_over(mail, before_last_dot=lambda: None)
        except OutcomeUnknownError:
            return _Ended(SideMailState.WAITING, UNKNOWN)
        except NotAcceptedYetError as problem:
            return _Ended(SideMailState.WAITING, str(problem))
        except UnreachableError as problem:
            return _Ended(SideMailState.WAITING, str(problem), is_relay_gone=True)
        except RefusedForGoodError as problem:
            return _Ended(SideMailState.FAILED, str(problem))
        return _Ended(SideMailState.SENT)


def _due(now: datetime) -> QuerySet[SideMail]:
    waiting = SideMail.objects.filter(state=SideMailState.WAITING, leaves_at__lte=now)
    lapsed = SideMail.objects.filter(state=SideMailState.SENDING, lease_until__lte=now)
    due = waiting | lapsed
    return due.filter(contact=None) if barrier(now=now).is_closed else due


def _claim(*, now: datetime) -> tuple[bool, _InHand | None]:
    """Return (nothing is due, the mail that may leave): a mail that need not leave any more is dropped."""
    if not SideMail.objects.filter(
        state__in=[SideMailState.WAITING, SideMailState.SENDING], leaves_at__lte=now
    ).exists():
        return True, None
    locked = _due(now).select_for_update(of=("self",), skip_locked=True)
    mail = locked.select_related("member", "contact").order_by("leaves_at", "pk").first()
    if mail is None:
        return True, None
    if _is_gone(mail) or mail.attempt >= MOST_TRIES:
        is_gone = mail.attempt < MOST_TRIES
        mail.state = SideMailState.DROPPED if is_gone else SideMailState.FAILED
        mail.lease_until = None
        mail.save(update_fields=["state", "lease_until"])
        return False, None
    may_have_left = mail.state == SideMailState.SENDING or mail.problem == UNKNOWN
    mail.state, mail.lease_until = SideMailState.SENDING, now + LEASE
    mail.attempt += 1
    mail.save(update_fields=["state", "lease_until", "attempt"])
    is_to_customer = mail.contact is not None
    return False, _InHand(mail.pk, mail.attempt, _written(mail), may_have_left, is_to_customer)


def _is_gone(mail: SideMail) -> bool:
    """Say whether a mail is pointless by now: its reader opted out, the promise or the hold no longer stands."""
    if mail.contact is not None and not is_reachable(mail.contact):
        return True
    if mail.kind == SideMailKind.HOLD:
        return is_pointless(mail.object_id)
    if mail.kind != SideMailKind.PROMISE_RECAP:
        return False
    stands = Promise.objects.filter(pk=mail.object_id, ended_date=None)
    return not stands.exclude(ruling=Ruling.REFUSED).exists()


def _written(mail: SideMail) -> MailToCompose:
    identity = sending_identity()
    domain = parseaddr(settings.OTC_MAIL_FROM)[1].partition("@")[2] or "localhost"
    person = mail.contact or mail.member
    tenant = Tenant.objects.only("name").get(pk=current_tenant_id())
    return MailToCompose(
        message_id=f"<{uuid5(NAMES, str(mail.pk))}@{domain}>",
        sender_name=tenant.name,
        sender_address=identity.address,
        reply_to=mail.reply_to,
        recipient_name=person.name if person else "",
        recipient_address=mail.recipient,
        subject=mail.subject,
        html=mail.html,
        text=mail.text,
        qr_png=None,
        attachments=_attachments(mail),
        date=mail.created_at,
    )


def _attachments(mail: SideMail) -> tuple[tuple[str, str, bytes], ...]:
    """Return the files that travel with a mail; one removed since it was written stays here."""
    files = DocumentFile.objects.present().filter(pk__in=mail.files).order_by("name", "pk")
    return tuple((file.name, file.media_type, content_of(file)) for file in files)


def _record(in_hand: _InHand, ended: _Ended, *, now: datetime) -> None:
    mail = SideMail.objects.filter(
        pk=in_hand.mail_id, attempt=in_hand.attempt, state=SideMailState.SENDING
    )
    changes: dict[str, object] = {
        "state": ended.state,
        "problem": ended.problem[:LONGEST_PROBLEM],
        "lease_until": None,
    }
    if ended.state is SideMailState.SENT:
        changes["sent_at"] = now
    elif ended.state is SideMailState.WAITING:
        changes["leaves_at"] = next_attempt_at(deferrals=in_hand.attempt, now=now)
    mail.update(**changes)
