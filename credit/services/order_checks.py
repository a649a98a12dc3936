"""The check of an order: yes, no or review, with the rule, the headroom and the limit's origin; stored and audited."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from babel.numbers import is_currency
from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.utils.translation import gettext as _

from accounts.services import audit
from credit.models import Answer, CheckOrigin, CreditCheck, Hold, ReleaseState
from credit.queries.charter_facts import is_insolvent_on, overdue_on
from credit.queries.exposure import exposure_by_entity, group_limits_on
from credit.queries.holds import is_in_force, live_holds, open_release, release_in_force
from credit.queries.insurance import Insured, Stop, insured_on, stops
from credit.queries.limits import Limit, limits_on
from credit.queries.order_policy import Effective, effective_policy
from credit.queries.scores import grade_on
from credit.rules import order_check as rules
from credit.rules.charter import Kind, Proposal
from credit.rules.exposure import Parts, in_currency, together
from credit.services.charter import Verdict, judge
from credit.services.holds import end_release, place_by_check
from kernel.errors import Refused
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import Customer, Document, DocumentKind, Entity, Order, OrderStage, Perimeter
from ledger.queries import home_and_rates
from ledger.rules.orders import Stage, Standing
from ledger.services.locks import lock_customer
from ledger.services.orders import NewOrder, take_in_order

# After these the order is held; a hold on the customer, or an order that was cleared, needs none of its own.
HOLDING = frozenset(rules.Rule) - {
    rules.Rule.CUSTOMER_HOLD,
    rules.Rule.NOT_YET,
    rules.Rule.RELEASED,
}
AT_ONCE = 500


class CheckRefused(Refused):
    """The order cannot be checked so."""

    code: ClassVar[str] = "credit_check_refused"


@dataclass(frozen=True, slots=True)
class Asked:
    """An order as it is asked about; `amount` is the whole of it, tax included."""

    entity: Entity
    customer: Customer
    number: str
    amount: Money
    stage: OrderStage


@dataclass(frozen=True, slots=True)
class Room:
    """A limit with what would be owed under it, this order counted; `left` is None while a currency has no rate."""

    limit: Limit
    origin: str
    exposure: Money | None
    missing: tuple[str, ...] = ()

    @property
    def left(self) -> Money | None:
        """Return the headroom with the order counted; below zero: by so much it is too large."""
        return None if self.exposure is None else self.limit.amount - self.exposure


@dataclass(frozen=True, slots=True)
class Picture:
    """All that an answer rests on."""

    policy: Effective
    known: Order | None
    rooms: tuple[Room, ...]
    hold: Hold | None
    others: tuple[Hold, ...]
    is_customer_held: bool
    verdict: Verdict
    facts: rules.Facts
    stop: Stop | None = None


def check_order(
    asked: Asked, *, origin: CheckOrigin, actor: Actor, now: datetime, today: date
) -> CreditCheck:
    """Answer an order and keep the answer; one that is not cleared is held. Raises CheckRefused.

    The customer is locked meanwhile, his group too: two orders never share the same headroom. What is cleared is known
    to the ledger from then on, so that the next order finds the headroom without it.
    """
    _refuse(asked)
    customer = _lock(asked.customer)
    picture = _picture(asked, customer, today)
    word, rule = rules.answer(picture.facts)
    hold = picture.hold
    if rule is rules.Rule.ABOVE_RELEASE and hold is not None:
        end_release(hold, actor=actor, now=now)
    if word is rules.Word.YES and asked.stage != OrderStage.CANCELLED:
        _know(asked, picture.known, actor=actor, now=now, today=today)
    elif word is not rules.Word.YES and rule in HOLDING:
        hold = place_by_check(
            customer=customer,
            entity=asked.entity,
            order_number=asked.number,
            amount=asked.amount,
            rule=rule.value,
            actor=actor,
            now=now,
            today=today,
        )
    return _keep(asked, picture, word, rule, hold, origin=origin, actor=actor, now=now)


def binding(rooms: tuple[Room, ...], rule: rules.Rule) -> Room | None:
    """Return the limit an answer is told with: the one that was overrun, else the customer's own."""
    if rule is rules.Rule.GROUP_LIMIT:
        return next((one for one in rooms if one.origin == "group"), None)
    return next(iter(rooms), None)


