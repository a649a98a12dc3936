"""The list of items and the page of one document."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.dateparse import parse_date
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from kernel import formats
from kernel.components import Chip
from kernel.http import CHANGING, TenantRequest, reads
from ledger import permissions
from ledger.forms import DocumentFileForm
from ledger.lists import (
    Column,
    choice_chip,
    column_choices,
    export_links,
    exported,
    saved_views,
    shown_columns,
    value_chip,
    yes,
)
from ledger.models import Customer, Document, DocumentKind, Entity
from ledger.ports import line_stages
from ledger.queries.document import document_page
from ledger.queries.document_files import files_of
from ledger.queries.items import Item, ItemFilter, ItemState, items_list, items_stream
from ledger.queries.visible import documents_visible_to
from ledger.services.document_files import FILED_KINDS

PAGE = "items"
DEFAULT_SORT = "due_date"


def states() -> dict[str, str]:
    """Return the choices of what to show."""
    return {
        ItemState.OPEN: pgettext("items", "Open"),
        ItemState.OVERDUE: pgettext("items", "Overdue"),
        ItemState.NOT_DUE: pgettext("items", "Not yet due"),
        ItemState.UNALLOCATED: pgettext("items", "Unallocated"),
        ItemState.CLEARED: pgettext("items", "Settled"),
        ItemState.ALL: pgettext("items", "All"),
    }


def columns() -> list[Column[Item]]:
    """Return the columns of the list, in order."""
    return [
        Column("number", _("Item"), lambda item: item.number),
        Column("kind", _("Type"), lambda item: str(item.kind.label), is_default=False),
        Column("customer", _("Customer"), lambda item: item.customer_name),
        Column(
            "customer_code", _("Customer code"), lambda item: item.customer_code, is_default=False
        ),
        Column("entity", _("Entity"), lambda item: item.entity_code, is_default=False),
        Column("issue_date", _("Issued"), lambda item: item.issue_date),
        Column("due_date", _("Due date"), lambda item: item.due_date),
        Column(
            "is_estimated",
            _("Estimated date"),
            lambda item: yes(item.is_estimated),
            is_default=False,
        ),
        Column("days_late", _("Days late"), lambda item: max(item.days_late, 0)),
        Column("amount", _("Amount"), lambda item: item.amount),
        Column("open_amount", _("Outstanding"), lambda item: item.open_amount),
        Column("currency", _("Currency"), lambda item: item.amount.currency, is_default=False),
        Column("collector", _("Collector"), lambda item: item.collector, is_default=False),
        Column("order_number", _("Order"), lambda item: item.order_number, is_default=False),
    ]


@reads(permissions.SEE_CUSTOMERS)
def items(request: TenantRequest) -> HttpResponse:
    """Show the items of a filter, or give them as a file."""
    asked = item_filter(request.GET)
    sort = request.GET.get("sort", DEFAULT_SORT)
    if "format" in request.GET:
        if not request.actor.can(permissions.EXPORT):
            raise PermissionDenied(permissions.EXPORT)
        rows = items_stream(asked, actor=request.actor, today=request.today, sort=sort)
        return exported(request, name=PAGE, columns=columns(), rows=rows)
    found = items_list(
        asked, actor=request.actor, today=request.today, sort=sort, page=page_number(request.GET)
    )
    shown = shown_columns(request.GET, columns())
    chips = _chips(request.GET, asked)
    context = {
        "found": found,
        "shown": shown,
        **_spans(shown),
        "columns": column_choices(request.GET, columns()),
        "chips": chips,
        "filter_words": ", ".join(_filter_words(asked, chips)),
        "views": saved_views(request, PAGE, _ready_views()),
        "exports": export_links(request.GET) if request.actor.can(permissions.EXPORT) else [],
        "default_sort": DEFAULT_SORT,
        "is_filtered": bool(request.GET.keys() - {"sort", "page", "density", "columns"}),
    }
    return render(request, "ledger/items.html", context)


def _filter_words(asked: ItemFilter, chips: list[Chip]) -> list[str]:
    """Return what narrows the list, in words."""
    searched = [_("“%(words)s”") % {"words": asked.words}] if asked.words else []
    return searched + [f"{chip.label} {chip.value}" for chip in chips if chip.is_on]


def _written(day: date | None) -> str:
    return formats.day(day, (get_language() or "en")[:2]) if day else ""


def _spans(shown: set[str]) -> dict[str, int]:
    """Return how many shown columns stand before the two amounts, and how many after them."""
    order = [column.name for column in columns()]
    first_amount = order.index("amount")
    return {
        "lead": max(1, sum(name in shown for name in order[:first_amount])),
        "tail": sum(name in shown for name in order[first_amount + 2 :]),
    }


def _ready_views() -> list[tuple[str, str]]:
    return [
        (pgettext("items", "Open"), ""),
        (pgettext("items", "Overdue"), "state=overdue"),
        (pgettext("items", "More than 60 days late"), "state=overdue&late_from=61"),
        (pgettext("items", "Falling due"), "state=not_due"),
        (pgettext("items", "Unallocated"), "state=unallocated"),
        (pgettext("items", "Settled"), "state=cleared&sort=-cleared_date"),
    ]


def item_filter(query: QueryDict) -> ItemFilter:
    """Return the filter of a query string; what cannot be read is left out, as if it had not been asked."""
    asked = ItemFilter(
        as_of=_day(query.get("as_of", "")),
        state=_state(query.get("state", "")),
        customer_code=query.get("customer", ""),
        scope_path=query.get("scope") or "/",
        entity_code=query.get("entity", ""),
        group_code=query.get("group", ""),
        country=query.get("country", ""),
        collector=query.get("collector", ""),
        sales_rep=query.get("sales_rep", ""),
        currency=query.get("currency", ""),
        late_from=_number(query.get("late_from", "")),
        late_to=_number(query.get("late_to", "")),
        issued_from=_day(query.get("issued_from", "")),
        issued_to=_day(query.get("issued_to", "")),
        words=query.get("q", "")[:80],
    )
    kind = query.get("kind", "")
    if kind in DocumentKind.values:
        asked = replace(asked, kind=DocumentKind(kind))
    return asked


def _state(text: str) -> ItemState:
    return next((state for state in ItemState if state.value == text), ItemState.OPEN)


def page_number(query: QueryDict) -> int:
    """Return the page asked for, the first when it is no number."""
    return _number(query.get("page", "")) or 1


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None  # noqa: PLR2004  a page, days


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _chips(query: QueryDict, asked: ItemFilter) -> list[Chip]:
    entities = dict(Entity.objects.values_list("code", "name"))
    kinds = {kind.value: str(kind.label) for kind in DocumentKind}
    chips = [
        choice_chip(query, "state", _("State"), states()),
        choice_chip(query, "kind", _("Type"), kinds),
        choice_chip(query, "entity", _("Entity"), entities),
        value_chip(query, "customer", _("Customer"), asked.customer_code),
        value_chip(query, "scope", _("Perimeter"), asked.scope_path),
        value_chip(query, "collector", _("Collector"), asked.collector),
        value_chip(query, "sales_rep", _("Sales representative"), asked.sales_rep),
        value_chip(query, "country", _("Country"), asked.country),
        value_chip(query, "as_of", _("As of"), _written(asked.as_of)),
        value_chip(query, "late_from", _("Days late from"), str(asked.late_from)),
        value_chip(query, "late_to", _("Days late to"), str(asked.late_to)),
    ]
    return [chip for chip in chips if chip is not None]


@reads(permissions.SEE_CUSTOMERS)
def item(request: TenantRequest, document_id: UUID) -> HttpResponse:
    """Show one document with its lines and what settled it."""
    document = get_object_or_404(
        documents_visible_to(request.actor).select_related(
            "customer", "entity", "linked_document", "batch"
        ),
        pk=document_id,
    )
    return item_answer(request, document)


def item_answer(
    request: TenantRequest,
    document: Document,
    form: DocumentFileForm | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """Return the page of a document the actor may see; `form` is the one of its files where it was filled in wrong."""
    can_add = (
        document.kind in FILED_KINDS
        and request.actor.can(permissions.IMPORT_LEDGER, *CHANGING)
        and Customer.objects.visible_to(request.actor, permissions.IMPORT_LEDGER)
        .filter(pk=document.customer_id)
        .exists()
    )
    page = document_page(document)
    context = {
        "page": page,
        "stages": line_stages()(page.lines, today=request.today),
        "today": request.today,
        "files": files_of([document.pk]).get(document.pk, []),
        "form": (form or DocumentFileForm()) if can_add else None,
    }
    return render(request, "ledger/item.html", context, status=status)
