"""What an order is answered: yes, no, or to be looked at; values in, the rule that decided out (DOMAIN 2.1 no 14).

The order of the rules is the promise: a hold stands before every figure, so that no reopened, split or renumbered order
passes it; a release stands up to its amount and no further.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Word(StrEnum):
    """What an order is answered."""

    YES = "yes"
    NO = "no"
    REVIEW = "review"


class Rule(StrEnum):
    """Which rule decided."""

    RELEASED = "released"
    CUSTOMER_HOLD = "customer_hold"
    ORDER_HOLD = "order_hold"
    ABOVE_RELEASE = "above_release"
    OTHER_HOLD = "other_hold"
    NOT_YET = "not_yet"
    CHARTER = "charter"
    CHARTER_REVIEW = "charter_review"
    NO_LIMIT = "no_limit"
    NO_RATE = "no_rate"
    LIMIT = "limit"
    GROUP_LIMIT = "group_limit"
    COVER_STOPPED = "cover_stopped"


_STAGES = ("quote", "order", "delivery", "invoice")
_STAGE_OF_ORDER = {"quote": 0, "order": 1, "delivered": 2, "invoiced": 3, "cancelled": 0}


def is_before(order_stage: str, policy_stage: str) -> bool:
    """Return whether an order stands before the stage at which orders are checked.

    An order asks before it is delivered and before it is invoiced: `delivered` is the stage before delivery asked for.
    """
    return _STAGE_OF_ORDER[order_stage] < _STAGES.index(policy_stage)


@dataclass(frozen=True, slots=True)
class Facts:
    """What an answer rests on; amounts in the currency of the limit they stand beside, None when not known.

    `left` is what remains of the customer's limit with this order counted, `group_left` of his group's. `release` is
    the amount an order's release goes up to, in the order's currency, None without one; `was_cleared` says that this
    order had a yes for at least its amount before another order was held. `cover_stopped` is what the insurance policy
    answers while deliveries to the customer are no longer covered, None while they are or nobody insures him.
    """

    amount: Decimal
    beyond: Word = Word.NO
    is_early: bool = False
    is_customer_held: bool = False
    is_order_held: bool = False
    release: Decimal | None = None
    is_other_held: bool = False
    was_cleared: bool = False
    is_refused_by_charter: bool = False
    is_escalated_by_charter: bool = False
    has_limit: bool = False
    left: Decimal | None = None
    has_group_limit: bool = False
    group_left: Decimal | None = None
    cover_stopped: Word | None = None


def answer(facts: Facts) -> tuple[Word, Rule]:
    """Return what an order is answered and the rule that says so."""
    return _by_hold(facts) or _by_charter(facts) or _by_cover(facts, _by_limit(facts))


_SEVERITY = {Word.YES: 0, Word.REVIEW: 1, Word.NO: 2}


def _by_cover(facts: Facts, so_far: tuple[Word, Rule]) -> tuple[Word, Rule]:
    """Return the graver of what the limits say and what the insurance policy says of a stopped cover."""
    stopped = facts.cover_stopped
    if stopped is None or _SEVERITY[stopped] <= _SEVERITY[so_far[0]]:
        return so_far
    return stopped, Rule.COVER_STOPPED


def _by_hold(facts: Facts) -> tuple[Word, Rule] | None:
    if facts.is_customer_held:
        return Word.NO, Rule.CUSTOMER_HOLD
    if facts.release is not None:
        if facts.amount <= facts.release:
            return Word.YES, Rule.RELEASED
        return Word.REVIEW, Rule.ABOVE_RELEASE
    if facts.is_order_held:
        return facts.beyond, Rule.ORDER_HOLD
    if facts.is_other_held and not facts.was_cleared:
        return Word.REVIEW, Rule.OTHER_HOLD
    return None


def _by_charter(facts: Facts) -> tuple[Word, Rule] | None:
    if facts.is_early:
        return Word.YES, Rule.NOT_YET
    if facts.is_refused_by_charter:
        return Word.NO, Rule.CHARTER
    if facts.is_escalated_by_charter:
        return Word.REVIEW, Rule.CHARTER_REVIEW
    return None


def _by_limit(facts: Facts) -> tuple[Word, Rule]:
    if not facts.has_limit and not facts.has_group_limit:
        return Word.REVIEW, Rule.NO_LIMIT
    for has_one, left, rule in (
        (facts.has_limit, facts.left, Rule.LIMIT),
        (facts.has_group_limit, facts.group_left, Rule.GROUP_LIMIT),
    ):
        if has_one and left is None:
            return Word.REVIEW, Rule.NO_RATE
        if has_one and left is not None and left < 0:
            return facts.beyond, rule
    return Word.YES, Rule.LIMIT if facts.has_limit else Rule.GROUP_LIMIT
