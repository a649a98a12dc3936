"""What raises the room of a customer or changes how orders are checked: entered by one person, accepted by another."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from babel.numbers import is_currency
from django.utils.translation import gettext as _

from accounts.services import audit
from credit.models import GroupLimit, Guarantee, GuaranteeKind, OrderPolicy
from credit.permissions import APPROVE_LIMIT, PUBLISH_CIRCUITS
from credit.queries.authority import is_same_account
from kernel.errors import Refused
from kernel.money import Money
from kernel.permissions import Actor, Verb
from ledger.models import Customer, CustomerGroup, Document, Entity, TimelineKind
from ledger.queries import home_and_rates
from ledger.services import note
from ledger.services.locks import lock_customer


class GuaranteeRefused(Refused):
    """The guarantee cannot be entered or changed so."""

    code: ClassVar[str] = "guarantee_refused"


class GroupLimitRefused(Refused):
    """The limit of the group cannot be so."""

    code: ClassVar[str] = "group_limit_refused"


class PolicyRefused(Refused):
    """Orders cannot be checked so."""

    code: ClassVar[str] = "order_policy_refused"


@dataclass(frozen=True, slots=True)
class NewGuarantee:
    """A guarantee as its document says; `valid_until` is its last day, None without an end."""

    customer: Customer
    kind: GuaranteeKind
    amount: Money
    valid_from: date
    valid_until: date | None
    given_by: str
    reference: str


def add_guarantee(new: NewGuarantee, *, actor: Actor, now: datetime) -> Guarantee:
    """Enter a guarantee; it counts once another person accepted it. Raises GuaranteeRefused.

    A deposit that the books know already (4191) is deducted there: it is not entered a second time.
    """
    customer = lock_customer(new.customer.pk)
    facts = {"number": new.reference, "amount": new.amount, "customer": customer.name}
    _refuse_machine(actor, GuaranteeRefused)
    if new.amount.amount <= 0 or not is_currency(new.amount.currency):
        raise GuaranteeRefused(
            _(
                "A guarantee of %(amount)s secures nothing: give an amount above zero and its currency."
            )
            % facts
        )
    if not new.reference.strip() or not new.given_by.strip():
        raise GuaranteeRefused(_("A guarantee names who gave it and the document that proves it."))
    if new.valid_until is not None and new.valid_until < new.valid_from:
        raise GuaranteeRefused(_("Guarantee %(number)s ends before it begins.") % facts)
    live = Guarantee.objects.filter(customer=customer, released_date=None)
    if live.filter(kind=new.kind, reference=new.reference.strip()).exists():
        raise GuaranteeRefused(
            _("Guarantee %(number)s of %(customer)s is entered already.") % facts
        )
    if new.kind == GuaranteeKind.DEPOSIT:
        booked = Document.objects.filter(customer=customer, number=new.reference.strip())
        if booked.exists():
            raise GuaranteeRefused(
                _("%(number)s is in the books and deducted there: it does not count twice.") % facts
            )
    row = Guarantee.objects.create(
        customer=customer,
        kind=new.kind,
        amount=new.amount.amount,
        currency=new.amount.currency,
        valid_from=new.valid_from,
        valid_until=new.valid_until,
        given_by=new.given_by.strip()[:200],
        reference=new.reference.strip()[:80],
        entered_by_id=_person(actor, GuaranteeRefused),
        entered_at=now,
    )
    _keep_guarantee(row, "add_guarantee", actor)
    return row


def accept_guarantee(*, guarantee: Guarantee, actor: Actor, today: date) -> Guarantee:
    """Let a guarantee count from today on; by another person than who entered it. Raises GuaranteeRefused."""
    lock_customer(guarantee.customer_id)
    row = Guarantee.objects.select_for_update(of=("self",)).get(pk=guarantee.pk)
    if row.accepted_by_id is not None:
        return row
    _refuse_machine(actor, GuaranteeRefused)
    is_same = is_same_account(row.entered_by, actor)
    if is_same or not actor.can(APPROVE_LIMIT, Verb.APPROVE):
        refused = GuaranteeRefused(
            _("Guarantee %(number)s is accepted by a credit manager who did not enter it (S1).")
            % {"number": row.reference}
        )
        raise refused.by_another() if is_same else refused
    row.accepted_by_id, row.accepted_date = actor.membership_id, today
    row.save(update_fields=["accepted_by", "accepted_date"])
    _keep_guarantee(row, "accept_guarantee", actor)
    return row


def release_guarantee(*, guarantee: Guarantee, reason: str, actor: Actor, today: date) -> Guarantee:
    """Give a guarantee back: it counts no more from today on. Raises GuaranteeRefused without a reason."""
    lock_customer(guarantee.customer_id)
    row = Guarantee.objects.select_for_update(of=("self",)).get(pk=guarantee.pk)
    if row.released_date is not None:
        return row
    _refuse_machine(actor, GuaranteeRefused)
    if not reason.strip():
        raise GuaranteeRefused(_("Say why the guarantee is given back."))
    row.released_by_id, row.released_date = actor.membership_id, today
    row.release_reason = reason.strip()[:250]
    row.save(update_fields=["released_by", "released_date", "release_reason"])
    _keep_guarantee(row, "release_guarantee", actor, words=row.release_reason)
    return row


def ask_group_limit(
    *,
    group: CustomerGroup,
    amount: Money,
    valid_from: date,
    valid_until: date | None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> GroupLimit:
    """Ask for a limit of a group; another person grants it. Raises GroupLimitRefused."""
    _refuse_machine(actor, GroupLimitRefused)
    _home, rates = home_and_rates(valid_from)
    facts = {"group": group.name, "amount": amount, "currency": amount.currency}
    if amount.amount < 0 or not reason.strip():
        raise GroupLimitRefused(
            _("A limit of %(group)s is not below zero and has a reason.") % facts
        )
    if amount.currency not in rates:
        raise GroupLimitRefused(
            _(
                "No exchange rate for %(currency)s: a limit of %(group)s could not be compared. Enter a rate."
            )
            % facts
        )
    if valid_until is not None and valid_until < valid_from:
        raise GroupLimitRefused(_("A limit of %(group)s cannot end before it begins.") % facts)
    row = GroupLimit.objects.create(
        group=group,
        amount=amount.amount,
        currency=amount.currency,
        valid_from=valid_from,
        valid_until=valid_until,
        reason=reason.strip()[:250],
        requested_by_id=_person(actor, GroupLimitRefused),
        requested_at=now,
    )
    _keep_row(row, "ask_group_limit", "group_limit", actor)
    return row


def grant_group_limit(*, limit: GroupLimit, actor: Actor, now: datetime) -> GroupLimit:
    """Grant a group's limit that another person asked for (S7). Raises GroupLimitRefused."""
    row = GroupLimit.objects.select_for_update(of=("self",)).get(pk=limit.pk)
    if row.approved_by_id is not None:
        return row
    _refuse_machine(actor, GroupLimitRefused)
    is_same = is_same_account(row.requested_by, actor)
    if is_same or not actor.can(APPROVE_LIMIT, Verb.APPROVE):
        refused = GroupLimitRefused(
            _("A group's limit is granted by a credit manager who did not ask for it (S7).")
        )
        raise refused.by_another() if is_same else refused
    taken = GroupLimit.objects.filter(
        group=row.group_id, valid_from=row.valid_from, approved_by__isnull=False
    )
    if taken.exists():
        raise GroupLimitRefused(
            _("The group already has a limit from %(day)s. Choose another day.")
            % {"day": row.valid_from}
        )
    row.approved_by_id, row.approved_at = actor.membership_id, now
    row.save(update_fields=["approved_by", "approved_at"])
    _keep_row(row, "grant_group_limit", "group_limit", actor)
    return row


