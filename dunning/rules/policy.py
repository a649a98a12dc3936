"""The parameters of the chase, with the defaults of DOMAIN 5.2. Amounts are euros, tax included."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import time
from decimal import Decimal, InvalidOperation
from typing import Any

from dunning.rules.pace import FASTEST, SLOWEST, USUAL

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
    call_cap: int = 2
    """Calls to one customer within `call_cap_days`."""
    call_cap_days: int = 7
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
    pace: Decimal = USUAL
    """By what the days of a scenario were multiplied when its draft was written: 0.5 for a high risk."""
    copy_sales_from_level: int = 3
    """From this level on an e-mail goes in copy to the customer's sales representative."""
    manager_confirms: bool = False
    """Whether every message is confirmed, and by a credit manager alone."""

    @property
    def of_statements(self) -> "Policy":
        """What a yearly statement goes by: no line is too small for it."""
        return replace(self, line_minimum=Decimal(0))


DEFAULT_POLICY = Policy()


def as_often_as(own: Policy, chosen: Policy) -> Policy:
    """Return `chosen`, a scenario's for some lines, with the gap and caps of `own`, that of their customer."""
    return replace(
        chosen,
        contact_gap_days=own.contact_gap_days,
        contact_cap=own.contact_cap,
        call_cap=own.call_cap,
    )


class ParameterWrongError(ValueError):
    """A parameter of a scenario is unknown or out of its bounds; carries its name and what it may be."""

    def __init__(self, name: str, value: object, lowest: object, highest: object) -> None:
        super().__init__(f"{name}: {value}")
        self.name = name
        self.value = value
        self.lowest = lowest
        self.highest = highest


# What a scenario may set for itself, with its bounds. The rest of a policy is the tenant's: what every figure,
# statement and page must agree on cannot differ from customer to customer.
COUNTS = {
    "contact_gap_days": (1, DEFAULT_POLICY.contact_cap_days),  # contacts are remembered so long
    "contact_cap": (
        1,
        DEFAULT_POLICY.contact_cap,
    ),  # a scenario may be gentler than the tenant's hard limit
    "call_cap": (1, DEFAULT_POLICY.call_cap),  # hard limit of the house: two a week
    "confirm_from_level": (0, 6),
    "copy_sales_from_level": (1, 7),  # 7: above every level, so never
}
AMOUNTS = {
    "group_minimum": (Decimal(0), Decimal(1_000_000)),
    "confirm_above": (Decimal(0), Decimal(1_000_000_000)),
}
SHARES = {"pace": (FASTEST, SLOWEST)}
FLAGS = ("manager_confirms",)
WEEKDAYS = frozenset(range(7))


def policy_of(stored: Mapping[str, Any], *, base: Policy = DEFAULT_POLICY) -> Policy:
    """Return `base` with what a scenario sets for itself. Raises ParameterWrongError, naming parameter and bounds."""
    changes: dict[str, Any] = {}
    window = base.window
    for name, value in stored.items():
        if name in COUNTS:
            changes[name] = _count(name, value)
        elif name in AMOUNTS:
            changes[name] = _amount(name, value, AMOUNTS)
        elif name in SHARES:
            changes[name] = _amount(name, value, SHARES)
        elif name in FLAGS:
            changes[name] = _flag(name, value)
        elif name == "weekdays":
            window = replace(window, weekdays=_weekdays(value))
        elif name == "opens_at":
            window = replace(window, opens_at=_hour(name, value))
        elif name == "closes_at":
            window = replace(window, closes_at=_hour(name, value))
        else:
            raise ParameterWrongError(name, value, "", "")
    if window.opens_at >= window.closes_at:
        raise ParameterWrongError("closes_at", window.closes_at, window.opens_at, time(23, 59))
    return replace(base, window=window, **changes)


def _count(name: str, value: object) -> int:
    lowest, highest = COUNTS[name]
    if not isinstance(value, int) or not lowest <= value <= highest:
        raise ParameterWrongError(name, value, lowest, highest)
    return value


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ParameterWrongError(name, value, False, True)  # noqa: FBT003  its two bounds
    return value


def _amount(name: str, value: object, bounds: Mapping[str, tuple[Decimal, Decimal]]) -> Decimal:
    lowest, highest = bounds[name]
    try:
        amount = Decimal(str(value))
    except InvalidOperation as fault:
        raise ParameterWrongError(name, value, lowest, highest) from fault
    if not amount.is_finite() or not lowest <= amount <= highest:
        raise ParameterWrongError(name, value, lowest, highest)
    return amount


def _weekdays(value: Iterable[int]) -> frozenset[int]:
    days = frozenset(value)
    if not days or not days <= WEEKDAYS:
        raise ParameterWrongError("weekdays", sorted(days), 0, 6)
    return days


def _hour(name: str, value: object) -> time:
    try:
        return time.fromisoformat(str(value))
    except ValueError as fault:
        raise ParameterWrongError(name, value, time(0, 0), time(23, 59)) from fault
