"""What sales add to a customer's page: visits, comments that not everybody reads, and margins (R5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.services import audit
from credit.models import CustomerMargin
from credit.rules.relations import SENSITIVE, VISIT
from kernel.errors import Refused
from kernel.permissions import Actor
from ledger.models import Customer, TimelineEntry, TimelineKind
from ledger.services import note

LONGEST = 2000


class RelationRefused(Refused):
    """The visit or the margin cannot be kept so."""

    code: ClassVar[str] = "relation_refused"


@dataclass(frozen=True, slots=True)
class NewMargin:
    """What a customer's sales leave from a day on, as fractions; one of the two may be unknown."""

    customer: Customer
    valid_from: date
    expected: Decimal | None
    actual: Decimal | None


def note_visit(
    *, customer: Customer, day: date, words: str, is_sensitive: bool, actor: Actor, today: date
) -> None:
    """Keep what a visit or a talk with a customer brought; a sensitive one is read by few, and each reading is audited.

    Raises RelationRefused.
    """
    said = words.strip()
    if not said or len(said) > LONGEST:
        raise RelationRefused(
            _("Say what was seen or agreed, in at most %(limit)s characters.") % {"limit": LONGEST}
        )
    if day > today:
        raise RelationRefused(_("A visit is noted once it took place."))
    note(
        customer=customer,
        kind=TimelineKind.NOTE,
        text_code=SENSITIVE if is_sensitive else VISIT,
        actor=actor,
        words=said,
        facts={"day": day.isoformat()} | ({"is_sensitive": True} if is_sensitive else {}),
    )
    audit.record(
        actor=actor,
        action="credit.note_visit",
        object_kind="customer",
        object_id=customer.pk,
        is_sensitive=is_sensitive,
    )


def read_sensitive(*, entry: TimelineEntry, actor: Actor) -> str:
    """Return the words of a sensitive comment; that somebody read them is in the trail."""
    audit.record(
        actor=actor,
        action="credit.read_sensitive_comment",
        object_kind="customer",
        object_id=entry.customer_id,
        entry=str(entry.pk),
    )
    return entry.words


def enter_margins(margins: Sequence[NewMargin], *, actor: Actor, now: datetime, today: date) -> int:
    """Keep margins of customers, each from its day on; the same day again replaces it. Raises RelationRefused."""
    if actor.membership_id is None:
        raise RelationRefused(_("A margin is entered by a person."))
    for one in margins:
        _refuse(one, today)
        CustomerMargin.objects.update_or_create(
            customer=one.customer,
            valid_from=one.valid_from,
            defaults={
                "expected": one.expected,
                "actual": one.actual,
                "entered_by_id": actor.membership_id,
                "entered_at": now,
            },
        )
        _keep(one.customer.pk, one, actor)
    return len(margins)


def _refuse(one: NewMargin, today: date) -> None:
    facts = {"customer": one.customer.name}
    if one.expected is None and one.actual is None:
        raise RelationRefused(
            _("Give the expected margin of %(customer)s, or the actual one.") % facts
        )
    if any(rate is not None and not -1 <= rate <= 1 for rate in (one.expected, one.actual)):
        raise RelationRefused(
            _("A margin of %(customer)s is from −1 to 1, as a part of its sales.") % facts
        )
    if one.valid_from > today:
        raise RelationRefused(_("A margin of %(customer)s begins today at the latest.") % facts)


def _keep(customer_id: UUID, one: NewMargin, actor: Actor) -> None:
    audit.record(
        actor=actor,
        action="credit.enter_margin",
        object_kind="customer",
        object_id=customer_id,
        valid_from=one.valid_from.isoformat(),
        expected=str(one.expected or ""),
        actual=str(one.actual or ""),
    )
