"""Issue a formal notice: a number without gaps, the letter as it is, the penalties it claims, the clock it starts."""

import hashlib
import json
from dataclasses import asdict, replace
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.models import Tenant
from accounts.services import audit
from dunning.documents.notice import notice_filename, notice_pdf
from dunning.documents.view import message_view
from dunning.models import FormalNotice, InterestClaim, Reminder
from dunning.rules.content import IssuedLetter, Register, ReminderContent
from dunning.rules.legal_clock import DeadlineKind, deadline
from dunning.rules.outbox import State
from dunning.services.deadlines import Subject, start_deadline
from dunning.services.interest_claims import (
    COMPUTE_LEVEL,
    claim_by_notice,
    compute_claims,
    next_notice_number,
)
from dunning.services.previews import claimed_documents, letter_content
from dunning.services.stages import refuse_pre_litigation
from kernel.errors import Refused
from kernel.money import Money
from kernel.permissions import Actor
from kernel.tenancy import current_tenant_id
from ledger.models import TimelineKind
from ledger.services.history import note

LEAVING = frozenset({State.PLANNED, State.READY, State.CLAIMED, State.HANDING, State.DONE})


class NoticeRefused(Refused):
    """A formal notice cannot be issued from this reminder."""

    code: ClassVar[str] = "notice_refused"


def issue_notice(*, reminder: Reminder, actor: Actor, now: datetime) -> FormalNotice:
    """Issue the formal notice of `reminder` and return it, the one issued before where there is one.

    It gets the tenant's next number of the year, its bytes and the facts it was written from are kept, the penalties
    it names become claims of their own that are claimed, and the clock of its deadline starts. All in one transaction:
    where the letter cannot be drawn, no number is used. Raises NoticeRefused, InterestRateMissing, PdfUnavailable,
    PreLitigationReserved.
    """
    issued = FormalNotice.objects.filter(reminder=reminder).first()
    if issued is not None:
        return issued
    locked = Reminder.objects.select_for_update(of=("self",)).get(pk=reminder.pk)
    _refuse(locked)
    refuse_pre_litigation([reminder], actor=actor)
    return _issue(reminder, letter_content(reminder=reminder, now=now), actor=actor, now=now)


def with_letter(
    content: ReminderContent, *, reminder_id: UUID, actor: Actor, now: datetime
) -> ReminderContent:
    """Return a formal notice's content with its issued letter, issued now where it was not; others as they are."""
    if content.step.register is not Register.FORMAL_NOTICE:
        return content
    issued = FormalNotice.objects.filter(reminder=reminder_id).first()
    if issued is None:
        related = ("customer", "entity", "contact", "step", "scenario_version__scenario")
        reminder = (
            Reminder.objects.select_related(*related)
            .select_for_update(of=("self",))
            .get(pk=reminder_id)
        )
        issued = _issue(reminder, content, actor=actor, now=now)
    return replace(content, notice=letter_of(issued))


def letter_of(issued: FormalNotice) -> IssuedLetter:
    """Return the letter of an issued notice, the same bytes every time."""
    return IssuedLetter(issued.number, issued.file_name, bytes(issued.pdf or b""))


def _refuse(reminder: Reminder) -> None:
    if reminder.step.register != Register.FORMAL_NOTICE:
        raise NoticeRefused(
            _(
                "This reminder of %(customer)s is no formal notice: its step speaks in another register. Plan a step "
                "of that register."
            )
            % {"customer": reminder.customer.name}
        )
    if reminder.state not in LEAVING:
        raise NoticeRefused(
            _(
                "The reminder to %(customer)s is “%(state)s”, so no formal notice leaves with it. Reload the agenda."
            )
            % {"customer": reminder.customer.name, "state": reminder.get_state_display()}
        )


def _issue(
    reminder: Reminder, content: ReminderContent, *, actor: Actor, now: datetime
) -> FormalNotice:
    today = _today(reminder, now)
    customer = reminder.customer
    if content.totals.net <= 0:
        raise NoticeRefused(
            _("%(customer)s owes nothing that a notice could claim: credits cover what is late.")
            % {"customer": customer.name}
        )
    claims: list[InterestClaim] = []
    if reminder.step.level >= COMPUTE_LEVEL:
        documents, claimed = claimed_documents(reminder=reminder, now=now)
        claims = compute_claims(
            documents=documents, claimed=claimed, actor=actor, today=today, now=now
        )
    content = replace(content, notice=None)
    penalties = content.penalties
    notice = FormalNotice(
        year=today.year,
        sequence=next_notice_number(today.year),
        reminder=reminder,
        customer=customer,
        entity_id=reminder.entity_id,
        currency=content.currency,
        language="fr" if content.language.startswith("fr") else content.language[:2],
        issued_date=today,
        issued_at=now,
        issued_by_id=actor.membership_id or reminder.confirmed_by_id,
        deadline_date=deadline(DeadlineKind.FORMAL_NOTICE, today),
        principal=content.totals.net,
        interest=(penalties.interest if penalties else None) or Decimal(0),
        fixed_charge=(penalties.fixed_indemnity if penalties else None) or Decimal(0),
        snapshot=_snapshot(content),
    )
    view = message_view(content)
    signatory = notice.issued_by.name if notice.issued_by else ""
    notice.pdf = notice_pdf(view, number=notice.number, signatory=signatory)
    notice.file_name = notice_filename(view, number=notice.number)
    notice.digest = hashlib.sha256(notice.pdf).hexdigest()
    notice.save(force_insert=True)
    claim_by_notice(notice=notice, claims=claims, actor=actor, now=now)
    _start_clock(notice, actor=actor, now=now)
    _tell(notice, actor=actor, now=now)
    return notice


def _snapshot(content: ReminderContent) -> dict[str, object]:
    """Return every fact of the letter as plain JSON values; the portal's secret stays out."""
    facts = asdict(replace(content, portal_url="", portal_valid_until=None, words=None))
    plain: dict[str, object] = json.loads(json.dumps(facts, default=str))
    return plain


def _start_clock(notice: FormalNotice, *, actor: Actor, now: datetime) -> None:
    start_deadline(
        customer=notice.customer,
        kind=DeadlineKind.FORMAL_NOTICE,
        subject=Subject(notice.pk, notice.number),
        start=notice.issued_date,
        actor=actor,
        now=now,
    )


def _tell(notice: FormalNotice, *, actor: Actor, now: datetime) -> None:
    claimed = notice.principal + notice.interest + notice.fixed_charge
    note(
        customer=notice.customer_id,
        kind=TimelineKind.REMINDER,
        text_code="dunning.notice_issued",
        actor=actor,
        at=now,
        object_id=notice.pk,
        facts={"number": notice.number, "amount": Money(claimed, notice.currency).as_json()},
    )
    audit.record(
        actor=actor,
        action="dunning.issue_notice",
        object_kind="formal_notice",
        object_id=notice.pk,
        number=notice.number,
        principal=str(notice.principal),
        interest=str(notice.interest),
        fixed_charge=str(notice.fixed_charge),
        currency=notice.currency,
        digest=notice.digest,
    )


def _today(reminder: Reminder, now: datetime) -> date:
    zone = Tenant.objects.values_list("time_zone", flat=True).get(pk=current_tenant_id())
    return reminder.business_date or now.astimezone(ZoneInfo(zone)).date()
