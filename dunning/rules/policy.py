"""The parameters of the chase, with the defaults of DOMAIN 5.2. Amounts are euros, tax included."""

from dataclasses import dataclass
from datetime import time
from decimal import Decimal

TUESDAY, WEDNESDAY, THURSDAY = 1, 2, 3


@dataclass(frozen=True, slots=True)
class SendWindow:
    """When a message may leave, in the recipient's time; `closes_at` is excluded, Monday is 0."""

    weekdays: frozenset[int] = frozenset({TUESDAY, WEDNESDAY, THURSDAY})
    opens_at: time = time(9, 0)
    closes_at: time = time(11, 30)


@dataclass(frozen=True, slots=True)
class Policy:
    """What a tenant may tune; a rule never carries such a number itself."""

    line_minimum: Decimal = Decimal(5)
    """A line owing less is left to the yearly statement."""
    group_minimum: Decimal = Decimal(20)
    """A message claiming less does not leave."""
    raising_minimum: Decimal = Decimal(50)
    """A line owing less never raises the level."""
    contact_gap_days: int = 5
    """Calendar days between two contacts with one customer, all channels."""
    contact_cap: int = 4
    """Contacts with one customer within `contact_cap_days`."""
    contact_cap_days: int = 30
    confirm_above: Decimal = Decimal(50_000)
    confirm_from_level: int = 3
    confirm_all_days: int = 30
    """For this many days after the tenant began, everything is to confirm."""
    unapplied_cash_share: Decimal = Decimal("0.5")
    """Unapplied cash from this share of the claim upwards holds the message."""
    ledger_max_age_working_days: int = 2
    dispute_grace_days: int = 3
    """After its end a dispute still keeps its amount out for this many days."""
    window: SendWindow = SendWindow()


DEFAULT_POLICY = Policy()
