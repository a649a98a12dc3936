"""The agenda: whom to call, what to confirm, what leaves by itself."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from credit.queries import limits_on
from dunning import permissions
from dunning.bells import ring_for
from dunning.labels import HOLD_REASONS
from dunning.models import Reminder, Run, SendingSwitch
from dunning.queries import agenda as queries
from dunning.queries.agenda import reminder_detail, reminders_of
from dunning.rules.outbox import State
from dunning.rules.steps import Channel
from dunning.scripts import call_script, outcomes
from dunning.services import barriers, people
from dunning.services.previews import letter, letter_pdf, preview
from kernel.http import TenantRequest, reads, writes
from kernel.money import Money
from kernel.permissions import Verb

SHOWN_PER_GROUP = 12  # a day's work at a glance; the rest is one click away
SHOWN_AT_MOST = 500


@dataclass(frozen=True, slots=True)
class Agenda:
    """What the list shows: its groups in the order of the day, and the signs of life above them."""

    groups: tuple["AgendaGroup", ...]
    held_back: tuple[tuple[str, int], ...]
    pulse: queries.Pulse
    held_run: Run | None
    stop: SendingSwitch | None

    @property
    def waiting(self) -> list[Reminder]:
        """Return what waits for a person, in order."""
        return [one for group in self.groups if group.name in WAITING for one in group.reminders]

    @property
    def waiting_count(self) -> int:
        """Return how much waits for a person, shown or not."""
        return sum(group.count for group in self.groups if group.name in WAITING)


@dataclass(frozen=True, slots=True)
class AgendaGroup:
    """A heading of the list; `count` is the whole group, of which `reminders` may show the first."""

    name: str
    label: str
    reminders: list[Reminder]
    count: int

    @property
    def more(self) -> int:
        """Return how many are not shown."""
        return self.count - len(self.reminders)


OUTCOME_TITLES = {
    Channel.CALL: gettext_lazy("Outcome"),
    Channel.REGISTERED_LETTER: gettext_lazy("What became of the letter"),
    Channel.DECISION: gettext_lazy("Your decision"),
}

WAITING = ("tasks", "to_confirm", "troubled")


@reads(permissions.SEND_REMINDER)
def day(request: TenantRequest) -> HttpResponse:
    """Show the agenda with the first reminder that waits."""
    found = _agenda(request)
    return _page(request, found, found.waiting[0] if found.waiting else None)


@reads(permissions.SEND_REMINDER)
def reminder(request: TenantRequest, reminder_id: UUID) -> HttpResponse:
    """Show the agenda with one reminder in hand."""
    return _page(request, _agenda(request), _mine(request, reminder_id))


def _agenda(request: TenantRequest) -> Agenda:
    actor, today = request.actor, request.today
    at_most = SHOWN_AT_MOST if request.GET.get("all") else SHOWN_PER_GROUP
    groups = [
        ("tasks", _("To do"), queries.tasks_of_people(actor)),
        ("to_confirm", _("To confirm"), queries.to_confirm(actor)),
        ("troubled", _("Needs a decision"), queries.troubled(actor, today=today)),
        ("held", pgettext("agenda", "Held"), queries.held(actor)),
        ("leaving", _("Leaves by itself"), queries.leaving(actor)),
        ("done", _("Done today"), queries.done_on(actor, day=today)),
    ]
    counted = [(name, label, rows, rows.count()) for name, label, rows in groups]
    reasons = Counter(queries.held_back(actor).order_by().values_list("reason", flat=True))
    return Agenda(
        groups=tuple(
            AgendaGroup(name, label, list(rows[:at_most]), count)
            for name, label, rows, count in counted
            if count
        ),
        held_back=tuple(
            (str(HOLD_REASONS.get(reason, reason)), count)
            for reason, count in reasons.most_common()
        ),
        pulse=queries.pulse(now=request.now),
        held_run=queries.held_runs().first(),
        stop=SendingSwitch.objects.filter(is_stopped=True).first(),
    )


def _mine(request: TenantRequest, reminder_id: UUID) -> Reminder:
    return get_object_or_404(reminders_of(request.actor), pk=reminder_id)


def _page(request: TenantRequest, found: Agenda, chosen: Reminder | None) -> HttpResponse:
    context: dict[str, object] = {"agenda": found, "chosen": chosen, "today": request.today}
    if chosen is not None:
        context |= _work(request, chosen)
    return render(request, "dunning/agenda.html", context)


def _work(request: TenantRequest, chosen: Reminder) -> dict[str, object]:
    work = reminder_detail(chosen)
    channel = Channel(chosen.channel)
    is_message, is_planned = channel is Channel.EMAIL, chosen.state == State.PLANNED
    return {
        "work": work,
        "amount": Money(chosen.amount, chosen.currency),
        "preview": preview(reminder=chosen, now=request.now)
        if is_message and work.message is None
        else None,
        "script": call_script(chosen, caller=request.actor.name) if channel is Channel.CALL else [],
        "letter": letter(reminder=chosen, now=request.now)
        if channel is Channel.REGISTERED_LETTER and is_planned
        else None,
        "decision": _decision(request, chosen) if channel is Channel.DECISION else None,
        "outcomes": [] if is_message else outcomes(channel),
        "outcome_title": OUTCOME_TITLES.get(channel, ""),
        "can_confirm": is_message and is_planned,
        "can_hold": chosen.state in {State.PLANNED, State.READY},
        "can_close": not is_message and is_planned,
    }


def _decision(request: TenantRequest, chosen: Reminder) -> dict[str, object]:
    """Return what somebody weighs who decides what happens after the last step."""
    return {
        "limit": limits_on([chosen.customer_id], request.today).get(chosen.customer_id),
        "contacts": queries.last_contacts(chosen),
        "amount": Money(
            sum((line.claimed_amount for line in chosen.lines.all()), Decimal(0)), chosen.currency
        ),
    }


@reads(permissions.SEND_REMINDER)
def print_letter(request: TenantRequest, reminder_id: UUID) -> HttpResponse:
    """Give the letter that waits to be posted as a PDF, as of now."""
    waiting = reminders_of(request.actor).filter(
        channel=Channel.REGISTERED_LETTER, state=State.PLANNED
    )
    name, content = letter_pdf(reminder=get_object_or_404(waiting, pk=reminder_id), now=request.now)
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response


@writes(permissions.SEND_REMINDER)
def confirm(request: TenantRequest) -> HttpResponse:
    """Let the ticked reminders go, or all that wait."""
    waiting = reminders_of(request.actor).filter(state=State.PLANNED)
    if not request.POST.get("every"):
        waiting = waiting.filter(
            pk__in=[one for one in request.POST.getlist("reminder") if _is_id(one)]
        )
    confirmed = people.confirm_reminders(
        reminders=waiting,
        actor=request.actor,
        now=request.now,
        opens_now=bool(request.POST.get("now")),
    )
    count = len(confirmed)
    if count:
        ring_for(request.actor)
    messages.success(
        request,
        ngettext("%(count)s reminder confirmed.", "%(count)s reminders confirmed.", count)
        % {"count": count},
    )
    return redirect("agenda")


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _on_one(
    act: Callable[[TenantRequest, Reminder], str],
) -> Callable[..., HttpResponse]:
    """Return the view that does one thing to one reminder and goes on to the next."""

    def view(request: TenantRequest, reminder_id: UUID) -> HttpResponse:
        chosen = _mine(request, reminder_id)
        following = next((one for one in _agenda(request).waiting if one.pk != chosen.pk), None)
        messages.success(request, act(request, chosen))
        return redirect("reminder", following.pk) if following else redirect("agenda")

    return writes(permissions.SEND_REMINDER)(view)


def _hold(request: TenantRequest, chosen: Reminder) -> str:
    people.hold_reminder(
        reminder=chosen, actor=request.actor, reason=request.POST.get("reason", ""), now=request.now
    )
    return _("Held.")


def _release(request: TenantRequest, chosen: Reminder) -> str:
    people.release_reminder(reminder=chosen, actor=request.actor, now=request.now)
    return _("Released: it waits for your yes.")


def _cancel(request: TenantRequest, chosen: Reminder) -> str:
    people.cancel_reminder(
        reminder=chosen, actor=request.actor, reason=request.POST.get("reason", ""), now=request.now
    )
    return _("Dropped. The step counts as taken.")


def _retry(request: TenantRequest, chosen: Reminder) -> str:
    people.retry_reminder(reminder=chosen, actor=request.actor, now=request.now)
    ring_for(request.actor)
    return _("It will be sent again.")


def _settle(request: TenantRequest, chosen: Reminder) -> str:
    people.settle_by_person(
        reminder=chosen,
        actor=request.actor,
        was_sent=request.POST.get("was_sent") == "yes",
        now=request.now,
    )
    return _("Settled.")


def _close(request: TenantRequest, chosen: Reminder) -> str:
    people.record_outcome(
        reminder=chosen,
        actor=request.actor,
        outcome=request.POST.get("outcome", ""),
        words=request.POST.get("words", ""),
        now=request.now,
    )
    return _("Saved.")


hold, release, cancel, retry, settle, close = map(
    _on_one, (_hold, _release, _cancel, _retry, _settle, _close)
)


@writes(permissions.RELEASE_RUN, Verb.APPROVE)
def release_run(request: TenantRequest, run_id: UUID) -> HttpResponse:
    """Let a named person answer for a run far larger than usual."""
    run = get_object_or_404(Run, pk=run_id)
    count = people.release_run(run=run, actor=request.actor, now=request.now)
    ring_for(request.actor)
    messages.success(
        request,
        ngettext("%(count)s reminder is free.", "%(count)s reminders are free.", count)
        % {"count": count},
    )
    return redirect("agenda")


@writes(permissions.PAUSE)
def stop(request: TenantRequest) -> HttpResponse:
    """Press the red button: nothing leaves from now on."""
    barriers.stop_sending(
        actor=request.actor, reason=request.POST.get("reason", ""), now=request.now
    )
    messages.warning(request, _("Nothing leaves any more until you resume."))
    return redirect("agenda")


@writes(permissions.PAUSE)
def resume(request: TenantRequest) -> HttpResponse:
    """Let go what the red button stopped."""
    barriers.resume_sending(actor=request.actor, now=request.now)
    ring_for(request.actor)
    messages.success(request, _("Reminders leave again."))
    return redirect("agenda")
