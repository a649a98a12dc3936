"""What a customer's page is handed: the one thing to do, the gauge, the curve of lateness, the events."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from django.urls import reverse
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from dunning.rules.assignment import Matched, Typology
from dunning.scenario_words import PROFILES
from kernel import formats
from kernel.charts import Gauge, Series, Trend
from kernel.components import TimelineEvent
from kernel.money import Money
from kpis.presenting import MISSING, language
from kpis.queries.customer_page import ChasePosition, MonthPaid, Room
from ledger.models import Customer, TimelineKind
from ledger.queries import HistoryEntry
from ledger.rules.payers import PayerProfile

EVENT_KINDS = {
    TimelineKind.REMINDER: "mail",
    TimelineKind.CALL: "call",
    TimelineKind.DISPUTE: "dispute",
}


@dataclass(frozen=True, slots=True)
class Advice:
    """The one thing to do with a customer now, why, and where."""

    title: str
    text: str = ""
    status: str = "warn"
    icon_name: str = "alert"
    url: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the advice rests on; `room` is None where there is no limit or no right to see it."""

    customer: Customer
    chase: ChasePosition
    room: Room | None
    is_unreachable: bool
    is_overdue: bool
    can_remind: bool


def advice(facts: Circumstances) -> Advice | None:
    """Return the most pressing thing to do, with what else weighs; None when nothing waits for anybody."""
    found = [
        *_from_reminder(facts),
        *_from_limit(facts),
        *_from_contacts(facts),
        *_from_held_back(facts),
        *_from_terms(facts),
    ]
    if not found:
        return None
    first, *others = found
    reasons = [first.text, *(f"{_capital(other.title)}." for other in others)]
    return Advice(
        _("To do: %(what)s") % {"what": first.title},
        " ".join(reason for reason in reasons if reason),
        first.status,
        first.icon_name,
        first.url,
        first.action,
    )


def _from_reminder(facts: Circumstances) -> list[Advice]:
    reminder = facts.chase.waiting
    if reminder is None or not facts.can_remind:
        return []
    words = {"channel": reminder.get_channel_display().lower(), "level": reminder.level}
    amount = formats.money_whole(Money(reminder.amount, reminder.currency), language())
    text = _("It asks for %(amount)s and is planned for %(day)s.") % {
        "amount": amount,
        "day": formats.day(reminder.planned_date, language()),
    }
    if reminder.state == "held":
        title, icon = _("look at the %(channel)s of level %(level)s that is held"), "pause"
    elif reminder.channel == "email":
        title, icon = _("confirm the %(channel)s of level %(level)s"), "mail"
    else:
        title, icon = _("take the next step: %(channel)s, level %(level)s"), "phone"
    return [
        Advice(title % words, text, "warn", icon, agenda_url(reminder.pk), _("Open the action"))
    ]


def _capital(title: str) -> str:
    return title[:1].upper() + title[1:]


def agenda_url(reminder_id: UUID) -> str:
    """Return where a reminder is worked on."""
    return f"/agenda/{reminder_id}"


def _from_limit(facts: Circumstances) -> list[Advice]:
    beyond = facts.room.beyond if facts.room else None
    if beyond is None:
        return []
    amount = formats.money_whole(beyond, language())
    title = _("review the limit, exceeded by %(amount)s") % {"amount": amount}
    return [Advice(title, "", "late", "alert", "?tab=credit", _("See the limit"))]


def _from_contacts(facts: Circumstances) -> list[Advice]:
    if not facts.is_unreachable:
        return []
    text = _("Nobody at %(customer)s can be written to, so no reminder leaves.")
    return [
        Advice(
            _("add a contact with a working e-mail address"),
            text % {"customer": facts.customer.name},
            "warn",
            "mail",
            "?tab=contacts",
            _("Add a contact"),
        )
    ]


def _from_held_back(facts: Circumstances) -> list[Advice]:
    if facts.chase.waiting or not facts.is_overdue:
        return []
    words = {held_words(row.reason) for row in facts.chase.held_back if row.next_date is None}
    words.discard("")
    if not words:
        return []
    text = f"{', '.join(sorted(words))}."
    return [Advice(_("decide what follows, nothing is planned"), text, "warn", "clock")]


def _from_terms(facts: Circumstances) -> list[Advice]:
    terms = facts.customer.terms
    if terms is None or not terms.is_illegal:
        return []
    title = _("bring the payment terms back within the law (%(terms)s)") % {"terms": terms.label}
    return [Advice(title, terms.legal_reason, "warn", "scale", "?tab=credit", _("See the terms"))]


