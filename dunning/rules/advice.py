"""What to do next with a customer: the channel that worked best with customers like him, and why.

Learnt from the tenant's own reminders: of lines as late and of customers of the same kind, how many were paid within
ten days after a contact by each channel, against lines nobody was contacted about. What is observed is no proof of a
cause; it is advice, it sends nothing, and a person may do otherwise and say why. Source: DOMAIN 5.4, R59.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from dunning.rules.priority import SHRINKAGE, PaidInTime, shrunk_chance
from dunning.rules.steps import Channel

PAID_WITHIN_DAYS = 10
"""A payment so many days after a contact counts as an answer to it."""
MIN_LINES = 20
"""Fewer lines on either side tell nothing: the scenario's step is advised instead."""
MIN_UPLIFT = Decimal("0.02")
"""Below two points the difference is noise."""

ADVISABLE = (Channel.CALL, Channel.EMAIL)
"""What a person may choose any day. A letter or a decision has its own day and its own weight: never advised away."""


class OverrideCause(StrEnum):
    """Why somebody does otherwise than advised; asked for, so that the advice can learn."""

    CUSTOMER_ASKED = "customer_asked"
    KNOWN_PERSON = "known_person"
    TRIED_BEFORE = "tried_before"
    RELATIONSHIP = "relationship"
    WRONG_FACTS = "wrong_facts"
    OTHER = "other"


class Ground(StrEnum):
    """What an advice rests on."""

    UPLIFT = "uplift"
    OWN_HABIT = "own_habit"
    STEP = "step"
    TOO_LITTLE_KNOWN = "too_little_known"
    NO_DIFFERENCE = "no_difference"
    NEVER_REPLACED = "never_replaced"
    NO_PHONE = "no_phone"
    NO_ADDRESS = "no_address"


@dataclass(frozen=True, slots=True)
class Response:
    """What followed contacts by a channel; with `uplift`, in points of 1, over lines nobody was contacted about."""

    channel: Channel
    seen: PaidInTime
    uplift: Decimal

    @property
    def rate(self) -> Decimal:
        """Return the share paid within ten days."""
        return Decimal(self.seen.paid) / self.seen.lines


@dataclass(frozen=True, slots=True)
class Advice:
    """The advised channel with its two main reasons; `response` and `own` carry the figures they rest on."""

    channel: Channel
    grounds: tuple[Ground, Ground]
    response: Response | None = None
    own: PaidInTime | None = None

    @property
    def is_learnt(self) -> bool:
        """Whether experience speaks, and not the scenario alone."""
        return self.response is not None


@dataclass(frozen=True, slots=True)
class Experience:
    """What was seen: after contacts by each channel, without any contact, and with this customer himself."""

    after: Mapping[Channel, PaidInTime]
    without: PaidInTime
    own: Mapping[Channel, PaidInTime]


def responses(experience: Experience) -> list[Response]:
    """Return the channels of which enough is known, the greatest uplift first."""
    if experience.without.lines < MIN_LINES:
        return []
    base = Decimal(experience.without.paid) / experience.without.lines
    found = [
        Response(channel, seen, _rate(experience, channel, seen) - base)
        for channel, seen in experience.after.items()
        if channel in ADVISABLE and seen.lines >= MIN_LINES
    ]
    return sorted(found, key=lambda each: -each.uplift)


def _rate(experience: Experience, channel: Channel, seen: PaidInTime) -> Decimal:
    """Return the share paid after contacts by a channel: the customer's own, drawn to that of customers like him."""
    like_him = Decimal(seen.paid) / seen.lines
    return shrunk_chance(experience.own.get(channel, PaidInTime()), like_him, SHRINKAGE)


def next_best_action(
    *, step: Channel, experience: Experience, reachable: Collection[Channel]
) -> Advice:
    """Return what to do next where the scenario's step is `step`; `reachable` are channels with a number or address."""
    if step not in ADVISABLE:
        return Advice(step, (Ground.STEP, Ground.NEVER_REPLACED))
    known = responses(experience)
    usable = [each for each in known if each.channel in reachable]
    best = usable[0] if usable and usable[0].uplift >= MIN_UPLIFT else None
    if best is None:
        fallback = step if step in reachable or not reachable else next(iter(sorted(reachable)))
        return Advice(fallback, (_why_not_the_step(step, fallback), _why_no_experience(known)))
    own = experience.own.get(best.channel)
    if own and own.lines:
        return Advice(best.channel, (Ground.UPLIFT, Ground.OWN_HABIT), best, own)
    second = Ground.STEP if best.channel is step else _missing(known[0].channel, best.channel, step)
    return Advice(best.channel, (Ground.UPLIFT, second), best)


def _why_not_the_step(step: Channel, fallback: Channel) -> Ground:
    if fallback is step:
        return Ground.STEP
    return Ground.NO_PHONE if step is Channel.CALL else Ground.NO_ADDRESS


def _why_no_experience(known: Collection[Response]) -> Ground:
    return Ground.NO_DIFFERENCE if known else Ground.TOO_LITTLE_KNOWN


def _missing(first: Channel, best: Channel, step: Channel) -> Ground:
    """Return why the channel ahead of the advised one, or the step, is not it."""
    if first is not best:
        return Ground.NO_PHONE if first is Channel.CALL else Ground.NO_ADDRESS
    return Ground.TOO_LITTLE_KNOWN if step not in ADVISABLE else Ground.NO_DIFFERENCE
