"""What sales know and say about messages to their customers, and who is to be written to with care."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from dunning.models import (
    Care,
    ContactRule,
    ContactSettings,
    DepartureNotice,
    Reminder,
    RepAnswer,
)
from dunning.permissions import SEND_REMINDER
from dunning.rules.outbox import OPEN_STATES, State
from kernel.permissions import Actor
from ledger.models import Customer

IN_THE_HOUSE = sorted({*OPEN_STATES, State.READY})


def deadlines_of(reminders: Collection[UUID]) -> dict[UUID, datetime]:
    """Return until when each of these messages waits for sales; those that do not wait are left out."""
    notices = DepartureNotice.objects.filter(reminder__in=reminders, answer="").exclude(told=None)
    return dict(notices.order_by().values_list("reminder_id", "deadline"))


def notices_for(actor: Actor) -> QuerySet[DepartureNotice]:
    """Return the messages still in the house that this person was told of and has not answered, the soonest first."""
    return _told(actor).filter(answer="", reminder__state__in=IN_THE_HOUSE).order_by("deadline")


def notices_answered(actor: Actor) -> QuerySet[DepartureNotice]:
    """Return what this person answered, or let leave, the latest first: with what finance decided."""
    answered = Q(answer__gt="") | ~Q(reminder__state__in=IN_THE_HOUSE)
    return _told(actor).filter(answered).order_by("-told_at")


def notices_seen_by(actor: Actor) -> QuerySet[DepartureNotice]:
    """Return every notice this person was told of."""
    return _told(actor)


def _told(actor: Actor) -> QuerySet[DepartureNotice]:
    customers = Customer.objects.visible_to(actor)
    return DepartureNotice.objects.filter(
        told=actor.membership_id, customer__in=customers
    ).select_related(
        "reminder__customer", "reminder__contact", "reminder__scenario_version", "decided_by"
    )


def objections_to_decide(actor: Actor) -> QuerySet[DepartureNotice]:
    """Return the objections of sales that wait for finance, about customers the actor chases."""
    customers = Customer.objects.visible_to(actor, SEND_REMINDER)
    found = DepartureNotice.objects.filter(
        answer=RepAnswer.OBJECTED, decision="", reminder__state__in=IN_THE_HOUSE
    )
    return (
        found.filter(customer__in=customers)
        .select_related("reminder__customer", "answered_by")
        .order_by("answered_at", "id")
    )


def notice_of(reminder: Reminder) -> DepartureNotice | None:
    """Return what sales were told of a message; None when they were not."""
    found = DepartureNotice.objects.filter(reminder=reminder)
    return found.select_related("told", "answered_by", "decided_by").first()


@dataclass(frozen=True, slots=True)
class CareTaken:
    """How a customer is to be written to: the agreed rules in force, and what sales propose."""

    protected: tuple[ContactRule, ...]
    delicate: tuple[ContactRule, ...]
    proposed: tuple[ContactRule, ...]


def care_of(customer: Customer, *, today: date) -> CareTaken:
    """Return the care asked for on `today`, and proposals nobody ruled on."""
    rules = ContactRule.objects.filter(customer=customer).select_related("author", "contact")
    in_force = list(rules.agreed().in_force(today))
    return CareTaken(
        protected=tuple(rule for rule in in_force if rule.kind == Care.PROTECTED),
        delicate=tuple(rule for rule in in_force if rule.kind == Care.DELICATE),
        proposed=tuple(rules.to_agree().not_over(today)),
    )


def delicate_customers(customers: Collection[UUID], *, today: date) -> frozenset[UUID]:
    """Return those of `customers` with whom the relationship is delicate."""
    rules = ContactRule.objects.agreed().in_force(today).filter(kind=Care.DELICATE)
    return frozenset(rules.filter(customer__in=customers).values_list("customer_id", flat=True))


def sends_recap() -> bool:
    """Say whether the switch beside a promise is on unless somebody turns it off; it is where nobody chose."""
    chosen = ContactSettings.objects.values_list("sends_recap", flat=True).first()
    return True if chosen is None else chosen
