"""Take down what a customer promises to pay, let a second person agree where promises repeat, and take them back.

A promise holds its lines out of the chase from the moment it stands; whether it was kept is derived from the ledger.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from accounts.services import audit
from disputes.models import Dispute
from dunning.models import Exclusion, Promise, PromiseLine, Reminder, Ruling
from dunning.queries.sales import sends_recap as recap_is_usual
from dunning.rules.promises import (
    LONGEST,
    Promisable,
    deadline_of,
    needs_approval,
    shared_out,
)
from dunning.services.promise_recaps import send_recap
from dunning.services.stops import keep_out, take_back_in
from kernel.errors import Refused
from kernel.formats import day_for_reader
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import Contact, Customer, DocumentKind, DueLine, TimelineKind
from ledger.services.history import note
from ledger.services.locks import lock_customer


class PromiseNotPossible(Refused):
    """The promise goes too far, is about nothing that is owed, or is decided by the wrong person."""

    code: ClassVar[str] = "promise_not_possible"


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a promise, locked, with what the rules know of it."""

    line: DueLine
    rule: Promisable


def record_promise(
    *,
    customer: Customer,
    due_lines: Sequence[UUID],
    promised_date: date,
    amount: Decimal | None,
    actor: Actor,
    today: date,
    now: datetime,
    source: str,
    words: str = "",
    reminder: Reminder | None = None,
    is_proposal: bool = False,
    sends_recap: bool = False,
    contact: Contact | None = None,
) -> Promise:
    """Take down that `amount` of some lines, all they owe when it is None, is paid by `promised_date`.

    `source` is one of `rules.promises.PromiseSource`.

    The lines leave the chase until two working days after that date; those not wholly promised too. A promise that
    still ran for one of them is replaced. The third promise about a line waits for a credit manager, and holds nothing
    until then. What is only proposed, by sales say, waits for another person and holds for two working days meanwhile
    (R54 and row 19 of the permission matrix). With `sends_recap` the customer, `contact` if he spoke, reads what was
    noted, unless the promise waits. Raises PromiseNotPossible.
    """
    lock_customer(customer.pk)
    _refuse_date(promised_date, today)
    lines = _lines(customer, due_lines)
    total = sum((each.rule.amount for each in lines), Decimal(0))
    currency = lines[0].line.currency
    promised = total if amount is None else amount
    _refuse_amount(Money(promised, currency), Money(total, currency))
    is_repeated = needs_approval([each.rule for each in lines])
    waits = is_repeated or is_proposal
    promise = Promise.objects.create(
        customer=customer,
        entity_id=lines[0].line.entity_id,
        currency=currency,
        amount=promised,
        promised_date=promised_date,
        deadline=deadline_of(promised_date, country=customer.country),
        made_date=today,
        source=source,
        words=words.strip()[:500],
        reminder=reminder,
        recorded_by_id=actor.membership_id,
        ruling=Ruling.PENDING if waits else Ruling.NOT_NEEDED,
    )
    parts = shared_out(promised, [each.rule for each in lines])
    PromiseLine.objects.bulk_create(
        PromiseLine(
            promise=promise,
            due_line=each.line,
            amount=part,
            open_before=each.line.open_amount,
        )
        for each, part in zip(lines, parts, strict=True)
    )
    if not waits:
        _hold(promise, until=promise.deadline, actor=actor, today=today)
    elif not is_repeated:
        until = deadline_of(today, country=customer.country)
        _hold(promise, until=until, actor=actor, today=today)
    _tell(promise, "dunning.promise_to_approve" if waits else "dunning.promised", actor, now=now)
    _record(actor, "dunning.record_promise", promise, lines=len(lines), waits=waits)
    if sends_recap and not waits:
        send_recap(promise=promise, actor=actor, today=today, now=now, contact=contact)
    return promise