def write_policy(
    *,
    entity: Entity | None,
    stage: str,
    beyond: str,
    notice_days: int,
    tells_customer: bool,
    actor: Actor,
    now: datetime,
) -> OrderPolicy:
    """Propose how the orders of an entity, or of the tenant, are checked; another person approves it (S10)."""
    _refuse_machine(actor, PolicyRefused)
    row = OrderPolicy.objects.create(
        entity=entity,
        stage=stage,
        beyond=beyond,
        notice_days=notice_days,
        tells_customer=tells_customer,
        written_by_id=_person(actor, PolicyRefused),
        written_at=now,
    )
    _keep_row(row, "write_order_policy", "order_policy", actor)
    return row


def approve_policy(*, policy: OrderPolicy, actor: Actor, now: datetime) -> OrderPolicy:
    """Let a policy hold that another person wrote (S10). Raises PolicyRefused."""
    row = OrderPolicy.objects.select_for_update(of=("self",)).get(pk=policy.pk)
    if row.approved_by_id is not None:
        return row
    _refuse_machine(actor, PolicyRefused)
    is_same = is_same_account(row.written_by, actor)
    if is_same or not actor.can(PUBLISH_CIRCUITS, Verb.APPROVE):
        refused = PolicyRefused(
            _("How orders are checked is approved by a credit manager who did not write it (S10).")
        )
        raise refused.by_another() if is_same else refused
    row.approved_by_id, row.approved_at = actor.membership_id, now
    row.save(update_fields=["approved_by", "approved_at"])
    _keep_row(row, "approve_order_policy", "order_policy", actor)
    return row


def _refuse_machine(actor: Actor, refused: type[Refused]) -> None:
    _person(actor, refused)


def _person(actor: Actor, refused: type[Refused]) -> UUID:
    """Return the membership of a person who acts; a machine is refused (S12)."""
    if actor.kind != "person" or actor.membership_id is None:
        raise refused(_("This is a person's act, never a machine's (S12)."))
    return actor.membership_id


def _keep_row(row: GroupLimit | OrderPolicy, verb: str, kind: str, actor: Actor) -> None:
    audit.record(actor=actor, action=f"credit.{verb}", object_kind=kind, object_id=row.pk)


def _keep_guarantee(row: Guarantee, verb: str, actor: Actor, *, words: str = "") -> None:
    audit.record(
        actor=actor,
        action=f"credit.{verb}",
        object_kind="guarantee",
        object_id=row.pk,
        customer=str(row.customer_id),
        amount=str(row.amount),
        currency=row.currency,
        kind=row.kind,
    )
    note(
        customer=row.customer_id,
        kind=TimelineKind.CHANGE,
        text_code=f"credit.{verb}",
        actor=actor,
        words=words,
        object_id=row.pk,
        facts={"number": row.reference, "amount": Money(row.amount, row.currency).as_json()},
    )
