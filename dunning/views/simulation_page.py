"""What a page of simulations is handed, whether found just now or kept by a worker."""

from collections.abc import Sequence
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.utils.translation import gettext as _

from dunning.queries import foresight
from dunning.queries.stored_simulations import Findings, Named
from dunning.rules.findings import FoundStep
from dunning.simulation_presenting.drawing import charts_of
from dunning.simulation_presenting.naming import amounts, channel_word
from dunning.simulation_presenting.rows import (
    change_counts,
    change_rows,
    collision_rows,
    customer_row,
    day_rows,
)
from dunning.simulation_presenting.sums import sums_beside
from kernel.http import TenantRequest
from kernel.money import Money
from ledger import permissions as ledger
from ledger.lists import Column, exported, with_query
from ledger.queries.paging import Page, bounds

MOST_CHANGES = 200
MOST_COLLISIONS = 100
CUSTOMERS_A_PAGE = 50
MOST_DIGITS = 6


def found_context(
    request: TenantRequest, found: Findings, *, titles: Sequence[str], calls: int
) -> dict[str, object]:
    """Return the parts of the page that tell what was found; `calls` is what the team makes a day."""
    sides = found.sides
    number, cut = bounds(_page_number(request), CUSTOMERS_A_PAGE, found.count)
    rows = [customer_row(*each) for each in found.customers(cut)]
    changed = sorted(
        (
            (code, name, change)
            for code, name, each in found.changed(MOST_CHANGES)
            for change in each.changes
        ),
        key=lambda row: row[2].day,
    )
    steps_changed = sum(sides[0].changes.values())
    colliding = found.colliding(MOST_COLLISIONS)
    return {
        "walked": sides[0].customer_count,
        "titles": titles,
        "lines": sums_beside(sides, calls=calls),
        "calls": calls,
        "sides": [
            {
                "title": title,
                "amounts": amounts(side.totals),
                "charts": charts_of(
                    side,
                    calls=calls,
                    today=request.today,
                    title=title if len(sides) > 1 else "",
                ),
                "collisions": [row for each in colliding for row in collision_rows(*each, place)][
                    :MOST_COLLISIONS
                ],
                "twice": side.twice,
            }
            for place, (title, side) in enumerate(zip(titles, sides, strict=True))
        ],
        "days": day_rows(sides, calls=calls),
        "customers": Page(rows, number, CUSTOMERS_A_PAGE, found.count),
        "unseen": found.unseen,
        "counts": change_counts(sides[0].changes),
        "changes": change_rows(changed[:MOST_CHANGES]),
        "more_changes": max(steps_changed - MOST_CHANGES, 0),
        "export_url": with_query(request.GET, format="xlsx")
        if request.actor.can(ledger.EXPORT)
        else "",
    }


def _page_number(request: TenantRequest) -> int:
    text = request.GET.get("page", "")
    is_number = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
    return max(1, int(text)) if is_number else 1


Dated = tuple[str, Named, FoundStep]


def found_file(request: TenantRequest, found: Findings, *, titles: Sequence[str]) -> HttpResponse:
    """Give the dates of every customer who may be seen, one row for each step."""
    if not request.actor.can(ledger.EXPORT):
        raise PermissionDenied(ledger.EXPORT)
    rows = (
        (title, each, step)
        for each in found.everybody()
        for title, steps in zip(titles, each[2].sides, strict=True)
        for step in steps
    )
    return exported(request, name="simulation", columns=_columns(), rows=rows)


def _columns() -> list[Column[Dated]]:
    entities: dict[UUID, str] = foresight.entity_codes()
    return [
        Column("version", _("Version"), lambda row: row[0]),
        Column("day", _("Day"), lambda row: row[2].day),
        Column("planned", _("Decided on"), lambda row: row[2].planned_date),
        Column("code", _("Customer code"), lambda row: row[1][0]),
        Column("name", _("Customer"), lambda row: row[1][1]),
        Column("entity", _("Entity"), lambda row: entities[row[2].entity_id]),
        Column("channel", _("Channel"), lambda row: channel_word(row[2].channel)),
        Column("level", _("Level"), lambda row: row[2].level),
        Column("amount", _("Amount"), lambda row: Money(row[2].amount, row[2].currency)),
        Column("currency", _("Currency"), lambda row: row[2].currency),
    ]
