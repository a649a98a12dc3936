"""What a representative says of a late customer in one tap: called, promised (R54)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import ClassVar

from django.utils.translation import gettext as _

from accounts.services import audit
from dunning.models import Promise
from dunning.queries.sales import sends_recap
from dunning.rules.promises import PromiseSource
from dunning.services.promises import record_promise
from kernel.errors import Refused
from kernel.permissions import Actor
from ledger.models import Customer, DueLine, TimelineKind
from ledger.services.history import note

LONGEST = 500


class NothingLate(Refused):
    """A promise about a customer who owes nothing late that could be promised."""

    code: ClassVar[str] = "nothing_late"


def report_call(*, customer: Customer, words: str, actor: Actor, now: datetime) -> None:
    """Note that sales spoke to a customer. It is no contact of the chase, which goes on as planned."""
    note(
        customer=customer,
        kind=TimelineKind.CALL,
        text_code="dunning.called_by_sales",
        actor=actor,
        words=words.strip()[:LONGEST],
        at=now,
    )
    audit.record(
        actor=actor,
        action="dunning.report_call_of_sales",
        object_kind="customer",
        object_id=customer.pk,
    )


def promise_all_late(
    *,
    customer: Customer,
    lines: Sequence[DueLine],
    promised_date: date,
    actor: Actor,
    today: date,
    now: datetime,
    words: str = "",
    is_proposal: bool,
) -> tuple[Promise, ...]:
    """Take down that these late lines are paid by a day: one promise for each company and currency.

    Raises NothingLate, PromiseNotPossible.
    """
    groups: dict[tuple[object, str], list[DueLine]] = {}
    for line in lines:
        groups.setdefault((line.entity_id, line.currency), []).append(line)
    if not groups:
        raise NothingLate(
            _("%(customer)s owes nothing late that could be promised. Reload the page.")
            % {"customer": customer.name}
        )
    return tuple(
        record_promise(
            customer=customer,
            due_lines=[line.pk for line in group],
            promised_date=promised_date,
            amount=None,
            actor=actor,
            today=today,
            now=now,
            source=PromiseSource.SALES,
            words=words,
            is_proposal=is_proposal,
            sends_recap=sends_recap(),
        )
        for group in groups.values()
    )
