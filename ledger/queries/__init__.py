"""Questions across the tables of the ledger; answers are dataclasses or QuerySets, nothing is ever written."""

from ledger.queries.balances import (
    Balance,
    OpenLine,
    Position,
    ageing_date,
    balance_as_of,
    customer_position,
    lines_as_of,
    open_lines,
)
from ledger.queries.customers import CustomerFilter, CustomerRow, customer_list, filtered_customers
from ledger.queries.items import (
    NOBODY,
    Item,
    ItemFilter,
    ItemList,
    ItemState,
    ItemTotal,
    filtered_items,
    has_documents,
    items_list,
    items_stream,
    newly_overdue,
)
from ledger.queries.late_payment import current_late_payment_reference
from ledger.queries.paging import Page
from ledger.queries.rates import home_and_rates, rate_on
from ledger.queries.self_audit import (
    Difference,
    DifferenceKind,
    SelfAudit,
    differences,
    last_self_audit,
)
from ledger.queries.timeline import HistoryEntry, timeline

__all__ = [
    "NOBODY",
    "Balance",
    "CustomerFilter",
    "CustomerRow",
    "Difference",
    "DifferenceKind",
    "HistoryEntry",
    "Item",
    "ItemFilter",
    "ItemList",
    "ItemState",
    "ItemTotal",
    "OpenLine",
    "Page",
    "Position",
    "SelfAudit",
    "ageing_date",
    "balance_as_of",
    "current_late_payment_reference",
    "customer_list",
    "customer_position",
    "differences",
    "filtered_customers",
    "filtered_items",
    "has_documents",
    "home_and_rates",
    "items_list",
    "items_stream",
    "last_self_audit",
    "lines_as_of",
    "newly_overdue",
    "open_lines",
    "rate_on",
    "timeline",
]