def _refuse_date(promised_date: date, today: date) -> None:
    last = today + LONGEST
    if not today <= promised_date <= last:
        raise PromiseNotPossible(
            _(
                "A promise reaches from %(first)s to %(last)s; %(day)s is outside. Choose a day in between, or"
                " propose a payment plan."
            )
            % {
                "first": day_for_reader(today),
                "last": day_for_reader(last),
                "day": day_for_reader(promised_date),
            },
            first=today.isoformat(),
            last=last.isoformat(),
        )


def _lines(customer: Customer, due_lines: Sequence[UUID]) -> list[_Line]:
    """Return the lines, the oldest due first, locked. Raises PromiseNotPossible."""
    found = list(
        DueLine.objects.filter(pk__in=set(due_lines), customer=customer)
        .select_for_update(of=("self",))
        .select_related("document")
        .order_by("due_date", "document__number", "id")
    )
    if not found or len(found) != len(set(due_lines)):
        raise PromiseNotPossible(
            _("Choose the invoices of %(customer)s that are promised; at least one is needed.")
            % {"customer": customer.name}
        )
    if len({(line.entity_id, line.currency) for line in found}) > 1:
        raise PromiseNotPossible(
            _(
                "These invoices are in several currencies or of several companies. Take down one promise for each."
            )
        )
    disputed = _disputed(found)
    before = _promises_before(found)
    lines = [
        _Line(
            line,
            Promisable(
                document_number=line.document.number,
                open_amount=line.open_amount,
                disputed_amount=disputed.get(line.pk, Decimal(0)),
                promises_before=before.get(line.pk, 0),
            ),
        )
        for line in found
    ]
    for each in lines:
        _refuse_line(each)
    return lines


def _refuse_line(each: _Line) -> None:
    facts = {"document": each.rule.document_number}
    if each.line.kind != DocumentKind.INVOICE or each.line.open_amount <= 0:
        raise PromiseNotPossible(
            _("%(document)s owes nothing any more: there is nothing to promise. Leave it out.")
            % facts
        )
    if each.rule.amount <= 0:
        raise PromiseNotPossible(
            _(
                "%(document)s is wholly contested: it cannot be promised and disputed at once. Settle the dispute"
                " first, or leave it out."
            )
            % facts
        )


def _disputed(lines: Sequence[DueLine]) -> dict[UUID, Decimal]:
    standing = Dispute.objects.filter(due_line__in=lines, closed_date=None).order_by()
    return dict(standing.values_list("due_line").annotate(total=Sum("amount")))


def _promises_before(lines: Sequence[DueLine]) -> dict[UUID, int]:
    """Return how often each line was promised: a promise replaced by another counts, one taken back does not."""
    counted = PromiseLine.objects.filter(
        Q(promise__ended_date=None) | Q(promise__replaced_by__isnull=False),
        due_line__in=lines,
        promise__ruling__in=[Ruling.NOT_NEEDED, Ruling.APPROVED],
    ).order_by()
    return dict(counted.values_list("due_line").annotate(number=Count("id")))


def _refuse_amount(promised: Money, total: Money) -> None:
    if promised.amount <= 0 or promised != promised.rounded():
        raise PromiseNotPossible(
            _("%(amount)s cannot be promised: give an amount above zero, in whole cents.")
            % {"amount": f"{promised.amount.normalize():f} {promised.currency}"}
        )
    if promised > total:
        raise PromiseNotPossible(
            _(
                "The chosen invoices owe %(total)s that is not contested; %(amount)s is too much. Promise at most"
                " %(total)s, or choose more invoices."
            )
            % {"amount": promised, "total": total},
            total=total.as_json(),
            amount=promised.as_json(),
        )


def _hold(promise: Promise, *, until: date, actor: Actor, today: date) -> None:
    """Replace what was promised of the same lines before, and keep the lines out of the chase."""
    take_back_in(object_id=promise.pk, today=today)
    lines = list(promise.lines.values_list("due_line_id", flat=True))
    for former in (
        Promise.objects.filter(lines__due_line__in=lines, ended_date=None, deadline__gte=today)
        .exclude(pk=promise.pk)
        .exclude(ruling=Ruling.REFUSED)
        .distinct()
    ):
        former.ended_date, former.replaced_by = today, promise
        former.save(update_fields=["ended_date", "replaced_by"])
        take_back_in(object_id=former.pk, today=today)
    keep_out(
        customer=promise.customer,
        exclusion=Exclusion.PROMISED,
        reason=_("Promised for %(day)s") % {"day": day_for_reader(promise.promised_date)},
        today=today,
        until=until,
        object_id=promise.pk,
        actor=actor,
        due_lines=lines,
    )


