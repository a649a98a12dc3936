"""Why an invoice was not paid, as the customer's people say it (R62)."""

from enum import StrEnum


class Cause(StrEnum):
    """A cause of non-payment; it is asked for after every contact that reached somebody."""

    FORGOTTEN = "forgotten"
    PAYMENT_RUN = "payment_run"
    APPROVAL_PENDING = "approval_pending"
    NOT_RECEIVED = "not_received"
    CASH_SHORTAGE = "cash_shortage"
    NO_BUDGET = "no_budget"
    PRICE = "price"
    DELIVERY = "delivery"
    QUALITY = "quality"
    ADMINISTRATIVE = "administrative"
    ALREADY_PAID = "already_paid"
    WRONG_CONTACT = "wrong_contact"
    UNKNOWN = "unknown"
