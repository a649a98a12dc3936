"""Placing a hold, announcing it before it falls, and releasing it: asked by one person, granted by another (S8)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Membership, MembershipState
from accounts.services import audit
from credit.models import Hold, HoldOrigin, HoldRelease, HoldState, LessonCode, ReleaseState
from credit.permissions import PUT_ON_HOLD, RELEASE_ORDER
from credit.queries.authority import MANAGER, is_same_account
from credit.queries.order_policy import effective_policy
from credit.rules.order_check import Rule
from credit.services.lessons import tell_lesson
from credit.services.notices import tell
from kernel.errors import Refused
from kernel.money import Money
from kernel.permissions import Actor, Verb, system_actor
from ledger.models import Customer, Entity, TimelineKind
from ledger.services import note
from ledger.services.locks import lock_customer

LONGEST_RELEASE = timedelta(days=90)
DECIDING = (Verb.DO, Verb.APPROVE)
OVER_THE_LIMIT = frozenset({Rule.LIMIT.value, Rule.GROUP_LIMIT.value})


class HoldRefused(Refused):
    """The hold cannot be placed or changed so."""

    code: ClassVar[str] = "hold_refused"


class ReleaseRefused(Refused):
    """The release cannot be asked for or decided so."""

    code: ClassVar[str] = "release_refused"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A hold to place: on a customer, or on one order of an entity. `falls_on` None: by the policy's notice."""

    customer: Customer
    reason: str
    entity: Entity | None = None
    order_number: str = ""
    amount: Money | None = None
    falls_on: date | None = None


def place_hold(wanted: Wanted, *, actor: Actor, now: datetime, today: date) -> Hold:
    """Place a hold, or propose one where the actor's role only proposes; announced to the rep before it falls.

    A hold on a customer falls after the policy's notice, one on an order at once. Raises HoldRefused.
    """
    customer = lock_customer(wanted.customer.pk)
    if not wanted.reason.strip():
        raise HoldRefused(
            _("Say why %(customer)s is put on hold: the rep reads it.") % _names(customer)
        )
    if bool(wanted.order_number) != bool(wanted.entity):
        raise HoldRefused(_("A hold on an order names the order and the entity that took it."))
    _refuse_second(wanted, customer)
    can_place = actor.kind == "person" and actor.can(PUT_ON_HOLD, *DECIDING)
    policy = effective_policy(wanted.entity.pk if wanted.entity else None)
    notice = timedelta(days=0 if wanted.order_number else policy.notice_days)
    falls_on = wanted.falls_on or today + notice
    if falls_on < today:
        raise HoldRefused(_("A hold cannot fall on %(day)s, a day gone by.") % {"day": falls_on})
    hold = Hold.objects.create(
        customer=customer,
        entity=wanted.entity,
        order_number=wanted.order_number.strip(),
        origin=HoldOrigin.PERSON if can_place else HoldOrigin.PROPOSAL,
        state=_state(falls_on, today) if can_place else HoldState.PROPOSED,
        reason=wanted.reason.strip()[:500],
        amount=wanted.amount.amount if wanted.amount else None,
        currency=wanted.amount.currency if wanted.amount else "",
        falls_on=falls_on,
        proposed_by_id=None if can_place else actor.membership_id,
        placed_by_id=actor.membership_id if can_place else None,
        placed_at=now if can_place else None,
        created_at=now,
    )
    _keep(hold, "place_hold" if can_place else "propose_hold", actor)
    if can_place:
        announce(hold, actor=actor, now=now)
    return hold


def place_by_check(
    *,
    customer: Customer,
    entity: Entity,
    order_number: str,
    amount: Money,
    rule: str,
    actor: Actor,
    now: datetime,
    today: date,
) -> Hold:
    """Hold the order that a check did not clear, by the policy two people decided; the customer is locked already.

    A hold of this order that stands is kept with the amount asked for now.
    """
    hold = Hold.objects.live().filter(entity=entity, order_number=order_number).first()
    if hold is not None:
        hold.amount, hold.currency = amount.amount, amount.currency
        hold.save(update_fields=["amount", "currency"])
        return hold
    hold = Hold.objects.create(
        customer=customer,
        entity=entity,
        order_number=order_number,
        origin=HoldOrigin.CHECK,
        state=HoldState.IN_FORCE,
        reason=rule,
        amount=amount.amount,
        currency=amount.currency,
        falls_on=today,
        created_at=now,
    )
    _keep(hold, "place_hold", actor)
    _tell_line(hold, "hold_placed", now)
    return hold


