"""What a report about a message means, and what it makes of the reminder, whatever order reports come in.

Source: DOMAIN 5.2 (delivery states, channel fallback), RELIABILITY P20; RFC 3463 (codes), RFC 3464 (reports).
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from dunning.rules.outbox import State, may_follow


class EventKind(StrEnum):
    """What is reported.

    UNDELIVERED: a text message or an e-letter did not arrive, which says nothing about the address of e-mails. REFUSED
    and NOT_CLAIMED: the addressee did not take an e-letter; it was presented all the same, and a formal notice stays
    valid (Cass. 1re civ., 20 January 2021), so the reminder stays sent.
    """

    DELIVERED = "delivered"
    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCE = "soft_bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBED = "unsubscribed"
    UNDELIVERED = "undelivered"
    REFUSED = "refused"
    NOT_CLAIMED = "not_claimed"


_LEADS_TO = {
    EventKind.DELIVERED: State.DELIVERED,
    EventKind.HARD_BOUNCE: State.BOUNCED,
    EventKind.COMPLAINT: State.COMPLAINED,
    EventKind.UNDELIVERED: State.BOUNCED,
}


def state_after(state: State, kind: EventKind) -> State | None:
    """Return the state a report leads to, None when it changes nothing.

    A late "delivered" never undoes a bounce or a complaint, so the order of arrival does not matter.
    """
    target = _LEADS_TO.get(kind)
    return target if target and may_follow(state, target) else None


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """One recipient of a delivery report: `action` as RFC 3464 names it, `status` such as 5.1.1."""

    recipient: str
    action: str
    status: str
    detail: str


# Codes that begin with 5 and still say nothing about the address: full, too large, refused as spam or by policy.
_NOT_THE_ADDRESS = re.compile(r"^5\.(?:2\.2|2\.3|3\.|4\.|5\.|6\.|7\.)")


def kind_of_report(report: DeliveryReport) -> EventKind | None:
    """Return what one recipient's report means; None for what is neither delivered nor refused (relayed, expanded)."""
    action = report.action.strip().casefold()
    if action == "delivered":
        return EventKind.DELIVERED
    if action == "delayed":
        return EventKind.SOFT_BOUNCE
    if action != "failed":
        return None
    status = report.status.strip()
    if status.startswith("4") or _NOT_THE_ADDRESS.match(status):
        return EventKind.SOFT_BOUNCE
    return EventKind.HARD_BOUNCE


COMPLAINT_ALARM = Decimal("0.001")
COMPLAINT_STOP = Decimal("0.003")
SMALLEST_SAMPLE = 500
"""Below so many messages one complaint is no rate: two in seven hundred already are."""


class ComplaintLevel(StrEnum):
    """How bad the complaint rate is."""

    FINE = "fine"
    ALARM = "alarm"
    STOP = "stop"


def complaint_level(*, sent: int, complaints: int) -> ComplaintLevel:
    """Return what `complaints` among `sent` messages of the last thirty days call for.

    The alarm rings from 0.1 %, sending stops from 0.3 %. A small sample counts as SMALLEST_SAMPLE messages, so
    that a first complaint rings and a second stops.
    """
    if not complaints:
        return ComplaintLevel.FINE
    rate = Decimal(complaints) / max(sent, SMALLEST_SAMPLE)
    if rate >= COMPLAINT_STOP:
        return ComplaintLevel.STOP
    return ComplaintLevel.ALARM if rate >= COMPLAINT_ALARM else ComplaintLevel.FINE
