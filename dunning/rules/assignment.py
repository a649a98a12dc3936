"""Which scenario a customer follows, and why: the first rule whose conditions all hold, else the default.

Rules look at what is known of a customer as plain values; an override by a person stands above them until it ends.
Sources: DOMAIN R57, 5.2 (payer profile, risk class), 5.3.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any
from uuid import UUID


class Typology(StrEnum):
    """What kind of customer it is."""

    PUBLIC_BUYER = "public_buyer"
    KEY_ACCOUNT = "key_account"
    GROUP = "group"
    COMPANY = "company"


@dataclass(frozen=True, slots=True)
class Traits:
    """What rules may look at. `open_amount` and `overdue` are euros, tax included, credits deducted.

    `profile` is "" while too few invoices were paid to tell how the customer pays; `portfolio` is the path of the node
    he is followed in; `limit_use` is what he owes as a share of his limit, None when he has none.
    """

    typology: Typology
    country: str
    portfolio: str
    profile: str
    risk_class: str
    open_amount: Decimal
    overdue: Decimal
    limit_use: Decimal | None


class ConditionUnknownError(ValueError):
    """A condition names nothing a rule can look at, or a value it cannot have."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a rule asks of a customer; an empty part asks nothing. All parts must hold.

    Amounts are euros, from the lower one included up to the upper one excluded. `limit_used_from` is a share: 1 means
    that the limit is reached.
    """

    typologies: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    portfolios: frozenset[str] = frozenset()
    profiles: frozenset[str] = frozenset()
    risk_classes: frozenset[str] = frozenset()
    open_from: Decimal | None = None
    open_below: Decimal | None = None
    overdue_from: Decimal | None = None
    limit_used_from: Decimal | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it would hold for everybody."""
        return self == Conditions()


_SETS = ("typologies", "countries", "portfolios", "profiles", "risk_classes")


def conditions_of(stored: Mapping[str, Any]) -> Conditions:
    """Return stored conditions as a value. Raises ConditionUnknownError, naming the part and the value."""
    known = {field.name for field in fields(Conditions)}
    if unknown := set(stored) - known:
        raise ConditionUnknownError(", ".join(sorted(unknown)))
    given: dict[str, Any] = {}
    for name, value in stored.items():
        if name in _SETS:
            given[name] = frozenset(str(one) for one in value)
        else:
            given[name] = _amount(name, value)
    return Conditions(**given)


def _amount(name: str, value: object) -> Decimal:
    try:
        amount = Decimal(str(value))
    except InvalidOperation as fault:
        message = f"{name}: {value}"
        raise ConditionUnknownError(message) from fault
    if not amount.is_finite() or amount < 0:
        message = f"{name}: {value}"
        raise ConditionUnknownError(message)
    return amount


def as_stored(conditions: Conditions) -> dict[str, Any]:
    """Return conditions as they are stored: what asks nothing is left out."""
    stored: dict[str, Any] = {}
    for field in fields(conditions):
        value = getattr(conditions, field.name)
        if isinstance(value, frozenset):
            if value:
                stored[field.name] = sorted(value)
        elif value is not None:
            stored[field.name] = str(value)
    return stored


@dataclass(frozen=True, slots=True)
class Matched:
    """One condition that held: its name, and the customer's own value that met it."""

    condition: str
    value: str


_Test = Callable[[Conditions, Traits], bool | None]


def _within(path: str, nodes: frozenset[str]) -> bool:
    return any(path.startswith(node) for node in nodes)


# Each condition: whether it is asked and holds (None: not asked), and the value of the customer that it looks at.
_TESTS: tuple[tuple[str, _Test, Callable[[Traits], object]], ...] = (
    (
        "typologies",
        lambda asked, has: has.typology in asked.typologies if asked.typologies else None,
        lambda has: has.typology.value,
    ),
    (
        "countries",
        lambda asked, has: has.country in asked.countries if asked.countries else None,
        lambda has: has.country,
    ),
    (
        "portfolios",
        lambda asked, has: _within(has.portfolio, asked.portfolios) if asked.portfolios else None,
        lambda has: has.portfolio,
    ),
    (
        "profiles",
        lambda asked, has: has.profile in asked.profiles if asked.profiles else None,
        lambda has: has.profile,
    ),
    (
        "risk_classes",
        lambda asked, has: has.risk_class in asked.risk_classes if asked.risk_classes else None,
        lambda has: has.risk_class,
    ),
    (
        "open_from",
        lambda asked, has: None if asked.open_from is None else has.open_amount >= asked.open_from,
        lambda has: has.open_amount,
    ),
    (
        "open_below",
        lambda asked, has: None if asked.open_below is None else has.open_amount < asked.open_below,
        lambda has: has.open_amount,
    ),
    (
        "overdue_from",
        lambda asked, has: (
            None if asked.overdue_from is None else has.overdue >= asked.overdue_from
        ),
        lambda has: has.overdue,
    ),
    (
        "limit_used_from",
        lambda asked, has: (
            None
            if asked.limit_used_from is None
            else has.limit_use is not None and has.limit_use >= asked.limit_used_from
        ),
        lambda has: has.limit_use,
    ),
)


def matched(conditions: Conditions, traits: Traits) -> tuple[Matched, ...] | None:
    """Return what held, condition by condition; None as soon as one does not."""
    found = []
    for name, test, value_of in _TESTS:
        answer = test(conditions, traits)
        if answer is False:
            return None
        if answer:
            found.append(Matched(name, str(value_of(traits))))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule in its place; `scenario_id` is what it leads to."""

    id: UUID
    scenario_id: UUID
    conditions: Conditions


@dataclass(frozen=True, slots=True)
class Choice:
    """The scenario a customer follows. `rule_id` is None for the default and for a person's override."""

    scenario_id: UUID
    rule_id: UUID | None = None
    because: tuple[Matched, ...] = ()


def choose(
    rules: Sequence[Rule], traits: Traits, *, default_id: UUID, override_id: UUID | None = None
) -> Choice:
    """Return the scenario of a customer: a person's override, else the first rule that holds, else the default.

    A rule without conditions never holds: it would take everybody away from the rules after it.
    """
    if override_id is not None:
        return Choice(override_id)
    for rule in rules:
        if rule.conditions.is_empty:
            continue
        because = matched(rule.conditions, traits)
        if because is not None:
            return Choice(rule.scenario_id, rule.id, because)
    return Choice(default_id)


def shadowed(rules: Iterable[Rule]) -> tuple[tuple[UUID, UUID], ...]:
    """Return (rule, earlier rule) for each rule that can never be reached, since an earlier one asks less."""
    seen: list[Rule] = []
    found = []
    for rule in rules:
        earlier = next(
            (one for one in seen if _asks_no_more(one.conditions, rule.conditions)), None
        )
        if earlier is not None:
            found.append((rule.id, earlier.id))
        seen.append(rule)
    return tuple(found)


def _asks_no_more(first: Conditions, second: Conditions) -> bool:
    """Return whether whatever meets `second` also meets `first`; an empty rule never holds, so it shadows nothing."""
    if first.is_empty:
        return False
    for name in _SETS:
        asked, given = getattr(first, name), getattr(second, name)
        if not asked:
            continue
        if not given:
            return False
        if name == "portfolios":
            if not all(_within(path, asked) for path in given):
                return False
        elif not given <= asked:
            return False
    for name in ("open_from", "overdue_from", "limit_used_from"):
        asked, given = getattr(first, name), getattr(second, name)
        if asked is not None and (given is None or given < asked):
            return False
    return first.open_below is None or (
        second.open_below is not None and second.open_below <= first.open_below
    )
