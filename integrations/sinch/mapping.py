"""What Sinch's statuses mean to us."""

from types import MappingProxyType
from typing import Any

from dunning.channels import CarrierReport
from dunning.rules.delivery import EventKind
from integrations.web import instant

_FINAL = MappingProxyType(
    {
        "delivered": EventKind.DELIVERED,
        "aborted": EventKind.UNDELIVERED,
        "cancelled": EventKind.UNDELIVERED,
        "deleted": EventKind.UNDELIVERED,
        "expired": EventKind.UNDELIVERED,
        "failed": EventKind.UNDELIVERED,
        "rejected": EventKind.UNDELIVERED,
    }
)
"""Queued and dispatched are on their way; of unknown nothing is known."""


def report_of(reference: str, status: dict[str, Any]) -> CarrierReport | None:
    """Return what a status of one number says; None while it is not final."""
    word = str(status.get("status", "")).casefold()
    kind = _FINAL.get(word)
    if kind is None:
        return None
    detail = "" if kind is EventKind.DELIVERED else f"{word}, {status.get('code', '')}"
    return CarrierReport(kind, f"sinch:{reference}:{word}", instant(status.get("at")), detail)