def rule_promise(
    *, promise: Promise, actor: Actor, is_approved: bool, today: date, now: datetime
) -> None:
    """Let a credit manager agree to a repeated promise, or refuse it. Raises PromiseNotPossible."""
    locked = _locked(promise)
    if locked.ruling != Ruling.PENDING or locked.ended_date is not None:
        raise PromiseNotPossible(_("This promise is decided already. Reload the page."))
    _refuse_ruler(actor, locked.recorded_by_id)
    if is_approved and today > locked.deadline:
        raise PromiseNotPossible(
            _(
                "The promised day %(day)s has passed. Refuse it, and ask the customer for another one."
            )
            % {"day": day_for_reader(locked.promised_date)}
        )
    locked.ruling = Ruling.APPROVED if is_approved else Ruling.REFUSED
    locked.ruled_by_id, locked.ruled_date = actor.membership_id, today
    locked.save(update_fields=["ruling", "ruled_by", "ruled_date"])
    if is_approved:
        _hold(locked, until=locked.deadline, actor=actor, today=today)
        if recap_is_usual():
            send_recap(promise=locked, actor=actor, today=today, now=now)
    else:
        take_back_in(object_id=locked.pk, today=today)
    _tell(
        locked,
        "dunning.promise_approved" if is_approved else "dunning.promise_refused",
        actor,
        now=now,
    )
    _record(actor, "dunning.rule_promise", locked, ruling=str(locked.ruling))


def _refuse_ruler(actor: Actor, proposed_by: UUID | None) -> None:
    """Raise PromiseNotPossible unless a person other than the one who asked decides (S1, S12)."""
    if actor.kind != "person" or actor.membership_id is None:
        raise PromiseNotPossible(
            _("A person who signs in agrees to this; a program cannot answer for it (S12).")
        )
    if actor.membership_id == proposed_by:
        raise PromiseNotPossible(
            _(
                "You took this down yourself: another person agrees to it (S1). Ask another credit manager."
            )
        ).by_another()


def withdraw_promise(*, promise: Promise, actor: Actor, today: date, now: datetime) -> None:
    """Take a promise back that was taken down by mistake; its lines are chased again. Raises PromiseNotPossible."""
    locked = _locked(promise)
    if locked.ended_date is not None or today > locked.deadline:
        raise PromiseNotPossible(
            _("This promise is over since %(day)s; only one that still runs can be taken back.")
            % {"day": day_for_reader(locked.ended_date or locked.deadline)}
        )
    locked.ended_date = today
    locked.save(update_fields=["ended_date"])
    take_back_in(object_id=locked.pk, today=today)
    _tell(locked, "dunning.promise_withdrawn", actor, now=now)
    _record(actor, "dunning.withdraw_promise", locked)


def _locked(promise: Promise) -> Promise:
    return (
        Promise.objects.select_related("customer")
        .select_for_update(of=("self",))
        .get(pk=promise.pk)
    )


def _tell(promise: Promise, text_code: str, actor: Actor, *, now: datetime) -> None:
    note(
        customer=promise.customer_id,
        kind=TimelineKind.NOTE,
        text_code=text_code,
        actor=actor,
        words=promise.words,
        at=now,
        object_id=promise.pk,
        facts={
            "amount": Money(promise.amount, promise.currency).as_json(),
            "day": promise.promised_date.isoformat(),
        },
    )


def _record(actor: Actor, action: str, promise: Promise, **details: object) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="promise",
        object_id=promise.pk,
        amount=str(promise.amount),
        currency=promise.currency,
        promised_date=promise.promised_date.isoformat(),
        **details,
    )
