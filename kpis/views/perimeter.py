"""What the pages of indicators are about: the node, the day and the people whose customers count, from the address."""

from dataclasses import dataclass
from datetime import date

from django.http import Http404, QueryDict
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from accounts.models import Scope
from kernel import formats
from kernel.components import Chip, Link
from kernel.http import TenantRequest
from kernel.periods import month_end, months_back
from kpis.presenting import language
from kpis.queries import FigurePerimeter, FigureScope
from ledger.lists import choice_chip, with_query
from ledger.models import Customer
from ledger.permissions import SEE_CUSTOMERS

EM_SPACE = "\u2003"


@dataclass(frozen=True, slots=True)
class Perimeter:
    """The figure's scope, with the node it is about and the filters that lead to its items."""

    figures: FigureScope
    node: Scope
    currency: str
    item_filters: dict[str, str]


def asked_perimeter(request: TenantRequest, permission: str) -> Perimeter:
    """Return what the address asks about, narrowed to the customers over whom the actor holds `permission`.

    A node that does not exist is not found; a day that cannot be read is today, one to come is today too.
    """
    query = request.GET
    node = Scope.objects.filter(path=query.get("scope") or "/").first()
    if node is None:
        raise Http404
    day = min(_day(query, request.today), request.today)
    sees_all = any(
        held.scope_path == "/" and not held.reach.value for held in request.actor.held(permission)
    )
    figures = FigureScope(
        as_of=day,
        path=node.path,
        perimeter=_perimeter(query),
        customers=None if sees_all else Customer.objects.visible_to(request.actor, permission),
    )
    filters = {}
    if node.path != "/":
        filters["scope"] = node.path
    if day != request.today:
        filters["as_of"] = day.isoformat()
    return Perimeter(figures, node, request.tenant.currency, filters)


def _day(query: QueryDict, today: date) -> date:
    try:
        return parse_date(query.get("as_of", "")) or today
    except ValueError:
        return today


def _perimeter(query: QueryDict) -> FigurePerimeter:
    asked = query.get("perimeter", "")
    return next((one for one in FigurePerimeter if one.value == asked), FigurePerimeter.OPERATIONAL)


def perimeter_chips(request: TenantRequest, perimeter: Perimeter) -> list[Chip]:
    """Return the row of chips under the heading: node, day, which receivables count."""
    return [
        _node_chip(request, perimeter.node),
        _day_chip(request, perimeter.figures.as_of),
        choice_chip(
            request.GET,
            "perimeter",
            _("Receivables"),
            {
                FigurePerimeter.OPERATIONAL.value: _("Operational (411, 413)"),
                FigurePerimeter.WITH_DOUBTFUL.value: _("With doubtful (416)"),
            },
        ),
    ]


def _node_chip(request: TenantRequest, node: Scope) -> Chip:
    return Chip(
        label=_("Perimeter"),
        value=node.name,
        options=[
            Link(
                with_query(request.GET, scope=None if other.path == "/" else other.path),
                _indented(other),
                is_current=other.path == node.path,
            )
            for other in Scope.objects.all()
        ],
        is_on=node.path != "/",
    )


def _indented(node: Scope) -> str:
    """Return the name of a node, moved in by its depth."""
    depth = len([part for part in node.path.split("/") if part])
    return EM_SPACE * depth + node.name


def _day_chip(request: TenantRequest, day: date) -> Chip:
    ends = [month_end(months_back(request.today, back)) for back in range(1, 13)]
    return Chip(
        label=_("As of"),
        value=formats.day(day, language()),
        options=[
            Link(with_query(request.GET, as_of=None), _("Today"), is_current=day == request.today),
            *(
                Link(
                    with_query(request.GET, as_of=end.isoformat()),
                    formats.day(end, language()),
                    is_current=day == end,
                )
                for end in ends
            ),
        ],
        is_on=day != request.today,
    )


def can_see_items(request: TenantRequest) -> bool:
    """Return whether the actor may open the items behind a figure."""
    return request.actor.can(SEE_CUSTOMERS)