def check_changed_orders(*, actor: Actor, now: datetime, today: date) -> int:
    """Check the orders that changed since they were last checked, or never were; return how many. Safe to run twice.

    Whatever the sales system does with an order, reopen, raise or move it on, asks again (DOMAIN 2.1 no 14).
    """
    last = CreditCheck.objects.filter(
        entity=OuterRef("entity"), order_number=OuterRef("number")
    ).order_by("-checked_at")
    changed = (
        Order.objects.filter(stage__in=[OrderStage.ORDER, OrderStage.DELIVERED, OrderStage.QUOTE])
        .annotate(
            last_at=Subquery(last.values("checked_at")[:1]),
            last_stage=Subquery(last.values("stage")[:1]),
            last_amount=Subquery(last.values("amount")[:1]),
        )
        .filter(
            Q(last_at=None)
            | Q(changed_at__gt=F("last_at"))
            & (~Q(last_stage=F("stage")) | ~Q(last_amount=F("ordered_amount")))
        )
        .select_related("entity", "customer")
        .order_by("changed_at")[:AT_ONCE]
    )
    done = 0
    for order in changed:
        check_order(
            Asked(
                order.entity,
                order.customer,
                order.number,
                Money(order.ordered_amount, order.currency),
                OrderStage(order.stage),
            ),
            origin=CheckOrigin.ROUND,
            actor=actor,
            now=now,
            today=today,
        )
        done += 1
    return done


def _refuse(asked: Asked) -> None:
    facts = {"number": asked.number, "amount": asked.amount}
    if not asked.number.strip():
        raise CheckRefused(_("An order is checked by its number: send it."))
    if not is_currency(asked.amount.currency):
        raise CheckRefused(
            _("“%(currency)s” is no currency. Write its three letters (ISO 4217), such as EUR.")
            % {"currency": asked.amount.currency}
        )
    if asked.amount.amount < 0:
        raise CheckRefused(
            _("Order %(number)s of %(amount)s is below zero: send what is ordered, tax included.")
            % facts
        )


def _lock(customer: Customer) -> Customer:
    """Lock the customer, and his whole group in one order of ids, so that no two checks share a headroom."""
    if customer.group_id is None:
        return lock_customer(customer.pk)
    members = (
        Customer.objects.select_for_update(of=("self",))
        .filter(group=customer.group_id)
        .order_by("pk")
    )
    return next(one for one in members if one.pk == customer.pk)


def _picture(asked: Asked, customer: Customer, today: date) -> Picture:
    policy = effective_policy(asked.entity.pk)
    known = Order.objects.filter(entity=asked.entity, number=asked.number).first()
    if known is not None and known.customer_id != customer.pk:
        raise CheckRefused(
            _("Order %(number)s of %(entity)s belongs to another customer: check it for that one.")
            % {"number": asked.number, "entity": asked.entity.code}
        )
    holds = live_holds(customer.pk)
    hold = next(
        (
            one
            for one in holds
            if (one.entity_id, one.order_number) == (asked.entity.pk, asked.number)
        ),
        None,
    )
    others = tuple(
        one for one in holds if one.order_number and one is not hold and is_in_force(one, today)
    )
    is_customer_held = any(not one.order_number and is_in_force(one, today) for one in holds)
    _home, rates = home_and_rates(today)
    insured = insured_on([customer.pk], today)
    rooms = _rooms(asked, customer, known, rates=rates, insured=insured, today=today)
    verdict = judge(_proposal(asked, customer, rates, is_customer_held, today), today=today)
    granted = release_in_force(hold, today) if hold else None
    by_origin = {room.origin: room for room in rooms}
    stop = stops(insured, today).get(customer.pk)
    facts = rules.Facts(
        amount=asked.amount.amount,
        beyond=rules.Word(policy.beyond),
        is_early=rules.is_before(asked.stage, policy.stage),
        is_customer_held=is_customer_held,
        is_order_held=hold is not None and is_in_force(hold, today),
        release=None
        if granted is None
        else (granted.ceiling if granted.currency == asked.amount.currency else Decimal(-1)),
        is_other_held=bool(others),
        was_cleared=bool(others) and _was_cleared(asked, others),
        is_refused_by_charter=any(not one.is_unknown for one in verdict.refusals),
        is_escalated_by_charter=any(not one.is_unknown for one in verdict.escalations),
        has_limit="customer" in by_origin,
        left=_left(by_origin.get("customer")),
        has_group_limit="group" in by_origin,
        group_left=_left(by_origin.get("group")),
        cover_stopped=rules.Word(stop.policy.stop_answer) if stop else None,
    )
    return Picture(policy, known, rooms, hold, others, is_customer_held, verdict, facts, stop)


