"""What customers wrote back, one message in hand: read it, see what it probably means, decide."""

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from disputes.permissions import OPEN_DISPUTE
from dunning import permissions
from dunning.forms.replies import ReplyForm
from dunning.models import MailTask, Reply, ReplyAttachment, ReplyIntent, ReplyState
from dunning.queries import replies as queries
from dunning.services.copy_answers import send_copies
from dunning.services.delivery_events import finish_task
from dunning.services.reply_decisions import assign_reply, confirm_reply, dismiss_reply
from kernel import formats
from kernel.components import Outcome, TimelineEvent
from kernel.downloads import download
from kernel.errors import Refused
from kernel.http import TenantRequest, reads, writes
from kernel.permissions import Verb
from ledger.models import Customer
from ledger.permissions import EDIT_RECIPIENTS
from ledger.timeline import sentence

SHOWN_PER_GROUP = 50

# What each meaning demands besides the right to chase; those not named change nothing of their own.
NEEDS = {
    ReplyIntent.PROMISE: permissions.RECORD_PROMISE,
    ReplyIntent.DISPUTE: OPEN_DISPUTE,
    ReplyIntent.WRONG_CONTACT: EDIT_RECIPIENTS,
    ReplyIntent.OUT_OF_OFFICE: permissions.PAUSE,
}
ICONS = {
    ReplyIntent.PAID: "bank",
    ReplyIntent.PROMISE: "handshake",
    ReplyIntent.DISPUTE: "flag",
    ReplyIntent.COPY: "copy",
    ReplyIntent.WRONG_CONTACT: "user",
    ReplyIntent.OUT_OF_OFFICE: "clock",
    ReplyIntent.OTHER: "comment",
}
FOLLOWS = {
    ReplyIntent.PAID: gettext_lazy("a task to look for it"),
    ReplyIntent.PROMISE: gettext_lazy("day and amount"),
    ReplyIntent.DISPUTE: gettext_lazy("opens a dispute"),
    ReplyIntent.COPY: gettext_lazy("a task to send it"),
    ReplyIntent.WRONG_CONTACT: gettext_lazy("another contact"),
    ReplyIntent.OUT_OF_OFFICE: gettext_lazy("paused until the return"),
    ReplyIntent.OTHER: gettext_lazy("only noted"),
}


@reads(permissions.SEND_REMINDER)
def replies(request: TenantRequest) -> HttpResponse:
    """Show the replies with the oldest that waits in hand."""
    waiting = queries.replies_to_decide(request.actor).first()
    return _page(request, waiting or queries.unassigned(request.actor).first())


@reads(permissions.SEND_REMINDER)
def reply(request: TenantRequest, reply_id: UUID) -> HttpResponse:
    """Show the replies with one in hand."""
    return _page(request, _mine(request, reply_id))


def _mine(request: TenantRequest, reply_id: UUID) -> Reply:
    found = queries.replies_of(request.actor).filter(pk=reply_id).first()
    return found or get_object_or_404(queries.unassigned(request.actor), pk=reply_id)


def _page(
    request: TenantRequest, chosen: Reply | None, form: ReplyForm | None = None
) -> HttpResponse:
    groups = [
        (pgettext("agenda", "Replies"), queries.replies_to_decide(request.actor)),
        (_("Nobody found"), queries.unassigned(request.actor)),
    ]
    tasks = queries.mail_tasks(request.actor)
    context = {
        "groups": [(label, list(rows[:SHOWN_PER_GROUP]), rows.count()) for label, rows in groups],
        "tasks": list(tasks[:SHOWN_PER_GROUP]),
        "task_count": tasks.count(),
        "complaints": queries.complaint_standing(request.now),
        "chosen": chosen,
        **(_in_hand(request, chosen, form) if chosen else {}),
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "dunning/replies.html", context, status=status)


def _in_hand(request: TenantRequest, chosen: Reply, form: ReplyForm | None) -> dict[str, object]:
    work = queries.reply_in_hand(chosen, today=request.today)
    language = request.actor.language
    lines = [invoice.line.pk for invoice in work.invoices]
    ticked = {invoice.line.pk for invoice in work.invoices if invoice.is_named}
    if form is None:
        form = ReplyForm(today=request.today, lines=lines, initial=_initial(chosen, language))
    elif form.is_bound:
        ticked = set(form.ticked)
    is_open = chosen.state == ReplyState.TO_DECIDE
    return {
        "work": work,
        "form": form,
        "ticked": ticked,
        "reasons": chosen.facts.get("reasons", []),
        "also": [ReplyIntent(each).label for each in chosen.facts.get("also", [])],
        "outcomes": _outcomes(request, chosen),
        "chosen_intent": form["intent"].value(),
        "can_decide": is_open and chosen.customer_id is not None,
        "can_assign": is_open and chosen.customer_id is None,
        "events": [
            TimelineEvent(
                at=entry.at,
                title=sentence(entry.text_code, entry.facts),
                quote=entry.open_words if entry.object_id != chosen.pk else "",
                kind="mail" if entry.text_code.startswith("dunning.repl") else "",
            )
            for entry in work.thread
        ],
    }


