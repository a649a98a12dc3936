"""Filters for rows of the chase: `{% load dunning %}`."""

from django import template
from django.utils.translation import gettext as _

from dunning.labels import CHANNEL_ICONS, PLAN_STATES, PROMISE_STATES, WORD_TONES
from dunning.models import Reminder, ReminderLine, WaiverRequest
from dunning.rules.outbox import State
from dunning.rules.promises import PlanState, PromiseState
from kernel.money import Money
from ledger.models import DueLine

register = template.Library()


@register.filter
def asked(reminder: Reminder) -> Money:
    """Return what the reminder asks for."""
    return Money(reminder.amount, reminder.currency)


@register.filter
def claimed(line: ReminderLine) -> Money:
    """Return what is claimed of a line: open less disputed."""
    return Money(line.claimed_amount, line.due_line.currency)


@register.filter
def owed(line: DueLine) -> Money:
    """Return what a line still owes."""
    return Money(line.open_amount, line.currency)


@register.filter
def channel_icon(reminder: Reminder) -> str:
    """Return the icon of a reminder's channel."""
    return str(CHANNEL_ICONS[reminder.channel])


@register.filter
def channel_kind(reminder: Reminder) -> str:
    """Return the tint of a reminder's channel."""
    return {"email": "is-mail", "sms": "is-mail", "call": "is-call"}.get(reminder.channel, "")


@register.filter
def standing(reminder: Reminder) -> str:
    """Return in words where a reminder stands."""
    words = {
        State.PLANNED: _("waits for a person"),
        State.READY: _("leaves at the next opening"),
        State.CLAIMED: _("is being prepared"),
        State.HANDING: _("is being handed over"),
        State.UNKNOWN: _("nobody knows whether it arrived"),
        State.FAILED: _("could not be sent"),
        State.HELD: _("held"),
        State.SENT: _("sent"),
        State.DELIVERED: _("delivered"),
        State.BOUNCED: _("came back"),
        State.COMPLAINED: _("the recipient complained"),
        State.CANCELLED: _("dropped"),
        State.DONE: _("done"),
    }
    return words[State(reminder.state)]


@register.filter
def promise_word(state: PromiseState) -> str:
    """Return in words what became of a promise."""
    return str(PROMISE_STATES[state])


@register.filter
def plan_word(state: PlanState) -> str:
    """Return in words where a payment plan stands."""
    return str(PLAN_STATES[state])


@register.filter
def word_tone(state: PromiseState | PlanState) -> str:
    """Return the tone of what became of somebody's word."""
    return WORD_TONES.get(state.value, "")


@register.filter
def waived_amount(waiver: WaiverRequest) -> Money:
    """Return what a proposal would give up."""
    return Money(waiver.interest + waiver.fixed_charge, waiver.claim.currency)