def _left(room: Room | None) -> Decimal | None:
    return None if room is None or room.left is None else room.left.amount


def _rooms(
    asked: Asked,
    customer: Customer,
    known: Order | None,
    *,
    rates: dict[str, Decimal],
    insured: Mapping[UUID, Insured],
    today: date,
) -> tuple[Room, ...]:
    """Return the limits that bind the order, the customer's own first, each with the order counted once."""
    group_id = customer.group_id
    members = (
        list(Customer.objects.filter(group=group_id).values_list("pk", flat=True))
        if group_id
        else [customer.pk]
    )
    by_entity = exposure_by_entity(members, today)
    limits = limits_on([customer.pk], today, insured)
    shared = group_limits_on([group_id], today) if group_id else {}
    order = _change(asked, known)
    own = together([*by_entity.get(customer.pk, {}).values(), order])
    whole = together([*(one for each in by_entity.values() for one in each.values()), order])
    found = []
    if limit := limits.get(customer.pk):
        found.append(_room(limit, "customer", own, rates))
    if group_id and (limit := shared.get(group_id)):
        found.append(_room(limit, "group", whole, rates))
    return tuple(found)


def _change(asked: Asked, known: Order | None) -> dict[str, Parts]:
    """Return what the order would add to the exposure beyond what the ledger counts of it already."""
    before: dict[str, Parts] = {}
    delivered = invoiced = Decimal(0)
    if known is not None:
        standing = Standing(
            Stage(known.stage), known.ordered_amount, known.delivered_amount, known.invoiced_amount
        )
        before[known.currency] = Parts(ordered=-standing.at_risk)
        if known.currency == asked.amount.currency:
            delivered, invoiced = known.delivered_amount, known.invoiced_amount
    after = Standing(
        Stage.ORDER, max(asked.amount.amount, delivered), delivered=delivered, invoiced=invoiced
    )
    return together([before, {asked.amount.currency: Parts(ordered=after.at_risk)}])


def _room(limit: Limit, origin: str, owed: dict[str, Parts], rates: dict[str, Decimal]) -> Room:
    told = in_currency(owed, limit.amount.currency, rates)
    if isinstance(told, Parts):
        return Room(limit, origin, Money(told.total, limit.amount.currency))
    return Room(limit, origin, None, told)


def _proposal(
    asked: Asked,
    customer: Customer,
    rates: dict[str, Decimal],
    is_held: bool,  # noqa: FBT001
    today: date,
) -> Proposal:
    """Return the order as the charter judges it."""
    paid = -(
        Document.objects.filter(
            customer=customer,
            kind=DocumentKind.PAYMENT,
            perimeter=Perimeter.DEPOSIT,
            currency=asked.amount.currency,
            order_number=asked.number,
        ).aggregate(paid=Sum("amount"))["paid"]
        or Decimal(0)
    )
    overdue_days, overdue_amount = overdue_on(customer.pk, today, asked.amount.currency, rates)
    is_delivery = asked.stage in {OrderStage.DELIVERED, OrderStage.INVOICED}
    return Proposal(
        kind=Kind.DELIVERY if is_delivery else Kind.ORDER,
        currency=asked.amount.currency,
        amount=asked.amount.amount,
        rate=rates.get(asked.amount.currency),
        grade=grade_on(customer, today),
        country=customer.country,
        deposit_share=min(Decimal(1), paid / asked.amount.amount) if asked.amount else Decimal(1),
        overdue_days=overdue_days,
        overdue_amount=overdue_amount,
        is_blocked=is_held,
        is_insolvent=is_insolvent_on(customer.pk, today),
    )


def _was_cleared(asked: Asked, others: tuple[Hold, ...]) -> bool:
    """Return whether this order had a yes for as much before the first of the other orders was held."""
    last = (
        CreditCheck.objects.filter(
            entity=asked.entity,
            order_number=asked.number,
            checked_at__lt=min(one.created_at for one in others),
        )
        .order_by("-checked_at")
        .first()
    )
    return (
        last is not None
        and last.answer == Answer.YES
        and last.currency == asked.amount.currency
        and last.amount >= asked.amount.amount
    )


