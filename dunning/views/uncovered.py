"""The page of overdue lines that slipped through or are stuck: why each, and the one click that sets it going."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from dunning import permissions
from dunning.labels import HOLD_REASONS
from dunning.models import HeldBack
from dunning.queries.uncovered import overdue_numbers, stuck_groups, uncovered
from dunning.rules.stuck import Fix, fix_of
from kernel.http import TenantRequest, reads
from kernel.money import Money
from ledger.queries.paging import Page, bounds

A_PAGE = 25
MOST_DIGITS = 6


@dataclass(frozen=True, slots=True)
class StuckRow:
    """A group nobody would chase: whose, what, why, and where one click mends it."""

    code: str
    name: str
    entity: str
    numbers: list[str]
    more: int
    amount: Money
    reason: str
    action: str
    url: str


@reads(permissions.SEND_REMINDER)
def stuck(request: TenantRequest) -> HttpResponse:
    """List what slipped through, the largest first."""
    groups = stuck_groups(request.actor)
    count = groups.count()
    number, cut = bounds(_page_number(request), A_PAGE, count)
    shown = list(groups[cut])
    numbers = overdue_numbers(shown, today=request.today)
    rows = [
        _row(each, numbers.get((each.customer_id, each.entity_id, each.currency), []))
        for each in shown
    ]
    context = {
        "page": Page(rows, number, A_PAGE, count),
        "uncovered": uncovered(request.actor),
        "today": request.today,
    }
    return render(request, "dunning/uncovered.html", context)


def _page_number(request: TenantRequest) -> int:
    text = request.GET.get("page", "")
    is_number = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
    return max(1, int(text)) if is_number else 1


def _row(group: HeldBack, numbers: list[str]) -> StuckRow:
    fix = fix_of(group.reason)
    action, url = _FIXES[fix](group) if fix else ("", "")
    return StuckRow(
        code=group.customer.code,
        name=group.customer.name,
        entity=group.entity.code,
        numbers=numbers,
        more=max(group.line_count - len(numbers), 0),
        amount=Money(group.amount, group.currency),
        reason=str(HOLD_REASONS.get(group.reason, group.reason)),
        action=action,
        url=url,
    )


def _tab(group: HeldBack, tab: str, anchor: str = "") -> str:
    return f"{reverse('customer', args=[group.customer.code])}?tab={tab}{anchor}"


def _unallocated(group: HeldBack) -> str:
    query = urlencode({"state": "unallocated", "customer": group.customer.code})
    return f"{reverse('items')}?{query}"


_FIXES: dict[Fix, Callable[[HeldBack], tuple[str, str]]] = {
    Fix.ADD_CONTACT: lambda group: (_("Add a contact"), _tab(group, "contacts", "#contact")),
    Fix.CHOOSE_SCENARIO: lambda group: (
        _("Choose a scenario"),
        _tab(group, "scenario", "#choose-title"),
    ),
    Fix.APPLY_CASH: lambda group: (_("Allocate the money"), _unallocated(group)),
    Fix.ALLOCATE_CREDIT: lambda group: (_("Allocate the credit notes"), _unallocated(group)),
    Fix.DECIDE: lambda group: (_("Decide"), reverse("customer_legal", args=[group.customer_id])),
    Fix.RELEASE_RUN: lambda _group: (_("Look at the run"), reverse("agenda")),
}
