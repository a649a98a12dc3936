"""What stands under the agenda: promises due these days, and why customers have not paid."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from dunning import agenda_presenting as presenting
from dunning.labels import WORD_TONES
from dunning.models import Cause
from dunning.permissions import RECORD_PROMISE
from dunning.queries.call import CAUSE_DAYS, causes_of_non_payment
from dunning.queries.promises import PromiseStanding, promise_calendar
from dunning.rules.promises import PromiseState
from kernel import formats
from kernel.http import TenantRequest
from kernel.money import Money

BEFORE, AFTER = timedelta(days=7), timedelta(days=7)
PROMISES_SHOWN = 12
UNKNOWN_TARGET = Decimal("0.10")
"""At most so many contacts may end without a cause (R62)."""


@dataclass(frozen=True, slots=True)
class Promised:
    """A promise of these days: who, how much, by when, and what became of it in words and tone."""

    customer: str
    code: str
    day: date
    amount: Money
    word: str
    badge: str


@dataclass(frozen=True, slots=True)
class PromisesCard:
    """The promises from a week ago to a week ahead, by what became of them."""

    rows: list[Promised]
    due: int
    kept: int
    broken: int
    more: int


_ORDER = (
    PromiseState.BROKEN,
    PromiseState.PENDING,
    PromiseState.TO_APPROVE,
    PromiseState.KEPT,
)


def promises_card(request: TenantRequest) -> PromisesCard | None:
    """Return the promises of these days; None for whoever takes none down."""
    if not request.actor.can(RECORD_PROMISE):
        return None
    today = request.today
    found = [
        each
        for each in promise_calendar(
            request.actor, first=today - BEFORE, last=today + AFTER, today=today
        )
        if each.state in _ORDER
    ]
    found.sort(key=lambda each: (_ORDER.index(each.state), each.promise.promised_date))

    def count(*states: PromiseState) -> int:
        return sum(1 for each in found if each.state in states)

    return PromisesCard(
        rows=[_promised(each, today) for each in found[:PROMISES_SHOWN]],
        due=count(PromiseState.PENDING, PromiseState.TO_APPROVE),
        kept=count(PromiseState.KEPT),
        broken=count(PromiseState.BROKEN),
        more=max(0, len(found) - PROMISES_SHOWN),
    )


def _promised(each: PromiseStanding, today: date) -> Promised:
    promise = each.promise
    words = {
        PromiseState.BROKEN: _("broken"),
        PromiseState.PENDING: _("due today") if promise.promised_date == today else _("expected"),
        PromiseState.TO_APPROVE: _("to approve"),
        PromiseState.KEPT: _("kept"),
    }
    return Promised(
        customer=promise.customer.name,
        code=promise.customer.code,
        day=promise.promised_date,
        amount=Money(promise.amount, promise.currency),
        word=words[each.state],
        badge=WORD_TONES[each.state.value],
    )


@dataclass(frozen=True, slots=True)
class CauseBar:
    """A cause with its share, and the width of its bar."""

    label: str
    count: int
    share: str
    width: str


@dataclass(frozen=True, slots=True)
class CausesCard:
    """Why customers have not paid, over `days`; `is_vague` when too many contacts named no cause."""

    bars: list[CauseBar]
    total: int
    unknown: str
    is_vague: bool
    days: int


def causes_card(request: TenantRequest) -> CausesCard | None:
    """Return the causes of non-payment of the actor's customers; None while nobody was reached."""
    found = causes_of_non_payment(request.actor, today=request.today)
    if not found:
        return None
    language = presenting.language()
    unknown = sum((each.share for each in found if each.cause == Cause.UNKNOWN), Decimal(0))
    longest = found[0].share
    return CausesCard(
        bars=[
            CauseBar(
                str(each.cause.label),
                each.count,
                formats.percent(each.share, language, decimals=0),
                f"{100 * each.share / longest:.1f}%",
            )
            for each in found
        ],
        total=sum(each.count for each in found),
        unknown=formats.percent(unknown, language, decimals=0),
        is_vague=unknown > UNKNOWN_TARGET,
        days=CAUSE_DAYS,
    )
