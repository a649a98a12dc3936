"""Mandates of collection agencies, and what they report about the files entrusted to them."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Membership, RoleGrant
from accounts.services import audit
from dunning.models import (
    AgencyMandate,
    AgencyReport,
    AgencyReportKind,
    HandOver,
    HandOverState,
    PromiseSource,
)
from dunning.services.promises import record_promise
from kernel.errors import Refused
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import TimelineKind
from ledger.rules.identifiers import iban
from ledger.services.history import note

AGENCY_ROLE = "agency"


class MandateRefused(Refused):
    """A mandate lacks something the law asks for."""

    code: ClassVar[str] = "mandate_refused"


class ReportRefused(Refused):
    """An agency cannot report this."""

    code: ClassVar[str] = "agency_report_refused"


@dataclass(frozen=True, slots=True)
class NewMandate:
    """The contents of a written mandate (CPCE R.124-3); `fee_rate` is a fraction of what is recovered."""

    number: str
    agency_name: str
    agency_address: str
    membership: Membership
    signed_date: date
    from_date: date
    until_date: date | None
    scope_words: str
    fee_rate: Decimal
    insurance: str
    iban: str


def enter_mandate(new: NewMandate, *, actor: Actor) -> AgencyMandate:
    """Enter a signed mandate. Raises MandateRefused where it lacks what CPCE R.124-1 to R.124-3 ask for.

    The person who signs in for the agency holds the agency's role and no other: whoever may do more in the house
    would see more than the files entrusted.
    """
    _refuse(new)
    mandate = AgencyMandate.objects.create(
        number=new.number.strip(),
        agency_name=new.agency_name.strip(),
        agency_address=new.agency_address.strip(),
        membership=new.membership,
        signed_date=new.signed_date,
        from_date=new.from_date,
        until_date=new.until_date,
        scope_words=new.scope_words.strip(),
        fee_rate=new.fee_rate,
        insurance=new.insurance.strip(),
        iban=new.iban.replace(" ", "").upper(),
        created_by_id=actor.membership_id,
    )
    audit.record(
        actor=actor,
        action="dunning.enter_mandate",
        object_kind="agency_mandate",
        object_id=mandate.pk,
        number=mandate.number,
        fee_rate=str(mandate.fee_rate),
    )
    return mandate


def _refuse(new: NewMandate) -> None:
    asked = {
        _("its number"): new.number,
        _("the name of the agency"): new.agency_name,
        _("its address"): new.agency_address,
        _("the debts it covers"): new.scope_words,
        _("the agency's liability insurance"): new.insurance,
        _("the account kept for what it collects"): new.iban,
    }
    missing = [name for name, given in asked.items() if not given.strip()]
    if missing:
        raise MandateRefused(
            _("A mandate without %(missing)s is not what CPCE R.124-3 asks for. Add it.")
            % {"missing": ", ".join(missing)}
        )
    if iban(new.iban) is None:
        raise MandateRefused(
            _("%(iban)s is no IBAN: its check digits are wrong. Copy it from the mandate.")
            % {"iban": new.iban}
        )
    if AgencyMandate.objects.filter(number=new.number.strip()).exists():
        raise MandateRefused(
            _("There is a mandate %(number)s already. Give each its own number.")
            % {"number": new.number}
        )
    if new.until_date is not None and new.until_date < new.from_date:
        raise MandateRefused(_("The mandate ends before it starts. Look at its dates again."))
    roles = set(RoleGrant.objects.filter(membership=new.membership).values_list("role", flat=True))
    if roles != {AGENCY_ROLE}:
        raise MandateRefused(
            _(
                "%(name)s is to hold the role of a collection agency and no other, so that the agency sees what is "
                "entrusted to it alone. Change the roles first."
            )
            % {"name": new.membership.name}
        )


@dataclass(frozen=True, slots=True)
class NewReport:
    """What an agency tells about a file; `amount` for a payment it received or a promise, `day` when it was."""

    kind: AgencyReportKind
    day: date
    words: str
    amount: Decimal | None = None
    reference: str = ""


def report(
    new: NewReport, *, hand_over: HandOver, actor: Actor, today: date, now: datetime
) -> AgencyReport:
    """Take down what the agency of a file reports, and return it.

    A payment is told, not booked: whoever collects applies no cash (S2); the fee is counted on it by the mandate and
    stays with the creditor. A promise becomes a promise to pay of the lines entrusted. Raises ReportRefused,
    PromiseNotPossible.
    """
    locked = (
        HandOver.objects.select_related("mandate", "customer")
        .select_for_update(of=("self",))
        .get(pk=hand_over.pk)
    )
    membership_id = _refuse_report(new, locked, actor, today)
    fee = None
    if new.kind == AgencyReportKind.PAYMENT and new.amount is not None and locked.mandate:
        fee = Money(new.amount * locked.mandate.fee_rate, locked.currency).rounded().amount
    if new.kind == AgencyReportKind.PROMISE:
        record_promise(
            customer=locked.customer,
            due_lines=_open_lines(locked),
            promised_date=new.day,
            amount=new.amount,
            actor=actor,
            today=today,
            now=now,
            source=PromiseSource.CALL,
            words=new.words,
        )
    row = AgencyReport.objects.create(
        hand_over=locked,
        kind=new.kind,
        day=new.day,
        amount=new.amount,
        fee=fee,
        words=new.words.strip(),
        reference=new.reference.strip()[:120],
        reported_by_id=membership_id,
        reported_at=now,
    )
    note(
        customer=locked.customer_id,
        kind=TimelineKind.NOTE,
        text_code=f"dunning.agency_{new.kind}",
        actor=actor,
        words=row.words,
        at=now,
        object_id=row.pk,
        facts={
            "file": locked.name,
            "amount": Money(new.amount or Decimal(0), locked.currency).as_json(),
        },
    )
    audit.record(
        actor=actor,
        action="dunning.report_agency",
        object_kind="hand_over",
        object_id=locked.pk,
        kind=str(new.kind),
        amount=str(new.amount or ""),
        fee=str(fee or ""),
    )
    return row


def _open_lines(hand_over: HandOver) -> list[UUID]:
    lines = hand_over.lines.filter(ended_date=None, due_line__is_open=True)
    return list(lines.values_list("due_line_id", flat=True))


def _refuse_report(new: NewReport, hand_over: HandOver, actor: Actor, today: date) -> UUID:
    facts = {"file": hand_over.name, "day": new.day}
    mandate = hand_over.mandate
    is_its_own = mandate is not None and mandate.membership_id == actor.membership_id
    if mandate is None or actor.membership_id is None or not is_its_own:
        raise ReportRefused(_("%(file)s is not entrusted to you.") % facts)
    if hand_over.state != HandOverState.APPROVED:
        raise ReportRefused(
            _("%(file)s was taken back; ask the creditor before you go on.") % facts
        )
    if new.kind not in AgencyReportKind.values:
        raise ReportRefused(_("Choose what you report: a contact, a promise, a payment…"))
    if new.kind != AgencyReportKind.PROMISE and new.day > today:
        raise ReportRefused(_("%(day)s is still to come: give the day it happened.") % facts)
    if new.kind == AgencyReportKind.PAYMENT:
        _refuse_payment(new, hand_over)
    elif new.kind != AgencyReportKind.PROMISE and not new.words.strip():
        raise ReportRefused(_("Say what happened, in a sentence."))
    found: UUID = actor.membership_id
    return found


def _refuse_payment(new: NewReport, hand_over: HandOver) -> None:
    money = Money(new.amount or Decimal(0), hand_over.currency)
    if money.amount <= 0 or money != money.rounded():
        raise ReportRefused(_("Give the amount received, above zero and in whole cents."))
    if not new.reference.strip():
        raise ReportRefused(
            _("Give the reference of the payment, so that it is reported once only.")
        )
    if AgencyReport.objects.filter(
        hand_over=hand_over, kind=AgencyReportKind.PAYMENT, reference=new.reference.strip()
    ).exists():
        raise ReportRefused(
            _("The payment %(reference)s was reported already.") % {"reference": new.reference}
        )