def confirm_hold(*, hold: Hold, actor: Actor, now: datetime, today: date) -> Hold:
    """Place a hold that another person proposed. Raises HoldRefused."""
    locked = _lock(hold.pk)
    if locked.state != HoldState.PROPOSED:
        return locked
    _refuse_decider(locked, locked.proposed_by, actor)
    if not actor.can(PUT_ON_HOLD, *DECIDING):
        raise HoldRefused(_("Your role proposes holds; a credit manager or analyst places them."))
    notice = timedelta(
        days=0 if locked.order_number else effective_policy(locked.entity_id).notice_days
    )
    locked.falls_on = max(locked.falls_on, today + notice)
    locked.state = _state(locked.falls_on, today)
    locked.placed_by_id, locked.placed_at = actor.membership_id, now
    locked.save()
    _keep(locked, "place_hold", actor)
    announce(locked, actor=actor, now=now)
    return locked


def decline_hold(*, hold: Hold, actor: Actor, now: datetime) -> Hold:
    """Drop a hold that was proposed, by whoever may place one or by who proposed it."""
    locked = _lock(hold.pk)
    if locked.state != HoldState.PROPOSED:
        return locked
    if actor.kind != "person":
        raise HoldRefused(_("A proposed hold is dropped by a person, never by a machine (S12)."))
    locked.state, locked.ended_at = HoldState.DECLINED, now
    locked.save(update_fields=["state", "ended_at"])
    _keep(locked, "decline_hold", actor)
    return locked


def announce(hold: Hold, *, actor: Actor, now: datetime) -> None:
    """Tell the sales rep before a hold falls, and note it in the history, where the customer's page finds it."""
    _tell_line(hold, "hold_announced" if hold.state == HoldState.ANNOUNCED else "hold_placed", now)
    del actor


def ask_release(
    *,
    hold: Hold,
    reason: str,
    until: date,
    ceiling: Money | None,
    is_final: bool = False,
    actor: Actor,
    now: datetime,
    today: date,
) -> HoldRelease:
    """Ask that a hold be released until a day, included; another person grants it. Raises ReleaseRefused.

    An order is released up to an amount: the one it was checked with unless `ceiling` says less or more.
    """
    locked = _lock(hold.pk)
    facts = {"what": what(locked), "day": until}
    if actor.kind != "person" or actor.membership_id is None:
        raise ReleaseRefused(
            _("The release of %(what)s is asked for by a person, never by a machine (S12).") % facts
        )
    if locked.state not in {HoldState.ANNOUNCED, HoldState.IN_FORCE}:
        raise ReleaseRefused(_("%(what)s is not on hold: there is nothing to release.") % facts)
    if not reason.strip():
        raise ReleaseRefused(
            _("Say why %(what)s should be released: who grants it needs the reason.") % facts
        )
    if not today <= until <= today + LONGEST_RELEASE:
        raise ReleaseRefused(
            _(
                "A release ends within 90 days: %(day)s is too late or gone by. Ask for lifting the hold to end it."
            )
            % facts
        )
    if locked.releases.filter(state=ReleaseState.WAITING).exists():
        raise ReleaseRefused(_("The release of %(what)s is asked for already.") % facts)
    if ceiling is not None and ceiling.amount <= 0:
        raise ReleaseRefused(_("A release of %(what)s goes up to an amount above zero.") % facts)
    release = HoldRelease.objects.create(
        hold=locked,
        state=ReleaseState.WAITING,
        reason=reason.strip()[:500],
        ceiling=ceiling.amount if ceiling else locked.amount,
        currency=ceiling.currency if ceiling else locked.currency,
        until_date=until,
        is_final=is_final,
        asked_by_id=actor.membership_id,
        asked_at=now,
    )
    _keep(locked, "ask_release", actor, words=release.reason)
    tell(
        Membership.objects.filter(state=MembershipState.ACTIVE, grants__role=MANAGER)
        .exclude(pk=actor.membership_id)
        .distinct(),
        code="release_asked",
        once_key=f"release_asked:{release.pk}",
        now=now,
        path="/credit/holds",
        **_told(locked),
        words=release.reason,
        author=actor.name,
    )
    return release


