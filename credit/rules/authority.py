"""Who may end a step of a request: segregation of duties as a rule on values (RELIABILITY S1, S7, S12, S13; R17)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from accounts.rules.people import mailbox
from kernel.money import Money

_DOTS_MEAN_NOTHING = frozenset({"gmail.com", "googlemail.com"})
_FRENCH_TRUNK = re.compile(r"^0(?=[1-9]\d{8}$)")


class Denial(StrEnum):
    """Why a person may not end a step."""

    MACHINE = "machine"
    REQUESTER = "requester"
    SECOND_ACCOUNT = "second_account"
    DELEGATOR_ASKED = "delegator_asked"
    SALES_LINE = "sales_line"
    NO_RIGHT = "no_right"
    NOT_HIS_STEP = "not_his_step"
    COUNTRY = "country"


@dataclass(frozen=True, slots=True)
class Person:
    """A colleague as far as segregation looks: `subjects` are ids that a single sign-on gave."""

    ident: UUID
    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()


def person_mailbox(address: str) -> str:
    """Return the mailbox behind an address: `Jo.Do+x@gmail.com` and `jodo@gmail.com` reach one person."""
    local, _at, domain = mailbox(address).rpartition("@")
    if domain in _DOTS_MEAN_NOTHING:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}" if local else ""


def phone_number(typed: str) -> str:
    """Return a number's digits with its country's, French where none is given; empty when it is too short to tell."""
    digits = re.sub(r"\D", "", typed)
    international = typed.strip().startswith("+") or digits.startswith("00")
    digits = digits.removeprefix("00") if international else _FRENCH_TRUNK.sub("33", digits)
    return digits if len(digits) >= 8 else ""  # noqa: PLR2004  an extension names no person


def is_same_person(one: Person, other: Person) -> bool:
    """Say whether two accounts are one person's: same account, mailbox, phone or sign-on subject (S1)."""
    if one.ident == other.ident:
        return True
    return bool(
        _shared(map(person_mailbox, one.emails), map(person_mailbox, other.emails))
        or _shared(map(phone_number, one.phones), map(phone_number, other.phones))
        or _shared(one.subjects, other.subjects)
    )


def _shared(one: Iterable[str], other: Iterable[str]) -> set[str]:
    return ({*one} & {*other}) - {""}


@dataclass(frozen=True, slots=True)
class Taker:
    """Who wants to end a step: `roles` and `has_right` are his own, `stands_for` those who delegated theirs to him."""

    person: Person
    is_person: bool
    roles: frozenset[str] = frozenset()
    has_right: bool = False
    countries: frozenset[str] = frozenset()
    stands_for: Mapping[UUID, frozenset[str]] = field(default_factory=dict)  # delegator → his roles


@dataclass(frozen=True, slots=True)
class Seat:
    """A step as far as authority looks.

    `named` is who takes it, empty when anybody of `role` may; `also` are the substitute and whom it escalated to.
    `needs_country` is the customer's country when the house has people who know it, else empty.
    """

    is_deciding: bool
    role: str
    named: UUID | None = None
    also: frozenset[UUID] = frozenset()
    named_suffices: bool = False  # arbitration: the published circuit itself gives the right
    needs_country: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the step may be ended, and in whose stead; `denial` is None when it may."""

    denial: Denial | None
    on_behalf_of: UUID | None = None


def may_end(
    seat: Seat, taker: Taker, *, requesters: Iterable[Person], sales_line: Iterable[UUID]
) -> Verdict:
    """Return whether `taker` may end the step; the hardest rules are looked at first.

    `requesters` are all who asked along the chain of requests; `sales_line` who sells to the customer, upwards.
    """
    asked = tuple(requesters)
    if segregated := _segregated(taker, asked):
        return Verdict(segregated)
    if seat.is_deciding and taker.person.ident in set(sales_line):
        return Verdict(Denial.SALES_LINE)
    if not taker.has_right and not (seat.named_suffices and _is_named(seat, taker)):
        return Verdict(Denial.NO_RIGHT)
    verdict = _seated(seat, taker, {one.ident for one in asked})
    if verdict.denial is None and seat.needs_country and seat.needs_country not in taker.countries:
        return Verdict(Denial.COUNTRY)
    return verdict


def _segregated(taker: Taker, requesters: tuple[Person, ...]) -> Denial | None:
    if not taker.is_person:
        return Denial.MACHINE
    if any(taker.person.ident == one.ident for one in requesters):
        return Denial.REQUESTER
    if any(is_same_person(taker.person, one) for one in requesters):
        return Denial.SECOND_ACCOUNT
    return None


def _is_named(seat: Seat, taker: Taker) -> bool:
    mine = {taker.person.ident, *taker.stands_for}
    return bool(mine & ({seat.named} | seat.also))


def _seated(seat: Seat, taker: Taker, requesters: set[UUID]) -> Verdict:
    """Say whether the seat is the taker's, his own first, then by delegation; never by one of a requester."""
    meant = {ident for ident in (seat.named, *seat.also) if ident is not None}
    if taker.person.ident in meant or (seat.named is None and seat.role in taker.roles):
        return Verdict(None)
    denial = Denial.NOT_HIS_STEP
    for delegator, roles in sorted(taker.stands_for.items(), key=lambda each: str(each[0])):
        if delegator in meant or (seat.named is None and seat.role in roles):
            if delegator not in requesters:
                return Verdict(None, delegator)
            denial = Denial.DELEGATOR_ASKED
    return Verdict(denial)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """Up to which amount a person grants requests of a kind alone; an empty kind holds for all others."""

    kind: str
    amount: Money


def ceiling_for(ceilings: Iterable[Ceiling], kind: str) -> Money | None:
    """Return the ceiling that counts for a kind of request: its own, else the general one; None without either."""
    found = {ceiling.kind: ceiling.amount for ceiling in ceilings}
    return found.get(kind) or found.get("")


def is_within(amount: Money, ceiling: Money, rates: Mapping[str, Decimal]) -> bool:
    """Say whether `amount` stays within `ceiling`, itself included; without a rate between their currencies, no."""
    if amount.currency == ceiling.currency:
        return amount <= ceiling
    if amount.currency not in rates or ceiling.currency not in rates:
        return False
    worth = amount.amount * rates[amount.currency] / rates[ceiling.currency]
    return worth <= ceiling.amount
