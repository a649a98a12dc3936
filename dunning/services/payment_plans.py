"""Agree with a customer that he pays some invoices in instalments; what is missed too long ends the agreement.

While a plan runs its lines are out of the chase, and the instalments are watched instead.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.services import audit
from dunning.models import Exclusion, Instalment, PaymentPlan, PlanLine, Ruling
from dunning.queries.promises import running_plans
from dunning.rules.promises import LONGEST, LONGEST_PLAN, InstalmentRule, PlanState
from dunning.services.locks import lock_numbers
from dunning.services.stops import keep_out, take_back_in
from kernel.errors import Refused
from kernel.formats import day_for_reader
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import Customer, DocumentKind, DueLine, TimelineKind
from ledger.services.history import note
from ledger.services.locks import lock_customer


class PlanNotPossible(Refused):
    """The plan does not add up, reaches too far, or is decided by the wrong person."""

    code: ClassVar[str] = "payment_plan_not_possible"


def propose_plan(
    *,
    customer: Customer,
    due_lines: Sequence[UUID],
    instalments: Sequence[InstalmentRule],
    reason: str,
    actor: Actor,
    today: date,
    now: datetime,
) -> PaymentPlan:
    """Propose that some lines are paid in instalments which sum to what they owe. Raises PlanNotPossible.

    The chase goes on until another person has agreed (row 20 of the permission matrix, S1).
    """
    lock_customer(customer.pk)
    if not reason.strip():
        raise PlanNotPossible(
            _("Say why %(customer)s pays in instalments; whoever agrees will want to know.")
            % {"customer": customer.name}
        )
    lines = _lines(customer, due_lines)
    total = Money(sum((line.open_amount for line in lines), Decimal(0)), lines[0].currency)
    ordered = sorted(instalments, key=lambda each: each.due_date)
    _refuse_instalments(ordered, total, today)
    lock_numbers("payment_plan")
    last: int | None = PaymentPlan.objects.aggregate(last=Max("number"))["last"]
    plan = PaymentPlan.objects.create(
        number=(last or 0) + 1,
        customer=customer,
        entity_id=lines[0].entity_id,
        currency=total.currency,
        amount=total.amount,
        reason=reason.strip()[:250],
        proposed_by_id=actor.membership_id,
        proposed_date=today,
    )
    PlanLine.objects.bulk_create(
        PlanLine(plan=plan, due_line=line, open_before=line.open_amount) for line in lines
    )
    Instalment.objects.bulk_create(
        Instalment(plan=plan, due_date=each.due_date, amount=each.amount) for each in ordered
    )
    _tell(plan, "dunning.plan_proposed", actor, now=now, words=plan.reason)
    _record(actor, "dunning.propose_plan", plan, instalments=len(ordered))
    return plan


def _lines(customer: Customer, due_lines: Sequence[UUID]) -> list[DueLine]:
    found = list(
        DueLine.objects.filter(
            pk__in=set(due_lines),
            customer=customer,
            kind=DocumentKind.INVOICE,
            is_open=True,
            open_amount__gt=0,
        )
        .select_for_update(of=("self",))
        .select_related("document")
        .order_by("due_date", "id")
    )
    if not found or len(found) != len(set(due_lines)):
        raise PlanNotPossible(
            _("Choose open invoices of %(customer)s; at least one, and none that is paid.")
            % {"customer": customer.name}
        )
    if len({(line.entity_id, line.currency) for line in found}) > 1:
        raise PlanNotPossible(
            _(
                "These invoices are in several currencies or of several companies. Propose a plan for each."
            )
        )
    taken = PlanLine.objects.filter(
        due_line__in=found,
        plan__ended_date=None,
        plan__ruling__in=[Ruling.PENDING, Ruling.APPROVED],
    ).select_related("plan", "due_line__document")
    for each in taken:
        raise PlanNotPossible(
            _("%(document)s is in payment plan %(number)s already. Leave it out, or end that plan.")
            % {"document": each.due_line.document.number, "number": each.plan.number}
        )
    return found


def _refuse_instalments(ordered: Sequence[InstalmentRule], total: Money, today: date) -> None:
    if not ordered:
        raise PlanNotPossible(_("A plan needs at least one instalment with its day and amount."))
    first, last = ordered[0].due_date, ordered[-1].due_date
    if not today <= first <= today + LONGEST or last > today + LONGEST_PLAN:
        raise PlanNotPossible(
            _(
                "The first instalment falls due by %(first)s and the last by %(last)s; these run from %(from)s to"
                " %(until)s."
            )
            % {
                "first": day_for_reader(today + LONGEST),
                "last": day_for_reader(today + LONGEST_PLAN),
                "from": day_for_reader(first),
                "until": day_for_reader(last),
            }
        )
    if len({each.due_date for each in ordered}) < len(ordered):
        raise PlanNotPossible(_("Two instalments fall on the same day. Put them together."))
    if any(each.amount <= 0 or each.amount != round(each.amount, 2) for each in ordered):
        raise PlanNotPossible(_("Every instalment is an amount above zero, in whole cents."))
    given = Money(sum((each.amount for each in ordered), Decimal(0)), total.currency)
    if given != total:
        raise PlanNotPossible(
            _("The instalments sum to %(given)s, the invoices owe %(total)s: %(gap)s apart.")
            % {"given": given, "total": total, "gap": total - given},
            given=given.as_json(),
            total=total.as_json(),
        )


def rule_plan(
    *, plan: PaymentPlan, actor: Actor, is_agreed: bool, today: date, now: datetime
) -> None:
    """Let a second person agree to a plan, or refuse it; from then on its lines leave the chase.

    Raises PlanNotPossible, also when the lines owe something else by now.
    """
    locked = _locked(plan)
    if locked.ruling != Ruling.PENDING or locked.ended_date is not None:
        raise PlanNotPossible(_("This plan is decided already. Reload the page."))
    if actor.kind != "person" or actor.membership_id is None:
        raise PlanNotPossible(
            _("A person who signs in agrees to a plan; a program cannot answer for it (S12).")
        )
    if actor.membership_id == locked.proposed_by_id:
        raise PlanNotPossible(
            _("You proposed this plan: another person agrees to it (S1). Ask a credit manager.")
        ).by_another()
    lines = list(locked.lines.select_related("due_line"))
    owed = sum((each.due_line.open_amount for each in lines), Decimal(0))
    if is_agreed and owed != locked.amount:
        raise PlanNotPossible(
            _(
                "The invoices owe %(owed)s by now, the plan is about %(amount)s. Refuse it and propose another one."
            )
            % {
                "owed": Money(owed, locked.currency),
                "amount": Money(locked.amount, locked.currency),
            }
        )
    locked.ruling = Ruling.APPROVED if is_agreed else Ruling.REFUSED
    locked.ruled_by_id, locked.ruled_date = actor.membership_id, today
    if not is_agreed:
        locked.ended_date = today
    locked.save(update_fields=["ruling", "ruled_by", "ruled_date", "ended_date"])
    if is_agreed:
        keep_out(
            customer=locked.customer,
            exclusion=Exclusion.PAYMENT_PLAN,
            reason=_("Payment plan %(number)s") % {"number": locked.number},
            today=today,
            object_id=locked.pk,
            actor=actor,
            due_lines=[each.due_line_id for each in lines],
        )
    _tell(locked, "dunning.plan_agreed" if is_agreed else "dunning.plan_refused", actor, now=now)
    _record(actor, "dunning.rule_plan", locked, ruling=str(locked.ruling))


def call_off_plan(
    *, plan: PaymentPlan, actor: Actor, reason: str, today: date, now: datetime
) -> None:
    """End a plan before its time; its lines are chased again. Raises PlanNotPossible."""
    if not reason.strip():
        raise PlanNotPossible(_("Say why the plan is called off; the customer's history keeps it."))
    locked = _locked(plan)
    if locked.ended_date is not None:
        raise PlanNotPossible(
            _("This plan is over since %(day)s.") % {"day": day_for_reader(locked.ended_date)}
        )
    _end(locked, today=today, is_void=False)
    _tell(locked, "dunning.plan_called_off", actor, now=now, words=reason.strip())
    _record(actor, "dunning.call_off_plan", locked)


def settle_plans(*, actor: Actor, today: date, now: datetime) -> int:
    """End the plans that were kept, and those with an instalment missed too long; return how many ended.

    The lines of a void plan come back into the chase, which begins with a call.
    """
    ended = 0
    for found in running_plans(today=today):
        if found.state not in {PlanState.KEPT, PlanState.VOID}:
            continue
        is_void = found.state is PlanState.VOID
        plan = _locked(found.plan)
        if plan.ended_date is not None:
            continue
        _end(plan, today=today, is_void=is_void)
        _tell(plan, "dunning.plan_void" if is_void else "dunning.plan_kept", actor, now=now)
        _record(actor, "dunning.end_plan", plan, state=str(found.state))
        ended += 1
    return ended


def _end(plan: PaymentPlan, *, today: date, is_void: bool) -> None:
    plan.ended_date, plan.is_void = today, is_void
    plan.save(update_fields=["ended_date", "is_void"])
    take_back_in(object_id=plan.pk, today=today)


def _locked(plan: PaymentPlan) -> PaymentPlan:
    return (
        PaymentPlan.objects.select_related("customer")
        .select_for_update(of=("self",))
        .get(pk=plan.pk)
    )


def _tell(
    plan: PaymentPlan, text_code: str, actor: Actor, *, now: datetime, words: str = ""
) -> None:
    note(
        customer=plan.customer_id,
        kind=TimelineKind.NOTE,
        text_code=text_code,
        actor=actor,
        words=words,
        at=now,
        object_id=plan.pk,
        facts={"number": plan.number, "amount": Money(plan.amount, plan.currency).as_json()},
    )


def _record(actor: Actor, action: str, plan: PaymentPlan, **details: object) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="payment_plan",
        object_id=plan.pk,
        number=plan.number,
        amount=str(plan.amount),
        currency=plan.currency,
        **details,
    )
