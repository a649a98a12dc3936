"""What a person has to do: what to confirm, whom to call, what leaves by itself, what is done, what is held.

Each list is a QuerySet of reminders the actor may act on, ordered as it is worked off, its relations read with
it: a page cuts it and issues no query per row. Amounts are tax included, each in its own currency.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum, Value

from dunning.models import (
    HeldBack,
    Pause,
    Reminder,
    ReminderLine,
    RenderedMessage,
    Run,
    SendAttempt,
)
from dunning.permissions import SEND_REMINDER
from dunning.queries.priority import by_priority
from dunning.rules.decision import HoldReason
from dunning.rules.outbox import State
from dunning.rules.steps import Channel, Mode
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import Customer
from ledger.queries import home_and_rates

TASKS = (Channel.CALL, Channel.REGISTERED_LETTER, Channel.DECISION)

MESSAGES = tuple(channel for channel in Channel if channel.is_sent_by_machine)
WRITTEN = tuple(channel for channel in Channel if channel.is_written)
CARRIED = tuple(channel for channel in Channel if channel.needs_carrier)

TROUBLED = (State.FAILED, State.UNKNOWN, State.BOUNCED, State.COMPLAINED)
"""What a person has to look at: nobody heard of it, or nobody knows."""

DONE = (State.SENT, State.DELIVERED, State.DONE)

TROUBLE_DAYS = 30


def reminders_of(actor: Actor) -> QuerySet[Reminder]:
    """Return the reminders to customers the actor may chase, with what a list shows of them."""
    customers = Customer.objects.visible_to(actor, SEND_REMINDER)
    return Reminder.objects.filter(customer__in=customers).select_related(
        "customer", "customer__collector", "contact", "entity", "step", "confirmed_by", "done_by"
    )


def to_confirm(actor: Actor) -> QuerySet[Reminder]:
    """Return the messages and letters that wait for a person, the largest first."""
    waiting = reminders_of(actor).filter(
        state=State.PLANNED,
        channel__in=WRITTEN,
        mode=Mode.CONFIRM,
        confirmed_at=None,
        waits_for="",
    )
    return waiting.order_by("-level", "-amount", "id")


def tasks_of_people(actor: Actor) -> QuerySet[Reminder]:
    """Return the calls, notices and decisions to do, and what cannot be carried or addressed; the latest line first."""
    is_task = Q(channel__in=TASKS) | Q(channel__in=CARRIED, mode=Mode.MANUAL)
    is_task |= Q(channel=Channel.LETTER) & ~Q(waits_for="")
    waiting = reminders_of(actor).filter(is_task, state=State.PLANNED)
    return waiting.order_by("-days_late", "-amount", "id")


def leaving(actor: Actor) -> QuerySet[Reminder]:
    """Return what leaves by itself or was confirmed and waits for its hour, the soonest first."""
    confirmed = reminders_of(actor).filter(
        channel__in=MESSAGES, state__in=[State.READY, State.CLAIMED, State.HANDING]
    )
    automatic = reminders_of(actor).filter(
        channel__in=MESSAGES, state=State.PLANNED, mode=Mode.AUTO
    )
    return (confirmed | automatic).order_by("leaves_at", "-amount", "id")


def done_on(actor: Actor, *, day: date) -> QuerySet[Reminder]:
    """Return what was sent or done for the customers' `day`, the latest first."""
    return reminders_of(actor).filter(state__in=DONE, contact_date=day).order_by("-state_at", "id")


def troubled(actor: Actor, *, today: date) -> QuerySet[Reminder]:
    """Return what failed, bounced or has an unknown outcome in the last thirty days; `problem` says why."""
    since = today - timedelta(days=TROUBLE_DAYS)
    return (
        reminders_of(actor)
        .filter(state__in=TROUBLED, planned_date__gte=since)
        .order_by("-state_at", "id")
    )