def _initial(chosen: Reply, language: str) -> dict[str, str]:
    facts = chosen.facts
    amounts = facts.get("amounts", [])
    day = facts.get("day", "")
    return {
        "intent": chosen.suggestion or ReplyIntent.OTHER,
        "day": formats.day(date.fromisoformat(day), language) if day else "",
        "amount": amounts[0].replace(".", "," if language == "fr" else ".")
        if len(amounts) == 1
        else "",
        "dispute_type": facts.get("dispute_type", ""),
        "contact_email": facts.get("address", "")
        if chosen.suggestion == ReplyIntent.WRONG_CONTACT
        else "",
    }


def _outcomes(request: TenantRequest, chosen: Reply) -> list[Outcome]:
    """Return the meanings the actor may decide for this customer."""
    return [
        Outcome(intent.value, str(intent.label), ICONS[intent], hint=str(FOLLOWS[intent]))
        for intent in ReplyIntent
        if chosen.customer_id is None or _may(request, chosen, intent)
    ]


def _may(request: TenantRequest, chosen: Reply, intent: ReplyIntent) -> bool:
    permission = NEEDS.get(intent)
    if permission is None or chosen.customer_id is None:
        return permission is None
    if not request.actor.can(permission, Verb.DO, Verb.APPROVE):
        return False
    return (
        Customer.objects.visible_to(request.actor, permission)
        .filter(pk=chosen.customer_id)
        .exists()
    )


@writes(permissions.SEND_REMINDER)
def decide(request: TenantRequest, reply_id: UUID) -> HttpResponse:
    """Confirm what was suggested, or say what the message means instead."""
    chosen = _mine(request, reply_id)
    lines = [one.line.pk for one in queries.open_invoices(chosen, today=request.today)]
    form = ReplyForm(request.POST, today=request.today, lines=lines)
    if not form.is_valid():
        return _page(request, chosen, form)
    decision = form.decision()
    if not _may(request, chosen, decision.intent):
        raise PermissionDenied(NEEDS[decision.intent])
    confirm_reply(
        reply=chosen,
        decision=decision,
        actor=request.actor,
        today=request.today,
        now=request.now,
    )
    messages.success(
        request,
        _("Saved: %(customer)s · %(meaning)s.")
        % {"customer": chosen.customer, "meaning": decision.intent.label},
    )
    return redirect("replies")


@writes(permissions.SEND_REMINDER)
def dismiss(request: TenantRequest, reply_id: UUID) -> HttpResponse:
    """Set a message aside."""
    dismiss_reply(
        reply=_mine(request, reply_id), actor=request.actor, today=request.today, now=request.now
    )
    messages.success(request, _("Set aside. Reminders go on."))
    return redirect("replies")


class CustomerUnknown(Refused):
    """No customer has the code that was typed."""

    code = "customer_unknown"


@writes(permissions.SEND_REMINDER)
def assign(request: TenantRequest, reply_id: UUID) -> HttpResponse:
    """Say which customer wrote a message."""
    code = request.POST.get("customer", "").strip()
    mine = Customer.objects.visible_to(request.actor, permissions.SEND_REMINDER)
    customer = mine.filter(code__iexact=code).first()
    if customer is None:
        raise CustomerUnknown(
            _("No customer has the code “%(code)s”. Type it as on the customer’s page.")
            % {"code": code},
            code=code,
        )
    assign_reply(
        reply=_mine(request, reply_id),
        customer=customer,
        actor=request.actor,
        today=request.today,
        now=request.now,
    )
    messages.success(request, _("Given to %(customer)s.") % {"customer": customer})
    return redirect("reply", reply_id)


@writes(permissions.SEND_REMINDER)
def close_task(request: TenantRequest, task_id: UUID) -> HttpResponse:
    """Close what a message or a report asked for."""
    task: MailTask = get_object_or_404(queries.mail_tasks(request.actor), pk=task_id)
    finish_task(task=task, actor=request.actor, now=request.now)
    messages.success(request, _("Done: %(task)s.") % {"task": task.get_kind_display()})
    return redirect("replies")


@writes(permissions.SEND_REMINDER)
def send_task_copies(request: TenantRequest, task_id: UUID) -> HttpResponse:
    """Answer a request for copies with the files that are kept, and close the task."""
    task: MailTask = get_object_or_404(queries.mail_tasks(request.actor), pk=task_id)
    count = send_copies(task=task, actor=request.actor, now=request.now)
    messages.success(
        request,
        ngettext("%(count)s file is on its way.", "%(count)s files are on their way.", count)
        % {"count": count},
    )
    return redirect("replies")


@reads(permissions.SEND_REMINDER)
def attachment(request: TenantRequest, reply_id: UUID, attachment_id: UUID) -> HttpResponse:
    """Hand a file out as a download, never shown in our pages; what is in quarantine stays there."""
    mine = ReplyAttachment.objects.filter(reply=_mine(request, reply_id), quarantine="")
    file = get_object_or_404(mine, pk=attachment_id)
    return download(bytes(file.content or b""), file.file_name)
