"""What Maileva's statuses of a recipient mean to us."""

from types import MappingProxyType
from typing import Any

from dunning.channels import CarrierReport
from dunning.rules.delivery import EventKind
from integrations.web import instant

_FINAL = MappingProxyType(
    {
        "ACCEPTED": EventKind.DELIVERED,
        "REFUSED": EventKind.REFUSED,
        "NOT_CLAIMED": EventKind.NOT_CLAIMED,
        "REJECTED": EventKind.UNDELIVERED,
        "CANCELED": EventKind.UNDELIVERED,
        "ERROR": EventKind.UNDELIVERED,
        "TO_UPDATE": EventKind.UNDELIVERED,
    }
)
"""Pending and processed are on their way. TO_UPDATE: the address has to be corrected, nothing arrived."""


def report_of(reference: str, recipient: dict[str, Any]) -> CarrierReport | None:
    """Return what a recipient's status says; None while it is not final."""
    word = str(recipient.get("status", ""))
    kind = _FINAL.get(word)
    if kind is None:
        return None
    detail = str(recipient.get("status_detail") or "")[:300]
    return CarrierReport(
        kind, f"maileva:{reference}:{word}", instant(recipient.get("status_date")), detail
    )