def waiting_for(actor: Actor, *, today: date) -> QuerySet[Reminder]:
    """Return all that waits for a person, tasks, confirmations and troubles alike, by priority."""
    waiting = tasks_of_people(actor) | to_confirm(actor) | troubled(actor, today=today)
    _home, rates = home_and_rates(today)
    return by_priority(waiting, rates=rates)


@dataclass(frozen=True, slots=True)
class StepToConfirm:
    """The e-mails of one step that wait for a person: how many, and what they ask for in each currency."""

    step_id: UUID
    scenario: str
    offset_days: int
    level: int
    count: int
    totals: tuple[Money, ...]

    @property
    def seen(self) -> str:
        """Return what was seen of it, so that a later yes holds for nothing else: step, number, amounts."""
        return f"{self.step_id}:{seen_of(self.count, self.totals)}"


def seen_of(count: int, totals: Iterable[Money]) -> str:
    """Return a list as a person saw it: how many, and what they ask for in each currency, in their order."""
    amounts = ",".join(f"{each.amount.normalize():f}{each.currency}" for each in totals)
    return f"{count}:{amounts}"


def steps_to_confirm(actor: Actor) -> list[StepToConfirm]:
    """Return what waits for a person by scenario step, the highest level first."""
    rows = (
        to_confirm(actor)
        .order_by()
        .values_list(
            "step",
            "scenario_version__scenario__name",
            "step__offset_days",
            "step__level",
            "currency",
        )
        .annotate(number=Count("id"), total=Sum("amount"))
        .order_by("-step__level", "-step__offset_days", "step", "currency")
    )
    found: dict[UUID, StepToConfirm] = {}
    for step_id, scenario, offset, level, currency, number, total in rows:
        known = found.get(step_id)
        found[step_id] = StepToConfirm(
            step_id=step_id,
            scenario=scenario,
            offset_days=offset,
            level=level,
            count=number + (known.count if known else 0),
            totals=(*(known.totals if known else ()), Money(total, currency)),
        )
    return list(found.values())


def has_reminders() -> bool:
    """Return whether a plan has ever made a reminder."""
    return Reminder.objects.exists()


def held(actor: Actor) -> QuerySet[Reminder]:
    """Return the reminders held by a person or by the volume breaker; `held_reason` and `note` say why."""
    return reminders_of(actor).filter(state=State.HELD).order_by("-amount", "id")


def held_back(actor: Actor) -> QuerySet[HeldBack]:
    """Return the groups that the last plan did not remind, each with its reason, the largest first."""
    customers = Customer.objects.visible_to(actor, SEND_REMINDER)
    found = HeldBack.objects.filter(customer__in=customers).select_related("customer", "entity")
    return found.order_by("reason", "-amount", "id")


def held_runs() -> QuerySet[Run]:
    """Return the runs far larger than usual that wait for a named person."""
    return Run.objects.filter(
        is_held=True, released_at=None, reminders__state=State.HELD
    ).distinct()


@dataclass(frozen=True, slots=True)
class AgendaCounts:
    """The figures above the lists; `to_confirm_amounts` per currency."""

    to_confirm: int
    to_confirm_amounts: Mapping[str, Decimal]
    tasks: int
    leaving: int
    done: int
    troubled: int
    held: int
    held_back: int


def agenda_counts(actor: Actor, *, today: date) -> AgendaCounts:
    """Count every list of the agenda."""
    by_currency = (
        to_confirm(actor)
        .order_by()
        .values_list("currency")
        .annotate(number=Count("id"), amount=Sum("amount"))
    )
    waiting = list(by_currency)
    return AgendaCounts(
        to_confirm=sum(row[1] for row in waiting),
        to_confirm_amounts={row[0]: row[2] for row in waiting},
        tasks=tasks_of_people(actor).count(),
        leaving=leaving(actor).count(),
        done=done_on(actor, day=today).count(),
        troubled=troubled(actor, today=today).count(),
        held=held(actor).count(),
        held_back=held_back(actor).count(),
    )


