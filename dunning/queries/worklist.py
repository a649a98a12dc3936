"""The agenda: what waits for a person, what leaves by itself, what is done today."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from dunning.models import HeldBack, Reminder, ReminderLine, RenderedMessage, Run, SendingSwitch
from dunning.permissions import SEND_REMINDER
from dunning.rules.outbox import State
from dunning.rules.steps import Channel
from kernel.permissions import Actor
from ledger.models import Customer

SHOWN_AT_MOST = 200
PROBLEMS = (State.FAILED, State.UNKNOWN, State.BOUNCED, State.COMPLAINED)
LEAVING = (State.READY, State.CLAIMED, State.HANDING)
GONE = (State.SENT, State.DELIVERED, State.DONE)


@dataclass(frozen=True, slots=True)
class Agenda:
    """The reminders of a person's customers by what is to be done with them, the largest first."""

    to_confirm: Sequence[Reminder]
    tasks: Sequence[Reminder]
    problems: Sequence[Reminder]
    held: Sequence[Reminder]
    leaving: Sequence[Reminder]
    done: Sequence[Reminder]
    held_run: Run | None
    stop: SendingSwitch | None

    @property
    def open_count(self) -> int:
        """Return how many wait for a person."""
        return len(self.to_confirm) + len(self.tasks) + len(self.problems)

    def after(self, reminder: Reminder) -> Reminder | None:
        """Return the next one that waits after `reminder`, for saving and going on."""
        waiting = [*self.tasks, *self.to_confirm, *self.problems]
        others = [one for one in waiting if one.pk != reminder.pk]
        return others[0] if others else None


def reminders_of(actor: Actor) -> QuerySet[Reminder]:
    """Return the reminders of customers that `actor` may chase."""
    customers = Customer.objects.visible_to(actor, SEND_REMINDER)
    return Reminder.objects.filter(customer__in=customers).select_related(
        "customer", "contact", "entity", "step"
    )


def agenda(actor: Actor, *, today: date, zone: str) -> Agenda:
    """Return the agenda of a day in the tenant's calendar; eight queries whatever its length."""
    mine = reminders_of(actor).order_by("-amount", "pk")
    midnight = datetime.combine(today, time(), ZoneInfo(zone))
    planned = mine.filter(state=State.PLANNED)
    return Agenda(
        to_confirm=_first(planned.filter(channel=Channel.EMAIL)),
        tasks=_first(planned.exclude(channel=Channel.EMAIL)),
        problems=_first(mine.filter(state__in=PROBLEMS)),
        held=_first(mine.filter(state=State.HELD)),
        leaving=_first(mine.filter(state__in=LEAVING)),
        done=_first(mine.filter(state__in=GONE, state_at__gte=midnight).order_by("-state_at")),
        held_run=Run.objects.filter(is_held=True, released_at=None).order_by("-started_at").first(),
        stop=SendingSwitch.objects.filter(is_stopped=True).select_related("scenario").first(),
    )


def _first(reminders: QuerySet[Reminder]) -> list[Reminder]:
    return list(reminders[:SHOWN_AT_MOST])


@dataclass(frozen=True, slots=True)
class Work:
    """One reminder with the lines it names, what was sent if it was, and why others of the customer are held back."""

    reminder: Reminder
    lines: Sequence[ReminderLine]
    sent: RenderedMessage | None
    held_back: Sequence[HeldBack]


def work_on(reminder: Reminder) -> Work:
    """Return what a person needs beside a reminder."""
    latest = HeldBack.objects.filter(customer=reminder.customer).order_by("-run__started_at")[:5]
    return Work(
        reminder=reminder,
        lines=list(
            ReminderLine.objects.filter(reminder=reminder)
            .select_related("due_line__document")
            .order_by("due_date", "due_line__document__number")
        ),
        sent=RenderedMessage.objects.filter(reminder=reminder).order_by("-composed_at").first(),
        held_back=list(latest),
    )
