"""What stands beside the list while somebody calls: whom, with what words, about which invoices, what came of it."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from credit.permissions import SEE_OPINIONS
from credit.queries import headroom
from dunning import agenda_presenting as presenting
from dunning.forms.agenda import CallForm
from dunning.forms.plans import PlanOfferForm
from dunning.models import Cause, FollowUp, Reminder
from dunning.permissions import AGREE_PLAN
from dunning.queries.call import (
    Item,
    WordsGiven,
    items_of,
    last_cause,
    overdue_of,
    words_given,
)
from dunning.queries.priority import Chance, chance_of
from dunning.queries.sales import CareTaken, care_of, sends_recap
from dunning.rules.steps import Channel
from dunning.scripts import CallFacts, call_script, outcomes
from dunning.services.calls import Called
from kernel import formats
from kernel.http import ASKING, TenantRequest
from kernel.money import Money, total
from ledger.models import Contact, Customer, Entity
from ledger.queries import timeline

EXCHANGES_SHOWN = 5

OFFERED_A_PLAN = frozenset({Cause.NO_BUDGET.value, Cause.CASH_SHORTAGE.value})
"""Causes after which the script proposes a payment plan."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is worked on: a customer, and the reminder or the asked call it is about, if there is one."""

    customer: Customer
    reminder: Reminder | None = None
    follow_up: FollowUp | None = None
    _chances: dict[int, Chance] = field(default_factory=dict)
    _cares: dict[date, CareTaken] = field(default_factory=dict)

    def chance(self, days_late: int) -> Chance:
        """Return how likely the customer pays at this lateness; the panel asks in two places."""
        if days_late not in self._chances:
            self._chances[days_late] = chance_of(self.customer.pk, days_late)
        return self._chances[days_late]

    def care(self, today: date) -> CareTaken:
        """Return how the customer is to be written to; the page and the panel ask."""
        if today not in self._cares:
            self._cares[today] = care_of(self.customer, today=today)
        return self._cares[today]

    @property
    def is_call(self) -> bool:
        """Whether it is a call that waits."""
        return self.reminder is None or self.reminder.channel == Channel.CALL

    @property
    def url(self) -> str:
        """Return where it is worked on."""
        if self.reminder is not None:
            return reverse("reminder", args=[self.reminder.pk])
        if self.follow_up is not None:
            return reverse("follow_up", args=[self.follow_up.pk])
        return reverse("log_call", args=[self.customer.code])

    @property
    def post_url(self) -> str:
        """Return where what came of the call is sent."""
        if self.reminder is not None:
            return reverse("call_reminder", args=[self.reminder.pk])
        return self.url

    def called(self, contact: Contact | None) -> Called:
        """Return it as the service of calls wants it."""
        return Called(self.customer, self.reminder, self.follow_up, contact)


def contact_of(task: Task) -> Contact | None:
    """Return whom to call: the reminder's contact if he has a number, else the first who has one."""
    planned: Contact | None = task.reminder.contact if task.reminder else None
    if planned is not None and planned.phone:
        return planned
    known = list(task.customer.contacts.order_by("-is_primary", "name"))
    reachable = next((each for each in known if each.phone), None)
    return reachable or planned or (known[0] if known else None)


def items_for(task: Task, *, request: TenantRequest) -> list[Item]:
    """Return the invoices the call may be about; those the reminder names are ticked."""
    named = None
    if task.reminder is not None:
        named = set(task.reminder.lines.values_list("due_line", flat=True))
    return items_of(task.customer, today=request.today, named=named)


def call_form(request: TenantRequest, items: list[Item], data: QueryDict | None = None) -> CallForm:
    """Return the form of a call; a cause chosen in the script is chosen in it."""
    return CallForm(
        data,
        today=request.today,
        zone=request.tenant.time_zone,
        items=[item.line.pk for item in items],
        initial={"cause": request.GET.get("cause", ""), "recap": sends_recap()},
    )


def call_panel(
    request: TenantRequest, task: Task, items: list[Item], form: CallForm
) -> dict[str, Any]:
    """Return the context of a call."""
    customer = task.customer
    ticked = form.ticked
    shown = [(item, item.is_ticked if ticked is None else item.line.pk in ticked) for item in items]
    cause = form["cause"].value() or ""
    words = words_given(customer, today=request.today)
    return {
        "call": {
            "customer": customer,
            "reminder": task.reminder,
            "follow_up": task.follow_up,
            "post_url": task.post_url,
            "contact": contact_of(task),
            "script": call_script(
                _facts_of_call(request, task, items, words),
                cause=cause if cause in set(Cause.values) else "",
            ),
            "form": form,
            "items": shown,
            "currency": items[0].line.currency if items else request.tenant.currency,
            "sum": _sums([item for item, is_ticked in shown if is_ticked]),
            "disputed": _sums([item for item in items if item.disputed.amount], is_disputed=True),
            "outcomes": outcomes(Channel.CALL),
            "chosen": form["outcome"].value() or "",
        },
        "facts": _facts_about(request, task, words, days_late=_days_late(task, items)),
        "exchanges": presenting.events(timeline(customer.pk, limit=EXCHANGES_SHOWN)),
        "form": form,
    }