def counted(lists: Mapping[str, QuerySet[Reminder]]) -> dict[str, int]:
    """Return how long each list is, in one question; each part of it is answered from the index of its list."""
    parts = [
        rows.order_by().annotate(of=Value(name)).values("of").annotate(number=Count("pk"))
        for name, rows in lists.items()
    ]
    found = parts[0].union(*parts[1:], all=True)
    return dict.fromkeys(lists, 0) | {row["of"]: row["number"] for row in found}


@dataclass(frozen=True, slots=True)
class ReminderDetail:
    """One reminder with all that is known of it; `message` is None until it was composed."""

    reminder: Reminder
    lines: tuple[ReminderLine, ...]
    attempts: tuple[SendAttempt, ...]
    message: RenderedMessage | None


def reminder_detail(reminder: Reminder) -> ReminderDetail:
    """Return a reminder's lines, the oldest first, its attempts and the message as it left."""
    return ReminderDetail(
        reminder=reminder,
        lines=tuple(reminder.lines.select_related("due_line__document").order_by("due_date", "id")),
        attempts=tuple(reminder.attempts.order_by("number")) if reminder.attempt else (),
        message=RenderedMessage.objects.filter(reminder=reminder).first(),
    )


def last_contacts(reminder: Reminder, *, limit: int = 6) -> list[Reminder]:
    """Return what the customer of `reminder` was sent or told before, the latest first."""
    before = Reminder.objects.filter(customer_id=reminder.customer_id, state__in=DONE)
    return list(before.select_related("done_by").order_by("-contact_date", "-id")[:limit])


@dataclass(frozen=True, slots=True)
class CustomerChase:
    """Where the chase of one customer stands: what is open, what came before, what holds it back."""

    open: tuple[Reminder, ...]
    past: tuple[Reminder, ...]
    held_back: tuple[HeldBack, ...]
    pauses: tuple[Pause, ...]


def customer_chase(customer: Customer, *, today: date, past: int = 20) -> CustomerChase:
    """Return the chase of one customer, the latest first; `past` limits how much history is shown."""
    reminders = Reminder.objects.filter(customer=customer).select_related(
        "step", "contact", "entity"
    )
    waiting = [State.PLANNED, State.HELD, State.READY, State.CLAIMED, State.HANDING, State.UNKNOWN]
    return CustomerChase(
        open=tuple(reminders.filter(state__in=waiting)),
        past=tuple(reminders.exclude(state__in=waiting)[:past]),
        held_back=tuple(HeldBack.objects.filter(customer=customer).select_related("entity")),
        pauses=tuple(
            Pause.objects.in_force(today)
            .filter(customer=customer)
            .select_related("due_line__document")
        ),
    )


@dataclass(frozen=True, slots=True)
class Pulse:
    """Whether the chase lives: the last run, and what waits longer than it should."""

    last_run: Run | None
    overdue_to_leave: int
    in_hand: int
    unknown: int
    is_held_for_volume: bool


def pulse(*, now: datetime) -> Pulse:
    """Return the signs of life shown on the agenda and on `/readyz`."""
    rows, late = Reminder.objects.all(), now - timedelta(minutes=5)
    signs = counted(
        {
            "late": rows.filter(state=State.READY, leaves_at__lt=late),
            "in_hand": rows.filter(state__in=[State.CLAIMED, State.HANDING]),
            "unknown": rows.filter(state=State.UNKNOWN),
            "volume": rows.filter(state=State.HELD, held_reason=HoldReason.VOLUME),
        }
    )
    return Pulse(
        last_run=Run.objects.order_by("-started_at").first(),
        overdue_to_leave=signs["late"],
        in_hand=signs["in_hand"],
        unknown=signs["unknown"],
        is_held_for_volume=bool(signs["volume"]),
    )
