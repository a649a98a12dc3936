"""Let go what a person saw and ticked, and nothing that changed since it was shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from django.db.models import Count, QuerySet, Sum
from django.utils.translation import gettext as _

from dunning.models import Reminder
from dunning.queries.agenda import seen_of
from dunning.rules.outbox import State
from dunning.services.people import confirm_reminders
from dunning.services.stages import refuse_pre_litigation
from kernel.errors import Refused
from kernel.money import Money
from kernel.permissions import Actor


class ListChanged(Refused):
    """What was to be confirmed as a whole is no longer what somebody saw."""

    code: ClassVar[str] = "list_changed"


@dataclass(frozen=True, slots=True)
class Changed:
    """A reminder that is no longer what was seen: `seen` is what it asked for then, `now` what it asks for now.

    `now` is None when it no longer waits at all.
    """

    customer: str
    seen: Money
    now: Money | None


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What was let go, its amounts by currency, and what was not because it had changed since it was shown."""

    confirmed: tuple[UUID, ...]
    totals: tuple[Money, ...]
    changed: tuple[Changed, ...]


def confirm_as_seen(
    *,
    reminders: QuerySet[Reminder],
    seen: Mapping[UUID, Decimal | None],
    actor: Actor,
    now: datetime,
    opens_now: bool = False,
) -> Confirmation:
    """Let go those of `reminders` that still ask for the amount somebody saw; None was seen unchanged.

    What was planned anew, confirmed by another, held or dropped meanwhile is left as it is and named in the answer.
    One audit event for all. Raises PreLitigationReserved, letting nothing go.
    """
    rows = list(
        reminders.filter(pk__in=seen)
        .select_related("customer")
        .order_by("pk")
        .select_for_update(of=("self",))
    )
    refuse_pre_litigation(rows, actor=actor)
    still = {
        row.pk for row in rows if row.state == State.PLANNED and seen[row.pk] in {None, row.amount}
    }
    confirmed = confirm_reminders(
        reminders=reminders.filter(pk__in=still), actor=actor, now=now, opens_now=opens_now
    )
    totals: dict[str, Decimal] = {}
    for row in rows:
        if row.pk in set(confirmed):
            totals[row.currency] = totals.get(row.currency, Decimal(0)) + row.amount
    return Confirmation(
        confirmed=confirmed,
        totals=tuple(Money(amount, currency) for currency, amount in sorted(totals.items())),
        changed=tuple(_changed(row, seen[row.pk]) for row in rows if row.pk not in still),
    )


def _changed(row: Reminder, seen: Decimal | None) -> Changed:
    asked = Money(row.amount, row.currency)
    return Changed(
        customer=row.customer.name,
        seen=asked if seen is None else Money(seen, row.currency),
        now=asked if row.state == State.PLANNED else None,
    )


def confirm_whole(
    *,
    reminders: QuerySet[Reminder],
    seen: str,
    actor: Actor,
    now: datetime,
    opens_now: bool = False,
) -> Confirmation:
    """Let go all of `reminders` if they still are as many and ask for as much as `seen` says. Raises ListChanged.

    `seen` is what `dunning.queries.agenda.seen_of` wrote when they were shown.
    """
    rows = list(reminders.select_related("customer").order_by("pk").select_for_update(of=("self",)))
    totals = (
        Reminder.objects.filter(pk__in=[row.pk for row in rows])
        .order_by("currency")
        .values_list("currency")
        .annotate(total=Sum("amount"), number=Count("id"))
    )
    found = [Money(total, currency) for currency, total, _number in totals]
    if seen_of(len(rows), found) != seen:
        raise ListChanged(
            _(
                "This list has changed since it was shown: it now holds %(count)s reminders over %(amounts)s. "
                "Look at it once more and confirm."
            )
            % {"count": len(rows), "amounts": ", ".join(str(each) for each in found) or "0"},
            count=len(rows),
        )
    return confirm_as_seen(
        reminders=reminders,
        seen={row.pk: row.amount for row in rows},
        actor=actor,
        now=now,
        opens_now=opens_now,
    )
