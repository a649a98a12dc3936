"""Overdue lines for which nothing more happens by itself, and what a person does about them (DOMAIN R60).

A group held back until a day comes, or too small to write about, is covered: it has its next day or its reason. One
that waits for a person whom nobody asks is not.
"""

from enum import StrEnum
from types import MappingProxyType

from dunning.rules.decision import HoldReason


class Fix(StrEnum):
    """What one person does to set a group going again."""

    ADD_CONTACT = "add_contact"
    CHOOSE_SCENARIO = "choose_scenario"
    APPLY_CASH = "apply_cash"
    ALLOCATE_CREDIT = "allocate_credit"
    DECIDE = "decide"
    RELEASE_RUN = "release_run"


FIXES = MappingProxyType(
    {
        HoldReason.NO_CONTACT: Fix.ADD_CONTACT,
        HoldReason.NO_SCENARIO: Fix.CHOOSE_SCENARIO,
        HoldReason.UNAPPLIED_CASH: Fix.APPLY_CASH,
        HoldReason.CREDITS_COVER: Fix.ALLOCATE_CREDIT,
        HoldReason.SCENARIO_ENDED: Fix.DECIDE,
        HoldReason.VOLUME: Fix.RELEASE_RUN,
    }
)


def fix_of(reason: str) -> Fix | None:
    """Return what sets a group held back for `reason` going again; None where time does, or nothing need."""
    return FIXES.get(HoldReason(reason)) if reason in set(HoldReason) else None
