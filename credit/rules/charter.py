"""The charter as code: what a numbered article checks, and what a proposal breaks. Values in, breaches out (R1).

A fact that an article needs and nobody gave is said as missing: an unknown is never a silent pass. It never refuses
by itself either, since a form is filled before the analysis; it asks for a person's look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

from ledger.rules.terms import TermKind, Terms, due_date

GRADES = "ABCDE"  # the best first
_FIRST_COMPARED = date(2024, 1, 1)  # four years see every length of month
_DAYS_COMPARED = 366


class Kind(StrEnum):
    """What is proposed. STANDING is a customer as he is today, TERMS a term alone."""

    ADVICE = "advice"
    OPENING = "opening"
    LIMIT = "limit"
    TEMPORARY = "temporary"
    REVIEW = "review"
    TERMS = "terms"
    ORDER = "order"
    DELIVERY = "delivery"
    STANDING = "standing"


class Check(StrEnum):
    """What an article looks at; TEXT_ONLY binds people and no form."""

    MAXIMUM_TERM = "maximum_term"
    DEPOSIT_UNDER_GRADE = "deposit_under_grade"
    PREPAYMENT_FOR_GRADE = "prepayment_for_grade"
    NO_DELIVERY_WHEN_BLOCKED = "no_delivery_when_blocked"
    FINANCE_CLOSES_OPENINGS = "finance_closes_openings"
    MAXIMUM_UNINSURED = "maximum_uninsured"
    NO_RAISE_WHILE_OVERDUE = "no_raise_while_overdue"
    NO_ORDER_WHILE_OVERDUE = "no_order_while_overdue"
    GUARANTEE_OVER = "guarantee_over"
    COMMITTEE_OVER = "committee_over"
    NO_CREDIT_IN_INSOLVENCY = "no_credit_in_insolvency"
    MARGIN_FLOOR = "margin_floor"
    TEXT_ONLY = "text_only"


class Effect(StrEnum):
    """What a breach does: the form is refused, a higher decision is needed, or a warning is shown."""

    REFUSE = "refuse"
    ESCALATE = "escalate"
    WARN = "warn"


class Fact(StrEnum):
    """What an article may have to know about a proposal."""

    TERMS = "terms"
    AMOUNT = "amount"
    RATE = "rate"
    GRADE = "grade"
    DEPOSIT = "deposit"
    GUARANTEES = "guarantees"
    INSURED = "insured"
    CURRENT_LIMIT = "current_limit"
    OVERDUE = "overdue"
    OVERDUE_AMOUNT = "overdue_amount"
    BLOCKED = "blocked"
    INSOLVENCY = "insolvency"
    FINANCE_STEP = "finance_step"
    COMMITTEE = "committee"
    MARGIN = "margin"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody asks for a customer, with all that is known about it; None is unknown, never nothing.

    Amounts are tax included, in `currency`; `rate` is the worth of one unit of it in the tenant's currency, in which
    articles are written. `deposit_share` and `margin` are fractions. `current_limit` is 0 when there is none yet;
    `overdue_days` is the age of the oldest overdue line, 0 when nothing is overdue; `overdue_amount` is what is open
    of all such lines.
    """

    kind: Kind
    currency: str
    amount: Decimal | None = None
    rate: Decimal | None = Decimal(1)
    terms: Terms | None = None
    grade: str | None = None
    country: str | None = None
    deposit_share: Decimal | None = None
    guarantees: Decimal | None = None
    insured: Decimal | None = None
    current_limit: Decimal | None = None
    overdue_days: int | None = None
    overdue_amount: Decimal | None = None
    is_blocked: bool | None = None
    is_insolvent: bool | None = None
    has_finance_step: bool | None = None
    has_committee: bool | None = None
    margin: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse a grade that does not exist: it would pass every article."""
        if self.grade is not None and (len(self.grade) != 1 or self.grade not in GRADES):
            raise ValueError(f"a grade is one of {', '.join(GRADES)}, not {self.grade!r}")


Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Article:
    """A numbered article: its check with its parameters, its effect, and its words by language."""

    number: int
    check: Check
    parameters: Figures = field(default_factory=dict)
    effect: Effect = Effect.REFUSE
    title: Mapping[str, str] = field(default_factory=dict)
    text: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found: the figures that break the article, or the facts it lacked to judge."""

    figures: Figures = field(default_factory=dict)
    missing: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Breach:
    """An article that a proposal breaks, with the figures; or one that cannot be judged, with what is `missing`."""

    article: Article
    figures: Figures = field(default_factory=dict)
    missing: tuple[Fact, ...] = ()

    @property
    def is_unknown(self) -> bool:
        """Return whether the article could not be judged."""
        return bool(self.missing)

    @property
    def effect(self) -> Effect:
        """Return what follows: an article that cannot be judged asks for a person where it would have refused."""
        if self.is_unknown and self.article.effect is Effect.REFUSE:
            return Effect.ESCALATE
        return self.article.effect


