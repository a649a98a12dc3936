"""What is known for advising the next action about a customer: what worked with customers like him, and with him."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from dunning.models import AdviceOverride, ChannelResponse, Reminder
from dunning.queries.experience import TOLD
from dunning.rules.advice import (
    ADVISABLE,
    MIN_LINES,
    PAID_WITHIN_DAYS,
    Advice,
    Experience,
    next_best_action,
)
from dunning.rules.assignment import Typology
from dunning.rules.priority import WINDOW_DAYS, PaidInTime, band_of
from dunning.rules.steps import Channel
from ledger.models import Contact, Customer

# Of the customer's own contacts of the past year that had their ten days, how many lines were paid within them.
OWN = """
    SELECT channel, count(*)::integer, (count(*) FILTER (WHERE is_paid))::integer
    FROM (
        SELECT reminder.channel, line.id,
               bool_or(coalesce(line.cleared_date <= reminder.contact_date + %(days)s, false)) AS is_paid
        FROM dunning_reminder reminder
        JOIN dunning_reminderline named ON named.reminder_id = reminder.id
        JOIN ledger_dueline line ON line.id = named.due_line_id
        WHERE reminder.customer_id = %(customer)s AND reminder.state = ANY(%(told)s)
          AND reminder.channel = ANY(%(channels)s) AND reminder.outcome <> 'unreachable'
          AND reminder.contact_date BETWEEN %(since)s AND %(until)s
          AND (line.cleared_date IS NULL OR line.cleared_date >= reminder.contact_date)
        GROUP BY 1, 2
    ) answered
    GROUP BY channel
"""


@dataclass(frozen=True, slots=True)
class Advised:
    """An advice about a reminder, and what somebody chose instead of it, if anybody did."""

    advice: Advice
    override: AdviceOverride | None


def typology_of(customer: Customer) -> Typology:
    """Return what kind of customer it is, as the learning does in SQL."""
    if customer.is_public_buyer:
        return Typology.PUBLIC_BUYER
    if customer.is_vip:
        return Typology.KEY_ACCOUNT
    return Typology.GROUP if customer.group_id else Typology.COMPANY


def advised(reminder: Reminder, *, today: date) -> Advised:
    """Return the next best action about a reminder; where its kind of customer taught too little, all customers do."""
    customer = reminder.customer
    known = _responses(typology_of(customer).value, reminder.days_late)
    experience = Experience(
        after={channel: known[channel.value] for channel in ADVISABLE if channel.value in known},
        without=known.get("", PaidInTime()),
        own=_own(reminder.customer_id, today),
    )
    advice = next_best_action(
        step=Channel(reminder.channel),
        experience=experience,
        reachable=_reachable(reminder.customer_id),
    )
    return Advised(advice, AdviceOverride.objects.filter(reminder=reminder).first())


def _responses(segment: str, days_late: int) -> dict[str, PaidInTime]:
    """Return what followed each channel, and none (""), with this kind of customer, else with all."""
    rows = ChannelResponse.objects.filter(
        Q(segment=segment) | Q(segment=""), lateness=band_of(days_late).lateness
    )
    of_kind: dict[str, PaidInTime] = {}
    of_house: dict[str, PaidInTime] = {}
    for row in rows:
        seen = PaidInTime(row.lines, row.paid)
        (of_kind if row.segment else of_house)[row.channel] = seen
    tells = {name: seen for name, seen in of_kind.items() if seen.lines >= MIN_LINES}
    return of_kind if "" in tells and len(tells) > 1 else of_house


def _own(customer_id: UUID, today: date) -> dict[Channel, PaidInTime]:
    parameters: dict[str, Any] = {
        "customer": customer_id,
        "days": PAID_WITHIN_DAYS,
        "told": list(TOLD),
        "channels": list(ADVISABLE),
        "since": today - timedelta(days=WINDOW_DAYS),
        "until": today - timedelta(days=PAID_WITHIN_DAYS),
    }
    with connection.cursor() as cursor:
        cursor.execute(OWN, parameters)
        return {Channel(row[0]): PaidInTime(row[1], row[2]) for row in cursor.fetchall()}


def _reachable(customer_id: UUID) -> frozenset[Channel]:
    """Return by which of the advisable channels anybody at the customer can be reached."""
    found = set()
    for phone, email, is_out in Contact.objects.filter(customer=customer_id).values_list(
        "phone", "email", "is_opted_out"
    ):
        if phone:
            found.add(Channel.CALL)
        if email and not is_out:
            found.add(Channel.EMAIL)
    return frozenset(found)
