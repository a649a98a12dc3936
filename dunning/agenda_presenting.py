"""What the agenda's templates are handed: rows with reasons, facts beside a call, a priority's calculation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from dunning.models import FollowUp, Reminder, Reply
from dunning.queries.letters import BatchStanding
from dunning.queries.priority import Chance
from dunning.queries.promises import PromiseStanding
from dunning.rules.advice import PAID_WITHIN_DAYS, Advice, Ground
from dunning.rules.priority import OUTLOOK_DAYS, SHRINKAGE, Factor, Priority
from dunning.rules.steps import Channel
from dunning.services.confirming import Changed
from dunning.templatetags.dunning import channel_icon, channel_kind, standing
from kernel import formats
from kernel.components import Calculation, CalculationStep, TimelineEvent
from kernel.money import Money
from ledger.models import TimelineKind
from ledger.queries import HistoryEntry

EVENT_KINDS = {
    TimelineKind.REMINDER: "mail",
    TimelineKind.CALL: "call",
    TimelineKind.DISPUTE: "dispute",
}


def language() -> str:
    """Return the language of the page as the formats know it."""
    return (get_language() or "en")[:2]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the agenda. `tick` is the value of its box, empty where nothing is confirmed; `word` names its kind."""

    url: str
    customer: str
    icon: str
    tint: str
    word: str
    reasons: tuple[str, ...]
    amount: Money | None
    grade: str = ""
    hint: str = ""
    tick: str = ""
    reminder_id: UUID | None = None
    follow_up_id: UUID | None = None
    is_call: bool = False

    @property
    def is_work(self) -> bool:
        """Whether it is worked on in the agenda itself, and not on a page of its own."""
        return self.reminder_id is not None or self.follow_up_id is not None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known of the customers of a list beside their reminders."""

    usual_amount: Decimal
    broken: Mapping[UUID, PromiseStanding]
    tries: Mapping[UUID, FollowUp]
    zone: ZoneInfo


def waiting_row(
    reminder: Reminder,
    known: Circumstances,
    found: Priority,
    *,
    has_box: bool,
    sees_opinions: bool,
) -> Row:
    """Return a reminder that waits for a person, with what moved its priority most."""
    reasons = tuple(
        reason_words(factor, reminder, found, usual_amount=known.usual_amount)
        for factor in found.reasons
    )
    step = formats.day_offset(reminder.step.offset_days, language())
    return Row(
        url=reverse("reminder", args=[reminder.pk]),
        customer=reminder.customer.name,
        icon=channel_icon(reminder),
        tint=channel_kind(reminder),
        word=f"{reminder.get_channel_display()} {step}",
        reasons=(*_circumstance(reminder, known), *reasons),
        amount=Money(reminder.amount, reminder.currency),
        grade=reminder.customer.risk_class if sees_opinions else "",
        hint=_formula_words(found) if sees_opinions else "",
        tick=f"{reminder.pk}:{reminder.amount}" if has_box else "",
        reminder_id=reminder.pk,
        is_call=reminder.channel == Channel.CALL,
    )


def _circumstance(reminder: Reminder, known: Circumstances) -> tuple[str, ...]:
    """Return what is said before the reasons: a broken word, or calls in vain."""
    tried = known.tries.get(reminder.pk)
    if tried is not None:
        words = ngettext(
            "%(count)s call in vain, again at %(hour)s",
            "%(count)s calls in vain, again at %(hour)s",
            tried.tries,
        )
        return (words % {"count": tried.tries, "hour": hour_words(tried.due_at, known.zone)},)
    if reminder.customer_id in known.broken:
        return (_("Promise broken"),)
    return ()


def hour_words(at: datetime, zone: ZoneInfo) -> str:
    """Return an instant as people name it: its day and hour."""
    local = at.astimezone(zone)
    return f"{formats.day_short(local.date(), language())} {formats.clock(local, language())}"


def reason_words(
    factor: Factor, reminder: Reminder, found: Priority, *, usual_amount: Decimal
) -> str:
    """Return a factor of a priority as a reason, with its figure; an amount is judged beside the usual one."""
    if factor is Factor.LATENESS:
        return formats.days_late(reminder.days_late, language())
    if factor is Factor.CHANCE:
        chance = formats.percent(1 - found.weights[Factor.CHANCE], language(), decimals=0)
        return _("%(chance)s likely to pay within %(days)s days") % {
            "chance": chance,
            "days": OUTLOOK_DAYS,
        }
    if factor is Factor.RISK:
        risk_class = reminder.customer.risk_class
        return (
            _("risk class %(grade)s") % {"grade": risk_class} if risk_class else _("not classified")
        )
    if factor is Factor.MARGIN:
        return _("thin margin")
    return _("large amount") if found.amount >= usual_amount else _("small amount")


def _formula_words(found: Priority) -> str:
    """Return the formula of a priority with its numbers, for a tooltip."""
    figures = " × ".join(
        formats.number(each, language(), decimals=2) for each in found.weights.values()
    )
    return _(
        "Priority %(score)s = net amount × lateness × chance not to pay × risk × margin (%(figures)s)"
    ) % {
        "score": formats.number(found.score, language()),
        "figures": figures,
    }


def plain_row(reminder: Reminder) -> Row:
    """Return a reminder on which nobody has to work: where it stands is its reason."""
    offset = formats.day_offset(reminder.step.offset_days, language())
    return Row(
        url=reverse("reminder", args=[reminder.pk]),
        customer=reminder.customer.name,
        icon=channel_icon(reminder),
        tint=channel_kind(reminder),
        word=reminder.get_channel_display(),
        reasons=(f"{reminder.get_channel_display()} {offset}", standing(reminder)),
        amount=Money(reminder.amount, reminder.currency),
        grade=reminder.customer.risk_class,
        reminder_id=reminder.pk,
    )


def batch_row(standing: BatchStanding) -> Row:
    """Return a batch of letters that is not posted yet."""
    left = standing.to_post + standing.waiting + standing.posting
    words = ngettext("%(count)s letter to post", "%(count)s letters to post", left)
    state = _("being drawn") if standing.is_being_drawn else _("to print and to post")
    return Row(
        url=reverse("letter_batch", args=[standing.batch.pk]),
        customer=standing.batch.number,
        icon="letter",
        tint="is-mail",
        word=_("Batch of letters"),
        reasons=(words % {"count": left}, state),
        amount=None,
    )


def follow_up_row(follow_up: FollowUp, *, owed: Money | None, zone: ZoneInfo, now: datetime) -> Row:
    """Return a call somebody asked for."""
    hour = hour_words(follow_up.due_at, zone)
    asked = (
        _("Call back asked for %(hour)s")
        if follow_up.due_at > now
        else _("Call back since %(hour)s")
    )
    return Row(
        url=reverse("follow_up", args=[follow_up.pk]),
        customer=follow_up.customer.name,
        icon="clock",
        tint="is-promise",
        word=_("Call back"),
        reasons=(asked % {"hour": hour}, *([follow_up.words] if follow_up.words else [])),
        amount=owed,
        grade=follow_up.customer.risk_class,
        follow_up_id=follow_up.pk,
        is_call=True,
    )


def ground_words(advice: Advice) -> list[str]:
    """Return the two main reasons of an advice in sentences with their figures."""
    return [_ground(ground, advice) for ground in advice.grounds]


def _ground(ground: Ground, advice: Advice) -> str:
    if ground is Ground.UPLIFT and advice.response is not None:
        seen = advice.response.seen
        return _(
            "%(rate)s of such items were paid within %(days)s days of it (%(lines)s seen), %(uplift)s more than "
            "without any contact"
        ) % {
            "rate": formats.percent(advice.response.rate, language(), decimals=0),
            "days": PAID_WITHIN_DAYS,
            "lines": formats.number(seen.lines, language()),
            "uplift": formats.change(
                advice.response.uplift * 100, language(), unit="pt", decimals=0
            ),
        }
    if ground is Ground.OWN_HABIT and advice.own is not None:
        return _("This customer paid %(paid)s of %(lines)s items within %(days)s days of it") % {
            "paid": advice.own.paid,
            "lines": advice.own.lines,
            "days": PAID_WITHIN_DAYS,
        }
    return {
        Ground.STEP: _("It is the step of the scenario"),
        Ground.TOO_LITTLE_KNOWN: _("Too few contacts are known yet to advise anything else"),
        Ground.NO_DIFFERENCE: _("No other channel has worked better with such customers"),
        Ground.NEVER_REPLACED: _("Advice never replaces a letter or a decision"),
        Ground.NO_PHONE: _("No telephone number is known"),
        Ground.NO_ADDRESS: _("No e-mail address is known"),
    }.get(ground, "")


def reply_row(reply: Reply, *, zone: ZoneInfo) -> Row:
    """Return a reply that waits for a decision: what the rules take it for, and when it came."""
    said = reply.get_suggestion_display() or _("wrote")
    return Row(
        url=reverse("reply", args=[reply.pk]),
        customer=reply.customer.name if reply.customer else reply.sender_address,
        icon="comment",
        tint="is-promise",
        word=_("Reply"),
        reasons=(str(said), hour_words(reply.received_at, zone)),
        amount=None,
    )


def channel_words(channel: Channel) -> str:
    """Return what is advised as something to do."""
    return {
        Channel.CALL: _("Call"),
        Channel.EMAIL: _("Write an e-mail"),
        Channel.SMS: _("Send a text message"),
        Channel.REGISTERED_ELETTER: _("Send the registered e-letter"),
        Channel.LETTER: _("Write a letter"),
        Channel.REGISTERED_LETTER: _("Post the letter"),
        Channel.DECISION: _("Decide"),
    }.get(channel, "")


def changed_words(shown: Sequence[Changed], count: int) -> str:
    """Return what was not confirmed because it changed since it was shown, the first few by name."""
    parts = [
        _("%(customer)s now asks for %(now)s instead of %(seen)s")
        % {
            "customer": each.customer,
            "now": formats.money(each.now, language()),
            "seen": formats.money(each.seen, language()),
        }
        if each.now is not None and each.now != each.seen
        else _("%(customer)s no longer waits") % {"customer": each.customer}
        for each in shown
    ]
    words = ngettext(
        "%(count)s was not confirmed, because it has changed: %(which)s.",
        "%(count)s were not confirmed, because they have changed: %(which)s.",
        count,
    )
    return words % {"count": count, "which": "; ".join(parts)}


def calculation(reminder: Reminder, found: Priority, chance: Chance, home: str) -> Calculation:
    """Return how the priority of a reminder came about, step by step."""
    weights = found.weights
    lines = {"lines": chance.own.lines, "paid": chance.own.paid, "k": SHRINKAGE}
    steps = [
        CalculationStep(
            _("Net amount chased"), formats.money(Money(found.amount, home), language())
        ),
        _step(
            _("Lateness"),
            weights[Factor.LATENESS],
            formats.days_late(reminder.days_late, language()),
        ),
        _step(
            _("Chance not to pay within 30 days"),
            weights[Factor.CHANCE],
            _("1 − (%(paid)s paid + %(k)s × %(segment)s) ÷ (%(lines)s seen + %(k)s)")
            % {**lines, "segment": formats.percent(chance.segment_chance, language(), decimals=0)},
        ),
        _step(
            _("Risk class"),
            weights[Factor.RISK],
            reminder.customer.risk_class or _("not classified"),
        ),
        _step(
            _("Margin"), weights[Factor.MARGIN], _("not known to the ledger: 1 for every customer")
        ),
    ]
    return Calculation(
        formula=_("amount × lateness × chance not to pay × risk × margin"),
        steps=steps,
        result_label=_("Priority"),
        result=formats.number(found.score, language()),
        source=_(
            "The chance is learnt each night from the items of a year: the customer's own, drawn to those of his kind."
        ),
    )


def _step(label: str, weight: Decimal, how: str) -> CalculationStep:
    return CalculationStep(label, f"× {formats.number(weight, language(), decimals=2)}", how)


def events(entries: Sequence[HistoryEntry]) -> list[TimelineEvent]:
    """Return a customer's history as the timeline shows it."""
    return [
        TimelineEvent(
            at=entry.at,
            title=entry.sentence,
            body=entry.author,
            quote=entry.words,
            kind=EVENT_KINDS.get(entry.kind, ""),
        )
        for entry in entries
    ]