def held_words(reason: str) -> str:
    """Return why a customer is not reminded; nothing for what needs no word."""
    words = {
        "credits_cover": _("Credit notes and payments cover what is late"),
        "below_minimum": _("What is late is too small to chase"),
        "unapplied_cash": _("A payment waits to be allocated"),
        "no_scenario": _("No scenario applies"),
        "no_contact": _("No contact can be written to"),
        "contact_gap": _("The last contact is too recent"),
        "frequency_cap": _("He has been contacted often enough for now"),
        "scenario_ended": _("The scenario has ended"),
        "volume": _("The run is held because it is far larger than usual"),
    }
    return words.get(reason, "")


def matched_words(because: Sequence[Matched]) -> list[str]:
    """Return what a rule saw of the customer, condition by condition."""
    language = get_language() or "en"
    words = []
    for each in because:
        value = each.value
        if each.condition in {"open_from", "open_below", "overdue_from"}:
            value = formats.money(Money(Decimal(value), "EUR"), language)
        elif each.condition == "limit_used_from":
            value = formats.percent(Decimal(value), language)
        elif each.condition == "profiles":
            value = profile_words(PayerProfile(value))
        elif each.condition == "typologies":
            value = str(_TYPOLOGIES[value])
        words.append(f"{_MATCHED[each.condition]} {value}")
    return words


_TYPOLOGIES = {
    Typology.PUBLIC_BUYER.value: lazy("Public buyer"),
    Typology.KEY_ACCOUNT.value: lazy("Key account"),
    Typology.GROUP.value: pgettext_lazy("kind of customer", "Part of a group"),
    Typology.COMPANY.value: pgettext_lazy("kind of customer", "Single company"),
}
_MATCHED = {
    "typologies": pgettext_lazy("why this scenario", "Kind:"),
    "countries": pgettext_lazy("why this scenario", "Country:"),
    "portfolios": pgettext_lazy("why this scenario", "Portfolio:"),
    "profiles": pgettext_lazy("why this scenario", "How he pays:"),
    "risk_classes": pgettext_lazy("why this scenario", "Risk class:"),
    "open_from": pgettext_lazy("why this scenario", "Owes:"),
    "open_below": pgettext_lazy("why this scenario", "Owes:"),
    "overdue_from": pgettext_lazy("why this scenario", "Overdue:"),
    "limit_used_from": pgettext_lazy("why this scenario", "Limit used:"),
}


def profile_words(profile: PayerProfile | None) -> str:
    """Return what to expect of a payer."""
    return str(PROFILES[profile.value]) if profile else ""


def gauge(room: Room) -> Gauge | None:
    """Return the gauge of the exposure under the limit; None while a currency has no rate."""
    owed = room.headroom.exposure
    if owed is None:
        return None
    reader, limit, insured = language(), room.limit.amount, room.limit.insured
    delivered = max(room.delivered.amount, Decimal(0)) if room.delivered else Decimal(0)
    finding = _("Exposure of %(owed)s on a limit of %(limit)s, insured for %(insured)s.") % {
        "owed": formats.money_whole(owed, reader),
        "limit": formats.money_whole(limit, reader),
        "insured": formats.money_whole(insured, reader),
    }
    chart = Gauge(
        question=_("How much of the limit is used?"),
        finding=finding,
        limit=limit.amount,
        insured=insured.amount,
        invoiced=owed.amount - delivered,
        delivered=delivered,
        limit_label=_("Limit %(amount)s") % {"amount": formats.amount_short(limit, reader)},
        insured_label=_("Insured %(amount)s") % {"amount": formats.amount_short(insured, reader)},
    )
    end = Money(Decimal(str(chart.end)), limit.currency)
    return replace(chart, end_label=formats.amount_short(end, reader))


def habit_chart(months: Sequence[MonthPaid]) -> Trend | None:
    """Return the curve of the mean days late month by month; None while fewer than two months have one."""
    known = [month.days for month in months if month.days is not None]
    if len(known) < 2:  # noqa: PLR2004  one point is no curve
        return None
    reader = language()
    shown = [
        MISSING if month.days is None else formats.days(month.days, reader, decimals=1)
        for month in months
    ]
    last = shown[-1] if months[-1].days is not None else ""
    return Trend(
        question=_("Does he pay later than he used to?"),
        finding=_("Mean lateness went from %(first)s to %(last)s days in twelve months.")
        % {
            "first": formats.number(known[0], reader, decimals=1),
            "last": formats.number(known[-1], reader, decimals=1),
        },
        labels=[formats.month_short(month.month, reader) for month in months],
        actual=Series(_("Days late"), [month.days for month in months], shown, end_label=last),
        heading=_("Month"),
    )


def events(entries: Sequence[HistoryEntry]) -> list[TimelineEvent]:
    """Return the entries of a history as the timeline draws them."""
    return [
        TimelineEvent(
            at=entry.at,
            title=entry.sentence,
            body=entry.author,
            quote=entry.words,
            kind=EVENT_KINDS.get(entry.kind, ""),
            url=reverse("sensitive_comment", args=[entry.id])
            if entry.facts.get("is_sensitive")
            else "",
        )
        for entry in entries
    ]