@dataclass(frozen=True, slots=True)
class PlanOffer:
    """The form of a payment plan beside a call; open where the cause found in the script asks for one."""

    form: PlanOfferForm
    is_open: bool


def plan_offer(
    request: TenantRequest, task: Task, refused: PlanOfferForm | None
) -> PlanOffer | None:
    """Return what offers the customer a plan; None for whoever may not propose one for him (row 20)."""
    allowed = Customer.objects.visible_to(request.actor, AGREE_PLAN)
    may = request.actor.can(AGREE_PLAN, *ASKING) and allowed.filter(pk=task.customer.pk).exists()
    if not may:
        return None
    cause = request.POST.get("cause") or request.GET.get("cause", "")
    form = refused or PlanOfferForm(initial={"plan_first_date": request.today})
    return PlanOffer(form, is_open=refused is not None or cause in OFFERED_A_PLAN)


def _sums(items: list[Item], *, is_disputed: bool = False) -> list[Money]:
    """Return the sum of items in each currency."""
    amounts = [item.disputed if is_disputed else item.owed for item in items]
    currencies = sorted({each.currency for each in amounts})
    return [
        total((each for each in amounts if each.currency == currency), currency=currency)
        for currency in currencies
    ]


def _days_late(task: Task, items: list[Item]) -> int:
    if task.reminder is not None:
        return task.reminder.days_late
    return max((item.days_late for item in items), default=0)


def _facts_of_call(
    request: TenantRequest, task: Task, items: list[Item], words: WordsGiven
) -> CallFacts:
    customer, reminder = task.customer, task.reminder
    if reminder is not None:
        amount = Money(reminder.amount, reminder.currency)
        company = reminder.entity.name
    else:
        owed = overdue_of([customer.pk], today=request.today)
        amount = owed.get(customer.pk, Money(Decimal(0), request.tenant.currency))
        company = _company_of(items) or request.tenant.name
    return CallFacts(
        caller=request.actor.name,
        company=company,
        amount=amount,
        days_late=_days_late(task, items),
        items=sum(1 for item in items if item.is_ticked),
        broken=words.broken,
        last_cause=last_cause(customer),
    )


def _company_of(items: list[Item]) -> str:
    if not items:
        return ""
    return Entity.objects.values_list("name", flat=True).get(pk=items[0].line.entity_id)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something to know before a call; `tone` is "late", "warn", "ok" or empty."""

    label: str
    value: str
    tone: str = ""


def _facts_about(
    request: TenantRequest, task: Task, words: WordsGiven, *, days_late: int
) -> list[Fact]:
    """Return what to know about a customer; credit and payment behaviour only for whoever may see them."""
    customer = task.customer
    language = presenting.language()
    found = []
    if _sees_opinions(request, customer):
        room = headroom(customer.pk, request.today)
        used = room.used if room else None
        if used is not None:
            share = _("%(share)s of the limit") % {
                "share": formats.percent(used, language, decimals=0)
            }
            found.append(Fact(_("Exposure"), share, "late" if used > 1 else ""))
        chance = task.chance(days_late)
        learnt = _("%(chance)s (%(count)s items seen)") % {
            "chance": formats.percent(chance.value, language, decimals=0),
            "count": chance.own.lines,
        }
        found.append(Fact(_("Pays within 30 days"), learnt))
    if words.judged:
        kept = _("%(kept)s of %(judged)s") % {"kept": words.kept, "judged": words.judged}
        tone = "late" if words.kept * 2 < words.judged else ""
        found.append(Fact(_("Promises kept"), kept, tone))
    if customer.sales_rep_id and customer.sales_rep:
        found.append(Fact(_("Sales representative"), customer.sales_rep.name))
    care = task.care(request.today)
    if care.delicate:
        words_of_care = _("delicate: be careful. %(reason)s") % {"reason": care.delicate[0].reason}
        found.append(Fact(_("Relationship"), words_of_care, "warn"))
    if care.protected:
        found.append(Fact(_("Protected"), _tell_words(customer), "warn"))
    if customer.is_vip:
        found.append(Fact(_("Relationship"), _("key account, handled with care"), "warn"))
    return found


def _tell_words(customer: Customer) -> str:
    if customer.sales_rep is None:
        return _("sales are told before a message leaves; nobody sells to this customer")
    return _("tell %(name)s before you call") % {"name": customer.sales_rep.name}


def _sees_opinions(request: TenantRequest, customer: Customer) -> bool:
    actor = request.actor
    return (
        actor.can(SEE_OPINIONS)
        and Customer.objects.visible_to(actor, SEE_OPINIONS).filter(pk=customer.pk).exists()
    )
