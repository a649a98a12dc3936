"""The list of customers: who needs attention, with what each owes, how late, and what comes next."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import Membership, Scope
from credit.permissions import SEE_OPINIONS
from dunning.models import Scenario
from kernel.components import Chip
from kernel.http import TenantRequest, reads
from kernel.permissions import Actor
from kernel.tables_export import Cell
from kpis.queries.customer_list import (
    DEFAULT_SORT,
    CustomerFigures,
    CustomerFiguresList,
    CustomerView,
    NextAction,
    customer_figures,
    next_actions,
)
from kpis.words import bucket_labels
from ledger import permissions
from ledger.lists import (
    Column,
    choice_chip,
    column_choices,
    export_links,
    exported,
    saved_views,
    shown_columns,
    value_chip,
)
from ledger.models import Customer
from ledger.queries import NOBODY
from ledger.queries.customers import CustomerFilter

PAGE = "customers"
MOST_DIGITS = 6  # of a page number
PERCENT = Decimal("0.0001")
# The filters that a list of items knows under the same name.
ITEM_FILTERS = ("scope", "collector", "sales_rep", "country", "group")


def view_labels(actor: Actor) -> dict[str, str]:
    """Return the choices of which customers to show; limits are opinions."""
    labels = {
        CustomerView.ALL.value: _("All"),
        CustomerView.OVERDUE.value: pgettext("customers", "Overdue"),
        CustomerView.OVER_LIMIT.value: _("Over the limit"),
        CustomerView.DISPUTED.value: _("Disputed"),
        CustomerView.OVER_60.value: _("More than 60 days late"),
        CustomerView.WITHOUT_CONTACT.value: _("Without contact"),
        CustomerView.ILLEGAL_TERMS.value: _("Terms beyond the law"),
    }
    if not actor.can(SEE_OPINIONS):
        labels.pop(CustomerView.OVER_LIMIT.value)
    return labels


Actions = Mapping[UUID, NextAction]


def columns(actor: Actor, actions: Actions) -> list[Column[CustomerFigures]]:
    """Return the columns of the list, in order; those that share a name are one on the page and several in a file."""
    buckets = bucket_labels()
    judged = actor.can(SEE_OPINIONS)
    opinions: list[Column[CustomerFigures]] = [
        Column("used", _("Limit used"), lambda row: _fraction(row.used)),
        Column("used", _("Credit limit"), lambda row: row.limit.amount if row.limit else None),
        Column(
            "used", _("Currency of the limit"), lambda row: row.limit.currency if row.limit else ""
        ),
    ]
    return [
        Column("name", _("Customer"), lambda row: row.name),
        Column("name", _("Customer code"), lambda row: row.code),
        Column("siren", _("SIREN"), lambda row: row.siren, is_default=False),
        Column("portfolio", _("Portfolio"), lambda row: row.portfolio, is_default=False),
        Column("terms", _("Payment terms"), lambda row: row.terms, is_default=False),
        Column("receivables", _("Receivables"), lambda row: row.receivables),
        Column("overdue", _("Overdue"), lambda row: row.overdue),
        *(
            Column("ageing", label, lambda row, key=key: row.columns[key])  # type: ignore[misc]
            for key, label in buckets.items()
        ),
        Column("disputed", _("Disputed"), lambda row: row.disputed, is_default=False),
        Column("oldest", _("Oldest, days late"), lambda row: row.oldest_days_late),
        *(opinions if judged else []),
        Column("next", _("Next action"), lambda row: _action_words(actions.get(row.id))),
        Column("next", _("Planned for"), lambda row: _action_day(actions.get(row.id))),
        Column("collector", _("Collector"), lambda row: row.collector),
        Column("sales_rep", _("Sales representative"), lambda row: row.sales_rep, is_default=False),
    ]


def _fraction(used: Decimal | None) -> Cell:
    return None if used is None else used.quantize(PERCENT, rounding=ROUND_HALF_UP)


def _action_words(action: NextAction | None) -> str:
    if action is None:
        return ""
    words = {"channel": action.channel_label, "level": action.level}
    return _("%(channel)s, level %(level)s") % words


def _action_day(action: NextAction | None) -> date | None:
    return action.planned_date if action else None


@reads(permissions.SEE_CUSTOMERS)
def customers(request: TenantRequest) -> HttpResponse:
    """Show the customers of a filter, or give them as a file."""
    if "format" in request.GET or request.GET.get("action") == "export":
        return _export(request)
    found = _found(request, page=page_number(request.GET), page_size=50)
    all_columns = columns(request.actor, {})
    shown = shown_columns(request.GET, all_columns)
    chips = _chips(request)
    actions = next_actions([row.id for row in found.page.rows])
    context = {
        "found": found,
        "rows": [(row, actions.get(row.id)) for row in found.page.rows],
        "shown": shown,
        "spans": _spans(shown),
        "columns": _picked_once(column_choices(request.GET, all_columns)),
        "chips": chips,
        "filter_words": ", ".join(f"{chip.label} {chip.value}" for chip in chips if chip.is_on),
        "views": saved_views(request, PAGE, _ready_views(request.actor)),
        "exports": export_links(request.GET) if request.actor.can(permissions.EXPORT) else [],
        "default_sort": DEFAULT_SORT,
        "is_filtered": bool(request.GET.keys() - {"sort", "page", "density", "columns"}),
        "kept": [
            (name, value)
            for name, values in request.GET.lists()
            if name not in {"pick", "page", "action", "every"}
            for value in values
        ],
        "bulk_actions": _bulk_actions(request.actor),
        "item_urls": _item_urls(request.GET),
        "without_rate": ", ".join(sorted(found.currencies_without_rate)),
    }
    return render(request, "kpis/customers.html", context)


def _found(
    request: TenantRequest, *, page: int, page_size: int | None, only: list[UUID] | None = None
) -> CustomerFiguresList:
    return customer_figures(
        customer_filter(request.GET),
        asked_view(request),
        actor=request.actor,
        today=request.today,
        sort=request.GET.get("sort", DEFAULT_SORT),
        page=page,
        page_size=page_size,
        only=only,
        scenario=request.GET.get("scenario", ""),
    )


def _export(request: TenantRequest) -> HttpResponse:
    if not request.actor.can(permissions.EXPORT):
        raise PermissionDenied(permissions.EXPORT)
    found = _found(request, page=1, page_size=None, only=_ticked(request.GET)).page.rows
    actions = next_actions([row.id for row in found])
    return exported(request, name=PAGE, columns=columns(request.actor, actions), rows=found)


def _ticked(query: QueryDict) -> list[UUID] | None:
    """Return the rows that were ticked; None for the whole filter."""
    if query.get("action") != "export" or query.get("every"):
        return None
    found = []
    for text in query.getlist("pick"):
        with suppress(ValueError):
            found.append(UUID(text))
    return found


def customer_filter(query: QueryDict) -> CustomerFilter:
    """Return the filter of a query string."""
    return CustomerFilter(
        words=query.get("q", "")[:80],
        scope_path=query.get("scope") or "/",
        group_code=query.get("group", ""),
        country=query.get("country", ""),
        collector=query.get("collector", ""),
        sales_rep=query.get("sales_rep", ""),
        risk_owner=query.get("risk_owner", ""),
    )


def asked_view(request: TenantRequest) -> CustomerView:
    """Return which customers are asked for; everybody when the word is none of ours or not for this person."""
    asked = request.GET.get("view", "")
    view = next((one for one in CustomerView if one.value == asked), CustomerView.ALL)
    if view is CustomerView.OVER_LIMIT and not request.actor.can(SEE_OPINIONS):
        return CustomerView.ALL
    return view


def page_number(query: QueryDict) -> int:
    """Return the page asked for, the first when it is no number."""
    text = query.get("page", "")
    is_number = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
    return max(1, int(text)) if is_number else 1


def _ready_views(actor: Actor) -> list[tuple[str, str]]:
    return [
        (label, "" if value == CustomerView.ALL.value else f"view={value}")
        for value, label in view_labels(actor).items()
    ]


def _chips(request: TenantRequest) -> list[Chip]:
    query, actor = request.GET, request.actor
    known = view_labels(actor) | bucket_labels()
    people = {
        person.key: person.name
        for person in Membership.objects.filter(
            pk__in=Customer.objects.visible_to(actor).order_by().values("collector")
        ).order_by("name")
    }
    nodes = {"/": _("Everything")} | {
        node.path: node.name for node in Scope.objects.exclude(path="/").order_by("path")
    }
    scenarios = dict(Scenario.objects.filter(is_archived=False).values_list("code", "name"))
    chips = [
        choice_chip(query, "view", _("Show"), known),
        choice_chip(query, "scope", _("Perimeter"), nodes),
        choice_chip(query, "collector", _("Collector"), people | {NOBODY: _("Nobody")}),
        choice_chip(query, "scenario", _("Scenario"), scenarios) if scenarios else None,
        value_chip(query, "sales_rep", _("Sales representative"), query.get("sales_rep", "")),
        value_chip(query, "country", _("Country"), query.get("country", "")),
        value_chip(query, "group", _("Group"), query.get("group", "")),
        value_chip(query, "risk_owner", _("Risk owner"), query.get("risk_owner", "")),
        value_chip(query, "q", _("Search"), query.get("q", "")),
    ]
    return [chip for chip in chips if chip is not None]


def _bulk_actions(actor: Actor) -> list[dict[str, object]]:
    if not actor.can(permissions.EXPORT):
        return []
    return [
        {"name": "export", "label": _("Export the selection"), "icon": "download", "is_main": True}
    ]


def _picked_once(choices: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return one choice per name; the ageing bar stands for the six columns of its file."""
    once: dict[object, dict[str, object]] = {}
    for choice in choices:
        once.setdefault(choice["name"], choice)
    if "ageing" in once:
        once["ageing"]["label"] = _("Aged balance")
    return list(once.values())


def _spans(shown: set[str]) -> dict[str, int]:
    """Return how many shown columns stand before the first amount and between and after the others."""
    return {
        "lead": 1 + sum(name in shown for name in ("siren", "portfolio", "terms")),
        "tail": sum(name in shown for name in ("oldest", "used", "next", "collector", "sales_rep")),
    }


def _item_urls(query: QueryDict) -> dict[str, Any]:
    """Return where the totals lead: to the items that sum to them, where a list of items can say the same filter."""
    filters = {name: query[name] for name in ITEM_FILTERS if query.get(name)}
    view = query.get("view", "") or CustomerView.ALL.value
    if query.get("q") or query.get("risk_owner") or query.get("scenario"):
        return {}
    urls = {}
    if view == CustomerView.ALL.value:
        urls["receivables"] = f"/items?{urlencode(filters)}" if filters else "/items"
    if view in {CustomerView.ALL.value, CustomerView.OVERDUE.value}:
        urls["overdue"] = f"/items?{urlencode({**filters, 'state': 'overdue'})}"
    return urls
