"""The page of the agenda: the list, and beside it what is in hand."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy

from credit.permissions import SEE_OPINIONS
from credit.queries import limits_on
from dunning import agenda_presenting as presenting
from dunning.forms.agenda import CallForm, OverrideForm
from dunning.forms.plans import PlanOfferForm
from dunning.models import Letter, Reminder, RepAnswer
from dunning.queries import agenda as queries
from dunning.queries.advice import advised
from dunning.queries.agenda import reminder_detail
from dunning.queries.call import Item
from dunning.queries.capacity import calls_a_person
from dunning.queries.contents import sales_in_copy
from dunning.queries.letters import letters_for
from dunning.queries.priority import by_priority, is_weighed, priority_of
from dunning.queries.questions import questions_asked
from dunning.queries.sales import IN_THE_HOUSE, notice_of, objections_to_decide
from dunning.queries.uncovered import uncovered
from dunning.rules.advice import ADVISABLE
from dunning.rules.outbox import State
from dunning.rules.steps import Channel, Mode
from dunning.scripts import outcomes
from dunning.services.previews import letter, preview
from dunning.views.agenda_below import causes_card, promises_card
from dunning.views.agenda_list import Agenda
from dunning.views.call_panel import Task, call_form, call_panel, items_for, plan_offer
from kernel.http import TenantRequest
from kernel.money import Money
from kernel.permissions import Verb
from ledger.models import Customer
from ledger.permissions import EDIT_CUSTOMER

ASKED_SHOWN = 5
OBJECTIONS_SHOWN = 20
PAUSED_DAYS = timedelta(days=7)

OUTCOME_TITLES = {
    Channel.CALL: gettext_lazy("Outcome"),
    Channel.SMS: gettext_lazy("How the customer was reached"),
    Channel.REGISTERED_ELETTER: gettext_lazy("How the customer was reached"),
    Channel.REGISTERED_LETTER: gettext_lazy("What became of the letter"),
    Channel.DECISION: gettext_lazy("Your decision"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where what is in hand stands among what waits: its number of so many, and its neighbours."""

    number: int
    count: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Refilled:
    """A form that came back with what was typed, and the status to answer with."""

    call: CallForm | None = None
    items: list[Item] | None = None
    override: OverrideForm | None = None
    plan: PlanOfferForm | None = None
    status: int = 200


def agenda_page(
    request: TenantRequest, found: Agenda, task: Task | None, refilled: Refilled | None = None
) -> HttpResponse:
    """Return the agenda with `task` in hand, or with nothing in hand."""
    came = refilled or Refilled()
    context: dict[str, Any] = {
        "agenda": found,
        "today": request.today,
        "now": request.now,
        "grade": task.customer.risk_class if task and request.actor.can(SEE_OPINIONS) else "",
        "current": task.url if task else "",
        "place": _place(found, task.url) if task else None,
        "task": task,
        "chosen": task.reminder if task else None,
        "causes": causes_card(request),
        "promises": promises_card(request),
        "uncovered": uncovered(request.actor, last_run=found.pulse.last_run),
        "capacity": calls_a_person(),
        "objections": list(objections_to_decide(request.actor)[:OBJECTIONS_SHOWN]),
        "asked_questions": list(questions_asked(request.actor, now=request.now)[:ASKED_SHOWN]),
    }
    if task is not None:
        context |= _in_hand(request, found, task, came)
    return render(request, "dunning/agenda.html", context, status=came.status)


def following(found: Agenda, *, but: str) -> str:
    """Return where the next piece of work is, by priority; the agenda itself when nothing else waits."""
    urls = [row.url for row in found.waiting if row.url != but]
    return urls[0] if urls else reverse("agenda")


def _place(found: Agenda, url: str) -> Place | None:
    urls = [row.url for row in found.waiting]
    if url not in urls:
        return None
    number = urls.index(url)
    return Place(
        number=number + 1,
        count=len(urls),
        before=urls[number - 1] if number else "",
        after=urls[number + 1] if number + 1 < len(urls) else "",
    )


def _in_hand(request: TenantRequest, found: Agenda, task: Task, came: Refilled) -> dict[str, Any]:
    """Return what is shown of the task: a call with its script and form, or a message, letter or decision."""
    context: dict[str, Any] = {}
    reminder = task.reminder
    if reminder is not None:
        policy = reminder.scenario_version.as_policy()
        context["in_copy"] = sales_in_copy(reminder, reminder.contact, policy)
    waits = reminder is not None and reminder.state == State.PLANNED
    if reminder is None or (waits and reminder.channel == Channel.CALL):
        items = came.items if came.items is not None else items_for(task, request=request)
        context |= call_panel(request, task, items, came.call or call_form(request, items))
        context["plan_offer"] = plan_offer(request, task, came.plan)
    context["care"] = task.care(request.today)
    if reminder is not None:
        context |= _of_reminder(request, reminder)
        context |= _of_sales(request, reminder)
        if waits and request.actor.can(SEE_OPINIONS):
            context |= _advice(request, found, task, came.override)
    return context


