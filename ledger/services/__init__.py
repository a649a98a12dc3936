"""The verbs of the ledger: who may owe, on what terms, and what settles what.

Each verb runs in the open tenant scope, locks rows in one order (customer, credit line, debit line), says who did it
in the audit trail and in the customer's history, and refuses with a sentence.
"""

from ledger.services.allocations import (
    AllocationRefused,
    allocate,
    recompute_lines,
    reverse_allocation,
)
from ledger.services.contacts import ContactRefused, upsert_contact
from ledger.services.customers import (
    UNCHANGED,
    CustomerRefused,
    change_terms,
    classify,
    open_customer,
    set_owners,
)
from ledger.services.documents import DocumentRefused, NewDocument, NewLine, record_document
from ledger.services.due_dates import RedatingRefused, redate_line
from ledger.services.entities import open_entity
from ledger.services.history import note
from ledger.services.rates import RateRefused, record_exchange_rate
from ledger.services.terms import define_terms, review_for, terms_as_rule

__all__ = [
    "UNCHANGED",
    "AllocationRefused",
    "ContactRefused",
    "CustomerRefused",
    "DocumentRefused",
    "NewDocument",
    "NewLine",
    "RateRefused",
    "RedatingRefused",
    "allocate",
    "change_terms",
    "classify",
    "define_terms",
    "note",
    "open_customer",
    "open_entity",
    "recompute_lines",
    "record_document",
    "record_exchange_rate",
    "redate_line",
    "reverse_allocation",
    "review_for",
    "set_owners",
    "terms_as_rule",
    "upsert_contact",
]