def breaches(proposal: Proposal, articles: Iterable[Article]) -> list[Breach]:
    """Return what `proposal` breaks, and what could not be judged, in the order of the articles' numbers."""
    found = []
    for article in articles:
        rule = _RULES.get(article.check)
        if rule is None or proposal.kind not in rule.kinds:
            continue
        what = rule.look(proposal, article.parameters)
        if what is not None:
            found.append(Breach(article, what.figures, what.missing))
    return sorted(found, key=lambda breach: breach.article.number)


@lru_cache(maxsize=4096)
def days_beyond(terms: Terms, longest: Terms) -> int:
    """Return by how many days `terms` fall due after `longest` on the invoice date that shows it most; 0: never."""
    days = (_FIRST_COMPARED + timedelta(days=n) for n in range(_DAYS_COMPARED))
    return max(0, *((due_date(day, terms) - due_date(day, longest)).days for day in days))


def is_at_or_below(grade: str, limit: str) -> bool:
    """Return whether `grade` is `limit` or a worse one."""
    return GRADES.index(grade) >= GRADES.index(limit)


def _unknown(*facts: Fact) -> Found:
    return Found(missing=facts)


def _over(proposal: Proposal, amount: Decimal | None, threshold: Decimal) -> bool | Fact:
    """Return whether `amount` of the proposal's currency exceeds `threshold` of the tenant's; a fact when unknown."""
    if amount is None:
        return Fact.AMOUNT
    if amount <= 0:
        return False
    if proposal.rate is None:
        return Fact.RATE
    return amount * proposal.rate > threshold


def _maximum_term(proposal: Proposal, parameters: Figures) -> Found | None:
    if proposal.terms is None:
        is_due = proposal.kind in {Kind.OPENING, Kind.ADVICE, Kind.TERMS}
        return _unknown(Fact.TERMS) if is_due else None
    longest = Terms(TermKind(parameters["method"]), parameters["days"])
    over = days_beyond(proposal.terms, longest)
    if not over:
        return None
    return Found(
        {
            "asked_days": proposal.terms.days,
            "asked_method": proposal.terms.kind.value,
            "days_over": over,
        }
    )


def _is_weak(proposal: Proposal, parameters: Figures) -> bool | None:
    """Return whether the proposal's grade is at or below the article's; None when it has none."""
    return None if proposal.grade is None else is_at_or_below(proposal.grade, parameters["grade"])


def _deposit(proposal: Proposal, parameters: Figures) -> Found | None:
    share, weak = proposal.deposit_share, _is_weak(proposal, parameters)
    if weak is False or (share is not None and share >= parameters["share"]):
        return None
    missing = [fact for fact, value in ((Fact.GRADE, weak), (Fact.DEPOSIT, share)) if value is None]
    if missing:
        return _unknown(*missing)
    return Found({"asked_grade": proposal.grade, "offered_share": share})


def _prepayment(proposal: Proposal, parameters: Figures) -> Found | None:
    weak = _is_weak(proposal, parameters)
    if weak is False or proposal.amount == 0:
        return None
    can_prepay = proposal.kind in {Kind.OPENING, Kind.ADVICE, Kind.ORDER, Kind.STANDING}
    share = proposal.deposit_share if can_prepay else Decimal(0)
    if share is not None and share >= 1:
        return None
    facts = ((Fact.GRADE, weak), (Fact.AMOUNT, proposal.amount), (Fact.DEPOSIT, share))
    missing = [fact for fact, value in facts if value is None]
    if missing:
        return _unknown(*missing)
    return Found({"asked_grade": proposal.grade, "offered_share": share})


def _blocked(proposal: Proposal, parameters: Figures) -> Found | None:
    del parameters
    if proposal.is_blocked is None:
        return _unknown(Fact.BLOCKED)
    return Found() if proposal.is_blocked else None


def _finance(proposal: Proposal, parameters: Figures) -> Found | None:
    del parameters
    if proposal.has_finance_step is None:
        return _unknown(Fact.FINANCE_STEP)
    return None if proposal.has_finance_step else Found()


def _uninsured(proposal: Proposal, parameters: Figures) -> Found | None:
    """Hold what neither an insurer nor a guarantee covers against the article's amount."""
    threshold = parameters["amount"]
    known = (proposal.insured or Decimal(0)) + (proposal.guarantees or Decimal(0))
    bare = None if proposal.amount is None else proposal.amount - known
    is_over = _over(proposal, bare, threshold)
    if isinstance(is_over, Fact):
        return _unknown(is_over)
    if not is_over:
        return None
    facts = ((Fact.INSURED, proposal.insured), (Fact.GUARANTEES, proposal.guarantees))
    missing = [fact for fact, value in facts if value is None]
    if missing:
        return _unknown(*missing)
    return Found({"uninsured": bare, "currency": proposal.currency})