def _of_sales(request: TenantRequest, reminder: Reminder) -> dict[str, Any]:
    """Return what sales know of a message and say of it."""
    notice = notice_of(reminder)
    is_open = notice is not None and notice.answer == RepAnswer.OBJECTED and not notice.decision
    return {
        "sales_notice": notice,
        "can_rule": is_open and reminder.state in IN_THE_HOUSE,
        "pause_until": request.today + PAUSED_DAYS,
    }


def _advice(
    request: TenantRequest, agenda: Agenda, task: Task, override: OverrideForm | None
) -> dict[str, Any]:
    """Return what is advised and why, and how its priority came about."""
    reminder = task.reminder
    assert reminder is not None  # noqa: S101  the caller looked
    row = reminder if is_weighed(reminder) else _weighed(request, agenda, reminder)
    found = priority_of(row, usual_amount=Decimal(0))
    given = advised(reminder, today=request.today)
    return {
        "advised": given,
        "advice_words": presenting.ground_words(given.advice),
        "advised_channel": presenting.channel_words(given.advice.channel),
        "can_override": reminder.channel in set(ADVISABLE),
        "override_form": override or OverrideForm(advised=given.advice.channel),
        "calculation": presenting.calculation(row, found, task.chance(row.days_late), agenda.home),
    }


def _weighed(request: TenantRequest, agenda: Agenda, reminder: Reminder) -> Reminder:
    """Return the reminder as the list by priority reads it."""
    mine = queries.reminders_of(request.actor).filter(pk=reminder.pk)
    return by_priority(mine, rates=agenda.rates).get()


def _of_reminder(request: TenantRequest, chosen: Reminder) -> dict[str, Any]:
    work = reminder_detail(chosen)
    channel = Channel(chosen.channel)
    is_stranded = channel.needs_carrier and chosen.mode == Mode.MANUAL
    is_message = channel.is_written and not is_stranded
    is_planned = chosen.state == State.PLANNED
    is_task = is_stranded or (channel in queries.TASKS and channel is not Channel.CALL)
    return {
        "work": work,
        "amount": Money(chosen.amount, chosen.currency),
        "preview": preview(reminder=chosen, now=request.now)
        if is_message and work.message is None
        else None,
        "letter": letter(reminder=chosen, now=request.now)
        if channel.is_formal_notice and is_planned
        else None,
        "decision": _decision(request, chosen) if channel is Channel.DECISION else None,
        "outcomes": outcomes(channel) if is_task else [],
        "outcome_title": OUTCOME_TITLES.get(channel, ""),
        "can_confirm": is_message
        and is_planned
        and chosen.confirmed_at is None
        and not chosen.waits_for,
        "drawn_letters": _drawn_letters(request, chosen) if channel is Channel.LETTER else [],
        "can_enter_address": bool(chosen.waits_for) and _may_enter_address(request, chosen),
        "can_hold": chosen.state in {State.PLANNED, State.READY},
        "can_close": is_task and is_planned,
    }


def _drawn_letters(request: TenantRequest, chosen: Reminder) -> list[Letter]:
    """Return the numbered letters of a reminder, void ones included, the latest first."""
    numbered = letters_for(request.actor).filter(reminder=chosen, sequence__isnull=False)
    return list(numbered.select_related("entity", "batch__entity").order_by("-drawn_at"))


def _may_enter_address(request: TenantRequest, chosen: Reminder) -> bool:
    editable = Customer.objects.visible_to(request.actor, EDIT_CUSTOMER)
    return (
        request.actor.can(EDIT_CUSTOMER, Verb.DO)
        and editable.filter(pk=chosen.customer_id).exists()
    )


def _decision(request: TenantRequest, chosen: Reminder) -> dict[str, object]:
    """Return what somebody weighs who decides what happens after the last step."""
    return {
        "limit": limits_on([chosen.customer_id], request.today).get(chosen.customer_id),
        "contacts": queries.last_contacts(chosen),
        "amount": Money(
            sum((line.claimed_amount for line in chosen.lines.all()), Decimal(0)), chosen.currency
        ),
    }
