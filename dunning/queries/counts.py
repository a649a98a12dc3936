"""Numbers for the menu."""

from dunning.models import Reminder
from dunning.permissions import SEND_REMINDER
from dunning.rules.outbox import State
from kernel.permissions import Actor
from ledger.models import Customer


def count_to_confirm(actor: Actor) -> int:
    """Return how many planned reminders wait for the actor, among the customers he may chase."""
    customers = Customer.objects.visible_to(actor, SEND_REMINDER)
    return Reminder.objects.filter(state=State.PLANNED, customer__in=customers).count()