def _overdue(proposal: Proposal, parameters: Figures) -> Found | None:
    days, current, amount = proposal.overdue_days, proposal.current_limit, proposal.amount
    is_late = None if days is None else days > parameters["days"]
    is_raise = None if current is None or amount is None else amount > current
    if is_late is False or is_raise is False:
        return None
    facts = ((Fact.OVERDUE, days), (Fact.AMOUNT, amount), (Fact.CURRENT_LIMIT, current))
    missing = [fact for fact, value in facts if value is None]
    if missing:
        return _unknown(*missing)
    return Found({"overdue_days": days})


def _late(proposal: Proposal, parameters: Figures) -> Found | None:
    """Hold an order against how old and how much the overdue invoices are: both must be beyond the article's."""
    days, amount = proposal.overdue_days, proposal.overdue_amount
    is_old = None if days is None else days > parameters["days"]
    is_much = _over(proposal, amount, parameters["amount"])
    if is_old is False or is_much is False:
        return None
    missing = [] if days is not None else [Fact.OVERDUE]
    if isinstance(is_much, Fact):
        missing.append(Fact.OVERDUE_AMOUNT if is_much is Fact.AMOUNT else is_much)
    if missing:
        return _unknown(*missing)
    return Found({"overdue_days": days, "overdue_amount": amount, "currency": proposal.currency})


def _guarantee(proposal: Proposal, parameters: Figures) -> Found | None:
    is_over = _over(proposal, proposal.amount, parameters["amount"])
    if isinstance(is_over, Fact):
        return _unknown(is_over)
    if not is_over or proposal.amount is None:
        return None
    if proposal.guarantees is None:
        return _unknown(Fact.GUARANTEES)
    needed = proposal.amount * parameters["share"]
    if proposal.guarantees >= needed:
        return None
    return Found(
        {
            "asked_amount": proposal.amount,
            "guaranteed": proposal.guarantees,
            "needed": needed,
            "currency": proposal.currency,
        }
    )


def _committee(proposal: Proposal, parameters: Figures) -> Found | None:
    if proposal.has_committee:
        return None
    is_over = _over(proposal, proposal.amount, parameters["amount"])
    if isinstance(is_over, Fact):
        return _unknown(is_over)
    if not is_over:
        return None
    if proposal.has_committee is None:
        return _unknown(Fact.COMMITTEE)
    return Found({"asked_amount": proposal.amount, "currency": proposal.currency})


def _insolvency(proposal: Proposal, parameters: Figures) -> Found | None:
    del parameters
    if proposal.is_insolvent is None:
        return _unknown(Fact.INSOLVENCY)
    return Found() if proposal.is_insolvent else None


def _margin(proposal: Proposal, parameters: Figures) -> Found | None:
    if proposal.margin is None:
        return _unknown(Fact.MARGIN)
    return Found({"margin": proposal.margin}) if proposal.margin < parameters["share"] else None


@dataclass(frozen=True, slots=True)
class Rule:
    """Which proposals a check speaks of, and how it looks at one."""

    kinds: frozenset[Kind]
    look: Callable[[Proposal, Figures], Found | None]


_LIMITS = (Kind.LIMIT, Kind.TEMPORARY, Kind.REVIEW)
_LENDING = (Kind.ADVICE, Kind.OPENING, *_LIMITS)

_RULES: Mapping[Check, Rule] = {
    check: Rule(frozenset(kinds), look)
    for check, kinds, look in (
        (Check.MAXIMUM_TERM, (*_LENDING, Kind.TERMS, Kind.STANDING), _maximum_term),
        (Check.DEPOSIT_UNDER_GRADE, (Kind.ADVICE, Kind.OPENING, Kind.ORDER, Kind.STANDING), _deposit),
        (Check.PREPAYMENT_FOR_GRADE, (*_LENDING, Kind.ORDER, Kind.STANDING), _prepayment),
        (Check.NO_DELIVERY_WHEN_BLOCKED, (Kind.ORDER, Kind.DELIVERY), _blocked),
        (Check.FINANCE_CLOSES_OPENINGS, (Kind.OPENING,), _finance),
        (Check.MAXIMUM_UNINSURED, (*_LENDING, Kind.STANDING), _uninsured),
        (Check.NO_RAISE_WHILE_OVERDUE, _LIMITS, _overdue),
        (Check.NO_ORDER_WHILE_OVERDUE, (Kind.ORDER, Kind.DELIVERY), _late),
        (Check.GUARANTEE_OVER, (*_LENDING, Kind.STANDING), _guarantee),
        (Check.COMMITTEE_OVER, (Kind.OPENING, *_LIMITS), _committee),
        (Check.NO_CREDIT_IN_INSOLVENCY, (*_LENDING, Kind.TERMS, Kind.ORDER, Kind.STANDING), _insolvency),
        (Check.MARGIN_FLOOR, (Kind.ADVICE, Kind.OPENING), _margin),
    )
}  # fmt: skip


def applies(check: Check, kind: Kind) -> bool:
    """Return whether an article with this check speaks of such a proposal."""
    rule = _RULES.get(check)
    return rule is not None and kind in rule.kinds