def decide_release(
    *, release: HoldRelease, is_granted: bool, words: str, actor: Actor, now: datetime, today: date
) -> HoldRelease:
    """Grant or refuse a release that another person asked for (S8); a second decision changes nothing.

    Raises ReleaseRefused for who asked, whoever is the same person, a machine, or a role that only asks.
    """
    hold = _lock(release.hold_id)
    locked = HoldRelease.objects.select_related("asked_by__user").get(pk=release.pk)
    if locked.state != ReleaseState.WAITING:
        raise ReleaseRefused(
            _("The release of %(what)s is decided already: nothing waits.") % {"what": what(hold)}
        )
    _refuse_granter(hold, locked, actor)
    if is_granted and locked.until_date < today:
        raise ReleaseRefused(
            _("This release would have ended on %(day)s: ask for a new one.")
            % {"day": locked.until_date}
        )
    if not is_granted and not words.strip():
        raise ReleaseRefused(_("Say why it is refused: who asked reads it."))
    locked.state = ReleaseState.GRANTED if is_granted else ReleaseState.REFUSED
    locked.decided_by_id, locked.decided_at = actor.membership_id, now
    locked.words = words.strip()[:500]
    locked.save()
    if is_granted:
        hold.state = HoldState.LIFTED if locked.is_final else HoldState.RELEASED
        hold.ended_at = now if locked.is_final else None
        if locked.is_final:
            locked.state, locked.ended_at = ReleaseState.ENDED, now
            locked.save(update_fields=["state", "ended_at"])
        hold.save(update_fields=["state", "ended_at"])
    _keep(
        hold,
        "grant_release" if is_granted else "refuse_release",
        actor,
        words=locked.words,
        until=locked.until_date,
    )
    tell(
        [locked.asked_by],
        code="release_granted" if is_granted else "release_refused",
        once_key=f"release_decided:{locked.pk}",
        now=now,
        path="/credit/holds",
        **_told(hold),
        day={"day": locked.until_date.isoformat()},
        words=locked.words,
        author=actor.name,
    )
    return locked


def withdraw_release(*, release: HoldRelease, actor: Actor, now: datetime) -> HoldRelease:
    """Take back a release one asked for and nobody has decided."""
    hold = _lock(release.hold_id)
    locked = HoldRelease.objects.get(pk=release.pk)
    if locked.state != ReleaseState.WAITING:
        return locked
    if locked.asked_by_id != actor.membership_id:
        raise ReleaseRefused(_("Only who asked for a release takes it back."))
    locked.state, locked.ended_at = ReleaseState.WITHDRAWN, now
    locked.save(update_fields=["state", "ended_at"])
    _keep(hold, "withdraw_release", actor)
    return locked


def end_release(hold: Hold, *, actor: Actor, now: datetime) -> None:
    """Bring a hold back whose release ended or was outgrown; the hold is locked already."""
    hold.releases.filter(state=ReleaseState.GRANTED).update(state=ReleaseState.ENDED, ended_at=now)
    hold.state = HoldState.IN_FORCE
    hold.save(update_fields=["state"])
    _keep(hold, "hold_again", actor)
    _tell_line(hold, "hold_back", now)


def run_holds(tenant_id: UUID, *, now: datetime, today: date) -> tuple[int, int]:
    """Let announced holds fall and bring back those whose release ended; return how many of each. Safe to run twice."""
    actor = system_actor(tenant_id)
    fallen = back = 0
    due = Hold.objects.filter(state=HoldState.ANNOUNCED, falls_on__lte=today)
    for hold in due.select_for_update(of=("self",)).select_related("customer__sales_rep", "entity"):
        hold.state = HoldState.IN_FORCE
        hold.save(update_fields=["state"])
        _keep(hold, "let_hold_fall", actor)
        _tell_line(hold, "hold_placed", now)
        fallen += 1
    ended = Hold.objects.filter(
        state=HoldState.RELEASED,
        releases__state=ReleaseState.GRANTED,
        releases__until_date__lt=today,
    )
    for hold in ended.select_for_update(of=("self",)).select_related(
        "customer__sales_rep", "entity"
    ):
        end_release(hold, actor=actor, now=now)
        back += 1
    return fallen, back