def _know(asked: Asked, known: Order | None, *, actor: Actor, now: datetime, today: date) -> None:
    """Let the ledger know of an order that was cleared, where the sales system has not told of it or of less."""
    if known is not None and (
        known.ordered_amount >= asked.amount.amount or known.currency != asked.amount.currency
    ):
        return
    take_in_order(
        NewOrder(
            entity=asked.entity,
            customer=asked.customer,
            number=asked.number,
            order_date=known.order_date if known else today,
            ordered=asked.amount,
            stage=OrderStage(known.stage) if known else _first_stage(asked.stage),
            as_of=today,
            delivered=known.delivered_amount if known else Decimal(0),
            invoiced=known.invoiced_amount if known else Decimal(0),
            expected_delivery_date=known.expected_delivery_date if known else None,
            expected_invoice_date=known.expected_invoice_date if known else None,
        ),
        actor=actor,
        now=now,
        today=today,
    )


def _first_stage(stage: OrderStage) -> OrderStage:
    """Return the stage at which an order becomes known: asked about before delivery, it is not delivered yet."""
    return OrderStage.QUOTE if stage == OrderStage.QUOTE else OrderStage.ORDER


def _keep(
    asked: Asked,
    picture: Picture,
    word: rules.Word,
    rule: rules.Rule,
    hold: Hold | None,
    *,
    origin: CheckOrigin,
    actor: Actor,
    now: datetime,
) -> CreditCheck:
    room = binding(picture.rooms, rule)
    check = CreditCheck.objects.create(
        customer=asked.customer,
        entity=asked.entity,
        order_number=asked.number,
        stage=str(asked.stage),
        amount=asked.amount.amount,
        currency=asked.amount.currency,
        answer=word.value,
        rule=rule.value,
        facts=_told(picture, rule, room, hold),
        exposure=room.exposure.amount if room and room.exposure else None,
        headroom=room.left.amount if room and room.left else None,
        limit_amount=room.limit.amount.amount if room else None,
        limit_currency=room.limit.amount.currency if room else "",
        limit_origin=room.origin if room else "",
        hold=hold,
        origin=origin,
        checked_by_id=actor.membership_id,
        checked_at=now,
    )
    audit.record(
        actor=actor,
        action="credit.check_order",
        object_kind="credit_check",
        object_id=check.pk,
        customer=str(check.customer_id),
        order=check.order_number,
        answer=check.answer,
        rule=check.rule,
        amount=str(check.amount),
        currency=check.currency,
    )
    return check


def _told(
    picture: Picture, rule: rules.Rule, room: Room | None, hold: Hold | None
) -> dict[str, object]:
    """Return what the rule is quoted with: articles with their numbers, holds by number and id, days as ISO 8601."""
    told: dict[str, object] = {
        "policy": {"stage": picture.policy.stage, "origin": picture.policy.origin},
    }
    if picture.verdict.version is not None:
        told["charter"] = picture.verdict.version.number
        told["not_judged"] = [
            one.article.number for one in picture.verdict.breaches if one.is_unknown
        ]
    quoted = {
        rules.Rule.CHARTER: picture.verdict.refusals,
        rules.Rule.CHARTER_REVIEW: picture.verdict.escalations,
    }.get(rule, ())
    known = tuple(one for one in quoted if not one.is_unknown)
    if known:
        told["articles"] = [one.article.number for one in known]
        told["quotation"] = picture.verdict.quotations(known)
    if rule is rules.Rule.OTHER_HOLD:
        told["orders"] = [one.order_number for one in picture.others]
    if rule in {rules.Rule.RELEASED, rules.Rule.ABOVE_RELEASE} and hold is not None:
        granted = open_release(hold, ReleaseState.GRANTED)
        if granted is not None:
            told["release"] = {
                "ceiling": f"{granted.ceiling:f}",
                "currency": granted.currency,
                "until": granted.until_date.isoformat(),
                "granted_by": str(granted.decided_by_id),
            }
    if rule is rules.Rule.COVER_STOPPED and picture.stop is not None:
        told["cover_stop"] = {
            "invoice": picture.stop.number,
            "since": picture.stop.since.isoformat(),
            "insurer": picture.stop.policy.insurer,
            "policy": picture.stop.policy.number,
        }
    if room is not None and room.missing:
        told["currencies_without_rate"] = list(room.missing)
    return told
