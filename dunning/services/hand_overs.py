"""Hand a customer's lines over to a lawyer, a court or an agency: proposed by one person, approved by another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from django.db.models import Max, Q
from django.utils.translation import gettext as _

from accounts.services import audit
from disputes.models import Dispute
from dunning.models import (
    AgencyMandate,
    Exclusion,
    HandOver,
    HandOverLine,
    HandOverState,
    HandOverTarget,
    Insolvency,
    LegalDeadline,
)
from dunning.rules.legal_clock import DeadlineKind
from dunning.services.deadlines import (
    Subject,
    finish_deadline,
    start_deadline,
    void_deadlines,
)
from dunning.services.locks import lock_numbers
from dunning.services.stops import keep_out, take_back_in
from kernel.errors import Refused
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import (
    Customer,
    CustomerAssignment,
    DocumentKind,
    DueLine,
    LineAssignment,
    TimelineKind,
)
from ledger.services.history import note
from ledger.services.locks import lock_customer

MOST_LINES = 1_000


class HandOverRefused(Refused):
    """A file cannot be handed over, decided or taken back so."""

    code: ClassVar[str] = "hand_over_refused"


@dataclass(frozen=True, slots=True)
class NewHandOver:
    """What a person proposes: which lines of a customer go to whom, and why."""

    customer: Customer
    due_lines: Sequence[UUID]
    target: HandOverTarget
    recipient: str
    reason: str
    mandate: AgencyMandate | None = None


def propose_hand_over(new: NewHandOver, *, actor: Actor, today: date, now: datetime) -> HandOver:
    """Propose that lines leave the chase for good; nothing changes until a second person agrees (S1).

    Raises HandOverRefused for lines that are settled, not due, in another file, frozen by an insolvency or, before a
    court, contested; and for an agency without a mandate in force.
    """
    lock_customer(new.customer.pk)
    if actor.membership_id is None:
        raise HandOverRefused(_("A person proposes a hand-over, under his name."))
    lines = _lines(new, today=today)
    _refuse_words(new, today=today)
    lock_numbers("hand_over")
    last = HandOver.objects.aggregate(last=Max("number"))["last"] or 0
    hand_over = HandOver.objects.create(
        number=last + 1,
        customer=new.customer,
        entity_id=lines[0].entity_id,
        currency=lines[0].currency,
        target=new.target,
        recipient=new.mandate.agency_name if new.mandate else new.recipient.strip()[:200],
        mandate=new.mandate,
        reason=new.reason.strip()[:500],
        principal=sum((line.open_amount for line in lines), Decimal(0)),
        proposed_by_id=actor.membership_id,
        proposed_at=now,
    )
    HandOverLine.objects.bulk_create(
        HandOverLine(hand_over=hand_over, due_line=line, open_amount=line.open_amount)
        for line in lines
    )
    _tell(hand_over, "dunning.hand_over_proposed", actor=actor, now=now, words=hand_over.reason)
    _record(hand_over, "dunning.propose_hand_over", actor)
    return hand_over


def _lines(new: NewHandOver, *, today: date) -> list[DueLine]:
    """Return the lines, locked. Raises HandOverRefused, naming the first that cannot go and why."""
    lines = list(
        DueLine.objects.select_for_update(of=("self",))
        .select_related("document")
        .filter(customer=new.customer, pk__in=list(new.due_lines), kind=DocumentKind.INVOICE)
        .order_by("due_date", "document__number")
    )
    if not lines:
        raise HandOverRefused(
            _("Choose at least one invoice of %(customer)s to hand over.")
            % {"customer": new.customer.name}
        )
    if len(lines) > MOST_LINES:
        raise HandOverRefused(
            _("A file holds %(most)s lines and these are %(count)s. Make two files.")
            % {"most": MOST_LINES, "count": len(lines)}
        )
    if len({(line.entity_id, line.currency) for line in lines}) > 1:
        raise HandOverRefused(
            _(
                "These lines are owed to several companies or in several currencies. Make a file for each."
            )
        )
    taken = _in_a_file(lines)
    contested = _contested(lines) if new.target == HandOverTarget.COURT else {}
    frozen_until = _frozen_until(new.customer)
    for line in lines:
        facts = {"document": line.document.number, "file": taken.get(line.pk, "")}
        if not line.is_open:
            raise HandOverRefused(_("%(document)s is settled; leave it out.") % facts)
        if line.due_date >= today:
            raise HandOverRefused(
                _("%(document)s falls due on %(due)s only; leave it out until then.")
                % {**facts, "due": line.due_date}
            )
        if line.pk in taken:
            raise HandOverRefused(
                _("%(document)s is in the file %(file)s already. Take that back first.") % facts
            )
        if frozen_until is not None and line.issue_date <= frozen_until:
            raise HandOverRefused(
                _(
                    "%(document)s is from before the judgment of %(judgment)s: nobody may sue for it. File the claim "
                    "with the court's agent."
                )
                % {**facts, "judgment": frozen_until}
            )
        if line.pk in contested:
            raise HandOverRefused(
                _(
                    "%(document)s is contested, and a court orders payment of certain debts only. Decide the dispute "
                    "first, or hand it to a lawyer."
                )
                % facts
            )
    return lines


def _in_a_file(lines: Sequence[DueLine]) -> dict[UUID, str]:
    rows = HandOverLine.objects.select_related("hand_over").filter(
        due_line__in=[line.pk for line in lines], ended_date=None
    )
    return {row.due_line_id: row.hand_over.name for row in rows}


def _contested(lines: Sequence[DueLine]) -> dict[UUID, bool]:
    rows = Dispute.objects.filter(due_line__in=[line.pk for line in lines], closed_date=None)
    return dict.fromkeys(rows.values_list("due_line_id", flat=True), True)


def _frozen_until(customer: Customer) -> date | None:
    running = Insolvency.objects.filter(customer=customer, ended_date=None)
    return running.values_list("judgment_date", flat=True).first()


def _refuse_words(new: NewHandOver, *, today: date) -> None:
    if not new.reason.strip():
        raise HandOverRefused(
            _("Say why this goes out of the house: whoever decides reads it first.")
        )
    if new.target == HandOverTarget.AGENCY:
        _refuse_mandate(new.mandate, today)
    elif not new.recipient.strip():
        raise HandOverRefused(_("Name the lawyer or the court that receives the file."))


def _refuse_mandate(mandate: AgencyMandate | None, today: date) -> None:
    if mandate is None:
        raise HandOverRefused(
            _("An agency acts under a written mandate only. Choose its mandate, or enter it first.")
        )
    is_over = mandate.until_date is not None and mandate.until_date < today
    if mandate.from_date > today or is_over:
        raise HandOverRefused(
            _("The mandate %(number)s is not in force on %(today)s. Renew it first.")
            % {"number": mandate.number, "today": today}
        )


def decide_hand_over(
    *,
    hand_over: HandOver,
    is_approved: bool,
    words: str,
    actor: Actor,
    today: date,
    now: datetime,
) -> HandOver:
    """Agree to a hand-over, or refuse it with a reason; never by the person who proposed it, nor by a machine.

    Agreed, its lines leave our own chase today, queued messages included, and are in litigation; those paid since
    are left out. The agency of a mandate sees the customer from now on. Raises HandOverRefused.
    """
    lock_customer(hand_over.customer_id)
    locked = HandOver.objects.select_related("customer", "mandate").get(pk=hand_over.pk)
    _refuse_decision(locked, is_approved=is_approved, words=words, actor=actor)
    locked.decided_by_id = actor.membership_id
    locked.decided_at = now
    locked.decision_words = words.strip()[:500]
    if is_approved:
        _take_effect(locked, actor=actor, today=today)
    else:
        locked.state = HandOverState.REFUSED
        locked.lines.update(ended_date=today)
    locked.save()
    verb = "approved" if is_approved else "refused"
    _tell(locked, f"dunning.hand_over_{verb}", actor=actor, now=now, words=locked.decision_words)
    _record(locked, f"dunning.{'approve' if is_approved else 'refuse'}_hand_over", actor)
    return locked


def _refuse_decision(hand_over: HandOver, *, is_approved: bool, words: str, actor: Actor) -> None:
    facts = {"file": hand_over.name, "state": hand_over.get_state_display()}
    if hand_over.state != HandOverState.PROPOSED:
        raise HandOverRefused(
            _("%(file)s is “%(state)s” by now, so there is nothing to decide. Reload the page.")
            % facts
        )
    if actor.kind != "person" or actor.membership_id is None:
        raise HandOverRefused(_("A named person decides about a hand-over; a program cannot."))
    if actor.membership_id == hand_over.proposed_by_id:
        raise HandOverRefused(
            _("You proposed %(file)s yourself; another person decides about it (rule S1).") % facts
        ).by_another()
    if not is_approved and not words.strip():
        raise HandOverRefused(_("Say why %(file)s is refused.") % facts)


def _take_effect(hand_over: HandOver, *, actor: Actor, today: date) -> None:
    paid = hand_over.lines.filter(due_line__is_open=False)
    paid.update(ended_date=today)
    rows = list(hand_over.lines.filter(ended_date=None).select_related("due_line"))
    if not rows:
        raise HandOverRefused(
            _("Every invoice of %(file)s was paid meanwhile: refuse it instead.")
            % {"file": hand_over.name}
        )
    hand_over.state = HandOverState.APPROVED
    hand_over.from_date = today
    hand_over.principal = sum((row.due_line.open_amount for row in rows), Decimal(0))
    hand_over.lines.filter(ended_date=None).update(from_date=today)
    is_agency = hand_over.target == HandOverTarget.AGENCY
    keep_out(
        customer=hand_over.customer,
        exclusion=Exclusion.ENTRUSTED if is_agency else Exclusion.LEGAL,
        reason=f"{hand_over.name}, {hand_over.recipient}",
        today=today,
        object_id=hand_over.pk,
        actor=actor,
        due_lines=[row.due_line_id for row in rows],
    )
    show_entrusted(hand_over)


def show_entrusted(hand_over: HandOver) -> None:
    """Open the lines of a file to the agency that has it, those lines alone; safe to run twice.

    An assignment of the whole customer, from before lines were entrusted one by one, is narrowed too.
    """
    if hand_over.mandate is None:
        return
    membership = hand_over.mandate.membership_id
    CustomerAssignment.objects.update_or_create(
        customer=hand_over.customer, membership_id=membership, defaults={"is_whole": False}
    )
    LineAssignment.objects.bulk_create(
        [
            LineAssignment(due_line_id=line, membership_id=membership)
            for line in hand_over.lines.filter(ended_date=None).values_list("due_line", flat=True)
        ],
        ignore_conflicts=True,
    )


def end_hand_over(
    *, hand_over: HandOver, reason: str, actor: Actor, today: date, now: datetime
) -> HandOver:
    """Take a file back: its lines are chased again from today, and the agency sees the customer no more.

    Raises HandOverRefused without a reason, or when it is not out of the house.
    """
    lock_customer(hand_over.customer_id)
    locked = HandOver.objects.select_related("customer", "mandate").get(pk=hand_over.pk)
    facts = {"file": locked.name, "state": locked.get_state_display()}
    if locked.state != HandOverState.APPROVED:
        raise HandOverRefused(
            _("%(file)s is “%(state)s”: only what is handed over can be taken back.") % facts
        )
    if not reason.strip():
        raise HandOverRefused(_("Say why %(file)s is taken back.") % facts)
    locked.state = HandOverState.ENDED
    locked.ended_date, locked.end_reason = today, reason.strip()[:500]
    locked.lines.filter(ended_date=None).update(ended_date=today)
    locked.save()
    take_back_in(object_id=locked.pk, today=today)
    void_deadlines(subject=locked.pk)
    _stop_showing(locked)
    _tell(locked, "dunning.hand_over_ended", actor=actor, now=now, words=locked.end_reason)
    _record(locked, "dunning.end_hand_over", actor)
    return locked


def _stop_showing(hand_over: HandOver) -> None:
    """Close the lines to the agency, and the customer unless another of its files is about him."""
    if hand_over.mandate is None:
        return
    membership = hand_over.mandate.membership_id
    LineAssignment.objects.filter(
        membership=membership, due_line__in=hand_over.lines.values("due_line")
    ).delete()
    others = HandOver.objects.filter(
        Q(customer=hand_over.customer_id)
        & Q(mandate__membership=membership)
        & Q(state=HandOverState.APPROVED)
    ).exclude(pk=hand_over.pk)
    if not others.exists():
        CustomerAssignment.objects.filter(
            customer=hand_over.customer_id, membership=membership
        ).delete()


def record_order(
    *, hand_over: HandOver, order_date: date, actor: Actor, today: date, now: datetime
) -> None:
    """Write down the day a payment order was made: the clock of its service runs from it. Raises HandOverRefused."""
    facts = {"file": hand_over.name}
    if hand_over.target == HandOverTarget.AGENCY or hand_over.state != HandOverState.APPROVED:
        raise HandOverRefused(
            _("%(file)s is not before a court, so no payment order belongs to it.") % facts
        )
    if order_date > today:
        raise HandOverRefused(
            _("%(day)s is still to come: give the day of the order.") % {"day": order_date}
        )
    hand_over.order_date = order_date
    hand_over.save(update_fields=["order_date"])
    start_deadline(
        customer=hand_over.customer,
        kind=DeadlineKind.INJUNCTION_SERVICE,
        subject=Subject(hand_over.pk, hand_over.name),
        start=order_date,
        actor=actor,
        now=now,
    )
    _record(hand_over, "dunning.record_payment_order", actor)


def record_service(
    *, hand_over: HandOver, service_date: date, proof: str, actor: Actor, today: date, now: datetime
) -> None:
    """Write down that a payment order was served: its deadline is done, the debtor's opposition is on the clock.

    Raises HandOverRefused without an order, DeadlineRefused without proof.
    """
    row = LegalDeadline.objects.filter(
        subject=hand_over.pk, kind=DeadlineKind.INJUNCTION_SERVICE, done_date=None, is_void=False
    ).first()
    if row is None:
        raise HandOverRefused(
            _("No payment order of %(file)s waits to be served. Enter the day of the order first.")
            % {"file": hand_over.name}
        )
    finish_deadline(row=row, proof=proof, day=service_date, actor=actor, today=today, now=now)
    start_deadline(
        customer=hand_over.customer,
        kind=DeadlineKind.OPPOSITION,
        subject=Subject(hand_over.pk, hand_over.name),
        start=service_date,
        actor=actor,
        now=now,
    )


def _tell(
    hand_over: HandOver, text_code: str, *, actor: Actor, now: datetime, words: str = ""
) -> None:
    note(
        customer=hand_over.customer_id,
        kind=TimelineKind.CHANGE,
        text_code=text_code,
        actor=actor,
        words=words,
        at=now,
        object_id=hand_over.pk,
        facts={
            "file": hand_over.name,
            "recipient": hand_over.recipient,
            "amount": Money(hand_over.principal, hand_over.currency).as_json(),
        },
    )


def _record(hand_over: HandOver, action: str, actor: Actor) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="hand_over",
        object_id=hand_over.pk,
        number=hand_over.number,
        target=hand_over.target,
        principal=str(hand_over.principal),
        currency=hand_over.currency,
    )