def what(hold: Hold) -> str:
    """Return what is held, in words: an order or a customer."""
    if hold.order_number:
        return _("order no. %(number)s") % {"number": hold.order_number}
    name: str = hold.customer.name
    return name


def _refuse_second(wanted: Wanted, customer: Customer) -> None:
    live = Hold.objects.live()
    held = (
        live.filter(entity=wanted.entity, order_number=wanted.order_number.strip())
        if wanted.order_number
        else live.filter(customer=customer, order_number="")
    )
    if found := held.select_related("customer").first():
        raise HoldRefused(
            _("%(what)s is on hold already, or about to be: see the holds.") % {"what": what(found)}
        )


def _refuse_decider(hold: Hold, asker: Membership | None, actor: Actor) -> None:
    if actor.kind != "person" or actor.membership_id is None:
        raise HoldRefused(
            _("A hold on %(what)s is placed by a person, never by a machine (S12).")
            % {"what": what(hold)}
        )
    if asker is not None and is_same_account(asker, actor):
        raise HoldRefused(
            _("You proposed the hold on %(what)s yourself: another person places it.")
            % {"what": what(hold)}
        ).by_another()


def _refuse_granter(hold: Hold, release: HoldRelease, actor: Actor) -> None:
    facts = {"what": what(hold), "name": release.asked_by.name}
    if actor.kind != "person" or actor.membership_id is None:
        raise ReleaseRefused(
            _("%(what)s is released by a person, never by a machine (S12).") % facts
        )
    if is_same_account(release.asked_by, actor):
        raise ReleaseRefused(
            _("You asked for the release of %(what)s yourself: another person grants it (S8).")
            % facts
        ).by_another()
    seen = Customer.objects.visible_to(actor, RELEASE_ORDER)
    if not actor.can(RELEASE_ORDER, Verb.APPROVE) or not seen.filter(pk=hold.customer_id).exists():
        raise ReleaseRefused(
            _("Your role asks for releases; a credit manager grants that of %(what)s.") % facts
        )


def _lock(hold_id: UUID) -> Hold:
    return (
        Hold.objects.select_for_update(of=("self",))
        .select_related("customer__sales_rep", "entity", "proposed_by__user")
        .get(pk=hold_id)
    )


def _state(falls_on: date, today: date) -> HoldState:
    return HoldState.IN_FORCE if falls_on <= today else HoldState.ANNOUNCED


def _names(customer: Customer) -> dict[str, str]:
    return {"customer": customer.name}


def _told(hold: Hold) -> dict[str, Any]:
    return {
        "customer": hold.customer.name,
        "order": hold.order_number or "–",
        "falls": {"day": hold.falls_on.isoformat()},
    }


def _tell_line(hold: Hold, code: str, now: datetime) -> None:
    """Tell the customer's rep and who follows him; the rep reads why by a lesson, once."""
    customer = hold.customer
    people = [one for one in (customer.sales_rep, customer.collector) if one is not None]
    tell(
        people,
        code=code,
        once_key=f"{code}:{hold.pk}:{now.date().isoformat()}",
        now=now,
        path=f"/customers/{customer.code}?tab=credit",
        **_told(hold),
    )
    codes = [LessonCode.ORDER_HELD]
    if hold.origin == HoldOrigin.CHECK and hold.reason in OVER_THE_LIMIT:
        codes.append(LessonCode.OVER_LIMIT)
    for lesson in codes:
        tell_lesson(customer.sales_rep, lesson, object_id=hold.pk, customer=customer, now=now)


def _keep(hold: Hold, verb: str, actor: Actor, *, words: str = "", **facts: object) -> None:
    """Write the step into the trail, and into the customer's history."""
    audit.record(
        actor=actor,
        action=f"credit.{verb}",
        object_kind="hold",
        object_id=hold.pk,
        customer=str(hold.customer_id),
        order=hold.order_number,
        amount=str(hold.amount or ""),
        currency=hold.currency,
        **facts,
    )
    note(
        customer=hold.customer_id,
        kind=TimelineKind.CHANGE,
        text_code=f"credit.{verb}" + ("_order" if hold.order_number else ""),
        actor=actor,
        words=words,
        object_id=hold.pk,
        facts={"number": hold.order_number, "day": hold.falls_on.isoformat()},
    )
